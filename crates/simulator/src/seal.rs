//! Signatures of thinking blocks: made here, checked when they come back.
//!
//! A seal names the model, the conversation before the block and the thinking block before it, and is a keyed hash over
//! these and the text. Markers, request parameters and thinking removed from the front leave it valid; a changed prefix,
//! changed text, or a block missing from the middle do not.

use blake3::{Hash, Hasher};
use protocol::Role;

use crate::block::Kind;
use crate::facts::Facts;
use crate::prompt::Prompt;

/// Fixed, so that a restarted simulator accepts what an earlier one sealed.
const KEY: &str = "tandem simulator thinking seal";

const HEX: usize = 16;

/// State of the conversation that a new thinking block is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    prefix: Hash,
    previous: String,
}

/// What checking the thinking of a request found.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    /// What a thinking block in the answer is bound to.
    pub(crate) binding: Binding,
    /// Pieces that the model cannot read, because another model thought them: dropped before inference.
    pub(crate) unreadable: Vec<usize>,
}

/// Seals a text.
pub(crate) fn seal(model: &str, binding: &Binding, text: &str) -> String {
    let (tag, prefix) = (model_tag(model), short(binding.prefix));
    let mac = mac(&tag, &binding.previous, &prefix, blake3::hash(text.as_bytes()));
    format!("{tag}{}{prefix}{mac}", binding.previous)
}

/// Checks every thinking block of a request.
///
/// # Errors
/// The vendor's words for a seal that is not ours, or that belongs to another conversation.
pub(crate) fn check(prompt: &Prompt, facts: &Facts) -> Result<Checked, String> {
    let tag = model_tag(&prompt.model);
    let mut prefix = blake3::hash(b"");
    let mut turn = prefix;
    let mut previous: Option<String> = None;
    let mut unreadable = Vec::new();
    let mut last = None;
    for (at, piece) in prompt.pieces.iter().enumerate() {
        let place = (piece.message, piece.role == Role::Assistant);
        if piece.role == Role::Assistant && last != Some(place) {
            turn = prefix;
        }
        last = Some(place);
        match &piece.info.kind {
            Kind::Thinking { text, signature } => {
                let parts = Parts::read(signature, *text)
                    .ok_or_else(|| format!("{}: Invalid `signature` in `thinking` block", piece.path))?;
                if parts.tag != tag {
                    unreadable.push(at);
                    continue;
                }
                let follows = previous.as_ref().is_none_or(|previous| *previous == parts.previous);
                if facts.binds_thinking && (parts.prefix != short(turn) || !follows) {
                    return Err(format!(
                        "{}: `thinking` block cannot be used here. The block is bound to a different conversation: the \
                         system prompt, the tools or an earlier message changed since it was generated",
                        piece.path
                    ));
                }
                previous = Some(parts.own());
            }
            Kind::RedactedThinking => {
                return Err(format!("{}: Invalid `data` in `redacted_thinking` block", piece.path));
            }
            _ => {
                let mut hasher = Hasher::new();
                hasher.update(prefix.as_bytes()).update(&[piece.level as u8, piece.role as u8]);
                prefix = hasher.update(piece.info.canonical.as_bytes()).finalize();
            }
        }
    }
    let previous = previous.unwrap_or_else(|| "0".repeat(HEX));
    Ok(Checked { binding: Binding { prefix, previous }, unreadable })
}

struct Parts {
    tag: String,
    previous: String,
    prefix: String,
    mac: String,
}

impl Parts {
    /// Takes a seal apart; `None` when it is not ours for this text.
    fn read(signature: &str, text: Hash) -> Option<Self> {
        let part = |n: usize| signature.get(n * HEX..(n + 1) * HEX).map(str::to_owned);
        let parts = Self { tag: part(0)?, previous: part(1)?, prefix: part(2)?, mac: part(3)? };
        let whole = signature.len() == 4 * HEX;
        (whole && parts.mac == mac(&parts.tag, &parts.previous, &parts.prefix, text)).then_some(parts)
    }

    /// The name by which the next block knows this one.
    fn own(&self) -> String {
        self.mac.clone()
    }
}

fn mac(tag: &str, previous: &str, prefix: &str, text: Hash) -> String {
    let mut hasher = Hasher::new_derive_key(KEY);
    hasher.update(tag.as_bytes()).update(previous.as_bytes()).update(prefix.as_bytes()).update(text.as_bytes());
    short(hasher.finalize())
}

fn model_tag(model: &str) -> String {
    short(blake3::hash(model.as_bytes()))
}

fn short(hash: Hash) -> String {
    hash.to_hex()[..HEX].to_owned()
}
