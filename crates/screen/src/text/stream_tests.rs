use proptest::prelude::*;
use ratatui::text::Line;

use super::Stream;
use crate::text::code;
use crate::text::looks::{check, hostile, take_looked_at, words};
use crate::text::markdown::{Paper, markdown, text};
use crate::text::theme::{Colors, Theme};

fn themed(colors: Colors) -> Theme {
    code::load();
    Theme::new(colors)
}

fn streamed(pieces: &[&str], theme: &Theme, width: u16) -> (Vec<Line<'static>>, Vec<Line<'static>>) {
    let mut stream = Stream::new();
    let mut finished = Vec::new();
    for piece in pieces {
        stream.push(piece);
        finished.extend(stream.take_finished(theme, width));
    }
    (finished, stream.finish(theme, width))
}

#[test]
fn finished_blocks_are_given_out_once_and_the_rest_is_the_tail() {
    let theme = themed(Colors::None);
    let mut stream = Stream::new();
    stream.push("# One\n\nsome *wor");
    assert_eq!(words(&stream.take_finished(&theme, 40)), ["# One"]);
    assert_eq!(words(&stream.take_finished(&theme, 40)), Vec::<String>::new());
    assert_eq!(words(&stream.tail(&theme, 40)), ["", "some *wor"]);
    stream.push("ds*\n\nmore");
    assert_eq!(words(&stream.take_finished(&theme, 40)), ["", "some words"]);
    assert_eq!(words(&stream.finish(&theme, 40)), ["", "more"]);
    assert_eq!(words(&stream.tail(&theme, 40)), Vec::<String>::new());
}

#[test]
fn code_in_a_fence_is_given_out_line_by_line() {
    let theme = themed(Colors::Ansi);
    let mut stream = Stream::new();
    stream.push("```rust\nfn a() {\n    b");
    assert_eq!(words(&stream.take_finished(&theme, 40)), ["  fn a() {"]);
    assert_eq!(words(&stream.tail(&theme, 40)), ["      b"]);
    stream.push("()\n}\n```\n");
    assert_eq!(words(&stream.take_finished(&theme, 40)), ["      b()", "  }"]);
    assert_eq!(words(&stream.finish(&theme, 40)), Vec::<String>::new());
}

#[test]
fn an_escape_sequence_in_two_pieces_is_still_taken_out() {
    let theme = themed(Colors::None);
    let (finished, rest) = streamed(&["a\u{1b}[3", "1mb\n\nc\u{1b}]0;", "d\u{7}e"], &theme, 40);
    assert_eq!((words(&finished), words(&rest)), (vec!["ab".to_owned()], vec![String::new(), "ce".to_owned()]));
}

#[test]
fn the_tail_of_a_very_long_block_is_its_end() {
    let theme = themed(Colors::None);
    let mut stream = Stream::new();
    for number in 0..10_000 {
        stream.push(&format!("line {number}\n"));
    }
    stream.push("and the last");
    let tail = words(&stream.tail(&theme, 40));
    assert!(tail.len() < 2_000 && tail.first().is_some_and(|line| line.starts_with("line ")));
    assert_eq!(tail.last().map(String::as_str), Some("and the last"));
}

/// How often each byte of a text is gone through, when it comes in pieces of four bytes and each is followed by a look at what is
/// finished.
fn looks_at_each_byte(text: &str) -> usize {
    let theme = themed(Colors::None);
    take_looked_at();
    let mut stream = Stream::new();
    for piece in text.as_bytes().chunks(4) {
        stream.push(std::str::from_utf8(piece).unwrap());
        stream.take_finished(&theme, 80);
    }
    stream.finish(&theme, 80);
    take_looked_at().div_ceil(text.len())
}

#[test]
fn two_megabytes_in_small_pieces_are_gone_through_a_few_times_and_no_more() {
    let code = format!("    let line = of_code(with, some, words, and_nothing_else);{}\n", " ".repeat(400));
    let part = format!("```\n{}```\n\nSome words between them.\n", code.repeat(20));
    assert!(looks_at_each_byte(&part.repeat((2 << 20) / part.len())) <= 4);
}

#[test]
fn whatever_the_text_is_it_is_gone_through_a_few_times_and_no_more() {
    let kinds = [
        "word\n",
        "- item\n",
        "| a | b |\n",
        "\n",
        "> quoted\n",
        "no line break ",
        "    code\n\n",
        "- - - x\n",
        "[a]: b\n",
        "**",
    ];
    for kind in kinds {
        let looks = looks_at_each_byte(&kind.repeat((1 << 16) / kind.len()));
        assert!(looks <= 6, "{looks}: {kind:?}");
    }
}

#[test]
fn a_look_at_the_tail_costs_the_same_however_long_the_text_is() {
    let theme = themed(Colors::None);
    let mut stream = Stream::new();
    stream.push(&"no line break ".repeat(1 << 16));
    take_looked_at();
    stream.tail(&theme, 80);
    assert!(take_looked_at() <= 4 * super::TAIL);
}

/// Lines as models write them.
const LINES: &[&str] = &[
    "",
    "",
    "",
    "text",
    "more *words* here",
    "# heading",
    "## other",
    "- item",
    "* item",
    "+ item",
    "1. first",
    "2. second",
    "7) seventh",
    "> quoted",
    "> - in it",
    "```rust",
    "```",
    "~~~",
    "---",
    "***",
    "===",
    "- - -",
    "| a | b |",
    "|---|--:|",
    "| 1 | `2` |",
    "a | b",
    "[x](http://y)",
    "**bold",
    "over lines**",
    "\ttab",
    "let a = 1;",
    "- [x] done",
    "it was in\n1986. a year",
    "\\",
    "hard  ",
    "``` `",
    "-\ta",
    "- # h",
    "1. - a",
    "#",
    "#no",
];
/// And as they should not.
const ODD_LINES: &[&str] = &["-", "1.", ">", "- ```", "> ```", "<div>", "<!--", "-->", "[a]: b", "[a]"];

/// Whole blocks, as models write them.
const BLOCKS: &[&str] = &[
    "text\nmore *words*",
    "**bold\nover lines**",
    "# heading",
    "title\n===",
    "title\n---",
    "***",
    "- item\n- item two\n  - nested\n    more\n- three",
    "1. first\n\n   text\n2. second\n   ```rust\n   let a = 1;\n\n   - no item\n   ```",
    "3) third\nlazy words",
    "10. ten\n11. eleven\n    more",
    "* star\n+ plus\n\n\n+ plus",
    "- [x] done\n\n  - deep\n\n    deeper",
    "it was in\n1986. a year",
    "> quoted\nlazy\n>\n> - in it",
    "> [!NOTE]\n> ```\n> code\n> ```",
    "```rust\n# no heading\n\n- no item\n```",
    "~~~ text\n```\n~~~~",
    "| a | b |\n|---|--:|\n| 1 | `2` |",
    "    code\n\n    more",
];

fn blocks() -> impl Strategy<Value = String> {
    let block = (prop::sample::select(BLOCKS.to_vec()), prop::sample::select(vec!["\n", "\n\n", "\n\n\n"]));
    prop::collection::vec(block.prop_map(|(block, end)| format!("{block}{end}")), 0..8)
        .prop_map(|blocks| blocks.concat())
}

fn document(lines: Vec<&'static str>) -> impl Strategy<Value = String> {
    let indents = vec!["", "", "", "", " ", "  ", "   ", "    ", "      ", "        "];
    let line = (prop::sample::select(indents), prop::sample::select(lines))
        .prop_map(|(indent, line)| format!("{indent}{line}\n"));
    prop::collection::vec(line, 0..16).prop_map(|lines| lines.concat())
}

/// A text in pieces of so many characters.
fn pieces(text: &str, sizes: &[usize]) -> Vec<String> {
    let mut chars = text.chars().peekable();
    let mut pieces = Vec::new();
    let mut sizes = sizes.iter().cycle();
    while chars.peek().is_some() {
        let size = sizes.next().copied().unwrap_or(1).max(1);
        pieces.push(chars.by_ref().take(size).collect());
    }
    pieces
}

fn colors() -> impl Strategy<Value = Colors> {
    prop::sample::select(vec![Colors::None, Colors::Ansi, Colors::Rgb])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn in_any_pieces_it_is_what_the_whole_is(
        text in prop_oneof![document([LINES, ODD_LINES].concat()), hostile()],
        sizes in prop::collection::vec(1_usize..40, 1..8),
        width in 1_u16..90,
        colors in colors(),
    ) {
        let theme = themed(colors);
        let pieces = pieces(&text, &sizes);
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        let (mut lines, rest) = streamed(&pieces, &theme, width);
        lines.extend(rest);
        check(&lines, width);
        prop_assert_eq!(lines, markdown(&text, &theme, width));
    }

    #[test]
    fn what_has_come_and_its_tail_fit_and_are_harmless(text in hostile(), width in 1_u16..50) {
        let theme = themed(Colors::Ansi);
        let mut stream = Stream::new();
        for piece in pieces(&text, &[7]) {
            stream.push(&piece);
            check(&stream.take_finished(&theme, width), width);
            check(&stream.tail(&theme, width), width);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Blank lines apart: those are kept as they were written. And numbers, and their width: where lists meet that Markdown takes for
    /// one, the written numbers may be kept.
    #[test]
    fn block_by_block_it_is_what_markdown_makes_of_the_whole(document in blocks()) {
        let theme = themed(Colors::None);
        let filled = |lines: Vec<Line<'static>>| {
            let filled = words(&lines).into_iter().filter(|line| !line.trim_matches(['│', ' ']).is_empty());
            filled.map(|line| line.trim_start().replace(|c: char| c.is_ascii_digit(), "")).collect::<Vec<_>>()
        };
        let by_block = filled(markdown(&document, &theme, 60));
        prop_assert_eq!(by_block, filled(text(&document, None, Paper { theme: &theme, width: 60 })), "{}", document);
    }
}
