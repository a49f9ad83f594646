//! The lane of a task: what the policy decides, with what the learned router says, unless the person named the lane.

use cache::TokenCounter;
use protocol::{Learned, Route};
use routing::learned::{Said, features_of};
use routing::{Ask, Hints, Label, Policy, decide, weigh};

use super::Lanes;

/// What is known of a task.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// Its text.
    pub task: &'a str,
    /// Where.
    pub repository: &'a str,
    /// Commands that the team checks all work with.
    pub checks: &'a [String],
    /// Attempts at it that failed.
    pub failures: u32,
    /// What the classifier said, where it was asked.
    pub label: Option<Label>,
    /// The lane that the session is in.
    pub sticky: Option<&'a str>,
}

/// Decides. `cached` is the decision about the newest run of a like task, where it may stand for this one: signals may have risen since,
/// so it never goes below what is decided now, and only spares the learned router's say.
pub fn choose(policy: &Policy, lanes: &Lanes, known: &Known<'_>, cached: Option<Route>) -> Route {
    let mut signals = lanes.signals.clone();
    signals.failures = signals.failures.max(known.failures);
    let hinted = lanes.hints != Hints::default();
    let ask = Ask {
        task: known.task,
        signals,
        paths: &lanes.paths,
        checks: known.checks,
        hints: lanes.hints.clone(),
        classifier: known.label,
        sticky: known.sticky,
        prompt_tokens: Some(tokens(policy, known.task)),
        learned: None,
        explored: None,
    };
    let weighed = weigh(policy, &ask);
    let mut route = weighed.route(None, None);
    let said = cached.and_then(|cached| cached.learned).map(|learned| Said { learned, explored: None }).or_else(|| {
        // What a hint claims is no experience: the learned router sees what was seen.
        let seen = hinted.then(|| decide(policy, &Ask { hints: Hints::default(), ..ask.clone() }));
        let features = features_of(known.task, known.repository, seen.as_ref().unwrap_or(&route));
        let always_strong = route.reasons.iter().any(|reason| reason.starts_with("always_strong:"));
        let fixed = always_strong || hinted || lanes.forced.is_some();
        let would = |learned: &Learned, explored| weighed.route(Some(learned), explored).lane;
        lanes.advisers.say(&policy.learned, &features, route.task_type, fixed, would, &mut rand::rng())
    });
    if let Some(said) = said {
        route = weighed.route(Some(&said.learned), said.explored);
    }
    if let Some(forced) = &lanes.forced {
        if *forced != route.lane {
            route.reasons.push(format!("override:{}", route.lane));
        }
        route.lane.clone_from(forced);
        route.reasons.push(format!("forced:{forced}"));
    }
    route
}

/// Tokens of a task. No text has more tokens than bytes: where even those fit every lane, nothing is counted, because a decision has to
/// be quick.
fn tokens(policy: &Policy, task: &str) -> u64 {
    let least = policy.lanes.iter().map(|lane| lane.max_context_tokens).min().unwrap_or_default();
    let bytes = task.len() as u64;
    if bytes <= least { bytes } else { TokenCounter::count(task) }
}

#[cfg(test)]
#[path = "choose_tests.rs"]
mod tests;
