//! Attempts as the learned router wants them: one row for each lane that a task was tried in, with its retries.

use std::collections::{BTreeMap, BTreeSet};

use protocol::{Outcome, SessionId, Timestamp};
use routing::learned::{Ending, Experience, features_of, set_aside};
use routing::{Ask, Policy, Trigger, decide};
use store::{AttemptRecord, InputMode, Store};

/// A lane that a task was tried in, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) experience: Experience,
    /// The lane that the policy, as it is now, would choose alone.
    pub(crate) by_policy: String,
    /// It is where the decision sent the task, and the decision was one in which the learned router has a say.
    pub(crate) free: bool,
    /// When it began.
    pub(crate) at: Timestamp,
}

/// What can be learned from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Experiences {
    pub(crate) known: Vec<Known>,
    /// Lanes of tasks of which nothing could tell what came of them, whose price is not known, or whose signals a hint claimed.
    pub(crate) left_out: usize,
}

/// Dollars that trying other lanes took of the budget for it: what a task cost whose lane was drawn to find out, in all the lanes that it
/// came to, and what was set aside for one that has not ended or whose price is not known.
pub(crate) fn spent_on_trying(records: &[AttemptRecord]) -> f64 {
    let mut tasks: BTreeMap<(&str, u32), Vec<&AttemptRecord>> = BTreeMap::new();
    for record in records {
        tasks.entry((record.attempt.session.as_str(), record.attempt.turn)).or_default().push(record);
    }
    let of_task = |records: Vec<&AttemptRecord>| {
        let aside = records.iter().filter_map(|record| set_aside(&record.attempt.route)).reduce(f64::max)?;
        let usd = records.iter().map(|record| record.end.as_ref()?.usd).sum::<Option<protocol::Usd>>();
        Some(usd.map_or(aside, protocol::Usd::dollars))
    };
    tasks.into_values().filter_map(of_task).sum()
}

/// Reads attempts, with the texts of their tasks from their sessions.
pub(crate) fn experiences(store: &Store, policy: &Policy, records: &[AttemptRecord]) -> anyhow::Result<Experiences> {
    let mut texts: BTreeMap<&SessionId, Vec<String>> = BTreeMap::new();
    let mut escalated = BTreeSet::new();
    let mut groups: Vec<Vec<&AttemptRecord>> = Vec::new();
    let mut places: BTreeMap<(&str, u32, &str), usize> = BTreeMap::new();
    for record in records {
        let attempt = &record.attempt;
        let key = |lane| (attempt.session.as_str(), attempt.turn, lane);
        // A lane whose provider could not answer did not fail at the task.
        let because_of_work = |(_, why): &&(String, String)| Trigger::ALL.iter().any(|trigger| trigger.as_str() == why);
        escalated.extend(attempt.escalated_from.iter().filter(because_of_work).map(|(lane, _)| key(lane.as_str())));
        let place = *places.entry(key(attempt.route.lane.as_str())).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(record),
            None => groups.push(vec![record]),
        }
        if !texts.contains_key(&attempt.session) {
            texts.insert(&attempt.session, turns(store, &attempt.session)?);
        }
    }
    let mut experiences = Experiences::default();
    for (key, place) in places {
        let Some(group) = groups.get(place) else { continue };
        let Some(first) = group.first() else { continue };
        let turn = (first.attempt.turn as usize).saturating_sub(1);
        let text = texts.get(&first.attempt.session).and_then(|texts| texts.get(turn)).map_or("", String::as_str);
        match known(policy, group, escalated.contains(&key), text) {
            Some(known) => experiences.known.push(known),
            None => experiences.left_out += 1,
        }
    }
    Ok(experiences)
}

/// The text that began each turn.
fn turns(store: &Store, session: &SessionId) -> anyhow::Result<Vec<String>> {
    let inputs = store.inputs(session, false)?;
    let begins = inputs.into_iter().filter(|input| input.mode != InputMode::Steer);
    Ok(begins.map(|input| input.text).collect())
}

/// One row; none where nothing could tell, a price is unknown, or the signals that were stored hold what a hint claimed: nobody saw that, and
/// whoever may give hints would teach the router.
fn known(policy: &Policy, group: &[&AttemptRecord], escalated: bool, text: &str) -> Option<Known> {
    let (first, last) = (group.first()?, group.last()?);
    let route = &first.attempt.route;
    if route.reasons.iter().any(|reason| claims_a_signal(reason)) {
        return None;
    }
    let ends: Vec<_> = group.iter().filter_map(|record| record.end.as_ref()).collect();
    let end = last.end.as_ref()?;
    let ending = match (last.outcome.map(|(outcome, _)| outcome), end.passed) {
        (Some(Outcome::Rejected | Outcome::Reverted), _) => Ending::Rejected,
        _ if escalated => Ending::Escalated,
        (Some(Outcome::Accepted), _) | (None, Some(true)) => Ending::Verified,
        (None, Some(false)) => Ending::Failed,
        (None, None) => return None,
    };
    let usd: protocol::Usd = ends.iter().map(|end| end.usd).sum::<Option<_>>()?;
    // The plan is made by the brain of the lane.
    let planned_in = end.plan_at_fault.then_some(route.lane.as_str());
    let features = features_of(text, &first.attempt.repository, route);
    let task_type = route.task_type.as_str();
    let drawn = route.learned.as_ref().filter(|learned| !learned.shadow).map_or(1.0, |learned| learned.propensity);
    let experience = Experience::new(features, task_type, &route.lane, ending, planned_in)
        .costing(usd.dollars().max(0.0))
        .drawn_with(if drawn > 0.0 && drawn <= 1.0 { drawn } else { 1.0 });
    let free = first.attempt.number == 1 && route.reasons.iter().all(|reason| is_free(reason));
    let ask = Ask { task: text, signals: route.signals.clone(), ..Ask::default() };
    Some(Known { experience, by_policy: decide(policy, &ask).lane, free, at: first.attempt.at })
}

fn claims_a_signal(reason: &str) -> bool {
    reason.strip_prefix("hint:").is_some_and(|name| !matches!(name, "lane" | "task_type"))
}

/// Reasons of decisions in which the learned router has a say. Every other rule is one that it never goes below.
fn is_free(reason: &str) -> bool {
    ["reads_only", "task_type:", "score:", "learned:", "explored:", "checks_by_path:"]
        .iter()
        .any(|rule| reason.starts_with(rule))
}

#[cfg(test)]
#[path = "experience_tests.rs"]
mod tests;
