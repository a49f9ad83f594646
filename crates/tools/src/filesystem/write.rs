//! `write`: a whole file.

use protocol::{ResultPart, ToolSpec};
use serde_json::{Value, json};

use crate::arguments::{Fields, glimpse};
use crate::filesystem::change::{Current, Target};
use crate::filesystem::ledger::Sight;
use crate::filesystem::text::Text;
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "write";

/// The tool.
pub(crate) struct Write;

/// A file whose every line ends the Windows way stays one, though models write plain line breaks.
fn with_line_ends(current: Option<&Current>, content: &str) -> String {
    let was_crlf = current
        .and_then(|current| std::str::from_utf8(&current.content).ok())
        .is_some_and(|old| Text::parse(old).is_crlf());
    let mut text = Text::parse(content);
    if was_crlf {
        text.make_crlf();
    }
    text.render()
}

#[async_trait::async_trait]
impl Tool for Write {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("write.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {
                "path": {"type": "string"}, "content": {"type": "string"}
            }, "required": ["path", "content"], "additionalProperties": false}),
        }
    }

    fn effect(&self, _arguments: &Value) -> Effect {
        Effect::Writes
    }

    fn summary(&self, arguments: &Value) -> String {
        let lines = arguments.get("content").and_then(Value::as_str).map_or(0, |content| content.lines().count());
        format!("{}, {lines} lines", glimpse(arguments, "path"))
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let fields = Fields::of(NAME, &arguments, &["path", "content"])?;
        let (path, content) = (fields.words("path")?, fields.text("content")?);
        let target = Target::open(context, path)?;
        let current = target.current()?;
        let shown = &target.place.shown;
        match current.as_ref().map(|current| target.sight(context, current)) {
            Some(Sight::Never) => {
                return Err(ToolError::RespondToModel(format!(
                    "{shown} exists and you have not read it; nothing was written. Read it first, or change part of it \
                     by edit"
                )));
            }
            Some(Sight::Changed) => return Err(target.changed_since()),
            Some(Sight::Same) | None => {}
        }
        let new = with_line_ends(current.as_ref(), content);
        if current.as_ref().is_some_and(|current| current.content == new.as_bytes()) {
            let text = format!("{shown} has this content already; nothing was written");
            return Ok(ToolOutput { content: vec![ResultPart::Text { text }], ..ToolOutput::default() });
        }
        target.replace(context, NAME, current, &new).await
    }
}
