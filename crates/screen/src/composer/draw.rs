//! How the box looks: what is open above it, two lines around it, a sign before the text.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::text::Theme;

use super::Composer;
use super::cells::{Cell, Shown, fit, fit_end};
use super::layout::{Layout, Row};
use super::popup::{Item, Kind, Popup, window};

/// The sign, and the blank behind it.
const SIGN: u16 = 2;

/// How an area is shared out, from the top: popup, line, text, line.
struct Parts {
    popup: Rect,
    above: Option<Rect>,
    sign: Rect,
    text: Rect,
    below: Option<Rect>,
}

impl Composer {
    /// Rows that it wants of the screen's `most`: the text takes a third of them at most and is scrolled then, a popup eight.
    pub(crate) fn height(&self, width: u16, most: u16) -> u16 {
        let rows = self.rows(width).min((most / 3).max(1));
        rows.saturating_add(2).saturating_add(self.popup_height()).min(most)
    }

    fn popup_height(&self) -> u16 {
        self.popup.as_ref().map_or(0, Popup::height)
    }

    fn rows(&self, width: u16) -> u16 {
        self.width.set(width);
        u16::try_from(self.shown_layout().rows.len()).unwrap_or(u16::MAX)
    }

    /// Columns for text. One more stays free for the cursor.
    fn text_width(&self) -> u16 {
        let width = self.width.get();
        width.saturating_sub(sign_width(width) + 1).max(1)
    }

    /// The rows of the text as wide as it was drawn last.
    pub(super) fn layout(&self) -> Arc<Layout> {
        let (revision, width) = (self.editor.revision(), self.text_width());
        let mut laid = self.laid.borrow_mut();
        match &*laid {
            Some((of, at, layout)) if (*of, *at) == (revision, width) => Arc::clone(layout),
            _ => {
                let layout = Arc::new(Layout::new(self.editor.lines(), &self.marks, width));
                *laid = Some((revision, width, Arc::clone(&layout)));
                layout
            }
        }
    }

    /// The rows in the box: those of the text, or of what is searched for.
    fn shown_layout(&self) -> Arc<Layout> {
        match &self.search {
            Some(search) => Arc::new(Layout::new(std::slice::from_ref(&search.words), &self.marks, self.text_width())),
            None => self.layout(),
        }
    }

    /// Row and column of the cursor among those rows.
    fn shown_cursor(&self, layout: &Layout) -> (usize, u16) {
        let (line, col) = if self.search.is_some() { (0, usize::MAX) } else { self.editor.cursor() };
        layout.position(line, col)
    }

    fn parts(&self, area: Rect) -> Parts {
        // Where rows are scarce, what is offered matters more than lines.
        let lines = u16::from(area.height >= if self.popup_height() > 0 { 4 } else { 3 });
        let inner = area.height.saturating_sub(2 * lines);
        let popup = self.popup_height().min(inner.saturating_sub(1));
        let text = (inner - popup).min(self.rows(area.width));
        let line = |y: u16, height: u16| Rect { y, height, ..area }.intersection(area);
        // The box stands at the bottom of what it is given.
        let below = area.bottom().saturating_sub(lines);
        let top = below.saturating_sub(text);
        let above = top.saturating_sub(lines);
        let sign = sign_width(area.width);
        let inside = line(top, text);
        Parts {
            popup: line(above.saturating_sub(popup), popup),
            above: (lines == 1).then(|| line(above, 1)),
            sign: Rect { width: sign, ..inside },
            text: Rect { x: inside.x + sign, width: inside.width - sign, ..inside },
            below: (lines == 1).then(|| line(below, 1)),
        }
    }

    fn top(&self, layout: &Layout, rows: u16) -> usize {
        let (row, _) = self.shown_cursor(layout);
        window(&self.top, row, usize::from(rows), layout.rows.len())
    }

    /// Where the cursor stands, in the area that is drawn in.
    pub(crate) fn cursor(&self, area: Rect) -> Option<Position> {
        if area.is_empty() {
            return None;
        }
        let parts = self.parts(area);
        let layout = self.shown_layout();
        let top = self.top(&layout, parts.text.height);
        let (row, x) = self.shown_cursor(&layout);
        let y = u16::try_from(row.checked_sub(top)?).ok().filter(|y| *y < parts.text.height)?;
        Some(Position { x: parts.text.x + x.min(parts.text.width.saturating_sub(1)), y: parts.text.y + y })
    }

    /// Draws it all in the area, which is as high as [`Self::height`] said or lower.
    pub(crate) fn draw(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let parts = self.parts(area);
        if let Some(popup) = &self.popup {
            draw_popup(popup, parts.popup, buf, theme);
        }
        let title = self.title();
        if let Some(above) = parts.above {
            draw_line(title.as_deref(), above, buf, theme, self.shell);
        }
        if let Some(below) = parts.below {
            draw_line(None, below, buf, theme, self.shell);
        }
        let layout = self.shown_layout();
        let top = self.top(&layout, parts.text.height);
        self.draw_sign(&layout, top, parts.sign, buf, theme);
        if layout.rows.iter().all(|row| row.cells.is_empty()) && layout.rows.len() == 1 {
            self.draw_placeholder(parts.text, buf, theme);
            return;
        }
        for (row, y) in layout.rows.iter().skip(top).zip(parts.text.top()..parts.text.bottom()) {
            let x = draw_row(row, Rect { y, height: 1, ..parts.text }, buf, theme);
            if let Some(hint) = self.hint().filter(|_| layout.rows.len() == 1) {
                let hint = fit(hint, parts.text.right().saturating_sub(x));
                buf.set_stringn(x, y, hint, usize::from(parts.text.right().saturating_sub(x)), theme.dim());
            }
        }
    }

    /// What stands in the upper line: what the box is, where it is no prompt's, and how much is offered.
    fn title(&self) -> Option<String> {
        let offered = self.popup.as_ref().map(|popup| match popup.total {
            0 => format!("{}: nothing found", popup.kind().name()),
            total => format!("{} {}/{total}", popup.kind().name(), popup.number()),
        });
        match (self.shell, offered) {
            (true, Some(offered)) => Some(format!("shell, {offered}")),
            (true, None) => Some("shell".to_owned()),
            (false, offered) => offered,
        }
    }

    fn draw_sign(&self, layout: &Layout, top: usize, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let (sign, style) = match (&self.search, self.shell) {
            (Some(_), _) => ("?", theme.accent()),
            (None, true) => ("!", theme.warn()),
            (None, false) => (">", theme.accent()),
        };
        let width = usize::from(area.width);
        let mut put = |y: u16, sign: &str, style: Style| {
            buf.set_stringn(area.x, y, sign, width, style);
        };
        if area.height == 0 {
            return;
        }
        // There is more above or below.
        if top + usize::from(area.height) < layout.rows.len() {
            put(area.bottom() - 1, "↓", theme.dim());
        }
        if top > 0 && area.height > 1 {
            put(area.y, "↑", theme.dim());
        } else {
            put(area.y, sign, style);
        }
    }

    fn draw_placeholder(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let words = match (&self.search, self.shell) {
            (Some(_), _) => "words of an earlier prompt",
            (None, true) => "a command for the shell; Backspace leaves",
            (None, false) => &self.placeholder,
        };
        if area.height > 0 {
            buf.set_stringn(area.x, area.y, fit(words, area.width), usize::from(area.width), theme.dim());
        }
    }
}

/// Columns for the sign: none where hardly any are left.
fn sign_width(width: u16) -> u16 {
    if width > SIGN + 2 { SIGN } else { 0 }
}

fn draw_line(title: Option<&str>, area: Rect, buf: &mut Buffer, theme: &Theme, shell: bool) {
    let style = if shell { theme.warn() } else { theme.border() };
    for x in area.left()..area.right() {
        buf.set_stringn(x, area.y, "─", 1, style);
    }
    if let Some(title) = title.filter(|_| area.width > 6) {
        let title = format!(" {} ", fit(title, area.width - 4));
        buf.set_stringn(area.x + 1, area.y, title, usize::from(area.width - 1), style);
    }
}

/// Draws a row, and says where it ends.
fn draw_row(row: &Row, area: Rect, buf: &mut Buffer, theme: &Theme) -> u16 {
    let mut x = area.x;
    for cell in &row.cells {
        let style = if cell.mark { theme.accent() } else { theme.plain() };
        draw_cell(cell, x, area, buf, style);
        x = x.saturating_add(cell.width).min(area.right());
    }
    x
}

fn draw_cell(cell: &Cell, x: u16, area: Rect, buf: &mut Buffer, style: Style) {
    let room = usize::from(area.right().saturating_sub(x).min(cell.width));
    match &cell.shown {
        Shown::One(c) => buf.set_stringn(x, area.y, c.encode_utf8(&mut [0; 4]), room, style),
        Shown::Several(several) => buf.set_stringn(x, area.y, several, room, style),
    };
}

fn draw_popup(popup: &Popup, area: Rect, buf: &mut Buffer, theme: &Theme) {
    let sign = sign_width(area.width);
    let room = area.width - sign;
    let named = popup.window(area.height).map(|(item, _)| name_width(popup.kind(), item)).max().unwrap_or(0);
    for ((item, is_selected), y) in popup.window(area.height).zip(area.top()..area.bottom()) {
        let style = if is_selected { theme.selected() } else { theme.plain() };
        let mark = if is_selected { ">" } else { " " };
        buf.set_stringn(area.x, y, mark, usize::from(sign), theme.accent());
        let right = area.right();
        match popup.kind() {
            Kind::Files => {
                buf.set_stringn(area.x + sign, y, fit_end(&item.name, room), usize::from(room), style);
            }
            Kind::History => {
                let about = if item.about.is_empty() { 0 } else { columns(&item.about) + 2 };
                let name = fit(&item.name, room.saturating_sub(if about * 2 > room { 0 } else { about }));
                let (x, _) = buf.set_stringn(area.x + sign, y, name, usize::from(room), style);
                let about = fit(&item.about, right.saturating_sub(x + 2));
                buf.set_stringn((x + 2).min(right), y, about, usize::from(right.saturating_sub(x + 2)), theme.dim());
            }
            Kind::Commands => {
                draw_command(item, named, Rect { x: area.x + sign, y, width: room, height: 1 }, buf, theme, style)
            }
        }
    }
}

fn draw_command(item: &Item, named: u16, area: Rect, buf: &mut Buffer, theme: &Theme, style: Style) {
    let right = area.right();
    let (mut x, _) =
        buf.set_stringn(area.x, area.y, fit(&format!("/{}", item.name), area.width), usize::from(area.width), style);
    if !item.takes.is_empty() && x + 1 < right {
        (x, _) =
            buf.set_stringn(x + 1, area.y, fit(&item.takes, right - x - 1), usize::from(right - x - 1), theme.dim());
    }
    // What it is stands in a column of its own, as far as that leaves enough for it.
    let column = area.x + named.min(area.width / 2) + 2;
    let about = column.max(x.saturating_add(2));
    if about + 4 < right {
        buf.set_stringn(about, area.y, fit(&item.about, right - about), usize::from(right - about), theme.dim());
    }
}

fn name_width(kind: Kind, item: &Item) -> u16 {
    if kind != Kind::Commands {
        return 0;
    }
    let takes = if item.takes.is_empty() { 0 } else { columns(&item.takes) + 1 };
    columns(&item.name).saturating_add(1).saturating_add(takes)
}

fn columns(text: &str) -> u16 {
    u16::try_from(unicode_width::UnicodeWidthStr::width(text)).unwrap_or(u16::MAX)
}

#[cfg(test)]
#[path = "draw_tests.rs"]
mod tests;
