//! What is written, and what is read back.

use protocol::event::SessionStatus;
use protocol::{
    AgentId, Attempt, AttemptEnd, Brain, CallId, CommandReceipt, DelegationId, Dialect, Event, FileChange, Item,
    LedgerRow, Receipt, Report, SessionId, Timestamp, ToolOutcome, Usd, WindowId,
};
use serde::{Deserialize, Serialize};

/// A conversation with a user in one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its name.
    pub id: SessionId,
    /// The repository's folder.
    pub cwd: String,
    /// Name of the team.
    pub team_name: String,
    /// The team as it was resolved when the session began, so that a resume does not depend on a file that changed.
    pub team_yaml: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last worked on. What "newest" means in [`crate::Store::sessions`] and [`crate::Store::latest`]; it is
    /// not moved by other writes.
    pub updated_at: Timestamp,
    /// How it ended; none while it runs, and after a crash.
    pub status: Option<SessionStatus>,
    /// The first input.
    pub title: String,
    /// The options it was started with, JSON. Opaque here.
    pub options_json: String,
}

/// Kind of the note that a session was not begun to be talked with (a review, for example). Nobody means such a one by "the last
/// session", unless it was given something to do since.
pub const ASIDE_NOTE: &str = "aside";

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSummary {
    /// The session.
    pub session: SessionRecord,
    /// Steps of all its agents.
    pub steps: u32,
    /// Dollars of all its agents; none where a price is unknown.
    pub usd: Option<Usd>,
    /// It was not begun to be talked with, and nobody did ([`ASIDE_NOTE`]).
    pub aside: bool,
}

/// A window and the frozen start of its requests.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowRecord {
    /// Its name; unique within the agent's session.
    pub id: WindowId,
    /// Whose.
    pub agent: AgentId,
    /// Counts the agent's windows. Written once.
    pub seq: u64,
    /// The brain it froze.
    pub brain: Brain,
    /// The dialect the bytes below are written in.
    pub dialect: Dialect,
    /// The rendered tools, byte for byte.
    pub tools: Vec<String>,
    /// The rendered system blocks, byte for byte.
    pub system: Vec<String>,
    /// Why it was opened.
    pub reason: String,
    /// When.
    pub opened_at: Timestamp,
    /// How many of its first items were put there when it opened (what was carried over from the window before it): they are
    /// no new words of anybody.
    pub carried: u64,
}

/// An item of an agent's transcript with the bytes it was rendered to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredItem {
    /// Whose transcript.
    pub agent: AgentId,
    /// The window it was appended in; it must exist.
    pub window: WindowId,
    /// Counts the agent's items over all its windows, from 0, without a gap: anything else than the next number is refused.
    pub seq: u64,
    /// The item.
    pub item: Item,
    /// Its rendered message as text, byte for byte. Opaque here.
    pub rendered: String,
    /// When it was appended.
    pub at: Timestamp,
}

/// When an input takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputMode {
    /// At the next step of the running turn.
    Steer,
    /// As the next turn.
    Queue,
    /// It began a turn when it came.
    Turn,
}

/// An input of the user's: durable before anything acts on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputRecord {
    /// Counts the session's inputs. Written once.
    pub seq: u64,
    /// The text.
    pub text: String,
    /// Text and images, JSON. Opaque here.
    pub blocks_json: String,
    /// When it takes effect.
    pub mode: InputMode,
    /// When it came.
    pub at: Timestamp,
}

/// A tool is about to run: durable before its effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolIntent {
    /// Who asked.
    pub agent: AgentId,
    /// The assistant item that asked.
    pub step_item_seq: u64,
    /// The call; unique within that item.
    pub call: CallId,
    /// The tool.
    pub tool: String,
    /// The arguments as the model wrote them.
    pub arguments: String,
    /// When.
    pub at: Timestamp,
}

/// A tool ran. Needs its intent, and comes once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolDone {
    /// Who asked.
    pub agent: AgentId,
    /// The assistant item that asked.
    pub step_item_seq: u64,
    /// The call.
    pub call: CallId,
    /// What the model is told.
    pub outcome: ToolOutcome,
    /// Commands that ran.
    pub commands: Vec<CommandReceipt>,
    /// Files that changed.
    pub files: Vec<FileChange>,
    /// How long it took, milliseconds.
    pub ms: u64,
    /// When it ended.
    pub at: Timestamp,
}

/// A tool run as read back. Without `done` its effects are unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolRun {
    /// What was about to happen.
    pub intent: ToolIntent,
    /// What did.
    pub done: Option<ToolDone>,
}

/// A brief given to a specialist. Written when it opens and again when it closes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegationRecord {
    /// Its name.
    pub id: DelegationId,
    /// The `delegate` call that opened it.
    pub call: CallId,
    /// Who asks.
    pub from: AgentId,
    /// Who works.
    pub to: AgentId,
    /// The brief.
    pub brief: protocol::Brief,
    /// The first item of it in the specialist's transcript.
    pub first_item_seq: u64,
    /// What it was expected to save against doing the work at the caller's price; none where a price is unknown.
    pub estimate_usd: Option<Usd>,
    /// When it opened.
    pub opened_at: Timestamp,
    /// The working tree as it was then, JSON. Opaque here.
    pub baseline: Option<String>,
    /// How it ended; none while it is open.
    pub closed: Option<DelegationClosed>,
}

/// The end of a delegation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegationClosed {
    /// What the specialist says; none when it never reported (limit, failure, cancel).
    pub report: Option<Report>,
    /// What the runtime saw.
    pub receipt: Receipt,
    /// When.
    pub at: Timestamp,
}

/// Something that is explained later: a decision with its numbers, a prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteRecord {
    /// Whom it is about; none for the session.
    pub agent: Option<AgentId>,
    /// What kind of thing, for example `decision`.
    pub kind: String,
    /// The thing, JSON. Opaque here.
    pub json: String,
    /// When.
    pub at: Timestamp,
}

/// One thing to write. Several go into one [`crate::Store::commit`], in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// The session; replaces its earlier record and keeps everything that belongs to it.
    Session(SessionRecord),
    /// A new window.
    Window(WindowRecord),
    /// The next item of an agent's transcript.
    Item(StoredItem),
    /// A new input, not yet promoted.
    Input(InputRecord),
    /// An input became part of the transcript.
    InputPromoted {
        /// Which.
        seq: u64,
    },
    /// A model call; its session must be the one committed to.
    Ledger(LedgerRow),
    /// A tool is about to run.
    ToolIntent(ToolIntent),
    /// A tool ran.
    ToolDone(ToolDone),
    /// A delegation opened or closed; replaces its earlier record.
    Delegation(DelegationRecord),
    /// A public event; its session must be the one committed to.
    Event(Event),
    /// An agent's plan; replaces the earlier one.
    Plan {
        /// Whose.
        agent: AgentId,
        /// Its steps, JSON. Opaque here.
        steps_json: String,
    },
    /// Something that is explained later.
    Note(NoteRecord),
    /// An attempt at a task begins; its session must be the one committed to.
    AttemptBegun(Box<Attempt>),
    /// What came of an attempt.
    AttemptEnded {
        /// Its number in the store.
        attempt: i64,
        /// What came of it.
        end: Box<AttemptEnd>,
    },
    /// A request that went through the gateway; its session must be the one committed to.
    Gateway(Box<crate::GatewayRequest>),
}

impl Write {
    /// What it is, for an error.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Session(_) => "the session's record".to_owned(),
            Self::Window(window) => format!("window {} ({}) of agent {}", window.seq, window.id, window.agent),
            Self::Item(item) => format!("item {} of agent {}", item.seq, item.agent),
            Self::Input(input) => format!("input {}", input.seq),
            Self::InputPromoted { seq } => format!("the promotion of input {seq}"),
            Self::Ledger(row) => format!("the ledger row of step {} of agent {}", row.step, row.agent),
            Self::ToolIntent(intent) => {
                format!("the intent of call {} in item {} of agent {}", intent.call, intent.step_item_seq, intent.agent)
            }
            Self::ToolDone(done) => {
                format!("the result of call {} in item {} of agent {}", done.call, done.step_item_seq, done.agent)
            }
            Self::Delegation(delegation) => format!("delegation {}", delegation.id),
            Self::Event(event) => format!("event {}", event.seq),
            Self::Plan { agent, .. } => format!("the plan of agent {agent}"),
            Self::Note(note) => format!("a note of kind {}", note.kind),
            Self::AttemptBegun(attempt) => format!("attempt {} of turn {}", attempt.number, attempt.turn),
            Self::AttemptEnded { attempt, .. } => format!("the end of attempt {attempt}"),
            Self::Gateway(row) => format!("the gateway's request {}", row.request),
        }
    }
}
