//! From the ledger and the samples of a play to its figures.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use protocol::{LedgerRow, Purpose, Usd};
use serde_json::json;

use super::play::Played;
use super::script::Plan;
use crate::figure::{Figure, machine};

/// Note of a window's first request in the ledger.
const OPENED: &str = "window_opened";

/// Note of a request that read less from the cache than it was expected to, without a reason.
const MISSED: &str = "undeclared_miss";

/// End of the notes of a prefix that was not the one sent before.
const CHANGED: &str = "_changed";

/// What is said of a long session.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    /// Steps taken.
    pub(crate) steps: usize,
    /// Windows closed.
    pub(crate) compactions: usize,
    /// First step of each window.
    pub(crate) windows: Vec<usize>,
    /// Prompt tokens of each window's first and last step.
    pub(crate) sizes: Vec<(u64, u64)>,
    /// Share of the prompt tokens of steps that was read from the cache, window openings left out.
    pub(crate) cached_share: f64,
    /// The same with them.
    pub(crate) cached_share_all: f64,
    /// Fewest tokens that a window's first request read from the cache, the first window's left out.
    pub(crate) opening_cached_tokens: u64,
    /// Requests that should have read more from the cache than they did.
    pub(crate) undeclared_breaks: usize,
    /// Dollars of a step in the last window over one in the second, their compactions included.
    pub(crate) cost_ratio: f64,
    /// Dollars of all.
    pub(crate) usd: f64,
    /// Seconds of all.
    pub(crate) seconds: f64,
    /// Milliseconds of a step in the second window, and in the last.
    pub(crate) ms_per_step: (f64, f64),
    /// Memory at the last step of each window, in megabytes (1,000,000 bytes); none where it cannot be told.
    pub(crate) rss_mb: Vec<f64>,
}

impl Figures {
    /// The figures of a play.
    ///
    /// # Errors
    /// Another number of steps than were planned, a price that is not known.
    pub(crate) fn of(plan: &Plan, played: &Played) -> anyhow::Result<Self> {
        let steps: Vec<&LedgerRow> = played.rows.iter().filter(|row| row.purpose == Purpose::Step).collect();
        ensure!(
            steps.len() == plan.steps() && played.samples.len() == steps.len(),
            "{} steps were planned, {} were taken",
            plan.steps(),
            steps.len()
        );
        let opens = |row: &LedgerRow| row.cache_note.as_deref() == Some(OPENED);
        let windows: Vec<usize> = (1..=steps.len()).filter(|step| opens(steps[step - 1])).collect();
        let costs = costs(&played.rows)?;
        let total: Usd = costs.iter().copied().sum();
        let (second, last) = (&costs[plan.window..2 * plan.window], &costs[costs.len() - plan.window..]);
        let reopened = windows.iter().skip(1).map(|step| steps[step - 1].usage.cache_read);
        Ok(Self {
            steps: steps.len(),
            compactions: windows.len().saturating_sub(1),
            cached_share: share(steps.iter().filter(|row| !opens(row))),
            cached_share_all: share(steps.iter()),
            opening_cached_tokens: reopened.min().unwrap_or_default(),
            undeclared_breaks: played.rows.iter().filter(|row| is_break(row)).count(),
            cost_ratio: mean(last) / mean(second),
            usd: total.dollars(),
            seconds: played.took.as_secs_f64(),
            ms_per_step: (
                pace(played, plan.window, 2 * plan.window),
                pace(played, steps.len() - plan.window, steps.len()),
            ),
            rss_mb: ends(&windows, steps.len())
                .filter_map(|step| played.samples[step - 1].rss)
                .map(megabytes)
                .collect(),
            sizes: (windows.iter().copied().zip(ends(&windows, steps.len())))
                .map(|(first, last)| (steps[first - 1].usage.prompt(), steps[last - 1].usage.prompt()))
                .collect(),
            windows,
        })
    }

    /// For a person and for a program.
    pub(crate) fn figure(&self) -> anyhow::Result<Figure> {
        let (Some(first), Some(end)) = (self.rss_mb.first(), self.rss_mb.last()) else {
            bail!("this figure needs Linux: there is no /proc/self/statm");
        };
        let (early, late) = self.ms_per_step;
        let lines = vec![
            format!(
                "{} steps in {:.1} s, {} compactions, windows from steps {:?}",
                self.steps, self.seconds, self.compactions, self.windows
            ),
            format!(
                "cached: {:.2} % of the prompt tokens outside window openings, {} undeclared breaks",
                100.0 * self.cached_share,
                self.undeclared_breaks
            ),
            format!(
                "a step of the last window costs {:.3} of one of the second, and takes {late:.1} ms against {early:.1} ms",
                self.cost_ratio
            ),
            format!("memory: {first:.1} MB after the first window, {end:.1} MB at the end"),
        ];
        let json = json!({
            "steps": self.steps,
            "compactions": self.compactions,
            "windows_from_step": self.windows,
            "window_tokens": self.sizes,
            "cached_share": rounded(self.cached_share, 4),
            "cached_share_with_openings": rounded(self.cached_share_all, 4),
            "opening_cached_tokens_min": self.opening_cached_tokens,
            "undeclared_breaks": self.undeclared_breaks,
            "cost_ratio_late_to_early": rounded(self.cost_ratio, 4),
            "usd": rounded(self.usd, 4),
            "rss_mb_at_50": rounded(*first, 1),
            "rss_mb_end": rounded(*end, 1),
            "rss_mb_at_window_ends": self.rss_mb.iter().map(|mb| rounded(*mb, 1)).collect::<Vec<f64>>(),
            "ms_per_step_early": rounded(early, 1),
            "ms_per_step_late": rounded(late, 1),
            "seconds": rounded(self.seconds, 1),
            "machine": machine(),
        });
        Ok(Figure { lines, json })
    }
}

fn is_break(row: &LedgerRow) -> bool {
    row.cache_note.as_deref().is_some_and(|note| note == MISSED || note.ends_with(CHANGED))
}

fn share<'a, 'b: 'a>(rows: impl Iterator<Item = &'a &'b LedgerRow>) -> f64 {
    let (read, prompt) =
        rows.fold((0, 0), |(read, prompt), row| (read + row.usage.cache_read, prompt + row.usage.prompt()));
    read as f64 / prompt as f64
}

/// What each step cost, with the calls for other purposes that led to it: a compaction belongs to the window that it opens.
fn costs(rows: &[LedgerRow]) -> anyhow::Result<Vec<Usd>> {
    let mut costs = Vec::new();
    let mut before = Usd::ZERO;
    for row in rows {
        before += row.usd.context("a price is not known")?;
        if row.purpose == Purpose::Step {
            costs.push(std::mem::take(&mut before));
        }
    }
    Ok(costs)
}

fn mean(costs: &[Usd]) -> f64 {
    costs.iter().copied().sum::<Usd>().dollars() / costs.len() as f64
}

/// Milliseconds of a step after `from` up to `to`.
fn pace(played: &Played, from: usize, to: usize) -> f64 {
    let at = |step: usize| step.checked_sub(1).map_or(Duration::ZERO, |before| played.samples[before].at);
    (at(to) - at(from)).as_secs_f64() * 1e3 / (to - from) as f64
}

/// The last step of each window.
fn ends(windows: &[usize], steps: usize) -> impl Iterator<Item = usize> {
    windows.iter().skip(1).map(|first| first - 1).chain([steps])
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn rounded(number: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (number * scale).round() / scale
}
