//! Brains: from an alias, a name or a mapping to provider, model and settings.

use catalogue::ModelRef;
use catalogue::yaml::Path;
use protocol::{Brain, Effort};

use crate::effort::split_effort;
use crate::error::{Mistake, TeamErrorKind, did_you_mean};
use crate::load::LoadOptions;
use crate::schema::{BrainField, BrainFile, File};
use crate::spec::Role;

/// A brain, and the alias it was reached by.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) brain: Brain,
    pub(super) via: Option<String>,
}

/// The alias of a role that names no brain.
pub(crate) fn default_alias(role: Role) -> &'static str {
    match role {
        Role::Coordinator => "premium",
        Role::Specialist => "fast",
    }
}

/// Only settings, and no model: the role's own is used with them.
pub(super) fn names_no_model(field: &BrainField) -> bool {
    matches!(field, BrainField::Full(brain) if brain.model.is_none() && brain.provider.is_none())
}

/// Every alias of the file leads to a model, whether it is used or not.
pub(super) fn check_aliases(file: &File, options: &LoadOptions) -> Result<(), Mistake> {
    for name in file.models.keys() {
        let path = Path::default().key("models").key(name);
        follow(name, &path, file, options)?;
    }
    Ok(())
}

/// The brain of an agent.
pub(super) fn brain(
    field: Option<&BrainField>,
    path: &Path,
    role: Role,
    file: &File,
    options: &LoadOptions,
) -> Result<Resolved, Mistake> {
    let default = BrainField::Name(default_alias(role).to_owned());
    let field = field.unwrap_or(&default);
    let (base, place, own) = match field {
        BrainField::Name(name) => (named(name, path, file, options)?, path.clone(), BrainFile::default()),
        BrainField::Full(given) => {
            let place = path.key(if given.model.is_some() { "model" } else { "provider" });
            (base_of(given, role, path, file, options)?, place, given.clone())
        }
    };
    let settings = overlaid(&base.settings, &own);
    let base = match &options.chosen_for_all {
        Some(choice) => {
            Base { at: choice.at.clone(), via: Some(format!("--model {choice}")), chosen: choice.effort, ..base }
        }
        None => base,
    };
    let mut brain = Brain::new(base.at.provider, base.at.model);
    check_settings(&own, path)?;
    if let Some(max_tokens) = settings.max_tokens {
        brain.max_tokens = max_tokens;
    }
    brain.temperature = settings.temperature;
    brain.effort = base.chosen.or(settings.effort);
    brain.headers = settings.headers;
    if brain.model.trim().is_empty() || brain.provider.trim().is_empty() {
        return Err(Mistake::at(TeamErrorKind::Value, place, "is empty; write the provider's name and the model's"));
    }
    Ok(Resolved { brain, via: base.via })
}

/// What an alias or a name leads to.
struct Base {
    at: ModelRef,
    settings: BrainFile,
    via: Option<String>,
    /// The effort that a person chose for this run: it goes before everything that the file says.
    chosen: Option<Effort>,
}

impl Base {
    /// The model as it is.
    fn of(at: ModelRef) -> Self {
        Self { at, settings: BrainFile::default(), via: None, chosen: None }
    }
}

fn base_of(given: &BrainFile, role: Role, path: &Path, file: &File, options: &LoadOptions) -> Result<Base, Mistake> {
    match (&given.provider, &given.model) {
        (Some(provider), Some(model)) => {
            check_provider(provider, &path.key("provider"), options)?;
            Ok(Base::of(ModelRef::new(provider.as_str(), model.as_str())))
        }
        (None, Some(model)) => {
            let path = path.key("model");
            let (_, effort) = split(model, &path)?;
            if effort.is_some() && given.effort.is_some() {
                let problem =
                    format!("`{model}` names an effort, and `effort` stands beside it; leave one of them out");
                return Err(Mistake::at(TeamErrorKind::Value, path, problem));
            }
            named(model, &path, file, options)
        }
        (None, None) => named(default_alias(role), path, file, options),
        (Some(provider), None) => {
            let problem = format!("`model` is missing: which model of {provider}?");
            Err(Mistake::at(TeamErrorKind::Shape, path.clone(), problem))
        }
    }
}

/// A name and the effort behind it.
fn split<'a>(text: &'a str, path: &Path) -> Result<(&'a str, Option<Effort>), Mistake> {
    split_effort(text).map_err(|unknown| Mistake::at(TeamErrorKind::Value, path.clone(), unknown.to_string()))
}

fn named(text: &str, path: &Path, file: &File, options: &LoadOptions) -> Result<Base, Mistake> {
    let (name, effort) = split(text, path)?;
    let mut base = without_effort(name, path, file, options)?;
    base.settings.effort = effort.or(base.settings.effort);
    Ok(base)
}

fn without_effort(name: &str, path: &Path, file: &File, options: &LoadOptions) -> Result<Base, Mistake> {
    if let Some(choice) = options.chosen.get(name) {
        let via = Some(format!("--model {name}={choice}"));
        return Ok(Base { via, chosen: choice.effort, ..Base::of(choice.at.clone()) });
    }
    if file.models.contains_key(name) {
        return follow(name, path, file, options);
    }
    if let Some(at) = options.aliases.get(name) {
        return Ok(Base { via: Some(format!("alias {name}")), ..Base::of(at.clone()) });
    }
    if let Ok(at) = name.parse::<ModelRef>() {
        check_provider(&at.provider, path, options)?;
        return Ok(Base::of(at));
    }
    let mut known: Vec<&str> = file.models.keys().chain(options.aliases.keys()).map(String::as_str).collect();
    known.sort_unstable();
    known.dedup();
    let hint = did_you_mean(name, known.iter().copied());
    let aliases = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let problem = format!(
        "`{name}` is no alias; aliases: {aliases}; or name the model as PROVIDER/MODEL (both may have @EFFORT behind them), or with `provider` and `model`{hint}"
    );
    Err(Mistake::at(TeamErrorKind::UnknownModel, path.clone(), problem))
}

/// Follows an alias of the file to its end. What stands nearer to the agent goes before what the alias says.
fn follow(name: &str, path: &Path, file: &File, options: &LoadOptions) -> Result<Base, Mistake> {
    let mut trail = vec![name.to_owned()];
    let mut settings = BrainFile::default();
    let mut place = path.clone();
    loop {
        let current = trail[trail.len() - 1].clone();
        let inside = Path::default().key("models").key(&current);
        let (next, own, field) = match file.models.get(&current) {
            _ if options.chosen.contains_key(&current) => {
                let base = named(&current, &place, file, options)?;
                return Ok(Base { settings: overlaid(&base.settings, &settings), ..base });
            }
            None => {
                let base = named(&current, &place, file, options)?;
                let via = Some(format!("alias {}", trail.join(" -> ")));
                return Ok(Base { settings: overlaid(&base.settings, &settings), via, ..base });
            }
            Some(BrainField::Name(next)) => {
                let (next, effort) = split(next, &inside)?;
                (Some(next.to_owned()), BrainFile { effort, ..BrainFile::default() }, inside.clone())
            }
            Some(BrainField::Full(own)) if own.provider.is_some() => {
                (own.model.clone(), own.clone(), inside.key("model"))
            }
            Some(BrainField::Full(own)) => {
                let field = inside.key("model");
                let (next, effort) = own.model.as_deref().map(|model| split(model, &field)).transpose()?.unzip();
                let own = BrainFile { effort: own.effort.or(effort.flatten()), ..own.clone() };
                (next.map(str::to_owned), own, field)
            }
        };
        check_settings(&own, &inside)?;
        let Some(next) = next else {
            let problem =
                format!("the alias `{current}` names no model: give `model`, and `provider` where it is no alias");
            return Err(Mistake::at_key(TeamErrorKind::Shape, inside, problem));
        };
        settings = overlaid(&own, &settings);
        if let Some(provider) = &own.provider {
            check_provider(provider, &inside.key("provider"), options)?;
            let via = Some(format!("alias {}", trail.join(" -> ")));
            return Ok(Base { settings, via, ..Base::of(ModelRef::new(provider.as_str(), next)) });
        }
        if let Some(at) = options.aliases.get(&next).filter(|_| next == current) {
            // `premium: {model: premium, max_tokens: 16384}`: the environment's model, with settings of one's own.
            return Ok(Base { settings, via: Some(format!("alias {}", trail.join(" -> "))), ..Base::of(at.clone()) });
        }
        if trail.contains(&next) {
            let problem = format!("the alias leads back to itself: {} -> {next}", trail.join(" -> "));
            return Err(Mistake::at(TeamErrorKind::Cycle, field, problem));
        }
        trail.push(next);
        place = field;
    }
}

fn check_provider(name: &str, path: &Path, options: &LoadOptions) -> Result<(), Mistake> {
    let known = &options.known_providers;
    // An empty name has a message of its own.
    if known.is_empty() || name.trim().is_empty() || known.iter().any(|provider| provider == name) {
        return Ok(());
    }
    let hint = did_you_mean(name, known.iter().map(String::as_str));
    let problem = format!(
        "unknown provider `{name}`; known: {}; one of your own is described in models.yaml{hint}",
        known.join(", ")
    );
    Err(Mistake::at(TeamErrorKind::UnknownModel, path.clone(), problem))
}

fn overlaid(base: &BrainFile, over: &BrainFile) -> BrainFile {
    let mut headers = base.headers.clone();
    headers.extend(over.headers.clone());
    BrainFile {
        provider: None,
        model: None,
        max_tokens: over.max_tokens.or(base.max_tokens),
        temperature: over.temperature.or(base.temperature),
        effort: over.effort.or(base.effort),
        headers,
    }
}

fn check_settings(given: &BrainFile, path: &Path) -> Result<(), Mistake> {
    if given.max_tokens == Some(0) {
        return Err(Mistake::at(TeamErrorKind::Value, path.key("max_tokens"), "found 0; allowed is 1 or more"));
    }
    match given.temperature {
        Some(temperature) if !(0.0..=2.0).contains(&temperature) => {
            let problem = format!("found {temperature}; allowed is 0 to 2");
            Err(Mistake::at(TeamErrorKind::Value, path.key("temperature"), problem))
        }
        _ => Ok(()),
    }
}
