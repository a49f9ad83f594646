//! `agent chat`: one core, and two faces of it: the screen on a terminal, plain lines elsewhere.

mod desk;
mod history;
mod own;
mod plain;
mod registry;
mod room;
mod seat;
mod status;
mod terminal;
mod windows;
mod words;
mod works;

use std::sync::Arc;

use clap::ValueEnum;
use protocol::event::SessionStatus;
use protocol::{AgentId, SessionId};
use runtime::Front;
use screen::Said;

use self::desk::Desk;
use self::plain::Plain;
use self::room::{Open, Room};
use self::seat::Seat;
use super::run::summary;
use super::sessions::named;
use crate::args::{SessionArgs, TeamArgs};
use crate::config::Context;

/// What a chat is begun with.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) team: TeamArgs,
    pub(crate) session: SessionArgs,
    /// A session to go on with; empty is the last one here.
    pub(crate) resume: Option<String>,
    /// No screen, whatever the terminal could do.
    pub(crate) plain: bool,
    pub(crate) notify: Option<NotifyArg>,
}

/// How a chat calls for attention while its window has no focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum NotifyArg {
    /// The terminal's bell.
    Bell,
    /// A notification of the desktop, where the terminal passes it on.
    Osc9,
    /// Not at all.
    Off,
}

/// How a chat is shown.
enum Face {
    Plain(Plain),
    Screen(Box<Desk>),
}

/// How a chat ended.
struct Ended {
    code: u8,
    /// What stays behind of it.
    lines: Vec<String>,
}

/// How a session's talk ended.
struct Talked {
    /// How its last turn did.
    status: SessionStatus,
    /// The session that follows; none where the person leaves.
    next: Option<Open>,
}

/// Talks until the person leaves.
pub(crate) async fn run(context: Context, asked: Asked) -> anyhow::Result<u8> {
    let (context, resume) = match &asked.resume {
        Some(prefix) => {
            let store = context.store()?;
            let id = named(&context, &store, Some(prefix))?;
            (context.of_session(&store, &id)?, Some(id))
        }
        None => (context, None),
    };
    let mut face = Face::open(&context, &asked)?;
    let ended = converse(context, resume, &asked, &mut face).await;
    let lines = ended.as_ref().map(|ended| ended.lines.clone()).unwrap_or_default();
    face.close(lines);
    ended.map(|ended| ended.code)
}

/// Session after session.
async fn converse(
    context: Context,
    resume: Option<SessionId>,
    asked: &Asked,
    face: &mut Face,
) -> anyhow::Result<Ended> {
    let Some(mut seat) = Seat::first(context, resume, asked, face).await? else {
        return Ok(Ended { code: 0, lines: Vec::new() });
    };
    let (mut is_new, mut status) = (true, SessionStatus::Answered);
    loop {
        let room = seat.room();
        if is_new {
            face.enter(&room, seat.resumed)?;
            status = SessionStatus::Answered;
        }
        let talked = face.talk(&room, status).await?;
        status = talked.status;
        match talked.next {
            Some(open) => (seat, is_new) = seat.change(open, talked.status, face).await?,
            None => {
                let lines = seat.leave(talked.status).await?;
                let interrupted = talked.status == SessionStatus::Interrupted;
                return Ok(Ended { code: if interrupted { talked.status.exit_code() } else { 0 }, lines });
            }
        }
    }
}

impl Face {
    /// The screen where there can be one and nobody said otherwise.
    fn open(context: &Context, asked: &Asked) -> anyhow::Result<Self> {
        Ok(match Desk::open(context, asked)? {
            Some(desk) => Self::Screen(Box::new(desk)),
            None => Self::Plain(Plain::open()),
        })
    }

    /// Where a session shows what happens.
    fn front(&self, main: &AgentId) -> Arc<dyn Front> {
        match self {
            Self::Plain(plain) => plain.front(main),
            Self::Screen(desk) => desk.front(),
        }
    }

    /// Asks for a yes; none where the person leaves.
    async fn confirm(&mut self, title: &str, text: &str) -> Option<bool> {
        match self {
            Self::Plain(plain) => plain.confirm(text).await,
            Self::Screen(desk) => desk.confirm(title, text).await,
        }
    }

    /// Says something.
    fn say(&self, said: &Said) {
        match self {
            Self::Plain(_) => plain::say(said),
            Self::Screen(desk) => desk.say(said.clone()),
        }
    }

    /// A session begins to be shown.
    fn enter(&mut self, room: &Room<'_>, resumed: bool) -> anyhow::Result<()> {
        match self {
            Self::Plain(plain) => plain.enter(room),
            Self::Screen(desk) => desk.enter(room, resumed)?,
        }
        Ok(())
    }

    /// Turn after turn; `status` is how the last one did.
    async fn talk(&mut self, room: &Room<'_>, status: SessionStatus) -> anyhow::Result<Talked> {
        match self {
            Self::Plain(plain) => plain.talk(room, status).await,
            Self::Screen(desk) => desk.talk(room, status).await,
        }
    }

    /// The end; these lines stay behind.
    fn close(self, lines: Vec<String>) {
        match self {
            Self::Plain(_) if lines.is_empty() => {}
            Self::Plain(_) => crate::text::note(&format!("\n{}", lines.join("\n"))),
            Self::Screen(desk) => desk.close(lines),
        }
    }
}

/// What is left to say of a session that was left.
fn last_words(completed: &protocol::event::EventBody, session: &runtime::Session) -> Vec<String> {
    vec![summary(completed), format!("session {}", session.id())]
}
