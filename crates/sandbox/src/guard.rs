//! What has to be done behind a command.
#![expect(clippy::disallowed_methods, reason = "puts links back")]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::nested;
use crate::points::Held;
use crate::report::Report;
use crate::snapshot::{Link, same_name};
use crate::stage::READY;

/// Something that the wall kept a command from, as far as the wall saw it: what a command says of itself is no evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denial {
    /// What was put at this place was taken away again.
    Path {
        /// Where.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The proxy did not let it through.
    Host {
        /// The host that was asked for.
        host: String,
        /// The port.
        port: u16,
    },
}

/// How a command ended, as the wall sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Whether the command was started at all; if not, why the wall did not come up. What it printed then is bubblewrap's.
    pub started: Result<(), String>,
    /// What it was kept from.
    pub denials: Vec<Denial>,
    /// What else the user should know: what was renamed, and what could not be looked at.
    pub notices: Vec<String>,
}

/// Takes down denials while a command runs.
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Vec<Denial>>>);

impl Recorder {
    /// The proxy did not let this through.
    pub fn host(&self, host: &str, port: u16) {
        let denial = Denial::Host { host: host.to_owned(), port };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(denial);
    }

    fn take(&self) -> Vec<Denial> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What was there before a command and is compared afterwards.
#[derive(Debug)]
pub(crate) struct Before {
    /// The workspace and whatever else may be written; none when nothing may.
    pub(crate) roots: Vec<PathBuf>,
    /// Protected names that are links.
    pub(crate) links: Vec<Link>,
    /// First parts of protected names.
    pub(crate) tops: Vec<OsString>,
    /// Everything at the top of a root that has such a name, in whatever case.
    pub(crate) named: Vec<PathBuf>,
}

/// Cleans up behind a command: [`Guard::finish`] when it has ended, or dropping it.
#[derive(Debug)]
pub struct Guard {
    report: Report,
    before: Before,
    held: Option<Held>,
    recorder: Recorder,
    finished: bool,
}

impl Guard {
    pub(crate) fn new(report: Report, before: Before, held: Held) -> Self {
        Self { report, before, held: Some(held), recorder: Recorder::default(), finished: false }
    }

    /// For whoever sees denials while the command runs: the proxy.
    #[must_use]
    pub fn recorder(&self) -> Recorder {
        self.recorder.clone()
    }

    /// To be called when the command has ended and all its processes with it. It reads and walks the workspace: some
    /// milliseconds, more where there are tens of thousands of files.
    #[must_use]
    pub fn finish(mut self) -> Ended {
        self.end()
    }

    fn end(&mut self) -> Ended {
        self.finished = true;
        let reported = self.report.read();
        // First what was put beside the mount points, then the points themselves.
        let mut moved: Vec<(PathBuf, String)> = Vec::new();
        for root in &self.before.roots {
            moved.extend(links_back(root, &self.before.links));
            moved.extend(strangers(root, &self.before));
        }
        drop(self.held.take());
        let mut notices: Vec<String> = moved.iter().map(|(_, notice)| notice.clone()).collect();
        let mut denials = self.recorder.take();
        denials.extend(moved.into_iter().map(|(path, why)| Denial::Path { path, why }));
        for root in &self.before.roots {
            for (path, notice) in nested::quarantine(root, self.report.since) {
                denials.extend(path.map(|path| Denial::Path { path, why: notice.clone() }));
                notices.push(notice);
            }
        }
        Ended { started: came_up(&reported), denials, notices }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.finished {
            let _ = self.end();
        }
    }
}

fn came_up(reported: &str) -> Result<(), String> {
    if let Some(why) = reported.lines().find_map(|line| line.strip_prefix("failed ")) {
        return Err(why.to_owned());
    }
    if reported.lines().any(|line| line == READY) {
        return Ok(());
    }
    Err("bubblewrap could not build it; what it said stands in the output".to_owned())
}

/// A protected name that is a link has to be the same link as before.
fn links_back(root: &Path, links: &[Link]) -> Vec<(PathBuf, String)> {
    let mut moved = Vec::new();
    for link in links.iter().filter(|link| link.path.starts_with(root)) {
        if fs::read_link(&link.path).is_ok_and(|target| target == link.target) {
            continue;
        }
        let why = "a command replaced a protected link";
        let notice = if fs::symlink_metadata(&link.path).is_ok() {
            nested::set_aside(root, &link.path, why)
        } else {
            format!("{} was put back: a command removed a protected link", link.path.display())
        };
        let back = std::os::unix::fs::symlink(&link.target, &link.path);
        let failed = back.err().map(|error| format!(" (it could not be put back: {error})")).unwrap_or_default();
        moved.push((link.path.clone(), notice + &failed));
    }
    moved
}

/// Names that a file system which ignores case takes for protected ones, and that were not there before.
fn strangers(root: &Path, before: &Before) -> Vec<(PathBuf, String)> {
    let Ok(listing) = fs::read_dir(root) else { return Vec::new() };
    let protected = |name: &OsString| before.tops.iter().any(|top| same_name(top, name));
    let found = listing.flatten().filter(|entry| protected(&entry.file_name())).map(|entry| entry.path());
    let new: Vec<PathBuf> = found.filter(|path| !before.named.contains(path)).collect();
    let set_aside = |path: PathBuf| {
        let notice = nested::set_aside(root, &path, "a command made it, and its name is protected in every case");
        (path, notice)
    };
    new.into_iter().map(set_aside).collect()
}
