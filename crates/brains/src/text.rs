//! Text for errors: capped, on one line, and without the key.

use std::borrow::Cow;

use secrecy::{ExposeSecret, SecretString};

/// Longest excerpt of a body in an error, in characters.
const EXCERPT: usize = 300;

/// Shorter keys are placeholders (`x`, `none`) of local servers; taking them out would tear words apart.
const SHORTEST_KEY: usize = 8;

/// The beginning of a body, on one line.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * EXCERPT)]);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(EXCERPT).collect()
}

/// Takes the key out of a text that came from outside, and every other secret that is known: some servers repeat what they were sent
/// in their errors.
pub(crate) fn without_key(text: String, key: Option<&SecretString>) -> String {
    let text = match secret(key) {
        Some(key) if text.contains(key) => text.replace(key, "[key]"),
        _ => text,
    };
    match redact::global().redact_known(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(clean) => clean,
    }
}

/// As [`without_key`], for a body.
pub(crate) fn bytes_without_key(body: Vec<u8>, key: Option<&SecretString>) -> Vec<u8> {
    let text = String::from_utf8_lossy(&body);
    let clean = without_key(text.as_ref().to_owned(), key);
    if clean == text { body } else { clean.into_bytes() }
}

fn secret(key: Option<&SecretString>) -> Option<&str> {
    key.map(|key| key.expose_secret().trim()).filter(|key| key.len() >= SHORTEST_KEY)
}
