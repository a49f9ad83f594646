//! Brains: from an alias, a name or a mapping to provider, model and settings.

use catalogue::ModelRef;
use catalogue::yaml::Path;
use protocol::Brain;

use crate::error::{Mistake, TeamErrorKind, did_you_mean};
use crate::load::LoadOptions;
use crate::schema::{AgentFile, BrainField, BrainFile, File};
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
        Some(at) => Base { at: at.clone(), via: Some(format!("--model {at}")), ..base },
        None => base,
    };
    let mut brain = Brain::new(base.at.provider, base.at.model);
    check_settings(&own, path)?;
    if let Some(max_tokens) = settings.max_tokens {
        brain.max_tokens = max_tokens;
    }
    brain.temperature = settings.temperature;
    brain.effort = settings.effort;
    brain.headers = settings.headers;
    if brain.model.trim().is_empty() || brain.provider.trim().is_empty() {
        return Err(Mistake::at(TeamErrorKind::Value, place, "is empty; write the provider's name and the model's"));
    }
    Ok(Resolved { brain, via: base.via })
}

/// The brains an agent may move along.
pub(super) fn ladder(
    agent: &AgentFile,
    own: &Brain,
    path: &Path,
    role: Role,
    file: &File,
    options: &LoadOptions,
) -> Result<Vec<Brain>, Mistake> {
    let mut rungs: Vec<Brain> = Vec::new();
    if options.chosen_for_all.is_some() {
        // One model for all leaves nothing to move along.
        return Ok(rungs);
    }
    for (index, field) in agent.ladder.iter().enumerate() {
        let rung = brain(Some(field), &path.index(index), role, file, options)?.brain;
        if rungs.iter().any(|known| same(known, &rung)) {
            let problem = format!("{} stands on the ladder already", in_full(&rung));
            return Err(Mistake::at(TeamErrorKind::DuplicateName, path.index(index), problem));
        }
        rungs.push(rung);
    }
    if !rungs.is_empty() {
        let own_rung = own_rung(&rungs, own, path)?;
        // Where it stands on the ladder it is used as the agent says, with its own limits and headers.
        rungs[own_rung] = own.clone();
    }
    Ok(rungs)
}

/// Which rung is the agent's own brain. A rung that names no effort is the brain with whatever effort the agent sets.
fn own_rung(rungs: &[Brain], own: &Brain, path: &Path) -> Result<usize, Mistake> {
    let of_model = |rung: &Brain| rung.provider == own.provider && rung.model == own.model;
    let exactly = rungs.iter().position(|rung| same(rung, own));
    let found = exactly.or_else(|| rungs.iter().position(|rung| of_model(rung) && rung.effort.is_none()));
    found.ok_or_else(|| {
        let names: Vec<String> = rungs.iter().map(in_full).collect();
        let own = in_full(own);
        let problem =
            format!("the agent's own brain {own} is not on it, only {}; add it where it belongs", names.join(", "));
        Mistake::at_key(TeamErrorKind::Value, path.clone(), problem)
    })
}

fn same(a: &Brain, b: &Brain) -> bool {
    a.provider == b.provider && a.model == b.model && a.effort == b.effort
}

/// `openai/gpt-6.1-sol (effort high)`: what tells two rungs apart.
fn in_full(brain: &Brain) -> String {
    match brain.effort {
        Some(effort) => format!("{brain} (effort {})", crate::show::effort_word(effort)),
        None => brain.to_string(),
    }
}

/// What an alias or a name leads to.
struct Base {
    at: ModelRef,
    settings: BrainFile,
    via: Option<String>,
}

fn base_of(given: &BrainFile, role: Role, path: &Path, file: &File, options: &LoadOptions) -> Result<Base, Mistake> {
    match (&given.provider, &given.model) {
        (Some(provider), Some(model)) => {
            check_provider(provider, &path.key("provider"), options)?;
            Ok(Base { at: ModelRef::new(provider.as_str(), model.as_str()), settings: BrainFile::default(), via: None })
        }
        (None, Some(model)) => named(model, &path.key("model"), file, options),
        (None, None) => named(default_alias(role), path, file, options),
        (Some(provider), None) => {
            let problem = format!("`model` is missing: which model of {provider}?");
            Err(Mistake::at(TeamErrorKind::Shape, path.clone(), problem))
        }
    }
}

fn named(name: &str, path: &Path, file: &File, options: &LoadOptions) -> Result<Base, Mistake> {
    if let Some(at) = options.chosen.get(name) {
        let via = Some(format!("--model {name}={at}"));
        return Ok(Base { at: at.clone(), settings: BrainFile::default(), via });
    }
    if file.models.contains_key(name) {
        return follow(name, path, file, options);
    }
    if let Some(at) = options.aliases.get(name) {
        return Ok(Base { at: at.clone(), settings: BrainFile::default(), via: Some(format!("alias {name}")) });
    }
    if let Ok(at) = name.parse::<ModelRef>() {
        check_provider(&at.provider, path, options)?;
        return Ok(Base { at, settings: BrainFile::default(), via: None });
    }
    let mut known: Vec<&str> = file.models.keys().chain(options.aliases.keys()).map(String::as_str).collect();
    known.sort_unstable();
    known.dedup();
    let hint = did_you_mean(name, known.iter().copied());
    let aliases = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let problem = format!(
        "`{name}` is no alias; aliases: {aliases}; or name the model as PROVIDER/MODEL, or with `provider` and `model`{hint}"
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
            Some(BrainField::Name(next)) => (Some(next.clone()), BrainFile::default(), inside.clone()),
            Some(BrainField::Full(own)) => (own.model.clone(), own.clone(), inside.key("model")),
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
            return Ok(Base { at: ModelRef::new(provider.as_str(), next), settings, via });
        }
        if let Some(at) = options.aliases.get(&next).filter(|_| next == current) {
            // `premium: {model: premium, max_tokens: 16384}`: the environment's model, with settings of one's own.
            return Ok(Base { at: at.clone(), settings, via: Some(format!("alias {}", trail.join(" -> "))) });
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
