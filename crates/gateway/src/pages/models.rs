//! The list of models, in the form that a client expects: Anthropic's where it says which version of that it speaks, else OpenAI's.

use http::HeaderMap;
use protocol::{Dialect, ErrorKind, ProviderError};
use serde_json::{Value, json};

use super::ModelView;
use crate::core::{Denied, Page};

/// When models were made is not known, and clients want some moment.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// Whose form is expected.
pub(super) fn dialect(headers: &HeaderMap) -> Dialect {
    if headers.contains_key("anthropic-version") { Dialect::AnthropicMessages } else { Dialect::OpenaiChat }
}

/// All models.
pub(super) fn list(dialect: Dialect, models: &[ModelView]) -> Page {
    let data: Vec<Value> = models.iter().map(|model| entry(dialect, model)).collect();
    page(&match dialect {
        Dialect::AnthropicMessages => json!({
            "data": data,
            "has_more": false,
            "first_id": models.first().map(|model| &model.id),
            "last_id": models.last().map(|model| &model.id),
        }),
        Dialect::OpenaiChat | Dialect::OpenaiResponses => json!({ "object": "list", "data": data }),
    })
}

/// One of them. Names may hold slashes and percent signs that stand for them.
pub(super) fn one(dialect: Dialect, models: &[ModelView], id: &str) -> Page {
    let id = id.replace("%2F", "/").replace("%2f", "/").replace("%3A", ":").replace("%3a", ":");
    match models.iter().find(|model| model.id == id) {
        Some(model) => page(&entry(dialect, model)),
        None => {
            let message = "there is no such model here; `GET /v1/models` lists those there are";
            error(dialect, &ProviderError { status: Some(404), ..ProviderError::new(ErrorKind::NotFound, message) })
        }
    }
}

/// Nobody who may see them.
pub(super) fn refused(dialect: Dialect, denied: &Denied) -> Page {
    error(dialect, &ProviderError { status: Some(401), ..ProviderError::new(denied.kind, denied.message.clone()) })
}

fn error(dialect: Dialect, error: &ProviderError) -> Page {
    let (status, body) = wire::codec(dialect).write_error(error);
    Page { status, headers: vec![("content-type", "application/json".to_owned())], body: body.into() }
}

fn entry(dialect: Dialect, model: &ModelView) -> Value {
    match dialect {
        Dialect::AnthropicMessages => {
            json!({ "type": "model", "id": model.id, "display_name": model.shown, "created_at": CREATED })
        }
        Dialect::OpenaiChat | Dialect::OpenaiResponses => {
            json!({ "id": model.id, "object": "model", "created": 0, "owned_by": model.owner })
        }
    }
}

fn page(value: &Value) -> Page {
    Page { status: 200, headers: vec![("content-type", "application/json".to_owned())], body: value.to_string().into() }
}
