//! Rows of those who work.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::line::{clock, dollars, fill, running};
use crate::app::App;
use crate::app::lanes::{Lane, Mood};
use crate::text::{measure, plain};

/// Most rows.
pub(crate) const MOST: usize = 6;
/// Signs that follow each other while somebody works.
const SPINNER: [&str; 4] = ["|", "/", "-", "\\"];
/// How long each stands, in milliseconds.
pub(crate) const SPIN_MS: u64 = 120;
/// Widest name, in columns.
const WIDEST_NAME: usize = 16;

/// How many rows are wanted.
pub(crate) fn rows(app: &App) -> usize {
    let lanes = app.lanes.lanes.len();
    if lanes > MOST { MOST + 1 } else { lanes }
}

/// As many rows as there are, `+3 more` last where there are more agents.
pub(crate) fn draw(app: &App, width: u16, rows: usize, now_ms: u64) -> Vec<Line<'static>> {
    let lanes = &app.lanes.lanes;
    let shown = if lanes.len() > rows || lanes.len() > MOST { rows.saturating_sub(1).min(MOST) } else { lanes.len() };
    // With one row left, it is the main agent's.
    let shown = shown.max(usize::from(rows == 1));
    let name = lanes.iter().take(shown).map(|lane| measure(&plain(lane.agent.as_str()))).max().unwrap_or(0);
    let name = name.min(WIDEST_NAME).min(usize::from(width) / 4);
    let mut lines: Vec<Line<'static>> =
        lanes.iter().take(shown).map(|lane| row(app, lane, name, width, now_ms)).collect();
    if shown < lanes.len() && rows > shown {
        lines.push(Line::styled(format!("  +{} more", lanes.len() - shown), app.theme.dim()));
    }
    lines
}

fn row(app: &App, lane: &Lane, name: usize, width: u16, now_ms: u64) -> Line<'static> {
    let who = plain(lane.agent.as_str());
    let asks = app.questions.is_asking(lane.agent.as_str());
    let works = lane.ended_ms.is_none();
    let stops = works && app.turn.as_ref().is_some_and(|turn| turn.stopping);
    let (sign, action, style) = match (asks, stops, works) {
        (true, ..) => ("?", "asks you".to_owned(), app.theme.warn()),
        (_, true, _) => ("x", "stopping".to_owned(), app.theme.warn()),
        (_, _, true) => (sign(app, lane, now_ms), lane.action(), Style::new()),
        _ => (" ", "ready".to_owned(), app.theme.dim()),
    };
    let figures = figures(lane, width, now_ms);
    let room = usize::from(width).saturating_sub(2 + name + 2 + measure(&figures));
    Line::from(vec![
        Span::styled(format!("{sign} "), style),
        Span::styled(fill(&who, name), app.theme.agent(app.lanes.index(&lane.agent))),
        Span::raw("  "),
        Span::styled(fill(&action, room), style),
        Span::styled(figures, app.theme.dim()),
    ])
}

fn sign(app: &App, lane: &Lane, now_ms: u64) -> &'static str {
    if app.is_still() || !lane.waits_for.is_empty() || lane.mood == Mood::Idle && lane.calls.is_empty() {
        return "*";
    }
    let at = now_ms / SPIN_MS % SPINNER.len() as u64;
    SPINNER.get(at as usize).copied().unwrap_or("*")
}

/// Time, steps and dollars, as many as the width allows: the time goes last.
fn figures(lane: &Lane, width: u16, now_ms: u64) -> String {
    if lane.began_ms == 0 && lane.steps == 0 && lane.ended_ms == Some(0) {
        return String::new();
    }
    let elapsed = lane.elapsed(now_ms);
    let time = running(elapsed);
    let (steps, usd) = (lane.steps, dollars(lane.usd));
    match width {
        0..=27 => format!(" {}", clock(elapsed)),
        28..=47 => format!("  {}  {usd}", clock(elapsed)),
        48..=69 => format!("  {time:>8}  {steps:>2} st  {usd:>6}"),
        _ => format!("  {time:>9}  {:>8}  {usd:>7}", super::line::count(steps as usize, "step", "steps")),
    }
}
