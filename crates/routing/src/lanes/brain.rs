//! What a lane thinks with, as it is written. Only who knows aliases and providers can say what model that is.

use std::fmt;

use protocol::Effort;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::{Serialize, Serializer};

/// A brain as text: `MODEL`, `PROVIDER/MODEL` or an alias of the team, each with `@EFFORT` if wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneBrain {
    text: String,
}

impl LaneBrain {
    /// Takes the text as it is written behind `--model`.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text, with an effort where it has none.
    pub fn written(&self, effort: Option<Effort>) -> String {
        match effort {
            Some(effort) if self.effort().is_none() => format!("{}@{}", self.text, word(effort)),
            _ => self.text.clone(),
        }
    }

    /// The model without the effort.
    pub fn model(&self) -> &str {
        match self.effort() {
            Some(_) => self.text.rsplit_once('@').map_or(self.text.as_str(), |(model, _)| model),
            None => &self.text,
        }
    }

    /// The effort that the text names.
    pub fn effort(&self) -> Option<Effort> {
        let (_, name) = self.text.rsplit_once('@')?;
        serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
    }

    /// What is wrong with the text.
    pub(crate) fn problem(&self) -> Option<String> {
        let text = &self.text;
        if text.trim().is_empty() || text.trim() != text || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Some(format!(
                "`{text}` is no model; write MODEL, PROVIDER/MODEL or an alias, for example haiku@low"
            ));
        }
        match text.rsplit_once('@') {
            // Some providers date their models behind `@`.
            Some((_, word)) if self.effort().is_none() && !word.starts_with(|first: char| first.is_ascii_digit()) => {
                Some(format!("`{word}` is no effort; allowed are none, minimal, low, medium, high, xhigh, max"))
            }
            _ => None,
        }
    }
}

fn word(effort: Effort) -> &'static str {
    match effort {
        Effort::None => "none",
        Effort::Minimal => "minimal",
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::Xhigh => "xhigh",
        Effort::Max => "max",
    }
}

impl fmt::Display for LaneBrain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for LaneBrain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for LaneBrain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Written)
    }
}

/// Takes a text, or provider, model and effort apart.
struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = LaneBrain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a model as text, or `provider`, `model` and perhaps `effort`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<LaneBrain, E> {
        Ok(LaneBrain::new(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<LaneBrain, A::Error> {
        let (mut provider, mut model, mut effort) = (None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "provider" => provider = Some(map.next_value::<String>()?),
                "model" => model = Some(map.next_value::<String>()?),
                "effort" => effort = Some(map.next_value::<Effort>()?),
                _ => return Err(A::Error::unknown_field(&key, &["provider", "model", "effort"])),
            }
        }
        let model = model.ok_or_else(|| A::Error::missing_field("model"))?;
        let text = provider.map_or_else(|| model.clone(), |provider| format!("{provider}/{model}"));
        Ok(LaneBrain { text: LaneBrain::new(text).written(effort) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brain_is_a_text_or_its_parts() {
        let of = |json: &str| serde_json::from_str::<LaneBrain>(json).map(|brain| brain.to_string());
        assert_eq!(of("\"haiku@low\"").unwrap(), "haiku@low");
        assert_eq!(
            of(r#"{"provider": "anthropic", "model": "claude-haiku-5-5"}"#).unwrap(),
            "anthropic/claude-haiku-5-5"
        );
        assert_eq!(of(r#"{"model": "haiku", "effort": "high"}"#).unwrap(), "haiku@high");
        assert!(of(r#"{"modle": "haiku"}"#).unwrap_err().to_string().contains("`modle`"));
        assert!(of("3").unwrap_err().to_string().contains("a model as text"));
    }

    #[test]
    fn an_effort_is_known_from_a_name_that_holds_an_at_sign() {
        assert_eq!(LaneBrain::new("haiku@low").model(), "haiku");
        assert_eq!(LaneBrain::new("vertex/claude@20251001").model(), "vertex/claude@20251001");
        assert!(LaneBrain::new("haiku@lowest").problem().unwrap().contains("`lowest` is no effort"));
        assert_eq!(LaneBrain::new("vertex/claude@20251001").problem(), None);
        assert!(LaneBrain::new(" ").problem().is_some());
    }
}
