//! Questions, in the place of the input box. What is to be allowed is shown whole: it scrolls, and says how much there is.

use std::sync::{Arc, PoisonError};

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::line::{columns, cut, last_part, plain};
use super::put;
use crate::app::App;
use crate::app::questions::{Button, Standing};
use crate::feed::Asked;
use crate::text::{self, Theme};

/// Most rows of a choice's list that are asked for.
const MOST_CHOICES: usize = 10;

/// Rows that a question wants of `most`, its rule and its keys included.
pub(crate) fn rows(app: &App, standing: &Standing, width: u16, most: u16) -> u16 {
    let inside = match &standing.ask.asked {
        Asked::Words { .. } => {
            let question = body(standing, &app.theme, width).len();
            question + usize::from(app.answer.height(width, most / 2))
        }
        // The filter's line and the list.
        Asked::Choice { .. } => 1 + standing.offered().len().clamp(1, MOST_CHOICES),
        Asked::Approval { .. } | Asked::Confirm { .. } => body(standing, &app.theme, width).len(),
    };
    u16::try_from(inside + 2).unwrap_or(u16::MAX).min(most).max(most.min(4))
}

/// Draws the first question; where the cursor stands.
pub(crate) fn draw(app: &mut App, area: Rect, buffer: &mut Buffer, now_ms: u64) -> Option<Position> {
    let waiting = app.questions.len().saturating_sub(1);
    let theme = app.theme;
    let first = app.questions.first()?;
    let (title, armed) = (title(standing_title(first, area.width), waiting), first.is_armed(now_ms));
    rule(&title, &theme, area, buffer);
    let inside = Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area };
    let keys = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
    if area.height < 3 {
        return None;
    }
    match &first.ask.asked {
        Asked::Words { .. } => words(app, inside, keys, buffer),
        Asked::Choice { .. } => choice(app, inside, keys, buffer),
        Asked::Approval { .. } | Asked::Confirm { .. } => scrolled(app, inside, keys, armed, buffer),
    }
}

fn standing_title(standing: &Standing, width: u16) -> String {
    match &standing.ask.asked {
        // Where it is narrow, how far one has read stands on the same line.
        Asked::Approval { agent, tool, .. } if width < 60 => format!("{}: {tool}", last_part(agent.as_str())),
        Asked::Approval { agent, tool, .. } => format!("{} wants to use {tool}", agent.as_str()),
        Asked::Words { agent, .. } => format!("{} asks", agent.as_str()),
        Asked::Confirm { title, .. } | Asked::Choice { title, .. } => title.clone(),
    }
}

fn title(of: String, waiting: usize) -> String {
    let more = if waiting > 0 { format!(" (+{waiting} more)") } else { String::new() };
    format!("{}{more}", redact::visible(&of).text.replace(['\n', '\t'], " "))
}

fn rule(title: &str, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let width = usize::from(area.width);
    let title = cut(&format!("── {title} "), width);
    let rest = "─".repeat(width.saturating_sub(columns(&title)));
    let line = Line::from(vec![Span::styled(title, theme.warn()), Span::styled(rest, theme.border())]);
    put(buffer, area, 0, &line);
}

/// The words of a question, drawn once for a width.
fn body(standing: &Standing, theme: &Theme, width: u16) -> Arc<Vec<Line<'static>>> {
    let mut kept = standing.drawn.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, lines)) = kept.as_ref().filter(|(of, _)| *of == width) {
        return lines.clone();
    }
    let lines = Arc::new(lines(standing, theme, width));
    *kept = Some((width, lines.clone()));
    lines
}

fn lines(standing: &Standing, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    match &standing.ask.asked {
        Asked::Approval { what, why, .. } => approval(standing, what, why, theme, width),
        Asked::Words { question, .. } => shown(question, Style::new(), width),
        Asked::Confirm { text, .. } => shown(text, Style::new(), width),
        Asked::Choice { .. } => Vec::new(),
    }
}

/// Untrusted words, nothing hidden.
fn shown(words: &str, style: Style, width: u16) -> Vec<Line<'static>> {
    let visible = redact::visible(words).text;
    text::wrap(visible.lines().map(|line| Line::styled(line.to_owned(), style)).collect(), width, 0)
}

fn approval(standing: &Standing, what: &str, why: &str, theme: &Theme, width: u16) -> Vec<Line<'static>> {
    let mut all = shown(&format!("why: {why}"), Style::new(), width);
    if let Some(covers) = standing.always() {
        all.extend(shown(&format!("always covers: {covers}"), theme.dim(), width));
    }
    let visible = redact::visible(what);
    let diff = (is_diff(what) && !visible.is_deceptive()).then(|| text::diff(&visible.text, theme, width));
    match diff {
        Some(lines) => all.extend(lines),
        None => {
            let lines = visible.text.lines().map(|line| Line::styled(line.to_owned(), theme.strong())).collect();
            let room = width.saturating_sub(2);
            all.extend(
                text::wrap(lines, room, 0).into_iter().map(|line| super::line::indented(line, "  ", Style::new())),
            );
        }
    }
    all.extend(text::wrap(vec![Line::styled(format!("({})", visible.summary()), theme.dim())], width, 1));
    all
}

/// Whether a text is a unified diff and nothing else, so that drawing it as one leaves nothing out.
fn is_diff(what: &str) -> bool {
    let mut lines = what.lines();
    let heads = matches!((lines.next(), lines.next(), lines.next()), (Some(from), Some(to), Some(hunk))
        if from.starts_with("--- ") && to.starts_with("+++ ") && hunk.starts_with("@@ "));
    heads && what.lines().all(|line| line.is_empty() || line.starts_with([' ', '+', '-', '@', '\\']))
}

/// A text that scrolls, and the buttons.
fn scrolled(app: &mut App, area: Rect, keys: Rect, armed: bool, buffer: &mut Buffer) -> Option<Position> {
    let theme = app.theme;
    let first = app.questions.first_mut()?;
    let all = body(first, &theme, area.width);
    let room = usize::from(area.height);
    let last = all.len().saturating_sub(room);
    first.scroll = first.scroll.min(last);
    let from = first.scroll;
    for (at, line) in all.iter().skip(from).take(room).enumerate() {
        put(buffer, area, at as u16, line);
    }
    if last > 0 {
        how_far(from, room, all.len(), &theme, area, buffer);
    }
    if let Some(reason) = &first.reason {
        return Some(reason_line(reason, &theme, keys, buffer));
    }
    put(buffer, keys, 0, &buttons(first, &theme, keys.width, armed));
    None
}

/// Says on the rule above what part of a text is in sight, and how to see the rest.
fn how_far(from: usize, room: usize, all: usize, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let to = (from + room).min(all);
    let long = format!(" lines {}-{to} of {all} · PgUp, PgDn ", from + 1);
    let said = if columns(&long) * 2 > usize::from(area.width) { format!(" {to} of {all}, PgDn ") } else { long };
    let wide = columns(&said) as u16;
    let x = area.right().saturating_sub(wide).max(area.x);
    let above = Rect { x, y: area.y.saturating_sub(1), height: 1, width: wide.min(area.width) };
    put(buffer, above, 0, &Line::styled(said, theme.warn()));
}

fn reason_line(reason: &str, theme: &Theme, keys: Rect, buffer: &mut Buffer) -> Position {
    let label = if keys.width < 50 { "no, because: " } else { "no, because (Enter sends, Esc goes back): " };
    let room = usize::from(keys.width).saturating_sub(columns(label) + 1);
    let said = plain(reason);
    // The end of what is typed is what is looked at.
    let mut tail = said.as_str();
    while columns(tail) > room {
        let mut rest = tail.chars();
        rest.next();
        tail = rest.as_str();
    }
    let x = keys.x + (columns(label) + columns(tail)) as u16;
    let line = Line::from(vec![Span::styled(label, theme.warn()), Span::raw(tail.to_owned())]);
    put(buffer, keys, 0, &line);
    Position { x: x.min(keys.right().saturating_sub(1)), y: keys.y }
}

fn buttons(standing: &Standing, theme: &Theme, width: u16, armed: bool) -> Line<'static> {
    let confirm = matches!(standing.ask.asked, Asked::Confirm { .. });
    let word = |button: Button, long: bool| match (button, long) {
        (Button::Once, _) if confirm => "y yes",
        (Button::Once, true) => "y yes, once",
        (Button::Once, false) => "y once",
        (Button::Always, _) => "a always",
        (Button::No, _) => "n no",
        (Button::Reason, true) => "e no, with a reason",
        (Button::Reason, false) => "e reason",
    };
    let buttons = standing.buttons();
    let whole = |long| buttons.iter().map(|button| columns(word(*button, long)) + 4).sum::<usize>();
    let long = whole(true) <= usize::from(width);
    let mut spans = Vec::new();
    for (at, button) in buttons.iter().enumerate() {
        let chosen = at == standing.chosen;
        let (sign, style) = if chosen { (">", theme.selected()) } else { (" ", Style::new()) };
        spans.push(Span::styled(format!("{sign}{} ", word(*button, long)), style));
        spans.push(Span::raw(" "));
    }
    if !armed {
        spans.push(Span::styled("...", theme.dim()));
    }
    Line::from(spans)
}

fn words(app: &mut App, area: Rect, keys: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = app.theme;
    let first = app.questions.first_mut()?;
    let question = body(first, &theme, area.width);
    let room = app.answer.height(area.width, area.height).min(area.height.saturating_sub(1)).max(1);
    let above = usize::from(area.height - room.min(area.height));
    first.scroll = first.scroll.min(question.len().saturating_sub(above));
    for (at, line) in question.iter().skip(first.scroll).take(above).enumerate() {
        put(buffer, area, at as u16, line);
    }
    if question.len() > above {
        how_far(first.scroll, above, question.len(), &theme, area, buffer);
    }
    let box_area = Rect { y: area.bottom().saturating_sub(room), height: room, ..area };
    app.answer.draw(box_area, buffer, &theme);
    let says =
        if keys.width < 60 { "Enter answers · Esc none" } else { "Enter answers · Ctrl-J new line · Esc no answer" };
    put(buffer, keys, 0, &Line::styled(cut(says, usize::from(keys.width)), theme.dim()));
    app.answer.cursor(box_area)
}

fn choice(app: &mut App, area: Rect, keys: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = app.theme;
    let first = app.questions.first()?;
    let offered = first.offered();
    let width = usize::from(area.width);
    let filter = cut(&format!("find: {}", plain(&first.filter)), width.saturating_sub(1));
    put(buffer, area, 0, &Line::raw(filter.clone()));
    let room = usize::from(area.height.saturating_sub(1));
    let from = (first.chosen + 1).saturating_sub(room);
    if offered.is_empty() {
        put(buffer, area, 1, &Line::styled("  nothing fits", theme.dim()));
    }
    for (at, one) in offered.iter().enumerate().skip(from).take(room) {
        let chosen = at == first.chosen;
        let (sign, style) = if chosen { ("> ", theme.selected()) } else { ("  ", Style::new()) };
        let about = if one.about.is_empty() { String::new() } else { format!("  {}", plain(&one.about)) };
        let line = Line::styled(cut(&format!("{sign}{}{about}", plain(&one.insert)), width), style);
        put(buffer, area, (at - from + 1) as u16, &line);
    }
    let says = format!("{} of them · Enter takes · typing finds · Esc none", offered.len());
    put(buffer, keys, 0, &Line::styled(cut(&says, width), theme.dim()));
    let x = area.x + columns(&filter) as u16;
    Some(Position { x: x.min(area.right().saturating_sub(1)), y: area.y })
}
