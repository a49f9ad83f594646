//! An independent look at what passed its checks: another brain, a clean context, and nothing but the task, the diff and what the
//! runtime saw. The worker's own words are not shown: they would be believed.

use cache::TokenCounter;
use protocol::{Brain, Decision, DecisionKind};
use serde::Deserialize;

use super::attempt::{self, Running};
use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::review::{Asking, Subject, ask, or_empty};
use crate::run::Scope;
use crate::session::Core;

const SYSTEM: &str = include_str!("../prompts/review.md");

/// Most of a diff that is shown, in bytes.
const DIFF: usize = 60_000;

/// Longest review, in tokens.
const MOST: u32 = 1_500;

/// What a reviewer answers.
#[derive(Debug, Deserialize)]
struct Verdict {
    approve: bool,
    #[serde(default, deserialize_with = "or_empty")]
    objections: Vec<String>,
}

/// The objections of a reviewer, where the lane asks for one and it has some. A reviewer that cannot be had, or whose answer cannot
/// be read, is said, and counts as an objection: what was not reviewed is not done.
pub(super) async fn review(
    core: &Core,
    main: &Agent,
    running: &Running,
    scope: &Scope,
) -> Result<Option<String>, RuntimeError> {
    let Some(brain) = reviewer(core) else { return Ok(None) };
    let diff = match core.turn_start().and_then(|start| start.tree) {
        Some(tree) => core.diff_since(&tree).await,
        None => None,
    };
    let Some(diff) = diff else {
        let why = format!("the review by {brain} did not come about: what changed could not be compared by content");
        core.decide(decision(core.blank_decision(main), &brain, Some(&why), ""))?;
        return Ok(Some(why));
    };
    if diff.trim().is_empty() {
        return Ok(None);
    }
    let whole = subject(attempt::task_words(core, main), running, diff);
    let fitted = whole.fitted(room(core, &brain), |text| core.tokens(&brain.model, TokenCounter::count(text)));
    let seen = seen(&whole, &fitted);
    let asking = Asking { brain: &brain, system: SYSTEM, most: MOST, text: fitted.text() };
    let said = match ask::<Verdict>(core, asking, &scope.cancel).await {
        Ok(said) => said,
        Err(RuntimeError::Interrupted) => return Err(RuntimeError::Interrupted),
        Err(error) => Err(error.to_string()),
    };
    let objections = match said {
        Ok(verdict) if verdict.approve => None,
        Ok(verdict) => Some(verdict.objections.join("\n- ")),
        Err(why) => Some(format!("the review by {brain} did not come about: {why}")),
    };
    core.decide(decision(core.blank_decision(main), &brain, objections.as_deref(), &seen))?;
    Ok(objections.map(|objections| format!("An independent reviewer ({brain}) objects:\n- {objections}")))
}

fn decision(blank: Decision, brain: &Brain, objections: Option<&str>, seen: &str) -> Decision {
    let (chosen, because) = match objections {
        None => ("approved", format!("{brain} found nothing against it{seen}")),
        Some(words) => ("rejected", format!("{brain}: {words}{seen}")),
    };
    Decision { kind: DecisionKind::Escalate, chosen: chosen.to_owned(), because, ..blank }
}

/// Who reviews: the policy's verifier, otherwise the last lane's brain.
fn reviewer(core: &Core) -> Option<Brain> {
    if !core.lanes.lane()?.review {
        return None;
    }
    let setup = core.lanes.setup.as_ref()?;
    setup.verifier.clone().or_else(|| setup.lanes.last().map(|lane| lane.brain.clone()))
}

/// Tokens that are left for what is reviewed: the verifier's own limit, or that of the last lane, whose brain reviews then.
fn room(core: &Core, brain: &Brain) -> u64 {
    let of_lane = core.policy.lanes.last().map(|lane| lane.max_context_tokens);
    let most = core.policy.verifier.as_ref().map(|verifier| verifier.max_context_tokens).or(of_lane);
    let own = core.tokens(&brain.model, TokenCounter::count(SYSTEM));
    most.unwrap_or(u64::MAX).saturating_sub(own)
}

fn subject(task: String, running: &Running, diff: String) -> Subject {
    let receipts: String = running
        .checks
        .iter()
        .map(|(command, passed)| format!("- `{command}`: {}\n", if *passed { "passed" } else { "failed" }))
        .collect();
    let receipts = if receipts.is_empty() { "- none\n".to_owned() } else { receipts };
    Subject { task, receipts: Some(receipts), diff, most: DIFF }
}

/// For the decision's reason: empty where all of it was seen.
fn seen(whole: &Subject, fitted: &Subject) -> String {
    if fitted.len() == whole.len() {
        return String::new();
    }
    format!(" (it saw about {} of {} bytes of task and diff: no more fits its prompt)", fitted.len(), whole.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decision_says_how_much_of_it_was_seen() {
        let of = |bytes: usize| Subject { task: String::new(), receipts: None, diff: "d".repeat(bytes), most: DIFF };
        assert_eq!(seen(&of(10), &of(10)), "");
        assert_eq!(
            seen(&of(100), &of(10)),
            " (it saw about 10 of 100 bytes of task and diff: no more fits its prompt)"
        );
    }
}
