use proptest::prelude::*;

use super::*;

fn heard(keys: &mut Keys) -> Vec<String> {
    std::iter::from_fn(|| keys.next())
        .map(|heard| match heard {
            Heard::Input(Input::Key(key)) => {
                let modifiers = if key.modifiers.is_empty() { String::new() } else { format!("{} ", key.modifiers) };
                format!("{modifiers}{}", key.code)
            }
            Heard::Input(Input::Paste(text)) => format!("paste {text:?}"),
            Heard::Input(Input::Focus(focus)) => format!("focus {focus}"),
            other => format!("{other:?}"),
        })
        .collect()
}

fn read(bytes: &[u8]) -> Vec<String> {
    let mut keys = Keys::default();
    keys.take(bytes, 0);
    keys.flush(u64::MAX);
    heard(&mut keys)
}

#[test]
fn keys_are_told_apart_as_terminals_send_them() {
    assert_eq!(read(b"a\r"), ["a", "Enter"]);
    assert_eq!(read(b"\x7f\t"), ["Backspace", "Tab"]);
    assert_eq!(read(b"\x0a"), ["Control j"]);
    assert_eq!(read(b"\x1b[A\x1b[1;5C\x1bOH\x1b[3~\x1b[Z"), ["Up", "Control Right", "Home", "Del", "Shift Back Tab"]);
    assert_eq!(read(b"\x1b\r"), ["Alt Enter"]);
    assert_eq!(read(b"\x1b[13;2u\x1b[106;5u\x1b[27u"), ["Shift Enter", "Control j", "Esc"], "kitty's protocol");
    assert_eq!(read("ä漢".as_bytes()), ["ä", "漢"]);
    assert_eq!(read(b"\x03\x1a\x0f"), ["Control c", "Control z", "Control o"]);
}

#[test]
fn a_lone_escape_is_a_key_only_when_nothing_follows() {
    let mut keys = Keys::default();
    keys.take(b"\x1b", 0);
    assert_eq!(keys.wait_ms(5), Some(15));
    assert!(heard(&mut keys).is_empty());
    keys.take(b"[B", 0);
    assert_eq!(heard(&mut keys), ["Down"]);
    keys.take(b"\x1b", 0);
    keys.flush(u64::MAX);
    assert_eq!(heard(&mut keys), ["Esc"]);
    assert_eq!(keys.wait_ms(5), None);
    keys.take(b"\x1b\x1b", 0);
    keys.flush(u64::MAX);
    assert_eq!(heard(&mut keys), ["Esc", "Esc"], "twice is twice");
}

#[test]
fn alt_and_a_bracket_do_not_swallow_the_next_key() {
    let mut keys = Keys::default();
    keys.take(b"\x1b[", 0);
    keys.flush(u64::MAX);
    keys.take(b"x", 0);
    assert_eq!(heard(&mut keys), ["Alt [", "x"]);
}

#[test]
fn what_begins_a_sequence_and_ends_there_takes_no_other_key_along() {
    for (begin, is) in [
        (&b"\x1b]"[..], &["Alt ]"][..]),
        (b"\x1bP", &["Alt P"]),
        (b"\x1b[", &["Alt ["]),
        (b"\x1bO", &["Alt O"]),
        (b"\x1b_", &["Alt _"]),
        (b"\x1b^", &["Alt ^"]),
        (b"\x1bX", &["Alt X"]),
        (b"\x1b[1", &[]),
        (b"\x1b[1;", &[]),
        (b"\x1b]0;words", &[]),
        (b"\xe6", &[]),
        (b"\xe6\xbc", &[]),
        (b"\x1b\xe6", &[]),
        (b"\xff", &[]),
        (b"\x1b[\xff", &["Alt ["]),
        (b"\x1b[M", &[]),
    ] {
        let mut keys = Keys::default();
        keys.take(begin, 0);
        keys.flush(20);
        keys.take(b"a", 100);
        keys.take(b"\x03", 200);
        let found = heard(&mut keys);
        assert_eq!(found, [is, &["a", "Control c"]].concat(), "{begin:?}");
    }
}

#[test]
fn a_character_that_is_none_takes_no_other_along() {
    assert_eq!(
        read(b"a\xe9x\x1b[\x03\x1b]0;t\x1b[Aq\x1bO\x1b[B"),
        ["a", "x", "Alt [", "Control c", "Up", "q", "Alt O", "Down"]
    );
}

#[test]
fn a_paste_whose_end_never_comes_is_over_after_two_seconds() {
    let mut keys = Keys::default();
    keys.take(b"\x1b[200~abc\rdef", 0);
    assert_eq!(keys.wait_ms(500), Some(1500));
    keys.flush(1999);
    assert!(heard(&mut keys).is_empty());
    keys.flush(2000);
    assert_eq!(heard(&mut keys), ["paste \"abc\\ndef\""]);
    keys.take(b"\x03", 2100);
    keys.take(b"\x1b[201~q", 2200);
    assert_eq!(heard(&mut keys), ["Control c", "q"], "and its end, when it comes after all, is nothing");
}

#[test]
fn a_paste_has_a_largest_size() {
    let mut keys = Keys::default();
    keys.take(PASTE, 0);
    for _ in 0..20 {
        keys.take(&vec![b'x'; 1 << 20], 0);
    }
    keys.take(b"\x1b[201~q", 0);
    let Some(Heard::Input(Input::Paste(found))) = keys.next() else { panic!("no paste") };
    assert_eq!(found.len(), LARGEST_PASTE);
    assert_eq!(heard(&mut keys), ["q"]);
}

#[test]
fn lines_that_come_at_once_are_a_paste_and_send_nothing() {
    let all = |pieces: &[(&[u8], u64)]| {
        let mut keys = Keys::default();
        for (bytes, at) in pieces {
            keys.flush(*at);
            keys.take(bytes, *at);
        }
        keys.flush(u64::MAX);
        heard(&mut keys)
    };
    assert_eq!(all(&[(b"one\r!two\rthree\r", 0)]), [r#"paste "one\n!two\nthree\n""#]);
    assert_eq!(all(&[(b"one\r!two", 0)]), [r#"paste "one\n!two""#]);
    assert_eq!(all(&[(b"one\r\r", 0)]), [r#"paste "one\n\n""#]);
    // Cut anywhere.
    assert_eq!(all(&[(b"one\r", 0), (b"!two\r", 1)]), [r#"paste "one\n!two\n""#]);
    assert_eq!(all(&[(b"one", 0), (b"\r", 1), (b"!two\r", 2)]), ["o", "n", "e", r#"paste "\n!two\n""#]);
    assert_eq!(all(&[(b"one\rtwo", 0), (b"!three\r", 30)]), [r#"paste "one\ntwo""#, r#"paste "!three\n""#]);
}

#[test]
fn keys_stay_keys_however_fast() {
    let all = |pieces: &[(&[u8], u64)]| {
        let mut keys = Keys::default();
        for (bytes, at) in pieces {
            keys.flush(*at);
            keys.take(bytes, *at);
        }
        keys.flush(u64::MAX);
        heard(&mut keys)
    };
    assert_eq!(all(&[(b"ok\r", 0)]), ["o", "k", "Enter"], "a script's line");
    assert_eq!(all(&[(b"ok\r\n", 0)]), [r#"o"#, "k", "Enter", "Control j"]);
    assert_eq!(all(&[(b"\r\r\r", 0)]), ["Enter", "Enter", "Enter"], "a key that is held down");
    assert_eq!(all(&[(b"a", 0), (b"\r", 4), (b"b\r", 8)]), ["a", "Enter", "b", "Enter"], "a quick script");
    assert_eq!(all(&[(b"\rb", 0)]), ["Enter", "b"], "keys that came late");
    assert_eq!(all(&[(b"a", 0), (b"\r", 30), (b"b", 60)]), ["a", "Enter", "b"]);
    assert_eq!(all(&[(b"aaa\x1b[A\r", 0)]), ["a", "a", "a", "Up", "Enter"]);
    assert_eq!(all(&[(b"one\r", 0), (b"\x03", 1)]), ["o", "n", "e", "Enter", "Control c"]);
    let mut keys = Keys::default();
    keys.take(b"\r", 100);
    assert_eq!(heard(&mut keys), ["Enter"], "nothing is held back that came by itself");
}

#[test]
fn answers_of_the_terminal_are_no_keys() {
    assert_eq!(read(b"\x1b[12;40Rx"), ["Cursor(Position { x: 39, y: 11 })", "x"]);
    assert_eq!(read(b"\x1b[?0u\x1b[?62;22c"), ["Keyboard"]);
    assert_eq!(read(b"\x1b[I\x1b[O"), ["focus true", "focus false"]);
}

#[test]
fn a_paste_is_one_thing_whatever_it_holds() {
    assert_eq!(
        read(b"a\x1b[200~one\r\ntwo\rthree\x1b[Afour\x1b[201~b"),
        ["a", "paste \"one\\ntwo\\nthree\\u{1b}[Afour\"", "b"]
    );
}

#[test]
fn a_long_paste_in_small_pieces_is_read_in_no_time() {
    let mut keys = Keys::default();
    let text = "0123456789".repeat(200_000);
    let sent = format!("\x1b[200~{text}\x1b[201~");
    for piece in sent.as_bytes().chunks(1000) {
        keys.take(piece, 0);
    }
    let Some(Heard::Input(Input::Paste(found))) = keys.next() else { panic!("no paste") };
    assert!(found == text);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Wherever the pieces are cut, the same is heard, as long as no pause falls into a sequence.
    #[test]
    fn it_does_not_matter_where_the_bytes_are_cut(cuts in proptest::collection::vec(1..9_usize, 1..40)) {
        let sent = "hé\x1b[1;2A\x1b[200~pa\x1bste\r\nd\x1b[201~\x1b[13;2u漢\x1b[5;7R\x1b\rq".as_bytes();
        let mut keys = Keys::default();
        let mut rest = sent;
        for cut in cuts.into_iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at(cut.min(rest.len()));
            keys.take(now, 0);
            rest = later;
        }
        keys.flush(u64::MAX);
        prop_assert_eq!(heard(&mut keys), read(sent));
    }

    #[test]
    fn no_bytes_break_it(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..24), 0..12)) {
        let mut keys = Keys::default();
        for piece in &pieces {
            keys.take(piece, 0);
            keys.take(b"\x1b[", 0);
            keys.take(piece, 0);
            keys.flush(u64::MAX);
        }
        while keys.next().is_some() {}
    }
}
