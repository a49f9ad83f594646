use super::*;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_person_is_called_as_they_chose() {
    assert_eq!(text(&notify(Notify::Off, false, "done")), "");
    assert_eq!(text(&notify(Notify::Bell, true, "done")), "\x07");
    assert_eq!(text(&notify(Notify::Desktop, false, "done")), "\x1b]9;done\x07");
    assert_eq!(text(&notify(Notify::Desktop, true, "done")), "\x1bPtmux;\x1b\x1b]9;done\x07\x1b\\");
}

#[test]
fn no_text_ends_the_sequence_it_stands_in() {
    let evil = "a\x07b\x1b\\c\u{9c}d\ne\x1b]0;owned\x07";
    for sequence in [title(evil), notify(Notify::Desktop, false, evil)] {
        let sequence = text(&sequence);
        let inside = &sequence[4..sequence.len() - 1];
        assert!(!inside.contains(char::is_control), "{sequence:?}");
        assert!(!inside.contains("owned"), "a whole sequence is dropped: {sequence:?}");
    }
    assert!(title(&"x".repeat(5000)).len() < 200);
}

#[test]
fn what_is_copied_is_base64_and_not_longer_than_terminals_take() {
    assert_eq!(text(&copy("hé\x1b")), "\x1b]52;c;aMOpGw==\x1b\\");
    assert_eq!(text(&copy(&"x".repeat(LONGEST_COPY + 1))), "");
}
