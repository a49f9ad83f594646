use proptest::prelude::*;

use super::visible;
use crate::inert;

#[test]
fn sec_50_blanks_cannot_push_a_command_out_of_sight() {
    let shown = visible(&format!("ls{}; rm -rf x", " ".repeat(4000)));
    assert_eq!(shown.text, "ls \u{27e8}4000 spaces\u{27e9} ; rm -rf x");
    assert_eq!(shown.summary(), "4012 characters in 1 line; 1 long run of blanks is shown by length");
    assert!(shown.is_deceptive());
    let shown = visible(&format!("ls{}rm -rf x", "\n".repeat(500)));
    assert_eq!(shown.text, "ls\n\u{27e8}500 line breaks\u{27e9}\nrm -rf x");
    assert_eq!(shown.lines, 501);
}

#[test]
fn sec_50_ten_thousand_lines_are_all_there() {
    let text: String = (0..10_000).map(|line| format!("echo {line}\n")).collect();
    let shown = visible(&text);
    assert_eq!((shown.text.as_str(), shown.lines), (text.as_str(), 10_000));
    assert!(!shown.is_deceptive());
}

#[test]
fn sec_49_what_cannot_be_seen_is_spelled_out() {
    let shown = visible("a\u{202e}b\u{1b}[2J\u{7f}\r\u{9b}\u{a0}\u{200d}\u{e0041}");
    assert_eq!(shown.text, "a\\u{202e}b^[[2J^?^M\\u{9b}\\u{a0}\\u{200d}\\u{e0041}");
    assert_eq!(shown.hidden, 8);
    assert_eq!(shown.summary(), "13 characters in 1 line; 8 characters that cannot be seen are spelled out");
}

#[test]
fn ordinary_commands_are_shown_as_they_are() {
    for text in
        ["cargo test -p x -- --nocapture", "git commit -m 'ä 漢字'", "cat <<'E'\n\tindented\n\nE", "", "echo \u{1f600}"]
    {
        let shown = visible(text);
        assert_eq!((shown.text.as_str(), shown.is_deceptive()), (text, false));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sec_49_what_a_person_approves_is_inert_too(text in any::<String>()) {
        let shown = visible(&text);
        prop_assert_eq!(inert(&shown.text), shown.text.as_str());
        prop_assert_eq!(shown.characters, text.chars().count());
    }
}
