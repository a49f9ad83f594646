//! How long a decision about a task takes in process: the policy, the learned router with its bandit, everything that `agent run` does
//! between what it knows and the lane.
#![expect(clippy::disallowed_methods, reason = "times decisions")]

use std::time::Instant;

use protocol::{Brain, Route};
use routing::learned::{Advisers, Bandit, Ending, Experience, RouterModel, TrainSettings, features_of};
use routing::{Ask, Mode, Policy, decide};
use runtime::{Known, Lane, Lanes, choose_lane};
use serde_json::{Value, json};

use super::data::Set;

/// Rounds over the tasks' texts.
const ROUNDS: usize = 5;

/// Decides about every task with a text, and gives the times.
///
/// # Errors
/// The router cannot be trained on what was made up for it.
pub(super) fn measure(sets: &[Set]) -> anyhow::Result<Value> {
    let texts: Vec<&str> =
        sets.iter().flat_map(|set| &set.tasks).map(|task| task.text.as_str()).filter(|text| !text.is_empty()).collect();
    let mut policy = Policy::builtin();
    policy.learned.mode = Mode::On;
    policy.learned.explore.share = 0.1;
    policy.learned.explore.usd = 100.0;
    let lanes = lanes(&policy, &texts)?;
    let mut micros: Vec<f64> = Vec::with_capacity(ROUNDS * texts.len());
    for task in (0..ROUNDS).flat_map(|_| &texts) {
        let known = Known { task, repository: "somewhere", ..Known::default() };
        let began = Instant::now();
        std::hint::black_box(choose_lane(&policy, &lanes, &known, None));
        micros.push(began.elapsed().as_secs_f64() * 1e6);
    }
    micros.sort_by(f64::total_cmp);
    let at = |share: f64| micros.get((micros.len() as f64 * share) as usize).copied().unwrap_or_default() / 1e3;
    Ok(json!({ "decisions": micros.len(), "p50_ms": rounded(at(0.5)), "p99_ms": rounded(at(0.99)) }))
}

fn rounded(ms: f64) -> f64 {
    (ms * 1e4).round() / 1e4
}

/// Two lanes and a router that was trained on outcomes for these texts; what came out is made up, and takes no less time for it.
fn lanes(policy: &Policy, texts: &[&str]) -> anyhow::Result<Lanes> {
    let names: Vec<String> = policy.lanes.iter().map(|lane| lane.name.clone()).collect();
    let route = |text: &&str| -> Route { decide(policy, &Ask { task: text, ..Ask::default() }) };
    let outcomes = texts.iter().enumerate().map(|(at, text)| {
        let route = route(text);
        let ending = if at % 3 == 0 { Ending::Failed } else { Ending::Verified };
        let features = features_of(text, "somewhere", &route);
        Experience::new(features, route.task_type.as_str(), &names[at % names.len()], ending, None).costing(0.1)
    });
    let outcomes: Vec<Experience> = outcomes.collect();
    let model = RouterModel::train(1, &names, &outcomes, &TrainSettings::default())?;
    let bandit = Bandit::new(&names, 1.0)?;
    let lane = |(at, name): (usize, &String)| Lane {
        name: name.clone(),
        brain: Brain::new("anthropic", format!("model-{at}")),
        review: false,
    };
    let advisers = Advisers { current: Some(model), bandit: Some(bandit), dollars_left: 100.0, ..Advisers::default() };
    Ok(Lanes { lanes: names.iter().enumerate().map(lane).collect(), advisers, ..Lanes::default() })
}
