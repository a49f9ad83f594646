//! The prefix cache of Chat Completions and of Responses. Newer OpenAI models write at the latest eligible message and at explicit breakpoints,
//! bill the write and read exactly what was written; all others read the longest known prefix, rounded down to 128 tokens, and write for free.

use std::collections::HashMap;
use std::time::Duration;

use blake3::{Hash, Hasher};
use protocol::{Timestamp, Usage};

use crate::facts::Facts;
use crate::memo::Sweep;
use crate::tokens::billed;

/// Eligible endings before the latest one that a lookup tries.
const LOOK_BACK: usize = 20;

/// Explicit breakpoints that are written beside the implicit one: four writes in all, the latest breakpoints first.
const EXPLICIT_WRITES: usize = 3;

/// Older models report reads in steps of this many tokens.
const STEP: u64 = 128;

/// Whose words a piece of a prompt holds, as far as the cache asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaker {
    /// System, developer.
    Instructions,
    User,
    /// A tool's answer.
    Tool,
    Model,
}

/// A piece of a prompt behind which a prefix can end: a message, or an item of Responses.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) speaker: Speaker,
    pub(crate) canonical: Hash,
    pub(crate) tokens: u64,
    /// Explicit breakpoints behind its parts, in order.
    pub(crate) marks: Vec<ChatMark>,
}

/// An explicit breakpoint behind one part of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChatMark {
    /// The message up to this part; none where it is the last one, and so the end of the message.
    pub(crate) cut: Option<Hash>,
    /// Tokens of the message up to this part.
    pub(crate) tokens: u64,
}

/// A prompt up to and including one message.
#[derive(Clone, Copy, Debug)]
struct Link {
    hash: Hash,
    tokens: u64,
    /// A prefix may end here: behind a user message, the last tool message of a group, the last leading instruction.
    eligible: bool,
    /// An explicit breakpoint stands here.
    explicit: bool,
    /// The end of a message: a breakpoint inside one is no end that anybody finds without it.
    whole: bool,
}

/// A prompt as the cache sees it.
#[derive(Clone, Debug)]
pub(crate) struct ChatChain {
    links: Vec<Link>,
    total: u64,
}

impl ChatChain {
    /// Chains a prompt. `start` is what stands before all messages and what the cache is kept apart by, with its tokens.
    pub(crate) fn new(mut hash: Hash, mut tokens: u64, spans: &[&Span], factor: f64) -> Self {
        let mut links = Vec::with_capacity(spans.len());
        let leading = spans.iter().take_while(|span| span.speaker == Speaker::Instructions).count();
        for (at, message) in spans.iter().enumerate() {
            let explicit = message.marks.iter().any(|mark| mark.cut.is_none());
            for (mark, cut) in message.marks.iter().filter_map(|mark| Some((mark, mark.cut?))) {
                let hash = Hasher::new().update(hash.as_bytes()).update(b"part").update(cut.as_bytes()).finalize();
                let tokens = billed(tokens + mark.tokens, factor);
                links.push(Link { hash, tokens, eligible: false, explicit: true, whole: false });
            }
            let mut hasher = Hasher::new();
            hash = hasher.update(hash.as_bytes()).update(message.canonical.as_bytes()).finalize();
            tokens += message.tokens;
            let eligible = match message.speaker {
                Speaker::User => true,
                Speaker::Tool => spans.get(at + 1).is_none_or(|next| next.speaker != Speaker::Tool),
                Speaker::Instructions | Speaker::Model => at + 1 == leading,
            };
            links.push(Link { hash, tokens: billed(tokens, factor), eligible, explicit, whole: true });
        }
        Self { links, total: billed(tokens, factor) }
    }

    /// Where a lookup tries, in order: explicit breakpoints, of which a request has no more than are looked at, and the
    /// latest eligible ending with so many before it. Older models know any message's end.
    fn looked_up(&self, newer: bool) -> Vec<&Link> {
        if !newer {
            return self.links.iter().filter(|link| link.whole).collect();
        }
        let from = self.links.iter().enumerate().filter(|(_, link)| link.eligible).map(|(at, _)| at);
        let from = from.rev().take(LOOK_BACK + 1).last().unwrap_or(self.links.len());
        let tried = |at: usize, link: &Link| link.explicit || (link.eligible && at >= from);
        self.links.iter().enumerate().filter(|(at, link)| tried(*at, link)).map(|(_, link)| link).collect()
    }

    /// Where entries end: at the latest eligible message and the latest explicit breakpoints; behind every message of an
    /// older model's.
    fn written(&self, newer: bool) -> Vec<&Link> {
        if !newer {
            return self.links.iter().filter(|link| link.whole).collect();
        }
        let explicit = self.links.iter().rev().filter(|link| link.explicit).take(EXPLICIT_WRITES);
        explicit.chain(self.links.iter().rev().find(|link| link.eligible)).collect()
    }

    /// Billed tokens of the whole prompt.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }
}

/// Entries that a request leaves behind once its answer streams.
#[derive(Clone, Debug)]
pub(crate) struct ChatWrites {
    hashes: Vec<Hash>,
    life: Duration,
}

/// Everything that is cached: until when.
#[derive(Debug, Default)]
pub(crate) struct ChatCache {
    entries: HashMap<Hash, Timestamp>,
    sweep: Sweep,
}

impl ChatCache {
    /// Bills a prompt that arrives at `start`: what it reads is renewed now, what it writes waits for [`Self::commit`].
    pub(crate) fn bill(&mut self, chain: &ChatChain, facts: &Facts, start: Timestamp) -> (Usage, ChatWrites) {
        let life = Duration::from_secs(facts.chat_ttl_s);
        let ends = chain.looked_up(facts.billed_writes);
        let live = |link: &&&Link| self.entries.get(&link.hash).is_some_and(|expires| start < *expires);
        let hit = ends.iter().rev().find(live).map(|link| link.tokens);
        for link in chain.links.iter().filter(|link| Some(link.tokens) <= hit) {
            if let Some(expires) = self.entries.get_mut(&link.hash).filter(|expires| start < **expires) {
                *expires = start.plus(life);
            }
        }
        let read = hit.unwrap_or(0);
        let read = if facts.billed_writes { read } else { read / STEP * STEP };
        let read = if read < facts.min_cacheable { 0 } else { read };
        let mut written = chain.written(facts.billed_writes);
        written.retain(|link| link.tokens >= facts.min_cacheable);
        // Each token beyond what was read is billed once, however many entries end behind it.
        let end = written.iter().map(|link| link.tokens).max().filter(|_| facts.billed_writes);
        let hashes = written.iter().map(|link| link.hash).collect();
        let written = end.map_or(0, |end| end.saturating_sub(read));
        let usage = Usage {
            input: chain.total - read - written,
            cache_read: read,
            cache_write_short: written,
            ..Usage::default()
        };
        (usage, ChatWrites { hashes, life })
    }

    /// The answer streams: from now on the prefix can be read. Its life began with the request, at `start`.
    pub(crate) fn commit(&mut self, writes: &ChatWrites, start: Timestamp, now: Timestamp) {
        if self.sweep.due(self.entries.len()) {
            self.entries.retain(|_, expires| now < *expires);
            self.sweep.done(self.entries.len());
        }
        for hash in &writes.hashes {
            let expires = self.entries.entry(*hash).or_default();
            *expires = (*expires).max(start.plus(writes.life));
        }
    }
}
