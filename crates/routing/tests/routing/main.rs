//! The policy file and the monitor, as others use them.
#![allow(clippy::disallowed_methods, reason = "tests touch real files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod documents;
mod files;
mod mistakes;
mod properties;
mod sequences;
mod steps;
