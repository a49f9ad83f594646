//! The gateway through real sockets: clients on one side, upstreams that do what they are told on the other.

#![allow(clippy::disallowed_methods, reason = "tests open real sockets")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod client;
mod concurrency;
mod disconnect;
mod failover;
mod faults;
mod limits;
mod pass;
mod rig;
mod shutdown;
mod silence;
mod translate;
mod transparency;
mod upstream;
mod words;
