//! The tools through their public face: real files, real processes, real git.
#![allow(clippy::disallowed_methods, reason = "tests touch real files and processes")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod agents;
mod edit;
mod git;
mod paths;
mod read;
mod safety_agents_own_files;
mod safety_git;
mod safety_paths;
mod safety_special;
mod search;
mod shell;
mod support;
mod write;
