//! Checks that the runtime runs itself. What passed is remembered with the state of the files it passed on, so that "verified"
//! always means: these bytes.

use std::borrow::Cow;
use std::time::Duration;

use permissions::rights::{Holder, Rights};
use protocol::event::EventBody;
use protocol::{AgentId, CallId, CommandReceipt};
use serde::{Deserialize, Serialize};
use store::{NoteRecord, Write};
use tokio_util::sync::CancellationToken;
use tools::permissions::{Action, Decision, decide};
use tools::{Approval, ApprovalRequest, CheckResult};

use crate::error::RuntimeError;
use crate::rights::{AuditAnswer, AuditVerdict, DecidedBy, Judged, SECRET_NOTE};
use crate::run::Scope;
use crate::session::Core;

/// Name of the note that keeps what passed on which state of the files.
const PASSED_NOTE: &str = "check_passed";

/// Longest run of an acceptance command that is not a verify entry.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(600);

/// Output of a failed check that an agent is told, in bytes.
const TOLD_OUTPUT: usize = 6_000;

/// A check to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// Name of the verify entry, or the command itself.
    pub(crate) name: String,
    /// The command line.
    pub(crate) command: String,
    /// How long it may take.
    pub(crate) timeout: Duration,
}

/// A check that passed on a state of the files.
#[derive(Serialize, Deserialize)]
struct Passed {
    tree: String,
    command: String,
}

impl Core {
    /// All verify entries of the team.
    pub(crate) fn verify_entries(&self) -> Vec<Check> {
        self.team
            .verify
            .iter()
            .map(|entry| Check {
                name: entry.name.clone(),
                command: entry.command.clone(),
                timeout: Duration::from_secs(u64::from(entry.timeout_s)),
            })
            .collect()
    }

    /// An acceptance line as a check: the verify entry of that name, otherwise a command.
    pub(crate) fn check_named(&self, acceptance: &str) -> Check {
        self.verify_entries().into_iter().find(|check| check.name == acceptance).unwrap_or_else(|| Check {
            name: acceptance.to_owned(),
            command: acceptance.to_owned(),
            timeout: COMMAND_TIMEOUT,
        })
    }

    /// Whether a command passed on exactly this state of the files.
    pub(crate) fn passed_on(&self, tree: &str, command: &str) -> Result<bool, RuntimeError> {
        Ok(self.store.notes_of(&self.session, PASSED_NOTE)?.iter().any(|note| {
            serde_json::from_str::<Passed>(&note.json)
                .is_ok_and(|passed| passed.tree == tree && passed.command == command)
        }))
    }
}

/// Runs checks one after the other, records each, and remembers what passed.
pub(crate) async fn run(
    core: &Core,
    agent: Option<&AgentId>,
    checks: &[Check],
    cancel: &CancellationToken,
) -> Result<Vec<CheckResult>, RuntimeError> {
    let mut results = Vec::with_capacity(checks.len());
    for check in checks {
        if cancel.is_cancelled() {
            return Err(RuntimeError::Interrupted);
        }
        // Looked at when it runs, not only when it was asked for: a rule or mode may have come in between.
        let asker = agent.cloned().unwrap_or_else(|| AgentId::from("runtime"));
        let call = call_of(check);
        if let Some(why) = kept_from(core, &asker, &call, &check.command, cancel).await? {
            results.push(not_run(check, &why));
            continue;
        }
        let outcome = tools::run_check(&core.tools, &check.command, check.timeout, cancel).await;
        let finished = EventBody::VerificationFinished {
            command: check.command.clone(),
            exit_code: outcome.exit_code,
            ms: outcome.ms,
        };
        // As with every other output, before an agent is told of it.
        let output = redact::global().redact_known(&outcome.output).into_owned();
        let mut writes = Vec::new();
        let note = |kind: &str, json: String| {
            Write::Note(NoteRecord { agent: agent.cloned(), kind: kind.to_owned(), json, at: core.clock.now() })
        };
        if matches!(redact::redact_for_record(&output), Cow::Owned(_)) {
            core.tools.secret_was_seen();
            writes.push(note(SECRET_NOTE, "true".to_owned()));
        }
        if outcome.exit_code == Some(0)
            && let Some(tree) = core.tree().await
        {
            let passed = Passed { tree, command: check.command.clone() };
            writes.push(note(PASSED_NOTE, serde_json::to_string(&passed).unwrap_or_default()));
        }
        core.journal.commit(writes, vec![(agent.cloned(), finished)])?;
        let receipt = CommandReceipt {
            command: check.command.clone(),
            exit_code: outcome.exit_code,
            ms: outcome.ms,
            check: true,
        };
        results.push(CheckResult { receipt, output });
    }
    Ok(results)
}

/// What a check is called where decisions are recorded.
fn call_of(check: &Check) -> CallId {
    CallId::new(format!("check:{}", check.name))
}

/// Why a check is not run now, if so. Every way through is on record before the check is run.
async fn kept_from(
    core: &Core,
    asker: &AgentId,
    call: &CallId,
    command: &str,
    cancel: &CancellationToken,
) -> Result<Option<String>, RuntimeError> {
    let why = match core.judge_check(asker, call, command)? {
        Decision::Allow => return Ok(None),
        Decision::Refuse(why) => return Ok(Some(why)),
        Decision::Ask(why) => why,
    };
    if core.said_yes_to_check(command)? {
        let judged = Judged {
            path: asker.as_str(),
            call,
            tool: "check",
            what: command,
            verdict: AuditVerdict::Ask,
            answer: Some(AuditAnswer::Yes),
            by: DecidedBy::Grant,
            because: "a person said yes to this line when the brief was accepted",
        };
        core.record(asker, &judged)?;
        return Ok(None);
    }
    let request = ApprovalRequest {
        agent: asker.clone(),
        tool: "check".to_owned(),
        call: call.clone(),
        what: command.to_owned(),
        why: why.clone(),
    };
    // The runtime asks, for whoever needs the check; what was taken away from the session holds for it too.
    let holder = Holder::root(asker.clone(), Rights::all(), 0);
    let scope = Scope { delegation: None, holder, cancel: cancel.clone(), deadline: core.clock.now() };
    let answer = core.question(&scope, &request, None).await;
    if cancel.is_cancelled() {
        return Err(RuntimeError::Interrupted);
    }
    Ok(match answer {
        Approval::Yes => None,
        Approval::No(reason) => Some(format!("not allowed: {reason} (a yes was needed: {why})")),
    })
}

/// A check that may not be run: it proves nothing.
fn not_run(check: &Check, why: &str) -> CheckResult {
    let receipt = CommandReceipt { command: check.command.clone(), exit_code: None, ms: 0, check: true };
    CheckResult { receipt, output: format!("[not run: {why}]\n") }
}

/// All of them ended with exit code 0; false when there were none.
pub(crate) fn all_passed(results: &[CheckResult]) -> bool {
    !results.is_empty() && results.iter().all(|result| result.receipt.exit_code == Some(0))
}

/// What failed, for an agent.
pub(crate) fn failures(results: &[CheckResult]) -> String {
    let mut text = String::new();
    for result in results.iter().filter(|result| result.receipt.exit_code != Some(0)) {
        let code = result
            .receipt
            .exit_code
            .map_or("no exit code (killed or timed out)".to_owned(), |code| format!("exit code {code}"));
        let output = &result.output;
        let tail = output.len().saturating_sub(TOLD_OUTPUT);
        let start = (tail..output.len()).find(|at| output.is_char_boundary(*at)).unwrap_or(0);
        text.push_str(&format!("$ {} -> {code}\n{}\n", result.receipt.command, output[start..].trim_end()));
    }
    text
}

/// The `verify` tool.
pub(crate) async fn verify_by_name(
    core: &Core,
    agent: &AgentId,
    names: &[String],
    cancel: &CancellationToken,
) -> Result<Vec<CheckResult>, String> {
    let entries = core.verify_entries();
    if entries.is_empty() {
        return Err(
            "this team has no verify entries; `agent init` writes some, or name a command as acceptance of a brief"
                .to_owned(),
        );
    }
    let known = entries.iter().map(|check| check.name.as_str()).collect::<Vec<_>>().join(", ");
    let wanted = if names.is_empty() {
        entries
    } else {
        let mut wanted = Vec::new();
        for name in names {
            let entry = entries.iter().find(|check| check.name == *name);
            wanted.push(entry.ok_or_else(|| format!("there is no verify entry `{name}`; there are: {known}"))?.clone());
        }
        wanted
    };
    for check in &wanted {
        if let Decision::Refuse(why) = decide(&core.tools.policy(), &Action::Command { line: &check.command }) {
            core.judge_check(agent, &call_of(check), &check.command).map_err(|error| error.to_string())?;
            return Err(why);
        }
    }
    run(core, Some(agent), &wanted, cancel).await.map_err(|error| error.to_string())
}
