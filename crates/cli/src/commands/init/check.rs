//! A check that was found, and how all that were found become entries with names of their own.

use super::repo::Repo;

/// What a check is for. The order is that of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Behaviour.
    Tests,
    /// Style and common mistakes.
    Lint,
    /// Layout of the text; never changes it.
    Format,
    /// Types, where tests do not check them.
    Types,
    /// That it can be built.
    Build,
}

impl Kind {
    /// Its name in the file.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Tests => "tests",
            Self::Lint => "lint",
            Self::Format => "format",
            Self::Types => "types",
            Self::Build => "build",
        }
    }
}

/// A command that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) kind: Kind,
    /// What tells two of a kind apart: `rust`, `node`, `make`.
    pub(crate) tool: &'static str,
    /// The folder it runs in, as seen from the top; empty for the top.
    pub(crate) folder: &'static str,
    /// The shell command, run from the top.
    pub(crate) command: String,
    /// Where it was found.
    pub(crate) origin: String,
    /// Why it is only offered, commented out; none where it is switched on.
    pub(crate) aside: Option<String>,
}

/// An entry: a command with a name of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) found: Found,
}

/// Collects what one tool's files say.
pub(super) struct Finder<'a> {
    repo: &'a Repo,
    tool: &'static str,
    found: Vec<Found>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(repo: &'a Repo, tool: &'static str) -> Self {
        Self { repo, tool, found: Vec::new() }
    }

    /// A command that decides.
    pub(super) fn add(&mut self, kind: Kind, command: impl Into<String>, origin: &str) {
        self.put(kind, command.into(), origin, None);
    }

    /// A command that the user may switch on.
    pub(super) fn offer(&mut self, kind: Kind, command: impl Into<String>, origin: &str, why: &str) {
        self.put(kind, command.into(), origin, Some(why.to_owned()));
    }

    /// A command that decides where a file says that it passes here; otherwise it is offered.
    pub(super) fn add_if(&mut self, sign: Option<&str>, kind: Kind, command: &str, origin: &str, why_not: &str) {
        match sign {
            Some(sign) if self.repo.has(sign) => self.add(kind, command, sign),
            // A pipeline's file, which stands at the top while this folder is below it.
            Some(sign) => self.found.push(self.make(kind, command.to_owned(), sign.to_owned(), None)),
            None => self.offer(kind, command, origin, why_not),
        }
    }

    /// Something of this kind decides already.
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.found.iter().any(|found| found.kind == kind && found.aside.is_none())
    }

    pub(super) fn done(self) -> Vec<Found> {
        self.found
    }

    fn put(&mut self, kind: Kind, command: String, origin: &str, aside: Option<String>) {
        // The origin may go on behind the file's name: `package.json, script lint`.
        let origin = self.repo.shown(origin);
        self.found.push(self.make(kind, command, origin, aside));
    }

    fn make(&self, kind: Kind, command: String, origin: String, aside: Option<String>) -> Found {
        let folder = self.repo.folder;
        let command = if folder.is_empty() { command } else { format!("cd {folder} && {command}") };
        Found { kind, tool: self.tool, folder, command, origin, aside }
    }
}

/// Sorts by kind and names each: by its kind, and where that is taken by tool and folder too. Of equal commands the first stays.
pub(super) fn named(found: Vec<Found>) -> Vec<Entry> {
    let mut found = found;
    // Stable: what was found first has the plain name. What decides goes before what is offered.
    found.sort_by_key(|found| (found.aside.is_some(), found.kind));
    let mut entries: Vec<Entry> = Vec::new();
    for found in found {
        if entries.iter().any(|entry| entry.found.command == found.command) {
            continue;
        }
        let kind = found.kind.as_str();
        let in_folder = if found.folder.is_empty() { found.tool } else { found.folder };
        let candidates = [kind.to_owned(), format!("{kind}-{in_folder}"), format!("{kind}-{in_folder}-{}", found.tool)];
        let taken = |name: &String| entries.iter().any(|entry| entry.name == *name);
        let numbered = (2..).map(|number| format!("{kind}-{in_folder}-{number}"));
        if let Some(name) = candidates.into_iter().chain(numbered).find(|name| !taken(name)) {
            entries.push(Entry { name, found });
        }
    }
    entries
}
