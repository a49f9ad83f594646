//! `processes`: what `bash` started in the background.

use protocol::ToolSpec;
use serde_json::{Value, json};

use crate::arguments::{Fields, glimpse};
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "processes";
const ACTIONS: &[(&str, Wanted)] = &[("list", Wanted::List), ("read", Wanted::Read), ("stop", Wanted::Stop)];

/// The tool.
pub(crate) struct ProcessesTool;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    List,
    Read,
    Stop,
}

#[async_trait::async_trait]
impl Tool for ProcessesTool {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("processes.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {
                "action": {"type": "string", "enum": ["list", "read", "stop"]},
                "id": {"type": "string"}
            }, "required": ["action"], "additionalProperties": false}),
        }
    }

    fn effect(&self, arguments: &Value) -> Effect {
        if arguments.get("action").and_then(Value::as_str) == Some("stop") { Effect::Writes } else { Effect::ReadOnly }
    }

    fn summary(&self, arguments: &Value) -> String {
        format!("{} {}", glimpse(arguments, "action"), glimpse(arguments, "id")).trim_end().to_owned()
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let fields = Fields::of(NAME, &arguments, &["action", "id"])?;
        let Some(action) = fields.choice("action", ACTIONS)? else {
            return Err(fields.wrong("action", "must be one of `list`, `read`, `stop`"));
        };
        let (processes, clock) = (&context.session.processes, &*context.session.clock);
        if action == Wanted::List {
            return Ok(ToolOutput::text(processes.list(clock)));
        }
        let process = processes.find(fields.words("id")?)?;
        if action == Wanted::Stop {
            process.stop().await;
        }
        Ok(ToolOutput::text(process.news(clock)))
    }
}
