//! Names that clients send, and the models they stand for.

use brains::Endpoint;
use catalogue::{Catalogue, ModelRef};
use protocol::Dialect;

use super::config::RouterConfig;

/// Providers as other programs call them.
const OTHER_NAMES: [(&str, &str); 9] = [
    ("gemini", "google"),
    ("ollama", "local"),
    ("ollama_chat", "local"),
    ("hosted_vllm", "local"),
    ("lm_studio", "local"),
    ("dashscope", "qwen"),
    ("z-ai", "zai"),
    ("moonshotai", "moonshot"),
    ("mistralai", "mistral"),
];

/// The alias of the usual model for plain work.
pub(super) const FAST: &str = "fast";

/// The alias of the usual model for everything else.
pub(super) const PREMIUM: &str = "premium";

/// A model that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name by which a client asks for it.
    pub id: String,
    /// The lane behind it, where it is one.
    pub lane: Option<String>,
    /// The model behind it, where it is one.
    pub at: Option<ModelRef>,
    /// Every model that may answer, lanes that stand in included; empty where that is not known before somebody asks.
    pub served_by: Vec<ModelRef>,
    /// Most prompt tokens; none where it is not known.
    pub context: Option<u64>,
    /// Most tokens of an answer.
    pub max_output: Option<u64>,
}

/// The model without what clients write behind it: `claude-opus-5-5[1m]` asks for a larger context, which a header says as well.
pub(super) fn bare(name: &str) -> &str {
    match name.rfind('[') {
        Some(at) if at > 0 && name.ends_with(']') => &name[..at],
        _ => name,
    }
}

/// The model that a name stands for: `PROVIDER/MODEL`, an alias, or a name that a provider here has. `dialect` breaks ties.
pub(super) fn resolve(config: &RouterConfig, name: &str, dialect: Option<Dialect>) -> Option<ModelRef> {
    let name = bare(name);
    if let Some(alias) = config.aliases.get(name) {
        return Some(alias.clone());
    }
    if let Some((provider, model)) = name.split_once('/').filter(|(_, model)| !model.is_empty()) {
        let provider = OTHER_NAMES.iter().find(|(other, _)| *other == provider).map_or(provider, |(_, ours)| ours);
        if endpoint(config, provider).is_some() {
            return Some(ModelRef::new(provider, model));
        }
    }
    let has = |endpoint: &&Endpoint| config.catalogue.model(&endpoint.name, name).is_some();
    let resells = |endpoint: &Endpoint| is_reseller(&config.catalogue, &endpoint.name);
    let mut candidates: Vec<&Endpoint> = config.endpoints.iter().filter(has).collect();
    if candidates.is_empty() {
        // Nobody lists it: whoever serves models of its own, or the only one there is, knows better.
        candidates = config.endpoints.iter().filter(|endpoint| is_open(&config.catalogue, &endpoint.name)).collect();
        candidates.truncate(1);
        if let [only] = config.endpoints.as_slice() {
            candidates = vec![only];
        }
    }
    let best = candidates.into_iter().min_by_key(|endpoint| (resells(endpoint), Some(endpoint.dialect) != dialect));
    best.map(|endpoint| ModelRef::new(endpoint.name.as_str(), name))
}

/// The provider, where it is set up.
pub(super) fn endpoint<'a>(config: &'a RouterConfig, provider: &str) -> Option<&'a Endpoint> {
    config.endpoints.iter().find(|endpoint| endpoint.name == provider)
}

fn is_reseller(catalogue: &Catalogue, provider: &str) -> bool {
    catalogue.provider(provider).is_some_and(|provider| provider.resells)
}

/// A server whose models nobody lists: one that the catalogue does not know, or that is not its maker's.
fn is_open(catalogue: &Catalogue, provider: &str) -> bool {
    catalogue.provider(provider).is_none_or(|provider| provider.family.is_none() && !provider.resells)
}

/// The models at their providers that a model's bindings lead to.
fn bound(config: &RouterConfig, at: &ModelRef) -> Vec<ModelRef> {
    match config.policy.gateway.bindings.get(&at.to_string()) {
        None => vec![at.clone()],
        Some(said) => said
            .iter()
            .map(|said| ModelRef::new(said.provider.as_str(), said.model.as_deref().unwrap_or(&at.model)))
            .collect(),
    }
}

/// What can be asked for: lanes, names of the policy, and the models that the providers here make.
/// `lanes` are the lanes with the models that may answer there; none where there is nothing to choose.
pub(super) fn listed(config: &RouterConfig, lanes: &[(&str, Vec<ModelRef>)]) -> Vec<Listed> {
    let usual: Vec<ModelRef> = [FAST, PREMIUM].iter().filter_map(|name| config.aliases.get(*name)).cloned().collect();
    let of = |id: String, at: Option<ModelRef>, lane: Option<String>| {
        let model = at.as_ref().and_then(|at| config.catalogue.model(&at.provider, &at.model));
        let (context, max_output) = (model.map(|model| model.context), model.map(|model| model.max_output));
        let served_by = match (&at, &lane) {
            (Some(at), _) => bound(config, at),
            (None, Some(lane)) => {
                lanes.iter().find(|(name, _)| name == lane).map(|(_, serve)| serve.clone()).unwrap_or_default()
            }
            (None, None) if lanes.is_empty() => usual.clone(),
            (None, None) => lanes.iter().flat_map(|(_, serve)| serve).cloned().collect(),
        };
        Listed { id, lane, at, served_by, context, max_output }
    };
    let mut all = Vec::new();
    if !lanes.is_empty() || !usual.is_empty() {
        all.push(of("auto".to_owned(), None, None));
    }
    all.extend(lanes.iter().map(|(lane, _)| of(format!("lane:{lane}"), None, Some((*lane).to_owned()))));
    for (name, target) in &config.policy.gateway.models {
        match target.contains('/') {
            true => all.push(of(name.clone(), resolve(config, target, None), None)),
            false => all.push(of(name.clone(), None, Some(target.clone()))),
        }
    }
    for endpoint in &config.endpoints {
        let Some(family) = config.catalogue.provider(&endpoint.name).and_then(|known| known.family.as_deref()) else {
            continue;
        };
        for model in config.catalogue.models().filter(|model| model.family == family) {
            all.push(of(model.name.clone(), Some(ModelRef::new(endpoint.name.as_str(), model.name.as_str())), None));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|listed| seen.insert(listed.id.clone()));
    all
}
