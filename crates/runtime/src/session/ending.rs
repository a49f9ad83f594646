//! The end of a turn and of a session: is it verified, and what did it cost.

use std::collections::{BTreeMap, BTreeSet};

use protocol::event::{EventBody, SessionStatus};
use protocol::{FragmentKind, Usage};

use super::TurnOutcome;
use super::core::Core;
use crate::agent::Agent;
use crate::baseline;
use crate::error::RuntimeError;
use crate::fragments;
use crate::run::Scope;
use crate::structured;
use crate::verification::{self, Check};

/// How often the main agent is told that the final checks fail, or that its answer does not fit the schema.
const SECOND_CHANCES: usize = 1;

/// An answer that was looked at.
pub(crate) struct Judged {
    /// How the turn would end with it.
    pub(crate) outcome: TurnOutcome,
    /// The output of the checks that fail.
    pub(crate) failing: Option<String>,
    /// The commands that it was judged by, with whether each passes on these very files: what was run for it now, and what had passed
    /// on them before.
    pub(crate) checks: BTreeMap<String, bool>,
    /// Files that the turn changed, where there is a comparison.
    pub(crate) touched: Vec<String>,
}

impl Judged {
    fn as_it_is(outcome: TurnOutcome) -> Self {
        Self { outcome, failing: None, checks: BTreeMap::new(), touched: Vec::new() }
    }
}

/// What the main agent's last words amount to; none when it was told to go on.
pub(super) async fn after_answer(
    core: &Core,
    main: &mut Agent,
    answer: String,
    scope: &Scope,
) -> Result<Option<Judged>, RuntimeError> {
    core.wall_stands()?;
    if let Some(schema) = &core.output_schema
        && let Err(problem) = structured::check(schema, &answer)
    {
        if main.turn.told(FragmentKind::Reminder, "Your final answer") < SECOND_CHANCES {
            main.append(core, vec![fragments::schema_mismatch(&problem)], Vec::new(), Vec::new())?;
            return Ok(None);
        }
        return Err(RuntimeError::Blocked(format!("the final answer does not follow the schema asked for: {problem}")));
    }
    // Work that came to nothing for lack of a yes is not an answer.
    let unchanged = if core.take_missed() {
        core.journal.event(
            None,
            EventBody::Error {
                code: "approval_missed".to_owned(),
                message: "something needed a person's yes, and nobody was there to give it".to_owned(),
                hint: "do it in `agent chat`, or name the command as a verify entry of the team".to_owned(),
            },
        )?;
        SessionStatus::Blocked
    } else {
        SessionStatus::Answered
    };
    let start = core.turn_start();
    if start.as_ref().is_some_and(|start| !start.may_have_changed) {
        return Ok(Some(Judged::as_it_is(TurnOutcome { status: unchanged, answer })));
    }
    let tree = core.tree().await;
    let before = start.and_then(|start| start.tree);
    let changed = match (&before, &tree) {
        (Some(before), Some(now)) => before != now,
        // Without a comparison, what the tools say has to do.
        _ => tools_changed_something(core)?,
    };
    if !changed {
        return Ok(Some(Judged::as_it_is(TurnOutcome { status: unchanged, answer })));
    }
    let touched = match before {
        Some(before) => core.changes_since(&before).await.unwrap_or_default(),
        None => Vec::new(),
    };
    let touched: Vec<String> = touched.into_iter().map(|change| change.path).collect();
    let Some((missing, mut checks)) = unproven(core, tree.as_deref(), &touched)? else {
        let judged = Judged::as_it_is(TurnOutcome { status: SessionStatus::Unverified, answer });
        return Ok(Some(Judged { touched, ..judged }));
    };
    let results = verification::run(core, None, &missing, &scope.cancel).await?;
    core.wall_stands()?;
    for receipt in results.iter().map(|result| &result.receipt) {
        let passed = receipt.exit_code == Some(0);
        checks.entry(receipt.command.clone()).and_modify(|all| *all &= passed).or_insert(passed);
    }
    if missing.is_empty() || verification::all_passed(&results) {
        let outcome = TurnOutcome { status: SessionStatus::Verified, answer };
        return Ok(Some(Judged { outcome, failing: None, checks, touched }));
    }
    let failing = verification::failures(&results);
    // In a lane the policy says what follows.
    if !core.lanes.is_routed() && main.turn.told(FragmentKind::Reminder, "<verification>") < SECOND_CHANCES {
        main.append(core, vec![fragments::verification_failed(&failing)], Vec::new(), Vec::new())?;
        return Ok(None);
    }
    let outcome = TurnOutcome { status: SessionStatus::Unverified, answer };
    Ok(Some(Judged { outcome, failing: Some(failing), checks, touched }))
}

/// Checks that are still to be run, and the commands that need not be.
type Unproven = (Vec<Check>, BTreeMap<String, bool>);

/// The checks that have not passed on this very state of the files, and those that have. None when there is nothing that could prove
/// anything.
fn unproven(core: &Core, tree: Option<&str>, touched: &[String]) -> Result<Option<Unproven>, RuntimeError> {
    let mut entries = core.verify_entries();
    // Those of the policy for the files that were touched.
    let own: Vec<String> = entries.iter().map(|entry| entry.command.clone()).collect();
    let of_policy = core.policy.checks_for(&own, touched);
    entries.extend(of_policy.iter().filter(|command| !own.contains(command)).map(|command| core.check_named(command)));
    if entries.is_empty() {
        // The checks that briefs of this turn asked for are the next best thing.
        let since = core.turn_started_at();
        for record in core.store.delegations(&core.session)? {
            if record.opened_at >= since && record.closed.is_some() {
                entries.extend(record.brief.acceptance.iter().map(|line| core.check_named(line)));
            }
        }
        let mut known = BTreeSet::new();
        entries.retain(|check| known.insert(check.command.clone()));
        if entries.is_empty() {
            return Ok(None);
        }
    }
    let (mut missing, mut proven) = (Vec::new(), BTreeMap::new());
    for check in entries {
        match tree {
            Some(tree) if core.passed_on(tree, &check.command)? => drop(proven.insert(check.command, true)),
            _ => missing.push(check),
        }
    }
    Ok(Some((missing, proven)))
}

fn tools_changed_something(core: &Core) -> Result<bool, RuntimeError> {
    let since = core.turn_started_at();
    Ok(core
        .store
        .tool_runs_since(&core.session, since)?
        .iter()
        .any(|run| run.intent.tool == "bash" || run.done.as_ref().is_some_and(|done| !done.files.is_empty())))
}

impl Core {
    /// An error where the last command that was to run did not, because the wall around it no longer comes up. No answer is good then, and
    /// nobody who tries again does better.
    fn wall_stands(&self) -> Result<(), RuntimeError> {
        self.tools.wall_fell().map_or(Ok(()), |fell| Err(RuntimeError::Sandbox(fell.why)))
    }

    /// The `session.completed` event: every number is a query over the ledger.
    pub(crate) fn completed(&self, status: SessionStatus) -> Result<EventBody, RuntimeError> {
        let cost = self.store.session_cost(&self.session)?;
        let rows = self.store.ledger(&self.session)?;
        let usage: Usage = cost.usage;
        Ok(EventBody::SessionCompleted {
            status,
            exit_code: status.exit_code(),
            usd: cost.usd,
            agents: self.store.totals(&self.session)?,
            baseline: baseline::estimate(&self.catalogue, &self.team.main().id, &rows, &self.decisions()?, cost.usd),
            cache_hit_rate: usage.hit_rate(),
        })
    }
}
