//! The files of the workspace, for names behind `@`: which there are, looked up on threads of their own. None is read, and nobody waits
//! for a slow disk longer than [`PATIENCE`].

use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ignore::WalkBuilder;

/// Names kept: more are no help behind `@`, and take memory.
const MOST: usize = 50_000;
/// How long one waits to hear whether a file is there. A folder of the net that does not answer has none.
const PATIENCE: Duration = Duration::from_millis(100);
/// A list younger than this, in milliseconds, is not made anew.
const FRESH_MS: u64 = 5_000;

/// What there is to complete behind `@`.
pub(crate) trait Files: Send + Sync {
    /// What is known by now: paths relative to the workspace, folders with a `/` at their end, sorted. Never waits.
    fn list(&self) -> Arc<[String]>;

    /// Looks again, beside everything else, where the last look is some seconds old.
    fn refresh(&self, now_ms: u64);

    /// A look is under way.
    fn walking(&self) -> bool {
        false
    }

    /// The name of an existing file, as far as that is known within a moment: relative to the workspace where it lies in it, else absolute. Without it no word names an image.
    fn name(&self, path: &Path) -> Option<String> {
        let _ = path;
        None
    }
}

/// The files below a folder that are neither hidden nor ignored (`.gitignore`, `.ignore`), looked up on a thread of its own.
pub(crate) struct Walk {
    root: PathBuf,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    found: Mutex<Found>,
    /// Nobody waits any more.
    is_over: AtomicBool,
    /// Somebody was asked whether a file is there and has not answered: nobody else is sent to the same disk.
    is_stuck: AtomicBool,
}

struct Found {
    list: Arc<[String]>,
    began_ms: Option<u64>,
    is_looking: bool,
}

impl Default for Found {
    fn default() -> Self {
        Self { list: Arc::from([]), began_ms: None, is_looking: false }
    }
}

impl State {
    /// A value is put in at once and whole, so a thread that panicked left none half done.
    fn found(&self) -> std::sync::MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Walk {
    /// Of the workspace at `root`, an absolute path. Nothing is looked up before the first [`Files::refresh`].
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), state: Arc::default() }
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        self.state.is_over.store(true, Ordering::Relaxed);
    }
}

impl Files for Walk {
    fn list(&self) -> Arc<[String]> {
        Arc::clone(&self.state.found().list)
    }

    fn refresh(&self, now_ms: u64) {
        {
            let mut found = self.state.found();
            let is_fresh = found.began_ms.is_some_and(|began| now_ms.saturating_sub(began) < FRESH_MS);
            if found.is_looking || is_fresh {
                return;
            }
            found.is_looking = true;
            found.began_ms = Some(now_ms);
        }
        let (state, root) = (Arc::clone(&self.state), self.root.clone());
        let look = move || {
            let list = look(&root, &state.is_over);
            let mut found = state.found();
            found.is_looking = false;
            // The same list stays the same one: who has it sees that nothing changed.
            if *found.list != *list {
                found.list = list.into();
            }
        };
        if std::thread::Builder::new().name("files".to_owned()).spawn(look).is_err() {
            // No thread, no names: the next look may have one.
            self.state.found().is_looking = false;
        }
    }

    fn walking(&self) -> bool {
        self.state.found().is_looking
    }

    fn name(&self, path: &Path) -> Option<String> {
        let whole = self.root.join(path);
        let is_plain = whole.components().all(|part| !matches!(part, Component::ParentDir));
        let inside = whole.strip_prefix(&self.root).ok().filter(|_| is_plain);
        let name = spelled(inside.unwrap_or(&whole));
        // What is ignored or lies elsewhere is in no list.
        let is_listed = inside.is_some() && self.list().binary_search(&name).is_ok();
        (is_listed || self.is_file(whole)).then_some(name)
    }
}

impl Walk {
    /// Whether there is such a file, asked on a thread of its own.
    fn is_file(&self, path: PathBuf) -> bool {
        self.ask(move || path.is_file())
    }

    /// The answer to a question that may take long; false where none comes in time, or one before it did not come yet.
    fn ask(&self, question: impl FnOnce() -> bool + Send + 'static) -> bool {
        if self.state.is_stuck.swap(true, Ordering::AcqRel) {
            return false;
        }
        let state = Arc::clone(&self.state);
        let (tell, answer) = sync_channel(1);
        let look = move || {
            let is_there = question();
            state.is_stuck.store(false, Ordering::Release);
            tell.send(is_there).ok();
        };
        if std::thread::Builder::new().name("file".to_owned()).spawn(look).is_err() {
            self.state.is_stuck.store(false, Ordering::Release);
        }
        answer.recv_timeout(PATIENCE).unwrap_or(false)
    }
}

/// With `/` between the parts on every system.
fn spelled(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}

/// All names below a folder, sorted. What cannot be read is left out, as is what a line cannot hold.
fn look(root: &Path, is_over: &AtomicBool) -> Vec<String> {
    // Ignore files count outside of a git repository too.
    let walk = WalkBuilder::new(root).require_git(false).sort_by_file_name(std::ffi::OsStr::cmp).build();
    let mut list = Vec::new();
    for entry in walk.flatten() {
        if list.len() >= MOST || is_over.load(Ordering::Relaxed) {
            break;
        }
        let Some(kind) = entry.file_type() else { continue };
        let Some(name) = entry.path().strip_prefix(root).ok().filter(|path| path.to_str().is_some()) else { continue };
        let mut name = spelled(name);
        if name.is_empty() || name.contains(|c: char| c.is_control() || c == '"') {
            continue;
        }
        if kind.is_dir() {
            name.push('/');
        }
        list.push(name);
    }
    list.sort_unstable();
    list
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
