use std::num::NonZeroU16;

use proptest::prelude::*;
use ratatui::style::{Style, Stylize as _};

use super::*;
use crate::terminal::virtual_terminal::reflow;

/// A terminal with the viewport of `height` rows on it. Lines are `L 0`, `L 1`, ...; the viewport's rows `V 0 ..`, with the number of
/// the frame, the first one going on to the last column.
struct Screen {
    terminal: vt100::Parser,
    inline: Inline,
    /// What the program knows.
    size: (u16, u16),
    printed: usize,
    shell: usize,
    height: u16,
    frames: usize,
    parked: bool,
}

impl Screen {
    /// With lines of a shell above, so that the viewport begins on row `shell`.
    fn new(cols: u16, rows: u16, shell: u16) -> Self {
        let mut terminal = vt100::Parser::new(some(rows), some(cols), 5_000);
        for line in 0..shell {
            terminal.process(format!("$ {line}\r\n").as_bytes());
        }
        let size = (cols, rows);
        Self {
            terminal,
            inline: Inline::new(),
            size,
            printed: 0,
            shell: shell.into(),
            height: 3,
            frames: 0,
            parked: false,
        }
    }

    fn print(&mut self, count: usize) {
        let lines = (self.printed..self.printed + count).map(|line| Line::from(format!("L {line}"))).collect();
        self.printed += count;
        self.frame(lines);
    }

    fn frame(&mut self, lines: Vec<Line<'static>>) -> usize {
        self.frames += 1;
        let height = self.height.min(self.size.1);
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.size.0, height));
        for row in 0..height {
            buffer.set_string(0, row, format!("V {row} {}", self.frames), Style::new());
        }
        let mut out = Vec::new();
        let at = Position { x: 4, y: height.saturating_sub(2) };
        self.inline.frame(&lines, self.size.0, buffer, Some(at), self.parked, &mut out);
        self.terminal.process(&out);
        out.len()
    }

    fn resize(&mut self, cols: u16, rows: u16) {
        reflow::resize(&mut self.terminal, cols, rows);
    }

    /// The program hears of the size.
    fn settle(&mut self) {
        let (rows, cols) = self.terminal.screen().size();
        self.size = (cols.get(), rows.get());
        if !self.inline.is_parked() {
            let rows = self.inline.above(cols.get());
            self.terminal.process(format!("\r{}", "\x1b[A".repeat(rows.into())).as_bytes());
            self.inline.was_parked();
        }
        self.inline.anew();
        self.frame(Vec::new());
    }

    fn visible(&self) -> Vec<String> {
        let cols = self.terminal.screen().size().1.get();
        self.terminal.screen().rows(0, cols).map(|row| row.trim_end().to_owned()).collect()
    }

    fn everything(&mut self) -> Vec<String> {
        let screen = self.terminal.screen_mut();
        let cols = screen.size().1.get();
        screen.set_scrollback(0);
        let mut lines = Vec::new();
        for offset in (1..=screen.scrollback_len()).rev() {
            screen.set_scrollback(offset);
            lines.extend(screen.rows(0, cols).next());
        }
        screen.set_scrollback(0);
        lines.extend(self.visible());
        lines.into_iter().map(|line| line.trim_end().to_owned()).collect()
    }

    /// What was printed, then the viewport as it is now, then nothing.
    fn is_whole(&mut self) -> Result<(), String> {
        let mut expected: Vec<_> = (0..self.shell).map(|line| format!("$ {line}")).collect();
        expected.extend((0..self.printed).map(|line| format!("L {line}")));
        let height = self.height.min(self.size.1);
        expected.extend((0..height).map(|row| format!("V {row} {}", self.frames)));
        let mut found = self.everything();
        while found.last().is_some_and(String::is_empty) {
            found.pop();
        }
        if found == expected { Ok(()) } else { Err(format!("{found:#?}\nis not\n{expected:#?}")) }
    }
}

fn some(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).unwrap()
}

#[test]
fn finished_lines_go_above_the_viewport_and_into_the_scrollback_once() {
    let mut screen = Screen::new(40, 10, 2);
    screen.print(0);
    screen.is_whole().unwrap();
    for count in [1, 3, 0, 5, 40, 1] {
        screen.print(count);
        screen.is_whole().unwrap();
    }
}

#[test]
fn a_viewport_that_grows_moves_what_is_above_it_and_one_that_shrinks_leaves_nothing_behind() {
    let mut screen = Screen::new(40, 12, 1);
    screen.print(6);
    for height in [5, 2, 8, 12, 1, 3, 20, 3] {
        screen.height = height;
        screen.print(0);
        screen.is_whole().unwrap();
        screen.print(1);
        screen.is_whole().unwrap();
    }
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    let mut inline = Inline::new();
    let mut out = Vec::new();
    let buffer = || {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 2));
        buffer.set_string(0, 0, "one", Style::new().bold());
        buffer
    };
    inline.frame(&[], 20, buffer(), Some(Position { x: 1, y: 1 }), false, &mut out);
    assert!(!out.is_empty());
    out.clear();
    inline.frame(&[], 20, buffer(), Some(Position { x: 1, y: 1 }), false, &mut out);
    assert_eq!(String::from_utf8_lossy(&out), "");
    inline.frame(&[], 20, buffer(), Some(Position { x: 2, y: 1 }), false, &mut out);
    assert_eq!(
        String::from_utf8_lossy(&out),
        "\x1b[?2026h\r\x1b[2C\x1b[?2026l",
        "the cursor moved, and only that is told"
    );
}

#[test]
fn a_key_costs_a_few_bytes_and_not_the_whole_viewport() {
    let mut inline = Inline::new();
    let frame = |inline: &mut Inline, text: &str| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 5));
        buffer.set_string(0, 0, "-".repeat(80), Style::new());
        buffer.set_string(0, 1, text, Style::new());
        let mut out = Vec::new();
        inline.frame(&[], 80, buffer, Some(Position { x: text.len() as u16, y: 1 }), false, &mut out);
        out.len()
    };
    assert!(frame(&mut inline, "hell") > 80);
    assert!(frame(&mut inline, "hello") < 60);
}

#[test]
fn taken_down_it_leaves_what_was_printed_and_the_cursor_behind_it() {
    let mut screen = Screen::new(40, 10, 2);
    screen.print(3);
    let mut out = Vec::new();
    screen.inline.take_down(&mut out);
    screen.terminal.process(&out);
    assert_eq!(screen.visible()[..6], ["$ 0", "$ 1", "L 0", "L 1", "L 2", ""]);
    assert_eq!(screen.terminal.screen().cursor_position(), (5, 0));
    assert!(!screen.terminal.screen().hide_cursor());
}

#[test]
fn lines_carry_their_style_and_no_blanks_and_end_plain() {
    let mut screen = Screen::new(20, 8, 0);
    let line = Line::from(vec!["red".red(), "   ".on_blue()]);
    screen.frame(vec![line, Line::from("x".repeat(20)), Line::from("y".repeat(25))]);
    assert_eq!(screen.visible()[..4], ["red", &"x".repeat(20), &"y".repeat(20), "yyyyy"]);
    let shown = screen.terminal.screen();
    assert_eq!(shown.cell(0, 0).unwrap().fgcolor(), vt100::Color::Idx(1));
    assert!(!shown.cell(0, 3).unwrap().has_contents(), "no blanks at its end");
    assert_eq!(shown.cell(1, 0).unwrap().fgcolor(), vt100::Color::Default);
    assert!(!shown.row_wrapped(1), "each line ends with a line feed of its own");
}

#[test]
fn a_smaller_screen_loses_no_line() {
    let mut screen = Screen::new(40, 20, 0);
    screen.print(50);
    for (cols, rows) in [(40, 10), (40, 20), (30, 6), (80, 40), (24, 4), (24, 90), (40, 20)] {
        screen.resize(cols, rows);
        screen.settle();
        screen.is_whole().unwrap();
        screen.print(1);
        screen.is_whole().unwrap();
    }
}

#[test]
fn a_viewport_whose_rows_were_wrapped_by_the_terminal_is_found_and_replaced() {
    for parked in [false, true] {
        let mut inline = Inline::new();
        let mut terminal = vt100::Parser::new(some(10), some(20), 100);
        terminal.process(b"$ 1\r\n$ 2\r\n$ agent\r\n");
        let frame = |inline: &mut Inline, width: u16, terminal: &mut vt100::Parser| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, width, 3));
            buffer.set_string(0, 0, "=".repeat(width.into()), Style::new());
            buffer.set_string(0, 1, "> hi", Style::new());
            buffer.set_string(0, 2, "status", Style::new());
            let mut out = Vec::new();
            inline.frame(&[], width, buffer, Some(Position { x: 4, y: 1 }), parked, &mut out);
            terminal.process(&out);
        };
        frame(&mut inline, 20, &mut terminal);
        reflow::resize(&mut terminal, 7, 10);
        assert!(terminal.screen().row_wrapped(1) && !terminal.screen().row_wrapped(3), "the rule takes three rows");
        if !parked {
            assert_eq!(inline.above(7), 3);
            terminal.process(b"\r\x1b[3A");
            inline.was_parked();
        }
        inline.anew();
        frame(&mut inline, 7, &mut terminal);
        let rows: Vec<_> = terminal.screen().rows(0, 7).map(|row| row.trim_end().to_owned()).collect();
        assert_eq!(rows[..4], ["$ agent", "=======", "> hi", "status"]);
        assert_eq!(rows[4..].concat(), "");
    }
}

#[test]
fn a_screen_is_never_cleared_as_a_whole() {
    let mut screen = Screen::new(40, 10, 0);
    let mut out = Vec::new();
    for parked in [true, false, true] {
        let buffer = Buffer::empty(Rect::new(0, 0, 40, 3));
        screen.inline.anew();
        screen.inline.frame(&[], 40, buffer, None, parked, &mut out);
    }
    screen.inline.take_down(&mut out);
    let written = String::from_utf8(out).unwrap();
    for (at, _) in written.match_indices("\x1b[J") {
        assert!(written[..at].ends_with("\x1b[C"), "from the first cell on: {written:?}");
    }
}

#[derive(Clone, Debug)]
enum Step {
    Print(usize),
    Height(u16),
    Resize(u16, u16),
    Settle,
    Park(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..12_usize).prop_map(Step::Print),
        (1..6_u16).prop_map(Step::Height),
        ((24..100_u16), (8..50_u16)).prop_map(|(cols, rows)| Step::Resize(cols, rows)),
        Just(Step::Settle),
        any::<bool>().prop_map(Step::Park),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// However often the size changes between two frames: the viewport is there once and whole, every line is there once and in order.
    #[test]
    fn a_storm_of_sizes_neither_doubles_nor_loses_anything(
        shell in 0..30_u16,
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let mut screen = Screen::new(60, 24, shell);
        screen.print(0);
        for step in steps {
            match step {
                // A program whose cursor is parked need not know of it.
                Step::Print(count) if screen.inline.is_parked() && screen.parked => screen.print(count),
                Step::Print(count) => { screen.settle(); screen.print(count); }
                Step::Height(height) => { screen.settle(); screen.height = height; screen.print(0); }
                Step::Park(parked) => { screen.settle(); screen.parked = parked; screen.print(0); }
                Step::Resize(cols, rows) => { screen.resize(cols, rows); continue; }
                Step::Settle => screen.settle(),
            }
            prop_assert_eq!(screen.is_whole(), Ok(()));
        }
    }
}
