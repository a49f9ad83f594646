#![allow(clippy::disallowed_methods, reason = "tests measure time")]

use std::borrow::Cow;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{inert, inert_json};
use crate::characters::{Class, MARKS, class};

/// What a terminal obeys, in the spellings that exist.
const ATTACKS: [&str; 22] = [
    "\u{1b}[2J",
    "\u{1b}[H",
    "\u{1b}[21t",
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]8;;http://evil.test\u{1b}\\click\u{1b}]8;;\u{1b}\\",
    "\u{1b}]52;c;aGVsbG8=\u{7}",
    "\u{1b}]0;no end",
    "\u{1b}P$q\"p\u{1b}\\",
    "\u{1b}P no end",
    "\u{1b}_apc\u{1b}\\",
    "\u{1b}^pm\u{1b}\\",
    "\u{9b}2J",
    "\u{9d}0;owned\u{9c}",
    "\u{90}q\u{9c}",
    "\u{1b}",
    "\u{7}\u{8}\u{c}\r",
    "\u{202e}txt.exe\u{202c}",
    "\u{2066}x\u{2069}",
    "a\u{200b}\u{200d}\u{2060}\u{feff}b",
    "\u{e0001}\u{e0041}\u{e0042}\u{e007f}",
    "x\u{fe00}\u{fe01}\u{e0100}\u{e01ef}",
    "\u{3164}\u{115f}\u{ad}\u{2028}",
];

/// Nothing in the text moves a terminal or deceives its reader.
fn assert_inert(text: &str) {
    let mut marks = 0;
    let characters: Vec<char> = text.chars().collect();
    for (at, c) in characters.iter().enumerate() {
        match class(*c) {
            Class::Plain => marks = 0,
            Class::Mark => marks += 1,
            Class::Control => panic!("{c:?} in {text:?}"),
            // Inside an emoji only: after a picture or a digit, and one at a time.
            Class::Hidden => {
                assert!(matches!(c, '\u{200d}' | '\u{fe0e}' | '\u{fe0f}'), "{c:?} in {text:?}");
                let before = characters[at - 1];
                assert!(!before.is_ascii_alphabetic() && before != '\u{200d}', "{c:?} in {text:?}");
            }
        }
        assert!(marks <= MARKS, "{marks} marks in {text:?}");
    }
}

#[test]
fn sec_49_no_attack_leaves_anything_that_a_terminal_obeys() {
    for attack in ATTACKS {
        for text in [attack.to_owned(), format!("before {attack} after"), attack.repeat(3)] {
            let shown = inert(&text).into_owned();
            assert_inert(&shown);
            assert_eq!(inert(&shown), shown, "{attack:?}");
        }
    }
    assert_eq!(inert("\u{1b}[1;31mred\u{1b}[0m\r\nnext"), "red\nnext");
    assert_eq!(inert("\u{1b}]0;title\u{7}text"), "text");
    assert_eq!(inert("a\u{202e}b"), "a\u{fffd}b");
}

#[test]
fn a_sequence_without_an_end_swallows_nothing() {
    assert_eq!(inert("\u{1b}]0;title\nimportant"), "\u{241b}]0;title\nimportant");
    assert_eq!(inert("\u{1b}Pimportant"), "\u{241b}Pimportant");
    assert_eq!(inert("\u{9b}"), "\u{fffd}");
}

#[test]
fn a_sequence_that_dropping_another_one_would_make_is_not_made() {
    assert_eq!(inert("\u{1b}\u{1b}[m[2J"), "\u{241b}[2J");
}

#[test]
fn plain_text_is_not_even_copied() {
    for text in [
        "a\tb\n",
        "ä é 漢字 한국어 עברית العربية नमस्ते ไทย",
        "e\u{301}a\u{308}",
        "\u{1112}\u{1161}\u{11ab}",
        "\u{1f469}\u{200d}\u{1f4bb} \u{2764}\u{fe0f}\u{200d}\u{1f525} 1\u{fe0f}\u{20e3} \u{1f44d}\u{1f3fd}",
        "│ ✓ ░▒▓ \u{e0b0} \u{fffd}",
    ] {
        assert!(matches!(inert(text), Cow::Borrowed(same) if same == text), "{text}");
    }
}

#[test]
fn joiners_of_a_script_go_without_a_trace() {
    assert_eq!(inert("می\u{200c}خواهم"), "میخواهم");
    assert_eq!(inert("rm\u{200c}x"), "rm\u{fffd}x");
}

/// The fastest of three: what other programs of the machine take is not counted. What takes quadratic time takes minutes.
fn best_of_three(work: impl Fn()) -> Duration {
    let took = (0..3).map(|_| {
        let began = Instant::now();
        work();
        began.elapsed()
    });
    took.min().unwrap()
}

const SOON: Duration = Duration::from_secs(3);

#[test]
fn sec_49_five_megabytes_of_marks_take_no_more_than_seconds() {
    let text = format!("a{}", "\u{301}".repeat(5 << 19));
    let took = best_of_three(|| assert_eq!(inert(&text).chars().count(), 1 + MARKS));
    assert!(took < SOON, "{took:?}");
    // And so do the beginnings of sequences.
    for open in ["\u{1b}]", "\u{9d}", "\u{1b}[1", "\u{1b}P"] {
        let text = open.repeat((1 << 20) / open.len());
        let took = best_of_three(|| assert_inert(&inert(&text)));
        assert!(took < SOON, "{open:?} {took:?}");
    }
}

#[test]
fn sec_49_json_keeps_every_character_and_shows_none_that_steers_a_terminal() {
    for text in ATTACKS.iter().copied().chain(["\u{1f469}\u{200d}\u{1f4bb}", "plain ä"]) {
        let written = serde_json::to_string(text).unwrap();
        let shown = inert_json(&written);
        assert_inert(&shown);
        assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
    }
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(ATTACKS.to_vec()).prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
        "[ -~]{0,8}",
        (0..0x2100_u32).prop_map(|code| char::from_u32(code).map(String::from).unwrap_or_default()),
        proptest::sample::select(vec![
            "\u{1b}",
            "[",
            "]",
            "\u{7}",
            "\\",
            "\u{200d}",
            "\u{fe0f}",
            "\u{1f600}",
            "\u{301}",
            "1"
        ])
        .prop_map(str::to_owned),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sec_49_whatever_comes_the_result_is_inert_and_stays_as_it_is(text in hostile()) {
        let shown = inert(&text).into_owned();
        assert_inert(&shown);
        prop_assert_eq!(inert(&shown), shown.as_str());
    }

    #[test]
    fn printable_text_is_unchanged(text in "[ -~äöüß漢字\n\t]{0,80}") {
        prop_assert_eq!(inert(&text), text.as_str());
    }
}
