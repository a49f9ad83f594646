//! A token that is limited to some models is served by those only.

use std::sync::Arc;

use catalogue::Catalogue;
use protocol::{ErrorKind, ProviderError};

use super::tokens::{Grant, Tokens};
use crate::ask::Ask;
use crate::core::{Outcome, Planner, Preview, Router};
use crate::route::{Binding, Plan, REQUESTED};

/// A router that takes out of each plan what the request's token may not use.
pub struct Scoped {
    router: Arc<dyn Router>,
    tokens: Arc<Tokens>,
}

impl Scoped {
    /// Limits a router.
    pub fn new(router: Arc<dyn Router>, tokens: Arc<Tokens>) -> Self {
        Self { router, tokens }
    }

    fn kept(&self, ask: &Ask, planned: Planner<'_>) -> Result<Plan, Box<ProviderError>> {
        let plan = planned(ask)?;
        let grant = ask.token.as_deref().and_then(|name| self.tokens.grant(name));
        let Some(grant) = grant.filter(|grant| !grant.models.is_empty()) else { return Ok(plan) };
        let kept = limited(plan, &grant);
        if kept.is_ok() || ask.force.is_some() {
            return kept;
        }
        // The policy leads where this token may not go; the model that was asked for may be one of its own.
        let asked = Ask { force: Some(REQUESTED.into()), ..ask.clone() };
        planned(&asked).and_then(|plan| limited(plan, &grant)).or(kept)
    }
}

impl Router for Scoped {
    fn catalogue(&self) -> Option<Arc<Catalogue>> {
        self.router.catalogue()
    }

    fn plan(&self, ask: &Ask) -> Result<Plan, Box<ProviderError>> {
        self.kept(ask, &|ask| self.router.plan(ask))
    }

    fn admit(&self, binding: &Arc<Binding>) -> Result<(), Box<ProviderError>> {
        self.router.admit(binding)
    }

    fn ended(&self, binding: &Arc<Binding>, attempt: &Outcome<'_>) {
        self.router.ended(binding, attempt);
    }

    fn preview(&self, asked: &Preview<'_>) -> Result<Vec<u8>, Box<ProviderError>> {
        let keep = |ask: &Ask, planned: Planner<'_>| self.kept(ask, &|ask| (asked.keep)(ask, planned));
        self.router.preview(&Preview { keep: &keep, ..asked.clone() })
    }
}

/// The plan without the bindings that the token may not use.
fn limited(mut plan: Plan, grant: &Grant) -> Result<Plan, Box<ProviderError>> {
    let may: Vec<bool> =
        plan.bindings.iter().map(|binding| grant.allows(Some(&binding.provider), &binding.model)).collect();
    if !may.contains(&true) {
        let allowed: Vec<&str> = grant.models.iter().map(String::as_str).collect();
        let message = format!(
            "token `{}` may not use the model that this request goes to; it may use {}",
            grant.name,
            allowed.join(", ")
        );
        return Err(Box::new(ProviderError { status: Some(403), ..ProviderError::new(ErrorKind::Auth, message) }));
    }
    let mut kept = may.iter();
    plan.bindings.retain(|_| kept.next().copied().unwrap_or(false));
    let mut kept = may.iter();
    plan.places.retain(|_| kept.next().copied().unwrap_or(false));
    Ok(plan)
}
