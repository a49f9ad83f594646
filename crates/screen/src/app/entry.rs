//! One thing that happened, as it stands in the history and in the viewer: its text, never its drawing.

use protocol::{AgentId, Usd};

/// Something that happened.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Counts what can be opened, from 1; none where there is nothing more than what is shown.
    pub(crate) number: Option<u32>,
    /// What it is.
    pub(crate) body: Body,
}

/// How something a person typed is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typing {
    /// A turn's input.
    Prompt,
    /// Said before the next step.
    Steer,
    /// A command of the chat.
    Command,
    /// A shell command.
    Shell,
}

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// As any other.
    Plain,
    /// It can be passed over.
    Dim,
    /// Good news.
    Good,
    /// It should be seen.
    Warn,
    /// It went wrong.
    Bad,
}

/// What a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Lines as they are.
    Plain,
    /// Markdown.
    Markdown,
    /// A unified diff.
    Diff,
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// A person typed it.
    Typed {
        /// As what.
        typing: Typing,
        /// The words.
        text: String,
    },
    /// The main agent's words, markdown.
    Words(String),
    /// One line, wrapped where it has to be.
    Note {
        /// How much it matters.
        tone: Tone,
        /// The words.
        text: String,
    },
    /// What an agent did, one line.
    Done {
        /// Who.
        agent: AgentId,
        /// The tool with what it was about.
        what: String,
        /// What went wrong; none where it went well.
        failed: Option<String>,
        /// How long it took.
        ms: u64,
    },
    /// A heading with a text that may be longer than what is shown of it.
    Folded(Folded),
    /// What went wrong, and what to do.
    Failure {
        /// What happened.
        message: String,
        /// What to do; may be empty.
        hint: String,
    },
    /// The end of a turn.
    TurnEnd {
        /// How, in a word.
        how: String,
        /// How long it took.
        ms: u64,
        /// What it cost; none where a price is unknown.
        usd: Option<Usd>,
    },
}

/// A heading with a text that may be longer than what is shown of it.
#[derive(Clone, Debug)]
pub(crate) struct Folded {
    /// What it is, for the viewer's list and title.
    pub(crate) title: String,
    /// The line above the text in the history; none where the text needs none.
    pub(crate) heading: Option<String>,
    /// How much it matters.
    pub(crate) tone: Tone,
    /// What the text is written in.
    pub(crate) written: Written,
    /// The text.
    pub(crate) text: String,
    /// Most drawn lines of the text in the history.
    pub(crate) shown: usize,
    /// It says more than what goes on around it: a person asked for it.
    pub(crate) asked_for: bool,
    /// The line above told the first line already: the history goes on behind it.
    pub(crate) first_told: bool,
}

impl Folded {
    /// The text without what the line above told.
    pub(crate) fn not_told(&self) -> &str {
        let rest = || self.text.trim_start().split_once('\n').map_or("", |(_, rest)| rest);
        if self.first_told { rest() } else { &self.text }
    }
}

impl Entry {
    /// Bytes that it holds, roughly.
    pub(crate) fn bytes(&self) -> usize {
        let text = match &self.body {
            Body::Typed { text, .. } | Body::Words(text) | Body::Note { text, .. } => text.len(),
            Body::Done { agent, what, failed, .. } => {
                agent.as_str().len() + what.len() + failed.as_ref().map_or(0, String::len)
            }
            Body::Folded(folded) => {
                folded.text.len() + folded.title.len() + folded.heading.as_ref().map_or(0, String::len)
            }
            Body::Failure { message, hint } => message.len() + hint.len(),
            Body::TurnEnd { how, .. } => how.len(),
        };
        size_of::<Self>() + text
    }

    /// Whether a blank line stands between this one and the one before it.
    pub(crate) fn apart_from(&self, before: &Self) -> bool {
        match (&before.body, &self.body) {
            (Body::Typed { .. } | Body::Words(_) | Body::TurnEnd { .. }, _)
            | (_, Body::Typed { .. } | Body::Words(_)) => true,
            (Body::Folded(a), Body::Folded(b)) => a.written == Written::Diff || b.written == Written::Diff,
            (Body::Folded(folded), _) | (_, Body::Folded(folded)) => {
                folded.written == Written::Diff || folded.asked_for
            }
            _ => false,
        }
    }

    /// Whether the text holds these words, in any case of letters. `words` are in small letters.
    pub(crate) fn holds(&self, words: &str) -> bool {
        let has = |text: &str| text.to_lowercase().contains(words);
        match &self.body {
            Body::Typed { text, .. } | Body::Words(text) | Body::Note { text, .. } => has(text),
            Body::Done { agent, what, failed, .. } => {
                has(agent.as_str()) || has(what) || failed.as_deref().is_some_and(has)
            }
            Body::Folded(folded) => has(&folded.text) || folded.heading.as_deref().is_some_and(has),
            Body::Failure { message, hint } => has(message) || has(hint),
            Body::TurnEnd { how, .. } => has(how),
        }
    }
}
