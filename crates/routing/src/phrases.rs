//! Words to look for in a text.

use serde::{Serialize, Serializer};

/// Phrases, as the policy lists them: words that follow each other, whatever the case and whatever stands between them but
/// letters and digits. `*` at the end of a word lets it go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phrases {
    written: Vec<String>,
    words: Vec<Vec<String>>,
}

impl Phrases {
    /// Takes phrases apart.
    ///
    /// # Errors
    /// The index of the first that holds no word, or has `*` elsewhere than at the end of a word, and what is wrong with it.
    pub fn new(written: Vec<String>) -> Result<Self, (usize, String)> {
        let mut words = Vec::with_capacity(written.len());
        for (index, phrase) in written.iter().enumerate() {
            let parts: Vec<String> = phrase.split_whitespace().map(str::to_lowercase).collect();
            let fits = |part: &String| {
                let stem = part.strip_suffix('*').unwrap_or(part);
                !stem.is_empty() && stem.chars().all(char::is_alphanumeric)
            };
            if parts.is_empty() || !parts.iter().all(fits) {
                let problem = format!(
                    "`{phrase}` is no phrase: words of letters and digits with spaces between, `*` only at the end of a word"
                );
                return Err((index, problem));
            }
            words.push(parts);
        }
        Ok(Self { written, words })
    }

    /// The phrases as they were written.
    pub fn written(&self) -> &[String] {
        &self.written
    }

    /// The words of each phrase, in lower case.
    pub(crate) fn words(&self) -> &[Vec<String>] {
        &self.words
    }

    /// The first phrase, in the order of the policy, that a text holds.
    pub fn found_in(&self, text: &str) -> Option<&str> {
        let text = text.to_lowercase();
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let holds = |phrase: &Vec<String>| words.windows(phrase.len()).any(|here| here.iter().zip(phrase).all(fits));
        let index = self.words.iter().position(holds)?;
        self.written.get(index).map(String::as_str)
    }
}

fn fits((word, wanted): (&&str, &String)) -> bool {
    match wanted.strip_suffix('*') {
        Some(stem) => word.starts_with(stem),
        None => *word == wanted,
    }
}

impl Serialize for Phrases {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(written: &[&str]) -> Result<Phrases, (usize, String)> {
        Phrases::new(written.iter().map(|phrase| (*phrase).to_owned()).collect())
    }

    #[test]
    fn a_phrase_is_found_whatever_its_case_and_the_signs_between_its_words() {
        let known = phrases(&["best way"]).unwrap();
        for text in ["Find the best way.", "BEST WAY", "the best\nway", "best-way", "\"best\" way"] {
            assert_eq!(known.found_in(text), Some("best way"), "{text}");
        }
        for text in ["", "best", "way best", "best of a way", "bestway", "the best wayfarer"] {
            assert_eq!(known.found_in(text), None, "{text}");
        }
    }

    #[test]
    fn a_star_lets_a_word_go_on() {
        let known = phrases(&["decid*"]).unwrap();
        assert!(known.found_in("Deciding that").is_some());
        assert!(known.found_in("undecided").is_none());
    }

    #[test]
    fn what_is_no_phrase_is_named_by_its_index() {
        for wrong in ["", "  ", "*", "a*b", "trade-off"] {
            assert_eq!(phrases(&["fine", wrong]).unwrap_err().0, 1, "`{wrong}`");
        }
    }
}
