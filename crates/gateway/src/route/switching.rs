//! When a session is decided anew: where its cache is lost anyway, or where another lane pays although the whole context has to be
//! written again.

use std::time::Duration;

use cache::economics::Prices;
use cache::economics::switching::calls_to_pay_back;
use catalogue::Catalogue;
use protocol::Timestamp;

use super::binding::Binding;
use super::sessions::Session;
use crate::ask::Ask;

/// Seconds that a cache is taken to live where the catalogue says nothing.
const TTL: u64 = 300;

/// A history of at least so many messages that has shrunk to half was compacted. A shorter one may have been taken back by a step.
const HISTORY: usize = 8;

/// A switch has to be used for this many times the calls that it takes to pay back, as in the runtime: the horizon is a guess.
const MARGIN: f64 = 1.5;

/// Tokens of an answer where none was told yet.
const OUTPUT: u64 = 500;

/// Why the cache of a session is lost.
pub(super) fn lost(
    session: &Session,
    ask: &Ask,
    binding: Option<&Binding>,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Option<&'static str> {
    let shrank = session.messages >= HISTORY && ask.messages * 2 <= session.messages;
    if session.head != ask.head || shrank {
        return Some("compaction");
    }
    let model = binding.and_then(|binding| catalogue.model(&binding.provider, &binding.model));
    let short = model.map_or(TTL, |model| model.ttl_short_s);
    let life = match model.and_then(|model| model.ttl_long_s) {
        Some(long) if ask.long_cache => long,
        _ => short,
    };
    (now.since(session.last) > Duration::from_secs(life)).then_some("cold")
}

/// Whether going on at `to` pays: the context is written once more there, and each call costs less. As many calls are expected to
/// follow as there were.
pub(super) fn pays(
    session: &Session,
    ask: &Ask,
    from: &Binding,
    to: &Binding,
    catalogue: &Catalogue,
    now: Timestamp,
) -> bool {
    let context = ask.prompt_tokens.max(session.tokens.1);
    let prices = |binding: &Binding| {
        let price = catalogue.model(&binding.provider, &binding.model)?.price(now, context);
        Some(Prices {
            input: price.input,
            output: price.output,
            write: price.cache_write_short,
            write_long: price.cache_write_long,
            read: price.cache_read,
        })
    };
    let Some((from, to)) = prices(from).zip(prices(to)) else { return false };
    let per_call = session.tokens.1.saturating_sub(session.tokens.0) / session.calls.max(1);
    let output = if session.output == 0 { OUTPUT } else { session.output / session.calls.max(1) };
    // Tokens are counted by bytes here, the same for both.
    let calls = calls_to_pay_back(&from, &to, 1.0, context, per_call, output);
    calls.is_some_and(|calls| session.calls as f64 > MARGIN * calls as f64)
}
