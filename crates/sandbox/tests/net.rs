//! The network of commands: the proxy, and the bridge inside a real sandbox.

#![allow(clippy::disallowed_methods, reason = "tests open real sockets and start real programs")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "helpers of tests")]

#[path = "net/folder.rs"]
mod folder;
#[path = "net/inside.rs"]
mod inside;
#[path = "net/plain.rs"]
mod plain;
#[path = "net/refusals.rs"]
mod refusals;
#[path = "net/rig.rs"]
mod rig;
#[path = "net/tunnels.rs"]
mod tunnels;
