//! What git says about the workspace. The real git, with everything switched off by which a repository could make it run
//! other programs.

mod command;
mod diff;
mod status;

pub(crate) use diff::GitDiff;
pub(crate) use status::GitStatus;
