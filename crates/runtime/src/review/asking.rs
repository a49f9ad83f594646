//! Asking a reviewer: a clean context, one question, one JSON object for an answer. The same for the policy's reviewer and for a person's.

use protocol::Brain;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use tokio_util::sync::CancellationToken;

use crate::error::RuntimeError;
use crate::infer::{self, Clean};
use crate::session::Core;

/// A question to a reviewer.
pub(crate) struct Asking<'a> {
    /// Who is asked.
    pub(crate) brain: &'a Brain,
    /// What the reviewer is told once.
    pub(crate) system: &'a str,
    /// Most tokens of the answer.
    pub(crate) most: u32,
    /// What is to be judged.
    pub(crate) text: String,
}

/// Asks. The inner error says in words why an answer cannot be read.
pub(crate) async fn ask<T: DeserializeOwned>(
    core: &Core,
    asking: Asking<'_>,
    cancel: &CancellationToken,
) -> Result<Result<T, String>, RuntimeError> {
    let asked = [asking.text];
    let system = Some(asking.system.trim());
    let clean = Clean { name: "review", brain: asking.brain, system, most: asking.most, texts: &asked };
    let built = infer::build_apart(core, &clean)?;
    let words = infer::ask_apart(core, built, "review", cancel).await?;
    Ok(read(&words.text).ok_or_else(|| match words.cut_off {
        true => "its answer was cut off at the output limit".to_owned(),
        false => "its answer could not be read".to_owned(),
    }))
}

/// For a field that a reviewer may leave empty: `null` is as good as nothing.
pub(crate) fn or_empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// The first JSON object of an answer: models like to wrap it.
fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    let from = text.find('{')?;
    let mut values = serde_json::Deserializer::from_str(&text[from..]).into_iter::<T>();
    values.next()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Verdict {
        approve: bool,
        #[serde(default)]
        objections: Vec<String>,
    }

    #[test]
    fn a_verdict_is_read_out_of_what_stands_around_it() {
        let fenced: Verdict =
            read("Here it is:\n```json\n{\"approve\": false, \"objections\": [\"a test is gone\"]}\n```").unwrap();
        assert!(!fenced.approve);
        assert_eq!(fenced.objections, ["a test is gone"]);
        assert!(read::<Verdict>("{\"approve\": true}").unwrap().approve);
        assert!(read::<Verdict>("looks good to me").is_none(), "words are no verdict");
        assert!(read::<Verdict>("{\"approve\": \"yes\"}").is_none());
    }
}
