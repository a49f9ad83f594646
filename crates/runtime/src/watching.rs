//! What the difficulty monitor gets to see of a step: hashes, exit codes and figures that the runtime recorded, no words.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use protocol::{Item, ReportStatus, ToolOutcome};
use routing::{CallFacts, StepFacts};
use store::ToolRun;

use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::machine::report_of;
use crate::run::Scope;
use crate::session::Core;

/// The step that has just ended.
pub(crate) fn facts(
    core: &Core,
    agent: &Agent,
    scope: &Scope,
    results: &[ToolOutcome],
) -> Result<StepFacts, RuntimeError> {
    let Some(asked) = agent.items.last() else { return Ok(StepFacts::default()) };
    // The diff is as it stands in this turn, the calls are those of this step.
    let runs = core.store.tool_runs(&core.session, agent.id(), agent.last_seq())?;
    let files = core.store.changes_since(&core.session, agent.id(), core.turn_started_at())?;
    let paths: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let report = scope.delegation.as_ref().and_then(|_| report_of(asked, results));
    let begins = scope.delegation.is_some() && agent.turn.steps == 1;
    Ok(StepFacts {
        calls: call_facts(asked, results, &|result| checked(core, &runs, result)),
        checks: report.as_ref().map(|_| core.active.checks_passed(agent.id())).unwrap_or_default(),
        changed_lines: files.iter().map(|file| u64::from(file.added + file.removed)).sum(),
        changed_paths: paths.into_iter().map(str::to_owned).collect(),
        confidence: report.as_ref().and_then(|report| report.confidence),
        needs_decision: report.is_some_and(|report| report.status == ReportStatus::NeedsDecision),
        judgement_brief: begins && core.active.asks_for_judgement(&core.policy, agent.id()),
        ..StepFacts::default()
    })
}

/// Whether a call ran a check of the team's, and whether that passed.
fn checked(core: &Core, runs: &[ToolRun], result: &ToolOutcome) -> Option<bool> {
    let run = runs.iter().find(|run| run.intent.call == result.call)?;
    let commands = run.done.as_ref()?.commands.iter();
    let is_check = |command: &&protocol::CommandReceipt| {
        command.check || core.team.verify.iter().any(|entry| entry.command == command.command)
    };
    commands.filter(is_check).map(|command| command.exit_code == Some(0)).next_back()
}

/// The lead edits what a specialist of this turn had changed and reported: that is said to the specialist's monitor.
pub(crate) fn corrections(core: &Core, agent: &Agent, facts: &StepFacts) -> Result<(), RuntimeError> {
    let edited: Vec<&str> =
        facts.calls.iter().filter(|call| !call.error).filter_map(|call| call.edits.as_deref()).collect();
    if edited.is_empty() || !core.is_main(agent.id()) {
        return Ok(());
    }
    let since = core.turn_started_at();
    let mut corrected: Vec<(protocol::AgentId, u32)> = Vec::new();
    for record in core.store.delegations(&core.session)?.into_iter().filter(|record| record.opened_at >= since) {
        let Some(closed) = record.closed else { continue };
        let count = closed.receipt.files.iter().filter(|file| edited.contains(&file.path.as_str())).count() as u32;
        if count > 0 && !corrected.iter().any(|(to, _)| *to == record.to) {
            corrected.push((record.to, count));
        }
    }
    for (to, count) in corrected {
        let Some(spec) = core.team.agent(&to) else { continue };
        let slot = core.agent(spec)?;
        // It is idle: only one of them works in a tree at a time.
        if let Ok(mut specialist) = slot.try_lock_owned() {
            let facts = StepFacts { corrective_edits: count, ..StepFacts::default() };
            let state = core.watch(&mut specialist, &facts)?;
            core.journal.commit(vec![state], Vec::new())?;
        }
    }
    Ok(())
}

/// What the monitor sees of the calls of a step: hashes and exit codes, no words.
fn call_facts(asked: &Item, results: &[ToolOutcome], checks: &dyn Fn(&ToolOutcome) -> Option<bool>) -> Vec<CallFacts> {
    let calls = asked.tool_calls();
    results
        .iter()
        .filter_map(|result| {
            let (_, name, arguments) = calls.iter().find(|(id, ..)| *id == result.call.as_str())?;
            let text = serde_json::to_string(&result.content).unwrap_or_default();
            Some(CallFacts {
                tool: (*name).to_owned(),
                signature: hash(&(name, arguments)),
                result: hash(&text),
                error: result.is_error,
                edits: edited_path(name, arguments),
                check: checks(result),
            })
        })
        .collect()
}

fn edited_path(tool: &str, arguments: &str) -> Option<String> {
    if !matches!(tool, "edit" | "write") {
        return None;
    }
    let arguments: serde_json::Value = serde_json::from_str(arguments).ok()?;
    arguments.get("path").and_then(serde_json::Value::as_str).map(str::to_owned)
}

fn hash(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
