//! A session: opening it, taking a turn, ending it.

mod core;
mod ending;
mod inputs;
mod rest;
mod shell;
mod status;
mod windows;

use std::sync::Arc;

use protocol::event::{EventBody, SessionStatus};
use protocol::{Item, SessionId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{InputMode as StoredMode, NoteRecord, SessionRecord, Write};
use tokio_util::sync::CancellationToken;

pub(crate) use self::core::Core;
pub(crate) use self::ending::Judged;
pub use self::shell::Shelled;
use self::status::Noted;
pub use self::status::{AgentStatus, ModelWish};
use crate::agent::Agent;
use crate::delegation;
use crate::error::RuntimeError;
use crate::fragments;
use crate::input::Input;
use crate::lanes::After;
use crate::machine::{self, Next};
use crate::run::{Ended, Scope, run_agent};
use crate::setup::{Setup, Start};
use crate::telemetry;

/// Name of the note that keeps where a turn began.
const TURN_NOTE: &str = "turn";

/// Name of the note that keeps what marks the processes of a run of the program.
pub(crate) const PROCESSES_NOTE: &str = "processes";

/// The exit code of what is refused for the sake of safety: there can be no sandbox.
const REFUSED: u8 = 6;

/// Where a turn began: what "changed in this turn" is measured against.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TurnStart {
    /// The state of the files before the first thing that may have changed them; none before that, and where it cannot be
    /// taken.
    pub(crate) tree: Option<String>,
    /// Something that may change files was begun.
    pub(crate) may_have_changed: bool,
    /// The turn came to an end: what it changed was looked at.
    pub(crate) ended: bool,
    pub(crate) at: Timestamp,
}

impl TurnStart {
    fn note(&self) -> Write {
        Write::Note(NoteRecord {
            agent: None,
            kind: TURN_NOTE.to_owned(),
            json: serde_json::to_string(self).unwrap_or_default(),
            at: self.at,
        })
    }
}

/// How a turn ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnOutcome {
    /// How.
    pub status: SessionStatus,
    /// The main agent's last words; empty when there are none.
    pub answer: String,
}

/// One open session.
pub struct Session {
    pub(crate) core: Arc<Core>,
}

impl Session {
    /// Opens a session. Nothing is asked of a model yet.
    ///
    /// # Errors
    /// [`RuntimeError::Setup`] for a session that does not exist or a team that does not fit; [`RuntimeError::Store`].
    pub fn open(setup: Setup, start: Start) -> Result<Self, RuntimeError> {
        let (id, record) = match &start {
            Start::New => (new_id(setup.clock.now()), None),
            Start::Resume(id) => {
                check_id(id)?;
                (id.clone(), setup.store.session(id)?)
            }
        };
        if matches!(start, Start::Resume(_)) && record.is_none() {
            return Err(RuntimeError::Setup(format!(
                "there is no session {id}; `agent sessions list` shows those there are"
            )));
        }
        let resumed = record.is_some();
        let now = setup.clock.now();
        let record = record.unwrap_or_else(|| SessionRecord {
            id: id.clone(),
            cwd: setup.root.display().to_string(),
            team_name: setup.team.name.clone(),
            team_yaml: setup.kept.team_yaml.clone(),
            created_at: now,
            updated_at: now,
            status: None,
            title: String::new(),
            options_json: setup.kept.options_json.clone(),
        });
        let started =
            EventBody::SessionStarted { team: setup.team.name.clone(), cwd: setup.root.display().to_string(), resumed };
        let core = Core::new(setup, id)?;
        let record = SessionRecord { status: None, updated_at: now, ..record };
        core.end_left_behind()?;
        let mark =
            NoteRecord { agent: None, kind: PROCESSES_NOTE.to_owned(), json: core.tools.mark().to_owned(), at: now };
        core.journal.commit(vec![Write::Session(record), Write::Note(mark)], vec![(None, started)])?;
        Ok(Self { core: Arc::new(core) })
    }

    /// The session's id.
    pub fn id(&self) -> &SessionId {
        &self.core.session
    }

    /// The attempts at its tasks, in order; none in a session that is not sent to lanes.
    ///
    /// # Errors
    /// [`RuntimeError::Store`].
    pub fn attempts(&self) -> Result<Vec<store::AttemptRecord>, RuntimeError> {
        self.core.attempts()
    }

    /// Files that the last turn changed, by content; none where that is not known.
    pub async fn turn_changes(&self) -> Vec<protocol::FileChange> {
        match self.core.turn_start().and_then(|start| start.tree) {
            Some(tree) => self.core.changes_since(&tree).await.unwrap_or_default(),
            None => Vec::new(),
        }
    }

    /// Tells what was made of the session's work outside of it.
    ///
    /// # Errors
    /// [`RuntimeError::Store`].
    pub fn tell(&self, body: EventBody) -> Result<(), RuntimeError> {
        self.core.journal.event(None, body)
    }

    /// Goes on with a turn that was interrupted; nothing to do gives the last answer again.
    ///
    /// # Errors
    /// As [`Session::turn`].
    pub async fn go_on(&self, cancel: &CancellationToken) -> Result<TurnOutcome, RuntimeError> {
        self.core.tools.forget_wall_fell();
        let work = async {
            let waiting = self.core.store.inputs(&self.core.session, true)?;
            if let Some(input) = waiting.into_iter().rfind(|input| input.mode == StoredMode::Turn) {
                let input = Input::stored(&input.text, &input.blocks_json);
                return self.begin(&input, cancel).await;
            }
            self.core.resume_attempt()?;
            let slot = self.core.agent(self.core.team.main())?;
            let mut main = slot.lock().await;
            if !main.turn.asked {
                return Err(RuntimeError::Setup("this session has no task yet: give it one".to_owned()));
            }
            self.work(&mut main, cancel).await
        };
        self.conclude(telemetry::turn(&self.core, work).await).await
    }

    /// Begins a turn with input that is durable.
    async fn begin(&self, input: &Input, cancel: &CancellationToken) -> Result<TurnOutcome, RuntimeError> {
        self.core.route(&input.text, cancel).await?;
        let slot = self.core.agent(self.core.team.main())?;
        let mut main = slot.lock().await;
        settle_dangling(&self.core, &mut main)?;
        self.promote_admitted(&mut main, input)?;
        self.core.enter_lane(&mut main, cancel).await?;
        self.promote_waiting(&mut main, input)?;
        self.work(&mut main, cancel).await
    }

    /// What a process ends with whose work ended so: the status's own code, or 6 where what is in the way is that the sandbox no longer
    /// comes up.
    pub fn exit_code(&self, status: SessionStatus) -> u8 {
        let refused = status == SessionStatus::Blocked && self.core.tools.wall_fell().is_some();
        if refused { REFUSED } else { status.exit_code() }
    }

    /// Ends the session (it can be resumed): totals, baseline, status. Background processes are stopped.
    ///
    /// # Errors
    /// [`RuntimeError::Store`].
    pub async fn complete(&self, status: SessionStatus) -> Result<EventBody, RuntimeError> {
        self.complete_as(status, self.exit_code(status)).await
    }

    /// The same where the process ends with another code than the status has: what was asked for besides could not be done.
    ///
    /// # Errors
    /// As [`Session::complete`].
    pub async fn complete_as(&self, status: SessionStatus, code: u8) -> Result<EventBody, RuntimeError> {
        self.core.tools.shutdown().await;
        let mut completed = self.core.completed(status)?;
        if let EventBody::SessionCompleted { exit_code, .. } = &mut completed {
            *exit_code = code;
        }
        let mut writes = Vec::new();
        if let Some(record) = self.core.store.session(&self.core.session)? {
            writes.push(Write::Session(SessionRecord {
                status: Some(status),
                updated_at: self.core.clock.now(),
                ..record
            }));
        }
        self.core.journal.commit(writes, vec![(None, completed.clone())])?;
        Ok(completed)
    }

    /// Runs the main agent to the end of the turn, then checks what came of it.
    async fn work(&self, main: &mut Agent, cancel: &CancellationToken) -> Result<TurnOutcome, RuntimeError> {
        let lead = self.core.lead(&main.spec);
        let scope = Scope::new(&self.core, &main.spec.clone(), lead, None, cancel.clone());
        loop {
            let ended = match run_agent(&self.core, main, &scope).await {
                Ok(ended) => ended,
                Err(error) => {
                    self.core.fall_back(main, error).await?;
                    continue;
                }
            };
            match ended {
                Ended::Answered(answer) => {
                    if let Some(judged) = ending::after_answer(&self.core, main, answer, &scope).await?
                        && let After::Over(outcome) = self.core.after_attempt(main, judged, &scope).await?
                    {
                        self.core.turn_ended()?;
                        return Ok(outcome);
                    }
                }
                Ended::Doubted(because) => self.core.escalate_doubted(main, &because).await?,
                Ended::Refused(text) => {
                    return Err(RuntimeError::Blocked(format!("{} declined to answer: {text}", main.brain)));
                }
                Ended::Limit(reason) => return Err(RuntimeError::Limit(reason)),
                Ended::Looping(times) => {
                    return Err(RuntimeError::Blocked(format!(
                        "{} made the same call {times} times with the same result and was stopped",
                        main.spec.id
                    )));
                }
                Ended::Reported(_) => {
                    return Err(RuntimeError::Setup("the main agent reported; only specialists can".to_owned()));
                }
            }
        }
    }

    /// A failure becomes an `error` event and a status.
    async fn conclude(&self, result: Result<TurnOutcome, RuntimeError>) -> Result<TurnOutcome, RuntimeError> {
        self.core.is_active();
        let error = match result {
            Ok(outcome) => return Ok(outcome),
            Err(error) => error,
        };
        if let Err(unrecorded) = self.core.attempt_broke_off(error.code()) {
            tracing::warn!("the end of an attempt was not recorded: {unrecorded}");
        }
        let told = EventBody::Error { code: error.code().to_owned(), message: error.to_string(), hint: error.hint() };
        if let Err(unrecorded) = self.core.journal.event(None, told) {
            // Not even that could be saved: the first error says why.
            return Err(if matches!(error, RuntimeError::Store(_)) { error } else { unrecorded });
        }
        Ok(TurnOutcome { status: error.status(), answer: String::new() })
    }
}

/// Answers calls that an interrupted turn left open, so that new input may follow. Nothing is run.
pub(crate) fn settle_dangling(core: &Core, agent: &mut Agent) -> Result<(), RuntimeError> {
    if machine::next(&agent.items) != Next::RunTools {
        return Ok(());
    }
    delegation::abandon(core, agent.id())?;
    let recorded = core.store.tool_runs(&core.session, agent.id(), agent.last_seq())?;
    let results = crate::toolrun::unanswered(agent, &recorded);
    agent.append(core, vec![Item::ToolResults { results }, fragments::interrupted()], Vec::new(), Vec::new())
}

/// A session's id names folders and sockets too: it is letters, digits and dashes, and cannot lead anywhere.
fn check_id(id: &SessionId) -> Result<(), RuntimeError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=64).contains(&id.as_str().len()) && id.as_str().bytes().all(plain) {
        return Ok(());
    }
    Err(RuntimeError::Setup(format!(
        "{:?} is no session's id: allowed are 1 to 64 small letters, digits and `-`; `agent sessions list` shows those there are",
        id.as_str()
    )))
}

/// Sorts by time, and is short enough to type: `20261121-101500-k3f9`.
fn new_id(now: Timestamp) -> SessionId {
    const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let tail: String = (0..5).map(|_| ALPHABET[rand::random_range(0..ALPHABET.len())] as char).collect();
    let seconds = now.0 / 1000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days as i64);
    SessionId::new(format!(
        "{year:04}{month:02}{day:02}-{:02}{:02}{:02}-{tail}",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    ))
}

/// Year, month and day of a day number since 1970-01-01.
fn civil(days: i64) -> (i16, i8, i8) {
    let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days));
    date.map_or((1970, 1, 1), |date| (date.year(), date.month(), date.day()))
}
