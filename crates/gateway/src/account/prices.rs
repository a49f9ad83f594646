//! What tokens cost at a binding, and what the same tokens would have cost with the model that was asked for.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use catalogue::{Catalogue, Model};
use protocol::{Dialect, Timestamp, Usage, Usd};

/// Most names that are remembered. Clients choose them, so that there has to be an end; what is beyond it is looked up again.
const REMEMBERED: usize = 512;

/// Tokens that an answer may have where the request sets no limit.
const ANSWER: u64 = 4_096;

/// Models of one provider by the names that were asked for; none for a name that stands for nothing.
type Models = HashMap<String, Option<Arc<Model>>>;

/// Look-ups in the catalogue, remembered: a look-up goes through a list.
pub struct Prices {
    catalogue: Arc<Catalogue>,
    known: RwLock<HashMap<String, Models>>,
}

impl std::fmt::Debug for Prices {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prices").finish_non_exhaustive()
    }
}

impl Prices {
    /// From a catalogue.
    pub fn new(catalogue: Arc<Catalogue>) -> Self {
        Self { catalogue, known: RwLock::default() }
    }

    /// What tokens cost at a provider; none where the price is not known.
    pub fn cost(&self, provider: &str, model: &str, usage: &Usage, at: Timestamp) -> Option<Usd> {
        Some(self.model(provider, model)?.price(at, usage.prompt()).cost(usage))
    }

    /// What these tokens would have cost with a model as a client names it.
    pub fn requested(&self, dialect: Dialect, model: &str, usage: &Usage, at: Timestamp) -> Option<Usd> {
        Some(self.asked(dialect, model)?.price(at, usage.prompt()).cost(usage))
    }

    /// What a request may cost at most, roughly: its prompt written to a cache, and an answer of the longest length. Nothing where
    /// the price is not known.
    pub fn estimate(&self, provider: &str, model: &str, prompt: u64, most: Option<u64>, at: Timestamp) -> Usd {
        let Some(model) = self.model(provider, model) else { return Usd::ZERO };
        let price = model.price(at, prompt);
        let output = most.unwrap_or(ANSWER).min(model.max_output.max(1));
        let usage = if price.cache_write_short > price.input {
            Usage { cache_write_short: prompt, output, ..Usage::default() }
        } else {
            Usage { input: prompt, output, ..Usage::default() }
        };
        price.cost(&usage)
    }

    fn model(&self, provider: &str, model: &str) -> Option<Arc<Model>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known.get(provider).and_then(|models| models.get(model)) {
            return found.clone();
        }
        drop(known);
        let found = self.catalogue.model(provider, model).cloned().map(Arc::new);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.values().map(HashMap::len).sum::<usize>() < REMEMBERED && model.len() <= 256 {
            known.entry(provider.to_owned()).or_default().insert(model.to_owned(), found.clone());
        }
        found
    }

    /// A client's name of a model, at the maker that its dialect suggests, else at whoever makes one of this name. `[1m]` and the
    /// like at the end are a client's own marks.
    fn asked(&self, dialect: Dialect, name: &str) -> Option<Arc<Model>> {
        let name = name.split('[').next().unwrap_or(name);
        let first = match dialect {
            Dialect::AnthropicMessages => ["anthropic", "openai"],
            Dialect::OpenaiChat | Dialect::OpenaiResponses => ["openai", "anthropic"],
        };
        let named = name.split_once('/').and_then(|(provider, model)| self.model(provider, model));
        named.or_else(|| first.into_iter().find_map(|provider| self.model(provider, name))).or_else(|| {
            let family = self.catalogue.models().find(|model| model.name == name).map(|model| model.family.clone());
            self.model(&family?, name)
        })
    }
}

/// The longest answer that a body allows. Looked for as bytes: within a JSON string the quotation marks would be escaped, so that what
/// is found is a field.
pub fn most_output(body: &[u8]) -> Option<u64> {
    const FIELDS: [&[u8]; 3] = [b"\"max_tokens\"", b"\"max_completion_tokens\"", b"\"max_output_tokens\""];
    let of = |field: &[u8]| -> Option<u64> {
        memchr::memmem::find_iter(body, field).filter_map(|at| number(body.get(at + field.len()..)?)).max()
    };
    FIELDS.into_iter().filter_map(of).max()
}

/// The whole number behind a colon.
fn number(rest: &[u8]) -> Option<u64> {
    let mut bytes = rest.iter().copied().skip_while(u8::is_ascii_whitespace);
    if bytes.next() != Some(b':') {
        return None;
    }
    let digits = bytes.skip_while(u8::is_ascii_whitespace).take_while(u8::is_ascii_digit).take(12);
    digits.fold(None, |number: Option<u64>, digit| Some(number.unwrap_or(0) * 10 + u64::from(digit - b'0')))
}

#[cfg(test)]
#[path = "prices_tests.rs"]
mod tests;
