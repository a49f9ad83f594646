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
    keys.take(bytes);
    keys.flush();
    heard(&mut keys)
}

#[test]
fn keys_are_told_apart_as_terminals_send_them() {
    assert_eq!(read(b"a\r\x7f\t"), ["a", "Enter", "Backspace", "Tab"]);
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
    keys.take(b"\x1b");
    assert!(keys.holds());
    assert!(heard(&mut keys).is_empty());
    keys.take(b"[B");
    assert_eq!(heard(&mut keys), ["Down"]);
    keys.take(b"\x1b");
    keys.flush();
    assert_eq!(heard(&mut keys), ["Esc"]);
    assert!(!keys.holds());
    keys.take(b"\x1b\x1b");
    keys.flush();
    assert_eq!(heard(&mut keys), ["Esc", "Esc"], "twice is twice");
}

#[test]
fn alt_and_a_bracket_do_not_swallow_the_next_key() {
    let mut keys = Keys::default();
    keys.take(b"\x1b[");
    keys.flush();
    keys.take(b"x");
    assert_eq!(heard(&mut keys), ["Alt [", "x"]);
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
        keys.take(piece);
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
            keys.take(now);
            rest = later;
        }
        keys.flush();
        prop_assert_eq!(heard(&mut keys), read(sent));
    }

    #[test]
    fn no_bytes_break_it(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..24), 0..12)) {
        let mut keys = Keys::default();
        for piece in &pieces {
            keys.take(piece);
            keys.take(b"\x1b[");
            keys.take(piece);
            keys.flush();
        }
        while keys.next().is_some() {}
    }
}
