//! Checks what a file says and fills in what it leaves out.

mod agents;
mod brains;
mod grants;
mod ladders;
mod windows;

use std::collections::BTreeSet;

use catalogue::yaml::Path;
use protocol::Usd;

pub(crate) use self::brains::default_alias;
use crate::error::{Mistake, TeamErrorKind};
use crate::load::{self, LoadOptions};
use crate::schema::File;
use crate::show::Sources;
use crate::spec::{Budget, Team, VerifyEntry};

/// Makes the team.
pub(crate) fn team(mut file: File, text: &str, source: &str, options: &LoadOptions) -> Result<Team, Mistake> {
    version(&file)?;
    let mut notes = Vec::new();
    let borrowed = file.agents.is_none();
    if borrowed {
        let default = load::default_agents()?;
        notes.push("no agents are declared: those of the built-in team tandem are used".to_owned());
        file.agents = default.agents;
    }
    let mut sources = Sources::new(source, text, borrowed);
    brains::check_aliases(&file, options)?;
    let compaction = windows::of_team(&file, options)?;
    let agents = agents::resolve(&file, &compaction, options, &mut sources, &mut notes)?;
    let warnings = ladders::warnings(&agents, options);
    verify(&file.verify)?;
    Ok(Team {
        name: name(&file, source),
        agents,
        verify: file.verify.clone(),
        budget: budget(&file)?,
        compaction,
        cache: windows::cache(&file.cache)?,
        notes,
        warnings: warnings.into_iter().map(|warning| warning.placed(text, source).to_string()).collect(),
        sources,
    })
}

fn root(section: &str) -> Path {
    Path::default().key(section)
}

fn version(file: &File) -> Result<(), Mistake> {
    match file.version {
        None | Some(1) => Ok(()),
        Some(other) => Err(Mistake::at(
            TeamErrorKind::Version,
            root("version"),
            format!("found version {other}; this program knows version 1"),
        )),
    }
}

fn name(file: &File, source: &str) -> String {
    let stem = source.rsplit(['/', '\\']).next().unwrap_or(source);
    let stem = stem.strip_suffix(".yaml").or_else(|| stem.strip_suffix(".yml")).unwrap_or(stem);
    file.name.clone().unwrap_or_else(|| stem.to_owned())
}

fn verify(entries: &[VerifyEntry]) -> Result<(), Mistake> {
    let mut names = BTreeSet::new();
    for (index, entry) in entries.iter().enumerate() {
        let path = root("verify").index(index);
        let value = |field: &str, problem: &str| Err(Mistake::at(TeamErrorKind::Value, path.key(field), problem));
        if entry.name.trim().is_empty() {
            return value("name", "is empty; a check needs a name that briefs can use");
        }
        if entry.command.trim().is_empty() {
            return value("command", "is empty; write the shell command whose exit code 0 means that it passed");
        }
        if entry.timeout_s == 0 {
            return value("timeout_s", "found 0; allowed is one second or more");
        }
        if !names.insert(entry.name.as_str()) {
            let problem = format!("a second check named `{}`; every check needs its own name", entry.name);
            return Err(Mistake::at(TeamErrorKind::DuplicateName, path.key("name"), problem));
        }
    }
    Ok(())
}

fn budget(file: &File) -> Result<Budget, Mistake> {
    let path = root("budget");
    positive(file.budget.usd, &path)?;
    at_least_one(file.budget.steps, &path, "steps")?;
    Ok(Budget { usd: file.budget.usd, steps: file.budget.steps })
}

fn positive(usd: Option<Usd>, path: &Path) -> Result<(), Mistake> {
    match usd {
        Some(usd) if usd <= Usd::ZERO => Err(Mistake::at(
            TeamErrorKind::Value,
            path.key("usd"),
            format!("found {usd}; allowed is more than zero dollars, or leave it out for no limit"),
        )),
        _ => Ok(()),
    }
}

fn at_least_one(number: Option<u32>, path: &Path, field: &str) -> Result<(), Mistake> {
    match number {
        Some(0) => Err(Mistake::at(TeamErrorKind::Value, path.key(field), "found 0; allowed is 1 or more")),
        _ => Ok(()),
    }
}
