//! `take_over`: the main agent opens the writing tools to itself, for the turn, with a reason that is kept.

use protocol::ToolSpec;
use serde_json::{Value, json};

use crate::arguments::{Fields, glimpse};
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "take_over";

/// The tool.
pub(crate) struct TakeOver;

#[async_trait::async_trait]
impl Tool for TakeOver {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("take_over.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {"reason": {"type": "string"}},
                "required": ["reason"], "additionalProperties": false}),
        }
    }

    fn effect(&self, _arguments: &Value) -> Effect {
        Effect::Control
    }

    fn summary(&self, arguments: &Value) -> String {
        glimpse(arguments, "reason")
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let reason = Fields::of(NAME, &arguments, &["reason"])?.words("reason")?.to_owned();
        let text = context.host.take_over(&context.agent, &reason).await.map_err(ToolError::RespondToModel)?;
        Ok(ToolOutput::text(text))
    }
}
