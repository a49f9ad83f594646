//! The machine as the judge of commands asks for it: where names and paths lead.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use permissions::{Program, World};

/// Programs of this machine, on the search path that commands get.
#[derive(Debug)]
pub struct Machine {
    folders: Vec<PathBuf>,
    root: PathBuf,
    user: u32,
}

impl Machine {
    /// `path` as in `PATH`; nothing in `root`, the workspace, counts as a program of somebody's.
    pub fn new(path: &str, root: &Path) -> Self {
        Self {
            folders: path.split(':').filter(|folder| folder.starts_with('/')).map(PathBuf::from).collect(),
            root: root.to_owned(),
            user: rustix::process::geteuid().as_raw(),
        }
    }

    /// Who can change a file, its folder counted: nobody but root, this user too, or others.
    fn owner(&self, file: &Path) -> Owner {
        let real = match std::fs::canonicalize(file) {
            Ok(real) if !real.starts_with(&self.root) && !file.starts_with(&self.root) => real,
            _ => return Owner::Others,
        };
        let folders = [file.parent(), real.parent()];
        let places = folders.into_iter().flatten().chain([real.as_path()]);
        places.map(|place| self.owner_of(place)).max().unwrap_or(Owner::Others)
    }

    fn owner_of(&self, place: &Path) -> Owner {
        let Ok(about) = std::fs::metadata(place) else { return Owner::Others };
        let writable = about.mode() & 0o022 != 0;
        match about.uid() {
            _ if writable && about.gid() != 0 => Owner::Others,
            _ if about.mode() & 0o002 != 0 => Owner::Others,
            0 => Owner::Root,
            user if user == self.user => Owner::User,
            _ => Owner::Others,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Root,
    User,
    Others,
}

impl World for Machine {
    fn program(&self, name: &str) -> Program {
        let runs =
            |file: &PathBuf| std::fs::metadata(file).is_ok_and(|about| about.is_file() && about.mode() & 0o111 != 0);
        match self.folders.iter().map(|folder| folder.join(name)).find(runs) {
            None => Program::Missing,
            Some(file) => match self.owner(&file) {
                Owner::Root => Program::System,
                Owner::User => Program::Own(file),
                Owner::Others => Program::Foreign(file),
            },
        }
    }

    fn real(&self, path: &Path) -> Option<PathBuf> {
        // What does not exist yet leads where its folder leads.
        let mut missing = PathBuf::new();
        let mut there = path;
        loop {
            if let Ok(real) = std::fs::canonicalize(there) {
                return Some(if missing.as_os_str().is_empty() { real } else { real.join(missing) });
            }
            let name = there.file_name()?;
            missing = Path::new(name).join(&missing);
            there = there.parent()?;
        }
    }
}
