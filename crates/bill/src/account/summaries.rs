//! Summaries that were paid for: which of them stand in a next window, and which were thrown away.

use std::collections::BTreeSet;

use protocol::{AgentId, LedgerRow, Purpose, RowOutcome, SessionId, Timestamp, WindowId};
use serde::Deserialize;
use store::{Store, StoreError};

use super::records::Records;

/// Kind of the note that keeps a summary from when it was found good until its window opens.
pub const SUMMARY_NOTE: &str = "summary";

/// A summary that was found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Whose window it stands for.
    pub agent: AgentId,
    /// That window.
    pub window: WindowId,
    /// When it was found good, which is after it was written.
    pub at: Timestamp,
}

/// What of the note is needed here.
#[derive(Deserialize)]
struct Kept {
    window: WindowId,
}

/// Reads which summaries of a session were found good, in their order.
///
/// # Errors
/// What the store reports.
pub(super) fn accepted(store: &Store, session: &SessionId) -> Result<Vec<Accepted>, StoreError> {
    let notes = store.notes_of(session, SUMMARY_NOTE)?.into_iter();
    let read = notes.filter_map(|note| {
        let kept: Kept = serde_json::from_str(&note.json).ok()?;
        Some(Accepted { agent: note.agent?, window: kept.window, at: note.at })
    });
    Ok(read.collect())
}

/// The rows of summaries that no window was opened with, by number: answered, but empty, cut off, without their sections, or
/// longer than what they were to stand for.
pub fn discarded(records: &Records) -> BTreeSet<usize> {
    let rows = &records.rows;
    let mut left: BTreeSet<usize> = (0..rows.len()).filter(|n| is_summary(&rows[*n])).collect();
    for accepted in &records.summaries {
        let mut own =
            left.iter().rev().copied().filter(|n| is_of(&rows[*n], accepted) && rows[*n].at <= accepted.at).take(2);
        let Some(last) = own.next() else { continue };
        let first = own.next().filter(|first| is_first_part(rows, *first, last, accepted));
        left.remove(&last);
        first.map(|first| left.remove(&first));
    }
    left
}

fn is_summary(row: &LedgerRow) -> bool {
    row.purpose == Purpose::Compaction && row.outcome == RowOutcome::Ok
}

/// Written for this window, by its own brain or on a clean context (which has a name of its own behind the window's).
fn is_of(row: &LedgerRow, accepted: &Accepted) -> bool {
    let rest = row.window.as_str().strip_prefix(accepted.window.as_str());
    row.agent == accepted.agent && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("-summary-"))
}

/// On a clean context what is too long is summarised in two parts, the second with the first before it.
fn is_first_part(rows: &[LedgerRow], first: usize, last: usize, accepted: &Accepted) -> bool {
    let clean = rows[last].window != accepted.window && rows[first].window == rows[last].window;
    let worked = |row: &LedgerRow| row.agent == accepted.agent && row.purpose == Purpose::Step;
    clean && !rows[first..last].iter().any(worked)
}
