//! From text to a team.

use std::collections::{BTreeMap, BTreeSet};

use catalogue::yaml::{self, Path, Step};
use catalogue::{Catalogue, ModelRef};

use crate::builtin;
use crate::effort::{Choice, split_effort};
use crate::error::{Mistake, TeamError, TeamErrorKind, did_you_mean};
use crate::resolve;
use crate::schema::{AgentFile, BrainField, File};
use crate::spec::{Role, Team};

/// What the text alone does not say.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Aliases from outside: `premium` and `fast` of the provider whose key is there, and those of the user's model file.
    /// An alias of the team file goes before one of the same name here.
    pub aliases: BTreeMap<String, ModelRef>,
    /// Models that the user chose for this run by alias: they go before an alias of the file of the same name.
    pub chosen: BTreeMap<String, Choice>,
    /// The model that the user chose for all agents of this run, whatever the file says. Settings of the file stay.
    pub chosen_for_all: Option<Choice>,
    /// What models cost, to see whether a ladder leads from cheap to strong; empty where that is not checked.
    pub catalogue: Catalogue,
    /// Providers that a file may name; empty where that is not checked.
    pub known_providers: Vec<String>,
    /// Every tool that exists, in schema order; empty for the program's own.
    pub known_tools: Vec<String>,
    /// The text comes from a project, not from its user: headers and the like are refused.
    pub from_project: bool,
}

/// Reads a team, checks it and fills in what it leaves out. `source` is the file's name for error messages and origins.
///
/// # Errors
/// The first mistake, with file, line, column, field, what was found and what is allowed.
pub fn load(text: &str, source: &str, options: &LoadOptions) -> Result<Team, TeamError> {
    let file = read(text, source, options)?;
    resolve::team(file, text, source, options).map_err(|mistake| mistake.placed(text, source))
}

/// The aliases that a file defines or its agents go by; those that roles go by are always among them.
///
/// # Errors
/// The file cannot be read.
pub fn alias_names(text: &str, source: &str, from_project: bool) -> Result<BTreeSet<String>, TeamError> {
    let file = read(text, source, &LoadOptions { from_project, ..LoadOptions::default() })?;
    let used = file.agents.iter().flatten().flat_map(AgentFile::brains);
    let used = used.chain(file.models.values()).chain(&file.compaction.summarizer);
    let named = used.filter_map(|brain| match brain {
        BrainField::Name(name) => Some(name),
        BrainField::Full(full) if full.provider.is_none() => full.model.as_ref(),
        BrainField::Full(_) => None,
    });
    // A word that is no effort is named with its place when the file is resolved.
    let named = named.map(|name| split_effort(name).map_or(name.as_str(), |(bare, _)| bare).to_owned());
    let roles = [Role::Coordinator, Role::Specialist].map(|role| resolve::default_alias(role).to_owned());
    let aliases = named.filter(|name| name.parse::<ModelRef>().is_err()).chain(file.models.keys().cloned());
    Ok(aliases.chain(roles).collect())
}

/// The agents of the built-in default team, for a file that declares none.
pub(crate) fn default_agents() -> Result<File, Mistake> {
    let text = builtin::builtin(builtin::DEFAULT).unwrap_or_default();
    read(text, builtin::DEFAULT, &LoadOptions::default()).map_err(|error| Mistake {
        kind: error.kind,
        path: Path::default(),
        at_key: false,
        problem: format!("the built-in team {error}"),
    })
}

fn read(text: &str, source: &str, options: &LoadOptions) -> Result<File, TeamError> {
    let objection = |path: &Path, key: &str| objection(path, key, options.from_project);
    yaml::check_keys(text, &objection).map_err(|bad| TeamError {
        kind: if bad.problem.starts_with("key `") { TeamErrorKind::DuplicateKey } else { TeamErrorKind::Forbidden },
        file: source.to_owned(),
        line: bad.place.line,
        column: bad.place.column,
        field: bad.path.to_string(),
        problem: bad.problem,
    })?;
    yaml::read(text).map_err(|failure| TeamError {
        kind: if failure.syntax { TeamErrorKind::Syntax } else { TeamErrorKind::Shape },
        file: source.to_owned(),
        line: failure.place.line,
        column: failure.place.column,
        field: failure.field,
        problem: if failure.syntax { format!("not YAML: {}", failure.words) } else { in_plain_words(&failure.words) },
    })
}

/// What the parser says about types, in the words of someone who writes a file.
fn in_plain_words(words: &str) -> String {
    let mut words = words.to_owned();
    for (type_name, plain) in [
        ("expected u32", "expected a whole number, zero or more"),
        ("expected u64", "expected a whole number, zero or more"),
        ("expected f64", "expected a number"),
        ("expected a sequence", "expected a list"),
        ("expected a map", "expected fields"),
        ("expected struct AgentFile", "expected an agent with fields such as `id` and `role`"),
        ("expected struct File", "expected the fields of a team such as `version` and `agents`"),
        ("expected struct VerifyEntry", "expected a check with `name` and `command`"),
        ("expected struct LimitsFile", "expected `steps`, `usd`, `minutes`"),
        ("expected struct BudgetFile", "expected `usd`, `steps`"),
        ("expected struct CompactionFile", "expected `at_tokens`, `keep_tail`, `summary_max`, `summarizer`"),
        ("expected struct CacheFile", "expected `prefix`, `tail`, `keep_warm`, `max_pings`"),
    ] {
        words = words.replace(type_name, plain);
    }
    let mut quoted = words.split('`').skip(1).step_by(2);
    let hint = match quoted.next() {
        Some(found) if words.starts_with("unknown field") => match found {
            "system_prompt" | "prompt" => "; did you mean `instructions`?".to_owned(),
            "tools" => "; did you mean `modules`?".to_owned(),
            "config" => "; where a provider is reached is said in models.yaml, its key in the environment".to_owned(),
            _ => did_you_mean(found, quoted),
        },
        Some(found) if words.starts_with("unknown variant") => did_you_mean(found, quoted),
        _ => String::new(),
    };
    words + &hint
}

/// Why a key may not stand in a team file at all.
fn objection(path: &Path, key: &str, from_project: bool) -> Option<String> {
    // Below `models` stand names that the user made up.
    if path.0.as_slice() == [Step::Key("models".to_owned())] {
        return None;
    }
    let name = key.to_ascii_lowercase().replace('-', "_");
    let of_project = if from_project { " (from a project's own file least of all)" } else { "" };
    match name.as_str() {
        "api_key" | "apikey" | "key" | "token" | "auth_token" | "access_token" | "secret" | "password"
        | "authorization" | "x_api_key" | "cookie" | "api_keys" => Some(format!(
            "`{key}`: keys are never read from a team file{of_project}; set the provider's variable, for example ANTHROPIC_API_KEY"
        )),
        "base_url" | "api_base" | "endpoint" | "url" => Some(format!(
            "`{key}`: where a provider is reached is never read from a team file{of_project}; set its variable, for example OPENAI_BASE_URL, or `providers` in your own models.yaml"
        )),
        "approve" | "approval" | "approvals" | "approval_mode" | "permissions" | "permission_mode" | "sandbox"
        | "auto_approve" => Some(format!(
            "`{key}`: what runs without asking is never read from a team file{of_project}; use --approve"
        )),
        "headers" if from_project => Some(
            "`headers`: request headers are never taken from a project's own file; put them into your own team.yaml or models.yaml".to_owned(),
        ),
        _ => None,
    }
}
