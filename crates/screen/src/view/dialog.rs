//! Questions, in the place of the input box. What is to be allowed is shown whole: it scrolls, and says how much there is.

use std::sync::{Arc, PoisonError};

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::line::{count, fill, indented, last_part};
use super::put;
use crate::app::App;
use crate::app::questions::{Button, Standing};
use crate::feed::Asked;
use crate::text::{self, Theme};
use crate::text::{clip, measure, plain};

/// Most rows of a choice's list that are asked for.
const MOST_CHOICES: usize = 10;
/// Rows without which a question cannot be answered: its title, one of what is asked, the keys.
pub(super) const LEAST: u16 = 3;
/// Most rows of the reason for asking: what is asked stands before it, and must not be pushed out of sight.
const MOST_WHY: usize = 3;

/// Where there is no room to show what would be allowed.
const TOO_SMALL: &str = "n no; a larger window for a yes";

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
    let allows = matches!(first.ask.asked, Asked::Approval { .. } | Asked::Confirm { .. });
    if area.height < LEAST {
        if allows {
            app.questions.first_mut()?.fits = false;
            let line = Line::styled(fill(TOO_SMALL, usize::from(keys.width)), theme.warn());
            put(buffer, keys, 0, &line);
        }
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
    let title = clip(&format!("── {title} "), width);
    let rest = "─".repeat(width.saturating_sub(measure(&title)));
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
        Asked::Approval { tool, what, why, .. } => approval(standing, (tool, what), why, theme, width),
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

/// What a yes allows comes first, whole; then why it is asked, which whoever asks can make long.
fn approval(
    standing: &Standing,
    (tool, what): (&str, &str),
    why: &str,
    theme: &Theme,
    width: u16,
) -> Vec<Line<'static>> {
    let visible = redact::visible(what);
    let mut all = if drawn_as_diff(tool, what).is_some() {
        text::diff(&visible.text, theme, width)
    } else {
        let lines = visible.text.lines().map(|line| Line::styled(line.to_owned(), theme.strong())).collect();
        let lines = text::wrap(lines, width.saturating_sub(2), 0);
        lines.into_iter().map(|line| indented(line, "  ", Style::new())).collect()
    };
    all.extend(text::wrap(vec![Line::styled(format!("({})", visible.summary()), theme.dim())], width, 1));
    let mut reason = shown(&format!("why: {why}"), Style::new(), width);
    if reason.len() > MOST_WHY {
        let more = reason.split_off(MOST_WHY - 1).len();
        reason.extend(shown(&format!("({} more of why)", count(more, "row", "rows")), theme.dim(), width));
    }
    all.extend(reason);
    if let Some(covers) = standing.always() {
        all.extend(shown(&format!("always covers: {covers}"), theme.dim(), width));
    }
    all
}

/// What a change comes to where it is drawn as a diff: of the tools that change files only, and where nothing is left out by it. A
/// command is shown as it is, whatever it looks like.
pub(crate) fn drawn_as_diff(tool: &str, what: &str) -> Option<text::Change> {
    let changes = matches!(tool, "edit" | "write") && !redact::visible(what).is_deceptive();
    changes.then(|| text::change(what)).flatten()
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
    first.read |= from == last;
    for (at, line) in all.iter().skip(from).take(room).enumerate() {
        put(buffer, area, at as u16, line);
    }
    if last > 0 {
        how_far(from, room, all.len(), &theme, area, buffer);
    }
    if let Some(reason) = &first.reason {
        return Some(reason_line(reason, &theme, keys, buffer));
    }
    let (line, fits) = buttons(first, &theme, keys.width, armed);
    first.fits = fits;
    put(buffer, keys, 0, &line);
    None
}

/// Says on the rule above what part of a text is in sight, and how to see the rest.
fn how_far(from: usize, room: usize, all: usize, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let to = (from + room).min(all);
    let long = format!(" lines {}-{to} of {all} · PgUp, PgDn ", from + 1);
    let said = if measure(&long) * 2 > usize::from(area.width) { format!(" {to} of {all}, PgDn ") } else { long };
    let wide = measure(&said) as u16;
    let x = area.right().saturating_sub(wide).max(area.x);
    let above = Rect { x, y: area.y.saturating_sub(1), height: 1, width: wide.min(area.width) };
    put(buffer, above, 0, &Line::styled(said, theme.warn()));
}

fn reason_line(reason: &str, theme: &Theme, keys: Rect, buffer: &mut Buffer) -> Position {
    let label = if keys.width < 50 { "no, because: " } else { "no, because (Enter sends, Esc goes back): " };
    let room = usize::from(keys.width).saturating_sub(measure(label) + 1);
    let said = plain(reason);
    // The end of what is typed is what is looked at.
    let mut tail = said.as_str();
    while measure(tail) > room {
        let mut rest = tail.chars();
        rest.next();
        tail = rest.as_str();
    }
    let x = keys.x + (measure(label) + measure(tail)) as u16;
    let line = Line::from(vec![Span::styled(label, theme.warn()), Span::raw(tail.to_owned())]);
    put(buffer, keys, 0, &line);
    Position { x: x.min(keys.right().saturating_sub(1)), y: keys.y }
}

/// The answers, in as many words as there is room for, and whether all of them are in sight. A yes that is not taken yet is dim, and what
/// it waits for is said.
fn buttons(standing: &Standing, theme: &Theme, width: u16, armed: bool) -> (Line<'static>, bool) {
    let confirm = matches!(standing.ask.asked, Asked::Confirm { .. });
    let word = |button: Button, size: usize| match (button, size) {
        (Button::Once, 0) => "y",
        (Button::Always, 0) => "a",
        (Button::No, 0) => "n",
        (Button::Reason, 0) => "e",
        (Button::Once, _) if confirm => "y yes",
        (Button::Once, 2) => "y yes, once",
        (Button::Once, _) => "y once",
        (Button::Always, _) => "a always",
        (Button::No, _) => "n no",
        (Button::Reason, 2) => "e no, with a reason",
        (Button::Reason, _) => "e reason",
    };
    let buttons = standing.buttons();
    // The last blank of a row is not needed.
    let whole = |size| buttons.iter().map(|button| measure(word(*button, size)) + 2 + size.min(1)).sum::<usize>();
    let Some(size) = (0..3).rev().find(|size| whole(*size) <= usize::from(width) + 1) else {
        return (Line::styled(clip(TOO_SMALL, usize::from(width)), theme.warn()), false);
    };
    let mut spans = Vec::new();
    for (at, button) in buttons.iter().enumerate() {
        let waits = !standing.read && matches!(button, Button::Once | Button::Always);
        let (sign, style) = match (at == standing.chosen, waits) {
            (true, _) => (">", theme.selected()),
            (false, true) => (" ", theme.dim()),
            (false, false) => (" ", Style::new()),
        };
        spans.push(Span::styled(format!("{sign}{} ", word(*button, size)), style));
        spans.extend((size > 0).then(|| Span::raw(" ")));
    }
    let room = (usize::from(width) + 1).saturating_sub(whole(size));
    let waits = ["PgDn to the end first", "PgDn first"].into_iter().find(|words| measure(words) <= room);
    if !standing.read {
        spans.extend(waits.map(|words| Span::styled(words, theme.warn())));
    } else if !armed {
        spans.push(Span::styled("...", theme.dim()));
    }
    (Line::from(spans), true)
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
    put(buffer, keys, 0, &Line::styled(clip(says, usize::from(keys.width)), theme.dim()));
    app.answer.cursor(box_area)
}

fn choice(app: &mut App, area: Rect, keys: Rect, buffer: &mut Buffer) -> Option<Position> {
    let theme = app.theme;
    let first = app.questions.first()?;
    let offered = first.offered();
    let width = usize::from(area.width);
    let filter = clip(&format!("find: {}", plain(&first.filter)), width.saturating_sub(1));
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
        let line = Line::styled(clip(&format!("{sign}{}{about}", plain(&one.insert)), width), style);
        put(buffer, area, (at - from + 1) as u16, &line);
    }
    let says = format!("{} of them · Enter takes · typing finds · Esc none", offered.len());
    put(buffer, keys, 0, &Line::styled(clip(&says, width), theme.dim()));
    let x = area.x + measure(&filter) as u16;
    Some(Position { x: x.min(area.right().saturating_sub(1)), y: area.y })
}
