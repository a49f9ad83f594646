//! What a run leaves behind where asked: a commit with the verification in its message, the text for a pull request.

use std::path::PathBuf;

use protocol::event::SessionStatus;
use protocol::{AttemptEnd, FileChange};
use runtime::{Session, TurnOutcome};
use tools::Commit;

use super::run::never;
use crate::config::{Context, files};
use crate::failure::Failure;
use crate::text;

/// Longest first line of a message, in characters: what git shows on a line.
const TITLE: usize = 72;

/// What is asked for.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ArtifactArgs {
    /// Make one commit of what was changed, once it is verified.
    #[arg(long)]
    pub(crate) commit: bool,
    /// Write the text for a pull request to this file, once the work is verified; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) pr: Option<PathBuf>,
}

impl ArtifactArgs {
    fn is_asked(&self) -> bool {
        self.commit || self.pr.is_some()
    }
}

/// Makes what is asked for of work that is verified. `before` are the files that the user had changed when the run began.
///
/// # Errors
/// What git or the file system says. The work stays as it is.
pub(crate) async fn make(
    context: &Context,
    session: &Session,
    asked: &ArtifactArgs,
    (task, outcome): (&str, &TurnOutcome),
    before: &[String],
) -> anyhow::Result<()> {
    if !asked.is_asked() {
        return Ok(());
    }
    if outcome.status != SessionStatus::Verified {
        text::note(&format!("no commit, no pull request: the work is {}, not verified", outcome.status.as_str()));
        return Ok(());
    }
    let changes = session.turn_changes().await;
    let ended = session.attempts()?.pop().and_then(|last| last.end);
    let work = Work { task, answer: &outcome.answer, ended: ended.as_ref(), changes: &changes, session };
    if asked.commit {
        commit(context, &work, before).await?;
    }
    match &asked.pr {
        Some(file) if file.as_os_str() == "-" => text::line(&work.pull_request()),
        Some(file) => {
            files::write(&std::path::absolute(file)?, &work.pull_request())?;
            text::note(&format!("the pull request's text is in {}", file.display()));
        }
        None => {}
    }
    Ok(())
}

async fn commit(context: &Context, work: &Work<'_>, before: &[String]) -> anyhow::Result<()> {
    let paths: Vec<String> = work.changes.iter().map(|change| change.path.clone()).collect();
    let mixed: Vec<&str> = paths.iter().filter(|path| before.contains(path)).map(String::as_str).collect();
    if !mixed.is_empty() {
        return Err(Failure::usage_with(
            format!("not committed: {} had changes of yours before the run began", mixed.join(", ")),
            "commit what belongs to you with `git add -p`, then the rest by hand; next time commit or stash first",
        ));
    }
    let message = work.message();
    let made = Commit { paths: &paths, message: &message };
    let hash = tools::commit(&context.root, &context.environment.all(), made, &never()).await;
    let hash =
        hash.map_err(|words| Failure::usage_with(format!("not committed: {words}"), "the work stays in your files"))?;
    text::note(&format!("committed {hash}: {}", work.title()));
    Ok(())
}

/// What was done.
struct Work<'a> {
    task: &'a str,
    answer: &'a str,
    ended: Option<&'a AttemptEnd>,
    changes: &'a [FileChange],
    session: &'a Session,
}

impl Work<'_> {
    /// The task's first line, short enough.
    fn title(&self) -> String {
        let line = self.task.lines().find(|line| !line.trim().is_empty()).unwrap_or("Work").trim();
        let mut title: String = line.chars().take(TITLE).collect();
        if title.len() < line.len() {
            title = title.rsplit_once(' ').map_or(title.clone(), |(head, _)| head.to_owned());
            title.push('…');
        }
        title
    }

    fn checks(&self) -> String {
        let checks = self.ended.iter().flat_map(|end| &end.checks);
        checks
            .map(|(command, passed)| format!("- {command}: {}\n", if *passed { "passed" } else { "failed" }))
            .collect()
    }

    fn message(&self) -> String {
        format!(
            "{}\n\n{}\n\nVerification:\n{}\nTandem-Session: {}\n",
            self.title(),
            self.answer.trim(),
            self.checks(),
            self.session.id()
        )
    }

    fn pull_request(&self) -> String {
        let files: String = self
            .changes
            .iter()
            .map(|change| format!("- `{}` (+{} -{})\n", change.path, change.added, change.removed))
            .collect();
        format!(
            "# {}\n\n{}\n\n## Task\n\n{}\n\n## Files\n\n{files}\n## Verification\n\n{}",
            self.title(),
            self.answer.trim(),
            self.task.trim(),
            self.checks()
        )
    }
}
