//! A text file as a model sees it, with `\n` only, that remembers how each of its lines really ended.

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replacement {
    /// What is there; must not be empty.
    pub(crate) old: String,
    /// What shall be there.
    pub(crate) new: String,
    /// Every place, not exactly one.
    pub(crate) all: bool,
}

/// Why a replacement does not apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// The text occurs nowhere.
    Nowhere,
    /// It begins at these lines (from 1), and one was wanted.
    Several(Vec<usize>),
}

/// A text whose line breaks are all `\n`, and beside it which of them are `\r\n` in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    body: String,
    /// One per `\n` of `body`.
    crlf: Vec<bool>,
}

impl Text {
    pub(crate) fn parse(raw: &str) -> Self {
        let mut body = String::with_capacity(raw.len());
        let mut crlf = Vec::new();
        for line in raw.split_inclusive('\n') {
            match line.strip_suffix("\r\n") {
                Some(line) => {
                    body.push_str(line);
                    body.push('\n');
                    crlf.push(true);
                }
                None => {
                    body.push_str(line);
                    if line.ends_with('\n') {
                        crlf.push(false);
                    }
                }
            }
        }
        Self { body, crlf }
    }

    /// As it stands in the file.
    pub(crate) fn render(&self) -> String {
        let mut raw = String::with_capacity(self.body.len() + self.crlf.len());
        for (index, line) in self.body.split_inclusive('\n').enumerate() {
            match (line.strip_suffix('\n'), self.crlf.get(index)) {
                (Some(line), Some(true)) => {
                    raw.push_str(line);
                    raw.push_str("\r\n");
                }
                _ => raw.push_str(line),
            }
        }
        raw
    }

    /// With `\n` only.
    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    /// Every line break of the file is `\r\n`, and there is one.
    pub(crate) fn is_crlf(&self) -> bool {
        !self.crlf.is_empty() && self.crlf.iter().all(|crlf| *crlf)
    }

    /// Makes every line break `\r\n`.
    pub(crate) fn make_crlf(&mut self) {
        self.crlf.fill(true);
    }

    /// Applies one replacement; tells how many places were changed. Places that overlap an earlier one do not count, when
    /// all are wanted.
    pub(crate) fn apply(&mut self, replacement: &Replacement) -> Result<usize, Mismatch> {
        let old = replacement.old.replace("\r\n", "\n");
        let new = replacement.new.replace("\r\n", "\n");
        let places = if replacement.all {
            self.body.match_indices(&old).map(|(at, _)| at).collect()
        } else {
            overlapping(&self.body, &old)
        };
        match places.as_slice() {
            [] => return Err(Mismatch::Nowhere),
            [_] => {}
            _ if replacement.all => {}
            places => return Err(Mismatch::Several(self.lines_of(places))),
        }
        // From the end, so that the places before stay where they are.
        for at in places.iter().rev() {
            self.splice(*at, old.len(), &new);
        }
        Ok(places.len())
    }

    fn splice(&mut self, at: usize, length: usize, new: &str) {
        let before = breaks(&self.body[..at]);
        let gone = breaks(&self.body[at..at + length]);
        let was: Vec<bool> = self.crlf[before..before + gone].to_vec();
        // New breaks are like those they replace; where there are more, like the last of them, or like a neighbour.
        let like = was.last().or_else(|| before.checked_sub(1).and_then(|index| self.crlf.get(index)));
        let like = like.or_else(|| self.crlf.get(before)).copied().unwrap_or(false);
        let now = (0..breaks(new)).map(|index| was.get(index).copied().unwrap_or(like));
        self.crlf.splice(before..before + gone, now.collect::<Vec<_>>());
        self.body.replace_range(at..at + length, new);
    }

    fn lines_of(&self, places: &[usize]) -> Vec<usize> {
        places.iter().map(|at| breaks(&self.body[..*at]) + 1).collect()
    }
}

/// Every place where a text begins, also where places overlap: `aa` is twice in `aaa`, so it is not unique there.
fn overlapping(body: &str, old: &str) -> Vec<usize> {
    let mut places = Vec::new();
    let mut from = 0;
    while let Some(at) = body.get(from..).and_then(|rest| rest.find(old)) {
        places.push(from + at);
        from = body.ceil_char_boundary(from + at + 1);
    }
    places
}

fn breaks(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
