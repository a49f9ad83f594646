//! Tests of taking a diff apart.

use super::*;

const TWO: &str = "diff --git a/src/a.rs b/src/a.rs
index 1..2 100644
--- a/src/a.rs
+++ b/src/a.rs
@@ -10,3 +10,4 @@ fn a()
 one
-two
+2
+diff --git a/not b/a-file
 three
@@ -40 +41,2 @@
-x
+y
+@@ -1,1 +1,1 @@
diff --git a/gone.txt b/gone.txt
deleted file mode 100644
--- a/gone.txt
+++ /dev/null
@@ -1,2 +0,0 @@
-a
--- b
\\ No newline at end of file
diff --git a/old name.rs b/new name.rs
similarity index 100%
rename from old name.rs
rename to new name.rs
diff --git a/pic.png b/pic.png
Binary files a/pic.png and b/pic.png differ
";

#[test]
fn files_are_told_apart_by_their_headings_and_never_by_what_stands_in_a_hunk() {
    let files = files(TWO);
    let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["src/a.rs", "gone.txt", "new name.rs", "pic.png"]);
    assert_eq!(files.iter().map(|file| file.text.as_str()).collect::<String>(), TWO);
}

#[test]
fn the_lines_that_a_diff_shows_are_those_after_the_change() {
    let files = files(TWO);
    assert_eq!(files[0].lines, [(10, 13), (41, 42)]);
    assert!(files[0].shows(13) && !files[0].shows(14) && files[0].shows(42));
    assert_eq!(files[1].lines, [(1, 2)], "of a file that is gone those before it");
    assert!(files[2].lines.is_empty());
}

#[test]
fn a_diff_that_breaks_off_is_read_as_far_as_it_goes() {
    let cut = &TWO[..TWO.find("+2").unwrap()];
    assert_eq!(files(cut).len(), 1);
    assert!(files("").is_empty());
    assert!(files("no diff at all\n").is_empty());
}
