//! What can go wrong before the first request.

use std::io;
use std::path::PathBuf;

/// The proxy or its bridge cannot be started. Commands then have no network at all.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The folder of the socket is not safe, or cannot be made.
    #[error("network proxy: {}: {why}. The folder has to be a real one, owned by you and closed to others (0700)", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The socket cannot be opened.
    #[error("network proxy: {}: no socket can be opened there: {source}", socket.display())]
    Socket {
        /// The socket.
        socket: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no async runtime to run it in.
    #[error("network proxy: it was started outside of the async runtime")]
    Runtime,
    /// The bridge inside the sandbox does not come up.
    #[error("network bridge: {step}: {source}. Commands have no network")]
    Bridge {
        /// What was being done.
        step: &'static str,
        /// What the system said.
        source: io::Error,
    },
}
