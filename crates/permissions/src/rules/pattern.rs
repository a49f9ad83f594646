//! The words that a command begins with.

use crate::views::Token;

/// Whether a rule fits a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    /// It does not.
    No,
    /// That is only known when the command runs.
    Perhaps,
    /// It does.
    Yes,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    words: Vec<Option<String>>,
    open: bool,
}

impl Pattern {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut words: Vec<&str> = text.split_whitespace().collect();
        let open = words.len() > 1 && words.last() == Some(&"*");
        if open {
            words.pop();
        }
        match words.first() {
            None => return Err("`command` is empty; give the words that the command begins with".to_owned()),
            Some(&"*") => {
                return Err("a rule for every command is a mode, not a rule; begin with a program's name".to_owned());
            }
            Some(_) => {}
        }
        if let Some(word) = words.iter().find(|word| word.len() > 1 && word.contains('*')) {
            return Err(format!("`{word}`: a `*` stands for a whole word, never for a part of one"));
        }
        if let Some(word) =
            words.iter().find(|word| word.contains(['\'', '"', '|', ';', '&', '>', '<', '$', '`', '\\']))
        {
            return Err(format!(
                "`{word}`: words are given as the program gets them, without quotes or signs of the shell"
            ));
        }
        Ok(Self { words: words.iter().map(|word| (*word != "*").then(|| (*word).to_owned())).collect(), open })
    }

    /// The first word.
    pub(crate) fn program(&self) -> &str {
        self.words.first().and_then(Option::as_deref).unwrap_or_default()
    }

    /// The same words in the same order, with others between them: options before a subcommand (`git -C . push`) can have values, so that
    /// only running it tells whether it is the command that is meant.
    pub(crate) fn fits_scattered(&self, command: &[Token]) -> bool {
        let mut values = command.iter().filter_map(|token| token.value.as_deref());
        let begins = values.next().is_some_and(|first| first == self.program());
        begins
            && self.words.len() > 1
            && self.words.iter().skip(1).flatten().all(|word| values.any(|value| value == word))
    }

    pub(crate) fn fit(&self, command: &[Token]) -> Fit {
        let mut command = command.iter();
        for word in &self.words {
            match (word, command.next()) {
                (_, None) => return Fit::No,
                // An unknown word may become none, or many.
                (_, Some(Token { value: None, .. })) => return Fit::Perhaps,
                (Some(word), Some(Token { value: Some(value), .. })) if word != value => return Fit::No,
                _ => {}
            }
        }
        match command.next() {
            Some(Token { value: None, .. }) if !self.open => Fit::Perhaps,
            Some(_) if !self.open => Fit::No,
            _ => Fit::Yes,
        }
    }
}
