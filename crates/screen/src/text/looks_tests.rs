//! What tests of text share: lines as plain text with marks for their styles, and text that means harm.

use std::cell::Cell;

use proptest::prelude::*;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;

use super::wrap::measure;

thread_local! {
    static LOOKED_AT: Cell<usize> = const { Cell::new(0) };
}

/// Some text is gone through, of so many bytes.
pub(crate) fn looked_at(bytes: usize) {
    LOOKED_AT.set(LOOKED_AT.get() + bytes);
}

/// How many bytes this thread has gone through since this was last asked.
pub(crate) fn take_looked_at() -> usize {
    LOOKED_AT.replace(0)
}

/// The words alone.
pub(crate) fn words(lines: &[Line<'static>]) -> Vec<String> {
    lines.iter().map(|line| line.spans.iter().map(|span| span.content.as_ref()).collect()).collect()
}

/// `‹bold cyan:words›` around what has a style; neighbours of one style are one.
pub(crate) fn looks(lines: &[Line<'static>]) -> String {
    let mut text = String::new();
    for line in lines {
        let mut parts: Vec<(Style, String)> = Vec::new();
        for span in &line.spans {
            let style = line.style.patch(span.style);
            match parts.last_mut() {
                Some((last, words)) if *last == style => words.push_str(&span.content),
                _ => parts.push((style, span.content.to_string())),
            }
        }
        for (style, words) in parts {
            let named = name(style);
            text.push_str(&if named.is_empty() { words } else { format!("‹{named}:{words}›") });
        }
        text.push('\n');
    }
    text
}

fn name(style: Style) -> String {
    let modifiers = [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::ITALIC, "italic"),
        (Modifier::UNDERLINED, "under"),
        (Modifier::REVERSED, "reversed"),
        (Modifier::CROSSED_OUT, "struck"),
    ];
    let color = |color: Color| match color {
        Color::Indexed(index) => index.to_string(),
        other => format!("{other:?}").to_lowercase(),
    };
    let mut named: Vec<String> = modifiers
        .iter()
        .filter(|(one, _)| style.add_modifier.contains(*one))
        .map(|(_, name)| (*name).to_owned())
        .collect();
    named.extend(style.fg.map(color));
    named.extend(style.bg.map(|background| format!("on-{}", color(background))));
    named.join(" ")
}

/// No line is too wide, and none does more to a terminal than to show characters.
pub(crate) fn check(lines: &[Line<'static>], width: u16) {
    let width = usize::from(width).max(2);
    for line in lines {
        for span in &line.spans {
            let bad =
                |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}');
            assert!(!span.content.contains(bad), "steers a terminal: {:?}", span.content);
        }
        let columns: usize = line.spans.iter().map(|span| measure(&span.content)).sum();
        assert!(columns <= width && line.width() <= width, "{columns} columns of {width}: {line:?}");
    }
}

/// Words, blanks, wide and joined characters, and everything that should not reach a terminal.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[a-z]{1,12}",
        4 => Just(" ".to_owned()),
        2 => Just("\n".to_owned()),
        1 => Just("\r\n".to_owned()),
        1 => Just("\t".to_owned()),
        1 => "[漢字かな한글]{1,6}",
        1 => Just("👩\u{200d}👩\u{200d}👧".to_owned()),
        1 => Just("e\u{301}\u{302}".to_owned()),
        1 => Just("❤\u{fe0f}ﾞ".to_owned()),
        1 => prop::sample::select(vec![
            "\u{1b}[31m", "\u{1b}]0;title\u{7}", "\u{1b}]52;c;aGk=\u{1b}\\", "\u{1b}", "\u{7}", "\r", "\u{9b}2J", "\u{202e}", "\u{200b}",
            "\u{8}", "&#27;[2J", "&#x9b;", "&#10;", "&#9;", "&#x202e;", "\u{2028}", "\0",
        ])
        .prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        3 => prop::sample::select(vec![
            "# ", "- ", "12. ", "  ", "    ", "> ", "```", "~~~", "|", "\n|-|-|\n", "---", "***", "**", "_", "`", "[", "](", ")", "<b>", "<!--",
            "[a]: b", "![", "~~", "- [x] ", "\n\n", "===", "@@ -1,2 +1,2 @@", "+", "-", "--- a/x", "+++ b/x", "diff --git a/x b/x", "\\",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}
