//! `list`: what is in a folder.

use protocol::ToolSpec;
use serde_json::{Value, json};

use crate::arguments::{Fields, glimpse};
use crate::filesystem::paths::{Place, Purpose, Workspace};
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "list";
const DEPTH: u64 = 2;
const DEEPEST: u64 = 10;
/// Most entries of one answer.
const MOST: usize = 500;

/// The tool.
pub(crate) struct List;

fn list(context: &ToolContext, path: Option<&str>, depth: u64) -> Result<String, ToolError> {
    let workspace = Workspace::open(context)?;
    let place = match path {
        Some(path) => workspace.place(path, Purpose::Read)?,
        None => workspace.top(),
    };
    let folder = workspace.folder(&place)?;
    if !folder.is_dir() {
        return Err(ToolError::RespondToModel(format!("{} is a file, not a folder; use read", place.shown)));
    }
    let mut lines = Vec::new();
    let mut left = 0;
    for entry in workspace.walk(&folder).max_depth(Some(depth as usize)).build().flatten().skip(1) {
        if context.cancel.is_cancelled() {
            return Err(ToolError::RespondToModel("list: cancelled".to_owned()));
        }
        if lines.len() == MOST {
            left += 1;
            continue;
        }
        let Ok(inside) = entry.path().strip_prefix(&folder) else { continue };
        let kind = match entry.file_type() {
            Some(kind) if kind.is_dir() => "/",
            Some(kind) if kind.is_symlink() => "@",
            _ => "",
        };
        lines.push(format!("{}{kind}", shown(&place, inside)));
    }
    if lines.is_empty() {
        return Ok(format!("{} is empty (or everything in it is ignored)", place.shown));
    }
    if left > 0 {
        lines.push(format!("({left} more entries; list a folder of them, or less depth)"));
    }
    Ok(lines.join("\n"))
}

/// A path below a place, as the other tools take it.
fn shown(place: &Place, inside: &std::path::Path) -> String {
    if place.shown == "." { inside.display().to_string() } else { format!("{}/{}", place.shown, inside.display()) }
}

#[async_trait::async_trait]
impl Tool for List {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("list.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {
                "path": {"type": "string"},
                "depth": {"type": "integer", "minimum": 1, "maximum": DEEPEST}
            }, "additionalProperties": false}),
        }
    }

    fn effect(&self, _arguments: &Value) -> Effect {
        Effect::ReadOnly
    }

    fn parallel(&self) -> bool {
        true
    }

    fn summary(&self, arguments: &Value) -> String {
        let path = glimpse(arguments, "path");
        if path.is_empty() { ".".to_owned() } else { path }
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let fields = Fields::of(NAME, &arguments, &["path", "depth"])?;
        let path = fields.optional_text("path")?.filter(|path| !path.is_empty()).map(str::to_owned);
        let depth = fields.number("depth", 1..=DEEPEST)?.unwrap_or(DEPTH);
        let context = context.clone();
        crate::filesystem::blocking(move || list(&context, path.as_deref(), depth).map(ToolOutput::text)).await
    }
}
