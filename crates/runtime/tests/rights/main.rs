//! What agents may do, through the real runtime: real files and processes, a store on disk, providers played over HTTP, and a person
//! who answers as the test says.
#![allow(clippy::disallowed_methods, reason = "tests touch real files")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod alone;
mod asking;
mod live;
mod peers;
mod stage;
mod stored;
mod trace;
