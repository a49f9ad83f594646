//! Which request is hit by which fault, and how a fault looks on the wire.

use std::collections::HashMap;

use protocol::{ErrorKind, ProviderError};

use crate::failure::Failure;
use crate::scenario::{Fault, FaultKind, bare_model};

/// Counts what has been hit. In memory only: a restarted simulator starts anew.
#[derive(Debug, Default)]
pub(crate) struct FaultState {
    hits: HashMap<usize, u64>,
    requests: u64,
    by_actor: HashMap<String, u64>,
}

impl FaultState {
    /// Counts a request of an actor and returns the fault that hits it: the first planned one that has hits left.
    pub(crate) fn strike<'f>(
        &mut self,
        faults: &'f [Fault],
        actor: &str,
        step: usize,
        model: &str,
    ) -> Option<&'f Fault> {
        self.requests += 1;
        let own = self.by_actor.entry(actor.to_owned()).or_default();
        *own += 1;
        let (own, all) = (*own, self.requests);
        let holds = |fault: &Fault| {
            let nth = if fault.on.actor.is_some() { own } else { all };
            fault.on.actor.as_deref().is_none_or(|id| id == actor)
                && fault.on.step.is_none_or(|at| at == step)
                && fault.on.nth_request.is_none_or(|at| at == nth)
                && fault.on.every.is_none_or(|every| nth % every.max(1) == 0)
                && fault.on.model.as_ref().is_none_or(|glob| glob.matches(model) || glob.matches(bare_model(model)))
        };
        let left = |at: &usize, fault: &Fault| self.hits.get(at).copied().unwrap_or(0) < fault.times;
        let (at, fault) = faults.iter().enumerate().find(|(at, fault)| left(at, fault) && holds(fault))?;
        *self.hits.entry(at).or_default() += 1;
        Some(fault)
    }
}

/// What the vendors say to whoever has not paid.
const CREDIT: &str = "Your credit balance is too low to access the API. Please go to Plans & Billing to upgrade.";
const QUOTA: &str = "You exceeded your current quota, please check your plan and billing details.";

/// The error answer of a fault that is one; `None` for faults that let the answer begin.
pub(crate) fn refusal(fault: &Fault, prompt: u64, context: u64, chat: bool) -> Option<Failure> {
    let (kind, status, message) = match fault.kind {
        FaultKind::Http429 => (ErrorKind::RateLimit, 429, "This request would exceed your rate limit.".to_owned()),
        FaultKind::Http529 if chat => (ErrorKind::Overloaded, 503, "The server is overloaded.".to_owned()),
        FaultKind::Http529 => (ErrorKind::Overloaded, 529, "Overloaded".to_owned()),
        FaultKind::Http500 => (ErrorKind::Server, 500, "Internal server error".to_owned()),
        FaultKind::NoCredit if chat => (ErrorKind::Billing, 429, QUOTA.to_owned()),
        FaultKind::NoCredit => (ErrorKind::Billing, 402, CREDIT.to_owned()),
        FaultKind::BadGateway => return Some(Failure::page()),
        FaultKind::Unauthorized if chat => (ErrorKind::Auth, 401, "Incorrect API key provided.".to_owned()),
        FaultKind::Unauthorized => (ErrorKind::Auth, 401, "invalid x-api-key".to_owned()),
        FaultKind::Overflow => (ErrorKind::Overflow, 400, overflow_text(context.max(prompt) + 1, context, chat)),
        _ => return None,
    };
    let mut error = ProviderError::new(kind, message);
    error.status = Some(status);
    error.retry_after_ms = fault.retry_after_ms;
    error.should_retry = fault.should_retry;
    Some(error.into())
}

/// What a provider says about a prompt that does not fit, by which clients recognise it.
pub(crate) fn overflow_text(prompt: u64, context: u64, chat: bool) -> String {
    if chat {
        "Your input exceeds the context window of this model. Please adjust your input and try again.".to_owned()
    } else {
        format!("prompt is too long: {prompt} tokens > {context} maximum")
    }
}

/// The error inside a stream of `error_event`.
pub(crate) fn stream_error() -> ProviderError {
    ProviderError::new(ErrorKind::Overloaded, "Overloaded")
}
