//! Plain text out of a function's arguments as they come in: `{"input":"...` piece by piece, without waiting for the end.

/// What was taken out so far.
#[derive(Default)]
pub(super) struct Input {
    /// Arguments that were not read yet.
    rest: String,
    state: State,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    /// The text has not begun.
    #[default]
    Before,
    Within,
    /// The text has ended, or the arguments are of another form: what they mean is known when they are whole.
    Behind,
}

impl Input {
    /// Takes a piece of the arguments; gives the text that can be told from it.
    pub(super) fn push(&mut self, piece: &str) -> String {
        if self.state == State::Behind {
            return String::new();
        }
        self.rest.push_str(piece);
        if self.state == State::Before {
            match begin(&self.rest) {
                Begin::At(at) => {
                    self.rest.drain(..at);
                    self.state = State::Within;
                }
                Begin::Later => return String::new(),
                Begin::Never => {
                    self.state = State::Behind;
                    return String::new();
                }
            }
        }
        let (sure, ended) = sure(&self.rest);
        let text = serde_json::from_str(&format!("\"{}\"", self.rest.get(..sure).unwrap_or_default()));
        self.rest.drain(..sure);
        if ended || text.is_err() {
            self.state = State::Behind;
        }
        text.unwrap_or_default()
    }
}

enum Begin {
    At(usize),
    Later,
    Never,
}

/// Where the text begins.
fn begin(arguments: &str) -> Begin {
    let mut at = 0;
    for word in ["{", "\"input\"", ":", "\""] {
        let rest = arguments.get(at..).unwrap_or_default();
        at += rest.len() - rest.trim_start().len();
        let rest = rest.trim_start();
        if rest.starts_with(word) {
            at += word.len();
        } else if word.starts_with(rest) {
            return Begin::Later;
        } else {
            return Begin::Never;
        }
    }
    Begin::At(at)
}

/// How many bytes of a JSON string's inside can be read without knowing what follows, and whether it ends there.
fn sure(inside: &str) -> (usize, bool) {
    let bytes = inside.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let length = match byte {
            b'"' => return (at, true),
            b'\\' => match escape(bytes.get(at..).unwrap_or_default()) {
                Some(length) => length,
                None => return (at, false),
            },
            _ => 1,
        };
        at += length;
    }
    (at, false)
}

/// Length of an escape that is whole. The two halves of a character beyond the first plane are one.
fn escape(bytes: &[u8]) -> Option<usize> {
    match bytes.get(1)? {
        b'u' => {
            let digits = bytes.get(2..6)?;
            let high = digits.first().is_some_and(|digit| digit.eq_ignore_ascii_case(&b'd'))
                && digits.get(1).is_some_and(|digit| matches!(digit.to_ascii_lowercase(), b'8' | b'9' | b'a' | b'b'));
            match (high, bytes.get(6)) {
                (false, _) => Some(6),
                (true, None) => None,
                (true, Some(b'\\')) => bytes.get(..12).map(<[u8]>::len),
                (true, Some(_)) => Some(6),
            }
        }
        _ => Some(2),
    }
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
