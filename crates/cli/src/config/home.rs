//! The program's folders, and its environment. The only place that reads environment variables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use etcetera::BaseStrategy;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::failure::Failure;

/// The process's environment at its start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// Takes it from the process. Variables that are not UTF-8 are left out.
    pub(crate) fn read() -> Self {
        Self(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        )
    }

    /// The same with other values for some variables.
    pub(crate) fn with(&self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all = self.0.clone();
        all.extend(variables);
        Self(all)
    }

    /// One that holds these.
    #[cfg(test)]
    pub(crate) fn of(variables: impl Iterator<Item = (String, String)>) -> Self {
        Self(variables.collect())
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All variables; what child processes get of them is decided by `tools`.
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        self.0.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// Folders of the program.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// Sessions, ledger, long output.
    pub(crate) state: PathBuf,
    /// The user's `team.yaml`, `models.yaml`, `policy.yaml`.
    pub(crate) config: PathBuf,
}

impl Home {
    /// `$AGENT_HOME` for both, otherwise the platform's state and configuration folders.
    pub(crate) fn find(environment: &Environment) -> anyhow::Result<Self> {
        let home = Self::named(environment)?;
        keep_private(&home.state)?;
        Ok(home)
    }

    fn named(environment: &Environment) -> anyhow::Result<Self> {
        if let Some(home) = environment.get("AGENT_HOME") {
            let home = PathBuf::from(home);
            return Ok(Self { config: home.join("config"), state: home });
        }
        let base = etcetera::choose_base_strategy()
            .map_err(|error| Failure::usage_with(format!("no home folder: {error}"), "set HOME or AGENT_HOME"))?;
        let state = base.state_dir().unwrap_or_else(|| base.data_dir());
        Ok(Self { state: state.join("tandem"), config: base.config_dir().join("tandem") })
    }
}

/// Sees to it that nobody else reads or writes the state folder: sessions hold what the user's files hold, and the list of trusted
/// folders decides what is run. A folder that is not there yet is made for the user alone by whoever opens the store.
///
/// # Errors
/// Somebody else may have put it there: it is a symbolic link, belongs to another user, or everybody can write in it (exit code 6).
fn keep_private(folder: &Path) -> anyhow::Result<()> {
    let refused = |what: String| {
        let hint = "remove it, or set AGENT_HOME to a folder of your own; nothing was read from it";
        Err(Failure::refused(format!("the state folder {} {what}", folder.display()), hint))
    };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = match rustix::fs::open(folder, flags, Mode::empty()) {
        Ok(opened) => opened,
        Err(Errno::LOOP | Errno::NOTDIR) if folder.is_symlink() => {
            return refused("is a symbolic link; anybody could have made it lead anywhere".to_owned());
        }
        // Not there, or not to be entered: whoever needs it says so.
        Err(_) => return Ok(()),
    };
    let found = rustix::fs::fstat(&opened).with_context(|| format!("{} cannot be looked at", folder.display()))?;
    let (owner, we) = (found.st_uid, rustix::process::geteuid().as_raw());
    if owner != we {
        return refused(format!("belongs to another user (number {owner}; this is number {we})"));
    }
    let mode = Mode::from_raw_mode(found.st_mode);
    if mode.contains(Mode::SVTX) {
        return refused("is one that everybody can write in".to_owned());
    }
    if mode.intersects(Mode::RWXG | Mode::RWXO) && rustix::fs::fchmod(&opened, Mode::RWXU).is_err() {
        // A disk that is read-only, for example: then nobody else can write there either.
        return if mode.intersects(Mode::WGRP | Mode::WOTH) {
            refused("can be written by others".to_owned())
        } else {
            Ok(())
        };
    }
    Ok(())
}

/// The workspace: the given folder or the current one, canonical.
pub(crate) fn workspace(cwd: Option<&Path>) -> anyhow::Result<PathBuf> {
    let folder = match cwd {
        Some(folder) => folder.to_owned(),
        None => std::env::current_dir().context("the current folder cannot be found")?,
    };
    let found = folder.canonicalize().map_err(|error| Failure::usage(format!("{}: {error}", folder.display())))?;
    if !found.is_dir() {
        return Err(Failure::usage(format!("{} is not a folder", found.display())));
    }
    Ok(found)
}
