use std::sync::Arc;

use crossterm::event::{KeyEventKind, KeyModifiers};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::feed::Attachment;
use crate::text::{Colors, Theme};

use super::testing::{Known, empty_box, key, submitted};
use super::{Composer, History, Prompt, Typed};

#[test]
fn enter_sends_what_was_typed_and_leaves_an_empty_box() {
    let mut composer = empty_box();
    assert_eq!(composer.types("fix it <Enter>"), submitted("fix it"));
    assert!(composer.is_empty());
    assert_eq!(composer.types("<Enter>"), None, "an empty box has nothing to send");
    assert_eq!(composer.types("  <Enter>"), None);
}

#[test]
fn a_new_line_is_made_by_shift_enter_ctrl_j_or_a_backslash() {
    let mut composer = empty_box();
    composer.types("a<S-Enter>b<C-j>c\\<Enter>d<A-Enter>e");
    assert_eq!(composer.seen(), "a\nb\nc\nd\ne|");
    assert_eq!(composer.types("<Enter>"), submitted("a\nb\nc\nd\ne"));
}

#[test]
fn while_a_turn_runs_tab_and_alt_enter_queue() {
    let mut composer = empty_box();
    composer.set_working(true);
    let queued = |text: &str| Some(Typed::Queue(Prompt { text: text.to_owned(), images: Vec::new() }));
    assert_eq!(composer.types("then this<Tab>"), queued("then this"));
    assert_eq!(composer.types("and that<A-Enter>"), queued("and that"));
    assert_eq!(composer.types("now<Enter>"), submitted("now"));
    assert_eq!(composer.types("<Tab>"), None);
}

#[test]
fn tab_does_nothing_to_words_while_no_turn_runs() {
    let mut composer = empty_box();
    assert_eq!(composer.types("words<Tab>"), Some(Typed::Nothing));
    assert_eq!(composer.seen(), "words|");
}

#[test]
fn keys_of_the_screen_are_left_alone() {
    let mut composer = empty_box();
    for name in ["Esc", "C-c", "C-d", "C-o", "C-t", "C-l", "C-z", "BackTab", "?", "Up", "Down", "PageUp"] {
        assert_eq!(composer.key(key(name)), None, "{name} in an empty box");
    }
    composer.types("text");
    for name in ["Esc", "C-c", "C-o", "C-t", "C-l", "C-z", "BackTab"] {
        assert_eq!(composer.key(key(name)), None, "{name}");
    }
    assert_eq!(composer.types("<Home><C-d>?"), Some(Typed::Nothing));
    assert_eq!(composer.seen(), "?|ext");
    let mut released = key("x");
    released.kind = KeyEventKind::Release;
    assert_eq!(composer.key(released), None);
}

#[test]
fn a_key_that_holds_a_control_character_types_nothing() {
    let mut composer = empty_box();
    let mut pressed = key("x");
    pressed.code = crossterm::event::KeyCode::Char('\u{1b}');
    assert_eq!(composer.key(pressed), None);
    pressed.modifiers = KeyModifiers::SHIFT;
    assert_eq!(composer.key(pressed), None);
    assert!(composer.is_empty());
}

#[test]
fn the_keys_of_emacs_move_and_delete() {
    let mut composer = empty_box();
    composer.types("one two three");
    for (keys, seen) in [
        ("<C-a>", "|one two three"),
        ("<A-f>", "one |two three"),
        ("<C-f><C-b>", "one |two three"),
        ("<C-Right>", "one two |three"),
        ("<A-b><A-b>", "|one two three"),
        ("<C-e>", "one two three|"),
        ("<C-Left>", "one two |three"),
        ("<C-k>", "one two |"),
        ("<C-y>", "one two three|"),
        ("<C-w><C-w>", "one |"),
        ("<C-y>", "one two three|"),
        ("<C-u>", "|"),
        ("<C-y>", "one two three|"),
        ("<Home><A-d>", "| two three"),
        ("<Del>", "|two three"),
        ("<End><A-Back>", "two |"),
        ("<C-h><Back>", "tw|"),
    ] {
        composer.types(keys);
        assert_eq!(composer.seen(), seen, "after {keys}");
    }
}

#[test]
fn undo_takes_a_typed_word_back_at_once_and_redo_brings_it() {
    let mut composer = empty_box();
    composer.types("one two three<C-_>");
    assert_eq!(composer.seen(), "one two |");
    composer.types("<C-7>");
    assert_eq!(composer.seen(), "one two|");
    composer.types("<A-_><C-w>");
    assert_eq!(composer.seen(), "one |");
    composer.types("<C-_>");
    assert_eq!(composer.seen(), "one two |");
}

#[test]
fn a_sent_prompt_cannot_be_undone_into_the_next() {
    let mut composer = empty_box();
    composer.types("secret<Enter><C-_>");
    assert!(composer.is_empty());
}

#[test]
fn an_emoji_of_several_parts_is_one_character() {
    let mut composer = empty_box();
    composer.types("a👨‍👩‍👧‍👦e\u{301}b<Left><Left>");
    assert_eq!(composer.seen(), "a👨‍👩‍👧‍👦|e\u{301}b");
    composer.types("<Back>");
    assert_eq!(composer.seen(), "a|e\u{301}b");
    composer.types("<Del>");
    assert_eq!(composer.seen(), "a|b");
}

#[test]
fn up_and_down_go_by_rows_of_the_box_and_keep_their_column() {
    let mut composer = empty_box();
    composer.types("0123456 89<C-j>x<C-j>abcdef");
    composer.height(12, 40);
    // Nine columns for text: `0123456 ` and `89`.
    for (keys, seen) in [
        ("<Up>", "0123456 89\nx|\nabcdef"),
        ("<Up>", "0123456 89|\nx\nabcdef"),
        ("<Up>", "012345|6 89\nx\nabcdef"),
        ("<Down><Down><Down>", "0123456 89\nx\nabcdef|"),
    ] {
        composer.types(keys);
        assert_eq!(composer.seen(), seen, "after {keys}");
    }
}

#[test]
fn an_exclamation_mark_in_the_first_column_opens_the_shell() {
    let mut composer = empty_box();
    composer.types("!cargo test!");
    assert_eq!(composer.seen(), "!cargo test!|");
    assert!(!composer.is_empty());
    assert_eq!(composer.types("<Enter>"), Some(Typed::Shell("cargo test!".to_owned())));
    assert!(composer.is_empty());
    assert_eq!(composer.types("wow!<Enter>"), submitted("wow!"));
}

#[test]
fn backspace_in_an_empty_shell_leaves_it() {
    let mut composer = empty_box();
    composer.types("!l<Back>");
    assert!(!composer.is_empty());
    composer.types("<Back>");
    assert!(composer.is_empty());
    assert_eq!(composer.types("hello<Enter>"), submitted("hello"));
}

#[test]
fn a_shell_reads_its_own_backslash() {
    let mut composer = empty_box();
    assert_eq!(composer.types("!ls \\<Enter>-l<Enter>"), Some(Typed::Shell("ls \\\n-l".to_owned())));
}

#[test]
fn a_command_is_given_out_whether_or_not_it_is_known() {
    let mut composer = empty_box();
    let command =
        |name: &str, arguments: &str| Some(Typed::Command { name: name.to_owned(), arguments: arguments.to_owned() });
    assert_eq!(composer.types("/cost<Enter>"), command("cost", ""));
    assert_eq!(composer.types("/modle  main x<Enter>"), command("modle", "main x"));
    assert_eq!(composer.types("/plan a<C-j>b<Enter>"), command("plan", "a\nb"));
    composer.set_working(true);
    assert_eq!(composer.types("/cost now<Tab>"), command("cost", "now"), "a command waits for no turn");
}

#[test]
fn a_path_or_a_comment_is_no_command() {
    let mut composer = empty_box();
    for text in ["/usr/bin is missing", "// a comment", "///", " /help", "see /help"] {
        assert_eq!(composer.types(&format!("{text}<Esc><Enter>")), submitted(text));
    }
}

#[test]
fn of_two_slashes_before_words_one_is_told_and_both_are_remembered() {
    let mut composer = empty_box();
    assert_eq!(composer.types("//cost is a command<Enter>"), submitted("/cost is a command"));
    composer.types("<Up>");
    assert_eq!(composer.seen(), "//cost is a command|");
}

#[test]
fn a_long_paste_stands_as_a_mark_and_is_sent_whole() {
    let mut composer = empty_box();
    let text = "line\n".repeat(128);
    composer.types("see ");
    composer.paste(&text);
    composer.types(" please");
    assert_eq!(composer.seen(), "see [pasted 1: 128 lines] please|");
    assert_eq!(composer.types("<Enter>"), submitted(&format!("see {text} please")));
    composer.paste(&"x".repeat(1_400));
    assert_eq!(composer.seen(), "[pasted 2: 1400 characters]|");
    composer.types("<Back>");
    assert!(composer.is_empty());
}

#[test]
fn a_mark_is_passed_deleted_killed_and_undone_as_one() {
    let mut composer = empty_box();
    let text = "a\r\nb\rc\n".repeat(9);
    composer.types("x");
    composer.paste(&text);
    composer.types("y<Left><Left>");
    assert_eq!(composer.seen(), "x|[pasted 1: 27 lines]y");
    composer.types("<Del>");
    assert_eq!(composer.seen(), "x|y");
    composer.types("<C-_>");
    assert_eq!(composer.seen(), "x[pasted 1: 27 lines]|y");
    composer.types("<Left><C-k><C-y>");
    assert_eq!(composer.types("<Enter>"), submitted(&format!("x{}y", "a\nb\nc\n".repeat(9))));
}

#[test]
fn words_that_look_like_a_mark_are_words() {
    let mut composer = empty_box();
    composer.paste(&"x".repeat(2_000));
    composer.types(" [pasted 1: 2000 characters]");
    assert_eq!(composer.types("<Enter>"), submitted(&format!("{} [pasted 1: 2000 characters]", "x".repeat(2_000))));
    composer.paste("\u{100000}");
    assert_eq!(composer.seen(), "[pasted 2: 1 character]|");
    assert_eq!(composer.types("<Enter>"), submitted("\u{100000}"), "a character that marks use is no mark");
}

#[test]
fn a_short_paste_is_text_and_its_last_line_break_sends_nothing() {
    let mut composer = empty_box();
    composer.paste("cargo test\r\ncargo run\r");
    assert_eq!(composer.seen(), "cargo test\ncargo run\n|");
    composer.types("<C-a><Back><C-u><Back><C-u>");
    composer.paste("!rm -rf .");
    assert_eq!(composer.types("<Enter>"), submitted("!rm -rf ."), "pasted text opens no shell");
}

#[test]
fn a_paste_into_the_shell_stays_what_it_was() {
    let mut composer = empty_box();
    composer.types("!");
    composer.paste("shot.png");
    assert_eq!(composer.types("<Enter>"), Some(Typed::Shell("shot.png".to_owned())));
}

#[test]
fn the_path_of_an_image_is_pasted_as_its_name() {
    for pasted in ["shot.png", "/work/shot.png\n", "'/work/shot.png' ", "\"/work/shot.png\"", "file:///work/shot.png"] {
        let mut composer = empty_box();
        composer.types("see");
        composer.paste(pasted);
        assert_eq!(composer.seen(), "see @shot.png |", "{pasted}");
    }
    let mut composer = empty_box();
    composer.paste("/work/a\\ b/c\\ d.png shot.png");
    assert_eq!(composer.seen(), "@\"a b/c d.png\" @shot.png |");
    composer.paste("/work/gone.png");
    assert_eq!(composer.seen(), "@\"a b/c d.png\" @shot.png /work/gone.png|");
}

#[test]
fn named_images_go_along_and_the_words_keep_their_names() {
    let mut composer = empty_box();
    let typed =
        composer.types("see (@shot.png), @shot.png. @\"a b/c d.png\" @gone.png @notes.md @sidekick<Esc><Enter>");
    let Some(Typed::Submit(Prompt { text, images })) = typed else { panic!("{typed:?}") };
    assert_eq!(text, "see (@shot.png), @shot.png. @\"a b/c d.png\" @gone.png @notes.md @sidekick");
    // `(@` is no word's beginning.
    assert_eq!(images, ["shot.png", "a b/c d.png"].map(|path| Attachment { path: path.into() }));
}

#[test]
fn what_is_taken_can_be_put_back() {
    let mut composer = empty_box();
    composer.types("!ls");
    let taken = composer.take();
    assert_eq!(taken, "!ls");
    assert!(composer.is_empty());
    composer.put(&taken);
    assert_eq!(composer.types("<Enter>"), Some(Typed::Shell("ls".to_owned())));
    let long = "x\n".repeat(10_000);
    composer.put(&long);
    assert_eq!(composer.seen(), "[pasted 1: 10000 lines]|");
    assert_eq!(composer.take(), long);
}

#[test]
fn ten_thousand_pasted_lines_are_typed_beside_as_quickly_as_none() {
    let mut composer = empty_box();
    composer.paste(&"a line of some length, as a log has it, with numbers 0123456789\n".repeat(10_000));
    let theme = Theme::new(Colors::None);
    let area = Rect::new(0, 0, 80, 24);
    let mut buffer = Buffer::empty(area);
    // Counted in cells, not in time: what is laid out for each key is what stands in the box.
    for _ in 0..200 {
        composer.types("x");
        composer.draw(area, &mut buffer, &theme);
        assert!(composer.layout().rows.len() < 8);
    }
    assert_eq!(composer.editor.text().chars().count(), 201);
}

/// A step of somebody's at the keyboard.
#[derive(Clone, Debug)]
enum Step {
    Key(&'static str),
    Type(String),
    Paste(String),
    Draw(u16, u16),
    Working(bool),
}

const KEYS: &[&str] = &[
    "Enter", "Tab", "Esc", "Up", "Down", "Left", "Right", "Home", "End", "Back", "Del", "PageUp", "PageDown",
    "S-Enter", "A-Enter", "C-a", "C-b", "C-d", "C-e", "C-f", "C-g", "C-h", "C-j", "C-k", "C-n", "C-p", "C-r", "C-u",
    "C-w", "C-y", "C-_", "A-_", "A-b", "A-d", "A-f", "A-Back", "C-Left", "C-Right", "C-Home", "C-End", "!", "@", "/",
    "\\", "\"", " ", "?", "S-Tab", "BackTab",
];

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::sample::select(KEYS).prop_map(Step::Key),
        4 => "[a-z ./@!]{1,6}".prop_map(Step::Type),
        2 => prop::sample::select(&["\u{1b}[31m", "漢字", "👨‍👩‍👧", "e\u{301}", "\t", "\u{202e}", "\u{301}", "ﾞ", "\u{100000}", "\u{0}", "\u{200b}"][..])
            .prop_map(|text| Step::Type(text.to_owned())),
        1 => ".{0,40}".prop_map(Step::Paste),
        1 => "(\\PC{0,9}[\r\n\t\u{1b}]){0,16}".prop_map(Step::Paste),
        1 => Just(Step::Paste("y".repeat(1_500))),
        2 => (0_u16..60, 0_u16..30).prop_map(|(width, most)| Step::Draw(width, most)),
        1 => any::<bool>().prop_map(Step::Working),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever is typed, pasted and drawn in whatever order: nothing panics, the cursor is in the box, and no control character reaches
    /// a terminal.
    #[test]
    fn any_keys_and_pastes_leave_a_box_that_can_be_drawn(steps in prop::collection::vec(step(), 0..80)) {
        let theme = Theme::new(Colors::Ansi);
        let mut composer = Composer::new(
            Known::new(&["ä\u{202e}b.rs", "a b/c.png", "src/", "src/main.rs"]),
            History::load(vec!["earlier\nand more".to_owned(), "!ls".to_owned(), "z\n".repeat(300)]),
        );
        composer.set_commands(super::testing::commands());
        for (at, step) in steps.into_iter().enumerate() {
            composer.tick(at as u64 * 100);
            match step {
                Step::Key(name) => drop(composer.key(key(name))),
                Step::Type(text) => drop(composer.types(&text)),
                Step::Paste(text) => composer.paste(&text),
                Step::Working(working) => composer.set_working(working),
                Step::Draw(width, most) => {
                    let height = composer.height(width, most);
                    prop_assert!(height <= most);
                    for height in [height, height / 2, 1] {
                        let area = Rect::new(3, 2, width, height);
                        let mut buffer = Buffer::empty(Rect::new(0, 0, width + 6, height + 4));
                        composer.draw(area, &mut buffer, &theme);
                        prop_assert!(buffer.content().iter().all(|cell| !cell.symbol().chars().any(char::is_control)));
                        let outside = (0..buffer.area.width).flat_map(|x| (0..buffer.area.height).map(move |y| (x, y)));
                        let mut outside = outside.filter(|(x, y)| !area.contains((*x, *y).into()));
                        prop_assert!(outside.all(|at| buffer[at].symbol() == " "));
                        match composer.cursor(area) {
                            Some(cursor) => prop_assert!(area.contains(cursor)),
                            None => prop_assert!(area.is_empty()),
                        }
                    }
                }
            }
        }
    }

    /// Typed and pasted text comes out as it went in.
    #[test]
    fn a_prompt_is_what_was_typed_with_pasted_text_in_its_place(
        parts in prop::collection::vec(prop_oneof![
            "[a-zäß漢 .,;]{1,12}".prop_map(|text| (false, text)),
            "[a-z \u{1b}\t\n\u{100000}]{1,30}".prop_map(|text| (true, text)),
            (11_usize..40).prop_map(|lines| (true, "row\n".repeat(lines))),
        ], 1..8)
    ) {
        let mut composer = Composer::new(Known::new(&[]), History::default());
        let mut all = String::from("so: ");
        composer.types("so: ");
        for (pasted, text) in parts {
            if pasted { composer.paste(&text) } else { drop(composer.types(&text)) }
            all.push_str(&text);
        }
        composer.types("|");
        all.push('|');
        prop_assert_eq!(composer.types("<Enter>"), submitted(&all));
    }

    /// Undone step by step, the text becomes empty; done again, it is back.
    #[test]
    fn undo_and_redo_meet(words in "[a-z 漢\\-]{1,30}") {
        let mut composer = Composer::new(Known::new(&[]), History::default());
        composer.types(&words);
        for _ in 0..40 {
            composer.types("<C-_>");
        }
        prop_assert!(composer.editor.is_empty());
        for _ in 0..40 {
            composer.types("<A-_>");
        }
        prop_assert_eq!(composer.editor.text(), words);
    }
}

#[test]
fn a_box_may_be_handed_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Composer>();
    is_send::<Arc<dyn super::Files>>();
}
