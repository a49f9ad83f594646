//! `ask_user`: a question to the person.

use protocol::ToolSpec;
use serde_json::{Value, json};

use crate::arguments::{Fields, glimpse};
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "ask_user";

/// The tool.
pub(crate) struct AskUser;

#[async_trait::async_trait]
impl Tool for AskUser {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("ask_user.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {"question": {"type": "string"}},
                "required": ["question"], "additionalProperties": false}),
        }
    }

    fn effect(&self, _arguments: &Value) -> Effect {
        Effect::Control
    }

    fn summary(&self, arguments: &Value) -> String {
        glimpse(arguments, "question")
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let question = Fields::of(NAME, &arguments, &["question"])?.words("question")?.to_owned();
        let answer = context.host.ask_user(&context.agent, &question).await.map_err(ToolError::RespondToModel)?;
        Ok(ToolOutput::text(answer))
    }
}
