//! A recorded token flow in neutral form: who called which model when, with which tokens, and which tools it asked for. What
//! every log is read into, and what is priced anew.

use std::collections::BTreeMap;

use protocol::{Timestamp, Usage};

use crate::activity::Activity;

/// Characters per token where only characters are known: measured over the tool results and answers of recorded sessions of
/// programming work.
pub const CHARS_PER_TOKEN: f64 = 3.37;

/// Tokens that a text of so many characters is taken for.
pub fn tokens_of_chars(chars: u64) -> u64 {
    (chars as f64 / CHARS_PER_TOKEN).round() as u64
}

/// A tool call of a model call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// As the log names it.
    pub name: String,
    /// What it is part of.
    pub activity: Activity,
    /// Characters of its result; 0 where there was none.
    pub result_chars: u64,
    /// It failed or was refused.
    pub error: bool,
}

/// A model call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When.
    pub at: Timestamp,
    /// The model as the log names it, date included.
    pub model: String,
    /// Billed tokens, with the output as it is counted here.
    pub usage: Usage,
    /// The log says less output than the text in it takes, so that the output is an estimate.
    pub output_estimated: bool,
    /// A person said something before it.
    pub human: bool,
    /// What it asked for.
    pub tools: Vec<Tool>,
}

impl Call {
    /// It asked for tools, and for nothing but these kinds of work.
    pub fn only(&self, activities: &[Activity]) -> bool {
        !self.tools.is_empty() && self.tools.iter().all(|tool| activities.contains(&tool.activity))
    }

    /// Tokens of its tools' results.
    pub fn result_tokens(&self) -> u64 {
        tokens_of_chars(self.tools.iter().map(|tool| tool.result_chars).sum())
    }
}

/// One agent's calls in a session, in order: they share a context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Track {
    /// The name of a sub-agent; none for the agent that the person talks to.
    pub sub_agent: Option<String>,
    /// Its calls.
    pub calls: Vec<Call>,
}

/// A session of another tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// As the log names it.
    pub id: String,
    /// Its agents, in the order of their first calls.
    pub tracks: Vec<Track>,
}

impl Session {
    /// The calls of an agent, made where there are none yet.
    pub(crate) fn track(&mut self, sub_agent: Option<&str>) -> &mut Track {
        let found = self.tracks.iter().position(|track| track.sub_agent.as_deref() == sub_agent);
        let at = found.unwrap_or_else(|| {
            self.tracks.push(Track { sub_agent: sub_agent.map(str::to_owned), calls: Vec::new() });
            self.tracks.len() - 1
        });
        &mut self.tracks[at]
    }
}

/// Everything that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// The sessions, in the order they were found.
    pub sessions: Vec<Session>,
    /// What was left out, by kind (`record progress`, `field slug`, `broken line`), with how often.
    pub skipped: BTreeMap<String, u64>,
}

/// Kinds that are counted by name; what comes then goes under one. A log can have any number of field names.
const SKIPPED_KINDS: usize = 200;

impl Flow {
    /// All agents' calls.
    pub fn tracks(&self) -> impl Iterator<Item = &Track> {
        self.sessions.iter().flat_map(|session| &session.tracks)
    }

    /// All calls.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.tracks().flat_map(|track| &track.calls)
    }

    /// Something was left out.
    pub(crate) fn skip(&mut self, kind: String) {
        let known = self.skipped.contains_key(&kind) || self.skipped.len() < SKIPPED_KINDS;
        *self.skipped.entry(if known { kind } else { "anything else".to_owned() }).or_default() += 1;
    }

    /// The session of this name, made where there is none yet.
    pub(crate) fn session(&mut self, id: &str) -> &mut Session {
        let at = self.sessions.iter().rposition(|session| session.id == id).unwrap_or_else(|| {
            self.sessions.push(Session { id: id.to_owned(), tracks: Vec::new() });
            self.sessions.len() - 1
        });
        &mut self.sessions[at]
    }

    /// What was begun and holds no call is nobody's session.
    pub(crate) fn tidy(&mut self) {
        for session in &mut self.sessions {
            session.tracks.retain(|track| !track.calls.is_empty());
        }
        self.sessions.retain(|session| !session.tracks.is_empty());
    }
}
