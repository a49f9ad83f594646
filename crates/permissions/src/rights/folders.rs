//! Sets of folders, each with everything beneath it.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Folders with everything beneath them. Paths are absolute, without `.` and `..`, and compared part by part: `/repo` does not
/// hold `/repo-evil`. Whether a path really lies where its letters say is the kernel's to tell, where files are opened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<PathBuf>", into = "Vec<PathBuf>")]
pub struct Folders(BTreeSet<PathBuf>);

impl Folders {
    /// No folder.
    pub fn none() -> Self {
        Self::default()
    }

    /// Everything.
    pub fn all() -> Self {
        Self([PathBuf::from("/")].into())
    }

    /// One folder.
    pub fn beneath(folder: impl Into<PathBuf>) -> Self {
        [folder.into()].into_iter().collect()
    }

    /// Nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a path, or all beneath a folder, lies in one of these.
    pub fn cover(&self, path: &Path) -> bool {
        plain(path) && self.0.iter().any(|folder| path.starts_with(folder))
    }

    /// Whether all of these lie in those.
    pub fn within(&self, others: &Self) -> bool {
        self.0.iter().all(|folder| others.cover(folder))
    }

    /// What lies in both.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        let deeper = |these: &Self, those: &Self| -> Vec<PathBuf> {
            these.0.iter().filter(|folder| those.cover(folder)).cloned().collect()
        };
        deeper(self, other).into_iter().chain(deeper(other, self)).collect()
    }

    /// The folders, outermost only, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(PathBuf::as_path)
    }
}

impl FromIterator<PathBuf> for Folders {
    /// A path that is not plain (relative, or with `..`) is left out: what is not understood gives no right.
    fn from_iter<I: IntoIterator<Item = PathBuf>>(folders: I) -> Self {
        let mut kept = BTreeSet::new();
        // Sorted by parts, so that a folder comes before all that lies in it.
        for folder in folders.into_iter().filter(|folder| plain(folder)).collect::<BTreeSet<_>>() {
            if !kept.iter().any(|outer: &PathBuf| folder.starts_with(outer)) {
                kept.insert(folder);
            }
        }
        Self(kept)
    }
}

impl From<Vec<PathBuf>> for Folders {
    fn from(folders: Vec<PathBuf>) -> Self {
        folders.into_iter().collect()
    }
}

impl From<Folders> for Vec<PathBuf> {
    fn from(folders: Folders) -> Self {
        folders.0.into_iter().collect()
    }
}

fn plain(path: &Path) -> bool {
    path.is_absolute() && path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)))
}
