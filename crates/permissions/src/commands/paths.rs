//! Where the paths of a command lead.

use std::path::{Component, Path, PathBuf};

use crate::ground::Ground;
use crate::places;

/// The folders that a command may run in: after `cd a; …` the line may be in `a`, or still where it was.
#[derive(Clone)]
pub(crate) struct Folders<'g> {
    ground: &'g Ground<'g>,
    all: Vec<PathBuf>,
}

/// Folders that are kept apart; a line with more `cd`s is asked for.
const MOST: usize = 16;

impl<'g> Folders<'g> {
    pub(crate) fn new(ground: &'g Ground<'g>) -> Self {
        Self { ground, all: vec![normal(ground.cwd)] }
    }

    /// A path from every folder that the command may be in.
    pub(crate) fn resolve(&self, path: &str) -> Vec<PathBuf> {
        self.all.iter().map(|folder| normal(&folder.join(self.at_home(path)))).collect()
    }

    fn at_home(&self, path: &str) -> PathBuf {
        match (path.strip_prefix('~'), self.ground.home) {
            (Some(""), Some(home)) => home.to_owned(),
            (Some(rest), Some(home)) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
            // Somebody's home, where it is not known: in any case not the workspace.
            (Some(_), _) => PathBuf::from("/").join(path),
            (None, _) => PathBuf::from(path),
        }
    }

    /// The command may from now on be in this folder too. False where it leaves the workspace, or where there are too many.
    pub(crate) fn enter(&mut self, folder: &str) -> bool {
        let folders = self.resolve(folder);
        let inside = folders.iter().all(|folder| self.in_root(folder));
        for folder in folders {
            if !self.all.contains(&folder) {
                self.all.push(folder);
            }
        }
        let few = self.all.len() <= MOST;
        self.all.truncate(MOST);
        inside && few
    }

    /// The same, for one command: `git -C folder`.
    pub(crate) fn within(&self, folder: &str) -> Option<Self> {
        let all = self.resolve(folder);
        all.iter().all(|folder| self.in_root(folder)).then_some(Self { ground: self.ground, all })
    }

    fn in_root(&self, path: &Path) -> bool {
        path.starts_with(self.ground.root)
            && self.ground.world.real(path).is_none_or(|real| real.starts_with(self.ground.root))
    }

    /// Whether reading a path stays in the workspace, or in what every user of a system reads.
    pub(crate) fn readable(&self, path: &str) -> bool {
        let dotted = path.split('/').any(|part| part.starts_with('.') && part.contains(['*', '?', '[']));
        let may = |path: &Path| {
            (path.starts_with(self.ground.root) || places::is_public(path))
                && !places::is_credential(path, self.ground.home)
        };
        !dotted
            && self.resolve(path).iter().all(|path| may(path) && self.ground.world.real(path).is_none_or(|r| may(&r)))
    }
}

/// A path without `.` and `..`, by its text.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            part => normal.push(part),
        }
    }
    normal
}
