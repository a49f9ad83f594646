//! Which session a chat has open: the first one, and the change to another.

use std::path::{Path, PathBuf};

use protocol::event::{EventBody, SessionStatus};
use protocol::{AgentId, SessionId};
use screen::Said;
use store::Store;
use tools::ApprovalMode;

use super::own::{Found, Own};
use super::room::{BeforePlan, Modes, Open, Room, told};
use super::{Asked, Face, last_words};
use crate::args::{SandboxArgs, SessionArgs, TeamArgs};
use crate::commands::start::{self, Opened, Wanted};
use crate::config::Context;
use crate::config::trust::{Trust, Verdict};
use crate::text;

/// An open session, with what was said when the chat began.
pub(super) struct Seat {
    pub(super) context: Context,
    pub(super) opened: Opened,
    pub(super) own: Own,
    /// It had begun before.
    pub(super) resumed: bool,
    flags: Flags,
    /// The mode that `/plan off` goes back to.
    before_plan: BeforePlan,
}

/// What holds for every session of a chat.
#[derive(Clone, Debug)]
struct Flags {
    team: TeamArgs,
    session: SessionArgs,
    /// The person said no to the commands of this folder.
    without_commands: Option<PathBuf>,
}

impl Seat {
    /// The session that the chat begins with; none where the person leaves before it.
    pub(super) async fn first(
        context: Context,
        resume: Option<SessionId>,
        asked: &Asked,
        face: &mut Face,
    ) -> anyhow::Result<Option<Self>> {
        let flags = Flags { team: asked.team.clone(), session: asked.session.clone(), without_commands: None };
        Self::open(context, flags, resume, None, face).await
    }

    /// What both faces work with.
    pub(super) fn room(&self) -> Room<'_> {
        Room { context: &self.context, opened: &self.opened, own: &self.own, before_plan: &self.before_plan }
    }

    /// Opens a session; none where the person leaves instead of saying whether the folder's own files may be used. Modes that are carried
    /// over are no flags: what was typed is what is kept with the session, and what its walls are made by.
    async fn open(
        context: Context,
        mut flags: Flags,
        resume: Option<SessionId>,
        carried: Option<Modes>,
        face: &mut Face,
    ) -> anyhow::Result<Option<Self>> {
        // A session that is resumed keeps the team it began with.
        let asks_team = resume.is_none() && flags.team.team.is_none() && !flags.team.without_project;
        let Some(commands) = trusted(&context, &mut flags, asks_team, face).await? else { return Ok(None) };
        let own = Own::load(&context, commands);
        let resumed = resume.is_some();
        let opened = start::open(
            &context,
            Wanted {
                team: &flags.team,
                session: &flags.session,
                approval: start::approval(flags.session.approve, ApprovalMode::Ask),
                front: &|main| face.front(main),
                output_schema: None,
                resume,
                person: true,
                all_providers: true,
                lane: None,
            },
        )?;
        // What was trusted was trusted as it was then: whatever changes from now on is asked about again.
        flags.team.trust = false;
        let mode = opened.session.approval_mode();
        let carried = carried.unwrap_or(Modes {
            now: mode,
            before_plan: if mode == ApprovalMode::Deny { ApprovalMode::Ask } else { mode },
        });
        if carried.now != mode {
            opened.session.set_approval_mode(carried.now);
        }
        let before_plan = BeforePlan::new(carried.before_plan);
        Ok(Some(Self { context, opened, own, resumed, flags, before_plan }))
    }

    /// Completes the session; what is left to say.
    pub(super) async fn leave(self, status: SessionStatus) -> anyhow::Result<Vec<String>> {
        let completed = self.opened.session.complete(status).await?;
        Ok(last_words(&completed, &self.opened.session))
    }

    /// Goes to another session, or to the same one with other walls. Where that cannot be opened it is said, and this one stays; whether
    /// what is open now is to be shown anew.
    pub(super) async fn change(
        self,
        open: Open,
        status: SessionStatus,
        face: &mut Face,
    ) -> anyhow::Result<(Self, bool)> {
        if open.resume.as_ref() == Some(self.opened.session.id()) {
            return self.anew(open, status, face).await;
        }
        match self.next(&open, face).await {
            Ok(Some(next)) => {
                let before = self.opened.sandbox.clone();
                face.say(&Said::Text(self.leave(status).await?.join("\n")));
                if next.opened.sandbox != before {
                    face.say(&Said::Text(format!("commands run in: {}", next.opened.sandbox)));
                }
                Ok((next, true))
            }
            Ok(None) => Ok((self, false)),
            Err(error) => {
                face.say(&told(&error));
                Ok((self, false))
            }
        }
    }

    async fn next(&self, open: &Open, face: &mut Face) -> anyhow::Result<Option<Self>> {
        let here = self.context.in_folder(&self.context.root, &self.context.home.state);
        let (context, flags) = match &open.resume {
            Some(id) => (here.of_session(&self.opened.store, id)?, self.flags.of_another()),
            None => (here, self.flags.clone()),
        };
        Self::open(context, flags, open.resume.clone(), Some(self.modes()), face).await
    }

    /// The modes of the chat.
    fn modes(&self) -> Modes {
        Modes { now: self.opened.session.approval_mode(), before_plan: self.before_plan.get() }
    }

    /// The same session, opened again: it has to be let go of first.
    async fn anew(self, open: Open, status: SessionStatus, face: &mut Face) -> anyhow::Result<(Self, bool)> {
        let (id, modes) = (self.opened.session.id().clone(), self.modes());
        let Self { context, opened, flags, .. } = self;
        let banner = opened.banner.is_some();
        opened.session.complete(status).await?;
        drop(opened);
        let mut flags = Flags { team: TeamArgs { team: None, model: Vec::new(), ..flags.team }, ..flags };
        // A session without a sandbox has to be opened as it was where the other mode cannot be had.
        let before = SandboxArgs { no_sandbox: banner && flags.session.sandbox.no_sandbox, ..flags.session.sandbox };
        flags.session.sandbox = SandboxArgs { sandbox: open.sandbox, no_sandbox: false };
        let again = context.in_folder(&context.root, &context.home.state);
        let other = Flags { session: SessionArgs { sandbox: before, ..flags.session.clone() }, ..flags.clone() };
        let seat = match Self::open(context, flags, Some(id.clone()), Some(modes), face).await {
            Ok(seat) => seat,
            Err(error) => {
                face.say(&told(&error));
                Self::open(again, other, Some(id), Some(modes), face).await?
            }
        };
        let seat = seat.ok_or_else(|| crate::failure::Failure::usage("the session was left"))?;
        face.say(&Said::Text(format!("commands run in: {}", seat.opened.sandbox)));
        Ok((seat, true))
    }
}

impl Flags {
    /// For a session that began by itself, and maybe elsewhere: its own team, models, server and sandbox hold. That a folder's files may
    /// be used, or that there be no sandbox, was not said of that one.
    fn of_another(&self) -> Self {
        let team = TeamArgs {
            team: None,
            model: Vec::new(),
            base_url: None,
            key_env: None,
            trust_workspace: false,
            ..self.team.clone()
        };
        let session = SessionArgs { policy: None, sandbox: SandboxArgs::default(), ..self.session.clone() };
        Self { team, session, ..self.clone() }
    }
}

/// Asks once whether the folder's own files may be used; without them it goes on as in any other folder. Gives the commands that may be,
/// or nothing where the person leaves.
async fn trusted(
    context: &Context,
    flags: &mut Flags,
    asks_team: bool,
    face: &mut Face,
) -> anyhow::Result<Option<Option<Found>>> {
    let root = &context.root;
    let commands = Found::of_project(root);
    if flags.team.trust_workspace {
        return Ok(Some(Some(commands)));
    }
    let mut trust = Trust::load(&context.home)?;
    if flags.team.trust {
        commands.trust(&mut trust, root)?;
        return Ok(Some(Some(commands)));
    }
    let team = if asks_team { trust.check(root)? } else { Verdict::Trusted };
    let refused = flags.without_commands.as_ref() == Some(root);
    let own = if refused { Verdict::Trusted } else { commands.verdict(&trust, root) };
    let words = [
        of_team(&team).map(|file| format!("{file} It can name commands that are run on your machine.")),
        of_commands(&own, &commands),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    if words.is_empty() {
        return Ok(Some((!refused).then_some(commands)));
    }
    let asked =
        format!("{} Read {} before you say yes.", words.join("\n"), if words.len() > 1 { "them" } else { "it" });
    let Some(yes) = face.confirm("use this folder's own files?", &asked).await else { return Ok(None) };
    if team != Verdict::Trusted {
        flags.team.trust = yes;
        flags.team.without_project = !yes;
    }
    if own == Verdict::Trusted {
        return Ok(Some((!refused).then_some(commands)));
    }
    if yes {
        commands.trust(&mut trust, root)?;
        return Ok(Some(Some(commands)));
    }
    flags.without_commands = Some(root.clone());
    Ok(Some(None))
}

fn of_team(verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Trusted => None,
        Verdict::Unknown(file) => Some(format!("{} was never used here.", on_one_line(file))),
        Verdict::Changed(file) => Some(format!("{} changed since you trusted it.", on_one_line(file))),
    }
}

fn of_commands(verdict: &Verdict, commands: &Found) -> Option<String> {
    let words = match verdict {
        Verdict::Trusted => return None,
        Verdict::Unknown(folder) => format!("{} was never used here.", on_one_line(folder)),
        Verdict::Changed(folder) => format!("{} changed since you trusted it.", on_one_line(folder)),
    };
    Some(format!("{words} It holds commands for this chat, words that are said to the team: {}.", commands.names()))
}

fn on_one_line(path: &Path) -> String {
    text::one_line(&path.display().to_string())
}

/// What an earlier part of a session held.
pub(super) struct Earlier {
    /// The person's inputs and what main said, the newest of it, in order.
    pub(super) said: Vec<(AgentId, String)>,
    /// The last turn has no answer.
    pub(super) unfinished: bool,
}

impl Earlier {
    pub(super) fn of(store: &Store, id: &SessionId, main: &AgentId, most: usize) -> anyhow::Result<Self> {
        let mut events = store.events_of(id, "turn.started")?;
        events.extend(store.events_of(id, "message")?);
        events.sort_by_key(|event| event.seq);
        let (mut said, mut unfinished) = (Vec::new(), false);
        for event in events {
            match (event.agent, event.body) {
                (_, EventBody::TurnStarted { input }) => {
                    unfinished = true;
                    said.push((AgentId::from(YOU), input));
                }
                (Some(agent), EventBody::Message { text, is_final }) if agent == *main => {
                    unfinished &= !is_final;
                    if !text.trim().is_empty() {
                        said.push((agent, text));
                    }
                }
                _ => {}
            }
        }
        said.drain(..said.len().saturating_sub(most));
        Ok(Self { said, unfinished })
    }
}

/// Who the person is among those who said something.
const YOU: &str = "you";

#[cfg(test)]
#[path = "seat_tests.rs"]
mod tests;
