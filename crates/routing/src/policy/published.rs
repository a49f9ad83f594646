//! Policies as they are published elsewhere, known by their shape and told in our words. What the files say otherwise than we
//! would holds: it is theirs. What they leave open is ours.

use catalogue::yaml::{self, Path, Step};
use serde_json::{Map, Value};

use super::error::{Mistake, PolicyError};
use super::{Lookup, litellm, models};

/// A published file in our words.
pub(super) struct Published {
    /// As a file of ours would say it.
    pub(super) values: Map<String, Value>,
    /// What was added, and what was left out, a sentence each.
    pub(super) notes: Vec<String>,
    /// Where the lanes stand in the published file: a path for each, in their order.
    pub(super) lanes: Vec<Path>,
}

impl Published {
    /// A mistake in our words, at its place in the published file.
    pub(super) fn blamed(&self, mistake: Mistake) -> Mistake {
        let path = match mistake.path.0.as_slice() {
            [Step::Key(section), Step::Index(index), rest @ ..] if section == "lanes" => {
                let mut path = self.lanes.get(*index).cloned().unwrap_or_default();
                path.0.extend(rest.iter().map(|step| match step {
                    Step::Key(key) if key == "brain" => Step::Key("model".to_owned()),
                    step => step.clone(),
                }));
                path
            }
            [Step::Key(section), rest @ ..] if section == "verifier" => {
                let mut path = Path::default().key("models").key("verifier");
                path.0.extend(rest.iter().cloned());
                path
            }
            _ => mistake.path.clone(),
        };
        Mistake { path, ..mistake }
    }
}

/// Reads a text of a published shape; nothing where it is one of ours.
pub(super) fn translated(text: &str, source: &str, variable: Lookup<'_>) -> Result<Option<Published>, PolicyError> {
    let Ok(Value::Object(file)) = yaml::read::<Value>(text) else { return Ok(None) };
    if file.contains_key("model_list") {
        return litellm::read(text, source, variable).map(Some);
    }
    if file.contains_key("models") {
        return models::read(text, source).map(Some);
    }
    Ok(None)
}
