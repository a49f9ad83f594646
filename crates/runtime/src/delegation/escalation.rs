//! What follows when a specialist fails: a stronger brain while its ladder has one, then somebody else. Never a third blind retry.

use protocol::{AgentId, Brief, Decision, DecisionKind, ReportStatus};
use store::{DelegationClosed, DelegationRecord};
use team::EscalateTo;

use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::session::Core;
use crate::switching::{Wanted, neighbour};

/// Delegations that failed their checks in a row, after which the same is not tried again.
const FAILED_CYCLES: usize = 2;

/// After two failed delegations in a row: the next rung, or a refusal that says who goes on.
///
/// # Errors
/// The words for the caller.
pub(super) fn after_failures(core: &Core, from: &AgentId, agent: &mut Agent, brief: &Brief) -> Result<(), String> {
    if brief.explore {
        return Ok(());
    }
    let failed = failures(core, from, agent).map_err(|error| error.to_string())?;
    if failed < FAILED_CYCLES {
        return Ok(());
    }
    if let Some(brain) = neighbour(&agent.spec.ladder, &agent.brain, true) {
        return climb(core, agent, brain, failed).map_err(|error| error.to_string());
    }
    let dictated = [&brief.objective].into_iter().chain(&brief.facts).any(|text| text.contains("```"));
    if dictated {
        return Ok(());
    }
    let to = agent.id();
    let rung = if agent.spec.ladder.is_empty() {
        String::new()
    } else {
        format!(", on the highest rung of its ladder ({})", agent.brain)
    };
    let words = match agent.spec.escalate_to {
        EscalateTo::Main => format!(
            "{failed} delegations to `{to}` in a row did not pass their checks{rung}. Do not send it a third time: \
             `take_over(reason)`, or dictate the exact patch in a fenced block (```) in `objective` or `facts`"
        ),
        EscalateTo::Person => {
            let words = format!(
                "{failed} delegations to `{to}` in a row did not pass their checks{rung}: a person has to decide"
            );
            let decision = refusal(core, agent, failed, "person", &words);
            core.decide(decision).map_err(|error| error.to_string())?;
            return Err(core.fail(RuntimeError::Blocked(words)));
        }
    };
    core.decide(refusal(core, agent, failed, "main", &words)).map_err(|error| error.to_string())?;
    Err(words)
}

fn refusal(core: &Core, agent: &Agent, failed: usize, to: &str, words: &str) -> Decision {
    Decision {
        kind: DecisionKind::Escalate,
        chosen: to.to_owned(),
        because: words.to_owned(),
        formula: "failed_delegations >= 2 and no higher rung".to_owned(),
        numbers: [("failed_delegations".to_owned(), failed as f64)].into(),
        ..core.blank_decision(agent)
    }
}

/// The next rung, at once: the window closes before the brief is given.
fn climb(core: &Core, agent: &mut Agent, brain: protocol::Brain, failed: usize) -> Result<(), RuntimeError> {
    let because = format!("{failed} delegations in a row did not pass their checks with {}", agent.brain);
    let decision = Decision {
        kind: DecisionKind::Escalate,
        chosen: "up".to_owned(),
        because: because.clone(),
        formula: "failed_delegations >= 2".to_owned(),
        numbers: [("failed_delegations".to_owned(), failed as f64)].into(),
        ..core.blank_decision(agent)
    };
    let wanted = Wanted { brain, urgent: true, now: true, by_monitor: false, because, at: core.clock.now() };
    core.want(agent, wanted, decision)
}

/// Delegations of this turn that failed in a row, with the brain that the specialist has now.
fn failures(core: &Core, from: &AgentId, agent: &Agent) -> Result<usize, RuntimeError> {
    let since = core.turn_started_at();
    let first_item = core
        .store
        .windows(&core.session, agent.id())?
        .into_iter()
        .rev()
        .take_while(|window| window.brain == agent.brain)
        .last()
        .map(|window| window.opened_at);
    let records = core.store.delegations(&core.session)?;
    let of_turn = |record: &&DelegationRecord| {
        record.from == *from
            && record.to == *agent.id()
            && !record.brief.explore
            && record.opened_at >= since
            && first_item.is_none_or(|opened| record.opened_at >= opened)
    };
    let newest_first = records.iter().rev().filter(of_turn);
    Ok(newest_first.take_while(|record| record.closed.as_ref().is_some_and(has_failed)).count())
}

/// Checks failed, or nothing came of it. A question that has to be decided is not a failure.
fn has_failed(closed: &DelegationClosed) -> bool {
    !closed.receipt.verified && closed.report.as_ref().is_none_or(|report| report.status != ReportStatus::NeedsDecision)
}
