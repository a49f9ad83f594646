//! A person's own command: run as their own shell would, outside of the agents' sandbox and rules. What it printed is part of main's
//! next request.

use std::borrow::Cow;
use std::sync::{MutexGuard, PoisonError};

use protocol::event::EventBody;
use protocol::{AgentId, CallId};
use store::{NoteRecord, Write};
use tokio_util::sync::CancellationToken;

use super::{Core, Session};
use crate::error::RuntimeError;
use crate::front::Shown;
use crate::rights::{AuditVerdict, DecidedBy, Judged, SECRET_NOTE};
use crate::tail::{OwnCommand, OwnEnd};

/// What a command of the person's own is called where tools are named.
const TOOL: &str = "shell";

/// Who asked for it, where decisions are recorded.
const WHO: &str = "user";

/// What came of a person's own command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelled {
    /// Its name in events and in what is shown meanwhile.
    pub call: CallId,
    /// What it printed, capped head and tail, without the keys that the program knows.
    pub output: String,
    /// The exit code; none when it was interrupted, killed, or could not be started.
    pub exit_code: Option<i32>,
}

impl Session {
    /// Runs a command as the person's own shell would: `$SHELL -c` in the workspace, without sandbox, rules and questions, with the part
    /// of the environment that all commands get (no keys). It has no terminal and no time limit; it ends with `cancel`, and all it
    /// started with it.
    ///
    /// Shown as a tool `shell` of the main agent: `tool.started`, [`Shown::Progress`], `tool.completed`, [`Shown::Result`]. The main agent
    /// is told with its next step, after a resume too. May be called while a turn runs.
    ///
    /// # Errors
    /// [`RuntimeError::Input`] for an empty line; [`RuntimeError::Store`].
    pub async fn shell(&self, command: &str, cancel: &CancellationToken) -> Result<Shelled, RuntimeError> {
        let core = &self.core;
        let command = command.trim();
        if command.is_empty() || command.contains('\0') {
            return Err(RuntimeError::Input("there is no command to run: write it behind the `!`".to_owned()));
        }
        let main = core.team.main().id.clone();
        let mut own = core.begin_own(&main, command)?;
        // Who drops this future ends the command: from then on it runs no more, and how it ended is not known.
        let _runs = Runs(core, own.call.clone());
        let call = CallId::new(&own.call);
        let on_line = |line: &str| {
            let line = &redact::global().redact_known(line);
            core.front.show(Shown::Progress { agent: &main, call: &call, line });
        };
        let ran = tools::run_for_person(&core.tools, command, cancel, on_line).await;
        let output = redact::global().redact_known(&ran.output).into_owned();
        own.ended = Some(OwnEnd { how: ran.ending.clone(), output: output.clone() });
        core.end_own(&main, &own, ran.exit_code, ran.ms)?;
        Ok(Shelled { call, output, exit_code: ran.exit_code })
    }
}

/// Held while a command of the person's own runs.
struct Runs<'a>(&'a Core, String);

impl Drop for Runs<'_> {
    fn drop(&mut self) {
        self.0.own_commands_running().remove(&self.1);
        self.0.input_came();
    }
}

impl Core {
    pub(crate) fn own_commands_running(&self) -> MutexGuard<'_, std::collections::BTreeSet<String>> {
        self.own_commands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of the next thing that the person does.
    pub(crate) fn next_own(&self, what: &str) -> Result<String, RuntimeError> {
        Ok(format!("{what}-{}", self.own_commands()?.len() + 1))
    }

    /// On record before it has an effect: who decided, and that it is about to run.
    fn begin_own(&self, main: &AgentId, command: &str) -> Result<OwnCommand, RuntimeError> {
        // Held until the number is stored: two at once are two.
        let mut running = self.own_commands_running();
        let call = self.next_own(TOOL)?;
        let id = CallId::new(&call);
        let judged = Judged {
            path: WHO,
            call: &id,
            tool: TOOL,
            what: command,
            verdict: AuditVerdict::Allow,
            answer: None,
            by: DecidedBy::Person,
            because: "typed by the user",
        };
        let own = OwnCommand { call: call.clone(), command: command.to_owned(), ended: None };
        let summary = redact::redact_for_record(command).into_owned();
        let started = EventBody::ToolStarted { tool: TOOL.to_owned(), call: id.clone(), summary };
        self.journal.commit(vec![self.audit(main, &judged), own.note(self)], vec![(Some(main.clone()), started)])?;
        running.insert(call);
        Ok(own)
    }

    fn end_own(&self, main: &AgentId, own: &OwnCommand, code: Option<i32>, ms: u64) -> Result<(), RuntimeError> {
        let Some(end) = &own.ended else { return Ok(()) };
        let mut writes = vec![own.note(self)];
        if matches!(redact::redact_for_record(&end.output), Cow::Owned(_)) {
            self.tools.secret_was_seen();
            let (kind, json) = (SECRET_NOTE.to_owned(), "true".to_owned());
            writes.push(Write::Note(NoteRecord { agent: None, kind, json, at: self.clock.now() }));
        }
        let call = CallId::new(&own.call);
        let (ok, error) = (code == Some(0), (code != Some(0)).then(|| end.how.clone()));
        let completed = EventBody::ToolCompleted { tool: TOOL.to_owned(), call: call.clone(), ok, error, ms };
        self.journal.commit(writes, vec![(Some(main.clone()), completed)])?;
        self.front.show(Shown::Result { agent: main, call: &call, text: &end.output });
        Ok(())
    }
}
