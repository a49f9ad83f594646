use super::{Change, Piece, Row, change, changed_lines, parse};

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

#[test]
fn changed_lines_that_look_like_names_of_files_are_counted() {
    let one = "--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,3 @@\n--- one\n+++ two\n+-- three\n same\n";
    assert_eq!(changed_lines(one), (2, 1));
    assert_eq!(changed_lines(&format!("{one}{one}")), (4, 2));
    assert_eq!(changed_lines("no diff\n+at all\n"), (0, 0));
}

#[test]
fn a_diff_of_one_file_and_nothing_else_is_a_change() {
    let one = "--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,2 @@\n--- one\n+++ two\n same\n";
    assert_eq!(change(one), Some(Change { path: "q.sql".to_owned(), added: 1, removed: 1 }));
    let made = "--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n";
    assert_eq!(change(made).map(|change| change.path).as_deref(), Some("new.txt"));
    let gone = "--- a/old.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n";
    assert_eq!(change(gone).map(|change| change.path).as_deref(), Some("old.txt"));
    for other in [
        String::new(),
        "rm -rf .".to_owned(),
        format!("{one}rm -rf ."),
        format!("rm -rf .\n{one}"),
        format!("{one}{one}"),
        one.replace("a/q.sql", "a/q.sql\t; rm -rf ."),
        one.replace("@@ -1,2 +1,2 @@", "@@ -1,9 +1,9 @@\nrm -rf ."),
        one.replace("+++ b/q.sql", "+++ b/q.sql\nBinary files rm -rf . differ"),
    ] {
        assert_eq!(change(&other), None, "{other}");
    }
}
