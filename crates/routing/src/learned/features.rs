//! What is known of a task before it runs, as a row of numbers of a fixed length.
//!
//! | columns | what |
//! | --- | --- |
//! | 32 | words and pairs of neighbouring words of the task's text, hashed with a sign, length 1 |
//! | 6 | of the text: logarithm of its length and of its lines, entropy of its characters (bits / 8), share of signs that code is made of, whether it has a code block, whether it has a stack trace |
//! | 1 | logarithm of the tokens of context that go with it |
//! | 4 | whether it needs to read, to edit, to run commands, the network |
//! | 1 | how much waiting hurts, 0 to 1 |
//! | 32 | task type, hashed to two columns |
//! | 32 | repository, hashed to two columns |
//! | 8 | risk signals: score, files, failed attempts (both as logarithms), schema, rights, incident, new code, path rules that match |
//!
//! The first 38 come from the task's text, which anybody may have written: they may send a task to a stronger lane, never to a
//! cheaper one. [`Features::trusted`] leaves them out.

use std::collections::HashMap;
use std::ops::Range;

use protocol::Signals;
use serde::{Deserialize, Serialize};

const WORDS: usize = 32;
const TEXT: usize = WORDS + 6;
const PLAIN: usize = 6;
const NAMES: usize = 32;
const RISKS: usize = 8;
const WIDTH: usize = TEXT + PLAIN + 2 * NAMES + RISKS;
/// Characters of the text that are looked at: more say nothing new, and a decision has to be quick.
const LOOKED_AT: usize = 8_192;
/// Changes with every change of meaning of a column.
const LAYOUT: &str = "1: words 32, text 6, context, tools 4, latency, task type 32x2, repository 32x2, risks 8; fnv-1a";

/// The tools that a task needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToolNeeds {
    /// Files have to be read.
    pub read: bool,
    /// Files have to be changed.
    pub edit: bool,
    /// Commands have to be run.
    pub run: bool,
    /// Something has to be fetched.
    pub network: bool,
}

/// What is known of a task before it runs.
#[derive(Clone, Copy, Debug)]
pub struct TaskFacts<'a> {
    /// Its text, as it was asked.
    pub text: &'a str,
    /// Tokens of context that go with it, without the text.
    pub context_tokens: u64,
    /// What it needs.
    pub tools: ToolNeeds,
    /// How much waiting hurts: 0 not at all, 1 somebody sits and waits.
    pub latency: f64,
    /// Name of its type; empty where none is known.
    pub task_type: &'a str,
    /// Name of the repository; empty where none is known.
    pub repository: &'a str,
    /// Signals of the risk score.
    pub signals: &'a Signals,
    /// The risk score.
    pub score: u32,
}

/// A row of numbers that stands for a task: always of the same length, always finite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Features(Vec<f64>);

impl Features {
    /// How long a row is.
    pub const WIDTH: usize = WIDTH;
    /// The columns that come from the task's text.
    pub const TAINTED: Range<usize> = 0..TEXT;

    /// The row of a task. The same task gives the same row, on every machine.
    pub fn of(task: &TaskFacts<'_>) -> Self {
        let mut row = Vec::with_capacity(WIDTH);
        words(task.text, &mut row);
        shape(task.text, &mut row);
        row.push(logarithm(task.context_tokens as f64));
        let tools = task.tools;
        row.extend([tools.read, tools.edit, tools.run, tools.network].map(yes));
        row.push(if task.latency.is_finite() { task.latency.clamp(0.0, 1.0) } else { 0.0 });
        name("type", task.task_type, &mut row);
        name("repository", task.repository, &mut row);
        risks(task.signals, task.score, &mut row);
        Self(row)
    }

    /// All columns.
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }

    /// With the columns of the text marked as missing, which a [`super::Logistic`] takes for average.
    pub fn trusted(&self) -> Vec<f64> {
        let mut row = self.0.clone();
        row.iter_mut().take(TEXT).for_each(|value| *value = f64::NAN);
        row
    }

    /// The columns that do not come from the text.
    pub fn trusted_part(&self) -> &[f64] {
        self.0.get(TEXT..).unwrap_or_default()
    }

    /// Whether a row that was read from somewhere can be used.
    pub fn fits(&self) -> bool {
        self.0.len() == WIDTH && self.0.iter().all(|value| value.is_finite())
    }
}

/// Names the meaning of the columns: a model that was trained with another is not asked.
pub fn features_hash() -> String {
    let hash = blake3::hash(LAYOUT.as_bytes()).to_hex();
    hash.get(..16).unwrap_or(hash.as_str()).to_owned()
}

fn yes(flag: bool) -> f64 {
    f64::from(u8::from(flag))
}

/// 0 for nothing, about 1 for 20,000.
fn logarithm(count: f64) -> f64 {
    count.max(0.0).ln_1p() / 10.0
}

/// Words and pairs of them, each in one of the columns with a sign, scaled to length 1.
fn words(text: &str, row: &mut Vec<f64>) {
    let start = row.len();
    row.resize(start + WORDS, 0.0);
    let mut last: Option<u64> = None;
    for word in looked_at(text).split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let hash = hash(lower(word));
        let pair = last.map(|before| mixed(before.rotate_left(17) ^ hash));
        for hash in std::iter::once(hash).chain(pair) {
            if let Some(cell) = row.get_mut(start + (hash % WORDS as u64) as usize) {
                *cell += if hash >> 63 == 0 { 1.0 } else { -1.0 };
            }
        }
        last = Some(hash);
    }
    let length = row.iter().skip(start).map(|value| value * value).sum::<f64>().sqrt();
    if length > 0.0 {
        row.iter_mut().skip(start).for_each(|value| *value /= length);
    }
}

fn shape(text: &str, row: &mut Vec<f64>) {
    let seen = looked_at(text);
    // Nearly all characters are ASCII, and counting them must not take as long as everything else.
    let mut ascii = [0_u32; 128];
    let mut others: HashMap<char, u32> = HashMap::new();
    for one in seen.chars() {
        match ascii.get_mut(one as usize) {
            Some(count) => *count += 1,
            None => *others.entry(one).or_default() += 1,
        }
    }
    let signs: u32 = b"{}()[]<>=;_/\\.".iter().filter_map(|sign| ascii.get(usize::from(*sign))).sum();
    // Sorted: a sum in the order of the map would not be the same twice.
    let mut counts: Vec<u32> = ascii.into_iter().filter(|count| *count > 0).chain(others.into_values()).collect();
    counts.sort_unstable();
    let all = f64::from(counts.iter().sum::<u32>().max(1));
    let entropy: f64 = counts.iter().map(|count| f64::from(*count) / all).map(|share| -share * share.log2()).sum();
    row.push(logarithm(text.len() as f64));
    row.push(logarithm(text.lines().count() as f64));
    row.push(entropy / 8.0);
    row.push(f64::from(signs) / all);
    row.push(yes(seen.contains("```")));
    row.push(yes(seen.contains("Traceback") || seen.contains("\tat ") || seen.contains("panicked at")));
}

/// Two columns of 32: two names share both only once in some 500.
fn name(kind: &str, name: &str, row: &mut Vec<f64>) {
    let start = row.len();
    row.resize(start + NAMES, 0.0);
    if name.is_empty() {
        return;
    }
    let first = hash(kind.chars().chain(['\n']).chain(lower(name)));
    for hash in [first, mixed(first ^ 0x9e37_79b9_7f4a_7c15)] {
        if let Some(cell) = row.get_mut(start + (hash % NAMES as u64) as usize) {
            *cell = 1.0;
        }
    }
}

fn risks(signals: &Signals, score: u32, row: &mut Vec<f64>) {
    row.push(f64::from(score.min(100)) / 27.0);
    row.push(logarithm(f64::from(signals.files)));
    row.push(logarithm(f64::from(signals.failures)));
    let flags = [signals.schema_change, signals.auth_code, signals.production_incident, signals.new_code];
    row.extend(flags.map(yes));
    row.push(logarithm(signals.paths.len() as f64));
}

fn looked_at(text: &str) -> &str {
    let mut end = text.len().min(LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn lower(text: &str) -> impl Iterator<Item = char> {
    // The table of all other alphabets is slow.
    text.chars().flat_map(|one| {
        let plain = one.is_ascii().then(|| one.to_ascii_lowercase());
        plain.into_iter().chain((!one.is_ascii()).then(|| one.to_lowercase()).into_iter().flatten())
    })
}

/// FNV-1a over the characters, mixed at the end: quick, and the same in every version of the program.
fn hash(text: impl Iterator<Item = char>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for one in text {
        hash = (hash ^ u64::from(u32::from(one))).wrapping_mul(0x0100_0000_01b3);
    }
    mixed(hash)
}

/// So that the low bits depend on all.
pub(crate) fn mixed(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
#[path = "features_tests.rs"]
mod tests;
