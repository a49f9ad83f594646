//! A command from start to end, with its output captured: for `bash`, and for the checks that the runtime runs itself.

use std::path::Path;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::arguments::cut;
use crate::session::SessionTools;
use crate::shell::capture::{Capture, clean};
use crate::shell::child::{self, Ending, Whose};
use crate::shell::seconds;

/// Longest line shown as progress, bytes.
const PROGRESS: usize = 200;
/// How much of a piece is looked at for its last line, bytes.
const LAST: usize = 2_000;

/// How a check came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckOutcome {
    /// The exit code; none when it could not be started, was killed, or ran out of time.
    pub exit_code: Option<i32>,
    /// How long it took, by the session's clock.
    pub ms: u64,
    /// What it printed, capped head and tail, and how it ended when that was not by itself.
    pub output: String,
}

/// A command that ran.
pub(super) struct Execution {
    pub(super) ending: Ending,
    pub(super) ms: u64,
    /// Capped; ends in a line break unless it is empty.
    pub(super) output: String,
    /// Something it left behind held on to its output and was ended, or is no longer listened to.
    pub(super) held: bool,
}

/// A line to run.
pub(super) struct Job<'a> {
    pub(super) line: &'a str,
    pub(super) folder: &'a Path,
    pub(super) whose: Whose,
    /// How long it may take, where there is a limit.
    pub(super) limit: Option<Duration>,
}

/// Runs a line in a folder. `on_line` is told the newest line from time to time.
pub(super) async fn execute(
    session: &SessionTools,
    job: Job<'_>,
    cancel: &CancellationToken,
    on_line: impl Fn(&str),
) -> std::io::Result<Execution> {
    let begun = session.clock.now();
    let running = child::start(session, job.folder, job.line, job.whose)?;
    let mut capture = Capture::new(session.output_dir());
    let watched = child::watch(running, job.limit, cancel, |piece| {
        capture.push(piece);
        // One line for each piece: enough for a screen, whatever the amount.
        let text = clean(&piece[piece.len().saturating_sub(LAST)..]);
        if let Some(line) = text.lines().rev().find(|line| !line.trim().is_empty()) {
            on_line(&cut(line, PROGRESS));
        }
    })
    .await;
    let mut output = capture.text();
    if !output.is_empty() && !output.ends_with('\n') {
        output.push('\n');
    }
    for notice in watched.notices {
        output.push_str(&format!("[{notice}]\n"));
    }
    let ms = session.clock.now().since(begun).as_millis() as u64;
    Ok(Execution { ending: watched.ending, ms, output, held: watched.held })
}

/// Runs a check of the team's file, or of a brief, in the workspace. Whether it may run is the caller's to decide.
pub async fn run_check(
    session: &SessionTools,
    command: &str,
    timeout: Duration,
    cancel: &CancellationToken,
) -> CheckOutcome {
    let job = Job { line: command, folder: session.root(), whose: Whose::Agents, limit: Some(timeout) };
    match execute(session, job, cancel, |_| ()).await {
        Ok(run) => {
            let exit_code = run.ending.exit_code();
            let ending = match exit_code {
                Some(_) => String::new(),
                None => format!("[{} after {}]\n", run.ending, seconds(run.ms)),
            };
            CheckOutcome { exit_code, ms: run.ms, output: run.output + &ending }
        }
        Err(error) => CheckOutcome { exit_code: None, ms: 0, output: format!("[could not be started: {error}]\n") },
    }
}
