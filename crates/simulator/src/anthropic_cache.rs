//! Anthropic's prompt cache, billed by the vendor's published rules: writes only at breakpoints, reads at most 20 positions
//! behind one, a minimum size per model, two lifetimes that any hit renews, and entries that can be read only once the
//! answer that wrote them streams.

use std::collections::HashMap;
use std::time::Duration;

use blake3::{Hash, Hasher};
use protocol::{Timestamp, Ttl, Usage};

use crate::block::Kind;
use crate::memo::Sweep;
use crate::prompt::{Level, Prompt};
use crate::tokens::billed;

/// Positions that are looked at behind a breakpoint, the breakpoint's own included.
const LOOK_BACK: usize = 20;

/// Life of an entry, from the start of the request that wrote or last read it.
fn life(ttl: Ttl) -> Duration {
    match ttl {
        Ttl::Short => Duration::from_secs(5 * 60),
        Ttl::Long => Duration::from_secs(60 * 60),
    }
}

/// What a cache is kept apart by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// Hash of the API key.
    pub(crate) workspace: String,
    pub(crate) model: String,
    pub(crate) speed: Option<String>,
    /// Only for models that keep a cache per effort level.
    pub(crate) effort: Option<String>,
}

/// A prompt up to and including one block.
#[derive(Clone, Copy, Debug)]
struct Link {
    hash: Hash,
    /// Billed tokens so far.
    tokens: u64,
    /// A run of tool calls, or of tool results, is one position.
    position: usize,
    /// Last block of its position.
    closes: bool,
}

/// A prompt as the cache sees it.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    links: Vec<Link>,
    /// Breakpoints: number of the link, lifetime.
    marks: Vec<(usize, Ttl)>,
    total: u64,
}

impl Chain {
    /// Chains a prompt. `unreadable` pieces (another model's thinking) are no part of what this model sees.
    pub(crate) fn new(prompt: &Prompt, unreadable: &[usize], factor: f64) -> Self {
        let marks = prompt.breakpoints();
        let mut chain = Self { links: Vec::new(), marks: Vec::new(), total: 0 };
        let mut hash = blake3::hash(b"");
        let mut level = None;
        let mut run: Option<(usize, u8)> = None;
        let (mut tokens, mut position) = (0, 0);
        for (at, piece) in prompt.pieces.iter().enumerate() {
            if unreadable.contains(&at) {
                continue;
            }
            for begun in [Level::Tools, Level::System, Level::Messages] {
                if level < Some(begun) && begun <= piece.level {
                    hash = joined(hash, prompt.level_params(begun).as_bytes());
                    level = Some(begun);
                }
            }
            hash = joined(joined(hash, &[piece.role as u8]), piece.info.canonical.as_bytes());
            tokens += piece.info.tokens;
            let kind = run_kind(&piece.info.kind).map(|kind| (piece.role as usize, kind));
            let continues = kind.is_some() && kind == run;
            run = kind;
            if continues {
                if let Some(last) = chain.links.last_mut() {
                    last.closes = false;
                }
            } else {
                position += 1;
            }
            if let Some((_, ttl)) = marks.iter().find(|(marked, _)| *marked == at) {
                chain.marks.push((chain.links.len(), *ttl));
            }
            chain.links.push(Link { hash, tokens: billed(tokens, factor), position, closes: true });
        }
        chain.total = billed(tokens, factor);
        chain
    }

    /// Billed tokens of the whole prompt.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The links that a breakpoint's look-back examines, from itself backwards.
    fn look_back(&self, mark: usize) -> impl Iterator<Item = usize> {
        let own = self.links[mark].position;
        let before = (0..mark).rev().filter(move |at| self.links[*at].closes && self.links[*at].position != own);
        std::iter::once(mark).chain(before).take(LOOK_BACK)
    }
}

fn run_kind(kind: &Kind) -> Option<u8> {
    match kind {
        Kind::ToolUse { .. } => Some(0),
        Kind::ToolResult { .. } => Some(1),
        _ => None,
    }
}

fn joined(hash: Hash, bytes: &[u8]) -> Hash {
    let mut hasher = Hasher::new();
    hasher.update(hash.as_bytes()).update(bytes);
    hasher.finalize()
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    ttl: Ttl,
    expires: Timestamp,
}

/// Entries that a request will leave behind once its answer streams.
#[derive(Clone, Debug)]
pub(crate) struct Writes {
    key: Key,
    entries: Vec<(Hash, Entry)>,
}

/// Everything that is cached.
#[derive(Debug, Default)]
pub(crate) struct AnthropicCache {
    stores: HashMap<Key, Store>,
}

#[derive(Debug, Default)]
struct Store {
    entries: HashMap<Hash, Entry>,
    sweep: Sweep,
}

impl AnthropicCache {
    /// Bills a prompt that arrives at `start`: what it reads is renewed now, what it writes waits for [`Self::commit`].
    pub(crate) fn bill(&mut self, key: Key, chain: &Chain, minimum: u64, start: Timestamp) -> (Usage, Writes) {
        let store = &mut self.stores.entry(key.clone()).or_default().entries;
        let live = |hash: &Hash| store.get(hash).is_some_and(|entry| start < entry.expires);
        let found = |(mark, _): &(usize, Ttl)| chain.look_back(*mark).find(|at| live(&chain.links[*at].hash));
        let hit = chain.marks.iter().rev().filter_map(found).max();
        if let Some(hit) = hit {
            for link in &chain.links[..=hit] {
                if let Some(entry) = store.get_mut(&link.hash).filter(|entry| start < entry.expires) {
                    entry.expires = start.plus(life(entry.ttl));
                }
            }
        }
        let mut usage = Usage { cache_read: hit.map_or(0, |at| chain.links[at].tokens), ..Usage::default() };
        let mut cached = usage.cache_read;
        let mut entries = Vec::new();
        for (mark, ttl) in chain.marks.iter().filter(|(mark, _)| hit.is_none_or(|hit| *mark > hit)) {
            let link = &chain.links[*mark];
            if link.tokens < minimum {
                continue;
            }
            let written = link.tokens - cached;
            match ttl {
                Ttl::Short => usage.cache_write_short += written,
                Ttl::Long => usage.cache_write_long += written,
            }
            cached = link.tokens;
            entries.push((link.hash, Entry { ttl: *ttl, expires: start.plus(life(*ttl)) }));
        }
        usage.input = chain.total - cached;
        (usage, Writes { key, entries })
    }

    /// The answer streams: from now on its entries can be read.
    pub(crate) fn commit(&mut self, writes: &Writes, now: Timestamp) {
        let store = self.stores.entry(writes.key.clone()).or_default();
        if store.sweep.due(store.entries.len()) {
            store.entries.retain(|_, entry| now < entry.expires);
            store.sweep.done(store.entries.len());
        }
        for (hash, entry) in &writes.entries {
            let known = store.entries.entry(*hash).or_insert(*entry);
            if known.expires < entry.expires {
                *known = *entry;
            }
        }
    }
}

#[cfg(test)]
#[path = "anthropic_cache_tests.rs"]
mod tests;
