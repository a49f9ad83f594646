//! Lines that are not looked at: too long, or with characters by which a reader sees something else than the shell does.

/// Longer lines are not looked at, characters.
pub(crate) const LONGEST: usize = 10_000;

/// Why a line is not looked at.
pub(crate) fn unfit(line: &str) -> Option<String> {
    if line.len() > LONGEST {
        let count = line.chars().count();
        if count > LONGEST {
            return Some(format!("the line has {count} characters; more than {LONGEST} are not judged"));
        }
    }
    let strange = line.chars().find(|c| is_strange(*c))?;
    Some(format!("the line holds the character U+{:04X}, which a reader may not see as the shell does", strange as u32))
}

/// Control characters (but for the line break and the tab), characters that turn the direction of writing, that have no width,
/// or that look like blanks.
fn is_strange(c: char) -> bool {
    if c.is_control() {
        return c != '\n' && c != '\t';
    }
    matches!(c,
        '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{1680}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
        | '\u{2800}' | '\u{3000}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
