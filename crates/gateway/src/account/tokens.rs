//! Tokens by which clients come in. They are shown once and kept as a keyed hash only; a token that is taken back is refused within
//! a second by a gateway that runs.

mod file;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use protocol::{Clock, ErrorKind, Timestamp, Usd};
use rand::Rng as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::core::{Denied, Gate};

/// Name of the token that the first start makes.
pub const FIRST: &str = "default";

/// What every token begins with, so that it is known for one where it turns up.
pub const PREFIX: &str = "agw-";

/// Longest credential that is looked at, in bytes.
const LONGEST: usize = 256;

/// How often a running gateway looks whether the tokens have changed. A token that was taken back is refused after this time at
/// the latest; a second is allowed.
const LOOK: Duration = Duration::from_millis(250);

/// What a token may do. The token itself is nowhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// By which it is named in lists and in the ledger.
    pub name: String,
    /// When it was made. What was spent before by another one of this name does not count.
    pub created_at: Timestamp,
    /// Dollars that may be spent with it, in picodollars; none where there is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_picos: Option<i64>,
    /// Models that may be asked for, as `MODEL` or `PROVIDER/MODEL`, `*` at the end for all that begin so; empty for all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub models: BTreeSet<String>,
    /// Keyed hash of the token, in hexadecimal digits.
    hash: String,
}

impl Grant {
    /// Dollars that may be spent with it.
    pub fn budget(&self) -> Option<Usd> {
        self.budget_picos.map(Usd::from_picos)
    }

    /// Whether a model may be used; `provider` is none for a name as a client sends it.
    pub fn allows(&self, provider: Option<&str>, model: &str) -> bool {
        let fits = |pattern: &String| {
            let whole = provider.map(|provider| format!("{provider}/{model}"));
            let names = [Some(model), whole.as_deref(), model.split_once('/').map(|(_, bare)| bare)];
            names.into_iter().flatten().any(|name| match pattern.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == pattern,
            })
        };
        self.models.is_empty() || self.models.iter().any(fits)
    }
}

/// What goes wrong with the file of tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file cannot be read or written.
    #[error("{}: {detail}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// It does not hold what it should.
    #[error(
        "{}: holds no tokens that can be read ({detail}), so that nobody is let in. Remove the file and start the gateway for a new token",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A name that cannot be one.
    #[error("`{0}` is no name of a token: 1 to 64 letters, digits, `.`, `_` and `-` are allowed")]
    Name(String),
    /// The name is taken.
    #[error("there is a token `{0}` already: revoke it first, or take another name")]
    Taken(String),
}

/// As it stands in the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    version: u32,
    /// Key of the hashes, in hexadecimal digits.
    key: String,
    tokens: Vec<Grant>,
}

impl Book {
    fn new() -> Self {
        Self { version: 1, key: blake3::Hash::from_bytes(random()).to_hex().to_string(), tokens: Vec::new() }
    }

    fn hash(&self, token: &str) -> Option<blake3::Hash> {
        let key = blake3::Hash::from_hex(&self.key).ok()?;
        Some(blake3::keyed_hash(key.as_bytes(), token.as_bytes()))
    }
}

/// Who may come in.
#[derive(Debug)]
pub struct Tokens {
    path: PathBuf,
    /// Nobody needs a token.
    off: bool,
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The file as it was when it was read; another one means that it has changed.
    stamp: Option<file::Stamp>,
    /// The hashes with what they may do.
    grants: Vec<(blake3::Hash, Arc<Grant>)>,
    /// Key of the hashes; none where there is nothing to compare with.
    key: Option<[u8; 32]>,
}

impl Tokens {
    /// The tokens of a state folder. `off` lets everybody in.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    pub fn open(state: &Path, off: bool) -> Result<Self, TokenError> {
        let tokens = Self { path: path(state), off, known: RwLock::default() };
        tokens.look()?;
        Ok(tokens)
    }

    /// Whether nobody needs a token.
    pub fn are_off(&self) -> bool {
        self.off
    }

    /// What a token may do, by its name.
    pub fn grant(&self, name: &str) -> Option<Arc<Grant>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.grants.iter().find(|(_, grant)| grant.name == name).map(|(_, grant)| grant.clone())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).grants.is_empty()
    }

    /// Reads the file again if it is another one by now. A file that is gone or damaged lets nobody in.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn look(&self) -> Result<(), TokenError> {
        let stamp = file::stamp(&self.path);
        if stamp == self.known.read().unwrap_or_else(PoisonError::into_inner).stamp {
            return Ok(());
        }
        let (known, outcome) = match file::read(&self.path) {
            Ok(Some(book)) => (Known::of(stamp, &book), Ok(())),
            Ok(None) => (Known { stamp, ..Known::default() }, Ok(())),
            // The system's fault, and mostly a passing one (no more files): what is known holds until the next look.
            Err(error @ TokenError::File { .. }) => return Err(error),
            Err(error) => (Known { stamp, ..Known::default() }, Err(error)),
        };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        outcome
    }

    /// Looks again and again until cancelled.
    pub async fn watch(&self, clock: &dyn Clock, cancel: &CancellationToken) {
        while cancel.run_until_cancelled(clock.sleep(LOOK)).await.is_some() {
            if let Err(error) = self.look() {
                tracing::error!(%error, "tokens of the gateway");
            }
        }
    }

    fn find(&self, given: &str) -> Option<Arc<Grant>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let given = blake3::keyed_hash(&known.key?, given.as_bytes());
        // Comparing two hashes takes the same time whatever they are, and all are compared.
        known.grants.iter().fold(None, |found, (hash, grant)| if *hash == given { Some(grant.clone()) } else { found })
    }

    /// Who comes in with a credential that was found elsewhere than in a client's headers (a browser's password).
    ///
    /// # Errors
    /// [`Denied`]: nobody's.
    pub fn admit_password(&self, password: &str) -> Result<Option<Arc<str>>, Denied> {
        if self.off {
            return Ok(None);
        }
        let grant = (password.len() <= LONGEST).then(|| self.find(password)).flatten();
        grant.map(|grant| Some(Arc::from(grant.name.as_str()))).ok_or_else(|| denied(WRONG))
    }
}

impl Known {
    fn of(stamp: Option<file::Stamp>, book: &Book) -> Self {
        let key = blake3::Hash::from_hex(&book.key).ok().map(|key| *key.as_bytes());
        let grants = book
            .tokens
            .iter()
            .filter_map(|grant| Some((blake3::Hash::from_hex(&grant.hash).ok()?, Arc::new(grant.clone()))));
        Self { stamp, grants: grants.collect(), key }
    }
}

const WRONG: &str = "the token is not one of this gateway's; `agent gateway token list` names those there are";
const MISSING: &str = "a token is missing: send it as `authorization: Bearer TOKEN` or `x-api-key: TOKEN`; `agent gateway token add NAME` makes one";
const UNCLEAR: &str = "more than one credential was sent: one `authorization: Bearer TOKEN` or `x-api-key: TOKEN` is wanted, \
                       and where both are sent they have to be the same";

fn denied(message: &str) -> Denied {
    Denied { kind: ErrorKind::Auth, message: message.to_owned() }
}

impl Gate for Tokens {
    fn admit(&self, headers: &HeaderMap) -> Result<Option<Arc<str>>, Denied> {
        if self.off {
            return Ok(None);
        }
        let given = credential(headers)?;
        let grant = self.find(given).ok_or_else(|| denied(WRONG))?;
        Ok(Some(Arc::from(grant.name.as_str())))
    }
}

/// The one credential of a request. Decided before anything is looked up: doubled headers are refused. Both headers with the same
/// token are let through, because Claude Code's key helper sends both.
fn credential(headers: &HeaderMap) -> Result<&str, Denied> {
    let bearer = match single(headers, "authorization")? {
        Some(value) => Some(bearer(value).ok_or_else(|| denied(MISSING))?),
        None => None,
    };
    let key = single(headers, "x-api-key")?;
    match (bearer, key) {
        (Some(one), None) | (None, Some(one)) => Ok(one),
        (Some(one), Some(other)) if one == other => Ok(one),
        (Some(_), Some(_)) => Err(denied(UNCLEAR)),
        (None, None) => Err(denied(MISSING)),
    }
}

/// The value of a header that may be there once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Denied> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(denied(UNCLEAR));
    }
    let text = |value: &'a HeaderValue| {
        let text = value.to_str().ok().filter(|text| text.len() <= LONGEST);
        text.map(str::trim).ok_or_else(|| denied(WRONG))
    };
    first.map(text).transpose()
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// Where the tokens of a state folder are.
pub fn path(state: &Path) -> PathBuf {
    state.join("gateway").join("tokens.json")
}

/// Makes a token and gives it, the one time that it can be seen.
///
/// # Errors
/// A name that is taken or cannot be one; a file that cannot be read or written.
pub fn add(
    state: &Path,
    name: &str,
    budget: Option<Usd>,
    models: BTreeSet<String>,
    now: Timestamp,
) -> Result<SecretString, TokenError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
        return Err(TokenError::Name(name.to_owned()));
    }
    let token = new_token();
    file::change(&path(state), |book| {
        if book.tokens.iter().any(|grant| grant.name == name) {
            return Err(TokenError::Taken(name.to_owned()));
        }
        let hash = book.hash(token.expose_secret()).map(|hash| hash.to_hex().to_string()).unwrap_or_default();
        let budget_picos = budget.map(Usd::picos);
        book.tokens.push(Grant { name: name.to_owned(), created_at: now, budget_picos, models, hash });
        Ok(())
    })?;
    Ok(token)
}

/// The tokens there are, oldest first.
///
/// # Errors
/// A file that cannot be read.
pub fn list(state: &Path) -> Result<Vec<Grant>, TokenError> {
    Ok(file::read(&path(state))?.map(|book| book.tokens).unwrap_or_default())
}

/// Takes a token back; false where there is none of this name.
///
/// # Errors
/// A file that cannot be read or written.
pub fn revoke(state: &Path, name: &str) -> Result<bool, TokenError> {
    let mut found = false;
    file::change(&path(state), |book| {
        let before = book.tokens.len();
        book.tokens.retain(|grant| grant.name != name);
        found = book.tokens.len() < before;
        Ok(())
    })?;
    Ok(found)
}

/// 256 random bits.
fn new_token() -> SecretString {
    let mut text = PREFIX.to_owned();
    for byte in random() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    SecretString::from(text)
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

#[cfg(test)]
#[path = "tokens_tests.rs"]
mod tests;
