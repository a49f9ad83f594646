//! `plan`: the steps of the work, for the person and for the agent's own memory.

use protocol::ToolSpec;
use serde_json::{Value, json};

use crate::arguments::{Fields, cut};
use crate::host::{PlanStatus, PlanStep};
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "plan";
const MOST_STEPS: usize = 30;
const STATUS: &[(&str, PlanStatus)] =
    &[("pending", PlanStatus::Pending), ("in_progress", PlanStatus::InProgress), ("done", PlanStatus::Done)];

/// The tool.
pub(crate) struct Plan;

fn parse(arguments: &Value) -> Result<Vec<PlanStep>, ToolError> {
    let fields = Fields::of(NAME, arguments, &["steps"])?;
    let step = |fields: &Fields<'_>| {
        let Some(status) = fields.choice("status", STATUS)? else {
            return Err(fields.wrong("status", "must be one of `pending`, `in_progress`, `done`"));
        };
        Ok(PlanStep { step: fields.words("step")?.to_owned(), status })
    };
    fields.some_objects("steps", &["step", "status"], 1..=MOST_STEPS)?.iter().map(step).collect()
}

#[async_trait::async_trait]
impl Tool for Plan {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("plan.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {
                "steps": {"type": "array", "items": {"type": "object", "properties": {
                    "step": {"type": "string"},
                    "status": {"type": "string", "enum": ["pending", "in_progress", "done"]}
                }, "required": ["step", "status"], "additionalProperties": false}}
            }, "required": ["steps"], "additionalProperties": false}),
        }
    }

    fn effect(&self, _arguments: &Value) -> Effect {
        Effect::Control
    }

    fn summary(&self, arguments: &Value) -> String {
        match parse(arguments) {
            Ok(steps) => {
                let done = steps.iter().filter(|step| step.status == PlanStatus::Done).count();
                let now = steps.iter().find(|step| step.status == PlanStatus::InProgress);
                let now = now.map(|step| format!(": {}", cut(&step.step, 80))).unwrap_or_default();
                format!("{done} of {} done{now}", steps.len())
            }
            Err(_) => "a plan".to_owned(),
        }
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let steps = parse(&arguments)?;
        let count = steps.len();
        context.host.plan(&context.agent, steps).await.map_err(ToolError::RespondToModel)?;
        Ok(ToolOutput::text(format!("plan of {count} steps kept")))
    }
}
