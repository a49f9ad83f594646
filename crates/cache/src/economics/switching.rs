//! What another brain costs: in the middle of a context, with a compaction brought forward, and at the next compaction.

use std::collections::BTreeMap;

use protocol::Usd;

use super::compaction::WindowShape;
use super::{Prices, numbers, usd, with_prices};

/// Calls after which a switch that has not paid back is taken never to.
const MOST_CALLS: u64 = 10_000;
/// A warm switch has to be used for this many times the calls it takes to pay back: the horizon is a guess.
const MARGIN: f64 = 1.5;

/// A switch from one brain (`A`) to another (`B`). Symbols of the cost model (`docs/cost.md`) in brackets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SwitchInput {
    /// Prices of the present brain at the present context.
    pub from: Prices,
    /// Prices of the wanted brain at the size of the next window.
    pub to: Prices,
    /// Tokens of the wanted brain for one of the present brain, for the same text (`κ`).
    pub kappa: f64,
    /// Tokens in the present context (`P`).
    pub context: u64,
    /// Tokens that each call adds (`n`).
    pub per_call: u64,
    /// Tokens that each call generates (`out`).
    pub output: u64,
    /// Calls until the next compaction would come by itself (`R`).
    pub remaining_calls: u64,
    /// Whether the present cache is alive.
    pub warm: bool,
    /// The next window.
    pub shape: WindowShape,
    /// Tokens of the next window's start that the wanted brain finds cached, left by another agent; 0 as a rule.
    pub static_hit: u64,
}

/// Why a switch pays now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SwitchRule {
    /// Writing a token with the new brain costs no more than reading it with the old one: opening its window is free.
    CheaperThanARead,
    /// The old cache is gone: staying pays a full write too.
    Cold,
    /// It pays back well before the next compaction.
    PaysBack,
}

impl SwitchRule {
    /// For people and for the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CheaperThanARead => "cheaper_than_a_read",
            Self::Cold => "cold",
            Self::PaysBack => "pays_back",
        }
    }
}

/// What a switch costs now and later.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SwitchCost {
    /// What the first call costs more if the compaction is brought forward and the new brain's window opened now, against
    /// going on with the old brain; before any saving per call.
    pub now: Usd,
    /// What the first call costs more if the next compaction opens the new brain's window instead of the old one's (`Δ_first`);
    /// negative where it costs less.
    pub at_compaction: Usd,
    /// Calls after which `now` is paid back; none if never.
    pub pays_back_after: Option<u64>,
    /// What is saved until the next compaction, `now` taken off; negative where it is a loss.
    pub saved: Usd,
    /// Whether to switch now.
    pub pays: bool,
    /// By which rule it pays; none where it does not.
    pub rule: Option<SwitchRule>,
    input: SwitchInput,
}

impl SwitchCost {
    /// The rule, in the names of [`Self::numbers`].
    pub const FORMULA: &str = "now_usd = summary_usd + kappa · to_write_mtok_usd · (base_tokens + reacquired_tokens) + quality_usd - \
         stay_usd; each call then saves the difference of both brains' reads, writes and output; switch now if saved_usd ≥ 0 \
         and kappa · to_write_mtok_usd ≤ read_mtok_usd, or the cache is cold, or remaining_calls > 1.5 · pays_back_calls; \
         at_compaction_usd = kappa · to_write_mtok_usd · base_tokens - write_mtok_usd · (base_tokens - static_tokens) - \
         read_mtok_usd · static_tokens, with what is cached for the new brain (static_hit_tokens) at its read price";

    /// The numbers behind it. `pays_back_calls` is left out where it never does.
    pub fn numbers(&self) -> BTreeMap<String, f64> {
        let input = &self.input;
        let mut found = numbers([
            ("now_usd", self.now.dollars()),
            ("at_compaction_usd", self.at_compaction.dollars()),
            ("saved_usd", self.saved.dollars()),
            ("summary_usd", usd(input.summary()).dollars()),
            ("stay_usd", usd(input.stay()).dollars()),
            ("quality_usd", input.shape.quality.dollars()),
            ("kappa", input.kappa),
            ("context_tokens", input.context as f64),
            ("per_call_tokens", input.per_call as f64),
            ("output_tokens", input.output as f64),
            ("base_tokens", input.shape.base as f64),
            ("static_tokens", input.kept() as f64),
            ("static_hit_tokens", input.static_hit as f64),
            ("reacquired_tokens", input.shape.reacquired as f64),
            ("summary_tokens", input.shape.summary_output as f64),
            ("remaining_calls", input.remaining_calls as f64),
        ]);
        found.extend(self.pays_back_after.map(|calls| ("pays_back_calls".to_owned(), calls as f64)));
        with_prices(with_prices(found, "", &input.from), "to_", &input.to)
    }
}

impl SwitchInput {
    /// What the old brain's next call pays for the context it has. Picodollars.
    fn stay(&self) -> f64 {
        let per_token = if self.warm { self.from.read } else { self.from.write };
        per_token as f64 * self.context as f64
    }

    /// The summary: by the old brain on its cache; where that is gone, by whichever brain does it cheaper. Picodollars.
    fn summary(&self) -> f64 {
        let length = self.shape.summary_output as f64;
        let own = self.stay() + self.from.output as f64 * length;
        let other = self.kappa * (self.to.input as f64 * self.context as f64 + self.to.output as f64 * length);
        if self.warm { own } else { own.min(other) }
    }

    /// Writing the next window with the new brain. Picodollars.
    fn opening(&self) -> f64 {
        let hit = self.static_hit.min(self.shape.base);
        let written = (self.shape.base - hit) as f64;
        self.kappa * (self.to.write as f64 * written + self.to.read as f64 * hit as f64)
    }

    fn first_call(&self) -> f64 {
        let again = self.kappa * self.to.write as f64 * self.shape.reacquired as f64;
        self.summary() + self.opening() + again + self.shape.quality.picos() as f64 - self.stay()
    }

    /// Tokens of the next window that stay as they are for the old brain: a part is never more than the whole.
    fn kept(&self) -> u64 {
        self.shape.static_tokens.min(self.shape.base)
    }

    fn at_compaction(&self) -> f64 {
        let cached = self.kept();
        let written = (self.shape.base - cached) as f64;
        self.opening() - self.from.write as f64 * written - self.from.read as f64 * cached as f64
    }

    fn savings(&self) -> Savings {
        let next = self.shape.base.saturating_add(self.shape.reacquired);
        Savings::between(&self.from, &self.to, self.kappa, (self.context, next), self.per_call, self.output)
    }
}

/// What calls with `B` save against calls with `A`, in picodollars. The first call's reads are part of the price of switching.
struct Savings {
    /// Every call: `(w_A - κ w_B) n + (o_A - κ o_B) out`.
    call: f64,
    /// The second call's reads before growth: `r_A P - κ r_B P'`.
    read: f64,
    /// What each call adds to the saving in reads: `(r_A - κ r_B) n`.
    growth: f64,
}

impl Savings {
    fn between(
        from: &Prices,
        to: &Prices,
        kappa: f64,
        (context, next): (u64, u64),
        per_call: u64,
        output: u64,
    ) -> Self {
        let less = |from: i64, to: i64| from as f64 - kappa * to as f64;
        Self {
            call: less(from.write, to.write) * per_call as f64 + less(from.output, to.output) * output as f64,
            read: from.read as f64 * context as f64 - kappa * to.read as f64 * next as f64,
            growth: less(from.read, to.read) * per_call as f64,
        }
    }

    /// Of the first `calls` calls together.
    fn after(&self, calls: u64) -> f64 {
        let (calls, reads) = (calls as f64, calls.saturating_sub(1) as f64);
        calls * self.call + reads * self.read + self.growth * reads * (reads + 1.0) / 2.0
    }

    fn pay_back(&self, price: f64) -> Option<u64> {
        (1..=MOST_CALLS).find(|calls| self.after(*calls) >= price)
    }
}

/// Calls after which moving a warm context `P` as it is from one brain to another would have paid back (`N*`): the smallest
/// `N` with `N ((w_A - κ w_B) n + (o_A - κ o_B) out) + Σ_{1 ≤ t < N} (r_A - κ r_B) (P + t n) ≥ (κ w_B - r_A) P`; none if never
/// (in 10,000 calls). Tandem never moves a context like this; the number shows what it would be worth. Source: cost model,
/// `docs/cost.md`.
pub fn calls_to_pay_back(
    from: &Prices,
    to: &Prices,
    kappa: f64,
    context: u64,
    per_call: u64,
    output: u64,
) -> Option<u64> {
    let price = (kappa * to.write as f64 - from.read as f64) * context as f64;
    Savings::between(from, to, kappa, (context, context), per_call, output).pay_back(price)
}

/// What a switch costs now, by bringing the compaction forward, and at the next compaction.
///
/// Now: `summary + κ w_B (S + X_re) + Q - stay`, where the old brain summarises on its cache (`r_A P + o_A s_out`, `stay = r_A P`);
/// cold, `stay = w_A P` and the cheaper brain summarises. Then `B` works on `S` where `A` would work on `P`. It pays if it is a
/// gain until the next compaction and one of three rules holds: `κ w_B ≤ r_A` (0), the cache is cold (1), or `R > 1.5 N*` (2).
/// The compaction that staying pays for later is not counted: the session may end before.
///
/// At a compaction: `Δ_first = κ w_B (S - hit) + κ r_B hit - w_A (S - K0) - r_A K0`. Source: cost model, `docs/cost.md`.
pub fn switch_cost(input: &SwitchInput) -> SwitchCost {
    let first_call = input.first_call();
    let savings = input.savings();
    let pays_back_after = savings.pay_back(first_call);
    let saved = savings.after(input.remaining_calls) - first_call;
    let free = input.kappa * input.to.write as f64 <= input.from.read as f64;
    let in_time = pays_back_after.is_some_and(|calls| input.remaining_calls as f64 > MARGIN * calls as f64);
    let rule = match () {
        () if saved < 0.0 || input.remaining_calls == 0 => None,
        () if free => Some(SwitchRule::CheaperThanARead),
        () if !input.warm => Some(SwitchRule::Cold),
        () if in_time => Some(SwitchRule::PaysBack),
        () => None,
    };
    SwitchCost {
        now: usd(first_call),
        at_compaction: usd(input.at_compaction()),
        pays_back_after,
        saved: usd(saved),
        pays: rule.is_some(),
        rule,
        input: *input,
    }
}

#[cfg(test)]
#[path = "switching_tests.rs"]
mod tests;
