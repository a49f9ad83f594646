//! One set of rights, and the order between them.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Folders, Hosts};

/// Which tools.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Names {
    /// Every one.
    All,
    /// These.
    Only(BTreeSet<String>),
}

impl Names {
    /// These.
    pub fn only<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Only(names.into_iter().map(str::to_owned).collect())
    }

    /// Whether a tool is among them.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(name),
        }
    }

    fn meet(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, names) | (names, Self::All) => names.clone(),
            (Self::Only(these), Self::Only(those)) => Self::Only(these.intersection(those).cloned().collect()),
        }
    }
}

/// Which commands, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Commands {
    /// None.
    None,
    /// Those that only read.
    ReadOnly,
    /// What the session's policy allows, or a person says yes to.
    Session,
}

/// Whether a question may be put to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asking {
    /// No: what needs a yes is refused.
    MayNot,
    /// Yes.
    May,
}

/// What somebody may do at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// Tools that may be called.
    pub tools: Names,
    /// Folders that may be read.
    pub read: Folders,
    /// Folders that may be changed.
    pub write: Folders,
    /// Commands that may be run.
    pub commands: Commands,
    /// Hosts that commands may reach.
    pub network: Hosts,
    /// Levels of agents below.
    pub depth: u8,
    /// Delegations that may be begun, all levels below together.
    pub spawns: u32,
    /// Questions to a person.
    pub asking: Asking,
}

/// What is missing for a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lacking {
    /// The tool.
    #[error("`{0}` is not open to you now")]
    Tool(String),
    /// Reading there.
    #[error("{0} may not be read by you now; you may read beneath: {1}")]
    Read(String, String),
    /// Writing there.
    #[error("{0} may not be changed by you now; you may change files beneath: {1}")]
    Write(String, String),
    /// Any command.
    #[error("no command may be run by you now")]
    Command,
    /// More than reading commands.
    #[error("only commands that read may be run by you now")]
    ReadOnlyCommand,
    /// Asking a person.
    #[error("this needs a person's yes, and you may not ask for one")]
    Question,
}

impl Rights {
    /// Everything.
    pub fn all() -> Self {
        Self {
            tools: Names::All,
            read: Folders::all(),
            write: Folders::all(),
            commands: Commands::Session,
            network: Hosts::Any,
            depth: u8::MAX,
            spawns: u32::MAX,
            asking: Asking::May,
        }
    }

    /// Nothing.
    pub fn none() -> Self {
        Self {
            tools: Names::only([]),
            read: Folders::none(),
            write: Folders::none(),
            commands: Commands::None,
            network: Hosts::none(),
            depth: 0,
            spawns: 0,
            asking: Asking::MayNot,
        }
    }

    /// Everything that changes nothing and reaches nobody.
    pub fn reading() -> Self {
        Self { write: Folders::none(), commands: Commands::ReadOnly, network: Hosts::none(), ..Self::all() }
    }

    /// What both allow: the greatest set that is within both.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        Self {
            tools: self.tools.meet(&other.tools),
            read: self.read.meet(&other.read),
            write: self.write.meet(&other.write),
            commands: self.commands.min(other.commands),
            network: self.network.meet(&other.network),
            depth: self.depth.min(other.depth),
            spawns: self.spawns.min(other.spawns),
            asking: self.asking.min(other.asking),
        }
    }

    /// Whether none of these goes beyond those.
    pub fn within(&self, other: &Self) -> bool {
        let tools = match (&self.tools, &other.tools) {
            (_, Names::All) => true,
            (Names::All, Names::Only(_)) => false,
            (Names::Only(these), Names::Only(those)) => these.is_subset(those),
        };
        tools
            && self.read.within(&other.read)
            && self.write.within(&other.write)
            && self.commands <= other.commands
            && self.network.within(&other.network)
            && self.depth <= other.depth
            && self.spawns <= other.spawns
            && self.asking <= other.asking
    }

    /// What a child may have of these at most: one level less is below it.
    #[must_use]
    pub fn handed_down(&self) -> Self {
        Self { depth: self.depth.saturating_sub(1), ..self.clone() }
    }

    /// What of these can be kept to where the wall around commands is the whole session's, or none: a command that runs can read and
    /// change all of the workspace and reach `network`, so that narrower rights leave less of the right to commands.
    #[must_use]
    pub fn behind(&self, workspace: &Path, network: &Hosts) -> Self {
        let most = match (self.read.cover(workspace), self.write.cover(workspace) && network.within(&self.network)) {
            (true, true) => Commands::Session,
            (true, false) => Commands::ReadOnly,
            (false, _) => Commands::None,
        };
        Self { commands: self.commands.min(most), ..self.clone() }
    }

    /// Whether a tool may be called.
    ///
    /// # Errors
    /// [`Lacking::Tool`].
    pub fn tool(&self, name: &str) -> Result<(), Lacking> {
        if self.tools.has(name) { Ok(()) } else { Err(Lacking::Tool(name.to_owned())) }
    }

    /// Whether a file may be read; the path is absolute, its symlinks resolved.
    ///
    /// # Errors
    /// [`Lacking::Read`].
    pub fn reads(&self, path: &Path) -> Result<(), Lacking> {
        match self.read.cover(path) {
            true => Ok(()),
            false => Err(Lacking::Read(path.display().to_string(), listed(&self.read))),
        }
    }

    /// Whether a file may be changed; the path is absolute, its symlinks resolved.
    ///
    /// # Errors
    /// [`Lacking::Write`].
    pub fn writes(&self, path: &Path) -> Result<(), Lacking> {
        match self.write.cover(path) {
            true => Ok(()),
            false => Err(Lacking::Write(path.display().to_string(), listed(&self.write))),
        }
    }

    /// Whether a command may be run; `reads_only` says that it does nothing but read.
    ///
    /// # Errors
    /// [`Lacking::Command`], [`Lacking::ReadOnlyCommand`].
    pub fn runs(&self, reads_only: bool) -> Result<(), Lacking> {
        match self.commands {
            Commands::None => Err(Lacking::Command),
            Commands::ReadOnly if !reads_only => Err(Lacking::ReadOnlyCommand),
            Commands::ReadOnly | Commands::Session => Ok(()),
        }
    }
}

fn listed(folders: &Folders) -> String {
    let all: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}
