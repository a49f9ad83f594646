//! The lanes of a policy with the bindings that serve them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use brains::{Endpoint, Limits};
use catalogue::ModelRef;
use protocol::{Dialect, Effort};
use routing::{BindingPolicy, Descent, Lane, LaneBrain, Policy, Resort, Trouble};

use super::binding::Binding;
use super::config::{ConfigError, Connections, RouterConfig};
use super::models;

/// A lane.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) name: Arc<str>,
    /// Empty for one that names no model: there the model that was asked for works.
    pub(super) bindings: Vec<Arc<Binding>>,
    pub(super) effort: Option<Effort>,
    /// Places of the lanes that stand in for it, in their order.
    pub(super) behind: Vec<usize>,
    pub(super) max_context_tokens: u64,
}

/// All of them, cheap to strong.
pub(super) fn of_policy(config: &RouterConfig, connections: &Connections) -> Result<Vec<Served>, ConfigError> {
    let policy = &config.policy;
    let mut lanes = Vec::new();
    for lane in &policy.lanes {
        let bindings = of_lane(config, connections, lane)?;
        let brain = lane.brain.as_ref();
        lanes.push(Served {
            name: lane.name.as_str().into(),
            bindings,
            effort: brain.and_then(LaneBrain::effort).or(lane.effort),
            behind: behind(policy, &lane.name),
            max_context_tokens: lane.max_context_tokens,
        });
    }
    Ok(lanes)
}

/// The lanes that a request comes to when nobody before answers.
fn behind(policy: &Policy, lane: &str) -> Vec<usize> {
    let mut descent = Descent::new(policy, lane);
    let mut behind = Vec::new();
    loop {
        match descent.failed(Trouble::Unavailable, "") {
            Resort::Retry => {}
            Resort::Lane(lane) => behind.extend(policy.lanes.iter().position(|known| known.name == lane)),
            Resort::Nothing => return behind,
        }
    }
}

fn of_lane(config: &RouterConfig, connections: &Connections, lane: &Lane) -> Result<Vec<Arc<Binding>>, ConfigError> {
    let place = format!("lane `{}`", lane.name);
    if lane.shuffle.is_empty() {
        let Some(brain) = &lane.brain else { return Ok(Vec::new()) };
        return of_model(config, connections, &model(config, brain, &place)?, &place);
    }
    let mut bindings = Names::default();
    for share in &lane.shuffle {
        let at = model(config, &share.brain, &place)?;
        if share.key_env.is_none() && config.policy.gateway.bindings.contains_key(&at.to_string()) {
            for binding in of_model(config, connections, &at, &place)? {
                bindings.add(binding);
            }
            continue;
        }
        let said = BindingPolicy {
            provider: at.provider.clone(),
            weight: share.weight,
            key_env: share.key_env.clone(),
            ..BindingPolicy::default()
        };
        let bound = bind(config, connections, &said, &at, &mut bindings.numbers, &place)?;
        bindings.add(bound);
    }
    Ok(bindings.all)
}

/// The bindings of a model: those of the policy, else the one at its provider.
pub(super) fn of_model(
    config: &RouterConfig,
    connections: &Connections,
    at: &ModelRef,
    place: &str,
) -> Result<Vec<Arc<Binding>>, ConfigError> {
    let own = || vec![BindingPolicy { provider: at.provider.clone(), ..BindingPolicy::default() }];
    let said = config.policy.gateway.bindings.get(&at.to_string()).cloned().unwrap_or_else(own);
    let mut bindings = Names::default();
    for said in &said {
        let model = said.model.as_deref().unwrap_or(&at.model);
        let at = ModelRef::new(said.provider.as_str(), model);
        let bound = bind(config, connections, said, &at, &mut bindings.numbers, place)?;
        bindings.add(bound);
    }
    Ok(bindings.all)
}

/// Bindings, each once.
#[derive(Default)]
struct Names {
    all: Vec<Arc<Binding>>,
    numbers: BTreeMap<String, u32>,
}

impl Names {
    fn add(&mut self, binding: Arc<Binding>) {
        if !self.all.iter().any(|known| known.name == binding.name) {
            self.all.push(binding);
        }
    }
}

fn bind(
    config: &RouterConfig,
    connections: &Connections,
    said: &BindingPolicy,
    at: &ModelRef,
    numbers: &mut BTreeMap<String, u32>,
    place: &str,
) -> Result<Arc<Binding>, ConfigError> {
    let endpoint = endpoint(config, said, at, place)?;
    let key = match &said.key_env {
        None => None,
        Some(variable) => {
            let unset = || ConfigError::Key { place: place.to_owned(), variable: variable.clone() };
            Some(config.keys.get(variable).ok_or_else(unset)?)
        }
    };
    let clients = connections.clients(config, &endpoint, key, preferred(config, at))?;
    let limits = Limits {
        rpm: said.rpm,
        tpm: said.tpm,
        slow_after: Some(Duration::from_secs(u64::from(config.policy.gateway.slow_after_s))),
    };
    let number = numbers.entry(at.to_string()).and_modify(|number| *number += 1).or_insert(1);
    let name = if *number == 1 { at.to_string() } else { format!("{at}#{number}") };
    Ok(connections.binding(name, at, clients, said.weight, limits, said.key_env.as_deref().unwrap_or_default()))
}

/// Where it is. A provider whose own key is missing is set up where the binding brings one.
fn endpoint(config: &RouterConfig, said: &BindingPolicy, at: &ModelRef, place: &str) -> Result<Endpoint, ConfigError> {
    if let Some(known) = models::endpoint(config, &at.provider) {
        return Ok(known.clone());
    }
    let unknown = || ConfigError::Provider {
        place: place.to_owned(),
        provider: at.provider.clone(),
        known: config.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect::<Vec<_>>().join(", "),
    };
    let provider = config.catalogue.provider(&at.provider).filter(|_| said.key_env.is_some()).ok_or_else(unknown)?;
    let auth = match provider.auth {
        catalogue::Auth::XApiKey => brains::Auth::XApiKey,
        catalogue::Auth::Bearer => brains::Auth::Bearer,
        catalogue::Auth::None => brains::Auth::None,
    };
    Ok(Endpoint {
        name: provider.name.clone(),
        dialect: provider.dialect,
        base_url: provider.base_url.clone(),
        key: None,
        auth,
        headers: provider.headers.clone(),
    })
}

/// The dialect that a model works best in: some take no tools together with an effort over Chat Completions.
fn preferred(config: &RouterConfig, at: &ModelRef) -> Option<Dialect> {
    let model = config.catalogue.model(&at.provider, &at.model)?;
    model.quirks.no_tools_with_effort.then_some(Dialect::OpenaiResponses)
}

fn model(config: &RouterConfig, brain: &LaneBrain, place: &str) -> Result<ModelRef, ConfigError> {
    let written = brain.model();
    let named = written.split_once('/').map(|(provider, model)| ModelRef::new(provider, model));
    models::resolve(config, written, None).or(named).ok_or_else(|| ConfigError::Provider {
        place: place.to_owned(),
        provider: written.to_owned(),
        known: config.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect::<Vec<_>>().join(", "),
    })
}
