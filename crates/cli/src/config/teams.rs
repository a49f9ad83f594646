//! Which team works: flag, then the trusted project's file, then the user's, then the built-in one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use catalogue::Catalogue;
use team::{Choice, LoadOptions, ModelRef, Team, builtin, builtin_names};

use super::context::Context;
use super::files;
use super::providers::CUSTOM;
use super::trust::{Trust, Verdict};
use crate::args::TeamArgs;
use crate::failure::Failure;

/// The team of someone who chose none.
pub(crate) const DEFAULT: &str = "tandem";

/// The text of a team, and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct TeamText {
    pub(crate) text: String,
    /// A file's path, or `built-in NAME`.
    pub(crate) source: String,
    /// It belongs to the repository, so that it may not set what only the user sets.
    pub(crate) from_project: bool,
}

/// The project's team file.
pub(crate) fn project_file(root: &Path) -> PathBuf {
    root.join(".agent").join("team.yaml")
}

/// Finds the team that `run` would use. A project's file that is not trusted is refused, unless
/// `--trust` says to trust it now.
pub(crate) fn find(context: &Context, flags: &TeamArgs) -> anyhow::Result<TeamText> {
    let project = project_file(&context.root);
    // The project's own file stays the project's, whoever names it.
    let is_project = |name: &str| builtin(name).is_none() && same_file(Path::new(name), &project);
    if let Some(name) = flags.team.as_deref().filter(|name| !is_project(name)) {
        return named(name);
    }
    if !flags.without_project
        && let Some(text) = files::read_if_there(&project)?
    {
        admit(context, flags)?;
        return Ok(TeamText { text, source: shown(&context.root, &project), from_project: true });
    }
    let user = context.home.config.join("team.yaml");
    if let Some(text) = files::read_if_there(&user)? {
        return Ok(TeamText { text, source: user.display().to_string(), from_project: false });
    }
    named(DEFAULT)
}

/// A built-in team by name, otherwise a file.
pub(crate) fn named(name: &str) -> anyhow::Result<TeamText> {
    if let Some(text) = builtin(name) {
        return Ok(TeamText { text: text.to_owned(), source: format!("built-in {name}"), from_project: false });
    }
    let path = Path::new(name);
    if path.is_file() {
        return Ok(TeamText { text: files::read(path)?, source: name.to_owned(), from_project: false });
    }
    Err(Failure::usage_with(
        format!("there is no team `{name}`: it is neither a file nor built in"),
        format!("built in are {}; `agent team list` shows all there are", builtin_names().join(", ")),
    ))
}

/// Refuses a project's files that the user has not trusted (exit code 6), or trusts them now.
fn admit(context: &Context, flags: &TeamArgs) -> anyhow::Result<()> {
    let mut known = Trust::load(&context.home)?;
    let (file, why) = match known.check(&context.root)? {
        Verdict::Trusted => return Ok(()),
        Verdict::Unknown(file) => (file, "is not trusted yet"),
        Verdict::Changed(file) => (file, "changed since it was trusted"),
    };
    if flags.trust {
        return known.add(&context.root);
    }
    if flags.trust_workspace {
        return Ok(());
    }
    Err(Failure::refused(
        format!("{} {why}: a repository's own files can name commands that are run", file.display()),
        "read it, then pass --trust once, or --trust-workspace for this run (chat asks); or choose a team with --team tandem",
    ))
}

/// Models that the person chose on the command line: they go before anything that a file says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chosen {
    /// By alias: `--model fast=NAME[@EFFORT]`.
    pub(crate) aliases: BTreeMap<String, Choice>,
    /// For all agents: `--model NAME[@EFFORT]`.
    pub(crate) for_all: Option<Choice>,
}

/// Resolves a team with the models that its aliases stand for here.
pub(crate) fn load(text: &TeamText, aliases: BTreeMap<String, ModelRef>) -> anyhow::Result<Team> {
    resolved(text, aliases, Chosen::default(), Vec::new(), Catalogue::default())
}

/// Resolves a team with models chosen on the command line, of providers that there are.
pub(crate) fn load_with(
    text: &TeamText,
    aliases: BTreeMap<String, ModelRef>,
    chosen: Chosen,
    catalogue: &Catalogue,
) -> anyhow::Result<Team> {
    let known = catalogue.providers().map(|provider| provider.name.clone()).chain([CUSTOM.to_owned()]);
    resolved(text, aliases, chosen, known.collect(), catalogue.clone())
}

/// Refuses `--model ALIAS=NAME` for an alias that nobody goes by: it would change nothing.
pub(crate) fn check_chosen(text: &TeamText, chosen: &Chosen, known: &BTreeMap<String, ModelRef>) -> anyhow::Result<()> {
    if chosen.aliases.is_empty() {
        return Ok(());
    }
    let mut names = team::alias_names(&text.text, &text.source, text.from_project)?;
    names.extend(known.keys().cloned());
    match chosen.aliases.iter().find(|(alias, _)| !names.contains(*alias)) {
        Some((alias, choice)) => Err(Failure::usage_with(
            format!("--model {alias}={}: no agent of the team goes by the alias `{alias}`", choice.at.model),
            format!("aliases there are: {}", names.into_iter().collect::<Vec<_>>().join(", ")),
        )),
        None => Ok(()),
    }
}

fn resolved(
    text: &TeamText,
    aliases: BTreeMap<String, ModelRef>,
    chosen: Chosen,
    known_providers: Vec<String>,
    catalogue: Catalogue,
) -> anyhow::Result<Team> {
    let options = LoadOptions {
        aliases,
        chosen: chosen.aliases,
        chosen_for_all: chosen.for_all,
        known_tools: tools::known_tools().iter().map(|name| (*name).to_owned()).collect(),
        known_providers,
        catalogue,
        from_project: text.from_project,
    };
    Ok(team::load(&text.text, &text.source, &options)?)
}

fn same_file(one: &Path, other: &Path) -> bool {
    one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}
