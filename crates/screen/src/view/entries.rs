//! What happened, as lines: folded for the history, whole for the viewer.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::line::{dollars, indented, time};
use crate::app::entry::{Body, Entry, Folded, Tone, Typing, Written};
use crate::text::{self, Theme};
use crate::text::{clip, plain};

/// A call that took longer than this says so, in milliseconds.
const SLOW_MS: u64 = 1_000;
/// Below this width no column is given away.
const NARROW: u16 = 12;
/// How far text under a heading is moved in.
const INDENT: &str = "  ";

/// Lines of an entry.
pub(crate) struct Drawn {
    pub(crate) lines: Vec<Line<'static>>,
    /// There is more than these lines.
    pub(crate) left_out: bool,
}

/// As it stands in the history.
pub(crate) fn closed(entry: &Entry, theme: &Theme, width: u16) -> Drawn {
    match &entry.body {
        Body::Folded(folded) => folded_lines(folded, entry.number, theme, width),
        body => Drawn { lines: unfolded(body, theme, width), left_out: false },
    }
}

/// All of it.
pub(crate) fn open(entry: &Entry, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let Body::Folded(folded) = &entry.body else { return unfolded(&entry.body, theme, width) };
    let number = entry.number.map_or(String::new(), |number| format!("[{number}] "));
    let heading = folded.heading.as_deref().unwrap_or(&folded.title);
    let mut lines = note(&format!("{number}{heading}"), theme.strong(), width, 4);
    lines.extend(written(folded, theme, width));
    lines
}

/// As a line of the list of all that can be opened.
pub(crate) fn listed(entry: &Entry, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let Body::Folded(folded) = &entry.body else { return closed(entry, theme, width).lines };
    let number = entry.number.map_or(String::new(), |number| format!("[{number}] "));
    let lines = folded.text.lines().count();
    let size = format!("  {}", super::line::count(lines, "line", "lines"));
    let room = usize::from(width).saturating_sub(text::measure(&size));
    let title = folded.heading.as_deref().unwrap_or(&folded.title);
    let said = clip(&plain(&format!("{number}{title}")), room);
    vec![Line::from(vec![Span::raw(said), Span::styled(size, theme.dim())])]
}

fn unfolded(body: &Body, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    match body {
        Body::Typed { typing, text } => typed(*typing, text, theme, width),
        Body::Words(text) => text::markdown(text, theme, width),
        Body::Note { tone, text } => note(text, style(*tone, theme), width, 2),
        Body::Done { agent, what, failed, ms } => {
            let mut spans = vec![
                Span::styled("* ", if failed.is_some() { theme.error() } else { theme.dim() }),
                Span::styled(plain(agent.as_str()), theme.strong()),
                Span::raw(format!("  {what}")),
            ];
            if let Some(why) = failed {
                let why = if why.is_empty() { String::new() } else { format!(": {why}") };
                spans.push(Span::styled(format!("  failed{why}"), theme.error()));
            }
            if *ms > SLOW_MS {
                spans.push(Span::styled(format!("  {}", time(*ms)), theme.dim()));
            }
            text::wrap(vec![Line::from(spans)], width, 4)
        }
        Body::Failure { message, hint } => {
            let mut lines = note(&format!("error: {message}"), theme.error(), width, 2);
            if !hint.is_empty() {
                lines.extend(note(&format!("{INDENT}{hint}"), Style::new(), width, 2));
            }
            lines
        }
        Body::TurnEnd { how, ms, usd } => {
            let cost = usd.map_or_else(|| dollars(None), |usd| usd.to_string());
            let style = match how.as_str() {
                "verified" => theme.good(),
                "answered" => theme.dim(),
                _ => theme.warn(),
            };
            let rest = format!(" · {} · {cost}", time(*ms));
            let line = Line::from(vec![
                Span::styled("-- ", theme.dim()),
                Span::styled(how.clone(), style),
                Span::styled(rest, theme.dim()),
            ]);
            text::wrap(vec![line], width, 3)
        }
        Body::Folded(_) => Vec::new(),
    }
}

/// What a person typed: marked, and as it was typed.
fn typed(typing: Typing, text: &str, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let text = redact::inert(text);
    let (sign, said) = match typing {
        Typing::Prompt | Typing::Command => ("> ", text.as_ref()),
        Typing::Shell => ("! ", text.as_ref()),
        Typing::Steer => ("you (next step): ", text.as_ref()),
    };
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (at, line) in said.trim_end().lines().enumerate() {
        let before = if at == 0 { sign } else { INDENT };
        lines.push(Line::from(vec![
            Span::styled(before, theme.accent()),
            Span::styled(line.to_owned(), theme.strong()),
        ]));
    }
    text::wrap(lines, width, 2)
}

fn note(text: &str, style: Style, width: u16, indent: u16) -> Vec<Line<'static>> {
    let lines = redact::inert(text).lines().map(|line| Line::styled(line.to_owned(), style)).collect();
    text::wrap(lines, width, indent)
}

fn style(tone: Tone, theme: &Theme) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Dim => theme.dim(),
        Tone::Good => theme.good(),
        Tone::Warn => theme.warn(),
        Tone::Bad => theme.error(),
    }
}

/// The text of a folded thing, whole.
fn written(folded: &Folded, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    match folded.written {
        Written::Markdown => text::markdown(&folded.text, theme, width),
        Written::Diff => text::diff(&folded.text, theme, width),
        Written::Plain => {
            let style = if folded.asked_for { Style::new() } else { style(folded.tone, theme) };
            let inert = redact::inert(&folded.text);
            let lines = inert.trim_end().lines().map(|line| Line::styled(line.to_owned(), style)).collect();
            text::wrap(lines, width, 0)
        }
    }
}

fn folded_lines(folded: &Folded, number: Option<u32>, theme: &Theme, width: u16) -> Drawn {
    let mut lines = Vec::new();
    let reference = number.map_or(String::new(), |number| format!("[{number}]"));
    let style = style(folded.tone, theme);
    if folded.shown == 0 {
        let heading = folded.heading.as_deref().unwrap_or(&folded.title);
        let line = Line::from(vec![Span::raw(plain(heading)), Span::styled(format!("  {reference}"), theme.dim())]);
        return Drawn { lines: text::wrap(vec![line], width, 4), left_out: !folded.text.trim().is_empty() };
    }
    if let Some(heading) = &folded.heading {
        lines.extend(text::wrap(vec![Line::raw(plain(heading))], width, 4));
    }
    let as_it_is = folded.asked_for || folded.written == Written::Diff || width < NARROW;
    let moved_in = if as_it_is { "" } else { INDENT };
    let room = width.saturating_sub(moved_in.len() as u16);
    let mut is_cut = false;
    let (body, shown, all) = match folded.written {
        Written::Plain => {
            // Lines of the text count, whatever the width; a line that is very long shows its beginning.
            let wide = if folded.asked_for { text::WIDEST } else { (usize::from(room) * 2).min(text::WIDEST) };
            let parts = text::fold(folded.not_told(), folded.shown, wide);
            let all = parts.head.len() + parts.left_out + parts.tail.len();
            let draw = |part: &[String]| -> Vec<Line<'static>> {
                text::wrap(part.iter().map(|line| Line::styled(line.clone(), style)).collect(), room, 0)
            };
            is_cut = parts.is_cut;
            let shown = all - parts.left_out;
            (vec![draw(&parts.head), draw(&parts.tail)], shown, all)
        }
        Written::Markdown | Written::Diff => {
            let mut whole = written(folded, theme, room);
            let all = whole.len();
            // One line more costs no more than the line that says it is left out.
            if all > folded.shown + 1 {
                whole.truncate(folded.shown);
            }
            let shown = whole.len();
            (vec![whole, Vec::new()], shown, all)
        }
    };
    let mut body = body.into_iter();
    let (head, tail) = (body.next().unwrap_or_default(), body.next().unwrap_or_default());
    let put = |line| if moved_in.is_empty() { line } else { indented(line, moved_in, Style::new()) };
    lines.extend(head.into_iter().map(put));
    if shown < all || is_cut {
        let what = match (shown < all, shown) {
            (true, _) => format!("{shown} of {all} lines"),
            (false, 1) => "a part of a long line".to_owned(),
            (false, _) => "long lines are cut".to_owned(),
        };
        let said = format!("{INDENT}{what} · Ctrl-O opens {reference}");
        lines.push(Line::styled(clip(&said, usize::from(width)), theme.accent()));
    }
    lines.extend(tail.into_iter().map(put));
    Drawn { lines, left_out: shown < all || is_cut }
}
