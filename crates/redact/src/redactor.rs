//! The one redactor.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Debug, Formatter};
use std::ops::Range;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, MatchKind};

use crate::forms;
use crate::patterns::{self, Kind};

/// Shortest secret that is looked for, in bytes: shorter ones are words that stand everywhere.
pub const SHORTEST: usize = 8;

/// The redactor of this process. Every sink uses this one, and everyone who loads a key tells it.
pub fn global() -> &'static Redactor {
    static GLOBAL: OnceLock<Redactor> = OnceLock::new();
    GLOBAL.get_or_init(Redactor::default)
}

/// Text for a log, an export, a crash file, an error or telemetry, without secrets: [`Redactor::redact`] of [`global`].
///
/// Not for what a person is asked to approve, and not for items of a transcript: those are bytes that were sent to a model and have to
/// be sent again as they were. Keep our own keys out of them when they come in, by [`Redactor::redact_known`].
pub fn redact_for_record(text: &str) -> Cow<'_, str> {
    global().redact(text)
}

/// Takes secrets out of text. Cheap to clone; clones know the same secrets.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    /// What is looked for, and whether it is only the beginning of a secret.
    forms: BTreeMap<String, bool>,
    search: Option<Arc<Search>>,
}

struct Search {
    automaton: AhoCorasick,
    /// By the number of the pattern.
    is_head: Vec<bool>,
}

impl Redactor {
    /// Remembers a secret, in the forms in which it turns up: as it is, in base64 (also inside a longer value), in an address, in JSON,
    /// line by line, and by its beginning where it is long enough. Answers whether it can be looked for: fewer than [`SHORTEST`] bytes
    /// cannot.
    pub fn learn(&self, secret: &str) -> bool {
        let secret = secret.trim();
        if secret.len() < SHORTEST {
            return false;
        }
        let (forms, head) = forms::of(secret);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut changed = false;
        for form in forms.into_iter().filter(|form| form.len() >= SHORTEST) {
            changed |= known.forms.insert(form, false) != Some(false);
        }
        if let Some(head) = head.filter(|head| !known.forms.contains_key(head)) {
            changed |= known.forms.insert(head, true).is_none();
        }
        if changed {
            known.search = Search::new(&known.forms).map(Arc::new);
        }
        true
    }

    /// The text with every secret replaced by a mark like `[secret: API key]`. First the known values, then what looks like one.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        replaced(text, &self.find(text))
    }

    /// The text without the known values alone. For what a model is shown: a file with an invented key in it stays as it is.
    pub fn redact_known<'a>(&self, text: &'a str) -> Cow<'a, str> {
        replaced(text, &self.known(text))
    }

    /// Where secrets stand, in order, without overlaps.
    pub(crate) fn find(&self, text: &str) -> Vec<(Range<usize>, Kind)> {
        merged(self.known(text), patterns::find(text))
    }

    fn known(&self, text: &str) -> Vec<(Range<usize>, Kind)> {
        let search = self.0.read().unwrap_or_else(PoisonError::into_inner).search.clone();
        search.map(|search| search.find(text)).unwrap_or_default()
    }
}

impl Debug for Redactor {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

impl Search {
    fn new(forms: &BTreeMap<String, bool>) -> Option<Self> {
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(forms.keys()).ok()?;
        Some(Self { automaton, is_head: forms.values().copied().collect() })
    }

    fn find(&self, text: &str) -> Vec<(Range<usize>, Kind)> {
        let mut found: Vec<(Range<usize>, Kind)> = Vec::new();
        for place in self.automaton.find_iter(text) {
            // What follows a beginning is more of the same secret.
            let is_head = self.is_head.get(place.pattern().as_usize()).copied().unwrap_or_default();
            let more = if is_head { key_characters(text.get(place.end()..).unwrap_or_default()) } else { 0 };
            match found.last_mut() {
                Some((last, _)) if place.start() < last.end => last.end = last.end.max(place.end() + more),
                _ => found.push((place.start()..place.end() + more, Kind::Known)),
            }
        }
        found
    }
}

/// Bytes of `text` until something that stands in no key.
fn key_characters(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).count()
}

/// Both lists as one. Where places overlap they become one, of the first one's kind; of those that begin together, the known one.
fn merged(known: Vec<(Range<usize>, Kind)>, alike: Vec<(Range<usize>, Kind)>) -> Vec<(Range<usize>, Kind)> {
    let mut all = known;
    all.extend(alike);
    all.sort_by_key(|(place, kind)| (place.start, *kind));
    let mut merged: Vec<(Range<usize>, Kind)> = Vec::with_capacity(all.len());
    for (place, kind) in all {
        match merged.last_mut() {
            Some((last, _)) if place.start < last.end => last.end = last.end.max(place.end),
            _ => merged.push((place, kind)),
        }
    }
    merged
}

fn replaced<'a>(text: &'a str, places: &[(Range<usize>, Kind)]) -> Cow<'a, str> {
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (place, kind) in places {
        out.push_str(text.get(from..place.start).unwrap_or_default());
        out.push_str("[secret: ");
        out.push_str(kind.as_str());
        out.push(']');
        from = place.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Cow::Owned(out)
}

#[cfg(test)]
#[path = "redactor_tests.rs"]
mod tests;
