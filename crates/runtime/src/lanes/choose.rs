//! The lane of a task: what the policy decides, and where it had better start at once because it would end there anyway.

use cache::TokenCounter;
use protocol::Route;
use routing::learned::features_of;
use routing::{Ask, Label, Policy, Trigger, asks_for_a_change, decide};

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
    let ask = Ask {
        task: known.task,
        signals,
        paths: &lanes.paths,
        checks: known.checks,
        hints: lanes.hints.clone(),
        classifier: known.label,
        sticky: known.sticky,
        prompt_tokens: Some(TokenCounter::count(known.task)),
        learned: None,
    };
    let mut route = decide(policy, &ask);
    let learned = cached.and_then(|cached| cached.learned).or_else(|| {
        let features = features_of(known.task, known.repository, &route);
        let always_strong = route.reasons.iter().any(|reason| reason.starts_with("always_strong:"));
        lanes.advisers.say(&policy.learned, &features, route.task_type, always_strong, &mut rand::rng())
    });
    if let Some(said) = learned {
        route = decide(policy, &Ask { learned: Some(&said), ..ask });
    }
    if let Some(forced) = &lanes.forced {
        if *forced != route.lane {
            route.reasons.push(format!("override:{}", route.lane));
        }
        route.lane.clone_from(forced);
        route.reasons.push(format!("forced:{forced}"));
    } else if let Some(last) = lanes.lanes.last().filter(|last| last.name != route.lane)
        && let Some(why) = goes_to_the_last_lane(policy, lanes, &route)
    {
        route.lane.clone_from(&last.name);
        route.reasons.push(why);
    }
    route
}

/// Why a task had better start in the last lane: nothing can check its change, which escalates; or its lane has the last one's
/// brain.
fn goes_to_the_last_lane(policy: &Policy, lanes: &Lanes, route: &Route) -> Option<String> {
    let brain = |name: &str| lanes.lanes.iter().find(|lane| lane.name == name).map(|lane| &lane.brain);
    if brain(&route.lane) == lanes.lanes.last().map(|lane| &lane.brain) {
        return Some(format!("same_brain:{}", route.lane));
    }
    let unchecked = asks_for_a_change(route.task_type) && route.verification.is_empty();
    let escalates = policy.routing.escalate_on.contains(&Trigger::NoChecks);
    (unchecked && escalates).then(|| Trigger::NoChecks.to_string())
}
