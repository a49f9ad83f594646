//! Words and columns that every part of the screen shares.

use protocol::Usd;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::text::{clip, measure, plain};

/// The first line of an untrusted text that says something.
pub(crate) fn first_line(text: &str) -> String {
    plain(text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim())
}

/// A text cut, or filled with blanks, to exactly so many columns.
pub(crate) fn fill(text: &str, to: usize) -> String {
    let mut kept = clip(text, to);
    kept.extend(std::iter::repeat_n(' ', to.saturating_sub(measure(&kept))));
    kept
}

/// `840 ms`, `3.2 s`, `42 s`, `1 m 12 s`, `2 h 05 m`.
pub(crate) fn time(ms: u64) -> String {
    let s = ms / 1_000;
    match s {
        0 => format!("{ms} ms"),
        1..=9 => format!("{s}.{} s", ms % 1_000 / 100),
        10..=59 => format!("{s} s"),
        60..=3_599 => format!("{} m {:02} s", s / 60, s % 60),
        _ => format!("{} h {:02} m", s / 3_600, s % 3_600 / 60),
    }
}

/// Time that goes on, in whole seconds: `0 s`, `1 m 12 s`.
pub(crate) fn running(ms: u64) -> String {
    match ms / 1_000 {
        s @ 0..=59 => format!("{s} s"),
        s @ 60..=3_599 => format!("{} m {:02} s", s / 60, s % 60),
        s => format!("{} h {:02} m", s / 3_600, s % 3_600 / 60),
    }
}

/// Time that goes on, where there is no room: `0:42`, `1:05`, `2h05`.
pub(crate) fn clock(ms: u64) -> String {
    match ms / 1_000 {
        s @ 0..=3_599 => format!("{}:{:02}", s / 60, s % 60),
        s => format!("{}h{:02}", s / 3_600, s % 3_600 / 60),
    }
}

/// `812`, `41k`, `1.2M`.
pub(crate) fn tokens(number: u64) -> String {
    match number {
        0..=999 => number.to_string(),
        1_000..=999_499 => format!("{}k", (number + 500) / 1_000),
        _ => format!("{:.1}M", number as f64 / 1e6),
    }
}

/// `3 steps`, `1 step`, `2 searches`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Dollars for a row that is short of room: `$0.12`, `<$0.01`; `$?` where a price is unknown.
pub(crate) fn dollars(usd: Option<Usd>) -> String {
    let Some(usd) = usd else { return "$?".to_owned() };
    match usd.dollars() {
        0.0 => "$0.00".to_owned(),
        some if some.abs() < 0.01 => "<$0.01".to_owned(),
        some => format!("${some:.2}"),
    }
}

/// The name of a model without its provider.
pub(crate) fn model(brain: &str) -> String {
    plain(brain.rsplit('/').next().unwrap_or(brain))
}

/// What stands last in `main/sidekick`.
pub(crate) fn last_part(agent: &str) -> &str {
    agent.rsplit('/').next().unwrap_or(agent)
}

/// A drawn line with something before it.
pub(crate) fn indented(line: Line<'static>, by: &str, style: Style) -> Line<'static> {
    let mut spans = vec![Span::styled(by.to_owned(), style)];
    let own = line.style;
    spans.extend(line.spans);
    Line { spans, style: own, alignment: None }
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
