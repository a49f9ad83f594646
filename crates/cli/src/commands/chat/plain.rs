//! The plain face: lines in, lines out. What a pipe, a log or a screen reader can follow.

use std::io::IsTerminal;
use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use protocol::AgentId;
use protocol::event::SessionStatus;
use runtime::{Front, Input, InputMode, RuntimeError, Shelled, TurnOutcome};
use screen::Said;
use tokio_util::sync::CancellationToken;

use super::Talked;
use super::room::{Done, Open, Room, Then, told};
use crate::config::guards::UNGUARDED;
use crate::front::{Asked, Asking, Keyboard, PlainFront, is_goodbye};
use crate::text;

/// The plain face.
pub(super) struct Plain {
    keyboard: Arc<Keyboard>,
    /// `/quit` was typed while the team worked.
    leaving: bool,
}

/// Says something, on standard error: standard output is the main agent's alone.
pub(super) fn say(said: &Said) {
    match said {
        Said::Text(text) | Said::Markdown(text) | Said::Diff(text) => text::note(text),
        Said::Error { message, hint } => {
            text::complain(message);
            hint.iter().for_each(|hint| text::hint(hint));
        }
    }
}

/// What a line is.
enum Line<'a> {
    /// Without its `/`.
    Command {
        name: &'a str,
        words: &'a str,
    },
    /// Without its `!`.
    Shell(&'a str),
    Words(&'a str),
}

fn read(line: &str) -> Line<'_> {
    if let Some(command) = line.strip_prefix('!') {
        return Line::Shell(command.trim());
    }
    let Some(command) = line.strip_prefix('/') else { return Line::Words(line) };
    let (name, words) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
    // A path is no command, and two slashes are a way to say one.
    match name {
        name if name.starts_with('/') => Line::Words(command),
        name if name.contains('/') => Line::Words(line),
        name => Line::Command { name, words },
    }
}

impl Plain {
    pub(super) fn new(keyboard: Arc<Keyboard>) -> Self {
        Self { keyboard, leaving: false }
    }

    pub(super) fn front(&self, main: &AgentId) -> Arc<dyn Front> {
        Arc::new(PlainFront::new(Asking::Keyboard(self.keyboard.clone()), true, main))
    }

    pub(super) async fn confirm(&self, words: &str) -> Option<bool> {
        text::note(words);
        text::note_part("use it? [y]es, anything else is no: ");
        let answer = self.keyboard.answer(Asked::Permission).await.unwrap_or_default();
        (!self.keyboard.has_left()).then_some(matches!(answer.as_str(), "y" | "yes"))
    }

    pub(super) fn enter(&self, room: &Room<'_>) {
        text::note(&format!("session {} · team {} · /help for help", room.session().id(), room.opened.team.name));
        room.own.remarks.iter().for_each(|remark| text::warn(remark));
    }

    /// Turn after turn.
    pub(super) async fn talk(&mut self, room: &Room<'_>) -> anyhow::Result<Talked> {
        let mut status = SessionStatus::Answered;
        loop {
            if room.opened.banner.is_some() {
                text::warn(UNGUARDED);
            }
            text::note_part("\n> ");
            // Between turns Ctrl-C leaves, as the end of the input does.
            let Some(line) = self.next_line(room).await? else { return Ok(Talked { status, next: None }) };
            let then = match (line.trim(), read(line.trim())) {
                ("", _) => continue,
                (line, _) if is_goodbye(line) => Then::Leave,
                (_, Line::Command { name, words }) => self.between_turns(room, name, words).await,
                (_, Line::Shell(command)) => self.shell(room, command).await,
                (_, Line::Words(words)) => Then::Turn(words.to_owned()),
            };
            match then {
                Then::Nothing => {}
                Then::Leave => return Ok(Talked { status, next: None }),
                Then::Open(open) => return Ok(Talked { status, next: Some(open) }),
                Then::Choose { of, command, .. } => list(&of, command),
                Then::Turn(words) => {
                    status = self.turns(room, &words, status).await?;
                    if self.leaving || self.keyboard.has_left() {
                        return Ok(Talked { status, next: None::<Open> });
                    }
                }
            }
        }
    }

    /// A turn and those that were queued behind it.
    async fn turns(&mut self, room: &Room<'_>, words: &str, before: SessionStatus) -> anyhow::Result<SessionStatus> {
        let mut status = before;
        let mut next = match room.input(words, &[]).await {
            Ok(input) => Some(input),
            Err(error) => {
                say(&told(&error));
                None
            }
        };
        while let Some(input) = next.take() {
            status = self.turn(room, input).await?.status;
            text::note(&room.bill()?);
            if self.leaving || self.keyboard.has_left() {
                break;
            }
            if status == SessionStatus::Interrupted {
                // Whoever interrupts wants the word, not the next thing on the list.
                room.waiting()?.iter().for_each(|words| text::note(words));
                break;
            }
            next = room.session().next_input()?;
        }
        Ok(status)
    }

    /// The next line. Until it comes, caches are kept alive as long as that pays.
    async fn next_line(&self, room: &Room<'_>) -> anyhow::Result<Option<String>> {
        let stop = CancellationToken::new();
        let rest = room.session().rest(None, &stop);
        let line = async {
            let line = tokio::select! {
                line = self.keyboard.next() => line,
                _ = tokio::signal::ctrl_c() => None,
            };
            stop.cancel();
            line
        };
        let (rested, line) = tokio::join!(rest, line);
        if let Err(error) = rested {
            // What concerns a cache is no reason to lose what was typed.
            text::complain(&format!("{error:#}"));
        }
        Ok(line)
    }

    /// A command while nobody works. What goes wrong is told, and the chat goes on.
    async fn between_turns(&self, room: &Room<'_>, name: &str, words: &str) -> Then {
        let cancel = CancellationToken::new();
        match interruptible(room.command(name, words, false, &cancel), &cancel).await {
            Ok(Done { said, then }) => {
                said.iter().for_each(say);
                then
            }
            Err(error) => {
                say(&told(&error));
                Then::Nothing
            }
        }
    }

    async fn shell(&self, room: &Room<'_>, command: &str) -> Then {
        let cancel = CancellationToken::new();
        tell_shelled(interruptible(room.session().shell(command, &cancel), &cancel).await);
        Then::Nothing
    }

    /// A turn, with the keyboard open beside it.
    async fn turn(&mut self, room: &Room<'_>, input: Input) -> anyhow::Result<TurnOutcome> {
        let cancel = CancellationToken::new();
        let turn = room.session().turn_with(input, &cancel);
        tokio::pin!(turn);
        let mut outcome = None;
        let mut shells = FuturesUnordered::new();
        // Lines of a pipe are the next turns; a person's are said to the running one.
        let mut listening = std::io::stdin().is_terminal();
        loop {
            if let Some(outcome) = outcome.take_if(|_| shells.is_empty()) {
                return Ok(outcome);
            }
            tokio::select! {
                biased;
                // First, so that the turn finds itself cancelled before it takes the goodbye for a no.
                () = self.keyboard.left(), if !cancel.is_cancelled() => cancel.cancel(),
                ended = &mut turn, if outcome.is_none() => outcome = Some(ended?),
                Some(shelled) = shells.next() => tell_shelled(shelled),
                line = self.keyboard.next(), if listening => match line {
                    Some(line) if is_goodbye(&line) => {
                        self.leaving = true;
                        cancel.cancel();
                    }
                    Some(line) => match read(line.trim()) {
                        Line::Shell(command) => {
                            let (command, cancel, session) = (command.to_owned(), cancel.clone(), room.session());
                            shells.push(async move { session.shell(&command, &cancel).await });
                        }
                        Line::Command { name, words } => while_working(room, name, words, &cancel).await?,
                        Line::Words(words) => said_meanwhile(room, words)?,
                    },
                    None => listening = false,
                },
                pressed = tokio::signal::ctrl_c() => {
                    if pressed.is_err() || cancel.is_cancelled() {
                        // Asked twice; the store is consistent at any moment.
                        std::process::exit(130);
                    }
                    cancel.cancel();
                    text::note("\ninterrupting; once more to leave at once");
                }
            }
        }
    }
}

/// Work that Ctrl-C cancels, and that then comes to its end.
async fn interruptible<T>(work: impl Future<Output = T>, cancel: &CancellationToken) -> T {
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => done,
        _ = tokio::signal::ctrl_c() => {
            cancel.cancel();
            work.await
        }
    }
}

/// A command typed while the team works.
async fn while_working(room: &Room<'_>, name: &str, words: &str, cancel: &CancellationToken) -> anyhow::Result<()> {
    match room.command(name, words, true, cancel).await {
        Ok(Done { said, then }) => {
            said.iter().for_each(say);
            if let Then::Turn(words) = then {
                queue(room, &words)?;
            }
        }
        Err(error) => say(&told(&error)),
    }
    Ok(())
}

/// Words typed while the team works.
fn said_meanwhile(room: &Room<'_>, words: &str) -> anyhow::Result<()> {
    match words.strip_prefix('>') {
        _ if words.is_empty() => Ok(()),
        Some(later) => queue(room, later.trim()),
        None => {
            room.session().input(words, InputMode::Steer)?;
            text::note("told before the next step");
            Ok(())
        }
    }
}

fn queue(room: &Room<'_>, words: &str) -> anyhow::Result<()> {
    room.session().input(words, InputMode::Queue)?;
    text::note("queued as the next turn");
    Ok(())
}

fn tell_shelled(shelled: Result<Shelled, RuntimeError>) {
    match shelled {
        Ok(Shelled { output, exit_code, .. }) => {
            if !output.trim().is_empty() {
                text::note(output.trim_end());
            }
            if exit_code != Some(0) {
                text::note(&exit_code.map_or("(killed)".to_owned(), |code| format!("(exit code {code})")));
            }
        }
        Err(error) => say(&told(&error.into())),
    }
}

fn list(of: &[screen::Candidate], command: &str) {
    for one in of {
        text::note(&format!("  {}  {}", one.insert, one.about));
    }
    text::note(&format!("/{command} and one of these goes there"));
}
