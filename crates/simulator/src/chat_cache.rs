//! The automatic prefix cache of Chat Completions. Newer OpenAI models write at the latest eligible message, bill the write
//! and read whole messages; all others read the longest known prefix, rounded down to 128 tokens, and write for free.

use std::collections::HashMap;
use std::time::Duration;

use blake3::{Hash, Hasher};
use protocol::{Timestamp, Usage};

use crate::chat_prompt::ChatPrompt;
use crate::facts::Facts;
use crate::tokens::billed;

/// Eligible endings before the latest one that a lookup tries.
const LOOK_BACK: usize = 20;

/// Older models report reads in steps of this many tokens.
const STEP: u64 = 128;

/// A prompt up to and including one message.
#[derive(Clone, Copy, Debug)]
struct Link {
    hash: Hash,
    tokens: u64,
    /// A prefix may end here: behind a user message, the last tool message of a group, the last leading instruction.
    eligible: bool,
}

/// A prompt as the cache sees it.
#[derive(Clone, Debug)]
pub(crate) struct ChatChain {
    links: Vec<Link>,
    total: u64,
}

impl ChatChain {
    /// Chains a prompt of one account (`workspace`: hash of the API key).
    pub(crate) fn new(prompt: &ChatPrompt, workspace: &str, factor: f64) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(workspace.as_bytes()).update(prompt.model.as_bytes()).update(prompt.head.as_bytes());
        let mut hash = hasher.finalize();
        let mut tokens = prompt.tool_tokens;
        let mut links = Vec::with_capacity(prompt.messages.len());
        let instructs = |role: &str| role == "system" || role == "developer";
        let leading = prompt.messages.iter().take_while(|message| instructs(&message.role)).count();
        for (at, message) in prompt.messages.iter().enumerate() {
            let mut hasher = Hasher::new();
            hash = hasher.update(hash.as_bytes()).update(message.canonical.as_bytes()).finalize();
            tokens += message.tokens;
            let next = prompt.messages.get(at + 1).map(|next| next.role.as_str());
            let eligible = match message.role.as_str() {
                "user" => true,
                "tool" => next != Some("tool"),
                _ => at + 1 == leading,
            };
            links.push(Link { hash, tokens: billed(tokens, factor), eligible });
        }
        Self { links, total: billed(tokens, factor) }
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
}

impl ChatCache {
    /// Bills a prompt that arrives at `start`: what it reads is renewed now, what it writes waits for [`Self::commit`].
    pub(crate) fn bill(&mut self, chain: &ChatChain, facts: &Facts, start: Timestamp) -> (Usage, ChatWrites) {
        let life = Duration::from_secs(facts.chat_ttl_s);
        let ends: Vec<&Link> = chain.links.iter().filter(|link| link.eligible || !facts.billed_writes).collect();
        let reach = if facts.billed_writes { LOOK_BACK + 1 } else { usize::MAX };
        let live = |link: &&&Link| self.entries.get(&link.hash).is_some_and(|expires| start < *expires);
        let hit = ends.iter().rev().take(reach).find(live).map(|link| link.tokens);
        for link in ends.iter().filter(|link| Some(link.tokens) <= hit) {
            if let Some(expires) = self.entries.get_mut(&link.hash).filter(|expires| start < **expires) {
                *expires = start.plus(life);
            }
        }
        let read = hit.unwrap_or(0);
        let read = if facts.billed_writes { read } else { read / STEP * STEP };
        let read = if read < facts.min_cacheable { 0 } else { read };
        let large = |link: &&&Link| link.tokens >= facts.min_cacheable;
        let hashes: Vec<Hash> = if facts.billed_writes {
            ends.last().filter(large).map(|link| link.hash).into_iter().collect()
        } else {
            ends.iter().filter(large).map(|link| link.hash).collect()
        };
        let end = ends.last().filter(large).map_or(0, |link| link.tokens);
        let written = if facts.billed_writes { end.saturating_sub(read) } else { 0 };
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
        self.entries.retain(|_, expires| now < *expires);
        for hash in &writes.hashes {
            let expires = self.entries.entry(*hash).or_default();
            *expires = (*expires).max(start.plus(writes.life));
        }
    }
}
