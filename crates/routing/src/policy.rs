//! A policy: read, resolved, hashed, shown.

use catalogue::yaml::{self, Path};
use serde_json::{Value, json};

use crate::error::PolicyError;
use crate::file::File;
use crate::settings::{MonitorPolicy, at};
use crate::signal::Signal;

/// The policy that holds where no file says otherwise.
const BUILTIN: &str = include_str!("../data/policy.yaml");

/// How the built-in policy is named where an origin is told.
pub const BUILTIN_SOURCE: &str = "built-in policy";

/// What decides which brain an agent should have. A file says only what differs from the built-in policy.
#[derive(Clone, Debug)]
pub struct Policy {
    /// How difficulty is judged.
    pub monitor: MonitorPolicy,
    hash: String,
    source: String,
    text: String,
}

/// A resolved field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Which: `monitor.signals.error_streak.weight`.
    pub path: String,
    /// Its value, as it would stand in a file; entries of a list with `, ` between.
    pub value: String,
    /// Where it came from: `policy.yaml:12` or `built-in policy`.
    pub origin: String,
}

impl Policy {
    /// The policy that is part of the program.
    pub fn builtin() -> Self {
        // The text is part of the program, and a test reads it. Were it broken all the same, no signal would count and no
        // agent would ever move, which every caller can cope with.
        let still = MonitorPolicy { half_life: 1.0, most: 1.0, up: 1.0, ..MonitorPolicy::default() };
        let monitor = resolved(still.clone(), BUILTIN, BUILTIN_SOURCE).unwrap_or(still);
        Self { hash: hash_of(&monitor), monitor, source: BUILTIN_SOURCE.to_owned(), text: String::new() }
    }

    /// Reads a policy file over the built-in policy. `source` is the file's name for error messages and origins.
    ///
    /// # Errors
    /// The first mistake, with file, line, column, field, what was found and what is allowed.
    pub fn load(text: &str, source: &str) -> Result<Self, PolicyError> {
        let monitor = resolved(Self::builtin().monitor, text, source)?;
        Ok(Self { hash: hash_of(&monitor), monitor, source: source.to_owned(), text: text.to_owned() })
    }

    /// Fingerprint of the values as they were loaded (BLAKE3, hexadecimal). Comments, the order of keys and of lists, and
    /// whether a value was written or left to the built-in policy make no difference.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Where it was read from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Every field with its value and where it came from, in the order of the format.
    pub fn show(&self) -> Vec<Field> {
        let monitor = &self.monitor;
        let mut fields = vec![self.field(&Path::default().key("version"), "1".to_owned())];
        let numbers = [
            ("half_life", monitor.half_life.to_string()),
            ("after_pass", monitor.after_pass.to_string()),
            ("most", monitor.most.to_string()),
            ("up", monitor.up.to_string()),
            ("down", monitor.down.to_string()),
            ("cool_down", monitor.cool_down.to_string()),
            ("calm_steps", monitor.calm_steps.to_string()),
            ("passed_checks", monitor.passed_checks.to_string()),
            ("memory", monitor.memory.to_string()),
        ];
        fields.extend(numbers.map(|(name, value)| self.field(&at(name), value)));
        for signal in Signal::ALL {
            let (weight, path) = (monitor.weight(signal), at("signals").key(signal.as_str()));
            let parts = [
                ("weight", weight.weight.to_string()),
                ("free", weight.free.to_string()),
                ("most", weight.most.to_string()),
            ];
            fields.extend(parts.map(|(name, value)| self.field(&path.key(name), value)));
        }
        let urgent: Vec<String> = monitor.urgent.iter().map(ToString::to_string).collect();
        let rest = [
            ("diff_block", monitor.diff_block.to_string()),
            ("low_confidence", monitor.low_confidence.to_string()),
            ("urgent", list_of(&urgent)),
            ("risk_paths", list_of(monitor.risk_paths.patterns())),
            ("judgement_words", list_of(monitor.judgement_words.written())),
        ];
        fields.extend(rest.map(|(name, value)| self.field(&at(name), value)));
        fields
    }

    fn field(&self, path: &Path, value: String) -> Field {
        let origin = match yaml::place_of(&self.text, path) {
            Some(place) => format!("{}:{}", self.source, place.line),
            None => BUILTIN_SOURCE.to_owned(),
        };
        Field { path: path.to_string(), value, origin }
    }
}

fn resolved(below: MonitorPolicy, text: &str, source: &str) -> Result<MonitorPolicy, PolicyError> {
    let file = File::read(text, source)?;
    let said = |path: &Path| yaml::place_of(text, path).is_some();
    let monitor = file.over(below).and_then(|monitor| monitor.check(&said).map(|()| monitor));
    monitor.map_err(|mistake| mistake.placed(text, source))
}

/// The values in one form, whoever wrote them: fields in the order of the types, lists sorted (no list of a policy says
/// anything by its order).
fn hash_of(monitor: &MonitorPolicy) -> String {
    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort();
        list.dedup();
        list
    };
    let mut values = json!({ "version": 1, "monitor": monitor });
    if let Some(lists) = values.pointer_mut("/monitor").and_then(Value::as_object_mut) {
        lists.insert("risk_paths".to_owned(), sorted(monitor.risk_paths.patterns()).into());
        lists.insert("judgement_words".to_owned(), sorted(monitor.judgement_words.written()).into());
    }
    blake3::hash(values.to_string().as_bytes()).to_hex().to_string()
}

fn list_of(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
