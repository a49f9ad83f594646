//! What kind of work a task is, by words that stand in the policy: a rule that a person can read and change.

use protocol::TaskType;
use serde::{Deserialize, Serialize};

use crate::words::WordTable;

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
    /// Of everything after it, which may have been pasted: it may only raise. In the order of the policy.
    pub(crate) rest: Vec<TaskType>,
}

/// Reads the kinds off a task. Of several in one sentence the first of the policy's order counts.
pub(crate) fn kinds(table: &WordTable, order: &[TaskWords], task: &str) -> Kinds {
    let (first, rest) = sentences(task);
    let named =
        |text: &str| table.found_in(text).into_iter().filter_map(|index| order.get(index)).map(|entry| entry.name);
    Kinds { own: named(first).next().unwrap_or_default(), rest: named(rest).collect() }
}

/// The first sentence of a task, the imperative that the user wrote; the whole text where it is one. It ends at `.`, `!`, `?`
/// or `:` before white space, or at a line break. What stands after it counts as pasted.
pub fn first_sentence(task: &str) -> &str {
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

/// Whether a task begins with a question: then an answer is enough, whatever kind its words name.
pub fn is_question(task: &str) -> bool {
    first_sentence(task).trim_end().ends_with('?')
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
