//! `agent outcome`: what a person, or the repository, said afterwards of what a session did.

mod git;
mod reverts;

use clap::ArgGroup;
use protocol::{Outcome, SessionId};
use serde_json::{Value, json};
use store::{AttemptFilter, AttemptRecord, Store};

use super::router;
use super::sessions::named;
use super::why::count;
use crate::config::Context;
use crate::failure::Failure;
use crate::text;
use reverts::{Fate, reverted};

/// What is said, and of what.
#[derive(Clone, Debug, clap::Args)]
#[command(group = ArgGroup::new("said").required(true).args(["accepted", "rejected", "reverted", "from_git"]))]
pub(crate) struct OutcomeArgs {
    /// Session id or its first characters; `-` or nothing is the last one in this folder.
    session: Option<String>,
    /// The work was taken.
    #[arg(long)]
    accepted: bool,
    /// It was not.
    #[arg(long)]
    rejected: bool,
    /// It was taken back in git.
    #[arg(long)]
    reverted: bool,
    /// Look for reverts of the session's commits in git, and write down what is found.
    #[arg(long, conflicts_with_all = ["turn", "note"])]
    from_git: bool,
    /// The turn it is about, from 1 (default: the last one).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    turn: Option<u32>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

/// An outcome that was written down.
struct Written {
    attempt: AttemptRecord,
    outcome: Outcome,
    note: Option<String>,
}

/// Writes it down beside the attempt, which stays as it was.
pub(crate) async fn run(context: Context, asked: OutcomeArgs) -> anyhow::Result<u8> {
    let store = context.store()?;
    let session = named(&context, &store, asked.session.as_deref())?;
    let filter = AttemptFilter { session: Some(session.clone()), ..AttemptFilter::default() };
    let attempts = store.attempts(&filter)?;
    if attempts.is_empty() {
        return Err(Failure::usage_with(
            format!("session {session} has no attempt that something could be said of"),
            "only tasks that were sent to a lane have one; `agent lanes` shows how many there are",
        ));
    }
    let found = match asked.said() {
        Some(outcome) => {
            let attempt = of_turn(&session, &attempts, asked.turn)?.clone();
            vec![Written { attempt, outcome, note: asked.note.clone() }]
        }
        None => from_git(&context, &store, &session, &attempts).await?,
    };
    let now = context.clock.now();
    for one in &found {
        store.add_outcome(one.attempt.id, one.outcome, now, one.note.as_deref())?;
    }
    tell(&session, &found, now, asked.json);
    if !found.is_empty() {
        router::after_outcome(&context, &store, &session, now);
    }
    Ok(0)
}

impl OutcomeArgs {
    fn said(&self) -> Option<Outcome> {
        let all = [
            (self.accepted, Outcome::Accepted),
            (self.rejected, Outcome::Rejected),
            (self.reverted, Outcome::Reverted),
        ];
        all.into_iter().find(|(said, _)| *said).map(|(_, outcome)| outcome)
    }
}

/// The last attempt of a turn: what the person was given.
fn of_turn<'a>(
    session: &SessionId,
    attempts: &'a [AttemptRecord],
    turn: Option<u32>,
) -> anyhow::Result<&'a AttemptRecord> {
    let of_it = |record: &&AttemptRecord| turn.is_none_or(|turn| record.attempt.turn == turn);
    attempts.iter().rev().find(of_it).ok_or_else(|| {
        let mut turns: Vec<u32> = attempts.iter().map(|record| record.attempt.turn).collect();
        turns.dedup();
        let turns: Vec<String> = turns.iter().map(u32::to_string).collect();
        Failure::usage(format!(
            "session {session} has no attempt in turn {}; it has some in {}",
            turn.unwrap_or_default(),
            turns.join(", ")
        ))
    })
}

/// What git says of the session's commits, where it is news.
async fn from_git(
    context: &Context,
    store: &Store,
    session: &SessionId,
    attempts: &[AttemptRecord],
) -> anyhow::Result<Vec<Written>> {
    let (Some(record), Some(first)) = (store.session(session)?, attempts.first()) else { return Ok(Vec::new()) };
    let log = git::log(&context.environment, record.cwd.as_ref(), first.attempt.at).await?;
    let mut found = Vec::new();
    for (commit, fate) in reverted(&log, session) {
        // A commit is of the last attempt that had begun by then.
        let by_then = |record: &&AttemptRecord| record.attempt.at.0 / 1_000 <= commit.seconds;
        let Some(attempt) = attempts.iter().rev().find(by_then).or(attempts.first()) else { continue };
        let known = store.outcomes(attempt.id)?;
        let newest = known.last();
        let news = match fate {
            Fate::RevertedBy(by) => Some((Outcome::Reverted, format!("{} reverted by {by}", commit.id))),
            // Only git's own word is taken back by git.
            Fate::Stands => {
                let own = format!("{} reverted by ", commit.id);
                let was = newest.filter(|said| said.note.as_deref().is_some_and(|note| note.starts_with(&own)));
                was.map(|_| (Outcome::Accepted, format!("{} stands again", commit.id)))
            }
        };
        let Some((outcome, note)) = news else { continue };
        let said = known.iter().rev().find(|said| said.note.as_deref().is_some_and(|one| one.starts_with(&commit.id)));
        if said.is_none_or(|said| said.note.as_deref() != Some(&note)) {
            found.push(Written { attempt: attempt.clone(), outcome, note: Some(note) });
        }
    }
    Ok(found)
}

fn tell(session: &SessionId, found: &[Written], now: protocol::Timestamp, as_json: bool) {
    if as_json {
        let written: Vec<Value> = found.iter().map(|one| value(one, now)).collect();
        text::json(&json!({ "session": session, "written": written }).to_string());
        return;
    }
    for one in found {
        let attempt = &one.attempt.attempt;
        let note = one.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
        text::line(&format!(
            "session {session}, turn {}, attempt {} in lane {}: {}{note}",
            attempt.turn,
            attempt.number,
            attempt.route.lane,
            one.outcome.as_str()
        ));
    }
    if found.is_empty() {
        text::note(&format!(
            "nothing new about session {session}: no commit of it was reverted since it was last asked"
        ));
    } else {
        text::note(&format!("{} written down; `agent lanes` counts it", count(found.len() as u64, "outcome")));
    }
}

fn value(one: &Written, now: protocol::Timestamp) -> Value {
    let attempt = &one.attempt.attempt;
    json!({
        "attempt": one.attempt.id,
        "turn": attempt.turn,
        "number": attempt.number,
        "lane": attempt.route.lane,
        "outcome": one.outcome,
        "note": one.note,
        "at_ms": now,
    })
}
