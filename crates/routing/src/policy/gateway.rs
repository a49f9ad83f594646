//! What a policy says to `agent gateway`: names that clients send, where a model is served, what serves calls beside the session.

use std::collections::BTreeMap;

use catalogue::yaml::Path;
use serde::{Deserialize, Serialize};

use super::error::{Mistake, did_you_mean};
use super::{Lookup, Policy};
use crate::lanes::place_of;

/// The section `gateway`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewayPolicy {
    /// What a name that a client sends stands for: a lane, or `PROVIDER/MODEL`.
    pub models: BTreeMap<String, String>,
    /// Where a model, `PROVIDER/MODEL`, is served instead.
    pub bindings: BTreeMap<String, Vec<BindingPolicy>>,
    /// The lane of titles and probes; none for the first lane that has a model.
    pub auxiliary: Option<String>,
    /// The lane of a client's own compactions; none for the session's, whose cache is warm.
    pub compaction: Option<String>,
    /// The lane of everything.
    pub force: Option<String>,
    /// Most attempts for one request, at all bindings together.
    pub attempts: u32,
    /// Seconds for which the first byte of an answer is waited for, all attempts together.
    pub deadline_s: u32,
    /// Seconds after which an answer that begins counts as slow; several slow ones open the breaker.
    pub slow_after_s: u32,
    /// Most sessions that are remembered.
    pub sessions: u32,
    /// Minutes after its last request for which a session is remembered.
    pub session_minutes: u32,
}

/// A place where a model is served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BindingPolicy {
    /// The provider's name.
    pub provider: String,
    /// The model as that provider spells it; none for the name that is bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How many sessions it gets, against the weights of the others.
    pub weight: u32,
    /// Environment variable that holds its key; none for the provider's. Never the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_env: Option<String>,
    /// Requests a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpm: Option<u32>,
    /// Tokens a minute, prompt and answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpm: Option<u64>,
}

impl Default for BindingPolicy {
    fn default() -> Self {
        Self { provider: String::new(), model: None, weight: 1, key_env: None, rpm: None, tpm: None }
    }
}

impl Policy {
    /// Environment variables that the policy names for keys, each once, in order of their names.
    pub fn key_variables(&self) -> Vec<&str> {
        let shares = self.lanes.iter().flat_map(|lane| &lane.shuffle).filter_map(|share| share.key_env.as_deref());
        let bound = self.gateway.bindings.values().flatten().filter_map(|binding| binding.key_env.as_deref());
        let mut names: Vec<&str> = shares.chain(bound).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Key variables that are not set.
    pub fn unset_keys(&self, variable: Lookup<'_>) -> Vec<&str> {
        self.key_variables().into_iter().filter(|name| variable(name).is_none_or(|value| value.is_empty())).collect()
    }
}

/// Refuses a section by which no request could be served.
pub(super) fn check(policy: &Policy) -> Result<(), Mistake> {
    let (gateway, at) = (&policy.gateway, Path::default().key("gateway"));
    for (field, lane) in
        [("auxiliary", &gateway.auxiliary), ("compaction", &gateway.compaction), ("force", &gateway.force)]
    {
        if let Some(lane) = lane {
            known_lane(policy, lane, "", &at.key(field))?;
        }
    }
    for (name, target) in &gateway.models {
        let at = at.key("models").key(name);
        plain(name, "name", &at)?;
        plain(target, "target", &at)?;
        if !is_model(target) {
            known_lane(policy, target, "; or write PROVIDER/MODEL", &at)?;
        }
    }
    for (name, bindings) in &gateway.bindings {
        let at = at.key("bindings").key(name);
        if !is_model(name) {
            return Err(Mistake::value(at, format!("`{name}` names no model at a provider; write PROVIDER/MODEL")));
        }
        if bindings.is_empty() {
            return Err(Mistake::value(at, "an empty list; name a place where it is served, or leave the entry out"));
        }
        for (index, binding) in bindings.iter().enumerate() {
            check_binding(binding, &at.index(index))?;
        }
    }
    for (field, value, least, most) in [
        ("attempts", gateway.attempts, 1, 20),
        ("deadline_s", gateway.deadline_s, 1, 3_600),
        ("slow_after_s", gateway.slow_after_s, 1, 3_600),
        ("sessions", gateway.sessions, 1, 1_000_000),
        ("session_minutes", gateway.session_minutes, 1, 43_200),
    ] {
        if !(least..=most).contains(&value) {
            return Err(Mistake::value(at.key(field), format!("{value}; {least} to {most} are allowed")));
        }
    }
    Ok(())
}

fn check_binding(binding: &BindingPolicy, at: &Path) -> Result<(), Mistake> {
    if binding.provider.is_empty() {
        return Err(Mistake::value(at.clone(), "`provider` is missing"));
    }
    plain(&binding.provider, "provider", &at.key("provider"))?;
    if let Some(model) = &binding.model {
        plain(model, "model", &at.key("model"))?;
    }
    if !(1..=1_000_000).contains(&binding.weight) {
        return Err(Mistake::value(at.key("weight"), format!("{}; 1 to 1000000 are allowed", binding.weight)));
    }
    for (field, is_zero) in [("rpm", binding.rpm == Some(0)), ("tpm", binding.tpm == Some(0))] {
        if is_zero {
            let problem = "0 lets nothing through; leave the limit out, or the binding";
            return Err(Mistake::value(at.key(field), problem));
        }
    }
    let is_name = |name: &str| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    match &binding.key_env {
        // What is found is not repeated: it may be the key itself.
        Some(name) if !is_name(name) => {
            let problem = "is no name of an environment variable: letters, digits and `_`. Keys never stand in a file";
            Err(Mistake::value(at.key("key_env"), problem))
        }
        _ => Ok(()),
    }
}

fn known_lane(policy: &Policy, name: &str, or: &str, at: &Path) -> Result<(), Mistake> {
    if place_of(&policy.lanes, name).is_some() {
        return Ok(());
    }
    let names: Vec<&str> = policy.lanes.iter().map(|lane| lane.name.as_str()).collect();
    let hint = did_you_mean(name, names.iter().copied());
    Err(Mistake::value(at.clone(), format!("there is no lane `{name}`; lanes are {}{or}{hint}", names.join(", "))))
}

fn is_model(text: &str) -> bool {
    text.split_once('/').is_some_and(|(provider, model)| !provider.is_empty() && !model.is_empty())
}

fn plain(text: &str, what: &str, at: &Path) -> Result<(), Mistake> {
    let fits = !text.is_empty() && text.len() <= 200 && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if fits {
        return Ok(());
    }
    Err(Mistake::value(at.clone(), format!("this is no {what}: 1 to 200 characters without white space")))
}
