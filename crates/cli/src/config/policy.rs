//! Which policy holds: flag, then the trusted project's file, then the user's, then the built-in one.

use std::path::{Path, PathBuf};

use routing::Policy;

use super::context::Context;
use super::files;
use super::policy_models::check_providers;
use super::trust::{Trust, Verdict};
use crate::args::TeamArgs;
use crate::failure::Failure;

/// The project's policy file.
pub(crate) fn project_file(root: &Path) -> PathBuf {
    root.join(".agent").join("policy.yaml")
}

/// The policy that a session goes by; [`Policy::source`] says where it came from. A project's file that is not trusted is
/// refused (exit code 6), unless `--trust` says to trust it now. Who chose a team by name, or said no when asked, goes on as if
/// there were no such file.
pub(crate) fn find(context: &Context, file: Option<&Path>, flags: &TeamArgs) -> anyhow::Result<Policy> {
    if let Some(file) = file.filter(|file| !is_project(context, file)) {
        there(file, flags.without_project)?;
        return read(context, file, &file.display().to_string());
    }
    let project = project_file(&context.root);
    if project.is_file() && admitted(context, flags, file.is_some())? {
        return read(context, &project, SHOWN);
    }
    users_or_builtin(context)
}

/// The policy of a file that is only looked at: nothing of it is used, so it needs no trust. Without a name, the project's
/// own, else the one that [`find`] gives.
pub(crate) fn look(context: &Context, file: Option<&Path>) -> anyhow::Result<Policy> {
    let project = project_file(&context.root);
    match file {
        Some(file) => {
            there(file, false)?;
            read(context, file, &file.display().to_string())
        }
        None if project.is_file() => read(context, &project, SHOWN),
        None => users_or_builtin(context),
    }
}

/// Why the project's file is not in use, where there is one that is not.
fn distrust(context: &Context) -> anyhow::Result<Option<&'static str>> {
    if !project_file(&context.root).is_file() {
        return Ok(None);
    }
    Ok(match Trust::load(&context.home)?.check(&context.root)? {
        Verdict::Trusted => None,
        Verdict::Unknown(_) => Some("is not trusted yet"),
        Verdict::Changed(_) => Some("changed since it was trusted"),
    })
}

/// How the project's file is named to people.
const SHOWN: &str = ".agent/policy.yaml";

/// The project's own file stays the project's, whoever names it.
fn is_project(context: &Context, file: &Path) -> bool {
    let canonical = |path: &Path| path.canonicalize().ok();
    canonical(file).is_some_and(|file| Some(file) == canonical(&project_file(&context.root)))
}

/// Whether the project's file may be used. A file that was named is never passed over.
fn admitted(context: &Context, flags: &TeamArgs, named: bool) -> anyhow::Result<bool> {
    let Some(why) = distrust(context)? else { return Ok(true) };
    if flags.trust_workspace {
        return Ok(true);
    }
    if flags.trust {
        Trust::load(&context.home)?.add(&context.root)?;
        return Ok(true);
    }
    if !named && (flags.team.is_some() || flags.without_project) {
        return Ok(false);
    }
    Err(Failure::refused(
        format!("{SHOWN} {why}: a repository's own files can choose what is paid for and which commands are run"),
        "look at it with `agent policy show`, then pass --trust once; or choose a team with --team tandem",
    ))
}

/// The user's own policy, whatever holds for the session; the built-in one where there is none.
pub(crate) fn users(context: &Context) -> anyhow::Result<Policy> {
    users_or_builtin(context)
}

/// Whether a policy is the project's: its file, or any other that lies in the workspace, whoever names it. What agents work on, and
/// what came with a repository, has no say in what they may do.
pub(crate) fn is_of_project(context: &Context, policy: &Policy) -> bool {
    let file = Path::new(policy.source());
    if policy.source() == SHOWN {
        return true;
    }
    // The user's own stays the user's, also where the workspace is the home folder.
    if !file.is_absolute() || file == users_file(context) {
        return false;
    }
    let root = context.root.canonicalize().unwrap_or_else(|_| context.root.clone());
    // Both where it was named and where it leads: a link that lies in the workspace can be turned.
    let real = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let folder = file.parent().and_then(|folder| folder.canonicalize().ok());
    [Some(real), folder, Some(file.to_owned())].into_iter().flatten().any(|place| place.starts_with(&root))
}

fn users_file(context: &Context) -> PathBuf {
    context.home.config.join("policy.yaml")
}

fn users_or_builtin(context: &Context) -> anyhow::Result<Policy> {
    let user = users_file(context);
    if user.is_file() { read(context, &user, &user.display().to_string()) } else { Ok(Policy::builtin()) }
}

/// Whether a file that was named can be read at all; else what counts without it.
fn there(file: &Path, without_project: bool) -> anyhow::Result<()> {
    let problem = match file.metadata() {
        Ok(about) if about.is_dir() => "it is a folder".to_owned(),
        Ok(_) => return Ok(()),
        Err(error) => error.to_string().to_lowercase(),
    };
    let hint = match without_project {
        true => "name a file that is there; without --policy your policy.yaml counts, else the built-in one",
        false => {
            "name a file that is there; without --policy this folder's .agent/policy.yaml counts, else yours, else the built-in one \
             (`agent policy show`)"
        }
    };
    Err(Failure::usage_with(format!("the policy {} cannot be read: {problem}", file.display()), hint))
}

fn read(context: &Context, path: &Path, source: &str) -> anyhow::Result<Policy> {
    let text = files::read(path)?;
    let variable = |name: &str| context.environment.get(name).map(str::to_owned);
    let policy = Policy::load_with(&text, source, &variable);
    let policy = policy.and_then(|policy| check_providers(&text, source, &context.catalogue).map(|()| policy));
    policy.map_err(|error| {
        let failure = Failure {
            code: 2,
            message: error.to_string(),
            hint: Some("docs/policy.md explains every field; `agent policy show` prints them all".to_owned()),
        };
        // With its place, for those who ask for it.
        anyhow::Error::new(error).context(failure)
    })
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
