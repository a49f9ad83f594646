//! A folder's `.agent/` files are used only after the user trusted it, with the content they had then.

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
        Ok(match self.folders.get(&root.display().to_string()) {
            Some(known) if *known == print => Verdict::Trusted,
            Some(_) => Verdict::Changed(file),
            None => Verdict::Unknown(file),
        })
    }

    /// Trusts a folder's files as they are now.
    pub(crate) fn add(&mut self, root: &Path) -> anyhow::Result<()> {
        let Some((_, print)) = fingerprint(root)? else { return Ok(()) };
        self.folders.insert(root.display().to_string(), print);
        files::write(&self.path, &serde_json::to_string_pretty(&self.folders)?)
    }
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
