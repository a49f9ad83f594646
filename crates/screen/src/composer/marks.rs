//! Long pasted text stands in the box as one character of a private plane: the editor moves over it, deletes it, yanks it and undoes it as
//! one, and it is drawn as `[pasted 1: 128 lines]`.

use std::sync::Arc;

/// The characters that stand for pasted text: all of Unicode's supplementary private use area B, which no font and no text is expected to
/// use. Text that holds one of them all the same becomes a mark itself, so that nothing is mistaken.
const FIRST: u32 = 0x10_0000;
const LAST: u32 = 0x10_fffd;

/// A paste of more lines than this stands as a mark.
const MOST_LINES: usize = 10;
/// A paste of more characters than this stands as a mark.
const MOST_CHARACTERS: usize = 1_000;

/// Whether a character may stand for pasted text.
pub(super) fn is_mark(c: char) -> bool {
    (FIRST..=LAST).contains(&u32::from(c))
}

/// Whether text is too long to be shown in the box.
pub(super) fn is_long(text: &str) -> bool {
    exceeds(text, MOST_LINES, MOST_CHARACTERS)
}

/// Whether text has more lines or characters than that.
pub(super) fn exceeds(text: &str, lines: usize, characters: usize) -> bool {
    text.lines().nth(lines).is_some() || text.chars().nth(characters).is_some()
}

/// What was pasted, for as long as the box lives: what is undone or recalled may name it again.
#[derive(Debug, Default)]
pub(super) struct Marks {
    pasted: Vec<Pasted>,
}

#[derive(Debug)]
struct Pasted {
    text: Arc<str>,
    label: String,
}

impl Marks {
    /// The character that stands for this text from now on; none where all are in use.
    pub(super) fn put(&mut self, text: &str) -> Option<char> {
        let index = self.pasted.len();
        let mark = u32::try_from(index).ok().and_then(|index| FIRST.checked_add(index));
        let mark = mark.filter(|mark| *mark <= LAST).and_then(char::from_u32)?;
        let size = match (text.lines().count(), text.chars().count()) {
            (0 | 1, 1) => "1 character".to_owned(),
            (0 | 1, characters) => format!("{characters} characters"),
            (lines, _) => format!("{lines} lines"),
        };
        self.pasted.push(Pasted { text: text.into(), label: format!("[pasted {}: {size}]", index + 1) });
        Some(mark)
    }

    fn pasted(&self, mark: char) -> Option<&Pasted> {
        let index = u32::from(mark).checked_sub(FIRST)?;
        self.pasted.get(usize::try_from(index).ok()?)
    }

    /// What is drawn in its place.
    pub(super) fn label(&self, mark: char) -> Option<&str> {
        self.pasted(mark).map(|pasted| pasted.label.as_str())
    }

    /// The text with everything that was pasted put back.
    pub(super) fn expand(&self, text: &str) -> String {
        let mut whole = String::with_capacity(text.len());
        for c in text.chars() {
            match self.pasted(c) {
                Some(pasted) => whole.push_str(&pasted.text),
                None => whole.push(c),
            }
        }
        whole
    }
}
