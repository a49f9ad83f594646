//! Running commands: in a session of their own, without a terminal, within a time, with output that is capped for the
//! transcript and kept whole in a file.

mod bash;
mod capture;
pub(crate) mod check;
pub(crate) mod child;
pub(crate) mod environment;
pub(crate) mod person;
pub(crate) mod processes;
mod processes_tool;
pub(crate) mod wall;

pub(crate) use bash::Bash;
pub(crate) use processes_tool::ProcessesTool;

/// `1.2 s`.
pub(crate) fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1_000, ms % 1_000 / 100)
}
