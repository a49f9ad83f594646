//! The wall around commands: what a command may write, see and reach, enforced by the kernel and not by reading the command.
//! It turns a profile into a start of bubblewrap, sets a second wall from within, tests both by trying to break out, and
//! cleans up behind each command. It judges no command (`permissions` does), and it starts none (`tools` does).
#![forbid(unsafe_code)]

mod arguments;
mod cache;
mod folders;
mod guard;
pub mod harden;
mod ladder;
mod mode;
mod nested;
pub mod net;
mod points;
pub mod probe;
mod profile;
mod report;
mod sandbox;
pub mod seatbelt;
#[cfg(target_os = "linux")]
mod seccomp;
mod snapshot;
mod sockets;
pub mod stage;
mod trial;

pub use arguments::{Command, arguments};
pub use guard::{Denial, Ended, Guard, Recorder};
pub use ladder::{Ladder, Step, Unavailable};
pub use mode::{BadMode, Mode};
pub use profile::{Limits, Network, Profile, Stage};
pub use sandbox::{Prepared, Refused, Sandbox};
pub use snapshot::Snapshot;
