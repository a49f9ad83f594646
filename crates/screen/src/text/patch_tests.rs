use super::{Piece, Row, parse};

fn files(text: &str) -> Vec<super::File<'_>> {
    let of_file = |piece| if let Piece::File(file) = piece { Some(file) } else { None };
    parse(text).into_iter().filter_map(of_file).collect()
}

#[test]
fn names_are_read_without_their_prefix() {
    let file = files("--- a/src/x.rs\t2026-01-01\n+++ b/src/x.rs\n@@ -1 +1 @@\n-a\n+b\n").remove(0);
    assert_eq!((file.old.as_deref(), file.new.as_deref()), (Some("src/x.rs"), Some("src/x.rs")));
    assert_eq!(file.counts(), (1, 1));
}

#[test]
fn a_line_that_looks_like_a_heading_is_a_line_as_long_as_lines_are_counted() {
    let file = files("--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,2 @@ begin\n--- old\n+++ new\n same\n").remove(0);
    assert_eq!(file.hunks[0].rows, [Row::Removed("-- old"), Row::Added("++ new"), Row::Same("same")]);
    assert_eq!(file.hunks[0].section, "begin");
}

#[test]
fn two_files_need_no_line_of_git_between_them() {
    let found = files("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n--- a/y\n+++ b/y\n@@ -3 +3 @@\n-a\n+b\n");
    assert_eq!(found.iter().filter_map(|file| file.new.as_deref()).collect::<Vec<_>>(), ["x", "y"]);
    assert_eq!(found[1].hunks[0].old, 3);
}

#[test]
fn new_deleted_renamed_copied_and_binary_files_say_so() {
    let text = "diff --git a/n b/n\nnew file mode 100644\nindex 000..111\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+a\n\
        diff --git a/d b/d\ndeleted file mode 100644\nindex 111..000\n\
        diff --git a/old name b/new name\nsimilarity index 100%\nrename from old name\nrename to new name\n\
        diff --git a/i.png b/i.png\nindex 1..2 100644\nBinary files a/i.png and b/i.png differ\n\
        diff --git a/g b/g\nindex 1..2\nGIT binary patch\nliteral 10\nzcmZ\n\nliteral 0\nHcmV\n\
        diff --git a/m b/m\nold mode 100644\nnew mode 100755\n";
    let found = files(text);
    let told: Vec<_> =
        found.iter().map(|file| (file.old.as_deref(), file.new.as_deref(), file.notes.join("|"))).collect();
    assert_eq!(
        told,
        [
            (None, Some("n"), String::new()),
            (Some("d"), None, String::new()),
            (Some("old name"), Some("new name"), String::new()),
            (Some("i.png"), Some("i.png"), "binary".to_owned()),
            (Some("g"), Some("g"), "binary".to_owned()),
            (Some("m"), Some("m"), "mode 100644 → 100755".to_owned()),
        ]
    );
    assert_eq!(parse(text).len(), 6);
}

#[test]
fn quoted_names_are_read() {
    let file = files("--- \"a/\\303\\244 \\\"x\\\".txt\"\n+++ \"b/\\303\\244 \\\"x\\\".txt\"\n@@ -1 +1 @@\n-a\n+b\n")
        .remove(0);
    assert_eq!(file.new.as_deref(), Some("ä \"x\".txt"));
}

#[test]
fn a_missing_line_break_belongs_to_the_line_before() {
    let file =
        files("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n")
            .remove(0);
    assert_eq!(file.hunks[0].rows, [Row::Removed("a"), Row::NoNewline, Row::Added("b"), Row::NoNewline]);
}

#[test]
fn empty_lines_may_have_lost_their_sign() {
    let file = files("--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n").remove(0);
    assert_eq!(file.hunks[0].rows, [Row::Same("a"), Row::Same(""), Row::Removed("b"), Row::Added("c")]);
}

#[test]
fn what_is_no_diff_stays() {
    let text =
        "commit 1\n\n    words\n\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n+more than was counted\n";
    let pieces = parse(text);
    assert_eq!(pieces.iter().filter(|piece| matches!(piece, Piece::Text(_))).count(), 5);
    assert_eq!(pieces.last(), Some(&Piece::Text("+more than was counted")));
}
