//! `bash`: a command line.

use std::time::Duration;

use protocol::{CommandReceipt, ResultPart, ToolSpec};
use serde_json::{Value, json};

use crate::arguments::{Fields, glimpse};
use crate::permissions::{self, Action};
use crate::shell::check::{Execution, Job, execute};
use crate::shell::child::Whose;
use crate::shell::seconds;
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "bash";
/// Seconds until a command is ended, when the model does not say.
const TIMEOUT: u64 = 120;
const LONGEST_TIMEOUT: u64 = 600;

/// The tool.
pub(crate) struct Bash;

fn output(command: &str, limit: u64, run: Execution) -> ToolOutput {
    let exit_code = run.ending.exit_code();
    let printed = if run.output.is_empty() { "(no output)\n" } else { &run.output };
    let held = match run.held {
        true => "\n[a process it left behind was cut off; start servers with background true]",
        false => "",
    };
    let advice = match run.ending {
        crate::shell::child::Ending::TimedOut => {
            format!(" (limit {limit} s; timeout_s up to {LONGEST_TIMEOUT}, or background true)")
        }
        _ => String::new(),
    };
    let text = format!("{printed}[{}, {}{advice}]{held}", run.ending, seconds(run.ms));
    ToolOutput {
        content: vec![ResultPart::Text { text }],
        is_error: exit_code != Some(0),
        commands: vec![CommandReceipt { command: command.to_owned(), exit_code, ms: run.ms, check: false }],
        ..ToolOutput::default()
    }
}

#[async_trait::async_trait]
impl Tool for Bash {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("bash.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {
                "command": {"type": "string"},
                "timeout_s": {"type": "integer", "minimum": 1, "maximum": LONGEST_TIMEOUT},
                "background": {"type": "boolean"}
            }, "required": ["command"], "additionalProperties": false}),
        }
    }

    fn effect(&self, _arguments: &Value) -> Effect {
        Effect::Writes
    }

    fn summary(&self, arguments: &Value) -> String {
        glimpse(arguments, "command")
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let fields = Fields::of(NAME, &arguments, &["command", "timeout_s", "background"])?;
        let command = fields.words("command")?;
        if command.contains('\0') {
            return Err(fields.wrong("command", "must not hold a NUL"));
        }
        let limit = fields.number("timeout_s", 1..=LONGEST_TIMEOUT)?.unwrap_or(TIMEOUT);
        let background = fields.flag("background")?;
        permissions::enforce(context, NAME, &Action::Command { line: command }, command.to_owned()).await?;
        if background {
            let text = context.session.processes.start(context, command).await?;
            return Ok(ToolOutput::text(text));
        }
        let on_line = |line: &str| context.host.progress(&context.agent, &context.call, line);
        let job =
            Job { line: command, folder: &context.root, whose: Whose::Agents, limit: Some(Duration::from_secs(limit)) };
        let run = execute(&context.session, job, &context.cancel, on_line)
            .await
            .map_err(|error| ToolError::RespondToModel(format!("bash: the command could not be started: {error}")))?;
        Ok(output(command, limit, run))
    }
}
