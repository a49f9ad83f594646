//! How the state of the screen is drawn.

mod dialog;
pub(crate) mod entries;
mod help;
mod lanes;
pub(crate) mod line;
mod status;
mod viewer;

pub(crate) use dialog::drawn_as_diff;
pub(crate) use lanes::SPIN_MS;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use crate::app::App;

/// From this height on a rule parts the viewport from what is above it.
const ROOM_FOR_RULE: u16 = 12;

/// How many rows each part gets, from above.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Words that still stream.
    tail: u16,
    rule: u16,
    banner: u16,
    lanes: u16,
    /// The keys, a question, or the input box.
    body: u16,
    status: u16,
}

impl Plan {
    fn rows(&self) -> u16 {
        self.tail + self.rule + self.banner + self.lanes + self.body + self.status
    }
}

/// Shares rows out: the body has one at least, then the status, the banner, the lanes, and the streaming words last.
fn plan(app: &App, width: u16, most: u16) -> Plan {
    // Of a question, its title, a row of what is asked and the keys stand before anything else.
    let least = if app.questions.first().is_some() { dialog::LEAST } else { 1 };
    let mut plan = Plan { body: most.min(least), ..Plan::default() };
    let mut left = most - plan.body;
    let mut take = |wanted: u16| {
        let given = wanted.min(left);
        left -= given;
        given
    };
    plan.status = take(status::rows(app, width, most));
    plan.banner = take(u16::from(status::banner(app, width).is_some()));
    let more = match (app.questions.first(), app.help) {
        (Some(question), _) => dialog::rows(app, question, width, most.saturating_sub(plan.status + plan.banner)),
        (None, Some(_)) => help::rows(),
        (None, None) => app.composer.height(width, most).min((most / 2).max(1)),
    };
    plan.body += take(more.saturating_sub(plan.body));
    let lanes = lanes::rows(app) as u16;
    plan.lanes = take(lanes.min((most / 3).max(1)));
    plan.rule = take(u16::from(most >= ROOM_FOR_RULE));
    plan.tail = take((app.told.tail().len() as u16).min(most / 2));
    plan
}

/// How many rows the viewport needs.
pub(crate) fn height(app: &App, width: u16, most: u16) -> u16 {
    let plan = plan(app, width, most);
    app.planned.set(Some((width, plan)));
    plan.rows()
}

/// Draws everything; where the cursor stands.
pub(crate) fn draw(app: &mut App, area: Rect, buffer: &mut Buffer, now_ms: u64) -> Option<Position> {
    let area = area.intersection(buffer.area);
    if area.is_empty() {
        return None;
    }
    if app.viewer.is_some() {
        return viewer::draw(app, area, buffer);
    }
    // What was shared out of a whole screen's rows stands, though only so many rows are here.
    let planned = app.planned.take().filter(|(width, plan)| *width == area.width && plan.rows() <= area.height);
    let plan = planned.map_or_else(|| plan(app, area.width, area.height), |(_, plan)| plan);
    let mut parts = Parts { area, buffer };
    let tail = app.told.tail();
    let hidden = tail.len().saturating_sub(usize::from(plan.tail));
    parts.lines(plan.tail, tail.get(hidden..).unwrap_or_default());
    if plan.rule > 0 {
        let rule = Line::styled("─".repeat(usize::from(area.width)), app.theme.border());
        parts.lines(plan.rule, &[rule]);
    }
    let banner: Vec<Line<'_>> = status::banner(app, area.width).into_iter().collect();
    parts.lines(plan.banner, &banner);
    parts.lines(plan.lanes, &lanes::draw(app, area.width, usize::from(plan.lanes), now_ms));
    let body = parts.skip(plan.body);
    parts.lines(plan.status, &status::draw(app, area.width, plan.status, now_ms));
    draw_body(app, body, buffer, now_ms)
}

fn draw_body(app: &mut App, area: Rect, buffer: &mut Buffer, now_ms: u64) -> Option<Position> {
    if app.questions.first().is_some() {
        return dialog::draw(app, area, buffer, now_ms);
    }
    if app.help.is_some() {
        for (at, line) in help::draw(app, area.width, area.height).iter().enumerate() {
            put(buffer, area, at as u16, line);
        }
        return None;
    }
    app.composer.draw(area, buffer, &app.theme);
    app.composer.cursor(area)
}

/// Hands out rows from above.
struct Parts<'a> {
    area: Rect,
    buffer: &'a mut Buffer,
}

impl Parts<'_> {
    fn skip(&mut self, rows: u16) -> Rect {
        let rows = rows.min(self.area.height);
        let part = Rect { height: rows, ..self.area };
        self.area = Rect { y: self.area.y + rows, height: self.area.height - rows, ..self.area };
        part
    }

    fn lines(&mut self, rows: u16, lines: &[Line<'_>]) {
        let part = self.skip(rows);
        for (at, line) in lines.iter().enumerate() {
            put(self.buffer, part, at as u16, line);
        }
    }
}

/// One line at a row of an area, cut where the area ends.
fn put(buffer: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    if row < area.height && area.width > 0 {
        buffer.set_line(area.x, area.y + row, line, area.width);
    }
}
