//! The status line: what it costs, how much room is left, who thinks, what is allowed. What matters less goes first where it is narrow.

use protocol::Usd;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::line::{dollars, model, tokens};
use crate::app::App;
use crate::feed::{Mode, Status};
use crate::text::{clip, measure, plain};

const BETWEEN: &str = " · ";

/// Columns by which the line may grow while the time goes by (`9 s`, then `cold`).
const SLACK: usize = 2;

/// A part of the line.
struct Part {
    text: String,
    style: Style,
    /// The largest goes first.
    expendable: u8,
}

/// How many rows are wanted.
pub(crate) fn rows(app: &App, width: u16, most: u16) -> u16 {
    let Some((status, _)) = &app.status else { return 1 };
    if most < 12 {
        return 1;
    }
    // How long the cache lives is told in more columns or fewer as the time goes by: the number of rows is not to change for that.
    let (first, second) = parts(app, status, width, 0);
    let all: Vec<Part> = first.into_iter().chain(second).collect();
    if wide(&all) + SLACK > usize::from(width) { 2 } else { 1 }
}

/// The row that stands where commands run without a sandbox.
pub(crate) fn banner(app: &App, width: u16) -> Option<Line<'static>> {
    let words = app.status.as_ref().and_then(|(status, _)| status.unguarded.as_ref())?;
    let words = plain(words);
    // Words that call themselves something need no other name.
    let label = words.split_once(": ").is_some_and(|(label, _)| label.chars().all(|c| c.is_ascii_uppercase()));
    let said = if label { format!(" {words} ") } else { format!(" UNSANDBOXED: {words} ") };
    Some(Line::styled(clip(&said, usize::from(width)), app.theme.error().patch(app.theme.selected())))
}

/// The rows.
pub(crate) fn draw(app: &App, width: u16, rows: u16, now_ms: u64) -> Vec<Line<'static>> {
    let columns = width;
    let width = usize::from(width);
    let mut lines = match &app.status {
        None => vec![Line::styled(clip("? shows the keys", width), app.theme.dim())],
        Some((status, _)) => {
            let (first, second) = parts(app, status, columns, now_ms);
            if rows >= 2 {
                vec![fit(first, width), fit(second, width)]
            } else {
                vec![fit(first.into_iter().chain(second).collect(), width)]
            }
        }
    };
    if let (Some((hint, _)), Some(first)) = (&app.hint, lines.first_mut()) {
        *first = Line::styled(clip(hint, width), app.theme.warn());
    }
    lines
}

fn wide(parts: &[Part]) -> usize {
    parts.iter().map(|part| measure(&part.text)).sum::<usize>() + parts.len().saturating_sub(1) * measure(BETWEEN)
}

/// Drops what matters least until the rest fits.
fn fit(mut parts: Vec<Part>, width: usize) -> Line<'static> {
    while wide(&parts) > width && parts.len() > 1 {
        let least = parts.iter().enumerate().max_by_key(|(at, part)| (part.expendable, *at)).map(|(at, _)| at);
        let Some(least) = least else { break };
        parts.remove(least);
    }
    let mut spans = Vec::new();
    for (at, part) in parts.into_iter().enumerate() {
        if at > 0 {
            spans.push(Span::raw(BETWEEN));
        }
        spans.push(Span::styled(clip(&part.text, width), part.style));
    }
    Line::from(spans)
}

fn parts(app: &App, status: &Status, width: u16, now_ms: u64) -> (Vec<Part>, Vec<Part>) {
    let dim = app.theme.dim();
    let part = |text: String, style: Style, expendable: u8| Part { text, style, expendable };
    let mut first = vec![match status.mode {
        Mode::Ask => part("ask".to_owned(), dim, 6),
        Mode::Auto => part("auto".to_owned(), app.theme.warn(), 1),
        Mode::Plan if width < 60 => part("PLAN".to_owned(), app.theme.accent(), 0),
        Mode::Plan => part("PLAN: reads only".to_owned(), app.theme.accent(), 0),
    }];
    if app.queued > 0 {
        first.push(part(format!("queued {}", app.queued), app.theme.accent(), 1));
    }
    if app.questions.len() > 1 {
        first.push(part(format!("{} questions", app.questions.len()), app.theme.warn(), 1));
    }
    // Nothing was spent before anything was asked, whatever the prices are.
    let nothing = (!app.asked).then_some(Usd::ZERO);
    first.push(part(dollars(status.usd.or(nothing)), Style::new(), 1));
    let seen = app.turn.as_ref().and_then(|turn| turn.usd);
    if status.usd_turn.is_some() || app.turn.is_some() {
        first.push(part(format!("turn {}", dollars(status.usd_turn.or(seen).or(nothing))), dim, 7));
    }
    if let Some(saved) = status.saved.filter(|saved| saved.is_finite()) {
        let share = (saved.abs() * 100.0).round();
        let (word, style) = if saved < 0.0 { ("over", app.theme.warn()) } else { ("saved", app.theme.good()) };
        first.push(part(format!("{word} {share:.0} %"), style, 4));
    }
    first.push(part(cache(app, status, now_ms), dim, 5));
    if status.closes_at > 0 {
        let share = status.context as f64 * 100.0 / status.closes_at as f64;
        let style = if share >= 90.0 { app.theme.warn() } else { dim };
        let text = format!("context {}/{} {share:.0} %", tokens(status.context), tokens(status.closes_at));
        first.push(part(text, style, 2));
    }
    let mut second = Vec::new();
    if !status.brain.is_empty() {
        let next = status.wanted.as_ref().map_or(String::new(), |wanted| format!(" -> {} next", model(wanted)));
        second.push(part(format!("{}{next}", model(&status.brain)), Style::new(), 3));
    }
    second.extend(status.branch.as_ref().map(|branch| part(plain(branch), dim, 9)));
    if !status.sandbox.is_empty() {
        second.push(part(format!("sandbox {}", plain(&status.sandbox)), dim, 8));
    }
    (first, second)
}

/// How much came from the cache, and how long it lives: minutes, at the end seconds.
fn cache(app: &App, status: &Status, now_ms: u64) -> String {
    let share = if status.hit_rate.is_finite() { (status.hit_rate.clamp(0.0, 1.0) * 100.0).round() } else { 0.0 };
    let left = match app.cache_left(now_ms) {
        None | Some(0) => "cold".to_owned(),
        Some(left) if left > 60_000 => format!("{} m", left.div_ceil(60_000)),
        Some(left) => format!("{} s", left.div_ceil(1_000)),
    };
    format!("cache {share:.0} % {left}")
}
