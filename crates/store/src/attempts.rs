//! The ledger of routing: attempts at tasks, what came of each, and what was said of it later. Rows are only added.

use protocol::{Attempt, AttemptEnd, Outcome, Route, SessionId, Timestamp};
use rusqlite::{Connection, Row, params};

use crate::column::{Json, Moment, Picos, Word};
use crate::database::Store;
use crate::error::StoreError;
use crate::read::{all, dollars, json, moment, one, usage, word};

/// An attempt with all that is known of it by now.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptRecord {
    /// Its number: never given twice, so that a late outcome finds it.
    pub id: i64,
    /// As it began.
    pub attempt: Attempt,
    /// What came of it; none while it runs, or where the process died.
    pub end: Option<AttemptEnd>,
    /// The newest word of a person or the repository, and when it was said.
    pub outcome: Option<(Outcome, Timestamp)>,
}

/// A word of a person or the repository about an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutcomeRecord {
    /// What was said.
    pub outcome: Outcome,
    /// Why, or where it was seen.
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// Which attempts; what is none leaves nothing out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttemptFilter {
    /// Begun then or later.
    pub since: Option<Timestamp>,
    /// Begun before.
    pub until: Option<Timestamp>,
    /// Of this session.
    pub session: Option<SessionId>,
    /// In this workspace.
    pub repository: Option<String>,
    /// In this lane.
    pub lane: Option<String>,
}

/// Attempts with their ends and their newest outcomes.
const WHOLE: &str = "SELECT attempts.*, attempt_ends.*, outcomes.outcome, outcomes.at AS outcome_at
     FROM attempts LEFT JOIN attempt_ends ON attempt_ends.attempt = attempts.id
         LEFT JOIN outcomes ON outcomes.id = (SELECT max(id) FROM outcomes WHERE attempt = attempts.id)";

/// Came to nothing: a check failed, or what passed was not taken.
const FAILED: &str =
    "(coalesce(attempt_ends.passed, 1) = 0 OR coalesce(outcomes.outcome, '') IN ('rejected', 'reverted'))";

/// Writes fail with `Unfit` where they do not fit what is stored, and with `Full`, `ReadOnly`, `Busy`, `Corrupt`, `Other`. Each is
/// durable as a whole when it returns. Reads fail with `Corrupt`, `Unreadable`, `Busy`, `Open` or `Other`.
impl Store {
    /// Stores that an attempt begins, and gives its number. Its session must be stored already.
    ///
    /// # Errors
    /// As all writes. `Unfit`: an unknown session, an attempt of that turn with the same number, a learned chance that is no number.
    pub fn begin_attempt(&self, attempt: &Attempt) -> Result<i64, StoreError> {
        let (turn, number) = (attempt.turn, attempt.number);
        let what = || format!("attempt {number} of turn {turn} of session {}", attempt.session);
        fits(attempt).map_err(|why| StoreError::Unfit { path: self.path().to_owned(), what: what(), why })?;
        self.transaction(|db| insert(db, attempt).map_err(|error| self.row_error(what(), error)))
    }

    /// Stores what came of an attempt.
    ///
    /// # Errors
    /// As all writes. `Unfit`: an unknown attempt, or one that has its end.
    pub fn end_attempt(&self, attempt: i64, end: &AttemptEnd) -> Result<(), StoreError> {
        let what = || format!("the end of attempt {attempt}");
        self.transaction(|db| insert_end(db, attempt, end).map_err(|error| self.row_error(what(), error)))
    }

    /// Stores what was said of an attempt afterwards. Earlier words stay; the newest counts.
    ///
    /// # Errors
    /// As all writes. `Unfit`: an unknown attempt.
    pub fn add_outcome(
        &self,
        attempt: i64,
        outcome: Outcome,
        at: Timestamp,
        note: Option<&str>,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO outcomes (attempt, outcome, note, at) VALUES (?1, ?2, ?3, ?4)";
        let insert = |db: &Connection| {
            db.prepare_cached(sql)?.execute(params![attempt, Word(outcome), note, Moment(at)]).map(drop)
        };
        let what = || format!("an outcome of attempt {attempt}");
        self.transaction(|db| insert(db).map_err(|error| self.row_error(what(), error)))
    }

    /// The attempts that pass a filter, in the order they began.
    ///
    /// # Errors
    /// As all reads.
    pub fn attempts(&self, filter: &AttemptFilter) -> Result<Vec<AttemptRecord>, StoreError> {
        let sql = format!(
            "{WHOLE} WHERE (?1 IS NULL OR attempts.at >= ?1) AND (?2 IS NULL OR attempts.at < ?2)
                AND (?3 IS NULL OR session = ?3) AND (?4 IS NULL OR repository = ?4) AND (?5 IS NULL OR lane = ?5)
             ORDER BY attempts.id"
        );
        let values = params![
            filter.since.map(Moment),
            filter.until.map(Moment),
            filter.session.as_ref().map(SessionId::as_str),
            filter.repository,
            filter.lane,
        ];
        self.read(|db| all(db, &sql, values, record))
    }

    /// An attempt by its number.
    ///
    /// # Errors
    /// As all reads.
    pub fn attempt(&self, id: i64) -> Result<Option<AttemptRecord>, StoreError> {
        self.read(|db| one(db, &format!("{WHOLE} WHERE attempts.id = ?1"), [id], record))
    }

    /// All that was said of an attempt, in the order it was said.
    ///
    /// # Errors
    /// As all reads.
    pub fn outcomes(&self, attempt: i64) -> Result<Vec<OutcomeRecord>, StoreError> {
        let sql = "SELECT * FROM outcomes WHERE attempt = ?1 ORDER BY id";
        let outcome = |row: &Row<'_>| {
            Ok(OutcomeRecord { outcome: word(row, "outcome")?, note: row.get("note")?, at: moment(row, "at")? })
        };
        self.read(|db| all(db, sql, [attempt], outcome))
    }

    /// How many runs of a task, begun at a moment or later, came to nothing since one succeeded: the last attempt of the turn that was
    /// judged failed its checks, or its work was rejected or reverted. What nothing could tell, or was interrupted, is neither.
    ///
    /// # Errors
    /// As all reads.
    pub fn failures_of(&self, task: &str, repository: &str, since: Timestamp) -> Result<u32, StoreError> {
        let sql = format!(
            "WITH judged AS (SELECT attempts.id AS id, attempts.session AS session, attempts.turn AS turn, {FAILED} AS failed
                     FROM attempts JOIN attempt_ends ON attempt_ends.attempt = attempts.id
                     LEFT JOIN outcomes ON outcomes.id = (SELECT max(id) FROM outcomes WHERE attempt = attempts.id)
                     WHERE task = ?1 AND repository = ?2 AND attempts.at >= ?3
                         AND coalesce(attempt_ends.failure, '') <> 'interrupted'
                         AND (passed IS NOT NULL OR outcomes.outcome IS NOT NULL)),
                 runs AS (SELECT max(id) AS id, failed FROM judged GROUP BY session, turn)
             SELECT count(*) FROM runs
                 WHERE failed AND id > coalesce((SELECT max(id) FROM runs WHERE NOT failed), 0)"
        );
        self.read(|db| db.prepare_cached(&sql)?.query_row(params![task, repository, Moment(since)], |row| row.get(0)))
    }

    /// The decision about the newest attempt at a task in a repository under a policy, begun at a moment or later: what may stand for a like task
    /// without being made again. None where that attempt was an escalation or came to nothing: then there is something new to know.
    ///
    /// # Errors
    /// As all reads.
    pub fn last_route(
        &self,
        task: &str,
        repository: &str,
        policy: &str,
        since: Timestamp,
    ) -> Result<Option<Route>, StoreError> {
        // The newest first, then the question whether it may be used: an older one never stands in for it.
        let sql = format!(
            "SELECT * FROM (SELECT newest.*, escalated_from IS NULL AND NOT {FAILED} AS holds FROM attempts AS newest
                 LEFT JOIN attempt_ends ON attempt_ends.attempt = newest.id
                 LEFT JOIN outcomes ON outcomes.id = (SELECT max(id) FROM outcomes WHERE attempt = newest.id)
                 WHERE task = ?1 AND repository = ?2 AND policy = ?3 AND newest.at >= ?4
                 ORDER BY newest.id DESC LIMIT 1) WHERE holds"
        );
        self.read(|db| one(db, &sql, params![task, repository, policy, Moment(since)], route))
    }
}

/// Whether what an attempt says can be read back.
pub(crate) fn fits(attempt: &Attempt) -> Result<(), String> {
    let lane = not_a_number(&attempt.route);
    lane.map_or(Ok(()), |lane| {
        Err(format!("the learned router's {lane} is not a number, and only a number can be compared later"))
    })
}

/// JSON has no word for such a value, and a row with it could not be read back.
fn not_a_number(route: &Route) -> Option<String> {
    let learned = route.learned.as_ref()?;
    let of_itself = [("confidence", learned.confidence), ("propensity", learned.propensity)];
    let by_lane = learned.success.iter().map(|(lane, chance)| (format!("chance of success in {lane}"), *chance));
    let all = of_itself.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(by_lane);
    all.into_iter().find(|(_, value)| !value.is_finite()).map(|(name, _)| name)
}

pub(crate) fn insert(db: &Connection, attempt: &Attempt) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO attempts
                   (session, turn, number, task, repository, lane, brain, brain_name, policy, task_type, signals, score, reasons,
                    verification, classifier, learned, at, escalated_from, escalated_because)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)";
    let route = &attempt.route;
    let from = attempt.escalated_from.as_ref();
    let values = params![
        attempt.session.as_str(),
        attempt.turn,
        attempt.number,
        attempt.task,
        attempt.repository,
        route.lane,
        Json(&attempt.brain),
        attempt.brain.to_string(),
        route.policy,
        Word(route.task_type),
        Json(&route.signals),
        route.score,
        Json(&route.reasons),
        Json(&route.verification),
        route.classifier,
        route.learned.as_ref().map(Json),
        Moment(attempt.at),
        from.map(|(lane, _)| lane),
        from.map(|(_, because)| because),
    ];
    db.prepare_cached(sql)?.insert(values)
}

pub(crate) fn insert_end(db: &Connection, attempt: i64, end: &AttemptEnd) -> rusqlite::Result<()> {
    let sql = "INSERT INTO attempt_ends
                   (attempt, ms, picos, input, cache_read, cache_write_short, cache_write_long, output, reasoning, checks,
                    passed, failure, plan_at_fault)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    let values = params![
        attempt,
        end.ms,
        end.usd.map(Picos),
        end.usage.input,
        end.usage.cache_read,
        end.usage.cache_write_short,
        end.usage.cache_write_long,
        end.usage.output,
        end.usage.reasoning,
        Json(&end.checks),
        end.passed,
        end.failure,
        end.plan_at_fault,
    ];
    db.prepare_cached(sql)?.execute(values).map(drop)
}

fn record(row: &Row<'_>) -> rusqlite::Result<AttemptRecord> {
    let ended = row.get::<_, Option<i64>>("attempt")?.is_some();
    let outcome = row.get::<_, Option<Word<Outcome>>>("outcome")?;
    Ok(AttemptRecord {
        id: row.get("id")?,
        attempt: attempt(row)?,
        end: if ended { Some(end(row)?) } else { None },
        outcome: match outcome {
            Some(Word(outcome)) => Some((outcome, moment(row, "outcome_at")?)),
            None => None,
        },
    })
}

fn attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    let from = row.get::<_, Option<String>>("escalated_from")?;
    Ok(Attempt {
        session: row.get("session").map(SessionId)?,
        turn: row.get("turn")?,
        number: row.get("number")?,
        task: row.get("task")?,
        repository: row.get("repository")?,
        route: route(row)?,
        brain: json(row, "brain")?,
        at: moment(row, "at")?,
        escalated_from: match from {
            Some(lane) => Some((lane, row.get("escalated_because")?)),
            None => None,
        },
    })
}

fn route(row: &Row<'_>) -> rusqlite::Result<Route> {
    Ok(Route {
        task_type: word(row, "task_type")?,
        signals: json(row, "signals")?,
        score: row.get("score")?,
        lane: row.get("lane")?,
        reasons: json(row, "reasons")?,
        verification: json(row, "verification")?,
        policy: row.get("policy")?,
        classifier: row.get("classifier")?,
        learned: row.get::<_, Option<_>>("learned")?.map(|Json(learned)| learned),
    })
}

fn end(row: &Row<'_>) -> rusqlite::Result<AttemptEnd> {
    Ok(AttemptEnd {
        ms: row.get("ms")?,
        usd: dollars(row, "picos")?,
        usage: usage(row)?,
        checks: json(row, "checks")?,
        passed: row.get("passed")?,
        failure: row.get("failure")?,
        plan_at_fault: row.get("plan_at_fault")?,
    })
}
