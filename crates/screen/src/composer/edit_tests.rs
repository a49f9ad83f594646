#![allow(clippy::disallowed_methods, reason = "the test measures how long keys take")]

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::testing::{empty_box, key};
use super::{Editor, Kill, Way};

/// The shortest time that so many keys took in a box with so many letters.
fn takes(letters: usize) -> Duration {
    let run = || {
        let mut composer = empty_box();
        composer.put(&"x".repeat(letters));
        let began = Instant::now();
        for _ in 0..20 {
            for name in ["a", "b", " ", "c", "Left", "Right", "Back", "ä", "C-w"] {
                composer.key(key(name));
            }
        }
        began.elapsed()
    };
    (0..40).map(|_| run()).min().unwrap()
}

#[test]
fn a_key_costs_as_much_in_a_long_text_as_in_a_short_one() {
    let (short, long) = (takes(2_000), takes(20_000));
    assert!(long < short * 3, "ten times the text: {short:?}, then {long:?}");
}

#[test]
fn words_end_where_letters_and_signs_meet() {
    let mut editor = Editor::new();
    editor.insert("let a_b = c::d;  ");
    let mut seen = Vec::new();
    for _ in 0..8 {
        editor.step_word(Way::Back);
        seen.push(editor.cursor().1);
    }
    assert_eq!(seen, [14, 13, 11, 10, 8, 4, 0, 0]);
    let mut seen = Vec::new();
    for _ in 0..8 {
        editor.step_word(Way::Forward);
        seen.push(editor.cursor().1);
    }
    assert_eq!(seen, [4, 8, 10, 11, 13, 14, 17, 17]);
}

#[test]
fn words_and_kills_go_over_the_ends_of_lines() {
    let mut editor = Editor::new();
    editor.insert("one\n  two");
    for _ in 0..3 {
        editor.step_word(Way::Back);
    }
    assert_eq!(editor.cursor(), (0, 3), "behind the first line, over its blanks");
    editor.step_word(Way::Forward);
    assert_eq!(editor.cursor(), (1, 0));
    editor.kill(Kill::Word(Way::Back));
    assert_eq!(editor.text(), "one  two");
    editor.yank();
    assert_eq!(editor.text(), "one\n  two");
    editor.go_first();
    for _ in 0..4 {
        editor.kill(Kill::Line(Way::Forward));
    }
    assert!(editor.is_empty());
    editor.yank();
    assert_eq!((editor.text().as_str(), editor.cursor()), ("one\n  two", (1, 5)));
}

#[derive(Clone, Debug)]
enum Doing {
    Insert(&'static str),
    Erase(bool),
    Kill(u8),
    Step(bool),
    Word(bool),
    Go(usize, usize),
    Yank,
    Undo,
    Redo,
}

fn way(back: bool) -> Way {
    if back { Way::Back } else { Way::Forward }
}

fn doing() -> impl Strategy<Value = Doing> {
    let texts = &[
        "a",
        " ",
        "\n",
        "ä漢",
        "👩\u{200d}👩\u{200d}👧",
        "e\u{301}",
        "one two\nthree\n",
        "\u{100000}",
        "\u{301}",
        "\t",
    ][..];
    prop_oneof![
        4 => prop::sample::select(texts).prop_map(Doing::Insert),
        2 => any::<bool>().prop_map(Doing::Erase),
        1 => (0_u8..4).prop_map(Doing::Kill),
        2 => any::<bool>().prop_map(Doing::Step),
        1 => any::<bool>().prop_map(Doing::Word),
        1 => (0_usize..5, 0_usize..9).prop_map(|(line, col)| Doing::Go(line, col)),
        1 => Just(Doing::Yank),
        2 => Just(Doing::Undo),
        1 => Just(Doing::Redo),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The cursor stands in the text, in characters and in bytes alike, and undoing everything leaves nothing.
    #[test]
    fn the_cursor_stays_in_the_text_and_all_can_be_undone(doings in prop::collection::vec(doing(), 0..60)) {
        let mut editor = Editor::new();
        for doing in doings {
            match doing {
                Doing::Insert(text) => editor.insert(text),
                Doing::Erase(back) => editor.erase(way(back)),
                Doing::Kill(what) if what < 2 => editor.kill(Kill::Word(way(what == 0))),
                Doing::Kill(what) => editor.kill(Kill::Line(way(what == 2))),
                Doing::Step(back) => editor.step(way(back)),
                Doing::Word(back) => editor.step_word(way(back)),
                Doing::Go(line, col) => editor.go(line, col),
                Doing::Yank => editor.yank(),
                Doing::Undo => editor.undo(),
                Doing::Redo => editor.redo(),
            }
            let (line, col) = editor.cursor();
            prop_assert!(line < editor.lines().len());
            prop_assert!(editor.line().is_char_boundary(editor.offset()));
            prop_assert_eq!(editor.line()[..editor.offset()].chars().count(), col);
            prop_assert!(editor.lines().iter().all(|line| !line.contains('\n')));
        }
        for _ in 0..200 {
            editor.redo();
        }
        let text = editor.text();
        for _ in 0..200 {
            editor.undo();
        }
        prop_assert!(editor.is_empty());
        for _ in 0..200 {
            editor.redo();
        }
        prop_assert_eq!(editor.text(), text);
    }
}
