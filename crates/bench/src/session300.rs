//! The figure `session300`: one session of 300 steps with five compactions, played by the real runtime against the simulator,
//! with a store on disk, HTTP on loopback and files that are read and changed. Does a long session stay as cheap, as fast and as
//! small as it began?
//!
//! - A turn is ten steps: eight files are read, each of which names the next, the last is changed, the answer is given, and the
//!   team's check is run on the change. What is said next follows from what was told last, never from the number of messages,
//!   so that a window that was closed is played on.
//! - Sizes are chosen so that a window takes 50 steps: it is closed at the first turn that begins beyond `at_tokens`. Both
//!   stretches that are compared, steps 51 to 100 and the last 50, are then a whole window with the compaction that opened it:
//!   dollars, seconds and memory are taken at the same height of the saw.
//! - Memory is that of this process, simulator included. The simulator is told to forget the requests of each turn; what it
//!   keeps beyond that (a hash and a count per block) is counted against the runtime.

mod figures;
mod play;
mod script;
#[cfg(test)]
mod tests;

use anyhow::Context;

use crate::figure::Figure;

/// Plays the session.
///
/// # Errors
/// A turn that does not come to its end.
pub(crate) fn measure() -> anyhow::Result<Figure> {
    let plan = script::Plan::long();
    let played = in_runtime(play::play(&plan))?;
    figures::Figures::of(&plan, &played)?.figure()
}

fn in_runtime<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads")?;
    runtime.block_on(work)
}
