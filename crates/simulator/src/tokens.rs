//! Token counts: `o200k_base`, each text once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use blake3::Hash;

/// Longest piece handed to the tokenizer at once, in bytes: bounds the time of a pathological text.
const PIECE: usize = 32 * 1024;

/// Counts, remembered by the hash of the text, so that a session that sends its whole past with every request costs only
/// what is new.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    known: Mutex<HashMap<Hash, u64>>,
}

impl Counter {
    /// Loads the tokenizer, about 0.1 s of one core, so that the first request does not wait for it.
    pub(crate) fn load() {
        tiktoken_rs::o200k_base_singleton();
    }

    /// Tokens of a text, before any model's factor.
    pub(crate) fn count(&self, text: &str) -> u64 {
        let hash = blake3::hash(text.as_bytes());
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = known().get(&hash) {
            return *count;
        }
        let count = count_now(text);
        known().insert(hash, count);
        count
    }
}

fn count_now(mut text: &str) -> u64 {
    let bpe = tiktoken_rs::o200k_base_singleton();
    let mut count = 0;
    while !text.is_empty() {
        let mut cut = PIECE.min(text.len());
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        let (piece, rest) = text.split_at(cut);
        count += bpe.count_ordinary(piece) as u64;
        text = rest;
    }
    count
}

/// Tokens as a model bills them. Scaled once, from the sum, so that parts of a prompt add up.
pub(crate) fn billed(tokens: u64, factor: f64) -> u64 {
    (tokens as f64 * factor).round() as u64
}
