//! What an answer comes to: it goes out, and the history says so.

use super::App;
use super::entry::{Body, Tone};
use crate::feed::{Act, Asked, Reply};
use crate::text::{clip, plain};
use crate::view::drawn_as_diff;
use crate::view::line::first_line;

/// Columns of what was asked that the history repeats.
const REPEATED: usize = 60;

/// What was asked for, in a line: of a change the file and how many lines.
fn in_short(tool: &str, what: &str) -> String {
    match drawn_as_diff(tool, what) {
        Some(change) => format!("{} +{} -{}", plain(&change.path), change.added, change.removed),
        None => first_line(what),
    }
}

impl App {
    /// The first question is answered.
    pub(super) fn answered(&mut self, reply: Reply) -> Vec<Act> {
        let Some(first) = self.questions.take_first() else { return Vec::new() };
        let (tone, said) = match (&first.ask.asked, &reply) {
            (Asked::Approval { agent, tool, what, .. }, reply) => {
                let asked = format!("{}: {tool} {}", plain(agent.as_str()), clip(&in_short(tool, what), REPEATED));
                match reply {
                    Reply::Once | Reply::Words(_) => (Tone::Dim, format!("you allowed once, {asked}")),
                    Reply::Always => {
                        let covers = first.always().unwrap_or_default();
                        (Tone::Dim, format!("you allowed always ({}), {asked}", plain(covers)))
                    }
                    Reply::No(reason) if reason.is_empty() => (Tone::Warn, format!("you said no, {asked}")),
                    Reply::No(reason) => (Tone::Warn, format!("you said no, {asked}; told why: {}", plain(reason))),
                }
            }
            (Asked::Words { agent, question }, reply) => {
                let question = format!("{} asked: {}", plain(agent.as_str()), plain(question));
                self.told.show(Body::Note { tone: Tone::Plain, text: question });
                match reply {
                    Reply::Words(words) => (Tone::Plain, format!("you: {}", redact::inert(words))),
                    _ => (Tone::Warn, "you gave no answer".to_owned()),
                }
            }
            (Asked::Confirm { title, .. }, reply) => {
                let word = if matches!(reply, Reply::No(_)) { "no" } else { "yes" };
                (Tone::Dim, format!("{}: {word}", plain(title)))
            }
            (Asked::Choice { title, .. }, Reply::Words(key)) => {
                (Tone::Dim, format!("{}: {}", plain(title), plain(key)))
            }
            (Asked::Choice { title, .. }, _) => (Tone::Dim, format!("{}: none", plain(title))),
        };
        self.told.show(Body::Note { tone, text: said });
        self.answer.take();
        vec![Act::Answer { id: first.ask.id, reply }]
    }

    /// A dim line.
    pub(super) fn note(&mut self, words: &str) {
        self.told.show(Body::Note { tone: Tone::Dim, text: words.to_owned() });
    }
}
