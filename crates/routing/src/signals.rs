//! What is known of a task before it runs, and the risk score that is made of it. Signals come from the repository, the diff and
//! receipts, never from what a text says.

use protocol::Signals;

use crate::lanes::{RuleSignal, ScoreWeights};
use crate::policy::Policy;

/// What was seen in the repository and in the store.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen<'a> {
    /// Files that exist and differ from the last commit, relative to the workspace.
    pub changed: &'a [String],
    /// Files that the last commit does not have.
    pub new: &'a [String],
    /// Where those lead that are symbolic links. Rules look at them as well; they do not count as files.
    pub behind_links: &'a [String],
    /// What differs could not be seen in full. A file whose name is no plain text counts as unseen without this.
    pub unreadable: bool,
    /// Attempts at this task that have failed.
    pub failures: u32,
    /// Somebody who may say so said that production is down.
    pub incident: bool,
}

/// Name of the path rule that holds where a look at the repository failed, or where a file's name is no plain text.
pub const UNREADABLE: &str = "unreadable";

/// The signals of what was seen.
pub fn from(seen: &Seen<'_>, policy: &Policy) -> Signals {
    let touched = || seen.changed.iter().chain(seen.new);
    let mut signals = Signals {
        files: u32::try_from(touched().count()).unwrap_or(u32::MAX),
        failures: seen.failures,
        new_code: !seen.new.is_empty(),
        production_incident: seen.incident,
        ..Signals::default()
    };
    let paths = || touched().chain(seen.behind_links);
    let unreadable = seen.unreadable || paths().any(|path| !is_plain(path));
    for rule in &policy.path_rules {
        if (unreadable && rule.name == UNREADABLE) || paths().any(|path| rule.matches(path)) {
            signals.paths.push(rule.name.clone());
            match rule.signal {
                Some(RuleSignal::SchemaChange) => signals.schema_change = true,
                Some(RuleSignal::AuthCode) => signals.auth_code = true,
                None => {}
            }
        }
    }
    signals
}

/// Whether a path is what it looks like: nothing in it steers, hides or reorders text, or stands for bytes that are none.
fn is_plain(path: &str) -> bool {
    !path.chars().any(|sign| {
        sign.is_control()
            || matches!(sign, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fffd}')
    })
}

/// The risk score: `min(files, 8) + 5 schema + 5 auth + min(2 failures, 6) + 3 new code` with the built-in weights, 0 to 27. No
/// signal that rises makes it fall.
pub fn score(weights: &ScoreWeights, signals: &Signals) -> u32 {
    let when = |holds: bool, points: u32| if holds { points } else { 0 };
    [
        signals.files.saturating_mul(weights.files).min(weights.files_most),
        when(signals.schema_change, weights.schema_change),
        when(signals.auth_code, weights.auth_code),
        signals.failures.saturating_mul(weights.failures).min(weights.failures_most),
        when(signals.new_code, weights.new_code),
    ]
    .into_iter()
    .fold(0, u32::saturating_add)
}
