use super::{command_name, is_image, named, spelled};

fn names(line: &str) -> Vec<String> {
    named(line).into_iter().map(|word| format!("{}..{} {}", word.from, word.to, word.name)).collect()
}

#[test]
fn a_name_begins_a_word() {
    assert_eq!(names("@a x@b @src/c.rs"), ["0..2 a", "7..16 src/c.rs"]);
    assert_eq!(names("mail me@example.org"), Vec::<String>::new());
    assert_eq!(names("\u{100000}@a"), ["1..3 a"], "pasted text ends a word");
}

#[test]
fn a_quoted_name_goes_to_its_quote() {
    assert_eq!(names("see @\"a b.png\", @\"c d"), ["4..14 a b.png", "16..21 c d"]);
    assert_eq!(spelled("a b.png"), "@\"a b.png\"");
    assert_eq!(spelled("ab.png"), "@ab.png");
}

#[test]
fn a_slash_in_the_first_word_makes_it_a_path() {
    assert_eq!(command_name("/help"), Some(4));
    assert_eq!(command_name("/model x/y"), Some(5));
    assert_eq!(command_name("/"), Some(0));
    assert_eq!(command_name("/usr/bin is missing"), None);
    assert_eq!(command_name("//text"), None);
    assert_eq!(command_name("/\u{100000}"), None);
    assert_eq!(command_name(" /help"), None);
}

#[test]
fn images_are_known_by_their_endings() {
    assert!(["a.png", "a/b.JPG", "x.jpeg", "x.gif", "x.webp"].into_iter().all(is_image));
    assert!(!["png", "a.rs", ".png", "a.png.txt"].into_iter().any(is_image));
}
