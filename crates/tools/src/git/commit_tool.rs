//! `git_commit`: a commit that was asked for. It is made outside of the sandbox, in which `.git` cannot be written, and so by the program
//! itself: of the model come only paths and the message.

use protocol::ToolSpec;
use serde_json::{Value, json};

use super::command::Git;
use super::commit::{Commit, commit};
use crate::arguments::{Fields, glimpse};
use crate::filesystem::paths::{Purpose, Workspace};
use crate::permissions::{self, Action};
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "git_commit";
/// Most of the names of changed files, bytes.
const MOST: u64 = 1024 * 1024;

/// The tool.
pub(crate) struct GitCommit;

#[async_trait::async_trait]
impl Tool for GitCommit {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("commit.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {
                "message": {"type": "string"},
                "paths": {"type": "array", "items": {"type": "string"}}
            }, "required": ["message"], "additionalProperties": false}),
        }
    }

    fn effect(&self, _arguments: &Value) -> Effect {
        Effect::Writes
    }

    fn summary(&self, arguments: &Value) -> String {
        glimpse(arguments, "message")
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let fields = Fields::of(NAME, &arguments, &["message", "paths"])?;
        let message = fields.words("message")?;
        if message.contains('\0') {
            return Err(fields.wrong("message", "must not hold a NUL"));
        }
        let paths = match arguments.get("paths") {
            None | Some(Value::Null) => changed(context).await?,
            Some(_) => inside(context, &fields.texts("paths")?)?,
        };
        if paths.is_empty() {
            return Err(ToolError::RespondToModel(format!("{NAME}: nothing changed, so there is nothing to commit")));
        }
        let what = format!("commit of {}\n\n{message}", paths.join(", "));
        permissions::enforce(context, NAME, &Action::Commit { paths: &paths }, what).await?;
        let made = Commit { paths: &paths, message };
        let hash = commit(&context.root, context.session.environment(), made, &context.cancel)
            .await
            .map_err(|words| ToolError::RespondToModel(format!("{NAME}: {words}")))?;
        Ok(ToolOutput::text(format!("committed {hash}: {} files", paths.len())))
    }
}

/// Paths as git wants them: beneath the workspace, by their letters; git itself takes them for names and never for patterns.
fn inside(context: &ToolContext, given: &[String]) -> Result<Vec<String>, ToolError> {
    let workspace = Workspace::open(context)?;
    let places = given.iter().map(|path| workspace.place(path, Purpose::Write).map(|place| place.shown));
    places.collect()
}

/// Everything that differs from the last commit, new files included.
async fn changed(context: &ToolContext) -> Result<Vec<String>, ToolError> {
    let arguments = [
        "status",
        "--porcelain=v1",
        "-z",
        "--no-renames",
        "--untracked-files=all",
        "--ignore-submodules=dirty",
        "--",
        ".",
    ];
    let printed = Git::of(context).await?.ask(&arguments, MOST).await?.checked(NAME, &context.root)?;
    if printed.cut {
        return Err(ToolError::RespondToModel(format!(
            "{NAME}: too many files changed to name them all; give `paths`"
        )));
    }
    let prefix = prefix(context).await?;
    let names = printed.text.split('\0').filter_map(|entry| entry.get(3..)).filter(|name| !name.is_empty());
    Ok(names.filter_map(|name| name.strip_prefix(&prefix)).map(str::to_owned).collect())
}

/// Where the workspace lies in its repository: `git status -z` names files from the repository's top.
async fn prefix(context: &ToolContext) -> Result<String, ToolError> {
    let printed =
        Git::of(context).await?.ask(&["rev-parse", "--show-prefix"], MOST).await?.checked(NAME, &context.root)?;
    Ok(printed.text.trim_end_matches('\n').to_owned())
}
