//! Charts as SVG text: stacked bars, lines with marks, lying bars. Every shape carries its value as `data-value`, and says
//! what it is when it is pointed at.

use super::text::{escaped, ticks};

/// Width of a drawing, in its own units.
const WIDTH: f64 = 720.0;
/// Height of a drawing with an axis.
const HEIGHT: f64 = 240.0;
/// Room for the labels of the axis.
const LEFT: f64 = 58.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 22.0;
const BOTTOM: f64 = 34.0;

/// A part of a bar.
pub(super) struct Part {
    /// CSS class.
    pub(super) class: &'static str,
    /// In the units of the axis.
    pub(super) value: f64,
}

/// A bar with its parts from the bottom up.
pub(super) struct Bar {
    /// Said when it is pointed at.
    pub(super) says: String,
    /// CSS class of the strip under it.
    pub(super) strip: String,
    /// Parts.
    pub(super) parts: Vec<Part>,
}

/// A line through points; `x` counts places from 0.
pub(super) struct Line {
    /// CSS class.
    pub(super) class: String,
    /// Place, value, and what is said when the point is pointed at.
    pub(super) points: Vec<(usize, f64, String)>,
}

/// Something that happened at a place.
pub(super) struct Mark {
    /// CSS class: `window` or `switch`.
    pub(super) class: &'static str,
    /// CSS class of whom it concerns.
    pub(super) whose: String,
    /// Where.
    pub(super) place: usize,
    /// Said when it is pointed at.
    pub(super) says: String,
    /// Written beside it; may be empty.
    pub(super) label: String,
}

/// What all drawings with an axis have.
pub(super) struct Frame<'a> {
    /// The drawing's id.
    pub(super) id: &'a str,
    /// What it shows, for who cannot see it.
    pub(super) title: &'a str,
    /// Under the axis.
    pub(super) below: &'a str,
    /// How a tick is written.
    pub(super) tick: fn(f64) -> String,
    /// Places on the axis.
    pub(super) places: usize,
}

impl Frame<'_> {
    fn place(&self, n: usize) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (n as f64 + 0.5) / self.places.max(1) as f64
    }

    fn open(&self) -> String {
        format!(
            "<svg id=\"{}\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            self.id,
            escaped(self.title)
        )
    }

    /// Lines and labels of the axis up to `last`.
    fn axis(&self, step: f64, last: f64) -> String {
        let mut svg = String::new();
        let count = (last / step).round() as u32;
        for n in 0..=count {
            let value = step * f64::from(n);
            let y = height(value, last);
            svg.push_str(&format!(
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"tick\" x=\"{}\" y=\"{:.1}\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 6.0,
                y + 4.0,
                (self.tick)(value)
            ));
        }
        svg.push_str(&format!(
            "<text class=\"below\" x=\"{:.0}\" y=\"{:.0}\">{}</text>",
            (LEFT + WIDTH - RIGHT) / 2.0,
            HEIGHT - 6.0,
            escaped(self.below)
        ));
        svg
    }
}

fn height(value: f64, last: f64) -> f64 {
    let room = HEIGHT - TOP - BOTTOM;
    TOP + room - room * (value / last).clamp(0.0, 1.0)
}

/// Bars of parts on top of each other.
pub(super) fn stacked(frame: &Frame<'_>, bars: &[Bar]) -> String {
    let total = |bar: &Bar| bar.parts.iter().map(|part| part.value).sum::<f64>();
    let (step, last) = ticks(bars.iter().map(total).fold(0.0, f64::max));
    let mut svg = frame.open() + &frame.axis(step, last);
    let wide = (WIDTH - LEFT - RIGHT) / frame.places.max(1) as f64;
    let width = (wide * 0.8).min(28.0);
    for (n, bar) in bars.iter().enumerate() {
        let x = frame.place(n) - width / 2.0;
        svg.push_str(&format!("<g class=\"bar\"><title>{}</title>", escaped(&bar.says)));
        let mut below = 0.0;
        for part in bar.parts.iter().filter(|part| part.value > 0.0) {
            let (top, bottom) = (height(below + part.value, last), height(below, last));
            svg.push_str(&format!(
                "<rect class=\"{}\" x=\"{x:.2}\" y=\"{top:.2}\" width=\"{width:.2}\" height=\"{:.2}\" data-value=\"{}\"/>",
                part.class,
                bottom - top,
                part.value
            ));
            below += part.value;
        }
        let y = HEIGHT - BOTTOM + 3.0;
        svg.push_str(&format!(
            "<rect class=\"strip {}\" x=\"{x:.2}\" y=\"{y}\" width=\"{width:.2}\" height=\"5\"/></g>",
            bar.strip
        ));
    }
    svg + "</svg>"
}

/// Lines over places, with marks.
pub(super) fn lines(frame: &Frame<'_>, lines: &[Line], marks: &[Mark]) -> String {
    let values = lines.iter().flat_map(|line| line.points.iter().map(|point| point.1));
    let (step, last) = ticks(values.fold(0.0, f64::max));
    let mut svg = frame.open() + &frame.axis(step, last);
    for (n, mark) in marks.iter().enumerate() {
        svg.push_str(&drawn(frame, mark, n));
    }
    for line in lines {
        let at = |(place, value, _): &(usize, f64, String)| {
            format!("{:.2},{:.2}", frame.place(*place), height(*value, last))
        };
        let path: Vec<String> = line.points.iter().map(at).collect();
        svg.push_str(&format!("<polyline class=\"line {}\" points=\"{}\"/>", line.class, path.join(" ")));
        for (place, value, says) in &line.points {
            svg.push_str(&format!(
                "<circle class=\"point {}\" cx=\"{:.2}\" cy=\"{:.2}\" r=\"2.5\" data-value=\"{value}\"><title>{}</title></circle>",
                line.class,
                frame.place(*place),
                height(*value, last),
                escaped(says)
            ));
        }
    }
    svg + "</svg>"
}

/// A line from top to bottom, and for a switch a diamond at its head.
fn drawn(frame: &Frame<'_>, mark: &Mark, n: usize) -> String {
    // Between the calls before and after it.
    let x = (frame.place(mark.place) + frame.place(mark.place.saturating_sub(1))) / 2.0;
    let bottom = HEIGHT - BOTTOM;
    let head = match mark.class {
        "switch" => {
            let y = TOP - 2.0;
            format!("<path d=\"M{x:.2} {:.1}l5 5l-5 5l-5 -5z\"/>", y - 5.0)
        }
        _ => String::new(),
    };
    // Labels of neighbours in turns above and below each other.
    let y = TOP + 12.0 + 14.0 * (n % 3) as f64;
    let (anchor, side) = if x > WIDTH * 0.7 { ("end", x - 6.0) } else { ("start", x + 6.0) };
    format!(
        "<g class=\"{} {}\" data-place=\"{}\"><title>{}</title>\
         <line x1=\"{x:.2}\" x2=\"{x:.2}\" y1=\"{TOP}\" y2=\"{bottom}\"/>{head}\
         <text x=\"{side:.2}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text></g>",
        mark.class,
        mark.whose,
        mark.place,
        escaped(&mark.says),
        escaped(&mark.label)
    )
}

/// A lying bar.
pub(super) struct Lying {
    /// CSS class.
    pub(super) class: String,
    /// Written before it.
    pub(super) name: String,
    /// Its length.
    pub(super) value: f64,
    /// Written behind it.
    pub(super) label: String,
}

/// Bars that lie under each other, longest possible 60 % of the width.
pub(super) fn lying(id: &str, title: &str, bars: &[Lying]) -> String {
    const ROW: f64 = 30.0;
    const NAMES: f64 = 150.0;
    let height = ROW * bars.len() as f64 + 6.0;
    let most = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let mut svg =
        format!("<svg id=\"{id}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">", escaped(title));
    for (n, bar) in bars.iter().enumerate() {
        let y = ROW * n as f64 + 4.0;
        let length = if most > 0.0 { (WIDTH - NAMES) * 0.75 * bar.value / most } else { 0.0 };
        let name: String = match bar.name.chars().count() {
            0..=20 => bar.name.clone(),
            _ => bar.name.chars().take(19).chain(['…']).collect(),
        };
        svg.push_str(&format!(
            "<g class=\"lying\"><title>{}: {}</title><text class=\"name\" x=\"{}\" y=\"{:.1}\">{}</text>\
             <rect class=\"{}\" x=\"{NAMES}\" y=\"{y:.1}\" width=\"{:.2}\" height=\"20\" data-value=\"{}\"/>\
             <text class=\"amount\" x=\"{:.1}\" y=\"{:.1}\">{}</text></g>",
            escaped(&bar.name),
            escaped(&bar.label),
            NAMES - 8.0,
            y + 15.0,
            escaped(&name),
            bar.class,
            length.max(0.5),
            bar.value,
            NAMES + length + 8.0,
            y + 15.0,
            escaped(&bar.label)
        ));
    }
    svg + "</svg>"
}
