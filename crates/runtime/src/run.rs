//! The loop: load, take the first operation that applies, apply it, repeat. The same for every agent.

use std::sync::Arc;
use std::time::Duration;

use protocol::{DelegationId, FragmentKind, Item, Purpose, Report, Timestamp};
use store::{InputMode as StoredMode, Write};
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::fragments;
use crate::infer::{CallFor, infer};
use crate::machine::{self, Next};
use crate::session::Core;
use crate::toolrun::run_tools;

/// Same call, same result, this often in the last ten: the agent is told.
const REPEATS_TOLD: usize = 3;
/// This often: the run stops and a person is asked.
const REPEATS_STOPPED: usize = 5;
/// How often a specialist is reminded to report, and an answer cut by the output limit is asked to go on.
const REMINDERS: usize = 2;
/// A specialist is told when only this many steps are left.
const STEPS_WARNED: u32 = 3;

/// What a run belongs to.
#[derive(Clone)]
pub(crate) struct Scope {
    /// The delegation an agent works on; none for the main agent.
    pub(crate) delegation: Option<DelegationId>,
    /// Ends the run early.
    pub(crate) cancel: CancellationToken,
    /// The run stops at the first step boundary after this moment.
    pub(crate) deadline: Timestamp,
}

impl Scope {
    /// A scope that ends after the agent's own time limit.
    pub(crate) fn new(
        core: &Core,
        agent: &team::AgentSpec,
        delegation: Option<DelegationId>,
        cancel: CancellationToken,
    ) -> Self {
        let span = Duration::from_secs(u64::from(agent.limits.minutes) * 60);
        Self { delegation, cancel, deadline: core.clock.now().plus(span) }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ended {
    /// With an answer.
    Answered(String),
    /// With a report.
    Reported(Box<Report>),
    /// The model declined.
    Refused(String),
    /// At a limit of steps, minutes or dollars.
    Limit(String),
    /// Going round in circles.
    Looping(usize),
}

/// Runs an agent until there is nothing left for it to do.
pub(crate) async fn run_agent(core: &Arc<Core>, agent: &mut Agent, scope: &Scope) -> Result<Ended, RuntimeError> {
    loop {
        if scope.cancel.is_cancelled() {
            return Err(RuntimeError::Interrupted);
        }
        match machine::next(&agent.items) {
            Next::Wait => return Err(RuntimeError::Setup(format!("{} has nothing to do", agent.spec.id))),
            Next::RunTools => run_tools(core, agent, scope).await?,
            Next::Infer => {
                promote_steering(core, agent, scope)?;
                if let Some(ended) = guard(core, agent, scope)? {
                    return Ok(ended);
                }
                let call = CallFor { purpose: Purpose::Step, delegation: scope.delegation.as_ref() };
                infer(core, agent, call, &scope.cancel).await?;
            }
            Next::Continue => {
                if reminded(agent, &fragments::go_on()) >= REMINDERS {
                    return Ok(Ended::Limit(format!(
                        "the answer was cut off at the output limit of {} tokens, again and again",
                        agent.brain.max_tokens
                    )));
                }
                agent.append(core, vec![fragments::go_on()], Vec::new(), Vec::new())?;
            }
            Next::Refused(text) => return Ok(Ended::Refused(text)),
            Next::Reported(report) => return Ok(Ended::Reported(report)),
            Next::Answered(text) => {
                if scope.delegation.is_none() || reminded(agent, &fragments::must_report()) >= REMINDERS {
                    return Ok(Ended::Answered(text));
                }
                agent.append(core, vec![fragments::must_report()], Vec::new(), Vec::new())?;
            }
        }
    }
}

/// Limits, checked between steps and never in the middle of a tool.
fn guard(core: &Core, agent: &mut Agent, scope: &Scope) -> Result<Option<Ended>, RuntimeError> {
    if let Some(reason) = core.budget_exhausted(scope)? {
        return Ok(Some(Ended::Limit(reason)));
    }
    let (taken, cap) = (machine::steps_since_user(&agent.items), agent.spec.limits.steps);
    if taken >= cap {
        return Ok(Some(Ended::Limit(format!("{} reached its limit of {cap} steps", agent.spec.id))));
    }
    if core.clock.now() >= scope.deadline {
        let minutes = agent.spec.limits.minutes;
        return Ok(Some(Ended::Limit(format!("{} reached its limit of {minutes} minutes", agent.spec.id))));
    }
    let repeats = machine::repeats(&agent.items);
    if repeats >= REPEATS_STOPPED {
        return Ok(Some(Ended::Looping(repeats)));
    }
    if repeats >= REPEATS_TOLD && fragments_since_user(agent, FragmentKind::Drift) == 0 {
        agent.append(core, vec![as_drift(fragments::repeating(repeats))], Vec::new(), Vec::new())?;
    }
    let left = cap - taken;
    if scope.delegation.is_some() && left <= STEPS_WARNED && fragments_since_user(agent, FragmentKind::Budget) == 0 {
        agent.append(core, vec![fragments::steps_left(left)], Vec::new(), Vec::new())?;
    }
    Ok(None)
}

/// A loop warning is counted apart from the reminders to report.
fn as_drift(item: Item) -> Item {
    match item {
        Item::Fragment { text, .. } => Item::Fragment { kind: FragmentKind::Drift, text },
        other => other,
    }
}

fn fragments_since_user(agent: &Agent, wanted: FragmentKind) -> usize {
    machine::since_user(&agent.items)
        .iter()
        .filter(|item| matches!(item, Item::Fragment { kind, .. } if *kind == wanted))
        .count()
}

/// How often this very reminder was given since the last user item: each has its own count.
fn reminded(agent: &Agent, reminder: &Item) -> usize {
    machine::since_user(&agent.items).iter().filter(|item| *item == reminder).count()
}

/// Input that came while the turn runs and is meant to steer it becomes part of the main agent's transcript here.
fn promote_steering(core: &Core, agent: &mut Agent, scope: &Scope) -> Result<(), RuntimeError> {
    if scope.delegation.is_some() || !core.has_input() {
        return Ok(());
    }
    // Before it is read: what comes in meanwhile sets it again.
    core.input_taken();
    for input in core.store.inputs(&core.session, true)? {
        if input.mode == StoredMode::Steer {
            let promoted = vec![Write::InputPromoted { seq: input.seq }];
            agent.append(core, vec![fragments::steering(&input.text)], promoted, Vec::new())?;
        }
    }
    Ok(())
}
