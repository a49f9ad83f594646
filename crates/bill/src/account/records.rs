//! What a session left behind, read from the store once.

use protocol::{AgentId, DelegationId, Item, LedgerRow, Purpose, RowOutcome, SessionId, Timestamp, Usd};
use store::{ChangingCall, DelegationRecord, SessionRecord, Store, StoreError, TranscriptItem, WindowOpening};

use super::summaries::{self, Accepted};

/// A session's records, as far as its cost and its decisions rest on them.
#[derive(Clone, Debug)]
pub struct Records {
    /// The session.
    pub id: SessionId,
    /// Its own record; none when it was removed meanwhile.
    pub session: Option<SessionRecord>,
    /// Its model calls, in the order they were answered.
    pub rows: Vec<LedgerRow>,
    /// Its windows, in the order they were opened.
    pub windows: Vec<WindowOpening>,
    /// All items, agent by agent.
    pub items: Vec<TranscriptItem>,
    /// Calls that changed files.
    pub changes: Vec<ChangingCall>,
    /// Its delegations, in the order they were opened.
    pub delegations: Vec<DelegationRecord>,
    /// Summaries that were found good, in the order they were written.
    pub summaries: Vec<Accepted>,
}

/// From one input of the user's to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// When it began.
    pub from: Timestamp,
    /// When the next one began; none for the last.
    pub until: Option<Timestamp>,
    /// The main agent's last word in it is an answer, not a call.
    pub answered: bool,
}

impl Turn {
    /// Whether a moment lies in it.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

impl Records {
    /// Reads a session.
    ///
    /// # Errors
    /// What the store reports.
    pub fn load(store: &Store, session: &SessionId) -> Result<Self, StoreError> {
        Ok(Self {
            id: session.clone(),
            session: store.session(session)?,
            rows: store.ledger(session)?,
            windows: store.openings(session)?,
            items: store.transcripts(session)?,
            changes: store.changing_calls(session)?,
            delegations: store.delegations(session)?,
            summaries: summaries::accepted(store, session)?,
        })
    }

    /// The agent that talks to the user: who delegates, else who took a step that belongs to no delegation.
    pub fn main(&self) -> Option<&AgentId> {
        let own = |row: &&LedgerRow| row.delegation.is_none() && row.purpose == Purpose::Step;
        let first = || self.rows.iter().find(own).map(|row| &row.agent);
        self.delegations.first().map(|delegation| &delegation.from).or_else(first)
    }

    /// A delegation by its id.
    pub fn delegation(&self, id: &DelegationId) -> Option<&DelegationRecord> {
        self.delegations.iter().find(|delegation| delegation.id == *id)
    }

    /// The items that an agent got in a window after it had opened: what was carried over is no new word of anybody.
    pub fn new_items<'a>(&'a self, window: &'a WindowOpening) -> impl Iterator<Item = &'a TranscriptItem> {
        let of_window = |item: &&TranscriptItem| item.agent == window.agent && item.window == window.id;
        self.items.iter().filter(of_window).skip(window.carried as usize)
    }

    /// The session's turns, first to last.
    pub fn turns(&self) -> Vec<Turn> {
        let Some(main) = self.main() else { return Vec::new() };
        let mut turns: Vec<Turn> = Vec::new();
        for window in self.windows.iter().filter(|window| window.agent == *main) {
            for item in self.new_items(window) {
                match (&item.item, turns.last_mut()) {
                    (Item::User { .. }, last) => {
                        if let Some(last) = last {
                            last.until = Some(item.at);
                        }
                        turns.push(Turn { from: item.at, until: None, answered: false });
                    }
                    (Item::Assistant { .. }, Some(turn)) => turn.answered = item.item.tool_calls().is_empty(),
                    // What an interrupted turn left open is answered, without an answer to the user.
                    (Item::ToolResults { .. }, Some(turn)) => turn.answered = false,
                    _ => {}
                }
            }
        }
        turns
    }
}

/// What a call cost; none where that is not known. A call that failed without a single token costs nothing even where its
/// price is not known; a call that was answered without usage may have cost anything.
pub fn usd_of(row: &LedgerRow) -> Option<Usd> {
    let free = row.outcome != RowOutcome::Ok && row.usage.prompt() + row.usage.output == 0;
    row.usd.or(free.then_some(Usd::ZERO))
}
