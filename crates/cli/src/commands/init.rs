//! `agent init`: a commented team file for this repository, with the checks that its own files speak of. It runs nothing.

mod check;
mod find;
mod node;
mod others;
mod python;
mod render;
mod repo;
mod runners;
mod rust;

use std::collections::BTreeMap;
use std::path::Path;

use team::ModelRef;

use self::check::Entry;
use self::find::{Findings, find};
use self::repo::Repo;
use super::doctor::programs;
use crate::config::teams::TeamText;
use crate::config::trust::{Trust, Verdict};
use crate::config::{Context, files, teams};
use crate::failure::Failure;
use crate::text;

/// The file as users see it.
const SHOWN: &str = ".agent/team.yaml";

/// What the file may name beside what is in the environment of whoever uses it.
const ALIASES: [&str; 2] = ["premium", "fast"];

/// Writes the file, trusts it, and says what is in it.
pub(crate) fn run(context: &Context, team: &str, force: bool) -> anyhow::Result<u8> {
    let path = teams::project_file(&context.root);
    let builtin = team::builtin(team).ok_or_else(|| {
        Failure::usage_with(
            format!("--team {team}: there is no built-in team of this name"),
            format!("built in are {}; a file of your own can be copied to {SHOWN}", team::builtin_names().join(", ")),
        )
    })?;
    may_write(&path, force)?;
    let findings = find(Repo::new(context.root.clone()));
    let text = render::file(team, builtin, &findings.entries);
    check(&text)?;
    let mut trust = Trust::load(&context.home)?;
    // Another file of the folder may be somebody else's: trusting is for what the user has just made, not for that.
    let foreign =
        context.root.join(".agent").join("policy.yaml").is_file() && trust.check(&context.root)? != Verdict::Trusted;
    files::write(&path, &text)?;
    if !foreign {
        trust.add(&context.root)?;
    }
    say(context, team, &findings, foreign);
    Ok(0)
}

/// Refuses to replace a file that nobody said to replace, and to write through a link out of the repository.
fn may_write(path: &Path, force: bool) -> anyhow::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| folder.is_symlink()) {
        return Err(Failure::usage_with(
            format!("{} is a symbolic link; init writes inside the repository only", folder.display()),
            "remove the link, or write the file by hand",
        ));
    }
    if !force && (path.exists() || path.is_symlink()) {
        return Err(Failure::usage_with(
            format!("{} is there already", path.display()),
            "look at it with `agent team show`, or replace it with --force",
        ));
    }
    Ok(())
}

/// What is written has to load, in any environment. Nothing is written when it does not.
fn check(text: &str) -> anyhow::Result<team::Team> {
    let found = TeamText { text: text.to_owned(), source: SHOWN.to_owned(), from_project: true };
    let anything = |alias: &str| (alias.to_owned(), ModelRef::new("anthropic", alias));
    teams::load(&found, BTreeMap::from(ALIASES.map(anything)))
}

fn say(context: &Context, team: &str, findings: &Findings, foreign: bool) {
    text::line(&format!("wrote {SHOWN}: team {team}"));
    let (on, offered): (Vec<&Entry>, Vec<&Entry>) =
        findings.entries.iter().partition(|entry| entry.found.aside.is_none());
    if on.is_empty() {
        text::line("found no command that tests, lints or builds; the file holds an example to fill in");
    } else {
        text::line("found, and switched on as verification:");
        listed(&on);
    }
    if !offered.is_empty() {
        text::line("found, and left commented out (the file says why):");
        listed(&offered);
    }
    for problem in &findings.problems {
        text::note(&format!("note: {problem}; left out"));
    }
    for program in missing(context, &on) {
        text::note(&format!("note: `{program}` is not in PATH here; what needs it fails until it is"));
    }
    if let Some(top) = repository_above(&context.root) {
        text::note(&format!(
            "note: the repository begins at {}; this file is used only when you work in {}",
            top.display(),
            context.root.display()
        ));
    }
    if foreign {
        text::note(
            "note: .agent/policy.yaml was here before and is not trusted; read it, then pass --trust to `agent run`",
        );
    } else {
        text::line("nothing was run; this folder's files are trusted as they are now");
    }
    text::line("next: `agent team show` prints every setting, `agent chat` begins");
}

fn listed(entries: &[&Entry]) {
    let width = entries.iter().map(|entry| entry.name.len()).max().unwrap_or_default();
    for Entry { name, found } in entries {
        text::line(&format!("  {name:<width$}  {}  ({})", found.command, found.origin));
    }
}

/// Programs of the checks that are not there, each once.
fn missing<'a>(context: &Context, entries: &[&'a Entry]) -> Vec<&'a str> {
    let mut missing = Vec::new();
    for entry in entries {
        let command = entry.found.command.as_str();
        let command =
            command.split_once(" && ").filter(|_| command.starts_with("cd ")).map_or(command, |(_, rest)| rest);
        let program = command.split_whitespace().find(|word| !word.contains('='));
        // A path is the repository's own program.
        let Some(program) = program.filter(|program| !program.contains('/')) else { continue };
        if programs::find(&context.environment, program).is_none() && !missing.contains(&program) {
            missing.push(program);
        }
    }
    missing
}

/// The folder above this one in which the git repository begins; none where it begins here, or there is none.
fn repository_above(root: &Path) -> Option<&Path> {
    root.ancestors().find(|folder| folder.join(".git").exists()).filter(|top| *top != root)
}

#[cfg(test)]
#[path = "init/init_tests.rs"]
mod tests;
