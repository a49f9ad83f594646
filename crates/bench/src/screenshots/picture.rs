//! A screen as a drawing that scales: text with the terminal's colours, no scripts, nothing from elsewhere.

use anstyle_svg::{Palette, Term};

/// Columns in pixels, as the drawing takes them.
const COLUMN: f64 = 8.4;
/// Quiet colours on a dark ground; the sixteen of the terminal, dark ones first.
const PALETTE: Palette = Palette([
    anstyle::RgbColor(0x16, 0x1b, 0x22),
    anstyle::RgbColor(0xff, 0x7b, 0x72),
    anstyle::RgbColor(0x3f, 0xb9, 0x50),
    anstyle::RgbColor(0xd2, 0x99, 0x22),
    anstyle::RgbColor(0x58, 0xa6, 0xff),
    anstyle::RgbColor(0xbc, 0x8c, 0xff),
    anstyle::RgbColor(0x39, 0xc5, 0xcf),
    anstyle::RgbColor(0xc9, 0xd1, 0xd9),
    anstyle::RgbColor(0x6e, 0x76, 0x81),
    anstyle::RgbColor(0xff, 0xa1, 0x98),
    anstyle::RgbColor(0x56, 0xd3, 0x64),
    anstyle::RgbColor(0xe3, 0xb3, 0x41),
    anstyle::RgbColor(0x79, 0xc0, 0xff),
    anstyle::RgbColor(0xd2, 0xa8, 0xff),
    anstyle::RgbColor(0x56, 0xd4, 0xdd),
    anstyle::RgbColor(0xf0, 0xf6, 0xfc),
]);

/// The drawing of a captured screen of so many columns. Empty lines above and below are left out.
pub(super) fn svg(captured: &str, columns: u16) -> String {
    let lines: Vec<&str> = captured.lines().map(str::trim_end).collect();
    let written = |line: &&str| !bare(line).trim().is_empty();
    let first = lines.iter().position(written).unwrap_or(0);
    let last = lines.iter().rposition(written).map_or(0, |last| last + 1);
    let width = (f64::from(columns) * COLUMN).ceil() as usize;
    let term = Term::new()
        .palette(PALETTE)
        .fg_color(anstyle::RgbColor(0xc9, 0xd1, 0xd9).into())
        .bg_color(anstyle::RgbColor(0x0d, 0x11, 0x17).into())
        .min_width_px(width);
    // Escaped before they are measured, these three would count for four or five columns: they are drawn under other names.
    let renamed = SIGNS
        .iter()
        .fold(lines.get(first..last).unwrap_or_default().join("\n"), |text, (sign, name, _)| text.replace(*sign, name));
    let drawn = SIGNS.iter().fold(term.render_svg(&renamed), |drawn, (_, name, escaped)| drawn.replace(name, escaped));
    // What is dim can still be read. No spaces at the ends of lines, and one end of line at the end of the file.
    let drawn = drawn.replace(".dimmed { opacity: 0.4; }", ".dimmed { opacity: 0.6; }");
    drawn.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// What XML wants escaped: the sign, a character of one column that nobody writes, what stands in the drawing.
const SIGNS: [(char, &str, &str); 3] =
    [('&', "\u{e000}", "&amp;"), ('<', "\u{e001}", "&lt;"), ('>', "\u{e002}", "&gt;")];

/// A line without its codes.
fn bare(line: &str) -> String {
    anstream::adapter::strip_str(line).to_string()
}

#[cfg(test)]
#[path = "picture_tests.rs"]
mod tests;
