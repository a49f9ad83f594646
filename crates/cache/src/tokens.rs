//! Token counts: `o200k_base` once it is loaded, an estimate from bytes until then, corrected per model by what the
//! providers report.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use tiktoken_rs::CoreBPE;

/// Bytes per token while the tokenizer is not loaded: English prose and code measure 3.6 to 4.4 bytes per `o200k_base`
/// token, so that 4 errs to the small side for neither.
const BYTES_PER_TOKEN: usize = 4;

/// Longest piece handed to the tokenizer at once, in bytes: bounds the time of a pathological text.
const PIECE: usize = 64 * 1024;

static O200K: OnceLock<&'static CoreBPE> = OnceLock::new();

/// Counts tokens of text.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenCounter;

impl TokenCounter {
    /// Loads the tokenizer: about 0.1 s of one core and 46 MB. Call it off the critical path.
    pub fn load() {
        O200K.get_or_init(tiktoken_rs::o200k_base_singleton);
    }

    /// Whether counts are exact by now.
    pub fn is_loaded() -> bool {
        O200K.get().is_some()
    }

    /// Tokens in a text: exact `o200k_base` when loaded, otherwise bytes / 4.
    pub fn count(text: &str) -> u64 {
        let Some(bpe) = O200K.get() else { return text.len().div_ceil(BYTES_PER_TOKEN) as u64 };
        pieces(text).map(|piece| bpe.count_ordinary(piece) as u64).sum()
    }
}

/// Cuts a text into pieces of at most [`PIECE`] bytes at character boundaries.
fn pieces(mut text: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let mut cut = PIECE.min(text.len());
        while !text.is_char_boundary(cut) {
            cut -= 1;
        }
        let (piece, rest) = text.split_at(cut);
        text = rest;
        Some(piece)
    })
}

/// What a provider's token is worth in ours, per model: learned from each response, never written into a prompt.
#[derive(Clone, Debug, Default)]
pub struct Calibration {
    ratios: BTreeMap<String, f64>,
}

/// Weight of the newest observation: a ratio settles within about five responses.
const WEIGHT: f64 = 0.4;

/// Smallest count that teaches anything: below it, fixed overhead of a request dominates.
const MIN_COUNTED: u64 = 200;

impl Calibration {
    /// Takes a response into account: we counted `counted`, the provider billed `billed` prompt tokens.
    pub fn observe(&mut self, model: &str, counted: u64, billed: u64) {
        if counted < MIN_COUNTED || billed == 0 {
            return;
        }
        let seen = billed as f64 / counted as f64;
        match self.ratios.get_mut(model) {
            Some(ratio) => *ratio += WEIGHT * (seen - *ratio),
            None => {
                self.ratios.insert(model.to_owned(), seen);
            }
        }
    }

    /// The provider's tokens per token of ours. Before anything was seen: 1.0 for OpenAI's own models (their tokenizer),
    /// a cautious 1.3 for all others.
    pub fn ratio(&self, model: &str) -> f64 {
        self.ratios.get(model).copied().unwrap_or(if model.contains("gpt-") { 1.0 } else { 1.3 })
    }

    /// Our count in the provider's tokens.
    pub fn apply(&self, model: &str, counted: u64) -> u64 {
        (counted as f64 * self.ratio(model)).round() as u64
    }
}
