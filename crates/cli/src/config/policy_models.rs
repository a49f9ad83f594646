//! Providers and models that a policy names: whether anybody here has heard of them.

use catalogue::Catalogue;
use catalogue::yaml::{self, Path};
use routing::{Policy, PolicyError, PolicyErrorKind};
use serde_json::Value;

use super::context::Context;
use super::providers::{CUSTOM, Providers};
use crate::args::TeamArgs;

/// Names that always stand for a model, whoever is set up.
const PRESETS: [&str; 2] = ["premium", "fast"];

/// A field `provider` names a provider; a name that is none would be sent to another one as part of the model's.
///
/// # Errors
/// The first that nobody knows, with its place.
pub(super) fn check_providers(text: &str, source: &str, catalogue: &Catalogue) -> Result<(), PolicyError> {
    let Ok(file) = yaml::read::<Value>(text) else { return Ok(()) };
    let mut named = Vec::new();
    for section in ["lanes", "verifier", "models"] {
        if let Some(value) = file.get(section) {
            collect(value, Path::default().key(section), &mut named);
        }
    }
    let known = |name: &str| name == CUSTOM || catalogue.provider(name).is_some();
    let Some((path, name)) = named.into_iter().find(|(_, name)| !known(name)) else { return Ok(()) };
    let place = yaml::place_of(text, &path).unwrap_or(yaml::Place::START);
    let all: Vec<&str> = catalogue.providers().map(|provider| provider.name.as_str()).collect();
    Err(PolicyError {
        kind: PolicyErrorKind::Value,
        file: source.to_owned(),
        line: place.line,
        column: place.column,
        field: path.to_string(),
        problem: format!(
            "there is no provider `{name}`; known are {}; models.yaml can describe another one",
            all.join(", ")
        ),
    })
}

/// The values of all fields `provider` in a value, with their places.
fn collect(value: &Value, at: Path, named: &mut Vec<(Path, String)>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(name) if key == "provider" => named.push((at.key(key), name.clone())),
                    value => collect(value, at.key(key), named),
                }
            }
        }
        Value::Array(entries) => {
            entries.iter().enumerate().for_each(|(index, entry)| collect(entry, at.index(index), named));
        }
        _ => {}
    }
}

/// What is to be said of the models that a policy names, as far as it can be known here: what a run would say, and of a model that
/// no run here could ask, whether the list has it at all.
///
/// # Errors
/// What a run would refuse: a model that a provider of known models does not have.
pub(crate) fn remarks(context: &Context, policy: &Policy) -> anyhow::Result<Vec<String>> {
    let providers = Providers::find(&context.environment, &context.catalogue, &TeamArgs::default());
    let aliases = providers.known_aliases(&context.catalogue);
    let mut told = Vec::new();
    for (said, written, bare) in written(policy) {
        if PRESETS.contains(&bare.as_str()) || aliases.contains_key(&bare) {
            continue;
        }
        match providers.choice(&said, &written, &aliases) {
            Ok(choice) => {
                told.extend(providers.unlisted(&context.catalogue, &format!("{said} {written}"), &choice.at)?);
            }
            // Nobody is set up who could say more.
            Err(_) if is_listed(&context.catalogue, &bare) => {}
            Err(_) => told.push(format!(
                "{said} {written}: no alias is called so, and the list of models has none of that name (`agent models` shows it)"
            )),
        }
    }
    told.dedup();
    Ok(told)
}

/// Each brain that is named: who names it, as it is written, and without its effort.
fn written(policy: &Policy) -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for lane in &policy.lanes {
        let brains = lane.brain.iter().chain(lane.shuffle.iter().map(|share| &share.brain));
        all.extend(
            brains.map(|brain| (format!("lane {}:", lane.name), brain.written(lane.effort), brain.model().to_owned())),
        );
    }
    let verifier = policy.verifier.iter().filter_map(|verifier| Some((verifier.brain.as_ref()?, verifier.effort)));
    all.extend(
        verifier.map(|(brain, effort)| ("verifier:".to_owned(), brain.written(effort), brain.model().to_owned())),
    );
    all
}

/// Whether the list has a model, at the provider that the name begins with or, without one, at any.
fn is_listed(catalogue: &Catalogue, name: &str) -> bool {
    if catalogue.models().any(|model| model.name == name) {
        return true;
    }
    name.split_once('/').is_some_and(|(provider, model)| catalogue.model(provider, model).is_some())
        || catalogue.providers().any(|provider| catalogue.model(&provider.name, name).is_some())
}
