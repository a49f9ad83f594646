use super::super::testing::Known;
use super::{images, shell_words, with_line_feeds};

#[test]
fn every_kind_of_line_break_becomes_a_line_feed() {
    assert_eq!(with_line_feeds("a\r\nb\rc\nd"), "a\nb\nc\nd");
}

#[test]
fn words_are_read_as_a_shell_reads_them() {
    assert_eq!(shell_words("a 'b c' \"d\\\" e\" f\\ g").unwrap(), ["a", "b c", "d\" e", "f g"]);
    assert_eq!(shell_words("it's"), None);
    assert_eq!(shell_words("a\\"), None);
}

#[test]
fn only_a_paste_of_nothing_but_images_is_taken_for_images() {
    let files = Known::new(&["shot.png", "a b.png", "notes.md"]);
    let found = |text: &str| images(text, files.as_ref());
    assert_eq!(found("a b.png").unwrap(), ["a b.png"]);
    assert_eq!(found("file:///work/a%20b.png\nfile://localhost/work/shot.png\n").unwrap(), ["a b.png", "shot.png"]);
    assert_eq!(found("see shot.png"), None);
    assert_eq!(found("notes.md"), None);
    assert_eq!(found("file://other/work/shot.png"), None);
    assert_eq!(found(""), None);
    assert_eq!(found(&"shot.png ".repeat(2_000)), None);
}
