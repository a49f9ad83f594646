//! What kind of work a task is, by words that stand in the policy: a rule that a person can read and change.

mod clause;

use protocol::TaskType;
use serde::{Deserialize, Serialize};

use crate::words::{WordTable, words};

/// Words by which a kind of task is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TaskWords {
    /// The kind.
    pub name: TaskType,
    /// Phrases, as in [`crate::Phrases`].
    pub words: Vec<String>,
}

/// The kinds that a text's words name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kinds {
    /// Of the first sentence: the user's own imperative.
    pub(crate) own: TaskType,
    /// What it names besides, and what everything after it names, which may have been pasted: it may only raise.
    pub(crate) rest: Vec<TaskType>,
}

impl Kinds {
    /// Whether a task only looks: its own imperative asks where something is or what it does, or is a question about no change, and no
    /// later sentence names a kind of work that changes something.
    pub(crate) fn only_read(&self, task: &str) -> bool {
        let looks = matches!(self.own, TaskType::Navigation | TaskType::Search);
        let asks = is_question(task) && !asks_for_a_change(self.own);
        (looks || asks) && !self.rest.iter().any(|kind| asks_for_a_change(*kind) || *kind == TaskType::Unknown)
    }
}

/// Reads the kinds off a task. Of several that the first sentence names the most demanding is its own, by the lane that the policy
/// gives them; of equals the first in the policy's order.
pub(crate) fn kinds(table: &WordTable, order: &[TaskWords], task: &str) -> Kinds {
    let (first, later) = sentences(task);
    let named = |group: usize| order.get(group).map(|entry| entry.name);
    let read = clause::read(table, order, first);
    let own = read.groups.iter().copied().max_by_key(|group| (table.weight(*group), std::cmp::Reverse(*group)));
    let others = read.groups.iter().filter(|group| Some(**group) != own).copied();
    let mut rest: Vec<TaskType> = others.chain(table.found_in(later)).filter_map(named).collect();
    // It asks for something that no words are known for.
    rest.extend(read.more.then_some(TaskType::Unknown));
    Kinds { own: own.and_then(named).unwrap_or_default(), rest }
}

/// The first sentence of a task, the imperative that the user wrote; the whole text where it is one. It ends at `.`, `!`, `?`
/// or `:` before white space, or at a line break. What stands after it counts as pasted.
fn first_sentence(task: &str) -> &str {
    sentences(task).0
}

fn sentences(task: &str) -> (&str, &str) {
    let task = task.trim_start();
    let mut signs = task.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        let before_space = signs.peek().is_some_and(|(_, next)| next.is_whitespace());
        if sign == '\n' || (matches!(sign, '.' | '!' | '?' | ':') && before_space) {
            return task.split_at(at + sign.len_utf8());
        }
    }
    (task, "")
}

/// Words with which a sentence asks for something to be known.
const ASKING: [&str; 9] = ["what", "how", "why", "where", "which", "who", "whose", "when", "whether"];

/// Whether a task begins with a question: then an answer is enough, whatever kind its words name. A request that is only made
/// politely is none: `could you add a test?`, `a docstring, please?`
pub fn is_question(task: &str) -> bool {
    let first = first_sentence(task).trim_end();
    first.ends_with('?') && !is_request(&first.to_lowercase())
}

/// Words in lower case that ask somebody to do something. Behind a word that asks (`how would you ...`) they do not.
fn is_request(sentence: &str) -> bool {
    let words: Vec<&str> = words(sentence).collect();
    let asked = words.iter().position(|word| ASKING.contains(word)).unwrap_or(words.len());
    let somebody = |pair: &[&str]| {
        matches!(
            pair,
            ["can" | "could" | "will" | "would" | "may" | "might", "you" | "we" | "somebody" | "someone" | "i"]
        )
    };
    words.contains(&"please") || words[..asked].windows(2).any(somebody)
}

/// Whether a task of this kind is only done when something changed.
pub fn asks_for_a_change(kind: TaskType) -> bool {
    use TaskType as Kind;
    match kind {
        Kind::Docstring | Kind::Reformat | Kind::Tests | Kind::BugFix | Kind::Feature | Kind::Refactor => true,
        Kind::Navigation | Kind::Search | Kind::Review | Kind::Architecture | Kind::Algorithm | Kind::Unknown => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_known_by_its_first_sentence() {
        assert!(is_question("Where is the readme?"));
        assert!(is_question("Why does it fail? It should not."));
        assert!(!is_question("Fix the readme. Is that clear?"));
    }

    #[test]
    fn a_polite_request_is_no_question() {
        for request in [
            "Could you add a docstring to the answer?",
            "can you rename it?",
            "Would you mind fixing the typo?",
            "Will you write a test?",
            "Can we have a test for it?",
            "A docstring for the parser, please?",
            "Hi! Could you help?".trim_start_matches("Hi! "),
        ] {
            assert!(!is_question(request), "{request}");
        }
        for question in [
            "Can the parser handle commas?",
            "How would you add a test here?",
            "What can I do with it?",
            "Where could we have gone wrong?",
            "Would it break?",
        ] {
            assert!(is_question(question), "{question}");
        }
    }

    #[test]
    fn the_first_sentence_ends_where_a_sentence_ends_and_not_in_a_files_name() {
        for (task, first) in [
            ("Fix src/lib.rs please. Then rest.", "Fix src/lib.rs please."),
            ("  Fix it\nand more", "Fix it\n"),
            ("Fix this: the log says", "Fix this:"),
            ("Fix it", "Fix it"),
            ("Bump to 1.2.3", "Bump to 1.2.3"),
            ("", ""),
        ] {
            assert_eq!(first_sentence(task), first);
        }
    }
}
