//! Why the runtime did what it did: each decision with its formula, the numbers in it, and what happened afterwards.

use std::collections::BTreeMap;

use protocol::{
    AgentId, DECISION_NOTE, Decision, DecisionKind, DelegationId, LedgerRow, Purpose, RowOutcome, SessionId, Timestamp,
    Usd,
};
use serde::{Deserialize, Serialize};
use store::{AttemptFilter, AttemptRecord, Store, StoreError};

use crate::account::brain_name;
use crate::account::records::{Records, usd_of};

/// Kind of the note that keeps a delegation's estimate with the truth beside it.
pub const WORTH_NOTE: &str = "delegation_worth";

/// How many of the next calls are shown where nothing more particular can be said.
const NEXT_CALLS: usize = 2;

/// A decision as it was stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    /// When it was noted.
    pub at: Timestamp,
}

/// A delegation's estimate and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Worth {
    /// Which.
    pub delegation: DelegationId,
    /// What it was expected to save; none where a price was unknown.
    #[serde(rename = "estimated_gain")]
    pub estimated_usd: Option<Usd>,
    /// What it saved, by the same formula with what really happened.
    #[serde(rename = "gain")]
    pub real_usd: Option<Usd>,
    /// What the specialist spent.
    #[serde(rename = "spent")]
    pub spent_usd: Option<Usd>,
}

/// All decisions of a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decisions {
    /// In the order they were made.
    pub all: Vec<Decided>,
    /// What the session's delegations were worth.
    pub worth: Vec<Worth>,
    /// Where the session's tasks were sent, attempt by attempt, and what came of each.
    pub attempts: Vec<AttemptRecord>,
    /// Notes of decisions that this program cannot read: another version wrote them.
    pub unreadable: usize,
}

impl Decisions {
    /// Reads a session's decisions.
    ///
    /// # Errors
    /// What the store reports.
    pub fn load(store: &Store, session: &SessionId) -> Result<Self, StoreError> {
        let mut decisions = Self::default();
        for note in store.notes_of(session, DECISION_NOTE)? {
            match serde_json::from_str(&note.json) {
                Ok(decision) => decisions.all.push(Decided { decision, at: note.at }),
                Err(_) => decisions.unreadable += 1,
            }
        }
        let of_session = AttemptFilter { session: Some(session.clone()), ..AttemptFilter::default() };
        decisions.attempts = store.attempts(&of_session)?;
        let worth = store.notes_of(session, WORTH_NOTE)?;
        decisions.worth = worth.iter().filter_map(|note| serde_json::from_str(&note.json).ok()).collect();
        Ok(decisions)
    }

    /// The steps at which something was decided, by agent, each once.
    pub fn steps(&self) -> BTreeMap<&AgentId, Vec<u32>> {
        let mut steps: BTreeMap<&AgentId, Vec<u32>> = BTreeMap::new();
        for Decided { decision, .. } in &self.all {
            steps.entry(&decision.agent).or_default().push(decision.step);
        }
        for numbers in steps.values_mut() {
            numbers.sort_unstable();
            numbers.dedup();
        }
        steps
    }
}

/// A model call that came after a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct After {
    /// Step of the agent.
    pub step: u32,
    /// What the call was for, as a bill names it.
    pub purpose: &'static str,
    /// How it ended, as a bill names it.
    pub outcome: &'static str,
    /// `provider/model`, with `@effort` where one was set.
    pub brain: String,
    /// Prompt tokens.
    pub prompt: u64,
    /// Cache reads that were expected.
    pub expected_cache_read: u64,
    /// Cache reads that were billed.
    pub cache_read: u64,
    /// Why nothing, or less, was read from the cache.
    pub cache_note: Option<String>,
    /// Dollars; none where the price is unknown.
    pub usd: Option<Usd>,
}

impl After {
    fn of(row: &LedgerRow) -> Self {
        Self {
            step: row.step,
            purpose: crate::account::purpose(row),
            outcome: crate::account::outcome(row),
            brain: brain_name(&row.brain),
            prompt: row.usage.prompt(),
            expected_cache_read: row.predicted_cache_read,
            cache_read: row.usage.cache_read,
            cache_note: row.cache_note.clone(),
            usd: usd_of(row),
        }
    }
}

/// What happened after a decision.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Aftermath {
    /// The next calls of the agent that the decision was about, and no others: for a compaction or a switch the calls that
    /// made it and the first request of the next window, for a ping the pings and the next real request.
    pub calls: Vec<After>,
    /// For a ping: whether the next real request read the cache that was kept. None where there has been none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hit: Option<bool>,
    /// For a delegation: its estimate, and the truth beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worth: Option<Worth>,
    /// For a delegation: how it was reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<&'static str>,
}

/// What happened after a decision.
pub fn aftermath(records: &Records, decisions: &Decisions, decided: &Decided) -> Aftermath {
    let decision = &decided.decision;
    let next: Vec<&LedgerRow> = next_calls(records, decided);
    let real = next.iter().position(|row| is_real(row));
    match decision.kind {
        DecisionKind::KeepWarm => {
            let shown = real.map_or(next.len(), |real| real + 1);
            Aftermath { calls: calls(&next[..shown]), hit: real.map(|real| is_hit(next[real])), ..Aftermath::default() }
        }
        DecisionKind::Compact | DecisionKind::Switch => {
            // The window was kept where the next real request is one in it.
            let opened = real.filter(|real| next[*real].window != decision.window);
            let shown: Vec<&LedgerRow> = match opened {
                Some(opened) => {
                    let before = next[..opened].iter().filter(|row| row.purpose == Purpose::Compaction);
                    before.copied().chain([next[opened]]).collect()
                }
                None => next.iter().copied().take(NEXT_CALLS).collect(),
            };
            Aftermath { calls: calls(&shown), ..Aftermath::default() }
        }
        _ => {
            let id = decision.delegation.as_ref();
            Aftermath {
                calls: calls(&next[..next.len().min(NEXT_CALLS)]),
                worth: id.and_then(|id| decisions.worth.iter().rev().find(|worth| worth.delegation == *id)).cloned(),
                report: id.and_then(|id| reported(records, id)),
                hit: None,
            }
        }
    }
}

fn calls(rows: &[&LedgerRow]) -> Vec<After> {
    rows.iter().map(|row| After::of(row)).collect()
}

/// The agent's calls after the decision, in order. A ping or a compaction may share the number of the step before it; a
/// compaction is noted when it is over, a ping before it is sent.
fn next_calls<'a>(records: &'a Records, decided: &Decided) -> Vec<&'a LedgerRow> {
    let Decision { agent, step, .. } = &decided.decision;
    let later = |row: &&LedgerRow| match row.purpose {
        Purpose::Step => row.step > *step,
        Purpose::Compaction => row.step >= *step,
        Purpose::KeepWarm | Purpose::Auxiliary => row.step > *step || row.at >= decided.at,
    };
    records.rows.iter().filter(|row| row.agent == *agent).filter(later).collect()
}

fn is_real(row: &LedgerRow) -> bool {
    row.purpose == Purpose::Step && row.outcome == RowOutcome::Ok
}

/// At least what was expected, less the 5 % by which a prediction may be off.
fn is_hit(row: &LedgerRow) -> bool {
    row.usage.cache_read > 0 && row.usage.cache_read * 20 >= row.predicted_cache_read * 19
}

fn reported(records: &Records, id: &DelegationId) -> Option<&'static str> {
    let closed = records.delegation(id)?.closed.as_ref()?;
    Some(match (&closed.report, closed.receipt.verified) {
        (None, _) => "no report",
        (Some(_), true) => "reported, checks passed",
        (Some(_), false) => "reported, not verified",
    })
}

/// The decision's formula with the numbers in place of their names; none where there is no formula.
pub fn filled(decision: &Decision) -> Option<String> {
    if decision.formula.is_empty() {
        return None;
    }
    let in_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut filled = String::new();
    let mut rest = decision.formula.as_str();
    while let Some(first) = rest.chars().next() {
        let name = &rest[..rest.find(|c| !in_name(c)).unwrap_or(rest.len())];
        match decision.numbers.get(name) {
            Some(value) => filled.push_str(&number(name, *value)),
            None if name.is_empty() => filled.push(first),
            None => filled.push_str(name),
        }
        rest = &rest[name.len().max(if name.is_empty() { first.len_utf8() } else { 0 })..];
    }
    Some(filled)
}

/// A number of a decision in the unit that its name ends with.
pub fn number(name: &str, value: f64) -> String {
    let unit = name.rsplit('_').next().unwrap_or(name);
    match unit {
        "usd" if value.is_finite() => Usd::from_dollars(value).to_string(),
        "share" => format!("{:.1} %", value * 100.0),
        "ms" if value.abs() >= 120_000.0 => format!("{:.1} min", value / 60_000.0),
        "ms" if value.abs() >= 1_000.0 => format!("{:.1} s", value / 1_000.0),
        "ms" => format!("{value:.0} ms"),
        _ if value.fract() == 0.0 => grouped(value),
        _ => format!("{value:.3}"),
    }
}

/// `12 345`: whole numbers in groups of three.
fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
#[path = "why_tests.rs"]
mod tests;
