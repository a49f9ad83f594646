//! The sandbox of a session: opened once, asked for every command.
#![expect(
    clippy::disallowed_methods,
    reason = "looks at folders, copies the stage out of a workspace that it is built in"
)]

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::arguments::{self, Command};
use crate::folders::Folders;
use crate::guard::{Before, Guard};
use crate::ladder::{Ladder, Unavailable};
use crate::mode::Mode;
use crate::nested;
use crate::points;
use crate::probe::{Machine, climb};
use crate::profile::{Network, Profile};
use crate::report::Report;
use crate::snapshot::{self, Snapshot};

/// The wall around a session's commands.
#[derive(Debug)]
pub struct Sandbox {
    profile: Profile,
    bwrap: PathBuf,
    folders: Folders,
    /// Nested repositories that were there when the session began.
    nested: Vec<PathBuf>,
}

/// How to start a command inside.
#[derive(Debug)]
pub struct Prepared {
    /// bubblewrap.
    pub program: PathBuf,
    /// Its arguments, with the command at their end.
    pub arguments: Vec<OsString>,
    /// The whole environment that bubblewrap itself is to be started with; the command's own stands in the arguments.
    pub environment: Vec<(String, String)>,
    /// The folder to start it in.
    pub folder: PathBuf,
    /// To be kept until all processes of the command have ended.
    pub guard: Guard,
}

/// A command cannot be started inside.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It was to run in a folder that is none of the session's.
    #[error("{0} lies outside of the workspace: commands run in it or in a folder below it")]
    Folder(PathBuf),
    /// No command was given.
    #[error("there is no command to run")]
    Empty,
    /// An argument or a variable cannot be handed over.
    #[error("{0} holds a NUL character, which no command can be given")]
    Nul(&'static str),
    /// What has to be there around a command could not be made.
    #[error("the sandbox cannot be set up for this command: {0}")]
    SetUp(#[source] io::Error),
}

impl Sandbox {
    /// Tests that there can be a wall on this machine, and cleans up what killed processes have left.
    ///
    /// # Errors
    /// When there can be none, with the steps that were tried and what to do. Also for a mode that has none.
    pub fn open(profile: Profile) -> Result<Self, Unavailable> {
        Self::open_on(profile, &Machine::default())
    }

    /// The same on a machine that keeps its programs elsewhere.
    ///
    /// # Errors
    /// As [`Sandbox::open`].
    pub fn open_on(mut profile: Profile, machine: &Machine) -> Result<Self, Unavailable> {
        check(&profile)?;
        let set_up = |error: &dyn std::fmt::Display| {
            unavailable("folders", error.to_string(), "make the place writable for you, or name another state folder")
        };
        profile.root = fs::canonicalize(&profile.root).map_err(|error| set_up(&error))?;
        let folders = Folders::open(&profile.state).map_err(|error| set_up(&error))?;
        fs::create_dir_all(&profile.session_tmp).map_err(|error| set_up(&error))?;
        points::sweep(&folders).map_err(|error| set_up(&error))?;
        profile.stage.program = safe_stage(&profile, &folders).map_err(|error| set_up(&error))?;
        let found = climb(&profile, machine, true)?;
        let nested = if profile.mode == Mode::ReadOnly { Vec::new() } else { nested::to_mount(&profile.root) };
        Ok(Self { profile, bwrap: found.bwrap, folders, nested })
    }

    /// The profile as it is enforced.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Makes ready what a command needs. `line` is the program with its arguments, `folder` where it runs, `environment` all
    /// that it gets.
    ///
    /// # Errors
    /// When the folder is not the session's, or when something around the command cannot be made.
    pub fn prepare(
        &self,
        line: &[OsString],
        folder: &Path,
        environment: &[(String, String)],
    ) -> Result<Prepared, Refused> {
        if line.is_empty() {
            return Err(Refused::Empty);
        }
        if line.iter().any(|word| word.as_encoded_bytes().contains(&0)) {
            return Err(Refused::Nul("the command"));
        }
        if environment.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(Refused::Nul("the environment"));
        }
        let folder = self.within(folder)?;
        let (mut found, held) =
            points::hold(&self.folders, |points| snapshot::take(&self.profile, points)).map_err(Refused::SetUp)?;
        let mountable = |path: &&PathBuf| fs::symlink_metadata(path).is_ok_and(|kind| !kind.is_symlink());
        found.nested = self.nested.iter().filter(mountable).cloned().collect();
        let report = Report::new(&self.profile.session_tmp).map_err(Refused::SetUp)?;
        let command = Command {
            line,
            folder: &folder,
            environment,
            stage: &self.profile.stage.program,
            report: &report.inside(),
            tmp: &self.profile.session_tmp,
        };
        let arguments = arguments::arguments(&self.profile, &found, &command);
        let guard = Guard::new(report, self.before(found), held);
        let environment = environment.iter().filter(|(name, _)| name.starts_with("TANDEM_")).cloned().collect();
        Ok(Prepared { program: self.bwrap.clone(), arguments, environment, folder: "/".into(), guard })
    }

    /// By where a path leads, not by how it is written.
    fn within(&self, folder: &Path) -> Result<PathBuf, Refused> {
        let outside = || Refused::Folder(folder.to_owned());
        let real = fs::canonicalize(folder).map_err(|_| outside())?;
        let profile = &self.profile;
        let mut ours = [&profile.root].into_iter().chain(&profile.writable).chain(&profile.readable);
        let inside = |ours: &PathBuf| fs::canonicalize(ours).is_ok_and(|ours| real.starts_with(ours));
        if ours.any(inside) { Ok(real) } else { Err(outside()) }
    }

    fn before(&self, found: Snapshot) -> Before {
        let tops = self.profile.protected.iter().filter_map(|name| snapshot::top(name)).collect();
        let mut named = found.protected;
        named.extend(found.absent);
        named.extend(found.links.iter().map(|link| link.path.clone()));
        Before { roots: found.writable, links: found.links, tops, named }
    }
}

/// What no wall can be built from.
fn check(profile: &Profile) -> Result<(), Unavailable> {
    if profile.mode == Mode::Off {
        return Err(unavailable("mode", "off".to_owned(), "choose read-only, workspace or workspace+net(HOST,...)"));
    }
    let proxy = matches!(profile.network, Network::Proxy { .. });
    if matches!(profile.mode, Mode::WorkspaceNet(_)) != proxy {
        let found = format!("mode {} does not go with network {:?}", profile.mode, profile.network);
        return Err(unavailable("mode", found, "this is an error of the program: report it"));
    }
    let roots = [&profile.root].into_iter().chain(&profile.writable);
    for root in roots {
        let real = fs::canonicalize(root).unwrap_or_else(|_| root.clone());
        if real.parent().is_none()
            || ["/tmp", "/run", "/proc", "/dev", "/sys", "/etc", "/usr", "/var"]
                .iter()
                .any(|top| real == Path::new(top))
        {
            let found = format!("{} is a folder of the system", real.display());
            return Err(unavailable("workspace", found, "start the agent in a folder of your own"));
        }
        if real.starts_with("/proc") || real.starts_with("/dev") || real.starts_with("/sys") {
            let found = format!("{} is no folder of a file system", real.display());
            return Err(unavailable("workspace", found, "start the agent in a folder of your own"));
        }
    }
    Ok(())
}

fn unavailable(name: &'static str, found: String, fix: &str) -> Unavailable {
    let mut ladder = Ladder::default();
    ladder.down(name, found, fix);
    Unavailable { ladder }
}

/// The stage must not be a file that commands can write: one that lies in the workspace, because it is built there, is copied
/// out of it.
fn safe_stage(profile: &Profile, folders: &Folders) -> io::Result<PathBuf> {
    let program = fs::canonicalize(&profile.stage.program)?;
    let mut roots = [&profile.root].into_iter().chain(&profile.writable);
    let written = roots.any(|root| fs::canonicalize(root).is_ok_and(|root| program.starts_with(root)));
    if !written {
        return Ok(program);
    }
    let copy = folders.own.join(format!("stage-{}", crate::folders::unique()));
    fs::copy(&program, &copy)?;
    Ok(copy)
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if self.profile.stage.program.starts_with(&self.folders.own) {
            let _ = fs::remove_file(&self.profile.stage.program);
        }
    }
}
