//! A recorded session of this program under another team, other prices or another compaction setting, from its token flow: the
//! same calls in the same order at the same times.

mod context;
mod plan;

use catalogue::Catalogue;
use protocol::{AgentId, Brain, LedgerRow, Purpose, RowOutcome, SessionId, Usd};
use team::Team;

use self::context::{Context, Event};
use self::plan::Plan;
use super::Delegated;
use super::models::Rated;
use super::split::{self, Split, Work};
use crate::account::records::{Records, usd_of};
use crate::account::{brain_name, steps, summaries};
use crate::activity::Activity;
use crate::flow::{CHARS_PER_TOKEN, Call, Tool};

/// A session that cannot be played so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It called no model.
    #[error("session {0} called no model yet, so there is nothing to price")]
    Empty(SessionId),
    /// Somebody worked in it whom the team does not have.
    #[error("team {team} has no agent `{agent}`, who worked in this session; its agents are {known}")]
    NoAgent {
        /// The team.
        team: String,
        /// Who is missing.
        agent: AgentId,
        /// Who is there.
        known: String,
    },
    /// A model without a price.
    #[error("no price is known for {brain}, the brain of `{agent}`{}", .team.as_ref().map(|team| format!(" in team {team}")).unwrap_or_default())]
    NoPrice {
        /// The model.
        brain: String,
        /// Whose.
        agent: AgentId,
        /// In which team; none for the session's own.
        team: Option<String>,
    },
}

/// An agent's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentPart {
    /// The agent.
    pub agent: AgentId,
    /// Who served it, each `provider/model` or `provider/model@effort` once, in their order.
    pub recorded_brains: Vec<String>,
    /// Who would have.
    pub brains: Vec<String>,
    /// In whose context: another agent's where that one does its work too.
    pub context: AgentId,
    /// Its answered calls.
    pub calls: u64,
    /// What they cost; none where a price was unknown.
    pub recorded: Option<Usd>,
    /// What they would have cost; zero for one whose work another agent took over.
    pub whatif: Usd,
}

/// The session, as it was and as it would have been.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// The session.
    pub session: SessionId,
    /// The other team; none for the session's own.
    pub team: Option<String>,
    /// What the ledger says; none where a price was unknown.
    pub recorded: Option<Usd>,
    /// The session as it was, priced by the method that prices the other: how far that can be trusted. None where the price of
    /// one of its own models is unknown.
    pub replayed: Option<Usd>,
    /// Under the other team, prices, setting.
    pub whatif: Usd,
    /// By agent, in the order of their first calls.
    pub agents: Vec<AgentPart>,
    /// Windows that were closed and followed by another, then and so.
    pub compactions: (u64, u64),
    /// For a session of one agent and a team with specialists: exploration and tests delegated, and edits too.
    pub delegated: Option<(Delegated, Delegated)>,
    /// What the numbers rest on, a sentence each.
    pub assumptions: Vec<String>,
}

/// Plays a session again. Without a team its own brains work, at the prices of the catalogue given.
///
/// # Errors
/// When nothing was called, the team lacks an agent, or a price is unknown.
pub fn replay(records: &Records, team: Option<&Team>, catalogue: &Catalogue) -> Result<Replay, ReplayError> {
    let rows: Vec<&LedgerRow> = records.rows.iter().filter(|row| row.usage.prompt() + row.usage.output > 0).collect();
    let main = records.main().filter(|_| !rows.is_empty()).ok_or_else(|| ReplayError::Empty(records.id.clone()))?;
    let lengths = summary_lengths(records);
    let plan = Plan::new(main, &rows, &lengths, team, catalogue)?;
    let own = Plan::new(main, &rows, &lengths, None, catalogue).and_then(|plan| play(records, &rows, &plan)).ok();
    let played = play(records, &rows, &plan)?;
    let delegated = team.map(|team| delegated(records, &rows, team, catalogue)).transpose()?.flatten();
    let mut replay = Replay {
        session: records.id.clone(),
        team: team.map(|team| team.name.clone()),
        recorded: records.rows.iter().map(usd_of).sum(),
        replayed: own.as_ref().map(|own| own.iter().map(|(_, context)| context.usd()).sum()),
        whatif: played.iter().map(|(_, context)| context.usd()).sum(),
        agents: parts(&rows, &plan, &played),
        compactions: (
            own.iter().flatten().map(|(_, context)| context.compactions()).sum(),
            played.iter().map(|(_, context)| context.compactions()).sum(),
        ),
        delegated,
        assumptions: plan.in_words(),
    };
    if let Some((agent, context)) = played.iter().find(|(_, context)| context.overflowed()) {
        let limit = context.limit();
        replay.assumptions.push(format!(
            "The context of `{agent}` grows beyond the {limit} tokens that its model takes: this would not run so."
        ));
    }
    if replay.delegated.is_some() {
        replay.assumptions.push(Split::default().in_words("the team's first specialist"));
    }
    Ok(replay)
}

/// Tokens of the summaries that windows were opened with, and whose they were.
fn summary_lengths(records: &Records) -> Vec<(AgentId, u64)> {
    let discarded = summaries::discarded(records);
    let rows = records.rows.iter().enumerate().filter(|(n, row)| {
        row.purpose == Purpose::Compaction && row.outcome == RowOutcome::Ok && !discarded.contains(n)
    });
    rows.map(|(_, row)| (row.agent.clone(), row.usage.output)).collect()
}

/// Plays every context to its end, in the order of the agents' first calls.
fn play(records: &Records, rows: &[&LedgerRow], plan: &Plan<'_>) -> Result<Vec<(AgentId, Context)>, ReplayError> {
    let mut contexts: Vec<(AgentId, Context)> = Vec::new();
    for event in events(records, rows, plan) {
        let at = contexts.iter().position(|(agent, _)| *agent == event.agent);
        let at = match at {
            Some(at) => at,
            None => {
                contexts.push((event.agent.clone(), Context::new(plan.setting(&event.agent))));
                contexts.len() - 1
            }
        };
        contexts[at].1.play(&event, &plan.model(&event)?, plan.summarizer(&event)?.as_ref());
    }
    Ok(contexts)
}

/// The rows as events of the contexts that they go into.
fn events<'r>(records: &'r Records, rows: &[&'r LedgerRow], plan: &Plan<'_>) -> Vec<Event<'r>> {
    let discarded = summaries::discarded(records);
    let is_discarded = |row: &LedgerRow| discarded.iter().any(|n| std::ptr::eq(&records.rows[*n], row));
    let mut before: Vec<(&AgentId, &LedgerRow)> = Vec::new();
    let mut events = Vec::with_capacity(rows.len());
    for row in rows {
        let last = before.iter().rposition(|(agent, _)| **agent == row.agent);
        let earlier = last.map(|at| before[at].1);
        let opens = earlier.is_none_or(|earlier| earlier.window != row.window);
        let grown = earlier.filter(|_| !opens).map(|last| row.usage.prompt().saturating_sub(last.usage.prompt()));
        let compacted = records.windows.iter().find(|window| window.id == row.window && window.agent == row.agent);
        let compacted =
            compacted.is_some_and(|window| window.reason.starts_with("compacted") || window.reason == "switched");
        if steps::is_step(row) {
            match last {
                Some(at) => before[at].1 = row,
                None => before.push((&row.agent, row)),
            }
        }
        let agent = plan.context_of(&row.agent).clone();
        let moved = agent != row.agent;
        events.push(Event { agent, row, moved, opens, grown, compacted, discarded: is_discarded(row) });
    }
    events
}

fn parts(rows: &[&LedgerRow], plan: &Plan<'_>, played: &[(AgentId, Context)]) -> Vec<AgentPart> {
    let mut parts: Vec<AgentPart> = Vec::new();
    for row in rows {
        let at = parts.iter().position(|part| part.agent == row.agent).unwrap_or_else(|| {
            // None for one whose work went into another's context.
            let context = played.iter().find(|(agent, _)| *agent == row.agent);
            parts.push(AgentPart {
                agent: row.agent.clone(),
                recorded_brains: Vec::new(),
                brains: Vec::new(),
                context: plan.context_of(&row.agent).clone(),
                calls: 0,
                recorded: Some(Usd::ZERO),
                whatif: context.map_or(Usd::ZERO, |(_, context)| context.usd()),
            });
            parts.len() - 1
        });
        let part = &mut parts[at];
        part.calls += 1;
        part.recorded = part.recorded.zip(usd_of(row)).map(|(sum, more)| sum + more);
        // A summary may be another brain's work; an agent without any step has nothing else.
        let has_steps = rows.iter().any(|other| other.agent == row.agent && steps::is_step(other));
        if steps::is_step(row) || !has_steps {
            name_once(&mut part.recorded_brains, &row.brain);
            name_once(&mut part.brains, plan.brain_of(row));
        }
    }
    parts
}

fn name_once(names: &mut Vec<String>, brain: &Brain) {
    let name = brain_name(brain);
    if !names.contains(&name) {
        names.push(name);
    }
}

/// What a team with specialists would have made of a session that one agent played alone.
fn delegated(
    records: &Records,
    rows: &[&LedgerRow],
    team: &Team,
    catalogue: &Catalogue,
) -> Result<Option<(Delegated, Delegated)>, ReplayError> {
    let alone = rows.iter().all(|row| row.agent == rows[0].agent);
    let Some(specialist) = team.specialists().next().filter(|_| alone) else { return Ok(None) };
    let sidekick = rated(catalogue, &specialist.brain, &specialist.id, Some(team))?;
    let main = rated(catalogue, &team.main().brain, &rows[0].agent, Some(team))?;
    let calls = calls(records);
    let estimate = |activities: &[Activity]| {
        let work = Work { main: &main, sidekick: &sidekick, activities };
        let [low, usual, high] = split::REREAD.map(|share| Split::default().play(&calls, &work, share));
        let (moved_calls, briefs) = (usual.moved_calls, usual.briefs);
        Delegated { low: low.usd, usual: usual.usd, high: high.usd, moved_calls, briefs }
    };
    let explored = estimate(&[Activity::Explore, Activity::Test]);
    Ok(Some((explored, estimate(&[Activity::Explore, Activity::Test, Activity::Edit]))))
}

/// The session's steps as calls of a flow.
fn calls(records: &Records) -> Vec<Call> {
    let turns = records.turns();
    let mut turn = None;
    let mut calls = Vec::new();
    for step in steps::of(records) {
        let row = &records.rows[step.row];
        let now = turns.iter().position(|one| one.holds(row.at));
        let tools = step.calls.iter().map(|call| Tool {
            name: call.tool.clone(),
            activity: call.activity,
            result_chars: (call.tokens as f64 * CHARS_PER_TOKEN) as u64,
            error: call.failed,
        });
        calls.push(Call {
            at: row.at,
            model: row.brain.model.clone(),
            usage: row.usage,
            output_estimated: false,
            human: now != turn,
            tools: tools.collect(),
        });
        turn = now;
    }
    calls
}

/// The price of a brain.
fn rated<'a>(
    catalogue: &'a Catalogue,
    brain: &Brain,
    agent: &AgentId,
    team: Option<&Team>,
) -> Result<Rated<'a>, ReplayError> {
    let model = catalogue.model(&brain.provider, &brain.model).ok_or_else(|| ReplayError::NoPrice {
        brain: brain.to_string(),
        agent: agent.clone(),
        team: team.map(|team| team.name.clone()),
    })?;
    Ok(Rated { name: catalogue::ModelRef::new(brain.provider.as_str(), brain.model.as_str()), model })
}

#[cfg(test)]
#[path = "session/tests.rs"]
mod tests;
