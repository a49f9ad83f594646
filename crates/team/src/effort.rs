//! `MODEL@EFFORT`: how hard to think, behind the name of a model.

use catalogue::ModelRef;
use protocol::Effort;

use crate::error::did_you_mean;
use crate::show::effort_word;

/// From the least to the most.
const EFFORTS: [Effort; 7] =
    [Effort::None, Effort::Minimal, Effort::Low, Effort::Medium, Effort::High, Effort::Xhigh, Effort::Max];

/// A model that a person chose, and how hard it is to think where they said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The model.
    pub at: ModelRef,
    /// None: what the file says, otherwise the model's own.
    pub effort: Option<Effort>,
}

impl From<ModelRef> for Choice {
    fn from(at: ModelRef) -> Self {
        Self { at, effort: None }
    }
}

/// `openai/gpt-6.1-sol@high`
impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.at.fmt(f)?;
        self.effort.map_or(Ok(()), |effort| write!(f, "@{}", effort_word(effort)))
    }
}

/// A word behind `@` that is no effort.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "found effort `{found}` in `{name}`; allowed behind `@` are {}{}",
    effort_words().join(", "),
    did_you_mean(found, effort_words().iter().map(String::as_str))
)]
pub struct UnknownEffort {
    /// The whole name.
    pub name: String,
    /// What stands behind the `@`.
    pub found: String,
}

/// A model's name and its effort. `@` and a digit is part of the name: some providers date their models like that
/// (`claude-opus@20251101`).
///
/// # Errors
/// The word behind `@` is no effort.
pub fn split_effort(name: &str) -> Result<(&str, Option<Effort>), UnknownEffort> {
    let Some((model, word)) = name.rsplit_once('@') else { return Ok((name, None)) };
    if word.starts_with(|first: char| first.is_ascii_digit()) {
        return Ok((name, None));
    }
    match EFFORTS.into_iter().find(|effort| effort_word(*effort) == word) {
        Some(effort) => Ok((model, Some(effort))),
        None => Err(UnknownEffort { name: name.to_owned(), found: word.to_owned() }),
    }
}

fn effort_words() -> Vec<String> {
    EFFORTS.map(effort_word).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effort_stands_behind_the_name_and_a_date_is_part_of_it() {
        assert_eq!(split_effort("fast"), Ok(("fast", None)));
        assert_eq!(split_effort("openai/gpt-5@xhigh"), Ok(("openai/gpt-5", Some(Effort::Xhigh))));
        assert_eq!(split_effort("opus@20251101"), Ok(("opus@20251101", None)));
        assert_eq!(split_effort("opus@20251101@low"), Ok(("opus@20251101", Some(Effort::Low))));
    }

    #[test]
    fn a_word_that_is_no_effort_is_answered_with_those_there_are() {
        let error = split_effort("fast@hgh").unwrap_err().to_string();
        let words =
            "found effort `hgh` in `fast@hgh`; allowed behind `@` are none, minimal, low, medium, high, xhigh, max";
        assert_eq!(error, format!("{words}; did you mean `high`?"));
        assert!(split_effort("fast@").is_err());
    }
}
