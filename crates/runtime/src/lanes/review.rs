//! An independent look at what passed its checks: another brain, a clean context, and nothing but the task, the diff and what the
//! runtime saw. The worker's own words are not shown: they would be believed.

use cache::TokenCounter;
use protocol::{Brain, Decision, DecisionKind};
use serde::Deserialize;

use super::attempt::{self, Running};
use crate::agent::Agent;
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
    let subject = subject(attempt::task_words(core, main), running, &diff)
        .fitted(room(core, &brain), |text| core.tokens(&brain.model, TokenCounter::count(text)));
    let seen = subject.seen();
    let asked = [subject.text()];
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

/// What a reviewer looks at.
struct Subject {
    task: String,
    receipts: String,
    diff: String,
    /// Bytes of task and diff before anything was left out.
    whole: usize,
}

impl Subject {
    fn text(&self) -> String {
        let Self { task, receipts, diff, .. } = self;
        format!("# Task\n{task}\n\n# Checks that the runtime ran\n{receipts}\n# Diff\n```diff\n{diff}\n```")
    }

    /// Cut to so many tokens, each place with a note of what is left out. A review is never left out because there is too much to review:
    /// whoever writes a long text would decide that.
    fn fitted(&self, room: u64, count: impl Fn(&str) -> u64) -> Self {
        // No text has more tokens than bytes: there is an end to it.
        let least = usize::try_from(room).unwrap_or(usize::MAX);
        let mut bytes = usize::MAX;
        loop {
            let fitted = self.cut_to(bytes);
            let text = fitted.text();
            let tokens = count(&text).max(1);
            if tokens <= room || bytes <= least {
                return fitted;
            }
            let share = room as f64 / tokens as f64;
            bytes = ((text.len() as f64 * share * 0.95) as usize).max(least);
        }
    }

    /// The same to so many bytes: a quarter of the room is the task's at least, the rest the diff's.
    fn cut_to(&self, bytes: usize) -> Self {
        let frame = self.text().len() - self.task.len() - self.diff.len() + 2 * NOTE;
        let room = bytes.saturating_sub(frame);
        let for_task = (room / 4).max(room.saturating_sub(self.diff.len().min(DIFF)));
        let task = cut(&self.task, for_task);
        let diff = cut(&self.diff, DIFF.min(room.saturating_sub(task.len())));
        Self { task, diff, receipts: self.receipts.clone(), whole: self.whole }
    }

    /// For the decision's reason: empty where all of it was seen.
    fn seen(&self) -> String {
        let seen = self.task.len() + self.diff.len();
        if seen == self.whole {
            return String::new();
        }
        format!(" (it saw about {seen} of {} bytes of task and diff: no more fits its prompt)", self.whole)
    }
}

/// Bytes that the note on what was left out takes at most.
const NOTE: usize = 40;

/// Tokens that are left for what is reviewed: the verifier's own limit, or that of the last lane, whose brain reviews then.
fn room(core: &Core, brain: &Brain) -> u64 {
    let of_lane = core.policy.lanes.last().map(|lane| lane.max_context_tokens);
    let most = core.policy.verifier.as_ref().map(|verifier| verifier.max_context_tokens).or(of_lane);
    let own = core.tokens(&brain.model, TokenCounter::count(SYSTEM));
    most.unwrap_or(u64::MAX).saturating_sub(own)
}

fn subject(task: String, running: &Running, diff: &str) -> Subject {
    let receipts: String = running
        .checks
        .iter()
        .map(|(command, passed)| format!("- `{command}`: {}\n", if *passed { "passed" } else { "failed" }))
        .collect();
    let receipts = if receipts.is_empty() { "- none\n".to_owned() } else { receipts };
    let whole = task.len() + diff.len();
    Subject { task, receipts, diff: diff.to_owned(), whole }
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

    fn subject(task: usize, diff: usize) -> Subject {
        let receipts = "- `cargo test`: passed\n".to_owned();
        Subject { task: "t".repeat(task), receipts, diff: "d".repeat(diff), whole: task + diff }
    }

    /// Four bytes a token.
    fn quarter(text: &str) -> u64 {
        text.len() as u64 / 4
    }

    #[test]
    fn what_fits_the_reviewers_prompt_is_shown_whole() {
        let fitted = subject(1_000, 10_000).fitted(120_000, quarter);
        assert_eq!((fitted.task.len(), fitted.diff.len(), fitted.seen()), (1_000, 10_000, String::new()));
    }

    #[test]
    fn what_does_not_fit_is_cut_with_a_note_and_the_decision_says_so() {
        for (task, diff) in [(100, 50_000), (50_000, 100), (50_000, 50_000)] {
            let fitted = subject(task, diff).fitted(2_000, quarter);
            assert!(quarter(&fitted.text()) <= 2_000, "{task} {diff}: {}", fitted.text().len());
            assert!(fitted.text().contains("bytes left out]"));
            assert!(fitted.text().contains("`cargo test`: passed"), "what the checks said is never left out");
            assert!(fitted.seen().contains("no more fits its prompt"));
            assert!(fitted.text().len() > 6_000, "no more than needed: {}", fitted.text().len());
        }
    }

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
