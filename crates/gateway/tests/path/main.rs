//! The gateway through real sockets: clients on one side, upstreams that do what they are told on the other.

#![allow(clippy::disallowed_methods, reason = "tests open real sockets")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(dead_code, reason = "the modules serve other tests too")]

mod client;
mod concurrency;
mod cost;
mod disconnect;
mod failover;
mod faults;
mod limits;
mod pass;
mod rig;
mod shield;
mod shutdown;
mod silence;
mod translate;
mod transparency;
mod upstream;
mod words;
