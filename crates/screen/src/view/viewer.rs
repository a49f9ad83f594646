//! The viewer's page: a title, the text, the keys.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::line::indented;
use super::{entries, put};
use crate::app::App;
use crate::app::entry::Body;
use crate::app::shelf::Shelf;
use crate::app::viewer::{Move, Shows, Viewer};
use crate::text::Theme;
use crate::text::{clip, measure, plain};

/// Columns before the text, for the sign of what is selected.
const GUTTER: u16 = 2;
/// Most drawn entries that are kept from one page to the next.
const MOST_DRAWN: usize = 256;

/// What a page is made of.
struct Page<'a> {
    viewer: &'a mut Viewer,
    shelf: &'a Shelf,
    theme: Theme,
    width: u16,
    rows: usize,
}

/// Draws the page; where the cursor stands.
pub(crate) fn draw(app: &mut App, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let asks = app.questions.first().is_some();
    let mut viewer = app.viewer.take()?;
    let rows = usize::from(area.height.saturating_sub(2));
    let width = area.width.saturating_sub(GUTTER);
    let mut page = Page { viewer: &mut viewer, shelf: &app.told.shelf, theme: app.theme, width, rows };
    page.settle();
    let lines = page.lines();
    let title = page.title();
    for (at, line) in lines.iter().enumerate() {
        put(buffer, Rect { y: area.y + 1, height: area.height.saturating_sub(2), ..area }, at as u16, line);
    }
    put(buffer, area, 0, &Line::styled(clip(&title, usize::from(area.width)), app.theme.strong()));
    let (last, cursor) = keys(&viewer, asks, area, &app.theme);
    if area.height > 1 {
        put(buffer, area, area.height - 1, &last);
    }
    app.viewer = Some(viewer);
    cursor.filter(|at| area.contains(*at))
}

fn keys(viewer: &Viewer, asks: bool, area: Rect, theme: &Theme) -> (Line<'static>, Option<Position>) {
    let width = usize::from(area.width);
    if let Some(words) = &viewer.typing {
        let said = clip(&format!("/{}", plain(words)), width.saturating_sub(1));
        let at = Position { x: area.x + measure(&said) as u16, y: area.bottom().saturating_sub(1) };
        return (Line::raw(said), Some(at));
    }
    let line = if let Some(says) = &viewer.says {
        Line::styled(clip(&plain(says), width), theme.warn())
    } else if asks {
        Line::styled(clip("a question waits: q goes to it", width), theme.warn())
    } else if !viewer.number.is_empty() {
        Line::raw(clip(&format!("open [{}]: Enter", viewer.number), width))
    } else {
        let other = if viewer.shows == Shows::Folds { "t all that happened" } else { "t what can be opened" };
        let all = format!("q leaves · n p next, previous · Enter opens, closes · / finds · c copies · {other}");
        let said = if measure(&all) > width { "q leaves · n p · Enter opens · / finds".to_owned() } else { all };
        Line::styled(clip(&said, width), theme.dim())
    };
    (line, None)
}

impl Page<'_> {
    fn title(&self) -> String {
        let what = match self.viewer.shows {
            Shows::Folds => "What can be opened",
            Shows::All => "All that happened",
        };
        let entry = self.viewer.selected.and_then(|place| self.shelf.get(place));
        let selected = entry.and_then(|entry| match &entry.body {
            Body::Folded(folded) => Some(format!(" · [{}] {}", entry.number.unwrap_or(0), plain(&folded.title))),
            _ => None,
        });
        format!("{what}{}", selected.unwrap_or_default())
    }

    fn shows(&self, place: u64) -> bool {
        let all = self.viewer.shows == Shows::All;
        self.shelf.get(place).is_some_and(|entry| all || entry.number.is_some())
    }

    fn after(&self, place: u64) -> Option<u64> {
        (place.saturating_add(1).max(self.shelf.places().start)..self.shelf.places().end).find(|at| self.shows(*at))
    }

    fn before(&self, place: u64) -> Option<u64> {
        (self.shelf.places().start..place.min(self.shelf.places().end)).rev().find(|at| self.shows(*at))
    }

    fn first(&self) -> Option<u64> {
        self.shelf.places().find(|at| self.shows(*at))
    }

    /// The lines of an entry, drawn once for a width.
    fn drawn(&mut self, place: u64) -> Arc<Vec<Line<'static>>> {
        let open = self.viewer.open.contains(&place);
        let kept = self.viewer.drawn.get(&place);
        if let Some((_, _, lines)) = kept.filter(|(width, was_open, _)| *width == self.width && *was_open == open) {
            return lines.clone();
        }
        let lines = Arc::new(self.draw_entry(place, open));
        if self.viewer.drawn.len() >= MOST_DRAWN {
            self.viewer.drawn.clear();
        }
        self.viewer.drawn.insert(place, (self.width, open, lines.clone()));
        lines
    }

    fn draw_entry(&self, place: u64, open: bool) -> Vec<Line<'static>> {
        let Some(entry) = self.shelf.get(place) else { return Vec::new() };
        let mut lines = match (self.viewer.shows, open) {
            (_, true) => entries::open(entry, &self.theme, self.width),
            (Shows::Folds, false) => entries::listed(entry, &self.theme, self.width),
            (Shows::All, false) => entries::closed(entry, &self.theme, self.width).lines,
        };
        let before = self.before(place).and_then(|before| self.shelf.get(before));
        if self.viewer.shows == Shows::All && before.is_some_and(|before| entry.apart_from(before)) {
            lines.insert(0, Line::default());
        }
        if before.is_none() && self.shelf.dropped() > 0 {
            let left = format!("({} older entries were dropped: there was no room for them)", self.shelf.dropped());
            lines.insert(0, Line::styled(clip(&left, usize::from(self.width)), self.theme.warn()));
        }
        lines
    }

    /// Makes the moves that wait, and keeps the page within the text.
    fn settle(&mut self) {
        if self.first().is_none() {
            self.viewer.moves.clear();
            return;
        }
        // What turned over, opened or closed may have been drawn otherwise.
        let shows = self.viewer.shows;
        if self.viewer.drawn_as != shows {
            self.viewer.drawn.clear();
            self.viewer.drawn_as = shows;
        }
        for step in std::mem::take(&mut self.viewer.moves) {
            match step {
                Move::Lines(by) => self.scroll(by),
                Move::Pages(by) => self.scroll(by.saturating_mul(self.rows.saturating_sub(1).max(1) as i64)),
                Move::Home => self.viewer.top = (self.shelf.places().start, 0),
                Move::End => self.viewer.top = self.lowest(),
                Move::To(place) => self.viewer.top = (place, 0),
                Move::Find(words) => self.find(&words),
            }
            self.clamp();
        }
        self.clamp();
    }

    /// To a line that is there, with no empty rows below that could hold text.
    fn clamp(&mut self) {
        let (place, _) = self.viewer.top;
        if !self.shows(place) {
            let Some(near) = self.after(place).or_else(|| self.before(place)) else { return };
            self.viewer.top = (near, 0);
        }
        let lowest = self.lowest();
        if self.viewer.top > lowest {
            self.viewer.top = lowest;
        }
    }

    /// The top of the last page.
    fn lowest(&mut self) -> (u64, usize) {
        let mut rows = self.rows;
        let mut at = self.before(u64::MAX);
        let mut top = (self.first().unwrap_or(0), 0);
        while let Some(place) = at {
            let lines = self.drawn(place).len();
            if lines >= rows {
                return (place, lines - rows);
            }
            rows -= lines;
            top = (place, 0);
            at = self.before(place);
        }
        top
    }

    fn scroll(&mut self, by: i64) {
        let (mut place, mut line) = self.viewer.top;
        let mut left = by.unsigned_abs() as usize;
        while left > 0 {
            if by > 0 {
                let lines = self.drawn(place).len();
                if line + left < lines {
                    line += left;
                    break;
                }
                let Some(next) = self.after(place) else { break };
                left -= lines.saturating_sub(line).min(left);
                (place, line) = (next, 0);
            } else {
                if line >= left {
                    line -= left;
                    break;
                }
                left -= line;
                let Some(before) = self.before(place) else {
                    line = 0;
                    break;
                };
                (place, line) = (before, self.drawn(before).len());
            }
        }
        self.viewer.top = (place, line);
    }

    /// To the next line that holds the words, from the second on the page, and on from the beginning.
    fn find(&mut self, words: &str) {
        let (top, line) = self.viewer.top;
        let holds = |line: &Line<'_>| {
            let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
            text.to_lowercase().contains(words)
        };
        let here = self.drawn(top).iter().skip(line + 1).position(holds).map(|at| (top, line + 1 + at));
        let found = here.or_else(|| {
            let places = self.shelf.places();
            let place = (top + 1..places.end)
                .chain(places.start..(top + 1).min(places.end))
                .filter(|place| self.shows(*place))
                .find(|place| self.shelf.get(*place).is_some_and(|entry| entry.holds(words)))?;
            if self.shelf.get(place).is_some_and(|entry| entry.number.is_some()) {
                self.viewer.open.insert(place);
                self.viewer.selected = Some(place);
            }
            Some((place, self.drawn(place).iter().position(holds).unwrap_or(0)))
        });
        match found {
            Some(top) => self.viewer.top = top,
            None => self.viewer.says = Some(format!("nothing holds {words}")),
        }
    }

    /// The lines of the page.
    fn lines(&mut self) -> Vec<Line<'static>> {
        let mut page = Vec::with_capacity(self.rows);
        let (mut place, mut skip) = self.viewer.top;
        if self.first().is_none() {
            return vec![Line::styled("Nothing yet.", self.theme.dim())];
        }
        while page.len() < self.rows {
            let lines = self.drawn(place);
            let selected = self.viewer.selected == Some(place);
            let start = lines.iter().position(|line| !line.spans.is_empty()).unwrap_or(0);
            for (at, line) in lines.iter().enumerate().skip(skip).take(self.rows - page.len()) {
                page.push(self.marked(line.clone(), selected && at == start.max(skip)));
            }
            skip = 0;
            let Some(next) = self.after(place) else { break };
            place = next;
        }
        page
    }

    fn marked(&self, line: Line<'static>, selected: bool) -> Line<'static> {
        let sought = &self.viewer.sought;
        let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
        let found = !sought.is_empty() && text.to_lowercase().contains(sought);
        let mut line = indented(line, if selected { "> " } else { "  " }, self.theme.accent());
        if found {
            line.spans.push(Span::styled(" <", self.theme.warn()));
            line.style = line.style.patch(Style::new().add_modifier(ratatui::style::Modifier::BOLD));
        }
        line
    }
}
