//! One command as a process: started apart from us, watched until it ends or is ended, with nothing of it left behind.
//!
//! Waits here are in real time, not by the session's clock: the processes are real too.
#![expect(clippy::disallowed_methods, reason = "starts the shell")]

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop, ProcessSession};
use rustix::process::{Pid, Signal};
use sandbox::{Guard, Refused};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::time::{Instant, Sleep};
use tokio_util::sync::CancellationToken;

use permissions::NEUTRAL_GIT;

use crate::permissions::{DeniedHosts, reads_only};
use crate::session::SessionTools;
use crate::shell::environment::{self, MARK};
use crate::shell::wall::WallWatch;

/// Between the request to end and the end by force.
const TO_END: Duration = Duration::from_secs(1);
/// How long output may come after the shell's own end, from what it left behind.
const TO_DRAIN: Duration = Duration::from_millis(200);
/// How long output may come after the end by force, before we stop listening: a process that left the group may hold the
/// pipe for ever.
const TO_GIVE_UP: Duration = Duration::from_millis(300);
const PIECE: usize = 64 * 1024;

/// The processes of one command. Dropping it ends them.
pub(crate) struct Group {
    id: Option<Pid>,
    mark: String,
    over: AtomicBool,
}

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(id) = self.id
            && !self.over.load(Ordering::Relaxed)
        {
            let _ = rustix::process::kill_process_group(id, signal);
        }
    }

    /// Ends all at once, also those that left the group.
    pub(crate) fn end(&self) {
        self.signal(Signal::KILL);
        if !self.over.swap(true, Ordering::Relaxed) {
            environment::end_marked(&self.mark);
        }
    }

    /// Ends those still in the group. What made a session of its own (a build server) lives until our session's end.
    fn end_rest(&self) {
        self.signal(Signal::KILL);
        self.over.store(true, Ordering::Relaxed);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.over.load(Ordering::Relaxed) {
            self.end();
        }
    }
}

/// A command that was started.
pub(crate) struct Running {
    child: Box<dyn ChildWrapper>,
    /// Standard output and standard error, in the order in which they were written.
    output: pipe::Receiver,
    pub(crate) group: Arc<Group>,
    /// To be finished when all of its processes have ended.
    wall: Option<Guard>,
    /// Who is told whether the wall came up, and how often it had not when this began.
    watch: (WallWatch, u32),
    /// What the way out did not let through.
    denied: DeniedHosts,
}

/// A command that has ended.
pub(crate) struct Watched {
    pub(crate) ending: Ending,
    /// Something it left behind held on to its output.
    pub(crate) held: bool,
    /// What the wall has to say of it, a line each.
    pub(crate) notices: Vec<String>,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// By itself.
    Exited(i32),
    /// By a signal that was not ours.
    Signal(i32),
    /// Its time was up.
    TimedOut,
    /// We were told to stop it.
    Cancelled,
}

impl Ending {
    /// The code, when it ended by itself.
    pub(crate) fn exit_code(self) -> Option<i32> {
        if let Self::Exited(code) = self { Some(code) } else { None }
    }
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exit {code}"),
            Self::Signal(signal) => write!(f, "killed by signal {signal}"),
            Self::TimedOut => f.write_str("timed out and was killed"),
            Self::Cancelled => f.write_str("cancelled and killed"),
        }
    }
}

/// Whose command it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// An agent's, or a check: the session's shell, behind the session's wall.
    Agents,
    /// The person's own: their shell, and no wall.
    Persons,
}

/// Starts a shell with a line: the session's behind the session's wall, where it has one, or the person's own.
pub(crate) fn start(session: &SessionTools, folder: &Path, line: &str, whose: Whose) -> io::Result<Running> {
    let (reader, writer) = io::pipe()?;
    let mark = session.next_mark();
    let watch = (session.wall.clone(), session.wall.falls());
    let (mut command, wall) = match whose {
        Whose::Agents => shell(session, folder, line, &mark)?,
        Whose::Persons => (own_shell(session, folder, line, &mark), None),
    };
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut command = CommandWrap::from(command);
    command.wrap(ProcessSession).wrap(KillOnDrop);
    let child = command.spawn().inspect_err(|error| {
        // What builds the wall was taken away: the folder it starts in is `/`.
        if wall.is_some() && matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) {
            session.wall.fell(&format!("bubblewrap cannot be started: {error}"));
        }
    })?;
    // The command holds our copies of the pipe's end; while it lives, the output would never end.
    drop(command);
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let group = Arc::new(Group { id, mark, over: AtomicBool::new(false) });
    let output = pipe::Receiver::from_owned_fd(OwnedFd::from(reader))?;
    Ok(Running { child, output, group, wall, watch, denied: session.denied_hosts().clone() })
}

/// The person's own shell with a line. It gets the environment that all commands get.
fn own_shell(session: &SessionTools, folder: &Path, line: &str, mark: &str) -> tokio::process::Command {
    let shell = environment::own_shell(session.environment());
    let mut command = tokio::process::Command::new(shell.as_deref().unwrap_or_else(|| session.shell()));
    let environment = session.environment().iter().map(|(name, value)| (name.as_str(), value.as_str()));
    command.arg("-c").arg(line).current_dir(folder).env_clear().envs(environment.chain([(MARK, mark)]));
    command
}

/// The session's shell with a line, and what has to be done behind it.
fn shell(
    session: &SessionTools,
    folder: &Path,
    line: &str,
    mark: &str,
) -> io::Result<(tokio::process::Command, Option<Guard>)> {
    let mut environment = session.environment().to_vec();
    environment.push((MARK.to_owned(), mark.to_owned()));
    let Some(sandbox) = session.sandbox() else {
        // What only reads must not be made to run something by the repository's configuration of git.
        if reads_only(session.policy(), line) {
            environment.extend(NEUTRAL_GIT.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        }
        let mut command = tokio::process::Command::new(session.shell());
        command.arg("-c").arg(line).current_dir(folder).env_clear().envs(environment);
        return Ok((command, None));
    };
    let words = [session.shell().as_os_str().to_owned(), "-c".into(), line.into()];
    let prepared = sandbox.prepare(&words, folder, &environment).map_err(|refused| {
        if matches!(refused, Refused::SetUp(_)) {
            session.wall.fell(&refused.to_string());
        }
        io::Error::other(refused)
    })?;
    let mut command = tokio::process::Command::new(prepared.program);
    command.args(prepared.arguments).current_dir(prepared.folder).env_clear().envs(prepared.environment);
    Ok((command, Some(prepared.guard)))
}

/// What the next deadline means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It works; the deadline is its time limit.
    Working,
    /// It was asked to end.
    Ending,
    /// The shell has ended; something may still write.
    Draining,
    /// All that we can reach is ended by force.
    Forced,
}

/// Reads what a command prints until it has ended; ends it when its time is up or when told to.
pub(crate) async fn watch(
    mut running: Running,
    limit: Option<Duration>,
    cancel: &CancellationToken,
    mut sink: impl FnMut(&[u8]),
) -> Watched {
    let mut buffer = vec![0; PIECE];
    let mut stage = Stage::Working;
    let mut ours = None;
    let mut status: Option<io::Result<ExitStatus>> = None;
    let mut closed = false;
    let mut held = false;
    let far = Duration::from_secs(365 * 24 * 3_600);
    let timer = tokio::time::sleep(limit.unwrap_or(far));
    tokio::pin!(timer);
    while status.is_none() || !closed {
        tokio::select! {
            read = running.output.read(&mut buffer), if !closed => match read {
                Ok(0) | Err(_) => closed = true,
                Ok(length) => sink(&buffer[..length]),
            },
            ended = running.child.wait(), if status.is_none() => {
                status = Some(ended);
                stage = Stage::Draining;
                wait(timer.as_mut(), TO_DRAIN);
            }
            () = cancel.cancelled(), if stage == Stage::Working => {
                ours = Some(Ending::Cancelled);
                stage = end_softly(&running.group, timer.as_mut());
            }
            () = timer.as_mut() => match stage {
                Stage::Working => {
                    ours = Some(Ending::TimedOut);
                    stage = end_softly(&running.group, timer.as_mut());
                }
                // We may be late ourselves, and everything has long been there.
                Stage::Draining if drained(&running.output, &mut buffer, &mut sink) => closed = true,
                Stage::Ending | Stage::Draining => {
                    held = stage == Stage::Draining;
                    running.group.signal(Signal::KILL);
                    stage = Stage::Forced;
                    wait(timer.as_mut(), TO_GIVE_UP);
                }
                Stage::Forced => break,
            },
        }
    }
    if ours.is_some() {
        running.group.end()
    } else {
        running.group.end_rest()
    }
    let notices = notices(&mut running, ours.is_none()).await;
    Watched { ending: ours.unwrap_or_else(|| ending(status)), held, notices }
}

/// Cleans up behind the wall, which reads folders. A command that was ended from outside may not have come as far as the wall.
async fn notices(running: &mut Running, by_itself: bool) -> Vec<String> {
    let Some(wall) = running.wall.take() else { return Vec::new() };
    // It fails only when the runtime ends; then the guard has been dropped, which cleans up too.
    let Ok(ended) = tokio::task::spawn_blocking(|| wall.finish()).await else { return Vec::new() };
    let (watch, falls) = &running.watch;
    match &ended.started {
        Ok(()) => watch.stood(*falls),
        Err(why) if by_itself => watch.fell(why),
        Err(_) => {}
    }
    let failed = ended.started.err().map(|why| format!("the sandbox did not come up, nothing was run: {why}"));
    failed.into_iter().chain(running.denied.take()).chain(ended.notices).collect()
}

/// Takes what is there, as far as a pipe can hold it. True when it is the end.
fn drained(output: &pipe::Receiver, buffer: &mut [u8], sink: &mut impl FnMut(&[u8])) -> bool {
    for _ in 0..16 {
        match output.try_read(buffer) {
            Ok(0) => return true,
            Ok(length) => sink(&buffer[..length]),
            Err(_) => return false,
        }
    }
    false
}

fn end_softly(group: &Group, timer: std::pin::Pin<&mut Sleep>) -> Stage {
    group.signal(Signal::TERM);
    wait(timer, TO_END);
    Stage::Ending
}

fn wait(timer: std::pin::Pin<&mut Sleep>, span: Duration) {
    timer.reset(Instant::now() + span);
}

fn ending(status: Option<io::Result<ExitStatus>>) -> Ending {
    match status {
        Some(Ok(status)) => match (status.code(), status.signal()) {
            (Some(code), _) => Ending::Exited(code),
            (None, signal) => Ending::Signal(signal.unwrap_or_default()),
        },
        // It could not be waited for: whatever it was, it is not a success.
        _ => Ending::Signal(0),
    }
}
