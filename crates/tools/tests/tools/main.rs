//! The tools through their public face: real files, real processes, real git.
#![allow(clippy::disallowed_methods, reason = "tests touch real files and processes")]

mod agents;
mod edit;
mod git;
mod paths;
mod read;
mod search;
mod shell;
mod support;
mod write;
