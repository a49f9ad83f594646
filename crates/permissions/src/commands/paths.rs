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

    /// A path from every folder that the command may be in: by its letters, and where a `..` behind a link leads elsewhere, there
    /// too. `cd` goes by the letters, and whatever opens a file goes by the links.
    pub(crate) fn resolve(&self, path: &str) -> Vec<PathBuf> {
        let mut found = Vec::with_capacity(self.all.len());
        for folder in &self.all {
            let joined = folder.join(self.at_home(path));
            let letters = normal(&joined);
            let linked = self.climbed(&joined).filter(|linked| *linked != letters);
            found.push(letters);
            found.extend(linked);
        }
        found
    }

    /// Where a path leads when each `..` leaves the folder that what stands before it really is; none without such a `..`.
    fn climbed(&self, path: &Path) -> Option<PathBuf> {
        let mut climbed = PathBuf::new();
        let (mut named, mut any) = (false, false);
        for part in path.components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir => {
                    if named {
                        climbed = self.ground.world.real(&climbed).unwrap_or(climbed);
                        (named, any) = (false, true);
                    }
                    climbed.pop();
                }
                part => {
                    named |= matches!(part, Component::Normal(_));
                    climbed.push(part);
                }
            }
        }
        any.then_some(climbed)
    }

    /// The line can only be in the folder where it began.
    pub(crate) fn unmoved(&self) -> bool {
        self.all.len() == 1
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
