//! `encrypted_content` of reasoning items: made here, checked when it comes back.
//!
//! It names the account, the model and the conversation before the reasoning, and how many tokens were thought. What is not
//! ours is refused; what belongs to another account, model or conversation is left out of the prompt, and a record says so.

use std::collections::HashMap;

use blake3::{Hash, Hasher};

use crate::chat_cache::Speaker;
use crate::facts::Facts;
use crate::failure::Failure;
use crate::responses_item::Kind;
use crate::responses_prompt::ResponsesPrompt;

/// Fixed, so that a restarted simulator accepts what an earlier one sealed.
const KEY: &str = "tandem simulator reasoning seal";

/// How the vendor's ciphertexts begin.
const HEAD: &str = "gAAAAA";

const HEX: usize = 16;

/// State that a new reasoning item is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    account: String,
    model: String,
    prefix: String,
}

/// What checking the reasoning of a request found.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    /// What reasoning in the answer is bound to.
    pub(crate) binding: Binding,
    /// Items that the model does not read, and why, in the vendor's words.
    pub(crate) removed: Vec<(usize, &'static str)>,
}

/// Items that were given out: what a server that stores them would know.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// The reasoning that an item has to follow.
    needs: HashMap<String, String>,
    /// What reasoning was sealed as.
    seals: HashMap<String, String>,
}

impl Given {
    /// Notes the reasoning of an answer and the items behind it.
    pub(crate) fn note(&mut self, reasoning: &str, sealed: &str, followers: impl IntoIterator<Item = String>) {
        self.seals.insert(reasoning.to_owned(), sealed.to_owned());
        self.needs.extend(followers.into_iter().map(|follower| (follower, reasoning.to_owned())));
    }

    /// The reasoning that an item has to follow.
    pub(crate) fn needed(&self, id: &str) -> Option<&str> {
        self.needs.get(id).map(String::as_str)
    }

    /// What reasoning was sealed as.
    pub(crate) fn sealed(&self, id: &str) -> Option<&str> {
        self.seals.get(id).map(String::as_str)
    }
}

/// Seals reasoning of so many tokens.
pub(crate) fn seal(binding: &Binding, tokens: u64) -> String {
    let body = format!("{}{}{}{tokens:0HEX$x}", binding.account, binding.model, binding.prefix);
    format!("{HEAD}{body}{}", mac(&body))
}

/// Tokens of what is sealed; of what is not ours, a guess by its size.
pub(crate) fn tokens(sealed: &str) -> u64 {
    Parts::read(sealed).map_or(sealed.len() as u64 / 8, |parts| parts.tokens)
}

/// Checks every reasoning item of a request of one account (`workspace`: hash of the API key).
///
/// # Errors
/// The vendor's words for content that is not ours, and for reasoning that has none and is not stored.
pub(crate) fn check(
    prompt: &ResponsesPrompt,
    facts: &Facts,
    given: &Given,
    workspace: &str,
) -> Result<Checked, Failure> {
    let account = short(blake3::hash(workspace.as_bytes()));
    let model = short(blake3::hash(prompt.model.as_bytes()));
    let mut prefix = prompt.instructions().unwrap_or_else(|| blake3::hash(b""));
    let mut removed = Vec::new();
    // Newer models read all of their reasoning, older ones what they thought since the user last spoke.
    let all = prompt.context.as_deref().map_or(facts.billed_writes, |context| match context {
        "auto" => facts.billed_writes,
        context => context == "all_turns",
    });
    let turn = prompt.items.iter().rposition(|item| item.span.speaker == Speaker::User).unwrap_or(0);
    for (at, item) in prompt.items.iter().enumerate() {
        let Kind::Reasoning { sealed, open } = &item.kind else {
            prefix = Hasher::new().update(prefix.as_bytes()).update(item.span.canonical.as_bytes()).finalize();
            continue;
        };
        let stored = item.id.as_deref().filter(|_| prompt.store).and_then(|id| given.sealed(id));
        let Some(sealed) = sealed.as_deref().or(stored) else {
            if *open || !facts.openai {
                continue;
            }
            return Err(not_stored(item.id.as_deref().unwrap_or_default()));
        };
        let Some(parts) = Parts::read(sealed) else {
            if facts.openai {
                return Err(unverified(sealed));
            }
            continue;
        };
        let reason = match () {
            () if parts.account != account => "organization_mismatch",
            () if parts.model != model => "model_mismatch",
            () if parts.prefix != short(prefix) => "prefix_mismatch",
            () if at < turn && !all => "turn_boundary",
            () => continue,
        };
        removed.push((at, reason));
    }
    Ok(Checked { binding: Binding { account, model, prefix: short(prefix) }, removed })
}

/// What the vendor says of an item that it was to find again.
pub(crate) fn not_stored(id: &str) -> Failure {
    let message = format!(
        "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try again with `store` set to \
         true, or remove this item from your input."
    );
    Failure::of("input", message).status(404)
}

fn unverified(sealed: &str) -> Failure {
    let head: String = sealed.chars().take(4).collect();
    let tail: Vec<char> = sealed.chars().rev().take(4).collect();
    let tail: String = tail.into_iter().rev().collect();
    let message = format!(
        "The encrypted content {head}...{tail} could not be verified. Reason: Encrypted content could not be decrypted or \
         parsed."
    );
    Failure::from(message).code("invalid_encrypted_content")
}

struct Parts {
    account: String,
    model: String,
    prefix: String,
    tokens: u64,
}

impl Parts {
    /// Takes a seal apart; `None` when it is not ours.
    fn read(sealed: &str) -> Option<Self> {
        let body = sealed.strip_prefix(HEAD).filter(|body| body.len() == 5 * HEX)?;
        let part = |n: usize| body.get(n * HEX..(n + 1) * HEX).map(str::to_owned);
        let parts = Self {
            account: part(0)?,
            model: part(1)?,
            prefix: part(2)?,
            tokens: u64::from_str_radix(body.get(3 * HEX..4 * HEX)?, 16).ok()?,
        };
        (part(4)? == mac(body.get(..4 * HEX)?)).then_some(parts)
    }
}

fn mac(body: &str) -> String {
    short(Hasher::new_derive_key(KEY).update(body.as_bytes()).finalize())
}

fn short(hash: Hash) -> String {
    hash.to_hex()[..HEX].to_owned()
}
