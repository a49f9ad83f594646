//! Every field of a policy with its value and where it came from.

use catalogue::yaml::{self, Path};
use serde_json::Value;

use super::{BUILTIN_SOURCE, Policy};
use crate::settings::at;
use crate::signal::Signal;

/// A resolved field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Which: `monitor.signals.error_streak.weight`, `lanes.fast.max_context_tokens`.
    pub path: String,
    /// Its value, as it would stand in a file; entries of a list with `, ` between.
    pub value: String,
    /// Where it came from: `policy.yaml:12` or `built-in policy`.
    pub origin: String,
}

impl Policy {
    /// Every field with its value and where it came from, in the order of the format.
    pub fn show(&self) -> Vec<Field> {
        let mut fields = self.show_monitor();
        for (name, value) in &self.values {
            let path = Path::default().key(name);
            self.flatten(name, value, self.said.get(name).map(|said| (said, path)), &mut fields);
        }
        fields
    }

    /// A field a line. `said` is what the text itself says there, and its path in it.
    fn flatten(&self, shown: &str, value: &Value, said: Option<(&Value, Path)>, fields: &mut Vec<Field>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map.iter().filter(|(key, _)| shown.is_empty() || *key != "name") {
                    let deeper =
                        said.as_ref().and_then(|(said, path)| said.get(key).map(|value| (value, path.key(key))));
                    self.flatten(&format!("{shown}.{key}"), value, deeper, fields);
                }
            }
            Value::Array(entries) if entries.iter().any(Value::is_object) => {
                for (index, entry) in entries.iter().enumerate() {
                    let name = entry.get("name").and_then(Value::as_str);
                    let part = name.map_or_else(|| format!("{shown}[{index}]"), |name| format!("{shown}.{name}"));
                    let deeper = said.as_ref().and_then(|(said, path)| {
                        let said = said.as_array()?;
                        let at = match name {
                            Some(name) => {
                                said.iter().position(|entry| entry.get("name").and_then(Value::as_str) == Some(name))?
                            }
                            None => index,
                        };
                        said.get(at).map(|entry| (entry, path.index(at)))
                    });
                    self.flatten(&part, entry, deeper, fields);
                }
            }
            value => {
                // A published file says other words at other places.
                let origin = said.map_or_else(
                    || BUILTIN_SOURCE.to_owned(),
                    |(_, path)| match yaml::place_of(&self.text, &path) {
                        Some(place) => format!("{}:{}", self.source, place.line),
                        None => self.source.clone(),
                    },
                );
                fields.push(Field { path: shown.to_owned(), value: in_words(value), origin });
            }
        }
    }

    fn show_monitor(&self) -> Vec<Field> {
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

fn in_words(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(entries) => list_of(&entries.iter().map(in_words).collect::<Vec<_>>()),
        other => other.to_string(),
    }
}

fn list_of(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
