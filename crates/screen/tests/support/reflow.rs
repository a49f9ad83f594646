//! What terminals do and the parser does not: lines are wrapped anew when the size changes (tmux and most others; styles are lost here),
//! and are cut where wrapping is switched off.

use std::num::NonZeroU16;

/// Whether wrapping is switched off (DECAWM).
pub(crate) trait Cuts {
    /// It is.
    fn cuts(&self) -> bool;
}

/// What is written to the terminal.
pub(crate) fn process<C: vt100::Callbacks + Cuts>(parser: &mut vt100::Parser<C>, bytes: &[u8]) {
    for byte in bytes {
        parser.process(&[*byte]);
        let (_, cols) = parser.screen().size();
        if parser.callbacks().cuts() && parser.screen().cursor_position().1 >= cols.get() {
            parser.process(format!("\x1b[{cols}G").as_bytes());
        }
    }
}

/// The terminal has another size: lines are wrapped anew, scrollback and all, and the cursor stays on its cell.
pub(crate) fn resize<C: vt100::Callbacks + Default>(parser: &mut vt100::Parser<C>, cols: u16, rows: u16) {
    let some = |number| NonZeroU16::new(number).expect("a terminal has rows and columns");
    let (_, before) = parser.screen().size();
    if before.get() == cols || parser.screen().alternate_screen() {
        parser.set_size(some(rows), some(cols));
        return;
    }
    // The height first: what is below the cursor goes before anything above it does.
    parser.set_size(some(rows), before);
    let (lines, (line, cell)) = lines(parser.screen_mut());
    let height = |line: &Vec<String>| line.len().div_ceil(cols.into()).max(1);
    let all: usize = lines.iter().map(height).sum();
    let scrolled = all.saturating_sub(rows.into());
    let above: usize = lines[..line].iter().map(height).sum();
    let cell = cell.unwrap_or(lines[line].len());
    let within = cell.min(lines[line].len().saturating_sub(1)) / usize::from(cols);
    let at = (above + within).checked_sub(scrolled);
    let (row, col) = at.map_or((0, 0), |row| (row, cell - within * usize::from(cols)));
    let screen = parser.screen();
    let text: Vec<_> = lines.iter().map(|line| line.concat()).collect();
    let replay = format!(
        "{}\x1b[{};{}H{}{}",
        text.join("\r\n"),
        row + 1,
        col + 1,
        screen.input_mode_formatted(),
        if screen.hide_cursor() { "\x1b[?25l" } else { "" }
    );
    let (capacity, callbacks) = (screen.scrollback_capacity(), std::mem::take(parser.callbacks_mut()));
    *parser = vt100::Parser::new_with_callbacks(some(rows), some(cols), capacity, callbacks);
    parser.process(replay.as_bytes());
}

/// The lines as they were before they were wrapped, in cells; the line of the cursor, and the cell, which is none behind the text.
fn lines(screen: &mut vt100::Screen) -> (Vec<Vec<String>>, (usize, Option<usize>)) {
    let (rows, cols) = (screen.size().0.get(), screen.size().1.get());
    let (cursor_row, cursor_col) = screen.cursor_position();
    let scrolled = screen.scrollback_len();
    let mut lines = vec![Vec::new()];
    let mut cursor = None;
    for row in 0..scrolled + usize::from(rows) {
        screen.set_scrollback(scrolled.saturating_sub(row));
        let visible = u16::try_from(row.saturating_sub(scrolled)).expect("a row of the screen");
        let cell = |col| screen.cell(visible, col).map_or("", vt100::Cell::contents);
        let used = (0..cols).rev().find(|col| !cell(*col).is_empty()).map_or(0, |col| col + 1);
        let line = lines.last_mut().expect("there is one");
        if row == scrolled + usize::from(cursor_row) {
            let within = (cursor_col < used).then(|| line.len() + usize::from(cursor_col));
            cursor = Some((lines.len() - 1, within));
        }
        let line = lines.last_mut().expect("there is one");
        line.extend((0..used).map(|col| if cell(col).is_empty() { " ".to_owned() } else { cell(col).to_owned() }));
        if !screen.row_wrapped(visible) {
            lines.push(Vec::new());
        }
    }
    screen.set_scrollback(0);
    lines.pop();
    (lines, cursor.expect("the cursor is on the screen"))
}
