//! A published risk-score policy: `models:` with `fast`, `strong`, `verifier`, and `routing:` with two score limits, conditions
//! and triggers.

use catalogue::yaml::Path;
use protocol::{Effort, TaskType};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::error::{Mistake, PolicyError};
use super::file::strictly;
use super::published::Published;
use crate::lanes::Trigger;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    models: Models,
    routing: Routing,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Models {
    fast: Option<Model>,
    strong: Option<Model>,
    verifier: Option<Model>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Model {
    provider: Option<String>,
    model: Option<String>,
    effort: Option<Effort>,
    max_context_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Routing {
    fast_max_score: Option<u32>,
    strong_min_score: Option<u32>,
    always_strong_if: Option<Vec<String>>,
    escalate_on: Option<Vec<Trigger>>,
    min_confidence: Option<f64>,
}

/// What such a policy leaves to a program's own sense, and the program that it came with does.
const NOTES: [&str; 4] = [
    "the kind of task has no say: such a policy knows scores and conditions only",
    "`weak_checks` and `no_checks` lead to the strong lane too: no check is weaker than a weak one; so does `risk_path`: a run may touch \
     what no signal showed before",
    "a failure goes straight to the strong lane, without a second try in its own; the strong lane tries as often as our \
     `strong_attempts` says, then a person is asked",
    "work without a reported confidence counts as unsure",
];

/// Reads the file.
pub(super) fn read(text: &str, source: &str) -> Result<Published, PolicyError> {
    let file: File = strictly(text, source)?;
    let placed = |mistake: Mistake| mistake.placed(text, source);
    let at = Path::default().key("models");
    let lane = |name: &str, model: Option<&Model>| -> Result<Value, Mistake> {
        let Some(model) = model else {
            let problem = format!("there is no `{name}`; `fast` and `strong` are needed, `verifier` is not");
            return Err(Mistake::value(at.clone(), problem));
        };
        written(name, model, &at)
    };
    let lanes = vec![
        lane("fast", file.models.fast.as_ref()).map_err(placed)?,
        lane("strong", file.models.strong.as_ref()).map_err(placed)?,
    ];
    let verifier =
        file.models.verifier.as_ref().map(|model| written("verifier", model, &at)).transpose().map_err(placed)?;
    let mut values = Map::new();
    values.insert("lanes".to_owned(), lanes.into());
    values.insert("verifier".to_owned(), verifier.map_or(Value::Null, without_name));
    values.insert("routing".to_owned(), routing(file.routing));
    Ok(Published { values, notes: NOTES.map(str::to_owned).to_vec(), lanes: vec![at.key("fast"), at.key("strong")] })
}

fn written(name: &str, model: &Model, at: &Path) -> Result<Value, Mistake> {
    let Some(model_name) = &model.model else {
        return Err(Mistake::value(at.key(name), "`model` is missing"));
    };
    let mut brain = json!({ "model": model_name });
    if let Some(provider) = &model.provider {
        brain["provider"] = json!(provider);
    }
    if let Some(effort) = model.effort {
        brain["effort"] = json!(effort);
    }
    let mut lane = json!({ "name": name, "brain": brain });
    if let Some(tokens) = model.max_context_tokens {
        lane["max_context_tokens"] = json!(tokens);
    }
    Ok(lane)
}

fn without_name(mut lane: Value) -> Value {
    if let Some(fields) = lane.as_object_mut() {
        fields.remove("name");
        fields.entry("max_context_tokens").or_insert(json!(120_000));
    }
    lane
}

fn routing(said: Routing) -> Value {
    let mut triggers = said
        .escalate_on
        .unwrap_or_else(|| vec![Trigger::FailedTests, Trigger::PatchRejected, Trigger::LowConfidenceSummary]);
    for added in [Trigger::WeakChecks, Trigger::NoChecks, Trigger::RiskPath] {
        if !triggers.contains(&added) {
            triggers.push(added);
        }
    }
    let kinds: Map<String, Value> =
        TaskType::ALL.iter().map(|kind| (kind.as_str().to_owned(), json!("fast"))).collect();
    let mut routing = json!({
        "task_types": kinds,
        "escalate_on": triggers,
        "on_failure": "escalate",
        "confidence": "required",
        "stickiness": "off",
    });
    let limits = [("fast_max_score", said.fast_max_score), ("strong_min_score", said.strong_min_score)];
    for (name, value) in limits {
        if let Some(value) = value {
            routing[name] = json!(value);
        }
    }
    if let Some(conditions) = said.always_strong_if {
        routing["always_strong_if"] = json!(conditions);
    }
    if let Some(confidence) = said.min_confidence {
        routing["min_confidence"] = json!(confidence);
    }
    routing
}
