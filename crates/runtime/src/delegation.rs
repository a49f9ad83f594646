//! `delegate`: a brief into the specialist's own transcript, its work until it reports, the runtime's checks and receipt, the
//! answer into the caller's. Re-entrant: a delegation that was open when the program stopped goes on where it was.

mod answer;
mod context;
mod escalation;
mod receipt;
mod refusal;
mod worth;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::event::EventBody;
use protocol::{AgentId, Brief, CallId, DelegationId, Item, Receipt, Report, ReportStatus};
use serde_json::Value;
use store::{DelegationClosed, DelegationRecord, Write};
use tools::permissions::reads_only;
use tools::{CheckResult, DelegationAnswer, SessionTools};

use self::refusal::Refusal;
use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::fragments;
use crate::host::HostPort;
use crate::rights::{DELEGATIONS_AT_ONCE, flagged};
use crate::run::{Ended, Scope, run_agent};
use crate::session::{Core, settle_dangling};
use crate::verification::{self, Check};

/// How often a `complete` report is sent back because its acceptance fails.
const BOUNCES: u32 = 1;

/// What is known of running delegations, by specialist. Lost with the process; everything in it can be found again.
#[derive(Default)]
pub(crate) struct Active(Mutex<BTreeMap<AgentId, Running>>);

#[derive(Clone, Default)]
struct Running {
    brief: Brief,
    checks: Vec<Check>,
    bounced: u32,
    /// Results of the acceptance, with the state of the files they are for.
    checked: Option<(Option<String>, Vec<CheckResult>)>,
}

impl Active {
    fn get(&self, agent: &AgentId) -> Option<Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(agent).cloned()
    }

    /// Why a tool may not be used by an agent whose brief is exploration, if so: looking changes nothing, whatever the tools
    /// it has for other briefs.
    pub(crate) fn refuses_while_exploring(
        &self,
        tools: &SessionTools,
        agent: &AgentId,
        tool: &str,
        arguments: &Value,
    ) -> Option<String> {
        self.get(agent).filter(|running| running.brief.explore)?;
        let line = arguments.get("command").and_then(Value::as_str).filter(|_| tool == "bash");
        match line.map(|line| reads_only(tools.policy(), line)) {
            Some(true) => None,
            Some(false) => Some("this brief is exploration: only commands that read may be run".to_owned()),
            None => Some(format!("this brief is exploration: `{tool}` is closed, nothing may be changed")),
        }
    }

    /// The acceptance checks that were run on an agent's report: whether each passed.
    pub(crate) fn checks_passed(&self, agent: &AgentId) -> Vec<bool> {
        let checked = self.get(agent).and_then(|running| running.checked);
        let results = checked.map(|(_, results)| results).unwrap_or_default();
        results.iter().map(|result| result.receipt.exit_code == Some(0)).collect()
    }

    /// Whether an agent's brief asks for choosing, designing or interpreting: judgement stays with the lead.
    pub(crate) fn asks_for_judgement(&self, policy: &routing::Policy, agent: &AgentId) -> bool {
        self.get(agent).is_some_and(|running| policy.monitor.judgement_brief(&running.brief.objective))
    }

    fn update(&self, agent: &AgentId, change: impl FnOnce(&mut Running)) {
        change(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(agent.clone()).or_default());
    }

    fn end(&self, agent: &AgentId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(agent);
    }
}

/// The whole of a delegation, from wherever it stands.
pub(crate) async fn delegate(
    core: &Arc<Core>,
    caller: &Scope,
    from: &AgentId,
    call: &CallId,
    to: &AgentId,
    brief: Brief,
) -> Result<DelegationAnswer, String> {
    let may_ask = core.team.agent(from).map(|spec| spec.delegates_to.as_slice()).unwrap_or_default();
    let spec = core.team.agent(to).filter(|_| may_ask.contains(to)).ok_or_else(|| {
        let known: Vec<&str> = may_ask.iter().map(AgentId::as_str).collect();
        let words = format!("there is no specialist `{to}`; there are: {}", known.join(", "));
        refusal::told(core, from, to, &Refusal::Rule(&words))
    })?;
    let slot = core.agent(spec).map_err(|error| error.to_string())?;
    let mut agent = slot.lock().await;
    let earlier = earlier(core, from, call)?;
    if let Some(record) = earlier.as_ref().filter(|record| record.closed.is_some()) {
        return answer::from_record(record);
    }
    let (role, request) = (core.role_rights(spec), Core::request_rights(&brief));
    core.bind(&caller.holder);
    let child = match &earlier {
        Some(record) => caller.holder.adopt(to.clone(), role.clone(), Core::request_rights(&record.brief)),
        None => caller.holder.spawn(to.clone(), role.clone(), request, DELEGATIONS_AT_ONCE),
    };
    let child = child.map_err(|refused| refusal::told(core, from, to, &Refusal::Rule(&refused.to_string())))?;
    core.warn_of_excess(caller, to, &role);
    // With nothing left a new one is not begun; one that is open ends at its first step, with a receipt.
    let reserved = core.reserve(to, &delegation_id(core, from, call));
    let record = match (earlier, &reserved) {
        (Some(record), _) => record,
        (None, Ok(_)) => open(core, caller, &mut agent, from, call, brief).await?,
        (None, Err(nothing_left)) => return Err(refusal::told(core, from, to, &Refusal::Budget(nothing_left))),
    };
    let checks: Vec<Check> = record.brief.acceptance.iter().map(|line| core.check_named(line)).collect();
    core.active.update(to, |running| {
        *running = Running { brief: record.brief.clone(), checks, ..Running::default() };
    });
    let holder = child.holder().clone();
    let scope = Scope::new(core, spec, holder, Some(record.id.clone()), caller.cancel.child_token());
    agent.working_on = Some(record.id.clone());
    let ended = run_agent(core, &mut agent, &scope).await;
    agent.working_on = None;
    if caller.cancel.is_cancelled() || matches!(ended, Err(RuntimeError::Interrupted)) {
        core.active.end(to);
        return Err("interrupted by the user; the delegation stays open".to_owned());
    }
    let closed = close(core, &agent, record, ended, &scope).await.map_err(|error| core.fail(error));
    core.active.end(to);
    closed
}

/// Closes what an agent had delegated when its turn was interrupted and another one begins: nobody waits for it any more.
pub(crate) fn abandon(core: &Core, from: &AgentId) -> Result<(), RuntimeError> {
    for mut record in core.store.delegations(&core.session)? {
        if record.from != *from || record.closed.is_some() {
            continue;
        }
        let cost = core.store.delegation_cost(&core.session, &record.id)?;
        let receipt = Receipt {
            steps: cost.steps,
            usage: cost.usage,
            usd: cost.usd,
            remarks: vec!["interrupted by the user before it reported; what it changed so far is on disk".to_owned()],
            ..Receipt::default()
        };
        let finished = EventBody::DelegationFinished {
            to: record.to.clone(),
            report: None,
            receipt: receipt.clone(),
            usage: receipt.usage,
            usd: receipt.usd,
        };
        record.closed = Some(DelegationClosed { report: None, receipt, at: core.clock.now() });
        core.journal.commit(vec![Write::Delegation(record)], vec![(Some(from.clone()), finished)])?;
    }
    Ok(())
}

/// The delegation that this very call opened, if the program stopped in the middle of it.
fn earlier(core: &Core, from: &AgentId, call: &CallId) -> Result<Option<DelegationRecord>, String> {
    let id = delegation_id(core, from, call);
    core.store.delegation(&core.session, &id).map_err(|error| error.to_string())
}

/// The same call gives the same id: call ids are unique within a window only, so the item that asks is part of it.
fn delegation_id(core: &Core, from: &AgentId, call: &CallId) -> DelegationId {
    let item = core.store.next_item_seq(&core.session, from).unwrap_or(0);
    DelegationId::new(format!("{}-{from}-{item}-{call}", core.session))
}

/// Checks the brief, notes the state of the files, appends the brief to the specialist's transcript.
async fn open(
    core: &Arc<Core>,
    caller: &Scope,
    agent: &mut Agent,
    from: &AgentId,
    call: &CallId,
    brief: Brief,
) -> Result<DelegationRecord, String> {
    escalation::after_failures(core, from, agent, &brief)?;
    settle_dangling(core, agent).map_err(|error| error.to_string())?;
    let checks: Vec<(String, String)> =
        brief.acceptance.iter().map(|line| core.check_named(line)).map(|check| (check.name, check.command)).collect();
    let host = HostPort::new(core.clone(), caller.clone());
    for (_, command) in &checks {
        if let Err(words) = core.permit_check(&host, from, call, command).await {
            // Who interrupts a question has not answered it.
            return Err(match caller.cancel.is_cancelled() {
                true => words,
                false => refusal::told(core, from, agent.id(), &Refusal::Rule(&words)),
            });
        }
    }
    context::prepare(core, agent, from, &brief, &caller.cancel).await.map_err(|error| core.fail(error))?;
    let id = delegation_id(core, from, call);
    let estimate = core.estimate_delegation(from, agent, &brief, &id);
    let record = DelegationRecord {
        id,
        call: call.clone(),
        from: from.clone(),
        to: agent.id().clone(),
        brief: brief.clone(),
        first_item_seq: agent.next_seq,
        estimate_usd: estimate.as_ref().map(|(gain, _)| *gain),
        opened_at: core.clock.now(),
        baseline: core.tree().await,
        closed: None,
    };
    let text = fragments::brief(&brief, &checks);
    let marked = flagged(&text).map(|note| format!("\n{note}\n"));
    let item = Item::user(text + &marked.unwrap_or_default());
    let started = EventBody::DelegationStarted { to: agent.id().clone(), brief };
    let (mut writes, mut events) = (vec![Write::Delegation(record.clone())], vec![(Some(from.clone()), started)]);
    if let Some((_, decision)) = estimate {
        let (note, told) = core.decision(&decision);
        writes.push(note);
        events.push((Some(agent.id().clone()), told));
    }
    agent.append_with(core, vec![item], writes, events).map_err(|error| error.to_string())?;
    Ok(record)
}

/// The `report` tool: evidence has to exist, and a `complete` whose acceptance fails is sent back once.
pub(crate) async fn check_report(
    core: &Core,
    scope: &Scope,
    agent: &AgentId,
    report: &Report,
) -> Result<String, String> {
    let Some(running) = core.active.get(agent) else {
        return Err("you are not working on a brief; answer in plain text".to_owned());
    };
    let missing = receipt::missing_evidence(&core.root, report);
    if !missing.is_empty() {
        return Err(format!(
            "these places do not exist: {}. Correct the evidence and report again",
            missing.join(", ")
        ));
    }
    if running.brief.explore {
        if report.evidence.is_empty() && matches!(report.status, ReportStatus::Complete | ReportStatus::Partial) {
            return Err("an exploration report needs `evidence`: places as `path:line` with what is there".to_owned());
        }
        return Ok("reported".to_owned());
    }
    if report.status != ReportStatus::Complete || running.checks.is_empty() {
        return Ok("reported".to_owned());
    }
    let results = verification::run(core, Some(agent), &running.checks, &scope.cancel)
        .await
        .map_err(|error| error.to_string())?;
    let passed = verification::all_passed(&results);
    let tree = core.tree().await;
    core.active.update(agent, |running| running.checked = Some((tree, results.clone())));
    if passed || running.bounced >= BOUNCES {
        return Ok("reported".to_owned());
    }
    core.active.update(agent, |running| running.bounced += 1);
    Err(format!(
        "the runtime ran the acceptance of your brief, and it does not pass:\n{}\nMend it and report again, or report `partial` \
         or `blocked` with the reason",
        verification::failures(&results)
    ))
}

/// Receipt, checks, estimate against truth; the delegation is over.
async fn close(
    core: &Core,
    agent: &Agent,
    mut record: DelegationRecord,
    ended: Result<Ended, RuntimeError>,
    scope: &Scope,
) -> Result<DelegationAnswer, RuntimeError> {
    let (report, mut remarks) = answer::read_ending(ended)?;
    let results = acceptance(core, agent.id(), &record, report.as_ref(), scope).await?;
    let mut receipt = receipt::make(core, agent, &record, report.as_ref(), &results, &mut remarks).await?;
    let truth = core.true_worth(&record, agent, report.as_ref(), &receipt);
    receipt.remarks.extend(worth::too_small(truth).filter(|_| report.is_some()));
    let finished = EventBody::DelegationFinished {
        to: record.to.clone(),
        report: report.clone(),
        receipt: receipt.clone(),
        usage: receipt.usage,
        usd: receipt.usd,
    };
    let worth = core.worth_note(&record, truth, &receipt);
    record.closed = Some(DelegationClosed { report, receipt, at: core.clock.now() });
    let writes = vec![Write::Delegation(record.clone()), worth];
    core.journal.commit(writes, vec![(Some(record.from.clone()), finished)])?;
    answer::from_record(&record).map_err(RuntimeError::Setup)
}

/// The acceptance of a brief: as already run on this very state of the files, otherwise run now.
async fn acceptance(
    core: &Core,
    agent: &AgentId,
    record: &DelegationRecord,
    report: Option<&Report>,
    scope: &Scope,
) -> Result<Vec<CheckResult>, RuntimeError> {
    let running = core.active.get(agent).unwrap_or_default();
    if record.brief.explore || running.checks.is_empty() {
        return Ok(Vec::new());
    }
    if report.is_some_and(|report| matches!(report.status, ReportStatus::Blocked | ReportStatus::NeedsDecision)) {
        return Ok(Vec::new());
    }
    let tree = core.tree().await;
    match running.checked {
        Some((on, results)) if on == tree => Ok(results),
        _ => verification::run(core, Some(agent), &running.checks, &scope.cancel).await,
    }
}
