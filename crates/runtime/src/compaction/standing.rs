//! Where a window stands: how full it is, and where closing it is cheapest.

use std::collections::BTreeMap;

use cache::Prices;
use cache::economics::compaction::{self, Caps, Threshold, WindowShape};
use protocol::{Brain, Usd};
use team::CompactAt;

use crate::agent::Agent;
use crate::session::Core;

/// Tokens of forgotten text that have to be read again after a compaction (the cost model's assumption), where no brief has
/// named more.
const REACQUIRED: u64 = 20_000;

/// Growth per call where nothing was measured yet (the cost model's assumption).
const PER_CALL: u64 = 3_000;

/// Calls of this window from which its own growth is taken.
const CALLS_MEASURED: u64 = 5;

/// Least growth per call that is believed: a stretch of small talk says nothing of the work that follows.
const LEAST_PER_CALL: u64 = 1_000;

/// Where the model's limits are not known.
const UNKNOWN_LIMIT: u64 = 128_000;

/// Share of the room that is used before the window has to be closed, in percent.
const FULL_PERCENT: u64 = 92;

/// How far a window may grow beyond the cheapest size while a chain of tool calls runs, in percent: up to 1.6 times the
/// optimum costs within 8 % of it.
const CHAIN_PERCENT: u64 = 130;

/// Share of a fixed threshold that is kept word for word at most, as a divisor.
const FIXED_SHARE: u64 = 4;

/// A window's size against its limits.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// Prompt tokens of the next request.
    pub(crate) context: u64,
    /// At a natural break the window is closed from here on; none where the team says never.
    pub(crate) threshold: Option<Threshold>,
    /// In the middle of a chain of tool calls it is closed from here on.
    pub(crate) in_chain: u64,
    /// There is no room for another step.
    pub(crate) full: u64,
    /// Prices at this size; none where they are not known.
    pub(crate) prices: Option<Prices>,
    /// What the next window would begin with.
    pub(crate) shape: WindowShape,
    /// Calls that this window may still carry.
    pub(crate) remaining_calls: u64,
}

impl Standing {
    pub(crate) fn of(core: &Core, agent: &Agent) -> Self {
        let context = core.context_tokens(agent);
        let prices = core.prices(&agent.brain, context);
        let settings = &agent.spec.compaction;
        // Counted here and not billed: a part is never more than the whole.
        let static_tokens = core.static_tokens(agent).min(context);
        let fixed = core.policy.compaction.fixed_tokens;
        let base = static_tokens + keep_tail(core, agent) + u64::from(settings.summary_max);
        let calls = agent.calls_in_window();
        let grown = context.saturating_sub(core.opened_with(agent));
        let shape = WindowShape {
            static_tokens,
            base,
            per_call: if calls >= CALLS_MEASURED { (grown / calls).max(LEAST_PER_CALL) } else { PER_CALL },
            summary_output: u64::from(settings.summary_max),
            reacquired: REACQUIRED.max(agent.needed_again),
            quality: Usd::ZERO,
        };
        let limits = Limits::of(core, &agent.brain);
        let full = limits.room * FULL_PERCENT / 100;
        let threshold = match (fixed, settings.at) {
            // The policy says it, whatever the economics say.
            (Some(at), _) => Some(Threshold::given(at)),
            (None, CompactAt::Never) => None,
            (None, CompactAt::Tokens(at)) => Some(Threshold::given(at)),
            (None, CompactAt::Auto) => Some(automatic(prices.as_ref(), &shape, &limits)),
        };
        let beyond = if fixed.is_some() { 100 } else { CHAIN_PERCENT };
        let chain = threshold.as_ref().map_or(full, |at| at.tokens * beyond / 100);
        let cliff = limits.tier.filter(|_| fixed.is_none() && !matches!(settings.at, CompactAt::Never));
        let below_cliff = cliff.map_or(u64::MAX, |tier| tier.saturating_sub(shape.per_call));
        Self {
            context,
            in_chain: chain.min(below_cliff).min(full),
            threshold,
            full,
            prices,
            shape,
            // As many as there were already: the best guess where nothing else is known.
            remaining_calls: calls.clamp(10, 40),
        }
    }

    /// The next window as it would really be from here: nothing is summarised or read again that is not there.
    pub(crate) fn shape_now(&self) -> WindowShape {
        let base = self.shape.base.min(self.context);
        let summarised = self.context > self.shape.base;
        WindowShape {
            base,
            static_tokens: self.shape.static_tokens.min(base),
            reacquired: self.shape.reacquired.min(self.context - base),
            summary_output: if summarised { self.shape.summary_output } else { 0 },
            ..self.shape
        }
    }

    /// How full it is, against the size at which it would be closed at a break.
    pub(crate) fn closes_at(&self) -> u64 {
        self.threshold.as_ref().map_or(self.full, |threshold| threshold.tokens.min(self.full))
    }

    pub(super) fn numbers(&self) -> BTreeMap<String, f64> {
        let mut numbers = self.threshold.as_ref().map(Threshold::numbers).unwrap_or_default();
        for (name, tokens) in [
            ("context_tokens", self.context),
            ("threshold_tokens", self.closes_at()),
            ("full_tokens", self.full),
            ("static_tokens", self.shape.static_tokens),
            ("base_tokens", self.shape.base),
            ("per_call_tokens", self.shape.per_call),
            ("summary_tokens", self.shape.summary_output),
        ] {
            numbers.insert(name.to_owned(), tokens as f64);
        }
        numbers
    }

    pub(super) fn formula(&self) -> &'static str {
        match &self.threshold {
            // Computed from prices, not named by the team.
            Some(threshold) if threshold.calls > 0.0 => Threshold::FORMULA,
            Some(_) => "at a break, compact if context_tokens >= threshold_tokens",
            None => "compact if context_tokens >= full_tokens",
        }
    }
}

/// Tokens that the next window keeps word for word from the end of this one: a fixed threshold leaves room for no more than a part
/// of it.
pub(super) fn keep_tail(core: &Core, agent: &Agent) -> u64 {
    let most = core.policy.compaction.fixed_tokens.map_or(u64::MAX, |fixed| fixed / FIXED_SHARE);
    agent.spec.compaction.keep_tail.min(most)
}

/// What a model takes.
struct Limits {
    /// Prompt tokens that leave room for an answer.
    room: u64,
    /// Prompt tokens above which the whole request is dearer.
    tier: Option<u64>,
}

impl Limits {
    fn of(core: &Core, brain: &Brain) -> Self {
        let model = core.catalogue.model(&brain.provider, &brain.model);
        let context = model.map_or(UNKNOWN_LIMIT, |model| model.context);
        Self {
            room: context.saturating_sub(u64::from(brain.max_tokens)).max(1),
            tier: model.and_then(|model| model.prices.tier).map(|tier| tier.above),
        }
    }
}

/// The cheapest size by the model's prices; without prices, what its limits allow.
fn automatic(prices: Option<&Prices>, shape: &WindowShape, limits: &Limits) -> Threshold {
    let caps = Caps { tier: limits.tier, window: limits.room, quality: None };
    match prices {
        Some(prices) => compaction::threshold(prices, shape, &caps),
        None => Threshold::given(limits.room * 8 / 10),
    }
}
