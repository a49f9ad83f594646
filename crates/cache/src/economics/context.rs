//! A context of one's own or a shared start: whether a specialist goes on in what it holds, and what agents with the same
//! prefix save by starting one after the other.

use std::collections::BTreeMap;

use protocol::Usd;

use super::{Prices, numbers, usd, with_prices};

/// A specialist with a context, and a new brief. Symbols of the cost model (`docs/cost.md`) in brackets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContextInput {
    /// Prices of a prompt that holds the old context and what the work adds.
    pub prices: Prices,
    /// Prices of a prompt without the old context, where that is another tier; none where it is the same.
    pub fresh_prices: Option<Prices>,
    /// Tokens in its context, harness included (`K_s`).
    pub held: u64,
    /// Of these, tokens that the new brief needs (`U`).
    pub useful: u64,
    /// Calls that the work takes (`k`).
    pub calls: u64,
    /// Whether its cache is still alive.
    pub warm: bool,
    /// Tools, system prompt and project prefix: what a fresh start begins with (`H`).
    pub harness: u64,
    /// Whether these alone are cached, by another agent with the same ones.
    pub harness_warm: bool,
    /// Tokens generated for each token that is looked up again (`ρ`); 0.16 in the cost model.
    pub output_per_token: f64,
}

/// Whether to go on in the old context.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContextChoice {
    /// Go on in it.
    pub keep: bool,
    /// Going on: the old context is carried through the work, and written first where it is cold.
    pub keep_usd: Usd,
    /// Starting afresh: the harness, and looking up again what is useful.
    pub fresh_usd: Usd,
    /// Useful share of what is held beyond the harness, from which on keeping pays (`x*`).
    pub break_even_share: f64,
    /// Useful share as given.
    pub useful_share: f64,
    input: ContextInput,
}

impl ContextChoice {
    /// The rule, in the names of [`Self::numbers`].
    pub const FORMULA: &str = "keep if keep_usd ≤ fresh_usd; keep_usd = (first_mtok_usd + (work_calls - 1) · read_mtok_usd) · \
         (held_tokens - harness_tokens) + harness_usd; fresh_usd = useful_tokens · (write + work_calls · read + \
         output_per_token · output) + harness_usd, at the prices of the smaller prompt; first_mtok_usd is the read price of a \
         warm context, the write price of a cold one; the same as useful_share ≥ break_even_share where there is one tier";

    /// The numbers behind it.
    pub fn numbers(&self) -> BTreeMap<String, f64> {
        let input = &self.input;
        let harness = input.carried(&input.prices, input.harness, input.warm || input.harness_warm);
        let first = if input.warm { input.prices.read } else { input.prices.write };
        let found = numbers([
            ("keep_usd", self.keep_usd.dollars()),
            ("fresh_usd", self.fresh_usd.dollars()),
            ("harness_usd", usd(harness).dollars()),
            ("first_mtok_usd", first as f64 / 1e6),
            ("break_even_share", self.break_even_share),
            ("useful_share", self.useful_share),
            ("held_tokens", input.held as f64),
            ("useful_tokens", input.useful as f64),
            ("harness_tokens", input.harness as f64),
            ("work_calls", input.calls as f64),
            ("output_per_token", input.output_per_token),
        ]);
        let found = with_prices(found, "", &input.prices);
        match &input.fresh_prices {
            Some(prices) => with_prices(found, "fresh_", prices),
            None => found,
        }
    }
}

impl ContextInput {
    /// Tokens at the start of the prompt through all calls: read `k` times, or written and read `k - 1` times. Picodollars.
    fn carried(&self, prices: &Prices, tokens: u64, warm: bool) -> f64 {
        let calls = self.calls.max(1) as f64;
        let (read, write) = (prices.read as f64, prices.write as f64);
        let per_token = if warm { calls * read } else { write + (calls - 1.0) * read };
        per_token * tokens as f64
    }

    /// A token looked up again: written, carried, and the words it took to ask for it. Picodollars.
    fn looked_up(&self, prices: &Prices) -> f64 {
        let calls = self.calls.max(1) as f64;
        prices.write as f64 + calls * prices.read as f64 + self.output_per_token * prices.output as f64
    }
}

/// Keep iff `k r K <= U (w + k r + ρ o)` (warm) or `(w + (k-1) r) K <= U (w + k r + ρ o)` (cold), `K` being what is held beyond
/// the harness. The harness costs the same both ways: a warm context keeps its start warm too. Source: cost model,
/// `docs/cost.md`.
pub fn keep_context(input: &ContextInput) -> ContextChoice {
    let harness_warm = input.warm || input.harness_warm;
    let harness = input.harness.min(input.held);
    let body = input.held - harness;
    let useful = input.useful.min(body);
    let fresh_prices = input.fresh_prices.unwrap_or(input.prices);
    let of_body = input.carried(&input.prices, body, input.warm);
    let keep = of_body + input.carried(&input.prices, harness, harness_warm);
    let fresh = input.looked_up(&fresh_prices) * useful as f64 + input.carried(&fresh_prices, harness, harness_warm);
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let (keep_usd, fresh_usd) = (usd(keep), usd(fresh));
    ContextChoice {
        keep: keep_usd <= fresh_usd,
        keep_usd,
        fresh_usd,
        break_even_share: share(input.carried(&input.prices, 1, input.warm), input.looked_up(&fresh_prices)),
        useful_share: share(useful as f64, body as f64),
        input: ContextInput { harness, useful, ..*input },
    }
}

/// Several agents that start with the same prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FanOut {
    /// All at once: each writes the prefix, `N w H`.
    pub together: Usd,
    /// The others after the first one's reply begins: `w H + (N - 1) r H`.
    pub staggered: Usd,
    prices: Prices,
    agents: u64,
    prefix: u64,
}

impl FanOut {
    /// The rule, in the names of [`Self::numbers`].
    pub const FORMULA: &str = "together_usd = started_agents · write_mtok_usd · prefix_tokens; staggered_usd = (write_mtok_usd + \
         (started_agents - 1) · read_mtok_usd) · prefix_tokens; saved_usd = together_usd - staggered_usd";

    /// What holding the others back saves.
    pub fn saving(&self) -> Usd {
        self.together - self.staggered
    }

    /// The numbers behind it.
    pub fn numbers(&self) -> BTreeMap<String, f64> {
        let found = numbers([
            ("together_usd", self.together.dollars()),
            ("staggered_usd", self.staggered.dollars()),
            ("saved_usd", self.saving().dollars()),
            ("prefix_tokens", self.prefix as f64),
            ("started_agents", self.agents as f64),
        ]);
        with_prices(found, "", &self.prices)
    }
}

/// A cache entry can be read once the first reply streams: one agent first, then the others. Source: cost model,
/// `docs/cost.md`.
pub fn fan_out(prices: &Prices, agents: u64, prefix: u64) -> FanOut {
    let (write, read) = (prices.write as f64, prices.read as f64);
    let (count, tokens) = (agents as f64, prefix as f64);
    let staggered = if agents == 0 { 0.0 } else { (write + (count - 1.0) * read) * tokens };
    FanOut { together: usd(count * write * tokens), staggered: usd(staggered), prices: *prices, agents, prefix }
}

/// `(N - 1) (w - r) H`: see [`fan_out`].
pub fn staggered_saving(prices: &Prices, agents: u64, prefix: u64) -> Usd {
    fan_out(prices, agents, prefix).saving()
}

#[cfg(test)]
#[path = "context_tests.rs"]
mod tests;
