//! What a session's commands may do.

use std::path::PathBuf;

use crate::mode::Mode;

/// What the commands of a session may write, see and reach. All paths are absolute; those that lie below others win.
#[derive(Clone, Debug)]
pub struct Profile {
    /// How far they may go.
    pub mode: Mode,
    /// The workspace.
    pub root: PathBuf,
    /// Folders besides the workspace that may be written, from the session's start and never from a call.
    pub writable: Vec<PathBuf>,
    /// Files and folders that have to be seen although they lie below `/tmp`, `/run` or a hidden place.
    pub readable: Vec<PathBuf>,
    /// Names beneath the workspace that are never written, whether they are there or not (see [`crate::places`]).
    pub protected: Vec<PathBuf>,
    /// Credentials: files and folders that are not seen.
    pub hidden: Vec<PathBuf>,
    /// What network there is.
    pub network: Network,
    /// The session's own temporary folder. Commands see it as `/tmp`; it outlives a command. Whoever made it removes it.
    pub session_tmp: PathBuf,
    /// Our state folder: records of mount points and the result of the self-test lie in it. Commands never see it.
    pub state: PathBuf,
    /// The program that sets the second wall from within.
    pub stage: Stage,
    /// Limits on what a command uses.
    pub limits: Limits,
}

/// What network a command finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    /// No sockets but pairs.
    None,
    /// A network of its own with nothing in it: a test may serve to itself, nothing outside can be reached.
    Loopback,
    /// As `Loopback`, with a way out through our proxy on this UNIX socket.
    Proxy {
        /// Where the proxy listens on the host.
        socket: PathBuf,
    },
}

impl Network {
    /// What fits a mode that asks for no hosts.
    #[must_use]
    pub fn usual(mode: &Mode) -> Self {
        if *mode == Mode::ReadOnly { Self::None } else { Self::Loopback }
    }
}

/// How the stage is started: our own program again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The program, absolute.
    pub program: PathBuf,
    /// What makes it the stage: `__stage`.
    pub first: Vec<String>,
    /// What makes it the bridge to the proxy: `__netbridge`.
    pub bridge: Vec<String>,
}

/// Limits of the kernel on each process of a command. None leaves what there is. No core is ever dumped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Open files.
    pub open_files: Option<u64>,
    /// Processes of this user, in and outside: too low a number hits the user's other programs.
    pub processes: Option<u64>,
    /// Bytes of address space.
    pub memory: Option<u64>,
    /// Bytes of one file.
    pub file_size: Option<u64>,
}
