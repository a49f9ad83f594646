//! The keys.

use ratatui::text::{Line, Span};

use super::line::fill;
use crate::app::App;
use crate::text::{clip, measure};

const KEYS: [(&str, &str); 18] = [
    ("Enter", "sends; while a turn runs, steers its next step"),
    ("Tab, Alt-Enter", "while a turn runs: queues the next turn"),
    ("Ctrl-J, \\ Enter", "a new line"),
    ("Esc", "interrupts the turn; twice clears the box"),
    ("Ctrl-C", "clears the box, else interrupts; twice leaves"),
    ("Ctrl-D", "on an empty box: leaves"),
    ("Shift-Tab", "the next mode: ask, auto, plan"),
    ("Ctrl-O", "opens what is folded"),
    ("Ctrl-T", "all that happened"),
    ("@", "a file; an image where the brain can see"),
    ("/", "a command; /help names them"),
    ("!", "a shell command, shared with the agent"),
    ("Up, Down", "what was sent earlier"),
    ("Ctrl-R", "searches what was sent earlier"),
    ("y a n e", "answer a question: yes, always, no, no with a reason"),
    ("PgUp, PgDn", "move in a long question"),
    ("Ctrl-L", "draws anew"),
    ("Ctrl-Z", "suspends"),
];

/// Rows that all keys take.
pub(crate) fn rows() -> u16 {
    KEYS.len() as u16 + 1
}

/// As many keys as there are rows, from `app.help` on.
pub(crate) fn draw(app: &mut App, width: u16, rows: u16) -> Vec<Line<'static>> {
    let width = usize::from(width);
    let room = usize::from(rows.saturating_sub(1));
    let at = app.help.unwrap_or_default().min(KEYS.len().saturating_sub(room));
    app.help = app.help.map(|_| at);
    let keys = KEYS.iter().map(|(key, _)| measure(key)).max().unwrap_or(0);
    let row = |(key, does): &(&str, &str)| {
        let key = fill(key, keys);
        Line::from(vec![
            Span::styled(key, app.theme.accent()),
            Span::raw(format!("  {}", clip(does, width.saturating_sub(keys + 2)))),
        ])
    };
    let mut lines: Vec<Line<'static>> = KEYS.iter().skip(at).take(room).map(row).collect();
    let more = if room < KEYS.len() { " · Up, Down: more" } else { "" };
    lines.push(Line::styled(clip(&format!("Esc closes{more}"), width), app.theme.dim()));
    lines
}
