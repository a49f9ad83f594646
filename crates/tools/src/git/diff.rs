//! `git_diff`: what changed since the last commit.

use std::path::{Path, PathBuf};

use protocol::ToolSpec;
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps};
use serde_json::{Value, json};

use super::command::{Git, Run};
use crate::arguments::{Fields, glimpse};
use crate::filesystem::paths::{Purpose, Workspace};
use crate::session::SessionTools;
use crate::tool::{Effect, Tool, ToolContext, ToolError, ToolOutput};

const NAME: &str = "git_diff";
/// Most bytes of a diff that is shown whole.
const MOST: u64 = 30_000;
/// Of a longer one: bytes of its stat and of its beginning.
const MOST_OF_STAT: u64 = 8_000;
const BEGINNING: usize = 20_000;

/// No colours, no programs of the repository's or of repositories in it, the usual prefixes whatever the user has set, paths as
/// the other tools take them.
pub(super) const FORM: &[&str] = &[
    "diff",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--submodule=short",
    "--ignore-submodules=dirty",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--relative",
];

/// Most bytes of the list of files that git does not know.
const MOST_OF_NEW: u64 = 16 * 1024 * 1024;

/// The tool.
pub(crate) struct GitDiff;

struct Wanted {
    /// With git's magic words.
    paths: Vec<String>,
    staged: bool,
    stat: bool,
}

fn parse(context: &ToolContext, arguments: &Value) -> Result<Wanted, ToolError> {
    let fields = Fields::of(NAME, arguments, &["paths", "staged", "stat"])?;
    let workspace = Workspace::open(context)?;
    let place = |path: String| {
        // A file that is gone is as good as any: this is by the letters only.
        workspace.place(&path, Purpose::Write).map(|place| format!(":(literal){}", place.shown))
    };
    let named = fields.texts("paths")?.into_iter().map(place);
    let hidden = workspace.hidden().iter().map(|place| Ok(format!(":(exclude,literal){}", place.display())));
    Ok(Wanted {
        paths: named.chain(hidden).collect::<Result<_, _>>()?,
        staged: fields.flag("staged")?,
        stat: fields.flag("stat")?,
    })
}

/// An index in which files that git does not know yet are announced, so that a diff shows them as new. The user's index is
/// copied, never written.
pub(super) struct Announced {
    _folder: tempfile::TempDir,
    pub(super) index: PathBuf,
    /// There is a commit to compare with.
    pub(super) has_commit: bool,
}

pub(super) async fn announce(session: &SessionTools, git: &Git<'_>) -> Result<Announced, ToolError> {
    let asked = ["rev-parse", "--git-path", "index"];
    let index = git.ask(&asked, 10_000).await?.checked(NAME, session.root())?.text;
    let index = session.root().join(index.trim_end_matches('\n'));
    let has_commit = git.ask(&["rev-parse", "--verify", "--quiet", "HEAD"], 1_000).await?.code == Some(0);
    let failed =
        |error: std::io::Error| ToolError::RespondToModel(format!("{NAME}: no room for a copy of the index: {error}"));
    let folder = tempfile::tempdir_in(session.output_dir()).map_err(failed)?;
    let copy = folder.path().join("index");
    // Before the first commit everything is new: an empty index says just that.
    // A pipe in its place would never end.
    if has_commit && index.is_file() {
        std::fs::copy(&index, &copy).map_err(failed)?;
        // Git takes a file that is younger than its index for one that may have changed. The copy must not look younger than what
        // it is a copy of, or a change within the same second is missed.
        same_age(&index, &copy).map_err(failed)?;
    }
    announce_new(git, &copy).await?;
    Ok(Announced { _folder: folder, index: copy, has_commit })
}

/// Gives a copy the time at which the original was written.
fn same_age(original: &Path, copy: &Path) -> std::io::Result<()> {
    let written = rustix::fs::stat(original)?;
    let time = Timespec { tv_sec: written.st_mtime as _, tv_nsec: written.st_mtime_nsec as _ };
    let times = Timestamps { last_access: time, last_modification: time };
    Ok(rustix::fs::utimensat(CWD, copy, &times, AtFlags::empty())?)
}

/// Announces the files that an index does not know, by name: a look at those that it does know would go into repositories
/// inside this one.
async fn announce_new(git: &Git<'_>, index: &Path) -> Result<(), ToolError> {
    let arguments = &["ls-files", "-z", "--others", "--exclude-standard"];
    let listed = git.run(Run { arguments, index: Some(index), most: MOST_OF_NEW, ..Run::default() }).await?.raw;
    // With a slash at its end: a repository inside this one, which has a diff of its own.
    let is_file = |name: &&[u8]| !name.is_empty() && !name.ends_with(b"/");
    let names: Vec<&[u8]> = listed.split(|byte| *byte == 0).filter(is_file).collect();
    if names.is_empty() {
        return Ok(());
    }
    let arguments = &["add", "--intent-to-add", "--ignore-errors", "--pathspec-from-file=-", "--pathspec-file-nul"];
    let input = names.join(&0);
    // Fails for a file that cannot be read, and has then announced the others.
    git.run(Run { arguments, index: Some(index), input: &input, most: 1_000, magic: false }).await?;
    Ok(())
}

async fn diff(context: &ToolContext, wanted: &Wanted) -> Result<String, ToolError> {
    let git = Git::of(context).await?;
    let announced = if wanted.staged { None } else { Some(announce(&context.session, &git).await?) };
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
    let ask = async |arguments: &[&str], most| {
        git.run(Run { arguments, index, most, magic: true, ..Run::default() }).await?.checked(NAME, &context.root)
    };
    let stat = with(&["--stat=120"]);
    if wanted.stat {
        return Ok(ask(&stat, MOST).await?.text);
    }
    let printed = ask(&with(&[]), MOST).await?;
    if !printed.cut {
        return Ok(printed.text);
    }
    let stat = ask(&stat, MOST_OF_STAT).await?.text;
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
