//! What a run leaves behind where asked: a commit with the verification in its message, the text for a pull request.

use std::path::{Path, PathBuf};

use protocol::event::{ArtifactKind, EventBody, SessionStatus};
use protocol::{AttemptEnd, FileChange};
use redact::redact_for_record;
use runtime::{Session, TurnOutcome};
use tools::Commit;

use super::run::never;
use crate::config::repository::Touched;
use crate::config::{Context, files};
use crate::failure::Failure;
use crate::text;

/// Longest first line of a message, in characters: what git shows on a line.
const TITLE: usize = 72;

/// Stands for standard output in place of a file.
const STANDARD_OUTPUT: &str = "-";

/// What is asked for.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ArtifactArgs {
    /// Make one commit of what was changed, once it is verified.
    #[arg(long)]
    pub(crate) commit: bool,
    /// Write the text for a pull request to this file, once the work is verified; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) pr: Option<PathBuf>,
    /// Let --pr replace a file that is there.
    #[arg(long, requires = "pr")]
    pub(crate) force: bool,
}

impl ArtifactArgs {
    /// Refuses what could not be made, before anything is spent on it.
    ///
    /// # Errors
    /// What is wrong with the place for the text.
    pub(crate) fn check(&self, json: bool) -> anyhow::Result<()> {
        let Some(named) = &self.pr else { return Ok(()) };
        if named == Path::new(STANDARD_OUTPUT) {
            if json {
                return Err(Failure::usage_with(
                    "--pr - and --json both write to standard output",
                    "leave one of them out, or name a file: --pr pull-request.md",
                ));
            }
            return Ok(());
        }
        let path = std::path::absolute(named)?;
        let wrong =
            |what: &str, hint: &str| Err(Failure::usage_with(format!("--pr {}: {what}", named.display()), hint));
        let folder = path.parent().unwrap_or(Path::new("/"));
        if path.is_dir() {
            return wrong(
                "is a folder",
                "name the file that the text is to be written to, for example pull-request.md",
            );
        }
        if !folder.is_dir() {
            return wrong(
                &format!("there is no folder {}", folder.display()),
                "make it first, or name a file in a folder that is there, for example pull-request.md",
            );
        }
        if path.symlink_metadata().is_ok() && (!self.force || (path.exists() && !path.is_file())) {
            return wrong(
                "is there already, so it is not overwritten",
                "name another file; --force replaces a plain one; `--pr -` writes to standard output",
            );
        }
        Ok(())
    }
}

/// What came of it. It is told when the session is over.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// Lines for standard error.
    notes: Vec<String>,
    /// The text that was asked for on standard output.
    text: Option<String>,
    /// What could not be made, the first first.
    failed: Vec<anyhow::Error>,
}

impl Made {
    /// The exit code of a process whose work ended with this one.
    pub(crate) fn exit_code(&self, of_work: u8) -> u8 {
        self.failed.first().map_or(of_work, crate::failure::exit_code)
    }

    /// Says it.
    ///
    /// # Errors
    /// What could not be made.
    pub(crate) fn tell(mut self) -> anyhow::Result<()> {
        self.notes.iter().for_each(|note| text::note(note));
        self.text.iter().for_each(|words| text::line(words));
        if self.failed.is_empty() {
            return Ok(());
        }
        let first = self.failed.remove(0);
        self.failed.iter().for_each(|error| text::complain(&format!("{error:#}")));
        Err(first)
    }

    /// Takes what one of them came to, and tells it as an event.
    fn take(
        &mut self,
        session: &Session,
        kind: ArtifactKind,
        made: anyhow::Result<(Option<String>, String)>,
    ) -> anyhow::Result<()> {
        let (at, error) = match made {
            Ok((at, note)) => {
                self.notes.extend((!note.is_empty()).then_some(note));
                (at, None)
            }
            Err(error) => {
                let words = format!("{error:#}");
                self.failed.push(error);
                (None, Some(words))
            }
        };
        Ok(session.tell(EventBody::Artifact { kind, at, error })?)
    }
}

/// Makes what is asked for of work that is verified. `before` is what the user had changed when the run began.
///
/// # Errors
/// A store that cannot be read or written. What git or the file system says is in what was made; the work stays as it is.
pub(crate) async fn make(
    context: &Context,
    session: &Session,
    asked: &ArtifactArgs,
    (task, outcome): (&str, &TurnOutcome),
    before: &Touched,
) -> anyhow::Result<Made> {
    let mut made = Made::default();
    let wanted = [(asked.commit, ArtifactKind::Commit), (asked.pr.is_some(), ArtifactKind::PullRequest)];
    let wanted = wanted.into_iter().filter_map(|(is_wanted, kind)| is_wanted.then_some(kind));
    if outcome.status != SessionStatus::Verified {
        for kind in wanted {
            let why = format!("the work is {}, not verified", outcome.status.as_str());
            session.tell(EventBody::Artifact { kind, at: None, error: Some(why.clone()) })?;
            made.notes = vec![format!("no commit, no pull request: {why}")];
        }
        return Ok(made);
    }
    let changes = session.turn_changes().await;
    let ended = session.attempts()?.pop().and_then(|last| last.end);
    let work = Work { task, answer: &outcome.answer, ended: ended.as_ref(), changes: &changes, session };
    for kind in wanted {
        let one = match kind {
            ArtifactKind::Commit => commit(context, &work, before).await,
            ArtifactKind::PullRequest => pull_request(asked, &work, &mut made),
        };
        made.take(session, kind, one)?;
    }
    Ok(made)
}

/// Writes the text for a pull request; gives the file and what is to be said.
fn pull_request(asked: &ArtifactArgs, work: &Work<'_>, made: &mut Made) -> anyhow::Result<(Option<String>, String)> {
    let Some(file) = asked.pr.as_ref().filter(|file| *file != Path::new(STANDARD_OUTPUT)) else {
        made.text = Some(redact_for_record(&work.pull_request()).into_owned());
        return Ok((Some(STANDARD_OUTPUT.to_owned()), String::new()));
    };
    // The run itself may have made it.
    asked.check(false)?;
    let path = std::path::absolute(file)?;
    files::write(&path, &redact_for_record(&work.pull_request()))?;
    Ok((Some(path.display().to_string()), format!("the pull request's text is in {}", file.display())))
}

/// Makes the commit; gives its hash and what is to be said.
async fn commit(context: &Context, work: &Work<'_>, before: &Touched) -> anyhow::Result<(Option<String>, String)> {
    if let Some(why) = &before.unreadable {
        return Err(Failure::usage_with(
            format!("not committed: git could not say what you had changed before the run began: {why}"),
            "commit by hand what belongs to the work",
        ));
    }
    let before = before.paths();
    let paths: Vec<String> = work.changes.iter().map(|change| change.path.clone()).collect();
    let mixed: Vec<&str> = paths.iter().filter(|path| before.contains(path)).map(String::as_str).collect();
    if !mixed.is_empty() {
        return Err(Failure::usage_with(
            format!("not committed: {} had changes of yours before the run began", mixed.join(", ")),
            "commit what belongs to you with `git add -p`, then the rest by hand; next time commit or stash first",
        ));
    }
    let message = redact_for_record(&work.message()).into_owned();
    let made = Commit { paths: &paths, message: &message };
    let hash = tools::commit(&context.root, &context.environment.all(), made, &never()).await;
    let hash =
        hash.map_err(|words| Failure::usage_with(format!("not committed: {words}"), "the work stays in your files"))?;
    let note = format!("committed {hash}: {}", work.title());
    Ok((Some(hash), note))
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
