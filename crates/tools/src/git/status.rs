//! `git_status`: branch and changed files.

use protocol::ToolSpec;
use serde_json::{Value, json};

use super::command::Git;
use crate::arguments::Fields;
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "git_status";
const MOST: u64 = 10_000;

/// The tool.
pub(crate) struct GitStatus;

#[async_trait::async_trait]
impl Tool for GitStatus {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("status.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {}, "additionalProperties": false}),
        }
    }

    fn effect(&self, _arguments: &Value) -> Effect {
        Effect::ReadOnly
    }

    fn parallel(&self) -> bool {
        true
    }

    fn summary(&self, _arguments: &Value) -> String {
        String::new()
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        Fields::of(NAME, &arguments, &[])?;
        let arguments = ["status", "--short", "--branch", "--ignore-submodules=dirty", "--", "."];
        let printed = Git::of(context).await?.ask(&arguments, MOST).await?.checked(NAME, &context.root)?;
        let mut text = printed.text.trim_end().to_owned();
        if text.lines().count() < 2 {
            text.push_str("\nclean: nothing changed");
        }
        if printed.cut {
            text.push_str("\n(more files left out)");
        }
        Ok(ToolOutput::text(text))
    }
}
