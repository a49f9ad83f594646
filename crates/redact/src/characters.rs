//! What a character does to a terminal, and to a reader who trusts their eyes.

use unicode_width::UnicodeWidthChar as _;

/// Marks that may stand on one base character. Living languages need up to five (Tibetan stacks, pointed Hebrew); more is a way to
/// paint over neighbouring lines.
pub const MARKS: usize = 6;

/// Joins two pictographs to one, or two letters.
pub(crate) const JOINER: char = '\u{200d}';
const NON_JOINER: char = '\u{200c}';

/// How one character is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Takes its place and does nothing else.
    Plain,
    /// Moves the cursor, rings, or begins a sequence: C0 but line break and tab, delete, C1.
    Control,
    /// Has no shape of its own: reorders, separates or hides.
    Hidden,
    /// Stands on the character before it.
    Mark,
}

/// How a character is treated where nothing speaks for it.
pub(crate) fn class(c: char) -> Class {
    match c {
        '\n' | '\t' | ' '..='~' => Class::Plain,
        '\0'..='\u{9f}' => Class::Control,
        _ if is_hidden(c) => Class::Hidden,
        _ if c.width() == Some(0) => Class::Mark,
        _ => Class::Plain,
    }
}

/// Unicode's `Default_Ignorable_Code_Point` (stable since version 4; bidirectional controls, zero-width characters, variation
/// selectors, fillers and tags are all of it), line and paragraph separator, and the marks of interlinear notes.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Chooses between the black and white and the coloured shape of the character before it.
pub(crate) fn chooses_a_shape(c: char) -> bool {
    matches!(c, '\u{fe0e}' | '\u{fe0f}')
}

/// Has two shapes, so that a selector may follow it: pictographs, and the digits of key caps.
pub(crate) fn has_two_shapes(c: char) -> bool {
    is_pictograph(c) || matches!(c, '0'..='9' | '#' | '*')
}

/// May stand on either side of a joiner. Blocks, not single characters: what is meant is "some picture".
pub(crate) fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}'
        | '\u{24c2}' | '\u{25a0}'..='\u{27bf}' | '\u{2934}'..='\u{2935}' | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}'
        | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

/// Spelling of scripts that join their letters, without meaning to a terminal.
pub(crate) fn is_spelling(c: char, before: Option<char>) -> bool {
    matches!(c, JOINER | NON_JOINER)
        && before.is_some_and(|before| !before.is_ascii() && class(before) != Class::Hidden)
}

/// A space that looks like the usual one and that a shell takes for a letter.
pub(crate) fn is_odd_space(c: char) -> bool {
    !c.is_ascii() && c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use super::{Class, class, is_hidden, is_pictograph};

    #[test]
    fn marks_take_no_column_and_letters_do() {
        assert_eq!(class('\u{301}'), Class::Mark);
        assert_eq!(class('ä'), Class::Plain);
        assert_eq!(class('\u{202e}'), Class::Hidden);
        assert_eq!(class('\u{85}'), Class::Control);
    }

    #[test]
    fn no_pictograph_is_hidden_or_a_mark() {
        let wrong: Vec<char> = (0..=0x1_ffff_u32)
            .filter_map(char::from_u32)
            .filter(|c| is_pictograph(*c) && (is_hidden(*c) || class(*c) != Class::Plain))
            .collect();
        assert_eq!(wrong, Vec::<char>::new());
    }
}
