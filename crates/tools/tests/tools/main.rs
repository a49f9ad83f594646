//! The tools through their public face: real files, real processes, real git.
#![allow(clippy::disallowed_methods, reason = "tests touch real files and processes")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod agents;
mod edit;
mod git;
mod paths;
mod read;
mod search;
mod shell;
mod support;
mod write;
