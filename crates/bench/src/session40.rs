//! The figure `session40`: one session of 40 steps, played by the real runtime against the simulator on a clock that is moved
//! by hand, with a store on disk and HTTP on loopback, once for each way of working and once as the runtime chooses by itself.
//!
//! # What the file's arithmetic assumes
//!
//! `session40.json` says what each way must cost. Its 24 sums can be reproduced to the last digit with these rules, and the
//! play follows them as far as a real session can:
//!
//! - **Main, a judgement step**: 2,500 tokens are appended, the whole prompt is sent, 500 tokens come back and are written
//!   with the next prompt. The first prompt is thus 22,500 tokens. In the play the appended tokens are the user's message or
//!   the result of the `read` that the step before asked for; a turn ends where an idle gap falls, with an answer.
//! - **Main, a delegating step**: nothing new is appended, 600 tokens come back (the brief); the report's 1,000 tokens and the
//!   brief are written with the next prompt. It takes no time. In the play the step before asked for a `read` too, so its
//!   2,500 tokens come one call earlier, and the step behind the report has only the report: the same tokens in all, four of
//!   them read once more (0.2 % of the dollars).
//! - **Sidekick**: its prompt begins with 12,000 tokens and the brief; eight calls, each followed by 2,500 appended and 500
//!   generated tokens and a quarter of a minute; then a ninth call whose 1,000 generated tokens are the report. That one takes
//!   no time.
//! - **Fresh**: each batch writes the 12,000 tokens again. In the play they are read where they are still warm, which is a
//!   little cheaper.
//! - **Persistent**: the context grows by 25,600 tokens a batch. At the start of the fourth batch it has 88,800, so that the
//!   reset above 90,000 never happens and the fourth batch goes beyond 100,000, where Haiku 5.5 costs five times as much.
//! - **Cache**: a prompt reads what was cached if less than the lifetime passed since the start of the last request; gaps
//!   begin when the step before is over (half a minute after its start).
//! - **Pings**: `ceil((gap - lifetime) / (0.9 lifetime))` of them, of main's cache only: two in the gap of 12 minutes, nine in
//!   that of 45 (with 30 minutes of life one, in the longer gap). In the play the gap of 45 minutes is 45.5 from request to
//!   request, and needs a tenth.
//!
//! # What the play forces
//!
//! Ways are forced by team files alone (`teams`): which agents there are, `context`, `keep_warm`, `at_tokens: never`. The
//! runtime's own way is the built-in team `tandem` with nothing forced. Main delegates by script in every way but `solo`: that
//! is a model's choice, not the runtime's. Words are scripted too; sizes are measured with the simulator's own bill.
//!
//! # Variants
//!
//! Seeds give other gaps, other batches, and a share of what the sidekick read that each further brief names and needs again. A
//! sidekick that no longer has it reads it again, three files a step; one that has it does not. Three sessions in ten are left in the
//! middle: the program waits for eight hours, and nobody comes. "Best in hindsight" is the cheapest of the file's six ways in the
//! very same variant. What a compaction forgets in the middle of a brief costs nothing in the play: nobody notices.

mod calibrate;
mod player;
mod script;
mod story;
mod summary;
mod teams;
#[cfg(test)]
mod tests;
mod variants;
pub(crate) mod words;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use crate::figure::Figure;

use self::summary::{of_pairs, of_variants};

/// Plays the file's scenario for its pairs.
///
/// # Errors
/// The data cannot be read, or a play did not come to its end.
pub(crate) fn measure(data: Option<&Path>) -> anyhow::Result<Figure> {
    let file = story::File::read(folder(data)?)?;
    in_runtime(async move {
        let stage = Arc::new(player::Stage::new(&file)?);
        of_pairs(stage, &file).await
    })
}

/// Plays seeded variants of it.
///
/// # Errors
/// As [`measure`].
pub(crate) fn measure_variants(data: Option<&Path>, count: u64) -> anyhow::Result<Figure> {
    let file = story::File::read(folder(data)?)?;
    in_runtime(async move {
        let stage = Arc::new(player::Stage::new(&file)?);
        of_variants(stage, &file, count).await
    })
}

fn folder(data: Option<&Path>) -> anyhow::Result<&Path> {
    data.context("say where session40.json is: --data DIR")
}

fn in_runtime<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no threads")?;
    runtime.block_on(work)
}
