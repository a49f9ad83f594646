//! Whether to keep a cache alive through a wait, and when the next ping is due.

use std::collections::BTreeMap;
use std::time::Duration;

use protocol::Usd;

pub use super::gaps::Gaps;
pub use super::prefix_life::{LifeChoice, prefix_life};
use super::{Prices, numbers, usd, with_prices};

/// Margin before the end of a cache's life: a ping has to begin earlier.
const MARGIN: Duration = Duration::from_secs(10);
/// Chance that overdue work, or work of unknown length, comes back within one lifetime of the cache.
const WORK_BACK: f64 = 0.9;
/// Pings that a plan looks ahead at most: beyond any gap that is worth it.
const HORIZON: u32 = 1_000;

/// What is waited for.
#[derive(Clone, Copy, Debug)]
pub enum Waiting<'a> {
    /// A specialist or a tool, of unknown length: comes back with a chance of 0.9 in each lifetime of the cache.
    ForWork,
    /// The same, expected to be back when this much of the wait has passed: surely then; overdue, as [`Waiting::ForWork`].
    ForWorkOf(Duration),
    /// A person.
    ForPerson(&'a Gaps),
}

impl Waiting<'_> {
    /// `P(not back after until | not back after waited)`.
    fn not_back(&self, waited: Duration, until: Duration, life: Duration) -> f64 {
        let lives = until.saturating_sub(waited).as_secs_f64() / life.as_secs_f64();
        match self {
            Self::ForWorkOf(expected) if waited < *expected => f64::from(u8::from(until < *expected)),
            Self::ForWork | Self::ForWorkOf(_) => (1.0 - WORK_BACK).powf(lives),
            Self::ForPerson(gaps) => 1.0 - gaps.chance_within(waited, until.saturating_sub(waited)),
        }
    }
}

/// A cache that could be kept alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warmth {
    /// Prices of a prompt of that size.
    pub prices: Prices,
    /// Tokens in the cache (`P`).
    pub cached: u64,
    /// How long the cache lives after its last use (`τ`).
    pub life: Duration,
    /// Pings allowed in one wait (the team's cap).
    pub most_pings: u32,
    /// A first ping has to promise at least this much; $0.01 by default.
    pub least_saving: Usd,
}

impl Warmth {
    /// Default of [`Warmth::least_saving`]: a cent.
    pub const LEAST_SAVING: Usd = Usd::from_picos(Usd::PICOS / 100);
}

/// What to do about a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PingChoice {
    /// Ping when this much time has passed since the cache was last used.
    At(Duration),
    /// Let it expire: `cap_reached`, `chance_too_small`, `not_worth_it`, `no_cache`, `price_unknown`.
    LetGo(&'static str),
}

/// The next ping, or why there is none, with the numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PingPlan {
    /// What to do.
    pub choice: PingChoice,
    /// Chance `q` that the next request comes in the time that the plan's pings buy.
    pub chance: f64,
    /// Chance from which on a single ping pays: `r / (w - r)`; 1 where none can.
    pub break_even: f64,
    /// One ping: `r P`.
    pub ping: Usd,
    /// Losing the cache: `(w - r) P`.
    pub miss: Usd,
    /// Pings of the best plan from here; 0 where none is made.
    pub planned: u32,
    /// Pings that plan takes on average.
    pub expected: f64,
    /// What that plan saves on average; negative where even the best one loses.
    pub value: Usd,
    /// Pings that may be sent in this wait: the team's cap, or `floor((w - r) / r)` if that is less.
    pub most: u32,
    warmth: Warmth,
    waited: Duration,
    sent: u32,
}

impl PingPlan {
    /// The rule, in the names of [`Self::numbers`].
    pub const FORMULA: &str = "value_usd = chance_share · miss_usd - expected_calls · ping_usd, for the number planned_calls of \
         further pings that makes it largest; ping if value_usd > 0 (the first one: ≥ least_usd) and sent_calls < most_calls; \
         ping_usd = read_mtok_usd · cached_tokens; miss_usd = (write_mtok_usd - read_mtok_usd) · cached_tokens; for a single \
         ping that is chance_share > break_even_share = ping_usd / miss_usd";

    /// The numbers behind it.
    pub fn numbers(&self) -> BTreeMap<String, f64> {
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        let found = numbers([
            ("chance_share", self.chance),
            ("break_even_share", self.break_even),
            ("ping_usd", self.ping.dollars()),
            ("miss_usd", self.miss.dollars()),
            ("value_usd", self.value.dollars()),
            ("least_usd", self.warmth.least_saving.dollars()),
            ("planned_calls", f64::from(self.planned)),
            ("expected_calls", self.expected),
            ("most_calls", f64::from(self.most)),
            ("sent_calls", f64::from(self.sent)),
            ("cached_tokens", self.warmth.cached as f64),
            ("life_ms", millis(self.warmth.life)),
            ("waited_ms", millis(self.waited)),
        ]);
        with_prices(found, "", &self.warmth.prices)
    }
}

/// When a ping is due after the last use of a cache: `δ = min(0.9 τ, τ - 10 s)`. Source: cost model, `docs/cost.md`.
pub fn ping_due(life: Duration) -> Duration {
    life.mul_f64(0.9).min(life.saturating_sub(MARGIN))
}

/// Pings after which to stop whatever is expected: `floor((w - r) / r)`. Then the pings have cost what the miss costs, so at
/// most twice the best plan in hindsight is spent. Source: cost model, `docs/cost.md`.
pub fn most_pings(prices: &Prices) -> u32 {
    let saved = (prices.write - prices.read).max(0);
    match prices.read {
        read if read > 0 => u32::try_from(saved / read).unwrap_or(u32::MAX),
        _ if saved > 0 => u32::MAX,
        _ => 0,
    }
}

/// The longest gap of known length that pinging through pays for: `g_max = δ (w / r - 1)`. Source: cost model,
/// `docs/cost.md`.
pub fn gap_worth_pinging(prices: &Prices, life: Duration) -> Duration {
    let saved = (prices.write - prices.read).max(0) as f64;
    Duration::try_from_secs_f64(ping_due(life).as_secs_f64() * saved / prices.read as f64).unwrap_or(
        match saved > 0.0 {
            true => Duration::MAX,
            false => Duration::ZERO,
        },
    )
}

/// A number of further pings, and what they bring on average. Picodollars.
#[derive(Clone, Copy)]
struct Plan {
    calls: u32,
    chance: f64,
    expected: f64,
    value: f64,
}

/// The next ping of a wait, as part of the best plan from here.
///
/// `waited` is how long the wait has lasted when that ping would be sent, `pings_sent` how many were sent in it. A plan is a
/// number `k` of further pings, each sent only if nothing has come by then; it saves
/// `P(back after the present life and within the k windows | not yet) (w - r) P - E[pings] r P`. The best `k` decides: looking one
/// window ahead would stop half-way, where a gap that outlives the last ping wastes them all. There is no more to be known
/// later than that nobody has come yet, so re-planning at each ping is the optimal stopping rule. A first ping needs a plan of
/// [`Warmth::least_saving`], a later one any gain: what was spent is gone. Source: cost model, `docs/cost.md`.
pub fn next_ping(warmth: &Warmth, waited: Duration, pings_sent: u32, waiting: &Waiting) -> PingPlan {
    let prices = &warmth.prices;
    let cached = warmth.cached as f64;
    let saved = (prices.write - prices.read).max(0) as f64;
    let (ping, miss) = (prices.read as f64 * cached, saved * cached);
    let most = most_pings(prices).min(warmth.most_pings);
    let due = ping_due(warmth.life);
    let left = most.saturating_sub(pings_sent).min(HORIZON);
    let best = if due.is_zero() { None } else { best_plan(warmth.life, waited, left, (ping, miss), waiting) };
    let choice = match (best, most_saved_is_enough(ping, miss, warmth, pings_sent)) {
        _ if prices.read <= 0 && prices.write <= 0 => PingChoice::LetGo("price_unknown"),
        _ if warmth.cached == 0 || due.is_zero() => PingChoice::LetGo("no_cache"),
        (_, false) => PingChoice::LetGo("not_worth_it"),
        (None, _) => PingChoice::LetGo("cap_reached"),
        (Some(plan), _) if plan.value <= 0.0 => PingChoice::LetGo("chance_too_small"),
        (Some(plan), _) if pings_sent == 0 && usd(plan.value) < warmth.least_saving => {
            PingChoice::LetGo("not_worth_it")
        }
        (Some(_), _) => PingChoice::At(due),
    };
    let plan = best.unwrap_or(Plan { calls: 0, chance: 0.0, expected: 0.0, value: 0.0 });
    PingPlan {
        choice,
        chance: plan.chance,
        break_even: if miss > ping { ping / miss } else { 1.0 },
        ping: usd(ping),
        miss: usd(miss),
        planned: if matches!(choice, PingChoice::At(_)) { plan.calls } else { 0 },
        expected: plan.expected,
        value: usd(plan.value),
        most,
        warmth: *warmth,
        waited,
        sent: pings_sent,
    }
}

/// Whether a ping could pay even if the next request were sure to come in the time it buys.
fn most_saved_is_enough(ping: f64, miss: f64, warmth: &Warmth, sent: u32) -> bool {
    miss > ping && (sent > 0 || usd(miss - ping) >= warmth.least_saving)
}

/// The plan of 1 to `left` pings with the highest value; none where no ping is left.
fn best_plan(life: Duration, waited: Duration, left: u32, (ping, miss): (f64, f64), waiting: &Waiting) -> Option<Plan> {
    let due = ping_due(life);
    let not_back = |after: Duration| waiting.not_back(waited, waited.saturating_add(after), life);
    // The cache lives on for this long without the ping: who comes back in it needs none.
    let present = life.saturating_sub(due);
    let mut expected = 0.0;
    let plans = (1..=left).map(|calls| {
        expected += not_back(due.saturating_mul(calls - 1));
        let chance = not_back(present) - not_back(present.saturating_add(due.saturating_mul(calls)));
        Plan { calls, chance, expected, value: chance * miss - expected * ping }
    });
    plans.reduce(|best, plan| if plan.value > best.value { plan } else { best })
}

#[cfg(test)]
#[path = "keep_warm_tests.rs"]
mod tests;
