//! The kinds that one sentence names, clause by clause: a sentence can ask for several things, and the cheap one must not hide the
//! other.

use std::collections::BTreeSet;

use protocol::TaskType;

use super::TaskWords;
use crate::words::{MOST_WORDS, Span, WordTable, head, words};

/// What one sentence names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Read {
    /// Groups of the policy's words.
    pub(super) groups: BTreeSet<usize>,
    /// It asks for something besides that no words are known for: `wire it up and add a docstring`.
    pub(super) more: bool,
}

/// Words between two clauses. What follows `then` is asked for as well, whatever its words.
const BETWEEN: [&str; 14] = [
    "and",
    "then",
    "but",
    "plus",
    "also",
    "afterwards",
    "when",
    "while",
    "after",
    "before",
    "because",
    "until",
    "since",
    "if",
];
const THEN: [&str; 2] = ["then", "afterwards"];

/// Words before the imperative of a clause.
const BEFORE_IT: [&str; 24] = [
    "please", "kindly", "can", "could", "would", "will", "you", "we", "i", "want", "need", "like", "d", "to", "now",
    "just", "let", "us", "s", "first", "next", "finally", "mind", "go",
];

/// Words with which something begins that is no imperative.
const NO_VERB: [&str; 34] = [
    "the", "a", "an", "this", "that", "these", "those", "all", "every", "each", "some", "my", "our", "your", "its",
    "there", "it", "in", "on", "at", "for", "of", "with", "from", "under", "as", "by", "hi", "hello", "hey", "ok",
    "okay", "yes", "no",
];

/// Reads a sentence.
pub(super) fn read(table: &WordTable, order: &[TaskWords], sentence: &str) -> Read {
    let sentence = head(sentence);
    let mut read = of(table, order, &without_code(sentence));
    if read.groups.is_empty() {
        // Names of code are words of the task only where there are no others.
        read.groups = of(table, order, sentence).groups;
    }
    read
}

fn of(table: &WordTable, order: &[TaskWords], sentence: &str) -> Read {
    let lower = sentence.to_lowercase();
    let mut read = Read::default();
    // Something new is told by its verb; elsewhere its words (`support`, `build`) are mostly parts of names.
    let mut in_passing = BTreeSet::new();
    let is_feature = |group: &usize| order.get(*group).is_some_and(|entry| entry.name == TaskType::Feature);
    for (number, (word, clause)) in clauses(&lower).into_iter().enumerate() {
        let (verb, about) = of_clause(table, &clause);
        let (new, mut groups): (BTreeSet<usize>, BTreeSet<usize>) = about.into_iter().partition(is_feature);
        in_passing.extend(new);
        // The verb gives way to what it is about where the policy names that before it: `fix the typo`, `add a test`.
        let gives_way = |verb: usize| groups.first().is_some_and(|first| *first < verb);
        groups.extend(verb.filter(|verb| !gives_way(*verb)));
        let asks = if number == 0 { is_imperative(&clause) } else { word.is_some_and(|word| THEN.contains(&word)) };
        read.more |= asks && groups.is_empty() && !clause.is_empty();
        read.groups.extend(groups);
    }
    // Where nothing is known of it at all, that is unknown by itself.
    read.more &= !read.groups.is_empty();
    if read.groups.is_empty() {
        read.groups = in_passing;
    }
    read
}

/// The clauses of a sentence as their words, each with the word that leads to it.
fn clauses(sentence: &str) -> Vec<(Option<&str>, Vec<&str>)> {
    let mut all: Vec<(Option<&str>, Vec<&str>)> = Vec::new();
    let mut left = MOST_WORDS;
    for part in sentence.split([',', ';', '(', ')']) {
        all.push((None, Vec::new()));
        for word in words(part).take(left) {
            left -= 1;
            match all.last_mut() {
                Some((led_by, clause)) if BETWEEN.contains(&word) && clause.is_empty() => *led_by = Some(word),
                Some((_, clause)) if !BETWEEN.contains(&word) => clause.push(word),
                _ => all.push((Some(word), Vec::new())),
            }
        }
    }
    all
}

/// Whether a clause that names no kind may well ask for something: it does not begin as a place, a thing or a greeting does.
fn is_imperative(words: &[&str]) -> bool {
    let first = words.iter().find(|word| !BEFORE_IT.contains(word));
    words.len() > 1 && first.is_some_and(|word| !NO_VERB.contains(word))
}

/// The kind that the verb of a clause is of, and those of what it is about.
fn of_clause(table: &WordTable, words: &[&str]) -> (Option<usize>, BTreeSet<usize>) {
    let spans = table.spans(words);
    let first = words.iter().position(|word| !BEFORE_IT.contains(word)).unwrap_or(0);
    let verbs: Vec<&Span> = spans.iter().filter(|span| span.from == first).collect();
    // What lies within the verb's own phrase is no more than that.
    let is_behind =
        |span: &&Span| span.from != first && !verbs.iter().any(|verb| verb.group == span.group && span.to <= verb.to);
    (verbs.iter().map(|verb| verb.group).min(), spans.iter().filter(is_behind).map(|span| span.group).collect())
}

/// The sentence without what is no language: paths, calls, names with signs in them, whatever stands between backticks.
fn without_code(sentence: &str) -> String {
    let quoted = sentence.split('`').enumerate();
    // An odd part stands between two backticks, unless the second is missing.
    let last = sentence.matches('`').count();
    let language = quoted.map(|(number, part)| if number % 2 == 1 && number < last { " " } else { part });
    let text: Vec<&str> = language.collect();
    let text = text.join(" ");
    let is_code = |word: &str| {
        let inner = word.trim_matches(|sign: char| !sign.is_alphanumeric() && sign != '_' && sign != '/');
        let signs = inner.contains(['_', '/', '\\', '.', '(', '<', '=']) || inner.contains("::");
        let humps =
            inner.chars().zip(inner.chars().skip(1)).any(|(one, next)| one.is_lowercase() && next.is_uppercase());
        signs || humps
    };
    let kept = text.split_inclusive(char::is_whitespace).map(|word| match is_code(word.trim()) {
        // What a sign behind it parts stays parted.
        true => word.trim_start_matches(|sign: char| !matches!(sign, ',' | ';')).trim_start(),
        false => word,
    });
    kept.collect()
}

#[cfg(test)]
mod tests {
    use super::without_code;

    #[test]
    fn names_of_code_are_no_words_of_the_task() {
        for (sentence, language) in [
            ("Add a docstring to fix_parser().", "Add a docstring to"),
            ("Rename `fix me` to FixThat, then go", "Rename to , then go"),
            ("One ` alone stays", "One alone stays"),
            ("Fix src/crash.rs; add it.", "Fix ; add it."),
        ] {
            let kept = without_code(sentence);
            assert_eq!(kept.split_whitespace().collect::<Vec<_>>().join(" "), language);
        }
    }
}
