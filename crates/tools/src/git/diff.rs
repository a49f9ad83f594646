//! `git_diff`: what changed since the last commit.

use std::path::PathBuf;

use protocol::ToolSpec;
use serde_json::{Value, json};

use super::command::run;
use crate::arguments::{Fields, glimpse};
use crate::filesystem::paths::{Purpose, Workspace};
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "git_diff";
/// Most bytes of a diff that is shown whole.
const MOST: u64 = 30_000;
/// Of a longer one: bytes of its stat and of its beginning.
const MOST_OF_STAT: u64 = 8_000;
const BEGINNING: usize = 20_000;

/// No colours, no programs of the repository's, the usual prefixes whatever the user has set, paths as the other tools take
/// them.
const FORM: &[&str] =
    &["diff", "--no-color", "--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/", "--relative"];

/// The tool.
pub(crate) struct GitDiff;

struct Wanted {
    paths: Vec<String>,
    staged: bool,
    stat: bool,
}

fn parse(context: &ToolContext, arguments: &Value) -> Result<Wanted, ToolError> {
    let fields = Fields::of(NAME, arguments, &["paths", "staged", "stat"])?;
    let workspace = Workspace::open(context)?;
    let place = |path: &String| {
        // A file that is gone is as good as any: this is by the letters only.
        workspace.place(path, Purpose::Write).map(|place| place.shown)
    };
    Ok(Wanted {
        paths: fields.texts("paths")?.iter().map(place).collect::<Result<_, _>>()?,
        staged: fields.flag("staged")?,
        stat: fields.flag("stat")?,
    })
}

/// An index in which files that git does not know yet are announced, so that a diff shows them as new. The user's index is
/// copied, never written.
struct Announced {
    _folder: tempfile::TempDir,
    index: PathBuf,
    /// There is a commit to compare with.
    has_commit: bool,
}

async fn announce(context: &ToolContext) -> Result<Announced, ToolError> {
    let asked = ["rev-parse", "--git-path", "index"];
    let index = run(context, &asked, None, 10_000).await?.checked(NAME, &context.root)?.text;
    let index = context.root.join(index.trim_end_matches('\n'));
    let has_commit = run(context, &["rev-parse", "--verify", "--quiet", "HEAD"], None, 1_000).await?.code == Some(0);
    let failed =
        |error: std::io::Error| ToolError::RespondToModel(format!("{NAME}: no room for a copy of the index: {error}"));
    let folder = tempfile::tempdir_in(context.session.output_dir()).map_err(failed)?;
    let copy = folder.path().join("index");
    // Before the first commit everything is new: an empty index says just that.
    if has_commit && index.exists() {
        std::fs::copy(&index, &copy).map_err(failed)?;
    }
    // Fails for a file that cannot be read, and has then announced the others.
    run(context, &["add", "--intent-to-add", "--", "."], Some(&copy), 1_000).await?;
    Ok(Announced { _folder: folder, index: copy, has_commit })
}

async fn diff(context: &ToolContext, wanted: &Wanted) -> Result<String, ToolError> {
    let announced = if wanted.staged { None } else { Some(announce(context).await?) };
    let index = announced.as_ref().map(|announced| announced.index.as_path());
    let mut arguments = FORM.to_vec();
    match &announced {
        None => arguments.push("--cached"),
        Some(announced) if announced.has_commit => arguments.push("HEAD"),
        Some(_) => {}
    }
    let paths: Vec<&str> = wanted.paths.iter().map(String::as_str).collect();
    let with = |more: &[&'static str]| {
        let (form, rest) = arguments.split_at(FORM.len());
        [form, more, rest, &["--"], paths.as_slice()].concat()
    };
    let stat = with(&["--stat=120"]);
    if wanted.stat {
        let printed = run(context, &stat, index, MOST).await?.checked(NAME, &context.root)?;
        return Ok(printed.text);
    }
    let printed = run(context, &with(&[]), index, MOST).await?.checked(NAME, &context.root)?;
    if !printed.cut {
        return Ok(printed.text);
    }
    let stat = run(context, &stat, index, MOST_OF_STAT).await?.checked(NAME, &context.root)?.text;
    let beginning = &printed.text[..printed.text.floor_char_boundary(BEGINNING)];
    let beginning = beginning.rsplit_once('\n').map_or(beginning, |(whole_lines, _)| whole_lines);
    Ok(format!(
        "{}\n\n(the diff is longer than {MOST} bytes: this is its beginning; ask for the rest by `paths`)\n{beginning}",
        stat.trim_end()
    ))
}

#[async_trait::async_trait]
impl Tool for GitDiff {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: NAME.to_owned(),
            description: include_str!("diff.md").trim_end().to_owned(),
            schema: json!({"type": "object", "properties": {
                "paths": {"type": "array", "items": {"type": "string"}},
                "staged": {"type": "boolean"},
                "stat": {"type": "boolean"}
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
        glimpse(arguments, "paths")
    }

    async fn run(&self, context: &ToolContext, arguments: Value) -> Result<ToolOutput, ToolError> {
        let wanted = parse(context, &arguments)?;
        let text = diff(context, &wanted).await?;
        Ok(ToolOutput::text(if text.is_empty() { "no changes".to_owned() } else { text }))
    }
}
