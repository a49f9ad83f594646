//! What was spent for nothing, in dollars and with a reason: caches lost, answers lost, results read twice, work that nothing
//! came of. No call's dollars are counted twice: what was thrown away as a whole is not also taken apart.

pub mod context;

use std::collections::{BTreeMap, BTreeSet};

use catalogue::{Catalogue, Price};
use protocol::{AgentId, DelegationId, LedgerRow, RowOutcome, Timestamp, Usd};
use serde::Serialize;
use store::{DelegationClosed, DelegationRecord};

use crate::account::records::{Records, usd_of};
use crate::account::steps::Step;
use crate::account::summaries;
use crate::activity::Activity;

/// What kind of waste.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WasteKind {
    /// A prefix that was not read from the cache although it had not expired.
    CacheBreak,
    /// A cache that outlived its lifetime.
    Expiry,
    /// Attempts that were billed and gave no answer.
    Retry,
    /// Summaries that were written and that no window was opened with.
    Discarded,
    /// The same read or search again, with no edit in between.
    Repeat,
    /// Files that the caller read although its specialist had.
    Reread,
    /// Delegations and turns that nothing came of.
    Abandoned,
}

impl WasteKind {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::CacheBreak => "cache break",
            Self::Expiry => "cache expiry",
            Self::Retry => "retry",
            Self::Discarded => "discarded",
            Self::Repeat => "repeated",
            Self::Reread => "read again",
            Self::Abandoned => "abandoned",
        }
    }
}

/// Dollars spent for nothing, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waste {
    /// What kind.
    pub kind: WasteKind,
    /// Which of the kind: the name of a cache break, of an error, of what was abandoned.
    pub name: String,
    /// How often.
    pub times: u64,
    /// Tokens it is about.
    pub tokens: u64,
    /// Dollars; none where a price is unknown.
    pub usd: Option<Usd>,
    /// Why this is waste, and how the dollars were found.
    pub reason: &'static str,
}

impl Waste {
    fn new(kind: WasteKind, name: impl Into<String>, tokens: u64, usd: Option<Usd>, reason: &'static str) -> Self {
        Self { kind, name: name.into(), times: 1, tokens, usd, reason }
    }
}

/// Adds to the waste of the same kind and name.
pub(crate) fn put(all: &mut Vec<Waste>, found: Waste) {
    match all.iter_mut().find(|known| known.kind == found.kind && known.name == found.name) {
        Some(known) => {
            known.times += found.times;
            known.tokens += found.tokens;
            known.usd = known.usd.zip(found.usd).map(|(known, found)| known + found);
        }
        None => {
            all.push(found);
            all.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        }
    }
}

/// Finds a session's waste in the calls from a moment on.
pub fn find(records: &Records, steps: &[Step], catalogue: &Catalogue, since: Option<Timestamp>) -> Vec<Waste> {
    let mut all = Vec::new();
    let book = Book { records, steps, catalogue, since };
    let mut gone = BTreeSet::new();
    let whole =
        [book.attempts(&mut gone), book.summaries(&mut gone), book.delegations(&mut gone), book.turns(&mut gone)];
    let parts = book.caches(&gone).into_iter().chain(book.results(&gone));
    whole.into_iter().flatten().chain(parts).for_each(|waste| put(&mut all, waste));
    all
}

/// What waste is looked for in.
struct Book<'a> {
    records: &'a Records,
    steps: &'a [Step],
    catalogue: &'a Catalogue,
    since: Option<Timestamp>,
}

const RETRY: &str = "billed, but the answer never came";
const DISCARDED: &str = "a summary that was empty, cut off, incomplete or too long: no window has it";
const NO_REPORT: &str = "a delegation that ended without a report";
const UNUSED: &str = "a report that failed its checks and was not followed up";
const INTERRUPTED: &str = "a turn that ended without an answer";
const BREAK: &str = "prompt paid anew instead of read from the cache";
const EXPIRED: &str = "the cache's lifetime ran out: prompt written again";
const REPEAT: &str = "the same call again, nothing edited in between";
const REREAD: &str = "the caller read what its specialist had read";

/// Reasons by which a request reads nothing from the cache and nothing is lost.
const NOTHING_LOST: [&str; 3] = ["window_opened", "not_cached", "cache_unknown"];

impl Book<'_> {
    fn rows(&self) -> impl Iterator<Item = (usize, &LedgerRow)> {
        let counted = |row: &LedgerRow| self.since.is_none_or(|since| row.at >= since);
        self.records.rows.iter().enumerate().filter(move |(_, row)| counted(row))
    }

    /// Attempts without an answer.
    fn attempts(&self, gone: &mut BTreeSet<usize>) -> Vec<Waste> {
        let mut found = Vec::new();
        for (n, row) in self.rows() {
            let (RowOutcome::Failed(kind) | RowOutcome::Retried(kind)) = row.outcome else { continue };
            gone.insert(n);
            let tokens = row.usage.prompt() + row.usage.output;
            // Most failures are free, and no waste but of time.
            if tokens > 0 {
                found.push(Waste::new(WasteKind::Retry, kind.as_str(), tokens, usd_of(row), RETRY));
            }
        }
        found
    }

    /// Summaries that were answered and then refused.
    fn summaries(&self, gone: &mut BTreeSet<usize>) -> Vec<Waste> {
        let discarded = summaries::discarded(self.records);
        let mut found = Vec::new();
        for (n, row) in self.rows().filter(|(n, _)| discarded.contains(n)) {
            gone.insert(n);
            let tokens = row.usage.prompt() + row.usage.output;
            found.push(Waste::new(WasteKind::Discarded, "summary", tokens, usd_of(row), DISCARDED));
        }
        found
    }

    /// Delegations that nothing came of.
    fn delegations(&self, gone: &mut BTreeSet<usize>) -> Vec<Waste> {
        let mut found = Vec::new();
        for delegation in &self.records.delegations {
            let Some(closed) = &delegation.closed else { continue };
            let (name, reason) = match &closed.report {
                None => ("delegation without a report", NO_REPORT),
                Some(_) if self.is_unused(delegation, closed) => ("delegation not followed up", UNUSED),
                Some(_) => continue,
            };
            let of_it = |row: &LedgerRow| row.delegation.as_ref() == Some(&delegation.id);
            found.extend(self.lost(gone, of_it, name, reason));
        }
        found
    }

    /// A report whose checks failed, and after which the caller neither delegated again, nor edited, nor checked anything.
    fn is_unused(&self, delegation: &DelegationRecord, closed: &DelegationClosed) -> bool {
        let brief = &delegation.brief;
        if closed.receipt.verified || brief.explore || brief.acceptance.is_empty() {
            return false;
        }
        let goes_on = |step: &&Step| {
            let row = &self.records.rows[step.row];
            let used = |call: &crate::account::steps::Call| {
                !call.failed
                    && (call.edits
                        || call.activity == Activity::Test
                        || ["delegate", "take_over", "verify"].contains(&call.tool.as_str()))
            };
            row.agent == delegation.from && row.at >= closed.at && step.calls.iter().any(used)
        };
        let verified = |status: protocol::event::SessionStatus| status == protocol::event::SessionStatus::Verified;
        !self.steps.iter().any(|step| goes_on(&step))
            && !self.records.session.as_ref().and_then(|session| session.status).is_some_and(verified)
    }

    /// Turns that ended without an answer, and were not gone on with.
    fn turns(&self, gone: &mut BTreeSet<usize>) -> Vec<Waste> {
        let status = self.records.session.as_ref().and_then(|session| session.status);
        let interrupted = status == Some(protocol::event::SessionStatus::Interrupted);
        let turns = self.records.turns();
        let ended = turns.iter().filter(|turn| !turn.answered && (turn.until.is_some() || interrupted));
        ended
            .filter_map(|turn| self.lost(gone, |row| turn.holds(row.at), "turn without an answer", INTERRUPTED))
            .collect()
    }

    /// All answered calls of these as one loss, each once.
    fn lost(
        &self,
        gone: &mut BTreeSet<usize>,
        of_it: impl Fn(&LedgerRow) -> bool,
        name: &str,
        reason: &'static str,
    ) -> Option<Waste> {
        let rows: Vec<(usize, &LedgerRow)> =
            self.rows().filter(|(n, row)| row.outcome == RowOutcome::Ok && of_it(row) && !gone.contains(n)).collect();
        gone.extend(rows.iter().map(|(n, _)| *n));
        let tokens = rows.iter().map(|(_, row)| row.usage.prompt() + row.usage.output).sum();
        let usd = rows.iter().map(|(_, row)| usd_of(row)).sum();
        (!rows.is_empty()).then(|| Waste::new(WasteKind::Abandoned, name, tokens, usd, reason))
    }

    /// Caches that were lost: each token cost a write (or an uncached read) where it could have cost a cache read.
    fn caches(&self, gone: &BTreeSet<usize>) -> Vec<Waste> {
        let mut found = Vec::new();
        for (n, row) in self.rows().filter(|(n, row)| row.outcome == RowOutcome::Ok && !gone.contains(n)) {
            let Some(note) = row.cache_note.as_deref().filter(|note| !NOTHING_LOST.contains(note)) else { continue };
            let expected = row.predicted_cache_read.max(self.cached_before(n).min(row.usage.prompt()));
            let lost = expected.saturating_sub(row.usage.cache_read);
            if lost == 0 {
                continue;
            }
            let usd = self.price(row).map(|price| {
                let (again, read) = (paid_again(row, &price), price.cache_read);
                times((again - read).max(0), lost)
            });
            let (kind, reason) = match note {
                "expired" => (WasteKind::Expiry, EXPIRED),
                _ => (WasteKind::CacheBreak, BREAK),
            };
            found.push(Waste::new(kind, note, lost, usd, reason));
        }
        found
    }

    /// Tokens that the last answered call of the same window left in the cache.
    fn cached_before(&self, n: usize) -> u64 {
        let row = &self.records.rows[n];
        let same = |other: &&LedgerRow| {
            other.agent == row.agent && other.window == row.window && other.outcome == RowOutcome::Ok
        };
        let before = self.records.rows[..n].iter().rev().find(same);
        before.map_or(0, |row| row.usage.cache_read + row.usage.cache_write())
    }

    /// Results that were in the context already, or in the report of who was asked: written once, then carried to the end of
    /// the window.
    fn results(&self, gone: &BTreeSet<usize>) -> Vec<Waste> {
        let repeats = context::repeats(self.records, self.steps);
        let mut reread: BTreeMap<(usize, usize), u64> = BTreeMap::new();
        for found in context::rereads(self.records, self.steps).into_iter().filter(|found| !found.changed) {
            *reread.entry((found.step, found.call)).or_default() += 1;
        }
        reread.retain(|at, _| !repeats.contains(at));
        let call = |at: (usize, usize)| &self.steps[at.0].calls[at.1];
        let again = repeats.iter().map(|at| (*at, WasteKind::Repeat, REPEAT, call(*at).tokens));
        // A call for several files is as much of a repetition as it has files that were known.
        let known = |files: u64, at| call(at).tokens * files / (call(at).files.len() as u64).max(1);
        let reread = reread.into_iter().map(|(at, files)| (at, WasteKind::Reread, REREAD, known(files, at)));
        let mut found = Vec::new();
        for (at, kind, reason, tokens) in again.chain(reread) {
            let step = &self.steps[at.0];
            let counted = self.since.is_none_or(|since| self.records.rows[step.row].at >= since);
            if tokens > 0 && counted && !gone.contains(&step.row) {
                found.push(Waste::new(kind, call(at).tool.clone(), tokens, self.carried(step, tokens), reason));
            }
        }
        found
    }

    /// What it costs to take tokens in after a step and to carry them through the rest of the window.
    fn carried(&self, step: &Step, tokens: u64) -> Option<Usd> {
        let Some(next) = step.next else { return Some(Usd::ZERO) };
        let entered = &self.records.rows[next];
        let price = self.price(entered)?;
        let later = self.records.rows[next + 1..]
            .iter()
            .filter(|row| row.agent == entered.agent && row.window == entered.window && row.outcome == RowOutcome::Ok);
        let reads: Option<Usd> = later.map(|row| Some(times(self.price(row)?.cache_read, tokens))).sum();
        Some(times(paid_again(entered, &price), tokens) + reads?)
    }

    fn price(&self, row: &LedgerRow) -> Option<Price> {
        Some(self.catalogue.model(&row.brain.provider, &row.brain.model)?.price(row.at, row.usage.prompt()))
    }
}

/// Picodollars of a prompt token that this call did not read from the cache: written for the lifetime that most were written
/// for, or plain where nothing was written.
fn paid_again(row: &LedgerRow, price: &Price) -> i64 {
    match (row.usage.cache_write_short, row.usage.cache_write_long) {
        (0, 0) => price.input,
        (short, long) if long > short => price.cache_write_long,
        _ => price.cache_write_short,
    }
}

fn times(picos: i64, tokens: u64) -> Usd {
    Usd::from_picos(picos.saturating_mul(i64::try_from(tokens).unwrap_or(i64::MAX)))
}

/// Whose delegation a row belongs to, if any: who asked.
pub(crate) fn caller<'a>(records: &'a Records, id: Option<&DelegationId>) -> Option<&'a AgentId> {
    records.delegation(id?).map(|delegation| &delegation.from)
}

#[cfg(test)]
#[path = "waste_tests.rs"]
mod tests;
