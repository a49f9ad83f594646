//! An independent look at what passed its checks: another brain, a clean context, and nothing but the task, the diff and what the
//! runtime saw. The worker's own words are not shown: they would be believed.

use protocol::{Brain, Decision, DecisionKind};
use serde::Deserialize;

use super::attempt::Running;
use crate::error::RuntimeError;
use crate::fragments::cut;
use crate::infer::{self, Clean};
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
    #[serde(default)]
    objections: Vec<String>,
}

/// The objections of a reviewer, where the lane asks for one and it has some. A reviewer that cannot be had, or whose answer cannot
/// be read, is said, and counts as an objection: what was not reviewed is not done.
pub(super) async fn review(core: &Core, running: &Running, scope: &Scope) -> Result<Option<String>, RuntimeError> {
    let Some(brain) = reviewer(core) else { return Ok(None) };
    let Some(tree) = core.turn_start().and_then(|start| start.tree) else { return Ok(None) };
    let diff = core.diff_since(&tree).await.unwrap_or_default();
    if diff.trim().is_empty() {
        return Ok(None);
    }
    let asked = [subject(core, running, &diff)?];
    let clean = Clean { name: "review", brain: &brain, system: Some(SYSTEM.trim()), most: MOST, texts: &asked };
    let built = infer::build_apart(core, &clean)?;
    let said = match infer::ask_apart(core, built, "review", &scope.cancel).await {
        Ok(words) => read(&words.text).ok_or_else(|| "its answer could not be read".to_owned()),
        Err(RuntimeError::Interrupted) => return Err(RuntimeError::Interrupted),
        Err(error) => Err(error.to_string()),
    };
    let objections = match said {
        Ok(verdict) if verdict.approve => None,
        Ok(verdict) => Some(verdict.objections.join("\n- ")),
        Err(why) => Some(format!("the review by {brain} did not come about: {why}")),
    };
    let main = core.agent(core.team.main())?;
    if let Ok(main) = main.try_lock() {
        core.decide(decision(core.blank_decision(&main), &brain, objections.as_deref()))?;
    } else {
        core.notice(objections.as_deref().unwrap_or("the review found nothing"));
    }
    Ok(objections.map(|objections| format!("An independent reviewer ({brain}) objects:\n- {objections}")))
}

fn decision(blank: Decision, brain: &Brain, objections: Option<&str>) -> Decision {
    let (chosen, because) = match objections {
        None => ("approved", format!("{brain} found nothing against it")),
        Some(words) => ("rejected", format!("{brain}: {words}")),
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

fn subject(core: &Core, running: &Running, diff: &str) -> Result<String, RuntimeError> {
    let inputs = core.store.inputs(&core.session, false)?;
    let task = inputs.iter().map(|input| input.text.as_str()).collect::<Vec<_>>().join("\n\n");
    let receipts: String = running
        .checks
        .iter()
        .map(|(command, passed)| format!("- `{command}`: {}\n", if *passed { "passed" } else { "failed" }))
        .collect();
    let receipts = if receipts.is_empty() { "- none\n".to_owned() } else { receipts };
    Ok(format!(
        "# Task\n{task}\n\n# Checks that the runtime ran\n{receipts}\n# Diff\n```diff\n{}\n```",
        cut(diff, DIFF)
    ))
}

/// The first JSON object of an answer: models like to wrap it.
fn read(text: &str) -> Option<Verdict> {
    let from = text.find('{')?;
    let mut values = serde_json::Deserializer::from_str(&text[from..]).into_iter::<Verdict>();
    values.next()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_read_out_of_what_stands_around_it() {
        let fenced =
            read("Here it is:\n```json\n{\"approve\": false, \"objections\": [\"a test is gone\"]}\n```").unwrap();
        assert!(!fenced.approve);
        assert_eq!(fenced.objections, ["a test is gone"]);
        assert!(read("{\"approve\": true}").unwrap().approve);
        assert!(read("looks good to me").is_none(), "words are no verdict");
        assert!(read("{\"approve\": \"yes\"}").is_none());
    }
}
