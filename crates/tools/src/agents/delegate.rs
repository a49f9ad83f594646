//! `delegate`: a brief for a specialist.

use protocol::{AgentId, Brief, ResultPart, ToolSpec};
use serde_json::{Value, json};

use crate::arguments::{Fields, glimpse};
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "delegate";
const FIELDS: &[&str] =
    &["agent", "objective", "user_said", "acceptance", "acceptance_notes", "scope", "facts", "return_form", "explore"];

/// Most bytes of all the brief's text together: its size must not grow with the size of the task (about 4,000 tokens).
const LONGEST_BRIEF: usize = 16_000;

/// The tool, with those it may address.
pub(crate) struct Delegate {
    agents: Vec<(String, String)>,
}

impl Delegate {
    /// `agents` are ids with a line on what each is good at, in the order that the schema shows them.
    pub(crate) fn new(agents: &[(String, String)]) -> Self {
        Self { agents: agents.to_vec() }
    }

    fn names(&self) -> Vec<&str> {
        self.agents.iter().map(|(id, _)| id.as_str()).collect()
    }

    fn brief(&self, arguments: &Value) -> Result<(AgentId, Brief), ToolError> {
        let fields = Fields::of(NAME, arguments, FIELDS)?;
        let choices: Vec<(&str, &str)> = self.names().into_iter().map(|id| (id, id)).collect();
        let Some(agent) = fields.choice("agent", &choices)? else {
            return Err(fields.wrong("agent", &format!("must be one of {}", self.names().join(", "))));
        };
        let owned = |name| Ok::<_, ToolError>(fields.optional_text(name)?.map(str::to_owned));
        let brief = Brief {
            objective: fields.words("objective")?.to_owned(),
            user_said: owned("user_said")?,
            acceptance: fields.texts("acceptance")?,
            acceptance_notes: owned("acceptance_notes")?,
            scope: owned("scope")?,
            facts: fields.texts("facts")?,
            return_form: owned("return_form")?,
            explore: fields.flag("explore")?,
        };
        check(&brief)?;
        Ok((AgentId::new(agent), brief))
    }
}

fn check(brief: &Brief) -> Result<(), ToolError> {
    if brief.acceptance.is_empty() && !brief.explore {
        return Err(ToolError::RespondToModel(
            "delegate: `acceptance` is missing. Give names of verify entries or shell commands that prove the work \
             (words in `acceptance_notes` alone prove nothing), or set `explore` to true when nothing is to be changed."
                .to_owned(),
        ));
    }
    if brief.explore && !brief.acceptance.is_empty() {
        return Err(ToolError::RespondToModel(
            "delegate: `explore` is true and `acceptance` is given. Exploration changes nothing and is proved by \
             file:line evidence: leave `acceptance` out, or leave `explore` out when files are to be changed."
                .to_owned(),
        ));
    }
    let size = size(brief);
    if size > LONGEST_BRIEF {
        return Err(ToolError::RespondToModel(format!(
            "delegate: the brief has {size} bytes, at most {LONGEST_BRIEF} are allowed. Point to files by path:line \
             instead of copying them; the specialist can read."
        )));
    }
    Ok(())
}

fn size(brief: &Brief) -> usize {
    let optional = [&brief.user_said, &brief.acceptance_notes, &brief.scope, &brief.return_form];
    brief.objective.len()
        + optional.into_iter().flatten().map(String::len).sum::<usize>()
        + brief.acceptance.iter().chain(&brief.facts).map(String::len).sum::<usize>()
}

#[async_trait::async_trait]
impl Tool for Delegate {
    fn spec(&self) -> ToolSpec {
        let who: Vec<String> = self.agents.iter().map(|(id, line)| format!("{id}: {line}")).collect();
        // An empty `enum` is refused by some servers; without specialists every name is refused anyway, by the call.
        let agent = match who.as_slice() {
            [] => json!({"type": "string"}),
            who => json!({"type": "string", "enum": self.names(), "description": who.join("; ")}),
        };
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("delegate.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {
                "agent": agent,
                "objective": {"type": "string", "description": "what must be true afterwards"},
                "user_said": {"type": "string", "description": "the user's constraints, verbatim"},
                "acceptance": {"type": "array", "items": {"type": "string"},
                    "description": "verify names or shell commands; required unless explore"},
                "acceptance_notes": {"type": "string"},
                "scope": {"type": "string", "description": "where to work, what not to touch"},
                "facts": {"type": "array", "items": {"type": "string"}, "description": "known, with path:line"},
                "return_form": {"type": "string"},
                "explore": {"type": "boolean", "description": "only look, change nothing"}
            }, "required": ["agent", "objective"], "additionalProperties": false}),
        }
    }

    fn effect(&self, _arguments: &Value) -> Effect {
        Effect::Control
    }

    fn summary(&self, arguments: &Value) -> String {
        format!("{}: {}", glimpse(arguments, "agent"), glimpse(arguments, "objective"))
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let (agent, brief) = self.brief(&arguments)?;
        let answer = context
            .host
            .delegate(&context.agent, &context.call, &agent, brief)
            .await
            .map_err(ToolError::RespondToModel)?;
        Ok(ToolOutput { content: vec![ResultPart::Text { text: answer.text }], ..ToolOutput::default() })
    }
}
