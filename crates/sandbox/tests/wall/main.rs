//! The wall as it is: real bubblewrap, real kernel, real files, real processes.
#![allow(clippy::disallowed_methods, reason = "tests touch real files and start real processes")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that finds something else fails")]
#![cfg(target_os = "linux")]
#![forbid(unsafe_code)]

mod cleanup;
mod corpus;
mod denials;
mod escapes;
mod ground;
mod known_holes;
mod ladder;
mod matrix;
mod network;
mod processes;
mod tools;
