//! Checks what a file says and fills in what it leaves out.

mod agents;
mod brains;
mod grants;

use std::collections::BTreeSet;

use catalogue::yaml::Path;
use protocol::Usd;
use protocol::request::Ttl;

pub(crate) use self::brains::default_alias;
use crate::error::{Mistake, TeamErrorKind};
use crate::load::{self, LoadOptions};
use crate::schema::{CompactAt, File};
use crate::show::Sources;
use crate::spec::{Budget, CacheSettings, Compaction, Team, VerifyEntry};

/// Tokens kept word for word through a compaction, and the cap of its summary: together they stay well below the 30,000
/// tokens at which the cost of a window is nearly flat.
const KEEP_TAIL: u64 = 10_000;
const SUMMARY_MAX: u32 = 5_000;

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
    let agents = agents::resolve(&file, options, &mut sources, &mut notes)?;
    verify(&file.verify)?;
    Ok(Team {
        name: name(&file, source),
        agents,
        verify: file.verify.clone(),
        budget: budget(&file)?,
        compaction: compaction(&file)?,
        cache: cache(&file)?,
        notes,
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

fn compaction(file: &File) -> Result<Compaction, Mistake> {
    let given = file.compaction;
    let compaction = Compaction {
        at: match given.at {
            Some(CompactAt::Tokens(tokens)) => Some(tokens),
            Some(CompactAt::Auto(_)) | None => None,
        },
        keep_tail: given.keep_tail.unwrap_or(KEEP_TAIL),
        summary_max: given.summary_max.unwrap_or(SUMMARY_MAX),
    };
    let kept = compaction.keep_tail.saturating_add(u64::from(compaction.summary_max));
    match compaction.at {
        Some(at) if at <= kept => Err(Mistake::at(
            TeamErrorKind::Value,
            root("compaction").key("at"),
            format!(
                "found {at}; allowed is more than keep_tail + summary_max ({kept}), or every window would be closed at once"
            ),
        )),
        _ => Ok(compaction),
    }
}

fn cache(file: &File) -> Result<CacheSettings, Mistake> {
    let prefix = file.cache.prefix.unwrap_or(Ttl::Short);
    let tail = file.cache.tail.unwrap_or(Ttl::Short);
    if prefix == Ttl::Short && tail == Ttl::Long {
        return Err(Mistake::at(
            TeamErrorKind::Value,
            root("cache").key("tail"),
            "found long behind a short prefix; providers refuse that order: make the prefix long too, or the tail short",
        ));
    }
    Ok(CacheSettings { prefix, tail })
}
