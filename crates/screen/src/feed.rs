//! What crosses between the screen and whoever runs the session: values only.

use std::path::PathBuf;

use protocol::{AgentId, CallId, Event, Usd};

/// Something to show, or to ask.
#[derive(Clone, Debug)]
pub enum Feed {
    /// A public event, after it was stored.
    Event(Box<Event>),
    /// More of an agent's text.
    Text {
        /// Who speaks.
        agent: AgentId,
        /// The text.
        text: String,
    },
    /// More of an agent's reasoning.
    Thinking {
        /// Who thinks.
        agent: AgentId,
        /// The reasoning.
        text: String,
    },
    /// A line of output of a running tool.
    Progress {
        /// Whose tool.
        agent: AgentId,
        /// Which call.
        call: CallId,
        /// The line.
        line: String,
    },
    /// What a tool answered, whole.
    Result {
        /// Whose tool.
        agent: AgentId,
        /// Which call.
        call: CallId,
        /// The answer as the model is told.
        text: String,
    },
    /// Something the person should know that changes nothing.
    Notice(String),
    /// What a command of the person came to.
    Said(Said),
    /// A question: it stands until it is answered or [`Feed::Withdrawn`].
    Ask(Ask),
    /// A question that nobody waits for any more.
    Withdrawn(AskId),
    /// A turn began: what is typed now steers or queues.
    TurnBegan,
    /// A turn ended; the input is the next turn's. How it ended, in a word (`verified`, `interrupted`, ...).
    TurnEnded(String),
    /// How many inputs wait for their turn.
    Queued(usize),
    /// What the status line shows from now on.
    Status(Box<Status>),
    /// Another session is shown from now on (a resume, a fresh one): lanes and figures begin anew.
    Session {
        /// Its id.
        id: String,
        /// The team's name.
        team: String,
        /// Its agents, the main one first.
        agents: Vec<Agent>,
    },
    /// What `/` offers.
    Commands(Vec<Candidate>),
    /// What an earlier part of this session held, for a resume: the person's input and the answers, in order.
    Earlier(Vec<(AgentId, String)>),
    /// The last thing: the screen is taken down, and these lines stay behind.
    Leave(Vec<String>),
}

/// An agent of the team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Who.
    pub id: AgentId,
    /// What it thinks with, `provider/model`.
    pub brain: String,
}

/// What a command said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Lines as they are.
    Text(String),
    /// Markdown.
    Markdown(String),
    /// A unified diff, of one file or several.
    Diff(String),
    /// What went wrong, and what to do.
    Error {
        /// What happened.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
}

/// When a person is asked; plan is reading only, by grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Before files change, and before commands that are not known to be harmless.
    #[default]
    Ask,
    /// Only where a rule or the floor says so.
    Auto,
    /// Never: nothing but reading is done.
    Plan,
}

/// What the status line shows. Dollars are none where a price is unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// The session so far.
    pub usd: Option<Usd>,
    /// This turn.
    pub usd_turn: Option<Usd>,
    /// Saved against the one-model baseline, as a share of it; negative where the team cost more; none where that is unknown.
    pub saved: Option<f64>,
    /// Cache reads over all prompt tokens, 0 to 1.
    pub hit_rate: f64,
    /// What is left of the life of main's cache when this was said, in milliseconds; none where it is cold.
    pub cache_left_ms: Option<u64>,
    /// Prompt tokens of main's next request.
    pub context: u64,
    /// Prompt tokens at which main's window is closed.
    pub closes_at: u64,
    /// Main's brain.
    pub brain: String,
    /// Who is to serve main's next window, where that is another.
    pub wanted: Option<String>,
    /// The branch that is checked out.
    pub branch: Option<String>,
    /// How far commands may go: `workspace`, `read-only`, `workspace+net(...)`, `off`.
    pub sandbox: String,
    /// Commands run without a sandbox: a banner stands as long as this holds, with these words.
    pub unguarded: Option<String>,
    /// When a person is asked.
    pub mode: Mode,
}

/// Names a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AskId(pub u64);

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Its name.
    pub id: AskId,
    /// What is asked.
    pub asked: Asked,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Whether something may be done. Answered by [`Reply::Once`], [`Reply::Always`] or [`Reply::No`].
    Approval {
        /// Who asks, from the top down (`main/sidekick`).
        agent: AgentId,
        /// The tool.
        tool: String,
        /// Everything that would be allowed: the whole command, or the whole diff.
        what: String,
        /// Why it is not done without asking.
        why: String,
        /// What a yes for the session would cover, in words; none where it may not be offered.
        always: Option<String>,
    },
    /// A question in words. Answered by [`Reply::Words`] or [`Reply::No`].
    Words {
        /// Who asks.
        agent: AgentId,
        /// The question.
        question: String,
    },
    /// Yes or no, of the program itself (trust in a folder, leaving an unfinished turn). No is what stands first.
    /// Answered by [`Reply::Once`] or [`Reply::No`].
    Confirm {
        /// In a few words.
        title: String,
        /// All of it.
        text: String,
    },
    /// One of several, of the program itself (sessions to resume). Answered by [`Reply::Words`] with the key, or [`Reply::No`].
    Choice {
        /// In a few words.
        title: String,
        /// What there is: `insert` is the key.
        of: Vec<Candidate>,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Yes, this once.
    Once,
    /// Yes, and for what [`Asked::Approval`] says that `always` covers.
    Always,
    /// No, with the reason, empty where none was given.
    No(String),
    /// Words.
    Words(String),
}

/// What may stand behind `@` or `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What is put in.
    pub insert: String,
    /// What it is, in a few words; empty for files.
    pub about: String,
    /// What may follow it (`[AGENT] MODEL`); empty where nothing does.
    pub takes: String,
}

/// Something that goes along with a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The image's path, relative to the workspace or absolute.
    pub path: PathBuf,
}

/// What a person did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The next turn.
    Submit {
        /// The words, pasted text put back where it was.
        text: String,
        /// Images that the words name by `@`.
        images: Vec<Attachment>,
    },
    /// Said before the next step of the running turn.
    Steer(String),
    /// Said as the next turn when the running one is over.
    Queue {
        /// The words.
        text: String,
        /// Images that the words name by `@`.
        images: Vec<Attachment>,
    },
    /// A command, without its `/`.
    Command {
        /// Its name.
        name: String,
        /// What stands behind it.
        arguments: String,
    },
    /// A shell command of the person's own, without its `!`.
    Shell(String),
    /// The next of ask, auto, plan.
    NextMode,
    /// The running turn is to stop.
    Interrupt,
    /// The person leaves.
    Leave,
    /// The answer to a question.
    Answer {
        /// Which.
        id: AskId,
        /// The answer.
        reply: Reply,
    },
}
