//! Reading scenario files: strict, with file, line and column in every error.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use regex::Regex;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use crate::scenario::{Scenario, Step, When};

/// A scenario file that cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct ScenarioError {
    /// The file as the caller named it.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What was found, what is allowed.
    pub message: String,
}

impl Scenario {
    /// Reads a scenario. `source` is the name that errors carry.
    ///
    /// # Errors
    /// [`ScenarioError`] with the place, for text that is not YAML, unknown keys, wrong types, bad patterns, actors that
    /// share an id or never match, and faults on actors that do not exist.
    pub fn from_yaml(text: &str, source: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = serde_yaml::from_str(text).map_err(|error| {
            let (line, column) = error.location().map_or((1, 1), |at| (at.line().max(1), at.column().max(1)));
            ScenarioError { file: source.to_owned(), line, column, message: without_place(&error.to_string()) }
        })?;
        let checked = check(&scenario);
        checked.map_err(|problem| {
            let (line, column) = find(text, &problem);
            ScenarioError { file: source.to_owned(), line, column, message: problem.message }
        })?;
        Ok(scenario)
    }
}

/// The parser repeats the place at the end of its message.
fn without_place(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

/// What is wrong, and how to find it in the text: the `nth` place (from 0) where `key` has `value`.
struct Problem {
    message: String,
    key: &'static str,
    value: String,
    nth: usize,
}

fn check(scenario: &Scenario) -> Result<(), Problem> {
    let mut ids = BTreeSet::new();
    for actor in &scenario.actors {
        let at = |message: String, nth: usize| Problem { message, key: "id", value: actor.id.clone(), nth };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if actor.id.is_empty() || actor.id.len() > 32 || !actor.id.chars().all(plain) {
            let rule = "allowed are 1 to 32 letters, digits, `_` and `-`, because call ids are made from it";
            return Err(at(format!("actors: id `{}`: {rule}", actor.id), 0));
        }
        if !ids.insert(actor.id.as_str()) {
            return Err(at(format!("actors: id `{}` is used twice; give each actor its own", actor.id), 1));
        }
        if never_holds(&actor.when) {
            let rule = "give `system_contains`, `model`, `has_tool` or `last_user_contains`, or `any: true`";
            return Err(at(format!("actors: `{}` has an empty `when`; {rule}", actor.id), 0));
        }
        let steps = actor.steps.iter().chain(&actor.otherwise);
        if let Some(step) = steps.into_iter().find(|step| !has_one_form(step)) {
            let found =
                if step.cases.is_empty() { "nothing to say and no calls" } else { "both `cases` and words or calls" };
            let rule = "a step has `say`, `thinking`, `calls` and `stop`, or it has `cases`";
            return Err(at(format!("actors: `{}` has a step with {found}; {rule}", actor.id), 0));
        }
    }
    if scenario.actors.is_empty() {
        let message = "actors: empty; at least one actor has to answer".to_owned();
        return Err(Problem { message, key: "actors", value: String::new(), nth: 0 });
    }
    let unknown = scenario.faults.iter().filter_map(|fault| fault.on.actor.as_deref()).find(|id| !ids.contains(id));
    if let Some(id) = unknown {
        let known: Vec<&str> = ids.iter().copied().collect();
        let message = format!("faults: on.actor `{id}` is not an actor; the actors are {}", known.join(", "));
        return Err(Problem { message, key: "actor", value: id.to_owned(), nth: 0 });
    }
    if let Some(fault) = scenario.faults.iter().find(|fault| fault.on.every == Some(0) || fault.bytes == 0) {
        let (key, found) = if fault.bytes == 0 { ("bytes", "bytes") } else { ("every", "on.every") };
        return Err(Problem {
            message: format!("faults: {found} is 0; give 1 or more"),
            key,
            value: "0".to_owned(),
            nth: 0,
        });
    }
    if let Some((glob, factor)) = scenario.token_factor.iter().find(|(_, f)| !f.is_finite() || *f <= 0.0) {
        let message = format!("token_factor: `{glob}` is {factor}; a factor is a number above 0");
        return Err(Problem { message, key: "token_factor", value: String::new(), nth: 0 });
    }
    Ok(())
}

fn never_holds(when: &When) -> bool {
    let given = when.system_contains.is_some() || when.model.is_some() || when.has_tool.is_some();
    !given && when.last_user_contains.is_none() && when.any != Some(true)
}

fn has_one_form(step: &Step) -> bool {
    let own = step.say.is_some() || step.thinking.is_some() || !step.calls.is_empty() || step.stop.is_some();
    own == step.cases.is_empty()
}

/// Line and column of a problem, by the text of the key and its value; the start of the file where it cannot be found.
fn find(text: &str, problem: &Problem) -> (usize, usize) {
    let key = format!("{}:", problem.key);
    let mut seen = 0;
    for (number, line) in text.lines().enumerate() {
        let Some(at) = line.find(&key) else { continue };
        if line[at + key.len()..].contains(problem.value.as_str()) {
            if seen == problem.nth {
                return (number + 1, line[..at].chars().count() + 1);
            }
            seen += 1;
        }
    }
    (1, 1)
}

/// A regular expression, compiled while the file is read, so that a bad one is reported with its place.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(pub(crate) Regex);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Regex::new(&text).map(Self).map_err(|error| {
            let reason = error.to_string();
            let last = reason.lines().last().unwrap_or_default().to_owned();
            D::Error::custom(format!("`{text}` is not a regular expression: {last}"))
        })
    }
}

/// A name with `*` for any run of characters.
#[derive(Clone, Debug)]
pub(crate) struct Glob {
    text: String,
    regex: Regex,
}

impl Glob {
    pub(crate) fn matches(&self, name: &str) -> bool {
        self.regex.is_match(name)
    }

    /// The name itself, where there is no wildcard in it.
    pub(crate) fn literal(&self) -> Option<&str> {
        (!self.text.contains('*')).then_some(self.text.as_str())
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<'de> Deserialize<'de> for Glob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let regex =
            Regex::new(&format!("^{}$", regex::escape(&text).replace("\\*", ".*"))).map_err(D::Error::custom)?;
        Ok(Self { text, regex })
    }
}

/// A map as pairs in the order written; a key that stands twice is an error (YAML readers take the last silently).
pub(crate) fn unique_map<'de, D, K, V>(deserializer: D) -> Result<Vec<(K, V)>, D::Error>
where
    D: Deserializer<'de>,
    K: Deserialize<'de> + PartialEq + fmt::Display,
    V: Deserialize<'de>,
{
    struct Pairs<K, V>(PhantomData<(K, V)>);
    impl<'de, K, V> Visitor<'de> for Pairs<K, V>
    where
        K: Deserialize<'de> + PartialEq + fmt::Display,
        V: Deserialize<'de>,
    {
        type Value = Vec<(K, V)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut pairs: Vec<(K, V)> = Vec::new();
            while let Some(key) = map.next_key::<K>()? {
                if pairs.iter().any(|(known, _)| *known == key) {
                    return Err(A::Error::custom(format!("`{key}` stands twice; keep one")));
                }
                let value = map.next_value()?;
                pairs.push((key, value));
            }
            Ok(pairs)
        }
    }
    deserializer.deserialize_map(Pairs(PhantomData))
}

#[cfg(test)]
#[path = "scenario_load_tests.rs"]
mod tests;
