//! The plain face: lines in, lines out. What a pipe, a log or a screen reader can follow.

use std::sync::Arc;

use protocol::AgentId;
use protocol::event::SessionStatus;
use runtime::{Front, InputMode, RuntimeError, Shelled};
use screen::Said;

use super::Talked;
use super::room::{Done, Images, Room, Then, told};
use super::works::{Happened, Ran, Works};
use crate::config::guards::UNGUARDED;
use crate::failure::Failure;
use crate::front::{Asked, Asking, Keyboard, Marks, PlainFront, TypedLine, is_goodbye};
use crate::text;

/// The plain face.
pub(super) struct Plain {
    keyboard: Arc<Keyboard>,
    /// What is pasted is told from what is typed.
    _marks: Option<Marks>,
    /// The person leaves.
    leaving: bool,
    /// The input is over.
    is_over: bool,
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
    pub(super) fn open() -> Self {
        let (keyboard, marks) = Keyboard::open_marked();
        Self { keyboard, _marks: marks, leaving: false, is_over: false }
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

    /// Turn after turn, until the person leaves or goes to another session.
    pub(super) async fn talk(&mut self, room: &Room<'_>, status: SessionStatus) -> anyhow::Result<Talked> {
        let mut works = Works::new(room);
        let mut talked = Talked { status, next: None };
        let mut is_prompted = false;
        loop {
            // Lines of a pipe follow one another; a person's are heard at any time.
            let hears = works.is_idle() || self.keyboard.is_person();
            self.leaving |= self.keyboard.has_left() || (self.is_over && hears && !works.is_working());
            if (self.leaving || talked.next.is_some()) && !works.is_ending() {
                works.stop();
            }
            if works.is_over() {
                talked.next = talked.next.filter(|_| !self.leaving);
                return Ok(talked);
            }
            if works.is_idle() && !works.is_ending() && !is_prompted {
                prompt(room);
                is_prompted = true;
            }
            works.rest();
            tokio::select! {
                biased;
                // First, so that the turn finds itself cancelled before it takes the goodbye for a no.
                () = self.keyboard.left(), if !works.is_ending() => self.leaving = true,
                happened = works.next() => {
                    is_prompted &= matches!(happened, Happened::Rested);
                    self.happened(room, &mut works, happened, &mut talked)?;
                }
                line = self.keyboard.next(), if hears && !self.is_over && !works.is_brief() => {
                    is_prompted = false;
                    match line {
                        Some(line) => self.line(room, &mut works, &line)?,
                        None => self.is_over = true,
                    }
                }
                _ = tokio::signal::ctrl_c() => self.control_c(&mut works),
            }
        }
    }

    /// What the person, or a pipe, says.
    fn line(&mut self, room: &Room<'_>, works: &mut Works<'_>, line: &TypedLine) -> anyhow::Result<()> {
        match (line.text.trim(), read(line.text.trim())) {
            ("", _) => {}
            (line, _) if is_goodbye(line) => self.leaving = true,
            _ if works.is_ending() => {}
            (_, Line::Command { name, words }) => {
                works.command(name.to_owned(), words.to_owned());
            }
            (_, Line::Shell(command)) if line.is_typed => works.shell(command.to_owned()),
            (line, Line::Shell(_)) => say(&told(&not_typed(line))),
            (_, Line::Words(words)) if works.is_working() => match words.strip_prefix('>') {
                Some(later) => works.input(later.trim().to_owned(), Images::Named),
                None if works.is_turn() => {
                    room.session().input(words, InputMode::Steer)?;
                    text::note("told before the next step");
                }
                None => works.input(words.to_owned(), Images::Named),
            },
            (_, Line::Words(words)) => works.input(words.to_owned(), Images::Named),
        }
        Ok(())
    }

    /// What is done.
    fn happened(
        &mut self,
        room: &Room<'_>,
        works: &mut Works<'_>,
        happened: Happened,
        talked: &mut Talked,
    ) -> anyhow::Result<()> {
        match happened {
            Happened::Turn(outcome) => {
                talked.status = outcome?.status;
                text::note(&room.bill()?);
                if works.is_ending() {
                } else if talked.status == SessionStatus::Interrupted {
                    // Whoever interrupts wants the word, not the next thing on the list.
                    room.waiting()?.iter().for_each(|words| text::note(words));
                } else if let Some(next) = room.session().next_input()? {
                    works.turn(next);
                }
            }
            Happened::Command(ran) => self.ran(works, ran, talked),
            Happened::Shelled(shelled) => tell_shelled(shelled),
            Happened::Input(_) if works.is_ending() => {}
            Happened::Input(Ok(input)) if works.is_turn() => match works.queue(&input) {
                Ok(()) => text::note("queued as the next turn"),
                Err(error) => say(&told(&error)),
            },
            Happened::Input(Ok(input)) => works.turn(input),
            Happened::Input(Err(error)) => say(&told(&error)),
            Happened::Rested | Happened::Chosen(..) => {}
        }
        Ok(())
    }

    /// A command was carried out. What went wrong is told, and the chat goes on.
    fn ran(&mut self, works: &mut Works<'_>, ran: Ran, talked: &mut Talked) {
        let Done { said, then } = match ran.done {
            Ok(done) => done,
            Err(error) => return say(&told(&error)),
        };
        said.iter().for_each(say);
        match then {
            Then::Nothing => {}
            Then::Turn(words) => works.input(words, Images::Named),
            Then::Choose { of, command, .. } => list(&of, command),
            Then::Leave => self.leaving = true,
            Then::Open(open) => talked.next = Some(open),
        }
    }

    /// Stops what goes on; where nothing does, it leaves, as the end of the input does.
    fn control_c(&mut self, works: &mut Works<'_>) {
        if self.leaving || works.is_interrupted() {
            // Asked twice; the store is consistent at any moment.
            text::restore();
            std::process::exit(130);
        }
        let is_working = works.is_working();
        if !works.interrupt() {
            self.leaving = true;
        } else if is_working {
            text::note("\ninterrupting; once more to leave at once");
        }
    }
}

fn prompt(room: &Room<'_>) {
    if room.opened.banner.is_some() {
        text::warn(UNGUARDED);
    }
    text::note_part("\n> ");
}

/// Whoever can make a line appear in a paste or a pipe must not thereby run it.
fn not_typed(line: &str) -> anyhow::Error {
    Failure::usage_with(
        format!("not run, and not told to the team: {line}"),
        "`!` works at a terminal only, and only where it is typed; pasted text and lines of a pipe are no commands of yours",
    )
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
