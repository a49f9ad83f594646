//! Commands that run beside the work: a server to test against, a watcher. Each writes into a file of its own.
#![expect(clippy::disallowed_methods, reason = "the output of background processes is kept in files")]

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use protocol::{Clock, Timestamp};
use redact::RedactingWriter;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::arguments::cut;
use crate::shell::capture::clean;
use crate::shell::child::{self, Ending, Group, Whose};
use crate::shell::seconds;
use crate::tool::{ToolContext, ToolError};

/// Most processes that run at the same time.
const MOST: usize = 8;
/// How long a start is watched for an early end: a wrong command is told at once, and what a server says when it is ready
/// comes with the answer.
const EARLY: Duration = Duration::from_secs(1);
/// How long a stop may take, softly and by force.
const TO_STOP: Duration = Duration::from_secs(3);
/// Most bytes of output of one answer; the newest.
const MOST_SHOWN: u64 = 20_000;
/// Most bytes kept on disk.
const MOST_ON_DISK: u64 = 256 * 1024 * 1024;

/// All background processes of a session, running and ended.
#[derive(Default)]
pub(crate) struct Processes {
    all: Mutex<BTreeMap<u32, Arc<Background>>>,
}

/// One of them.
pub(crate) struct Background {
    id: String,
    command: String,
    started: Timestamp,
    log: PathBuf,
    /// Up to where its output has been shown.
    shown: AtomicU64,
    stop: CancellationToken,
    group: Arc<Group>,
    ending: watch::Receiver<Option<Ending>>,
}

impl Processes {
    /// Starts a command, and tells its id and what it said or how it failed in its first moments.
    pub(crate) async fn start(&self, context: &ToolContext, command: &str) -> Result<String, ToolError> {
        let running = self.lock().values().filter(|process| process.ending.borrow().is_none()).count();
        if running >= MOST {
            return Err(ToolError::RespondToModel(format!(
                "bash: {MOST} processes run in the background already; stop one with processes first"
            )));
        }
        let failed = |error: std::io::Error| {
            ToolError::RespondToModel(format!("bash: the command could not be started in the background: {error}"))
        };
        let process = self.spawn(context, command).map_err(failed)?;
        let mut ending = process.ending.clone();
        let early = tokio::time::timeout(EARLY, ending.wait_for(Option::is_some)).await.is_ok();
        let news = process.news(&*context.session.clock);
        match early {
            true => Err(ToolError::RespondToModel(format!("{} ended at once: {news}", process.id))),
            false => Ok(format!("started {}\n{news}", process.id)),
        }
    }

    fn spawn(&self, context: &ToolContext, command: &str) -> std::io::Result<Arc<Background>> {
        let session = &context.session;
        let mut all = self.lock();
        let number = all.keys().next_back().copied().unwrap_or(0) + 1;
        let (log, file) = new_log(session.output_dir(), number)?;
        let mut file = RedactingWriter::new(redact::global().clone(), file);
        let running = child::start(session, &context.root, command, Whose::Agents)?;
        let (tell, ending) = watch::channel(None);
        let process = Arc::new(Background {
            id: format!("p{number}"),
            command: command.to_owned(),
            started: session.clock.now(),
            log,
            shown: AtomicU64::new(0),
            stop: CancellationToken::new(),
            group: running.group.clone(),
            ending,
        });
        all.insert(number, process.clone());
        let stop = process.stop.clone();
        tokio::spawn(async move {
            let mut written = 0;
            let keep = |piece: &[u8]| {
                written += piece.len() as u64;
                // A disk that is full costs the log, not the process.
                if written <= MOST_ON_DISK {
                    let _ = file.write_all(piece);
                }
            };
            let watched = child::watch(running, None, &stop, keep).await;
            for notice in watched.notices {
                let _ = writeln!(file, "[{notice}]");
            }
            // All of it is there before anybody reads that it is over.
            let _ = file.finish();
            tell.send_replace(Some(watched.ending));
        });
        Ok(process)
    }

    /// The process of that id, or words that name those there are.
    pub(crate) fn find(&self, id: &str) -> Result<Arc<Background>, ToolError> {
        let all = self.lock();
        let found = all.values().find(|process| process.id == id).cloned();
        found.ok_or_else(|| {
            let known: Vec<&str> = all.values().map(|process| process.id.as_str()).collect();
            let known = if known.is_empty() { "there are none".to_owned() } else { known.join(", ") };
            ToolError::RespondToModel(format!("processes: no process `{id}`; known: {known}"))
        })
    }

    /// A line for each.
    pub(crate) fn list(&self, clock: &dyn Clock) -> String {
        let lines: Vec<String> = self.lock().values().map(|process| process.line(clock)).collect();
        if lines.is_empty() { "no background processes".to_owned() } else { lines.join("\n") }
    }

    /// Stops all and waits for their end.
    pub(crate) async fn stop_all(&self) {
        let all: Vec<Arc<Background>> = self.lock().values().cloned().collect();
        for process in &all {
            process.stop.cancel();
        }
        for process in all {
            process.stop().await;
        }
    }

    /// Ends all by force, without waiting.
    pub(crate) fn kill_all(&self) {
        for process in self.lock().values() {
            if process.ending.borrow().is_none() {
                process.group.end();
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u32, Arc<Background>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Background {
    /// Ends it, by force if it must be.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        let mut ending = self.ending.clone();
        if tokio::time::timeout(TO_STOP, ending.wait_for(Option::is_some)).await.is_err() {
            self.group.end();
        }
    }

    fn line(&self, clock: &dyn Clock) -> String {
        let state = match *self.ending.borrow() {
            None => format!("running for {}", seconds(clock.now().since(self.started).as_millis() as u64)),
            Some(ending) => ending.to_string(),
        };
        format!("{} [{state}] {}", self.id, cut(&self.command, 120))
    }

    /// How it stands, and what it printed since the last time.
    pub(crate) fn news(&self, clock: &dyn Clock) -> String {
        let line = self.line(clock);
        match self.new_output() {
            Ok(text) if text.trim().is_empty() => format!("{line}\n(no new output)"),
            Ok(text) => format!("{line}\n{}", text.trim_end()),
            Err(error) => format!("{line}\n(its output cannot be read: {error})"),
        }
    }

    fn new_output(&self) -> std::io::Result<String> {
        let mut file = File::open(&self.log)?;
        let end = file.metadata()?.len();
        let from = self.shown.swap(end, Ordering::Relaxed);
        let shown = end.saturating_sub(from).min(MOST_SHOWN);
        file.seek(SeekFrom::Start(end - shown))?;
        let mut bytes = Vec::new();
        file.take(shown).read_to_end(&mut bytes)?;
        let left = end - shown - from.min(end - shown);
        let note = match left {
            0 => String::new(),
            left => format!("[… {left} earlier bytes left out; all of it: {}]\n", self.log.display()),
        };
        Ok(note + &clean(&bytes))
    }
}

fn new_log(folder: &Path, number: u32) -> std::io::Result<(PathBuf, File)> {
    for attempt in 1..1_000 {
        let path = folder.join(format!("process-{number:02}-{attempt:02}.log"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            // From an earlier run of the same session.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::Error::other(format!("{} is full of files", folder.display())))
}
