//! How far a step goes from the cursor: to the edge of what a person sees as one character, or of a word.

use super::edit::Way;

/// How far around the cursor one looks for where a character begins, in bytes. No character that a person sees is longer.
const NEAR: usize = 512;

/// The part of a line around a byte, from one edge between characters to another. Between two of ASCII there always is one.
pub(super) fn near(line: &str, byte: usize) -> (usize, usize) {
    let bytes = line.as_bytes();
    let is_edge = |at: &usize| {
        let is_ascii = |at: usize| bytes.get(at).is_none_or(u8::is_ascii);
        *at == 0 || *at >= bytes.len() || (is_ascii(*at - 1) && is_ascii(*at))
    };
    let (least, most) = (byte.saturating_sub(NEAR), byte.saturating_add(NEAR).min(line.len()));
    let from = (least..byte).rev().find(is_edge).unwrap_or_else(|| line.floor_char_boundary(least));
    let to = (byte + 1..=most).find(is_edge).unwrap_or_else(|| line.ceil_char_boundary(most));
    (from, to)
}

/// Words are made of one kind of characters.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    Blank,
    Sign,
    Letter,
}

fn made(c: char) -> Made {
    match c {
        _ if c.is_whitespace() => Made::Blank,
        '_' => Made::Letter,
        _ if c.is_ascii_punctuation() => Made::Sign,
        _ => Made::Letter,
    }
}

/// How far a word goes from the cursor, with the blanks before it, in bytes. None where nothing is left of the line.
pub(super) fn word(left: &str, right: &str, way: Way) -> Option<usize> {
    let measure = |chars: &mut dyn Iterator<Item = char>| {
        let mut kind = Made::Blank;
        let goes_on = |c: &char| {
            let is_first = kind == Made::Blank;
            let fits = is_first || made(*c) == kind;
            kind = made(*c);
            fits
        };
        chars.take_while(goes_on).map(char::len_utf8).sum::<usize>()
    };
    let bytes = match way {
        Way::Back => measure(&mut left.chars().rev()),
        Way::Forward => measure(&mut right.chars()),
    };
    (bytes > 0).then_some(bytes)
}

/// Where the next word begins, in bytes; none where there is none.
pub(super) fn next_word(right: &str) -> Option<usize> {
    let mut chars = right.char_indices();
    let mut before = made(chars.next()?.1);
    chars
        .find(|(_, c)| {
            let kind = made(*c);
            let begins = kind != Made::Blank && kind != before;
            before = kind;
            begins
        })
        .map(|(at, _)| at)
}
