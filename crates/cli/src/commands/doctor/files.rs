//! Folders and files: the state folder and its store, the user's files, the project's file and whether it is trusted.

use std::path::Path;

use store::{SCHEMA_VERSION, Store};

use super::check::{Check, Level};
use super::models;
use crate::args::TeamArgs;
use crate::config::teams::TeamText;
use crate::config::trust::{Trust, Verdict};
use crate::config::{Context, context, files, policy as config_policy, teams};

/// Looks at all of them. `models_file` is what was wrong with the models file, if anything.
pub(super) fn checks(context: &Context, models_file: Option<&anyhow::Error>) -> Vec<Check> {
    let mut checks = state(context);
    checks.push(models_yaml(context, models_file));
    checks.push(policy(context));
    checks.push(user_team(context));
    checks.push(project(context));
    checks
}

fn state(context: &Context) -> Vec<Check> {
    let folder = &context.home.state;
    let chosen = if context.environment.get("AGENT_HOME").is_some() { " (from AGENT_HOME)" } else { "" };
    let store = match context::open_store(folder, &context.environment) {
        Ok(store) => store,
        Err(error) => return vec![Check::failed("state", &error)],
    };
    // An open database does not show that there may be new files.
    let writable = match tempfile::tempfile_in(folder) {
        Ok(_) => Check::ok("state", format!("{}{chosen}, writable", folder.display())),
        Err(error) => Check {
            name: "state".to_owned(),
            level: Level::Fail,
            found: format!("{}{chosen}: no file can be made ({error})", folder.display()),
            hint: Some("make it writable for this user, or set AGENT_HOME to a folder that is".to_owned()),
        },
    };
    vec![writable, readable(&store)]
}

/// Reads from it as well: opening does not touch what is stored.
fn readable(store: &Store) -> Check {
    match store.sessions(1) {
        Ok(_) => Check::ok("store", format!("{}, opens, schema version {SCHEMA_VERSION}", store.path().display())),
        Err(error) => Check::failed("store", &error.into()),
    }
}

fn models_yaml(context: &Context, problem: Option<&anyhow::Error>) -> Check {
    let path = context.home.config.join("models.yaml");
    match problem {
        Some(error) => Check::failed("models.yaml", error),
        None if path.is_file() => Check::ok("models.yaml", format!("{}, read", path.display())),
        None => Check::ok("models.yaml", format!("{}: not there, and not needed", path.display())),
    }
}

/// The policy that a session here would go by: with a mistake in it, none begins. A project's file that is not trusted is not used.
fn policy(context: &Context) -> Check {
    let asked = TeamArgs { without_project: true, ..TeamArgs::default() };
    match config_policy::find(context, None, &asked) {
        Ok(policy) => Check::ok("policy", format!("{}, no mistakes", policy.source())),
        Err(error) => Check::failed("policy", &error),
    }
}

fn user_team(context: &Context) -> Check {
    let (name, path) = ("team.yaml", context.home.config.join("team.yaml"));
    match parses(context, &path, false) {
        Err(error) => wrong(name, &error),
        Ok(true) => Check::ok(name, format!("{}, no mistakes; it is used where a project has none", path.display())),
        Ok(false) => Check::ok(name, format!("{}: not there, and not needed", path.display())),
    }
}

fn project(context: &Context) -> Check {
    let name = ".agent/team.yaml";
    let there = match parses(context, &teams::project_file(&context.root), true) {
        Err(error) => return wrong(name, &error),
        Ok(there) => there,
    };
    let hint =
        "read it; then `agent chat` asks once, and `agent run --trust` trusts it; until then run ends with exit code 6";
    let warn = |file: &Path, how: &str| Check::warn(name, format!("{} {how}", file.display()), hint);
    match Trust::load(&context.home).and_then(|trust| trust.check(&context.root)) {
        Err(error) => Check::failed(name, &error),
        Ok(Verdict::Trusted) if there => Check::ok(name, "there, no mistakes, and trusted as it is"),
        Ok(Verdict::Trusted) => {
            Check::ok(name, "not there").with_hint("`agent init` writes one with this repository's test commands")
        }
        Ok(Verdict::Unknown(file)) => warn(&file, "is not trusted yet"),
        Ok(Verdict::Changed(file)) => warn(&file, "changed since it was trusted"),
    }
}

/// Whether a team file is there; an error where it has a mistake. Aliases count that the user's models file defines, and the
/// two that any provider brings.
fn parses(context: &Context, path: &Path, from_project: bool) -> anyhow::Result<bool> {
    let Some(text) = files::read_if_there(path)? else { return Ok(false) };
    let mut aliases = models::stand_ins();
    aliases.extend(context.catalogue.aliases().clone());
    let text = TeamText { text, source: path.display().to_string(), from_project };
    teams::load_with(&text, aliases, teams::Chosen::default(), &context.catalogue)?;
    Ok(true)
}

/// Not fatal here: another file or a flag may stand before it. Where it is used, the check `team` fails.
fn wrong(name: &str, error: &anyhow::Error) -> Check {
    Check::warn(
        name,
        format!("{error:#}"),
        "mend it, or choose another team with --team; `agent team check` says when it is right",
    )
}
