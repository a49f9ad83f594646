//! What is kept of a brief that was refused before its work began: who asked, and why not.

use std::collections::BTreeMap;

use protocol::{AgentId, Decision, DecisionKind, Usd, WindowId};

use crate::error::RuntimeError;
use crate::session::Core;

/// Why a brief was refused.
pub(super) enum Refusal<'a> {
    /// Nobody of that name may be asked, or a check of the brief may not be run: a rule, no arithmetic.
    Rule(&'a str),
    /// Nothing is left of the session's dollars.
    Budget(&'a str),
}

/// Keeps a refusal as a decision about who asked: the specialist never heard of it. Gives the words for the caller.
pub(super) fn told(core: &Core, from: &AgentId, to: &AgentId, refusal: &Refusal<'_>) -> String {
    let (Refusal::Rule(words) | Refusal::Budget(words)) = refusal;
    match decision(core, from, to, refusal).and_then(|decision| core.decide(decision)) {
        Ok(()) => (*words).to_owned(),
        Err(error) => core.fail(error),
    }
}

fn decision(core: &Core, from: &AgentId, to: &AgentId, refusal: &Refusal<'_>) -> Result<Decision, RuntimeError> {
    let open = core.store.windows(&core.session, from)?.pop();
    let (words, formula, numbers) = match refusal {
        Refusal::Rule(words) => (words, "", BTreeMap::new()),
        Refusal::Budget(words) => {
            (words, "refuse if spent_usd and what is set aside for others >= budget_usd", budget(core)?)
        }
    };
    Ok(Decision {
        kind: DecisionKind::Refuse,
        agent: from.clone(),
        step: core.store.last_step(&core.session, from)?,
        window: open.map_or_else(|| WindowId::new(""), |window| window.id),
        delegation: None,
        chosen: "refused".to_owned(),
        because: format!("the brief for `{to}`: {words}"),
        formula: formula.to_owned(),
        policy: String::new(),
        numbers,
    })
}

fn budget(core: &Core) -> Result<BTreeMap<String, f64>, RuntimeError> {
    let spent = core.store.session_cost(&core.session)?.at_least;
    let limit = core.budget.usd.unwrap_or(Usd::ZERO);
    let numbers = [("budget_usd", limit), ("spent_usd", spent)];
    Ok(numbers.into_iter().map(|(name, usd)| (name.to_owned(), usd.dollars())).collect())
}
