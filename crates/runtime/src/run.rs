//! The loop: load, take the first operation that applies, apply it, repeat. The same for every agent.

use std::sync::Arc;
use std::time::Duration;

use permissions::rights::Holder;
use protocol::{DelegationId, ErrorKind, FragmentKind, Report, Timestamp};
use store::{InputMode as StoredMode, Write};
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::compaction::{Compacted, Why, compact, due};
use crate::error::RuntimeError;
use crate::fragments;
use crate::infer::infer;
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
    /// What it may do, and who gave it.
    pub(crate) holder: Arc<Holder>,
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
        holder: Arc<Holder>,
        delegation: Option<DelegationId>,
        cancel: CancellationToken,
    ) -> Self {
        let span = Duration::from_secs(u64::from(agent.limits.minutes) * 60);
        Self { delegation, holder, cancel, deadline: core.clock.now().plus(span) }
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
    /// The run looks like one that fails: somebody else goes on. Why.
    Doubted(String),
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
                agent.bring_up_to_date(core)?;
                if let Some(ended) = guard(core, agent, scope)? {
                    return Ok(ended);
                }
                if let Some(ended) = step(core, agent, scope).await? {
                    return Ok(ended);
                }
            }
            Next::Continue => {
                if agent.turn.reminded(&fragments::go_on()) >= REMINDERS {
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
                if scope.delegation.is_none() || agent.turn.reminded(&fragments::must_report()) >= REMINDERS {
                    return Ok(Ended::Answered(text));
                }
                agent.append(core, vec![fragments::must_report()], Vec::new(), Vec::new())?;
            }
        }
    }
}

/// One step, in a window that has room for it. Closing a window costs too: the limits are looked at again behind it.
async fn step(core: &Arc<Core>, agent: &mut Agent, scope: &Scope) -> Result<Option<Ended>, RuntimeError> {
    if let Some(why) = due(core, agent) {
        compact(core, agent, why, &scope.cancel).await?;
        if let Some(reason) = core.budget_exhausted(scope)? {
            return Ok(Some(Ended::Limit(reason)));
        }
    }
    let delegation = scope.delegation.as_ref();
    match infer(core, agent, delegation, &scope.cancel).await {
        Err(RuntimeError::Provider { brain, error }) if error.kind == ErrorKind::Overflow => {
            // The provider counts otherwise than we do: close the window, and try once more.
            match compact(core, agent, Why::Overflow, &scope.cancel).await? {
                Compacted::Opened => infer(core, agent, delegation, &scope.cancel).await?,
                Compacted::Nothing | Compacted::Kept(_) => return Err(RuntimeError::Provider { brain, error }),
            }
        }
        done => done?,
    }
    Ok(None)
}

/// Limits, checked between steps and never in the middle of a tool.
fn guard(core: &Core, agent: &mut Agent, scope: &Scope) -> Result<Option<Ended>, RuntimeError> {
    if let Some(reason) = core.budget_exhausted(scope)? {
        return Ok(Some(Ended::Limit(reason)));
    }
    let (taken, cap) = (agent.turn.steps, agent.spec.limits.steps);
    if taken >= cap {
        return Ok(Some(Ended::Limit(format!("{} reached its limit of {cap} steps", agent.spec.id))));
    }
    if let Some(reason) = core.iteration_limit(agent)? {
        return match core.is_main(agent.id()) {
            true => Err(core.over_to_a_person(reason)?),
            false => Ok(Some(Ended::Limit(reason))),
        };
    }
    if core.clock.now() >= scope.deadline {
        let minutes = agent.spec.limits.minutes;
        return Ok(Some(Ended::Limit(format!("{} reached its limit of {minutes} minutes", agent.spec.id))));
    }
    if core.is_main(agent.id())
        && let Some(because) = core.lanes.doubted()
    {
        return Ok(Some(Ended::Doubted(because)));
    }
    let repeats = agent.turn.repeats();
    if repeats >= REPEATS_STOPPED {
        return Ok(Some(Ended::Looping(repeats)));
    }
    if repeats >= REPEATS_TOLD && agent.turn.told(FragmentKind::Drift, fragments::REPEATING) == 0 {
        agent.append(core, vec![fragments::repeating(repeats)], Vec::new(), Vec::new())?;
    }
    if core.is_main(agent.id())
        && let Some(share) = agent.habits.to_tell()
        && !core.team.is_solo()
    {
        agent.append(core, vec![fragments::exploring(share)], Vec::new(), Vec::new())?;
    }
    let left = cap - taken;
    if scope.delegation.is_some() && left <= STEPS_WARNED && agent.turn.told(FragmentKind::Budget, "") == 0 {
        agent.append(core, vec![fragments::steps_left(left)], Vec::new(), Vec::new())?;
    }
    Ok(None)
}

/// Input that came while the turn runs and is meant to steer it becomes part of the main agent's transcript here, and what the person
/// ran meanwhile.
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
    let own = core.own_commands_to_tell(agent)?;
    if !own.is_empty() {
        agent.append(core, own, Vec::new(), Vec::new())?;
    }
    Ok(())
}
