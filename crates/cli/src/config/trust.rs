//! A folder's `.agent/` files are used only after the user trusted it, with the content they had then.
//!
//! What is trusted is a folder of one repository: a repository inside it (a submodule, a copy of somebody else's) is another one, a
//! linked working tree is the same one as the repository it belongs to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::files;
use super::home::Home;
use crate::failure::Failure;

/// Which folders are trusted, with a fingerprint of what was trusted.
#[derive(Debug)]
pub(crate) struct Trust {
    path: PathBuf,
    folders: BTreeMap<String, String>,
}

/// Whether a folder's own files may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Yes, or there are none.
    Trusted,
    /// Never asked.
    Unknown(PathBuf),
    /// The files changed since.
    Changed(PathBuf),
}

impl Trust {
    /// Reads the list.
    pub(crate) fn load(home: &Home) -> anyhow::Result<Self> {
        let path = home.state.join("trusted.json");
        let folders = match files::read_if_there(&path)? {
            Some(text) => serde_json::from_str(&text).map_err(|error| {
                Failure::usage_with(
                    format!("{}: {error}", path.display()),
                    "remove the file: every folder is then asked about again",
                )
            })?,
            None => BTreeMap::new(),
        };
        Ok(Self { path, folders })
    }

    /// Looks a folder up.
    pub(crate) fn check(&self, root: &Path) -> anyhow::Result<Verdict> {
        let Some((file, print)) = fingerprint(root)? else { return Ok(Verdict::Trusted) };
        Ok(match self.folders.get(&name(root)) {
            Some(known) if *known == print => Verdict::Trusted,
            Some(_) => Verdict::Changed(file),
            None => Verdict::Unknown(file),
        })
    }

    /// Whether agents are told what a folder's texts (`AGENTS.md`) say: the folder or its repository is trusted. The texts may have
    /// changed since; they grant nothing.
    pub(crate) fn obeys(&self, root: &Path) -> bool {
        let top = root.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok());
        [Some(root), top].into_iter().flatten().any(|folder| self.folders.contains_key(&name(folder)))
    }

    /// Looks up the commands that a folder brings for a chat: `texts` are those that would be used, by name.
    pub(crate) fn check_commands(&self, root: &Path, texts: &[(String, String)]) -> Verdict {
        let folder = root.join(".agent").join("commands");
        match self.folders.get(&commands_of(root)) {
            _ if texts.is_empty() => Verdict::Trusted,
            Some(known) if *known == print_of(texts) => Verdict::Trusted,
            Some(_) => Verdict::Changed(folder),
            None => Verdict::Unknown(folder),
        }
    }

    /// Trusts a folder's commands with these texts.
    pub(crate) fn add_commands(&mut self, root: &Path, texts: &[(String, String)]) -> anyhow::Result<()> {
        self.folders.insert(commands_of(root), print_of(texts));
        files::write(&self.path, &serde_json::to_string_pretty(&self.folders)?)
    }

    /// Trusts a folder's files as they are now, also where there are none yet.
    pub(crate) fn add(&mut self, root: &Path) -> anyhow::Result<()> {
        let print = fingerprint(root)?.map(|(_, print)| print).unwrap_or_default();
        self.folders.insert(name(root), print);
        files::write(&self.path, &serde_json::to_string_pretty(&self.folders)?)
    }
}

/// By what a folder is known.
fn name(root: &Path) -> String {
    known_as(root).display().to_string()
}

/// By what a folder's commands are known: no path, so that it is no folder's own name.
fn commands_of(root: &Path) -> String {
    format!("commands of {}", name(root))
}

fn print_of(texts: &[(String, String)]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in texts.iter().flat_map(|(name, text)| [name, text]) {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

/// The folder that a folder counts as: where it lies in a linked working tree, the same place in the repository's main one;
/// otherwise itself.
fn known_as(root: &Path) -> PathBuf {
    let top = root.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok());
    let main = top.and_then(|top| {
        // Part by part: an empty rest must not end in a slash.
        let below = root.strip_prefix(top).ok()?.components();
        Some(below.fold(main_of(top)?, |folder, part| folder.join(part)))
    });
    main.unwrap_or_else(|| root.to_owned())
}

/// The main working tree that a linked one belongs to. Both have to say so: what the linked one says, anybody can write into a
/// folder; what lies in the repository, only its owner can.
fn main_of(top: &Path) -> Option<PathBuf> {
    let link = top.join(".git");
    let said = files::read_first_line(&link)?;
    let folder = top.join(said.strip_prefix("gitdir:")?.trim()).canonicalize().ok()?;
    let back = PathBuf::from(files::read_first_line(&folder.join("gitdir"))?);
    if folder.join(back).canonicalize().ok()? != link.canonicalize().ok()? {
        return None;
    }
    let common = folder.join(files::read_first_line(&folder.join("commondir"))?).canonicalize().ok()?;
    if folder.parent()? != common.join("worktrees") {
        return None;
    }
    // A repository without files of its own has no main working tree; its own folder stands for it.
    Some(if common.ends_with(".git") { common.parent()?.to_owned() } else { common })
}

/// The first `.agent/` file and a fingerprint of all that is used; none where there are none.
fn fingerprint(root: &Path) -> anyhow::Result<Option<(PathBuf, String)>> {
    let mut first = None;
    let mut hasher = blake3::Hasher::new();
    for name in ["team.yaml", "policy.yaml"] {
        let path = root.join(".agent").join(name);
        if let Some(text) = files::read_if_there(&path)? {
            hasher.update(name.as_bytes()).update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
            first.get_or_insert(path);
        }
    }
    Ok(first.map(|path| (path, hasher.finalize().to_hex().to_string())))
}

#[cfg(test)]
#[path = "trust_tests.rs"]
mod tests;
