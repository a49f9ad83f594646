//! What a flow of one agent would have cost as main and sidekick: an estimate from the recorded calls, with the assumptions
//! that are stated in [`Split`].

use std::iter::Sum;

use protocol::{Timestamp, Usd};

use super::meter::{Lifetime, Meter, begins_anew};
use super::models::Rated;
use super::reports_writes;
use crate::activity::Activity;
use crate::flow::Call;

/// Shares of the raw results that main reads again after a report: low, usual, high. Measured on sidekick systems at 10 to 25 %.
pub const REREAD: [f64; 3] = [0.10, 0.175, 0.25];

/// How a delegation is thought to go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// Calls in a row, of the kinds that are delegated, that make a brief worth writing.
    pub min_calls: usize,
    /// Tokens of a brief: main writes them, and both carry them.
    pub brief: u64,
    /// Tokens of a report.
    pub report: u64,
    /// Tokens of the sidekick's tools and system prompt.
    pub base: u64,
    /// Calls and tokens that the sidekick needs for one of main's.
    pub effort: f64,
}

impl Default for Split {
    fn default() -> Self {
        Self { min_calls: 3, brief: 250, report: 700, base: 9_000, effort: 1.3 }
    }
}

/// Who does what.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a> {
    /// Plans and decides.
    pub main: &'a Rated<'a>,
    /// Gets the briefs.
    pub sidekick: &'a Rated<'a>,
    /// What is delegated.
    pub activities: &'a [Activity],
}

/// What came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Dollars of both.
    pub usd: Usd,
    /// Calls of main's that went to the sidekick.
    pub moved_calls: u64,
    /// In so many briefs.
    pub briefs: u64,
}

impl Sum for Outcome {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), |sum, one| Self {
            usd: sum.usd + one.usd,
            moved_calls: sum.moved_calls + one.moved_calls,
            briefs: sum.briefs + one.briefs,
        })
    }
}

/// One model plays all calls of an agent, with the five-minute cache.
pub fn solo(calls: &[Call], model: &Rated<'_>) -> Usd {
    let mut meter = Meter::new(Lifetime::FIVE_MINUTES, reports_writes(calls));
    calls.iter().for_each(|call| meter.recorded(model, call));
    meter.usd()
}

impl Split {
    /// The assumptions in a sentence or two.
    pub fn in_words(&self, sidekick: &str) -> String {
        format!(
            "Split: {} or more calls in a row of the main agent that only explore or test (or edit, where edits are delegated \
             too) go to {sidekick} as one brief. A brief takes {} tokens, a report {}, the sidekick's own tools and system prompt {}. \
             The sidekick needs {} times the calls and tokens. The raw results (characters / {}) leave main's context, its own \
             words stay; it reads {} % of them again ({} to {} %). While the sidekick works, main's cache can expire.",
            self.min_calls,
            self.brief,
            self.report,
            self.base,
            self.effort,
            crate::flow::CHARS_PER_TOKEN,
            REREAD[1] * 100.0,
            REREAD[0] * 100.0,
            REREAD[2] * 100.0,
        )
    }

    /// Plays an agent's calls split in two, main with the five-minute cache.
    pub fn play(&self, calls: &[Call], work: &Work<'_>, reread: f64) -> Outcome {
        let writes = reports_writes(calls);
        let mut main = Meter::new(Lifetime::FIVE_MINUTES, writes);
        let mut sidekick = Sidekick { meter: Meter::new(Lifetime::FIVE_MINUTES, writes), last: None };
        let mut outcome = Outcome::default();
        // Tokens that main's prompts are smaller by.
        let mut away = 0_i64;
        let mut n = 0;
        while let Some(call) = calls.get(n) {
            let prompt = call.usage.prompt();
            let anew = n == 0 || begins_anew(calls[n - 1].usage.prompt(), prompt);
            if anew {
                away = 0;
            }
            let context = prompt.saturating_add_signed(-away);
            let read = if anew { call.usage.cache_read } else { main.cached(call.at) };
            let run = self.run(&calls[n..], work.activities);
            if run.is_empty() {
                main.call(work.main, call.at, context, read, call.usage.output);
                n += 1;
                continue;
            }
            main.call(work.main, call.at, context, read, self.brief);
            let grown = grown(run, calls.get(n + run.len()));
            let raw = run.iter().map(Call::result_tokens).sum::<u64>().min(grown);
            sidekick.work(self, work.sidekick, run, grown);
            let entered = self.brief + self.report + (raw as f64 * reread).round() as u64;
            away += raw as i64 - entered as i64;
            outcome.moved_calls += run.len() as u64;
            outcome.briefs += 1;
            n += run.len();
        }
        outcome.usd = main.usd() + sidekick.meter.usd();
        outcome
    }

    /// The calls at the head that are delegated together; none where they are too few. What a person says ends a run.
    fn run<'a>(&self, calls: &'a [Call], activities: &[Activity]) -> &'a [Call] {
        let goes_on = |(n, call): &(usize, &Call)| call.only(activities) && (*n == 0 || !call.human);
        let length = calls.iter().enumerate().take_while(goes_on).count();
        &calls[..if length < self.min_calls { 0 } else { length }]
    }
}

/// Tokens that the run put into the context it was played in: up to the call after it, or up to its own last one where that call
/// began anew.
fn grown(run: &[Call], after: Option<&Call>) -> u64 {
    let [first, .., last] = run else { return 0 };
    let after = after.filter(|after| !begins_anew(last.usage.prompt(), after.usage.prompt())).unwrap_or(last);
    after.usage.prompt().saturating_sub(first.usage.prompt())
}

struct Sidekick {
    meter: Meter,
    /// When it last worked: its tools and system prompt are in the cache for a while.
    last: Option<Timestamp>,
}

impl Sidekick {
    /// A brief in a fresh context on the sidekick's own prefix: its calls, and one more that reports.
    fn work(&mut self, split: &Split, model: &Rated<'_>, run: &[Call], grown: u64) {
        let [first, .., last] = run else { return };
        let more = |amount: u64| (amount as f64 * split.effort).round() as u64;
        let (calls, grown) = (more(run.len() as u64).max(1), more(grown));
        let output = more(run.iter().map(|call| call.usage.output).sum());
        let warm = self.last.is_some_and(|last| !Lifetime::FIVE_MINUTES.is_over(last, first.at));
        let mut read = if warm { split.base } else { 0 };
        for n in 0..=calls {
            let prompt = split.base + split.brief + grown * n / calls;
            let out = if n == calls { split.report } else { output * (n + 1) / calls - output * n / calls };
            self.meter.call(model, first.at, prompt, read, out);
            read = prompt;
        }
        self.last = Some(last.at);
    }
}
