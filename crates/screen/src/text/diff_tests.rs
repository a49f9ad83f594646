use proptest::prelude::*;

use super::diff;
use crate::text::code;
use crate::text::looks::{check, hostile, looks, words};
use crate::text::theme::{Colors, Theme};

const DIFF: &str = "diff --git a/src/window.rs b/src/window.rs\n\
index 1111111..2222222 100644\n\
--- a/src/window.rs\n\
+++ b/src/window.rs\n\
@@ -98,7 +98,8 @@ impl Window {\n     /// Opens a window.\n     pub fn open(&self) -> Result<(), Error> {\n\
-        let tools = self.tools.sorted(); // sorts every time, which is what costs most of the time\n\
+        let tools = self.tools.clone(); // sorted once, which is what costs least of the time of all\n\
+        debug!(\"open\");\n         self.render(tools)\n     }\n \n\
@@ -200,2 +201,2 @@\n\
-\told_name(\"漢字\");\n\
+\tnew_name(\"漢字\");\n }\n\
\\ No newline at end of file\n\
diff --git a/old.txt b/new.txt\n\
similarity index 100%\n\
rename from old.txt\n\
rename to new.txt\n\
diff --git a/added.toml b/added.toml\n\
new file mode 100644\n\
--- /dev/null\n\
+++ b/added.toml\n\
@@ -0,0 +1,2 @@\n\
+[package]\n\
+name = \"x\"\n\
diff --git a/gone.sh b/gone.sh\n\
deleted file mode 100755\n\
--- a/gone.sh\n\
+++ /dev/null\n\
@@ -1 +0,0 @@\n\
-echo gone\n\
diff --git a/shot.png b/shot.png\n\
Binary files a/shot.png and b/shot.png differ\n";

fn plain(text: &str, width: u16) -> Vec<String> {
    words(&diff(text, &Theme::new(Colors::None), width))
}

fn change(old: &str, new: &str) -> String {
    format!("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-{old}\n+{new}\n")
}

#[test]
fn a_diff_of_several_files_at_80_columns() {
    code::load();
    insta::assert_snapshot!(looks(&diff(DIFF, &Theme::new(Colors::Rgb), 80)));
}

#[test]
fn a_diff_of_several_files_at_40_columns() {
    insta::assert_snapshot!(looks(&diff(DIFF, &Theme::new(Colors::None), 40)));
}

#[test]
fn long_lines_go_on_under_their_text() {
    assert_eq!(
        plain(&change("abcdefghijklmnopqrstuvwxyz", "b"), 20),
        ["x  +1 -1", "1 - abcdefghijklmnop", "    qrstuvwxyz", "1 + b"]
    );
}

#[test]
fn numbers_give_way_where_there_is_no_room_for_them() {
    assert_eq!(plain(&change("a", "b"), 10), ["x  +1 -1", "- a", "+ b"]);
}

#[test]
fn changed_words_are_marked_and_the_others_are_not() {
    let shown = looks(&diff(&change("let a = one;", "let a = two;"), &Theme::new(Colors::Ansi), 40));
    assert_eq!(
        shown,
        "‹bold:x›  ‹green:+1› ‹red:-1›\n\
         ‹dim:1 ›‹red:- let a = ›‹reversed red:one›‹red:;›\n\
         ‹dim:1 ›‹green:+ let a = ›‹reversed green:two›‹green:;›\n"
    );
}

#[test]
fn a_line_of_which_nothing_stayed_has_no_marked_words() {
    assert!(!looks(&diff(&change("one two", "three four"), &Theme::new(Colors::None), 40)).contains("reversed"));
}

#[test]
fn large_changes_are_not_searched_for_words() {
    let side = |sign: char, word: &str| format!("{sign}a {word}\n").repeat(500);
    let text = format!("--- a/x\n+++ b/x\n@@ -1,500 +1,500 @@\n{}{}", side('-', "b"), side('+', "c"));
    assert!(!looks(&diff(&text, &Theme::new(Colors::None), 40)).contains("reversed"));
}

#[test]
fn a_sign_tells_each_line_apart_without_colours() {
    let lines = plain("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n", 80);
    assert_eq!(lines, ["x  +1 -1", "1 1   same", "2   - old", "  2 + new"]);
}

#[test]
fn carriage_returns_are_shown_only_where_they_differ() {
    assert_eq!(plain(&change("a\r", "b\r"), 40), ["x  +1 -1", "1 - a", "1 + b"]);
    assert_eq!(plain(&change("a", "a\r"), 40), ["x  +1 -1", "1 - a", "1 + a␍"]);
}

#[test]
fn what_is_no_diff_is_shown_as_it_is() {
    assert_eq!(plain("nothing\nto see\n", 40), ["nothing", "to see"]);
}

#[test]
fn a_line_cannot_steer_the_terminal_or_fake_another() {
    let lines = plain(&change("a", "b\u{1b}[1A\u{1b}[2K\u{202e}c"), 40);
    assert_eq!(lines, ["x  +1 -1", "1 - a", "1 + b\u{fffd}c"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_it_is_it_fits_and_is_harmless(text in hostile(), width in 1_u16..100) {
        check(&diff(&text, &Theme::new(Colors::None), width), width);
    }

    #[test]
    fn hostile_lines_in_a_good_diff_fit_and_are_harmless(old in hostile(), new in hostile(), width in 1_u16..100) {
        let (old, new) = (old.replace('\n', " "), new.replace('\n', " "));
        let lines = diff(&change(&old, &new), &Theme::new(Colors::Rgb), width);
        check(&lines, width);
    }
}
