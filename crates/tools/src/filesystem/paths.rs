//! Which file a model means, and words for when there is none.

use std::fs::File;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::filesystem::beneath::Base;
use crate::filesystem::{guard, walk};
use crate::session::SessionTools;
use crate::tool::{ToolContext, ToolError};

/// What a path is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Reading: beneath the workspace, or the session's own folder of long output.
    Read,
    /// Changing: beneath the workspace only.
    Write,
}

/// A path that was checked to lie beneath a base, by its letters. The file behind it is opened through [`Workspace`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// As it is shown: relative to the workspace (`.` for itself), absolute in the folder of long output.
    pub(crate) shown: String,
    /// Relative to its base, without `.` and `..`.
    pub(crate) relative: PathBuf,
    in_output: bool,
}

/// Places beneath the workspace that no tool shows, relative to it.
pub(crate) fn hidden_places(session: &SessionTools) -> Vec<PathBuf> {
    let home = session.environment().iter().find(|(name, _)| name == "HOME").map(|(_, value)| PathBuf::from(value));
    let kept = session.sandbox().map_or(&[][..], |sandbox| &sandbox.profile().hidden);
    guard::hidden(session.root(), home.as_deref(), kept)
}

/// The workspace's folder, opened, with the folder of long output beside it.
pub(crate) struct Workspace {
    root: Base,
    output: Base,
    /// Places with credentials, and those that the user hides from commands, relative to the root.
    hidden: Vec<PathBuf>,
}

impl Workspace {
    /// Opens both folders.
    ///
    /// # Errors
    /// Fatal: without the workspace nothing works.
    pub(crate) fn open(context: &ToolContext) -> Result<Self, ToolError> {
        let open = |path: &Path| {
            Base::open(path).map_err(|error| {
                ToolError::Fatal(format!("the folder {} cannot be opened any more: {error}", path.display()))
            })
        };
        let hidden = hidden_places(&context.session);
        Ok(Self { root: open(&context.root)?, output: open(context.session.output_dir())?, hidden })
    }

    /// Places beneath the workspace that no tool shows, relative to it: credentials of the user's, and what they hide besides.
    pub(crate) fn hidden(&self) -> &[PathBuf] {
        &self.hidden
    }

    /// A walk beneath a folder, hidden places left out.
    pub(crate) fn walk(&self, folder: &Path) -> ignore::WalkBuilder {
        walk::walk(folder, self.hidden.iter().map(|place| self.root.path.join(place)).collect())
    }

    /// The workspace's folder.
    pub(crate) fn root(&self) -> &Base {
        &self.root
    }

    /// The folder that a place is beneath.
    pub(crate) fn base(&self, place: &Place) -> &Base {
        if place.in_output { &self.output } else { &self.root }
    }

    /// The place of the workspace itself.
    pub(crate) fn top(&self) -> Place {
        Place { shown: ".".to_owned(), relative: PathBuf::new(), in_output: false }
    }

    /// Reads a path as a model wrote it: relative to the workspace, or absolute and inside.
    pub(crate) fn place(&self, given: &str, purpose: Purpose) -> Result<Place, ToolError> {
        if given.is_empty() || given.contains('\0') {
            return Err(ToolError::RespondToModel(format!(
                "path {given:?} is empty or holds a NUL; give a path relative to {}",
                self.root.path.display()
            )));
        }
        let path = Path::new(given);
        if !path.is_absolute() {
            let relative = tidy(path).ok_or_else(|| self.leaves(given, purpose))?;
            return self.inside(relative);
        }
        // Absolute: perhaps spelled through a symlink above the workspace.
        let spelled = tidy(path).unwrap_or_default();
        let spelled = Path::new("/").join(spelled);
        for candidate in [Some(spelled.clone()), resolved(&spelled)].into_iter().flatten() {
            if let Ok(relative) = candidate.strip_prefix(&self.root.path) {
                return self.inside(relative.to_owned());
            }
            if let (Purpose::Read, Ok(relative)) = (purpose, candidate.strip_prefix(&self.output.path)) {
                let shown = candidate.display().to_string();
                return Ok(Place { shown, relative: relative.to_owned(), in_output: true });
            }
        }
        Err(self.leaves(given, purpose))
    }

    fn inside(&self, relative: PathBuf) -> Result<Place, ToolError> {
        let shown = if relative.as_os_str().is_empty() { ".".to_owned() } else { relative.display().to_string() };
        if !self.hidden.is_empty() {
            // What cannot be resolved cannot be opened either.
            let real = self.root.real(&relative).unwrap_or_else(|_| relative.clone());
            if self.hidden.iter().any(|hidden| relative.starts_with(hidden) || real.starts_with(hidden)) {
                return Err(ToolError::RespondToModel(format!(
                    "{shown} is a place for the user's credentials, or one that `sandbox.hidden` in their policy.yaml names, which no \
                     tool reads or writes; work without it, or ask the user"
                )));
            }
        }
        Ok(Place { shown, relative, in_output: false })
    }

    fn leaves(&self, given: &str, purpose: Purpose) -> ToolError {
        let verb = if purpose == Purpose::Read { "read" } else { "written" };
        ToolError::RespondToModel(format!(
            "path {given} leaves the workspace {}; only files beneath it can be {verb}",
            self.root.path.display()
        ))
    }

    /// Opens for reading. Never blocks on a pipe or a device: the caller checks what kind of file it is.
    pub(crate) fn open_file(&self, place: &Place) -> Result<File, Errno> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        self.base(place).open_at(&place.relative, flags, Mode::empty()).map(File::from)
    }

    /// The absolute path of a folder to search, its symlinks resolved; it is inside.
    pub(crate) fn folder(&self, place: &Place) -> Result<PathBuf, ToolError> {
        let base = self.base(place);
        let real = base.real(&place.relative).map_err(|error| self.explain(place, Purpose::Read, error))?;
        let path = base.path.join(real);
        if path.exists() { Ok(path) } else { Err(self.explain(place, Purpose::Read, Errno::NOENT)) }
    }

    /// Words for the model about a path that could not be opened; near names where it does not exist.
    pub(crate) fn explain(&self, place: &Place, purpose: Purpose, error: Errno) -> ToolError {
        let shown = &place.shown;
        let text = match error {
            Errno::XDEV => return self.leaves(&format!("{shown} (a symlink)"), purpose),
            Errno::NOENT => {
                let near = walk::similar_files(&self.root.path, self.walk(&self.root.path), shown);
                match near.as_slice() {
                    [] => format!("{shown} does not exist in {}; use list or glob", self.root.path.display()),
                    near => format!("{shown} does not exist; did you mean {}?", near.join(", ")),
                }
            }
            Errno::NOTDIR => format!("{shown}: a part of the path before the last is a file, not a folder"),
            Errno::LOOP => format!("{shown} is a symlink that leads in a circle, or a magic link"),
            Errno::ACCESS | Errno::PERM => format!("{shown}: permission denied by the system"),
            Errno::NAMETOOLONG => format!("{shown}: the name is too long"),
            error => format!("{shown} cannot be opened: {error}"),
        };
        ToolError::RespondToModel(text)
    }
}

/// Takes `.` and `..` out of a path by its letters. None when it climbs out of where it began.
fn tidy(path: &Path) -> Option<PathBuf> {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => tidy.push(name),
            Component::ParentDir => {
                if !tidy.pop() {
                    return None;
                }
            }
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    Some(tidy)
}

/// An absolute path with its symlinks resolved as far as it exists.
fn resolved(path: &Path) -> Option<PathBuf> {
    let existing = path.ancestors().find(|ancestor| ancestor.exists())?;
    let rest = path.strip_prefix(existing).ok()?;
    Some(existing.canonicalize().ok()?.join(rest))
}
