//! Escape sequences by ECMA-48, in their 7-bit and their 8-bit spelling.

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;
/// First byte of U+0080 to U+00BF in UTF-8; U+0080 to U+009F are the C1 controls.
const C1: u8 = 0xc2;

/// Length in bytes of the whole sequence that `text` begins with. None where it begins with none, or with one that has no end: a
/// terminal would then swallow what follows, and a reader should not lose it. Looks at each byte once.
pub(crate) fn length(text: &str) -> Option<usize> {
    match text.as_bytes() {
        [ESCAPE, b'[', rest @ ..] => Some(2 + control(rest)?),
        [ESCAPE, b']', rest @ ..] => Some(2 + string(rest, true)?),
        [ESCAPE, b'P' | b'X' | b'^' | b'_', rest @ ..] => Some(2 + string(rest, false)?),
        [ESCAPE, rest @ ..] => Some(1 + plain(rest)?),
        [C1, 0x9b, rest @ ..] => Some(2 + control(rest)?),
        [C1, 0x9d, rest @ ..] => Some(2 + string(rest, true)?),
        [C1, 0x90 | 0x98 | 0x9e | 0x9f, rest @ ..] => Some(2 + string(rest, false)?),
        _ => None,
    }
}

/// Parameters, intermediate bytes, a final byte.
fn control(rest: &[u8]) -> Option<usize> {
    let parameters = count(rest, 0x30..=0x3f);
    let middle = count(rest.get(parameters..)?, 0x20..=0x2f);
    let end = parameters + middle;
    rest.get(end).filter(|last| (0x40..=0x7e).contains(*last)).map(|_| end + 1)
}

/// Text up to the string terminator on the same line. Only an operating system command may end with a bell.
fn string(rest: &[u8], may_ring: bool) -> Option<usize> {
    let end = rest.iter().enumerate().find(|(at, byte)| {
        **byte < 0x20 || **byte == 0x7f || (**byte == C1 && rest.get(at + 1).is_some_and(|next| *next < 0xa0))
    });
    let (at, _) = end?;
    match rest.get(at..)? {
        [BELL, ..] if may_ring => Some(at + 1),
        [ESCAPE, b'\\', ..] | [C1, 0x9c, ..] => Some(at + 2),
        _ => None,
    }
}

/// Intermediate bytes and a final byte. The letters that begin longer sequences have been looked at before.
fn plain(rest: &[u8]) -> Option<usize> {
    let middle = count(rest, 0x20..=0x2f);
    let opens =
        middle == 0 && rest.first().is_some_and(|first| matches!(first, b'[' | b']' | b'P' | b'X' | b'^' | b'_'));
    rest.get(middle).filter(|last| !opens && (0x30..=0x7e).contains(*last)).map(|_| middle + 1)
}

fn count(bytes: &[u8], range: std::ops::RangeInclusive<u8>) -> usize {
    bytes.iter().take_while(|byte| range.contains(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn whole_sequences_are_measured() {
        for whole in [
            "\u{1b}[2J",
            "\u{1b}[38;5;1m",
            "\u{1b}[?25l",
            "\u{1b}[4 q",
            "\u{1b}]0;title\u{7}",
            "\u{1b}]8;;http://a.test\u{1b}\\",
            "\u{1b}]52;c;aGk=\u{9c}",
            "\u{1b}P$qm\u{1b}\\",
            "\u{1b}_x\u{1b}\\",
            "\u{1b}^x\u{1b}\\",
            "\u{1b}Xx\u{1b}\\",
            "\u{1b}c",
            "\u{1b}(B",
            "\u{1b}#8",
            "\u{9b}2J",
            "\u{9d}0;title\u{7}",
            "\u{90}$qm\u{9c}",
        ] {
            assert_eq!(length(&format!("{whole}after")), Some(whole.len()), "{whole:?}");
        }
    }

    #[test]
    fn what_has_no_end_is_no_sequence() {
        for open in [
            "\u{1b}]0;title",
            "\u{1b}]0;ti\ntle\u{7}",
            "\u{1b}P$q\u{7}",
            "\u{1b}[12",
            "\u{1b}",
            "\u{9d}0;x",
            "\u{85}",
            "x",
        ] {
            assert_eq!(length(open), None, "{open:?}");
        }
    }
}
