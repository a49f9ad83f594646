//! A command that a person typed: run as their own shell would, started, watched and ended like every other.

use tokio_util::sync::CancellationToken;

use crate::session::SessionTools;
use crate::shell::check::{Job, execute};
use crate::shell::child::{Ending, Whose};
use crate::shell::seconds;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonsRun {
    /// What it printed, capped head and tail.
    pub output: String,
    /// The exit code; none when it did not end by itself.
    pub exit_code: Option<i32>,
    /// How it ended, in words: `exit 0`, `interrupted`.
    pub ending: String,
    /// How long it took, milliseconds by the session's clock.
    pub ms: u64,
}

/// Runs a line in the workspace by `$SHELL -c`, outside of the agents' sandbox, with the environment that all commands get. No time
/// limit: who typed it ends it by `cancel`, with all that it started. `on_line` is told the newest line from time to time.
pub async fn run_for_person(
    session: &SessionTools,
    line: &str,
    cancel: &CancellationToken,
    on_line: impl Fn(&str),
) -> PersonsRun {
    let job = Job { line, folder: session.root(), whose: Whose::Persons, limit: None };
    match execute(session, job, cancel, on_line).await {
        Ok(run) => {
            let held = if run.held { "[a process it left behind was cut off]\n" } else { "" };
            let ending = match run.ending {
                Ending::Cancelled => format!("interrupted after {}", seconds(run.ms)),
                other => other.to_string(),
            };
            PersonsRun { output: run.output + held, exit_code: run.ending.exit_code(), ending, ms: run.ms }
        }
        Err(error) => PersonsRun {
            output: String::new(),
            exit_code: None,
            ending: format!("could not be started: {error}"),
            ms: 0,
        },
    }
}
