//! The diff that a person wants to have reviewed: all that is not committed, or a range of commits.

use tokio_util::sync::CancellationToken;

use super::command::{Git, Place, Run};
use super::diff::{FORM, announce};
use crate::filesystem::paths::hidden_places;
use crate::session::SessionTools;
use crate::tool::ToolError;

/// Most bytes that are taken of a diff. What is behind them is not read by anybody.
const MOST: u64 = 4 * 1024 * 1024;

/// Longest range, in bytes.
const LONGEST_RANGE: usize = 400;

/// A diff, with paths relative to the workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiffOf {
    /// In unified form; empty where nothing differs.
    pub diff: String,
    /// It was longer than can be taken: its end is missing.
    pub cut: bool,
}

/// Why there is no diff.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// The range is no range, or names what is not there.
    #[error("{0}")]
    Range(String),
    /// The workspace is not in a git repository.
    #[error("{0} is not in a git repository")]
    NoRepository(String),
    /// Git could not be asked, or failed.
    #[error("{0}")]
    Git(String),
}

/// The difference between the working tree, files included that git does not know yet, and the last commit; with a `range` what `git diff`
/// would show of it: two revisions with dots between them, or one that the working tree is compared with.
///
/// # Errors
/// [`RangeError`].
pub async fn diff_of(
    session: &SessionTools,
    range: Option<&str>,
    cancel: &CancellationToken,
) -> Result<DiffOf, RangeError> {
    if let Some(range) = range {
        check(range)?;
    }
    let place = Place { root: session.root(), environment: session.environment(), cancel };
    let git = Git::at(place).await.map_err(failed)?;
    let inside = git.ask(&["rev-parse", "--is-inside-work-tree"], 100).await.map_err(failed)?;
    if inside.text.trim() != "true" {
        return Err(RangeError::NoRepository(session.root().display().to_string()));
    }
    let between = range.is_some_and(|range| range.contains(".."));
    let announced = if between { None } else { Some(announce(session, &git).await.map_err(failed)?) };
    let mut arguments = FORM.to_vec();
    match (range, &announced) {
        (Some(range), _) => arguments.push(range),
        (None, Some(announced)) if announced.has_commit => arguments.push("HEAD"),
        (None, _) => {}
    }
    let hidden: Vec<String> =
        hidden_places(session).iter().map(|place| format!(":(exclude,literal){}", place.display())).collect();
    arguments.push("--");
    arguments.extend(hidden.iter().map(String::as_str));
    let index = announced.as_ref().map(|announced| announced.index.as_path());
    let run = Run { arguments: &arguments, index, most: MOST, magic: true, ..Run::default() };
    let printed = git.run(run).await.map_err(failed)?;
    if printed.code != Some(0) && !printed.cut {
        return Err(unknown(range, &printed.errors));
    }
    Ok(DiffOf { diff: printed.text, cut: printed.cut })
}

/// A range is one word that git cannot take for an option.
fn check(range: &str) -> Result<(), RangeError> {
    let allowed = "allowed is what `git diff` takes in one word: main..HEAD, main...HEAD, HEAD~3, a tag, a commit";
    let refuse = |problem: &str| Err(RangeError::Range(format!("range {range:?} {problem}; {allowed}")));
    match range {
        "" => refuse("is empty"),
        _ if range.starts_with('-') || range.contains("..-") => refuse("holds a name that begins with `-`"),
        _ if range.len() > LONGEST_RANGE => refuse("is too long"),
        _ if range.contains(|c: char| c.is_whitespace() || c.is_control()) => refuse("holds a blank"),
        _ => Ok(()),
    }
}

/// What git says of a range that it does not know, in fewer words.
fn unknown(range: Option<&str>, errors: &str) -> RangeError {
    let first = errors.lines().find(|line| !line.trim().is_empty()).unwrap_or("git gave no reason");
    let first = first.trim_start_matches("fatal: ");
    match range {
        Some(range) => RangeError::Range(format!("range {range:?} cannot be shown: {first}")),
        None => RangeError::Git(format!("git diff failed: {first}")),
    }
}

fn failed(error: ToolError) -> RangeError {
    RangeError::Git(error.to_string())
}
