//! What happens to the versions of the learned router without anybody asking: each outcome may show that the current one does harm.

use protocol::{DECISION_NOTE, Decision, DecisionKind, SessionId, Timestamp};
use routing::{Mode, Policy};
use store::{AttemptFilter, AttemptRecord, NoteRecord, RouterState, Store, Write};

use super::in_force;
use super::review::{self, Verdict};
use crate::config::Context;
use crate::text;

/// Attempts that the judgement rests on, newest first: what a version did long ago does not outweigh what it does now.
const NEWEST: usize = 300;

/// Attempts between two judgements: who looks after each single one finds a bad streak some day, whatever the version.
const EVERY: usize = 10;

/// After a run, whose attempts are the newest outcomes. A mistake here is told, and does not undo the run.
pub(crate) fn after_run(store: &Store, policy: &Policy, session: &SessionId, now: Timestamp) {
    report(is_time(store, session).and_then(|is_time| match is_time {
        true => judge(store, policy, session, now),
        false => Ok(()),
    }));
}

/// Whether the attempts of the session's last turn made another ten full.
fn is_time(store: &Store, session: &SessionId) -> anyhow::Result<bool> {
    let all = store.attempts(&AttemptFilter::default())?;
    let turn = |record: &AttemptRecord| (record.attempt.session == *session).then_some(record.attempt.turn);
    let last = all.iter().filter_map(turn).max();
    let new = all.iter().filter(|record| last.is_some() && turn(record) == last).count();
    Ok(all.len() / EVERY > (all.len() - new) / EVERY)
}

/// After a word of a person or the repository: it may be about any attempt, so it is looked at at once.
pub(crate) fn after_outcome(context: &Context, store: &Store, session: &SessionId, now: Timestamp) {
    let serves = store.router_in(RouterState::Current).is_ok_and(|current| current.is_some());
    let waits = store.router_in(RouterState::Shadow).is_ok_and(|shadow| shadow.is_some());
    if !serves && !waits {
        return;
    }
    // A policy that is not trusted decides about nothing, and is no reason to fail here.
    if let Ok(policy) = in_force(context) {
        report(judge(store, &policy, session, now));
    }
}

fn report(judged: anyhow::Result<()>) {
    if let Err(error) = judged {
        text::warn(&format!("the learned router was not judged: {error:#}; `agent router eval` does it"));
    }
}

/// Judges the version that serves, and, where the policy gives the learned router a say, the one in the shadow.
fn judge(store: &Store, policy: &Policy, session: &SessionId, now: Timestamp) -> anyhow::Result<()> {
    if policy.learned.mode == Mode::Off {
        return Ok(());
    }
    let may = |verdict: &Verdict| match verdict.to {
        Some(RouterState::Current) => policy.learned.mode == Mode::On,
        to => to.is_some(),
    };
    let changes: Vec<Verdict> = review::verdicts_on(store, policy, Some(NEWEST))?.into_iter().filter(may).collect();
    review::carry_out(store, &changes, now)?;
    for verdict in &changes {
        store.commit(session, &[Write::Note(note(store, policy, session, verdict, now)?)])?;
        text::note(&format!("learned router: {verdict}"));
    }
    Ok(())
}

/// The decision as the session keeps it.
fn note(
    store: &Store,
    policy: &Policy,
    session: &SessionId,
    verdict: &Verdict,
    now: Timestamp,
) -> anyhow::Result<NoteRecord> {
    // The lead is who was sent to a lane.
    let first = store.openings(session)?.into_iter().next();
    let (agent, window) = first.map_or_else(|| ("main".into(), "".into()), |first| (first.agent, first.id));
    let numbers = verdict.estimate.as_ref().map(|estimate| {
        [
            ("gain".to_owned(), estimate.gain),
            ("error".to_owned(), estimate.error),
            ("attempts".to_owned(), estimate.rows as f64),
            ("differing".to_owned(), estimate.differing as f64),
            ("better_share".to_owned(), estimate.chance_of_better()),
        ]
    });
    let decision = Decision {
        kind: DecisionKind::Route,
        step: store.last_step(session, &agent)?,
        agent,
        window,
        delegation: None,
        chosen: verdict.to.map_or("stay", RouterState::as_str).to_owned(),
        because: format!("learned router, version {}: {}", verdict.version, verdict.because),
        formula: "gain = utility of its choices - utility of what it replaces, per attempt (doubly robust)".to_owned(),
        policy: policy.hash().to_owned(),
        numbers: numbers.into_iter().flatten().collect(),
    };
    let json = serde_json::to_string(&decision)?;
    Ok(NoteRecord { agent: Some(decision.agent), kind: DECISION_NOTE.to_owned(), json, at: now })
}
