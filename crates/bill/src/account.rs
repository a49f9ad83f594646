//! Where the dollars of one session, or of several, went: by agent, brain, purpose, activity and outcome.

pub mod records;
pub mod steps;
pub mod summaries;

use std::collections::{BTreeMap, BTreeSet};

use catalogue::Catalogue;
use protocol::{AgentId, Brain, LedgerRow, Purpose, RowOutcome, SessionId, Timestamp, Usage, Usd};
use serde::Serialize;

use crate::activity::Activity;
use crate::waste::{self, Waste};
use records::{Records, usd_of};
use steps::{Step, is_step};

/// What costs are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum View {
    /// The agent that called.
    Agent,
    /// The brain that was called, as [`brain_name`] names it.
    Brain,
    /// What the call was for: `turn` (main's steps), `delegation` (a specialist's), `compaction`, `keep_warm`, `classifier`
    /// (any other auxiliary call), `retry` (attempts that failed, whatever they were for).
    Purpose,
    /// What the work was: `exploration`, `editing`, `testing`, `planning`, `other`. A step's dollars are shared equally by
    /// its tool calls; a step without any is planning, a call that is no step is `other`.
    Activity,
    /// How the call ended: `answered`, `failed`, `retried`.
    Outcome,
}

impl View {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 5] = [Self::Agent, Self::Brain, Self::Purpose, Self::Activity, Self::Outcome];

    /// As written on the command line and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Brain => "brain",
            Self::Purpose => "purpose",
            Self::Activity => "activity",
            Self::Outcome => "outcome",
        }
    }
}

/// The cost of a group of model calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// The agent, brain, purpose, activity or outcome; empty for a total.
    pub key: String,
    /// Model calls, every attempt counted. By activity: tool calls, and steps without any.
    pub calls: u64,
    /// Steps: retries and calls for other purposes do not count. By activity a step counts wherever one of its calls does.
    pub steps: u64,
    /// Tokens.
    pub usage: Usage,
    /// Dollars of the calls whose price is known.
    pub at_least: Usd,
    /// Calls whose price is not known.
    pub unpriced: u64,
}

impl Group {
    /// Dollars; none where the price of any call is unknown.
    pub fn usd(&self) -> Option<Usd> {
        (self.unpriced == 0).then_some(self.at_least)
    }

    fn add(&mut self, share: &Share) {
        self.calls += share.calls;
        self.steps += share.steps;
        self.usage += share.usage;
        match share.usd {
            Some(usd) => self.at_least += usd,
            None => self.unpriced += 1,
        }
    }
}

/// As in the lists of `agent cost --json`.
impl Serialize for Group {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = serializer.serialize_struct("Group", 7)?;
        fields.serialize_field("key", &self.key)?;
        fields.serialize_field("calls", &self.calls)?;
        fields.serialize_field("steps", &self.steps)?;
        fields.serialize_field("usage", &self.usage)?;
        fields.serialize_field("usd", &self.usd())?;
        fields.serialize_field("usd_at_least", &self.at_least)?;
        fields.serialize_field("cache_hit_rate", &self.usage.hit_rate())?;
        fields.end()
    }
}

/// What a row, or a part of it, adds to a group.
struct Share {
    calls: u64,
    steps: u64,
    usage: Usage,
    usd: Option<Usd>,
}

/// A session in a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionCost {
    /// The session.
    pub id: SessionId,
    /// Its first input.
    pub title: String,
    /// All its calls.
    pub total: Group,
}

/// The bill of one session or of several.
#[derive(Clone, Debug, Default)]
pub struct Bill {
    /// Calls before this moment are not on it.
    pub since: Option<Timestamp>,
    /// The sessions on it.
    pub sessions: Vec<SessionCost>,
    /// All calls.
    pub total: Group,
    /// What was spent for nothing.
    pub waste: Vec<Waste>,
    views: [Vec<Group>; View::ALL.len()],
}

impl Bill {
    /// An empty bill of calls from a moment on.
    pub fn since(since: Option<Timestamp>) -> Self {
        Self { since, ..Self::default() }
    }

    /// Puts a session on it. Its steps are [`steps::of`] its records.
    pub fn add(&mut self, records: &Records, steps: &[Step], catalogue: &Catalogue) {
        let mut total = Group::default();
        let on_it = |row: &LedgerRow| self.since.is_none_or(|since| row.at >= since);
        let (activities, counted) = (activities(records, steps), last_attempts(&records.rows));
        for (n, (row, activities)) in records.rows.iter().zip(activities).enumerate().filter(|(_, (row, _))| on_it(row))
        {
            let steps = u64::from(counted.contains(&n));
            let whole = Share { calls: 1, steps, usage: row.usage, usd: usd_of(row) };
            total.add(&whole);
            let keys = [row.agent.0.clone(), brain_name(&row.brain), purpose(row).to_owned(), outcome(row).to_owned()];
            for (view, key) in [View::Agent, View::Brain, View::Purpose, View::Outcome].into_iter().zip(keys) {
                group(&mut self.views[view as usize], &key).add(&whole);
            }
            for (key, share) in shared(&activities, &whole) {
                group(&mut self.views[View::Activity as usize], key).add(&share);
            }
        }
        self.views[View::Activity as usize].sort_by_key(|group| ACTIVITIES.iter().position(|name| *name == group.key));
        for found in waste::find(records, steps, catalogue, self.since) {
            waste::put(&mut self.waste, found);
        }
        merge(&mut self.total, &total);
        let title = records.session.as_ref().map(|session| session.title.clone()).unwrap_or_default();
        self.sessions.push(SessionCost { id: records.id.clone(), title, total });
    }

    /// The last line of a view. By activity its calls are those of the groups (tool calls, and steps without any), and a step
    /// that is part of several groups counts once.
    pub fn total_of(&self, view: View) -> Group {
        let calls = match view {
            View::Activity => self.by(view).iter().map(|group| group.calls).sum(),
            _ => self.total.calls,
        };
        Group { calls, ..self.total.clone() }
    }

    /// The groups of a view, in the order of their first calls (activities in their own).
    pub fn by(&self, view: View) -> &[Group] {
        &self.views[view as usize]
    }

    /// Dollars spent for nothing, as far as prices are known. No call is counted twice in it.
    pub fn wasted(&self) -> Usd {
        self.waste.iter().filter_map(|waste| waste.usd).sum()
    }
}

fn merge(into: &mut Group, other: &Group) {
    into.calls += other.calls;
    into.steps += other.steps;
    into.usage += other.usage;
    into.at_least += other.at_least;
    into.unpriced += other.unpriced;
}

fn group<'a>(groups: &'a mut Vec<Group>, key: &str) -> &'a mut Group {
    let at = groups.iter().position(|group| group.key == key).unwrap_or_else(|| {
        groups.push(Group { key: key.to_owned(), ..Group::default() });
        groups.len() - 1
    });
    &mut groups[at]
}

/// The rows at which steps count: each step once, at its last attempt, however that ended.
fn last_attempts(rows: &[LedgerRow]) -> BTreeSet<usize> {
    let attempts = rows.iter().enumerate().filter(|(_, row)| row.purpose == Purpose::Step);
    let last: BTreeMap<(&AgentId, u32), usize> = attempts.map(|(n, row)| ((&row.agent, row.step), n)).collect();
    last.into_values().collect()
}

/// A brain as a bill names it: `provider/model`, and `@effort` behind it where one was set.
pub fn brain_name(brain: &Brain) -> String {
    match brain.effort.and_then(|effort| serde_json::to_value(effort).ok()) {
        Some(serde_json::Value::String(effort)) => format!("{brain}@{effort}"),
        _ => brain.to_string(),
    }
}

/// The purpose of a call as a bill names it.
pub fn purpose(row: &LedgerRow) -> &'static str {
    match (row.outcome, row.purpose) {
        (RowOutcome::Retried(_) | RowOutcome::Failed(_), _) => "retry",
        (_, Purpose::Step) if row.delegation.is_some() => "delegation",
        (_, Purpose::Step) => "turn",
        (_, Purpose::Compaction) => "compaction",
        (_, Purpose::KeepWarm) => "keep_warm",
        (_, Purpose::Auxiliary) if is_review(row) => "review",
        (_, Purpose::Auxiliary) => "classifier",
    }
}

/// A call on a clean context has a window named after what it is for: `SESSION-review-BRAIN`.
fn is_review(row: &LedgerRow) -> bool {
    row.window.0.strip_prefix(row.session.0.as_str()).is_some_and(|name| name.starts_with("-review-"))
}

/// How a call ended, as a bill names it.
pub fn outcome(row: &LedgerRow) -> &'static str {
    match row.outcome {
        RowOutcome::Ok => "answered",
        RowOutcome::Failed(_) => "failed",
        RowOutcome::Retried(_) => "retried",
    }
}

/// Activities as a bill names them, in its order.
const ACTIVITIES: [&str; 5] = ["exploration", "editing", "testing", "planning", "other"];

/// An activity as a bill names it.
pub fn activity_name(activity: Activity) -> &'static str {
    match activity {
        Activity::Explore => "exploration",
        Activity::Edit => "editing",
        Activity::Test => "testing",
        Activity::Plan => "planning",
        Activity::Other => "other",
    }
}

/// The activity of each tool call of each row; one alone where there are no calls.
fn activities(records: &Records, steps: &[Step]) -> Vec<Vec<&'static str>> {
    let alone = |row: &LedgerRow| vec![if is_step(row) { "planning" } else { "other" }];
    let mut activities: Vec<Vec<&'static str>> = records.rows.iter().map(alone).collect();
    for step in steps.iter().filter(|step| !step.calls.is_empty()) {
        activities[step.row] = step.calls.iter().map(|call| activity_name(call.activity)).collect();
    }
    activities
}

/// A row's tokens and dollars in equal parts, one per call; what cannot be divided goes to the first. A step counts once for
/// each activity in it.
fn shared<'a>(activities: &[&'a str], whole: &Share) -> Vec<(&'a str, Share)> {
    let parts = activities.len().max(1) as u64;
    let mut seen: Vec<&str> = Vec::new();
    let mut shares = Vec::with_capacity(activities.len());
    for (n, activity) in activities.iter().enumerate() {
        let part = |tokens: u64| tokens / parts + if n == 0 { tokens % parts } else { 0 };
        let of_usd = |usd: Usd| {
            let rest = if n == 0 { usd.picos() % parts as i64 } else { 0 };
            Usd::from_picos(usd.picos() / parts as i64 + rest)
        };
        let usage = &whole.usage;
        let first = !seen.contains(activity);
        seen.push(activity);
        let share = Share {
            calls: whole.calls,
            steps: if first { whole.steps } else { 0 },
            usage: Usage {
                input: part(usage.input),
                cache_read: part(usage.cache_read),
                cache_write_short: part(usage.cache_write_short),
                cache_write_long: part(usage.cache_write_long),
                output: part(usage.output),
                reasoning: part(usage.reasoning),
            },
            usd: whole.usd.map(of_usd),
        };
        shares.push((*activity, share));
    }
    shares
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
