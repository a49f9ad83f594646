//! When closing a window pays: the threshold, the moment before a wait, and the return to a cold cache.

use std::collections::BTreeMap;

use protocol::Usd;

use super::{Prices, numbers, usd, with_prices};

/// Share of a price tier that is used at most: beyond the tier the whole request is priced anew.
const TIER_SHARE: f64 = 0.95;
/// Share of the longest prompt that is used at most: the rest is room for the last steps and the summary.
const WINDOW_SHARE: f64 = 0.8;
/// Stands for "never" where reads cost nothing, so that every number stays finite.
const MOST_CALLS: f64 = 1e6;

/// What a window looks like after a compaction, and what making it takes. Symbols of the cost model (`docs/cost.md`) in
/// brackets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WindowShape {
    /// Tools, system prompt and project prefix: read from the cache after a compaction (`K0`).
    pub static_tokens: u64,
    /// The whole context right after a compaction, static tokens included (`S`).
    pub base: u64,
    /// Tokens that each call adds (`n`); 0 counts as 1.
    pub per_call: u64,
    /// Tokens of the summary (`s_out`).
    pub summary_output: u64,
    /// Forgotten tokens that have to be read again (`X_re`).
    pub reacquired: u64,
    /// What the loss of quality is taken to cost (`Q`).
    pub quality: Usd,
}

impl WindowShape {
    /// `F = o s_out + w (S - K0) + w X_re + Q`, in picodollars.
    fn fixed(&self, prices: &Prices) -> f64 {
        let written = self.base.saturating_sub(self.static_tokens) + self.reacquired;
        prices.output as f64 * self.summary_output as f64
            + prices.write as f64 * written as f64
            + self.quality.picos() as f64
    }

    fn numbers(&self) -> BTreeMap<String, f64> {
        numbers([
            ("static_tokens", self.static_tokens as f64),
            ("base_tokens", self.base as f64),
            ("per_call_tokens", self.per_call as f64),
            ("summary_tokens", self.summary_output as f64),
            ("reacquired_tokens", self.reacquired as f64),
            ("quality_usd", self.quality.dollars()),
        ])
    }
}

/// What a context must not grow beyond, whatever the optimum is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caps {
    /// Prompt tokens above which the whole request is priced anew; 95 % of it may be used.
    pub tier: Option<u64>,
    /// Most tokens of a prompt; 80 % of it may be used. 0: not known, no cap.
    pub window: u64,
    /// Tokens from which on the brain is known to get worse (`compaction: at_tokens` of a team counts here too).
    pub quality: Option<u64>,
}

impl Caps {
    /// The lowest one, in tokens.
    fn lowest(&self) -> Option<(u64, CapKind)> {
        let share = |tokens: u64, share: f64| (tokens as f64 * share) as u64;
        let tier = self.tier.map(|tokens| (share(tokens, TIER_SHARE), CapKind::Tier));
        let window = (self.window > 0).then(|| (share(self.window, WINDOW_SHARE), CapKind::Window));
        let quality = self.quality.map(|tokens| (tokens, CapKind::Quality));
        [tier, window, quality].into_iter().flatten().min_by_key(|(tokens, _)| *tokens)
    }
}

/// Which cap holds a threshold down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CapKind {
    /// A price tier.
    Tier,
    /// The longest prompt.
    Window,
    /// Quality, or the team file.
    Quality,
}

impl CapKind {
    /// For people and for the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tier => "tier",
            Self::Window => "window",
            Self::Quality => "quality",
        }
    }
}

/// At which size of its context an agent compacts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// Compact from here on (`K*`, after the caps).
    pub tokens: u64,
    /// The same without caps.
    pub optimum: u64,
    /// What a compaction costs, apart from reading the context (`F`).
    pub fixed: Usd,
    /// Calls between two compactions at the optimum (`N*`).
    pub calls: f64,
    /// What holds `tokens` below `optimum`.
    pub capped_by: Option<CapKind>,
    /// None where the size was given, not computed.
    from: Option<(Prices, WindowShape)>,
}

impl Threshold {
    /// The rule, in the names of [`Self::numbers`].
    pub const FORMULA: &str = "fixed_usd = output_mtok_usd · summary_tokens + write_mtok_usd · (base_tokens - static_tokens + \
         reacquired_tokens) + quality_usd; between_calls = sqrt(2 (fixed_usd + read_mtok_usd · base_tokens) / \
         (read_mtok_usd · per_call_tokens)); optimum_tokens = base_tokens + per_call_tokens · between_calls; \
         threshold_tokens = min(optimum_tokens, 95 % of the price tier, 80 % of the longest prompt, quality cap)";

    /// A size that somebody named: no arithmetic behind it.
    pub fn given(tokens: u64) -> Self {
        Self { tokens, optimum: tokens, fixed: Usd::ZERO, calls: 0.0, capped_by: None, from: None }
    }

    /// The numbers behind it; the size alone where it was given.
    pub fn numbers(&self) -> BTreeMap<String, f64> {
        let size = numbers([("threshold_tokens", self.tokens as f64)]);
        let Some((prices, shape)) = &self.from else { return size };
        let mut found = with_prices(size, "", prices);
        found.extend(shape.numbers());
        found.extend(numbers([
            ("optimum_tokens", self.optimum as f64),
            ("fixed_usd", self.fixed.dollars()),
            ("between_calls", self.calls),
        ]));
        found
    }
}

/// The context size at which the average cost of a call is lowest: `N* = sqrt(2 (F + r S) / (r n))`, `K* = S + n N*`, then the
/// caps. The optimum is flat: 0.7 to 1.6 times it costs at most 8 % more. Source: cost model, `docs/cost.md`.
pub fn threshold(prices: &Prices, shape: &WindowShape, caps: &Caps) -> Threshold {
    let fixed = shape.fixed(prices);
    let per_call = shape.per_call.max(1) as f64;
    let read = prices.read as f64;
    let calls = match read > 0.0 {
        true => (2.0 * (fixed + read * shape.base as f64) / (read * per_call)).max(0.0).sqrt().min(MOST_CALLS),
        false => MOST_CALLS,
    };
    let optimum = shape.base.saturating_add((per_call * calls).round() as u64);
    let cap = caps.lowest().filter(|(tokens, _)| *tokens < optimum);
    Threshold {
        tokens: cap.map_or(optimum, |(tokens, _)| tokens),
        optimum,
        fixed: usd(fixed),
        calls,
        capped_by: cap.map(|(_, kind)| kind),
        from: Some((*prices, *shape)),
    }
}

/// Whether compacting at this moment pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompactNow {
    /// It does.
    pub pays: bool,
    /// Going on carries the surplus: `R r (K - S)`.
    pub keep: Usd,
    /// Compacting reads the context once more and pays the fixed part: `F + r K`.
    pub compact: Usd,
    prices: Prices,
    shape: WindowShape,
    context: u64,
    remaining: u64,
}

impl CompactNow {
    /// The rule, in the names of [`Self::numbers`].
    pub const FORMULA: &str = "compact if keep_usd > compact_usd; keep_usd = remaining_calls · read_mtok_usd · (context_tokens - \
         base_tokens); compact_usd = fixed_usd + read_mtok_usd · context_tokens; fixed_usd = output_mtok_usd · summary_tokens + \
         write_mtok_usd · (base_tokens - static_tokens + reacquired_tokens) + quality_usd";

    /// The numbers behind it.
    pub fn numbers(&self) -> BTreeMap<String, f64> {
        let mut found = self.shape.numbers();
        found.extend(numbers([
            ("keep_usd", self.keep.dollars()),
            ("compact_usd", self.compact.dollars()),
            ("fixed_usd", usd(self.shape.fixed(&self.prices)).dollars()),
            ("context_tokens", self.context as f64),
            ("remaining_calls", self.remaining as f64),
        ]));
        with_prices(found, "", &self.prices)
    }
}

/// Compact at a natural break iff `R r (K - S) > F + r K`, with context `K` and `R` calls that still follow in it. Source: cost
/// model, `docs/cost.md`.
pub fn compact_now(prices: &Prices, shape: &WindowShape, context: u64, remaining_calls: u64) -> CompactNow {
    let read = prices.read as f64;
    let keep = usd(read * remaining_calls as f64 * context.saturating_sub(shape.base) as f64);
    let compact = usd(shape.fixed(prices) + read * context as f64);
    CompactNow {
        pays: keep > compact,
        keep,
        compact,
        prices: *prices,
        shape: *shape,
        context,
        remaining: remaining_calls,
    }
}

/// What to do with a warm context before a wait that may outlive its cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeforeWait {
    /// Keep the cache alive.
    Ping,
    /// Compact while reading the context is cheap.
    Compact,
    /// Do nothing.
    LetExpire,
}

/// The three ways through a wait, priced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WaitChoice {
    /// The cheapest; doing nothing where two are equal.
    pub choice: BeforeWait,
    /// `r K` per ping; none where no ping is possible.
    pub ping: Option<Usd>,
    /// `F + r K + q w S`.
    pub compact: Usd,
    /// `q w K`.
    pub expire: Usd,
    prices: Prices,
    shape: WindowShape,
    context: u64,
    chance: f64,
    pings: u32,
}

impl WaitChoice {
    /// The rule, in the names of [`Self::numbers`].
    pub const FORMULA: &str = "the least of ping_usd = read_mtok_usd · context_tokens · needed_calls (where pings can bridge the \
         wait), compact_usd = fixed_usd + read_mtok_usd · context_tokens + late_share · write_mtok_usd · base_tokens, \
         expire_usd = late_share · write_mtok_usd · context_tokens";

    /// The numbers behind it.
    pub fn numbers(&self) -> BTreeMap<String, f64> {
        let mut found = self.shape.numbers();
        found.extend(numbers([
            ("compact_usd", self.compact.dollars()),
            ("expire_usd", self.expire.dollars()),
            ("fixed_usd", usd(self.shape.fixed(&self.prices)).dollars()),
            ("context_tokens", self.context as f64),
            ("late_share", self.chance),
            ("needed_calls", f64::from(self.pings)),
        ]));
        found.extend(self.ping.map(|ping| ("ping_usd".to_owned(), ping.dollars())));
        with_prices(found, "", &self.prices)
    }
}

/// Before a wait: the least of pinging (`r K` per ping), compacting now (`F + r K`, then a cold start with `w S` in the share
/// `q` of cases), and letting the cache expire (`q w K`). `chance_late` is the chance `q` that the next request comes, and comes
/// after the cache has expired; `pings_needed` bridge the wait, 0 says that pings cannot. Source: cost model, `docs/cost.md`.
pub fn before_wait(
    prices: &Prices,
    shape: &WindowShape,
    context: u64,
    chance_late: f64,
    pings_needed: u32,
) -> WaitChoice {
    let read_all = prices.read as f64 * context as f64;
    let chance = chance_late.clamp(0.0, 1.0);
    let late_write = |tokens: u64| chance * prices.write as f64 * tokens as f64;
    let ping = (pings_needed > 0).then(|| usd(read_all * f64::from(pings_needed)));
    let compact = usd(shape.fixed(prices) + read_all + late_write(shape.base));
    let expire = usd(late_write(context));
    let mut best = (BeforeWait::LetExpire, expire);
    for (choice, cost) in [(BeforeWait::Ping, ping), (BeforeWait::Compact, Some(compact))] {
        if let Some(cost) = cost.filter(|cost| *cost < best.1) {
            best = (choice, cost);
        }
    }
    WaitChoice {
        choice: best.0,
        ping,
        compact,
        expire,
        prices: *prices,
        shape: *shape,
        context,
        chance,
        pings: pings_needed,
    }
}

/// How to take up a large context whose cache is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColdChoice {
    /// Write the whole context to the cache again and go on.
    Continue,
    /// The own brain summarises it first.
    SummariseOwn,
    /// Another brain summarises it first: the number of the candidate.
    Summarise(usize),
}

/// The ways to take up a cold context, priced.
#[derive(Clone, Debug, PartialEq)]
pub struct ColdResume {
    /// The cheapest; going on where two are equal.
    pub choice: ColdChoice,
    /// `w K + R r K`.
    pub continue_cold: Usd,
    /// The own brain's summary: `w K + o s_out + w (S - K0) + R r S + Q`. Its request writes the cache like any other, so the
    /// next window finds the static prefix there.
    pub own: Usd,
    /// A summary by each candidate: `i' K + o' s_out + w S + R r S + Q`.
    pub compact: Vec<Usd>,
    prices: Prices,
    shape: WindowShape,
    context: u64,
    remaining: u64,
}

impl ColdResume {
    /// The rule, in the names of [`Self::numbers`]; `candidate_0_usd` is the summary by the first candidate.
    pub const FORMULA: &str = "the least of continue_usd = (write_mtok_usd + remaining_calls · read_mtok_usd) · context_tokens, \
         own_usd = write_mtok_usd · (context_tokens + base_tokens - static_tokens) + output_mtok_usd · summary_tokens + \
         remaining_calls · read_mtok_usd · base_tokens + quality_usd, and for each candidate its input price · context_tokens + \
         its output price · summary_tokens + (write_mtok_usd + remaining_calls · read_mtok_usd) · base_tokens + quality_usd";

    /// The numbers behind it.
    pub fn numbers(&self) -> BTreeMap<String, f64> {
        let mut found = self.shape.numbers();
        found.extend(numbers([
            ("continue_usd", self.continue_cold.dollars()),
            ("own_usd", self.own.dollars()),
            ("context_tokens", self.context as f64),
            ("remaining_calls", self.remaining as f64),
        ]));
        let candidates = self.compact.iter().enumerate();
        found.extend(candidates.map(|(number, cost)| (format!("candidate_{number}_usd"), cost.dollars())));
        with_prices(found, "", &self.prices)
    }
}

/// Taking up a context `K` whose cache is gone: go on (`w K`), or have it summarised by the own brain or by one of the
/// `candidates` (other brains, already filtered to those that can do it; their prices at a prompt of `K`) and open a window of
/// `S`. Both carry their context through `R` further calls. Source: cost model, `docs/cost.md`; `Q` is added to every summary.
pub fn cold_resume(
    own: &Prices,
    candidates: &[Prices],
    shape: &WindowShape,
    context: u64,
    remaining_calls: u64,
) -> ColdResume {
    let (held, base, summary) = (context as f64, shape.base as f64, shape.summary_output as f64);
    let (write, carry) = (own.write as f64, own.read as f64 * remaining_calls as f64);
    let quality = shape.quality.picos() as f64;
    let opened = shape.base.saturating_sub(shape.static_tokens) as f64;
    let continue_cold = usd((write + carry) * held);
    let own_usd = usd(write * (held + opened) + own.output as f64 * summary + carry * base + quality);
    let by = |other: &Prices| {
        usd(other.input as f64 * held + other.output as f64 * summary + (write + carry) * base + quality)
    };
    let compact: Vec<Usd> = candidates.iter().map(by).collect();
    let mut best = (ColdChoice::Continue, continue_cold);
    let summaries = compact.iter().enumerate().map(|(number, cost)| (ColdChoice::Summarise(number), *cost));
    for (choice, cost) in summaries.chain([(ColdChoice::SummariseOwn, own_usd)]) {
        if cost < best.1 {
            best = (choice, cost);
        }
    }
    ColdResume {
        choice: best.0,
        continue_cold,
        own: own_usd,
        compact,
        prices: *own,
        shape: *shape,
        context,
        remaining: remaining_calls,
    }
}

#[cfg(test)]
#[path = "compaction_tests.rs"]
mod tests;
