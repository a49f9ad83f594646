//! `verify`: the runtime runs the checks that the team's file names.

use std::fmt::Write as _;

use protocol::{ResultPart, ToolSpec};
use serde_json::{Value, json};

use crate::arguments::{Fields, glimpse};
use crate::shell::seconds;
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "verify";

/// The tool.
pub(crate) struct Verify;

#[async_trait::async_trait]
impl Tool for Verify {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("verify.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {
                "names": {"type": "array", "items": {"type": "string"}}
            }, "additionalProperties": false}),
        }
    }

    fn effect(&self, _arguments: &Value) -> Effect {
        Effect::Control
    }

    fn summary(&self, arguments: &Value) -> String {
        let names = glimpse(arguments, "names");
        if names.is_empty() { "all checks".to_owned() } else { names }
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let names = Fields::of(NAME, &arguments, &["names"])?.texts("names")?;
        let results = context.host.verify(&context.agent, &names).await.map_err(ToolError::RespondToModel)?;
        let mut text = String::new();
        for result in &results {
            let ending = match result.receipt.exit_code {
                Some(code) => format!("exit {code}"),
                None => "did not end by itself".to_owned(),
            };
            let _ = writeln!(text, "$ {}\n[{ending}, {}]", result.receipt.command, seconds(result.receipt.ms));
            // What a passing check printed is of no use to anyone.
            if result.receipt.exit_code != Some(0) {
                let _ = writeln!(text, "{}", result.output.trim_end());
            }
        }
        Ok(ToolOutput {
            is_error: results.iter().any(|result| result.receipt.exit_code != Some(0)),
            content: vec![ResultPart::Text { text: text.trim_end().to_owned() }],
            commands: results.into_iter().map(|result| result.receipt).collect(),
            ..ToolOutput::default()
        })
    }
}
