//! A person's yes, bound to what was shown.

use protocol::Timestamp;
use serde::{Deserialize, Serialize};

/// The hash of one call as it would be done: who (the whole path), which tool, and all of what (the command line, the diff).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallHash(blake3::Hash);

impl CallHash {
    /// Of a call.
    pub fn of(path: &str, tool: &str, what: &str) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("tandem 2026-11 canonical call");
        for part in [path, tool, what] {
            // The lengths keep the parts apart.
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        Self(hasher.finalize())
    }
}

impl std::fmt::Display for CallHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.to_hex())
    }
}

impl std::fmt::Debug for CallHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CallHash({self})")
    }
}

/// For how long a yes holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantScope {
    /// For the very call that was asked about.
    Once,
    /// For the same content by the same agent, until the session ends or the time is up.
    Session,
}

/// A yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What it is for.
    pub hash: CallHash,
    /// Who may use it, from the top down. Its own path only: neither its parent nor its siblings.
    pub path: String,
    /// The same in words: what an answer of "always" was shown to cover.
    pub rule: String,
    /// For how long.
    pub scope: GrantScope,
    /// When it ends at the latest.
    pub expires: Timestamp,
    /// Who said it.
    pub who: String,
}

/// The grants of one run of the program. They live in memory only: no resume, and nothing in a store, brings one back.
#[derive(Debug, Default)]
pub struct Approvals(Vec<Grant>);

impl Approvals {
    /// Keeps a yes.
    pub fn give(&mut self, grant: Grant) {
        self.0.retain(|known| known.hash != grant.hash);
        self.0.push(grant);
    }

    /// The grant for a call, if there is one that still holds; a yes for once is used up by this.
    pub fn take(&mut self, hash: &CallHash, now: Timestamp) -> Option<Grant> {
        self.0.retain(|grant| now < grant.expires);
        let at = self.0.iter().position(|grant| grant.hash == *hash)?;
        match self.0[at].scope {
            GrantScope::Once => Some(self.0.swap_remove(at)),
            GrantScope::Session => Some(self.0[at].clone()),
        }
    }

    /// Takes back what an agent, and all below it, was given.
    pub fn take_back(&mut self, path: &str) {
        let below = format!("{path}/");
        self.0.retain(|grant| grant.path != path && !grant.path.starts_with(&below));
    }

    /// Takes back everything: the policy has changed.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
