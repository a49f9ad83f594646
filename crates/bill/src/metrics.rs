//! How well a session was delegated: when main handed over, how much it looked around itself, and how often it did again what
//! its specialists had done.

use protocol::{Brief, Timestamp};
use serde::Serialize;
use store::DelegationRecord;

use crate::account::records::{Records, Turn};
use crate::account::steps::Step;
use crate::activity::Activity;
use crate::waste::context;

/// The delegation metrics of a session.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Metrics {
    /// Steps of the main agent.
    pub main_steps: u32,
    /// Delegations opened.
    pub delegations: u32,
    /// Main's step number of the first delegation; none where there was none.
    pub first_handoff_step: Option<u32>,
    /// Share of main's steps all of whose calls explore, 0 to 1; none without steps.
    pub own_exploration_share: Option<f64>,
    /// Files that main read although its specialist had, edited since or not.
    pub rereads: u32,
    /// Main's own edits, and follow-ups that come back to files of an earlier report of the same turn.
    pub corrective_edits: u32,
    /// Steps of the specialist per delegation, on average; none without delegations.
    pub rounds_per_delegation: Option<f64>,
}

/// Measures a session. Its steps are [`crate::account::steps::of`] its records.
pub fn of(records: &Records, steps: &[Step]) -> Metrics {
    let Some(main) = records.main() else { return Metrics::default() };
    let own: Vec<&Step> = steps.iter().filter(|step| records.rows[step.row].agent == *main).collect();
    let explores =
        |step: &&&Step| !step.calls.is_empty() && step.calls.iter().all(|call| call.activity == Activity::Explore);
    let delegates = |step: &&&Step| step.calls.iter().any(|call| call.tool == "delegate" && !call.failed);
    let rounds = steps.iter().filter(|step| records.rows[step.row].delegation.is_some()).count();
    let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
    Metrics {
        main_steps: own.len() as u32,
        delegations: records.delegations.len() as u32,
        first_handoff_step: own.iter().find(delegates).map(|step| records.rows[step.row].step),
        own_exploration_share: share(own.iter().filter(explores).count(), own.len()),
        rereads: context::rereads(records, steps).len() as u32,
        corrective_edits: (own_edits(records, &own) + follow_ups(records)) as u32,
        rounds_per_delegation: share(rounds, records.delegations.len()),
    }
}

/// Main's edits after work had been handed over: before that there is nothing to correct.
fn own_edits(records: &Records, own: &[&Step]) -> usize {
    let Some(first) = records.delegations.first().map(|delegation| delegation.opened_at) else { return 0 };
    let after = own.iter().filter(|step| records.rows[step.row].at >= first);
    after.flat_map(|step| &step.calls).filter(|call| call.edits && !call.failed && call.tool != "delegate").count()
}

/// Delegations whose brief names a file of an earlier report of the same turn.
fn follow_ups(records: &Records) -> usize {
    let turns = records.turns();
    let turn_of = |at: Timestamp| turns.iter().position(|turn: &Turn| turn.holds(at));
    let corrects = |later: &DelegationRecord| {
        let words = words(&later.brief);
        let earlier = records.delegations.iter().filter(|earlier| {
            let over = earlier.closed.as_ref().is_some_and(|closed| closed.at <= later.opened_at);
            over && earlier.id != later.id && turn_of(earlier.opened_at) == turn_of(later.opened_at)
        });
        let mut changed =
            earlier.filter_map(|earlier| earlier.closed.as_ref()).flat_map(|closed| &closed.receipt.files);
        !later.brief.explore && changed.any(|file| names(&words, &file.path))
    };
    records.delegations.iter().filter(|later| corrects(later)).count()
}

fn words(brief: &Brief) -> String {
    let mut words = vec![brief.objective.as_str()];
    words.extend(brief.acceptance_notes.as_deref());
    words.extend(brief.scope.as_deref());
    words.extend(brief.facts.iter().map(String::as_str));
    words.join("\n")
}

/// Whether a text names a path, and not only a longer one that contains it.
fn names(text: &str, path: &str) -> bool {
    let part_of_a_path = |c: char| c.is_alphanumeric() || ['/', '_', '-'].contains(&c);
    text.match_indices(path).any(|(at, _)| {
        let before = text[..at].trim_end_matches("./").chars().next_back();
        let mut after = text[at + path.len()..].chars();
        let next = after.next();
        // A full stop ends a sentence, or goes on with a longer name.
        let longer =
            next.is_some_and(part_of_a_path) || (next == Some('.') && after.next().is_some_and(part_of_a_path));
        !before.is_some_and(part_of_a_path) && !longer
    })
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;
