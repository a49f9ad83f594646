//! `glob`: files by name.

use globset::{GlobBuilder, GlobMatcher};
use protocol::ToolSpec;
use serde_json::{Value, json};

use crate::arguments::{Fields, glimpse};
use crate::filesystem::paths::{Purpose, Workspace};
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "glob";
/// Most files of one answer.
const MOST: usize = 300;

/// The tool.
pub(crate) struct Glob;

/// Compiles a pattern; `*` stays within a folder. Shared with `grep`.
pub(crate) fn matcher(tool: &str, pattern: &str) -> Result<GlobMatcher, ToolError> {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let anywhere = if pattern.contains('/') { pattern.to_owned() } else { format!("**/{pattern}") };
    let glob = GlobBuilder::new(&anywhere).literal_separator(true).build().map_err(|error| {
        ToolError::RespondToModel(format!(
            "{tool}: the pattern {pattern:?} is not a glob: {}; `*`, `**`, `?`, `[a-z]`, `{{a,b}}` are allowed",
            error.kind()
        ))
    })?;
    Ok(glob.compile_matcher())
}

fn glob(context: &ToolContext, pattern: &str, path: Option<&str>) -> Result<String, ToolError> {
    let workspace = Workspace::open(context)?;
    let place = match path {
        Some(path) => workspace.place(path, Purpose::Read)?,
        None => workspace.top(),
    };
    let matcher = matcher(NAME, pattern)?;
    let folder = workspace.folder(&place)?;
    let mut found = Vec::new();
    let mut left = 0;
    for entry in workspace.walk(&folder).build().flatten() {
        if context.cancel.is_cancelled() {
            return Err(ToolError::RespondToModel("glob: cancelled".to_owned()));
        }
        let Ok(inside) = entry.path().strip_prefix(&folder) else { continue };
        if entry.file_type().is_none_or(|kind| kind.is_dir()) || !matcher.is_match(inside) {
            continue;
        }
        if found.len() == MOST {
            left += 1;
        } else {
            found.push(match place.shown.as_str() {
                // The path was a file's.
                shown if inside.as_os_str().is_empty() => shown.to_owned(),
                "." => inside.display().to_string(),
                base => format!("{base}/{}", inside.display()),
            });
        }
    }
    if found.is_empty() {
        return Ok(format!("no file matches {pattern} in {} (ignored files are not looked at)", place.shown));
    }
    // A walk sorts within each folder; the whole shall be sorted as text.
    found.sort();
    if left > 0 {
        found.push(format!("({left} more files; use a narrower pattern)"));
    }
    Ok(found.join("\n"))
}

#[async_trait::async_trait]
impl Tool for Glob {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("glob.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {
                "pattern": {"type": "string"}, "path": {"type": "string"}
            }, "required": ["pattern"], "additionalProperties": false}),
        }
    }

    fn effect(&self, _arguments: &Value) -> Effect {
        Effect::ReadOnly
    }

    fn parallel(&self) -> bool {
        true
    }

    fn summary(&self, arguments: &Value) -> String {
        glimpse(arguments, "pattern")
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let fields = Fields::of(NAME, &arguments, &["pattern", "path"])?;
        let pattern = fields.words("pattern")?.to_owned();
        let path = fields.optional_text("path")?.filter(|path| !path.is_empty()).map(str::to_owned);
        let context = context.clone();
        crate::filesystem::blocking(move || glob(&context, &pattern, path.as_deref()).map(ToolOutput::text)).await
    }
}
