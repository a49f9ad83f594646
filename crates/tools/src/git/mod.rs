//! What git says about the workspace. The real git, with everything switched off by which a repository could make it run
//! other programs.

mod command;
mod commit;
mod commit_tool;
mod diff;
mod range;
mod status;
mod tame;

pub use commit::{Commit, commit};
pub(crate) use commit_tool::GitCommit;
pub(crate) use diff::GitDiff;
pub use range::{DiffOf, RangeError, diff_of};
pub(crate) use status::GitStatus;
