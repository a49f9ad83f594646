//! `edit`: replaces exact text, all edits of a call or none.

use protocol::ToolSpec;
use serde_json::{Value, json};

use crate::arguments::{Fields, glimpse};
use crate::filesystem::change::Target;
use crate::filesystem::ledger::Sight;
use crate::filesystem::near_miss;
use crate::filesystem::text::{Mismatch, Replacement, Text};
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "edit";
const MOST_EDITS: usize = 100;
/// Most line numbers told when a text is not unique.
const LINES_TOLD: usize = 10;

/// The tool.
pub(crate) struct Edit;

fn parse(arguments: &Value) -> Result<(String, Vec<Replacement>), ToolError> {
    let fields = Fields::of(NAME, arguments, &["path", "edits"])?;
    let path = fields.words("path")?.to_owned();
    let replacement = |fields: &Fields<'_>| {
        let (old, new) = (fields.text("old")?, fields.text("new")?);
        if old.is_empty() {
            return Err(
                fields.wrong("old", "must not be empty (to insert, repeat a neighbouring line in `old` and `new`)")
            );
        }
        if old == new {
            return Err(fields.wrong("new", "must differ from `old`"));
        }
        Ok(Replacement { old: old.to_owned(), new: new.to_owned(), all: fields.flag("all")? })
    };
    let edits = fields.some_objects("edits", &["old", "new", "all"], 1..=MOST_EDITS)?;
    Ok((path, edits.iter().map(replacement).collect::<Result<_, _>>()?))
}

/// The text after all edits.
fn apply(shown: &str, raw: &str, edits: &[Replacement]) -> Result<String, ToolError> {
    let mut text = Text::parse(raw);
    for (index, edit) in edits.iter().enumerate() {
        text.apply(edit).map_err(|mismatch| {
            let what = match mismatch {
                Mismatch::Nowhere => {
                    let old = edit.old.replace("\r\n", "\n");
                    format!("`old` is not in the file; {}", near_miss::explain(text.body(), &old))
                }
                Mismatch::Several(lines) => format!(
                    "`old` is there {} times (lines {}); add neighbouring lines to make it unique, or set `all`",
                    lines.len(),
                    told(&lines)
                ),
            };
            let after = if index > 0 { " (after the edits before it)" } else { "" };
            ToolError::RespondToModel(format!("{shown}: nothing was written. edits[{index}]{after}: {what}"))
        })?;
    }
    Ok(text.render())
}

fn told(lines: &[usize]) -> String {
    let told: Vec<String> = lines.iter().take(LINES_TOLD).map(usize::to_string).collect();
    let more = if lines.len() > LINES_TOLD { ", …" } else { "" };
    format!("{}{more}", told.join(", "))
}

#[async_trait::async_trait]
impl Tool for Edit {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("edit.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {
                "path": {"type": "string"},
                "edits": {"type": "array", "items": {"type": "object", "properties": {
                    "old": {"type": "string"}, "new": {"type": "string"}, "all": {"type": "boolean"}
                }, "required": ["old", "new"], "additionalProperties": false}}
            }, "required": ["path", "edits"], "additionalProperties": false}),
        }
    }

    fn effect(&self, _arguments: &Value) -> Effect {
        Effect::Writes
    }

    fn summary(&self, arguments: &Value) -> String {
        let count = arguments.get("edits").and_then(Value::as_array).map_or(0, Vec::len);
        let plural = if count == 1 { "" } else { "s" };
        format!("{}, {count} edit{plural}", glimpse(arguments, "path"))
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let (path, edits) = parse(&arguments)?;
        let target = Target::open(context, &path)?;
        let Some(current) = target.current()? else { return Err(target.missing()) };
        if target.sight(context, &current) == Sight::Changed {
            return Err(target.changed_since());
        }
        let shown = &target.place.shown;
        let raw = std::str::from_utf8(&current.content).map_err(|error| {
            ToolError::RespondToModel(format!(
                "{shown} is not UTF-8 text (byte {}); this tool cannot edit it, use bash",
                error.valid_up_to()
            ))
        })?;
        let new = apply(shown, raw, &edits)?;
        if new == raw {
            return Err(ToolError::RespondToModel(format!(
                "{shown}: the edits cancel each other out; nothing was written"
            )));
        }
        target.replace(context, NAME, Some(current), &new).await
    }
}
