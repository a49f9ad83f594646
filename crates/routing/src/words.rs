//! Many phrases looked for in one text at once.

use std::collections::{BTreeSet, HashMap};

use crate::phrases::Phrases;

/// Words of a text that are looked at, and its bytes; a task that is longer says what it wants before that.
pub(crate) const MOST_WORDS: usize = 4_000;
const MOST_BYTES: usize = 64 * 1024;

/// As much of a text as is looked at.
pub(crate) fn head(text: &str) -> &str {
    &text[..text.floor_char_boundary(MOST_BYTES)]
}

/// The words of a text: letters and digits, whatever stands between.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Groups of phrases. Sorted by the letter they begin with, so that a long text and many phrases cost little.
#[derive(Clone, Debug, Default)]
pub(crate) struct WordTable {
    by_letter: HashMap<char, Vec<Entry>>,
    weights: Vec<usize>,
    /// Words of the longest phrase.
    longest: usize,
}

/// Where a phrase of a group stands in a text: from its first word to behind its last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) group: usize,
}

impl Span {
    /// Whether another is a part of this one, and shorter.
    fn holds(&self, other: &Self) -> bool {
        self.from <= other.from && other.to <= self.to && other.to - other.from < self.to - self.from
    }
}

#[derive(Clone, Debug)]
struct Entry {
    group: usize,
    words: Vec<Word>,
}

#[derive(Clone, Debug)]
struct Word {
    stem: String,
    goes_on: bool,
}

impl Word {
    fn fits(&self, word: &str) -> bool {
        if self.goes_on { word.starts_with(&self.stem) } else { word == self.stem }
    }
}

impl WordTable {
    /// A table of groups of phrases.
    ///
    /// # Errors
    /// Group and index of the first that is no phrase, and what is wrong with it.
    pub(crate) fn new<'a>(groups: impl Iterator<Item = &'a [String]>) -> Result<Self, (usize, usize, String)> {
        let mut table = Self::default();
        for (group, written) in groups.enumerate() {
            let phrases = Phrases::new(written.to_vec()).map_err(|(index, problem)| (group, index, problem))?;
            for phrase in phrases.words() {
                let words: Vec<Word> = phrase.iter().map(|word| Word::of(word)).collect();
                table.longest = table.longest.max(words.len());
                if let Some(letter) = words.first().and_then(|word| word.stem.chars().next()) {
                    table.by_letter.entry(letter).or_default().push(Entry { group, words });
                }
            }
        }
        Ok(table)
    }

    /// The same table with what each group weighs.
    pub(crate) fn with_weights(self, weights: Vec<usize>) -> Self {
        Self { weights, ..self }
    }

    /// What a group weighs; 0 where nobody said.
    pub(crate) fn weight(&self, group: usize) -> usize {
        self.weights.get(group).copied().unwrap_or(0)
    }

    /// Where the phrases stand among words in lower case, in their order. One that is part of a longer one of another group says
    /// nothing of its own: a `regression test` is no regression.
    pub(crate) fn spans(&self, words: &[&str]) -> Vec<Span> {
        let mut all = Vec::new();
        self.each(words, |span| all.push(span));
        all.sort_unstable();
        all.dedup();
        let is_part = |at: usize, span: &Span| {
            // Only a phrase that begins as early, or a little earlier, can hold it.
            let before = all[..at].iter().rev().take_while(|other| other.from + self.longest > span.from);
            let beside = all[at..].iter().take_while(|other| other.from == span.from);
            before.chain(beside).any(|other| other.group != span.group && other.holds(span))
        };
        all.iter().enumerate().filter(|(at, span)| !is_part(*at, span)).map(|(_, span)| span.clone()).collect()
    }

    /// The groups of which a text holds a phrase, in their order.
    pub(crate) fn found_in(&self, text: &str) -> BTreeSet<usize> {
        let lower = head(text).to_lowercase();
        let words: Vec<&str> = words(&lower).take(MOST_WORDS).collect();
        self.found(&words)
    }

    /// The groups of which a path has a word. `LoginController.java` has `login`, `controller` and `java`.
    pub(crate) fn found_in_path(&self, path: &str) -> BTreeSet<usize> {
        let mut parted = String::with_capacity(path.len() + 8);
        let mut before = ' ';
        for sign in path.chars() {
            if before.is_lowercase() && sign.is_uppercase() {
                parted.push(' ');
            }
            parted.push(sign);
            before = sign;
        }
        self.found_in(&parted)
    }

    fn found(&self, words: &[&str]) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        self.each(words, |span| {
            found.insert(span.group);
        });
        found
    }

    fn each(&self, words: &[&str], mut found: impl FnMut(Span)) {
        for from in 0..words.len() {
            let here = &words[from..];
            let letter = here.first().and_then(|word| word.chars().next());
            for entry in letter.and_then(|letter| self.by_letter.get(&letter)).into_iter().flatten() {
                let holds = entry.words.len() <= here.len()
                    && entry.words.iter().zip(here).all(|(wanted, word)| wanted.fits(word));
                if holds {
                    found(Span { from, to: from + entry.words.len(), group: entry.group });
                }
            }
        }
    }
}

impl Word {
    fn of(word: &str) -> Self {
        match word.strip_suffix('*') {
            Some(stem) => Self { stem: stem.to_owned(), goes_on: true },
            None => Self { stem: word.to_owned(), goes_on: false },
        }
    }
}
