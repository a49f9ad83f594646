//! What a chat needs of a session beside turns: images, plan mode, a person's own commands, whole results, reviews, the saving so far.
//! Through the real runtime: real files, processes and git, a store on disk, and models played over HTTP.
#![allow(clippy::disallowed_methods, reason = "tests touch real files")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod images;
mod plan;
mod results;
mod review;
mod review_limits;
mod saving;
mod shell;
mod stage;
