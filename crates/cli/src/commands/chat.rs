//! `agent chat`, as plain lines.

mod windows;
mod words;

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use protocol::AgentId;
use protocol::event::SessionStatus;
use runtime::{InputMode, Session, TurnOutcome};
use tokio_util::sync::CancellationToken;
use tools::ApprovalMode;

use self::words::Agents;
use super::run::summary;
use super::sessions::named;
use super::start::{self, Names, Wanted};
use crate::args::{SessionArgs, TeamArgs};
use crate::config::Context;
use crate::config::guards::UNGUARDED;
use crate::config::trust::{Trust, Verdict};
use crate::failure::Failure;
use crate::front::{Asked, Asking, Keyboard, PlainFront, is_goodbye};
use crate::text;

const HELP: &str = "Type a task and press Enter. While the team works, a line steers the next step; `> text` queues it as the \
next turn.\n  /help   this\n  /team   who works, with which model\n  /cost   what it cost so far\n  /context  each agent's window: number, model, fill, cache\n  /compact [AGENT] [what matters]  close a window now\n  \
/model [AGENT] MODEL[@EFFORT] [now]  another model from the next window on, with its price\n  /quit   leave (the session can be \
resumed)\nCtrl-C interrupts a turn, twice leaves.";

/// Talks until the input ends.
pub(crate) async fn run(
    context: Context,
    mut team: TeamArgs,
    session: SessionArgs,
    resume: Option<String>,
) -> anyhow::Result<u8> {
    let keyboard = Keyboard::open();
    let (context, resume) = match resume {
        Some(prefix) => {
            let store = context.store()?;
            let id = named(&context, &store, Some(&prefix))?;
            (context.of_session(&store, &id)?, Some(id))
        }
        None => (context, None),
    };
    // A session that is resumed keeps the team it began with.
    if resume.is_none() && team.team.is_none() && !team.trust && !team.trust_workspace {
        ask_trust(&context, &keyboard, &mut team).await?;
        if keyboard.has_left() {
            return Ok(0);
        }
    }
    let opened = start::open(
        &context,
        Wanted {
            team: &team,
            session: &session,
            approval: start::approval(session.approve, ApprovalMode::Ask),
            front: &|main| Arc::new(PlainFront::new(Asking::Keyboard(keyboard.clone()), true, main)),
            output_schema: None,
            resume,
            person: true,
            all_providers: true,
            lane: None,
        },
    )?;
    text::note(&format!("session {} · team {} · /help for help", opened.session.id(), opened.team.name));
    let chat = Chat {
        store: &opened.store,
        session: &opened.session,
        team: &opened.team,
        names: &opened.names,
        keyboard,
        unguarded: opened.banner.is_some(),
        leaving: AtomicBool::new(false),
    };
    let status = chat.talk().await?;
    let completed = opened.session.complete(status).await?;
    text::note(&format!("\n{}\nsession {}", summary(&completed), opened.session.id()));
    Ok(if status == SessionStatus::Interrupted { status.exit_code() } else { 0 })
}

struct Chat<'a> {
    store: &'a store::Store,
    session: &'a Session,
    team: &'a team::Team,
    names: &'a Names,
    keyboard: Arc<Keyboard>,
    /// Commands run without a sandbox: said again with every prompt.
    unguarded: bool,
    /// `/quit` was typed while the team worked.
    leaving: AtomicBool,
}

impl Chat<'_> {
    /// Turn after turn; gives the status of the last one.
    async fn talk(&self) -> anyhow::Result<SessionStatus> {
        let mut status = SessionStatus::Answered;
        loop {
            if self.unguarded {
                text::warn(UNGUARDED);
            }
            text::note_part("\n> ");
            // Between turns Ctrl-C leaves, as the end of the input does.
            let Some(line) = self.next_line().await? else { return Ok(status) };
            match line.trim() {
                "" => continue,
                line if is_goodbye(line) => return Ok(status),
                command if command.starts_with('/') => self.between_turns(command).await?,
                task => {
                    let mut next = Some(task.to_owned());
                    while let Some(task) = next.take() {
                        status = self.turn(&task).await?.status;
                        text::note(&self.bill()?);
                        if self.leaving.load(Ordering::Relaxed) || self.keyboard.has_left() {
                            return Ok(status);
                        }
                        if status == SessionStatus::Interrupted {
                            // Whoever interrupts wants the word, not the next thing on the list.
                            self.tell_queued()?;
                            break;
                        }
                        next = self.session.next_queued()?;
                    }
                }
            }
        }
    }

    /// The next line. Until it comes, caches are kept alive as long as that pays.
    async fn next_line(&self) -> anyhow::Result<Option<String>> {
        let stop = CancellationToken::new();
        let rest = self.session.rest(None, &stop);
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

    /// A command that may change windows: only while nobody works. What goes wrong is told, and the chat goes on.
    async fn between_turns(&self, command: &str) -> anyhow::Result<()> {
        let (name, words) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let all: Vec<AgentId> = self.team.agents.iter().map(|agent| agent.id.clone()).collect();
        let agents = Agents { main: &self.team.main().id, all: &all };
        let cancel = CancellationToken::new();
        let work = async {
            match name {
                "/compact" => {
                    let wanted = words::compact(words, &agents).map_err(Failure::usage)?;
                    windows::compact(self.session, wanted, &cancel).await
                }
                "/model" => {
                    let is_alias = |word: &str| self.names.is_alias(word);
                    let wanted = words::model(words, &agents, &is_alias).map_err(Failure::usage)?;
                    windows::model(self.session, self.names, self.team, wanted, &cancel).await
                }
                _ => self.command(command),
            }
        };
        tokio::pin!(work);
        let done = tokio::select! {
            done = &mut work => done,
            _ = tokio::signal::ctrl_c() => {
                cancel.cancel();
                work.await
            }
        };
        if let Err(error) = done {
            text::complain(&format!("{error:#}"));
            if let Some(hint) = error.downcast_ref::<Failure>().and_then(|failure| failure.hint.as_ref()) {
                text::hint(hint);
            }
        }
        Ok(())
    }

    /// A turn, with the keyboard open beside it.
    async fn turn(&self, task: &str) -> anyhow::Result<TurnOutcome> {
        let cancel = CancellationToken::new();
        let turn = self.session.turn(task, &cancel);
        tokio::pin!(turn);
        // Lines of a pipe are the next turns; a person's are said to the running one.
        let mut listening = std::io::stdin().is_terminal();
        loop {
            tokio::select! {
                biased;
                // First, so that the turn finds itself cancelled before it takes the goodbye for a no.
                () = self.keyboard.left(), if !cancel.is_cancelled() => cancel.cancel(),
                outcome = &mut turn => return Ok(outcome?),
                line = self.keyboard.next(), if listening => match line {
                    Some(line) if is_goodbye(&line) => {
                        self.leaving.store(true, Ordering::Relaxed);
                        cancel.cancel();
                    }
                    Some(line) => self.while_working(line.trim())?,
                    None => listening = false,
                },
                pressed = tokio::signal::ctrl_c() => {
                    if pressed.is_err() || cancel.is_cancelled() {
                        std::process::exit(130);
                    }
                    cancel.cancel();
                    text::note("\ninterrupting; once more to leave at once");
                }
            }
        }
    }

    /// A line typed while the team works.
    fn while_working(&self, line: &str) -> anyhow::Result<()> {
        if line.is_empty() {
            return Ok(());
        }
        if line.starts_with('/') {
            return self.command(line);
        }
        match line.strip_prefix('>') {
            Some(later) => {
                self.session.input(later.trim(), InputMode::Queue)?;
                text::note("queued as the next turn");
            }
            None => {
                self.session.input(line, InputMode::Steer)?;
                text::note("told before the next step");
            }
        }
        Ok(())
    }

    fn command(&self, command: &str) -> anyhow::Result<()> {
        let (name, words) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        if matches!(name, "/help" | "/cost" | "/context" | "/team" | "/quit")
            && let Err(told) = words::nothing(name, words)
        {
            // Told and not given up: the turn or the chat goes on.
            text::complain(&told);
            return Ok(());
        }
        match name {
            "/help" => text::note(HELP),
            "/cost" => text::note(&self.bill()?),
            "/context" => text::note(&windows::context(&self.session.status()?)),
            "/compact" | "/model" => text::note("not while the team works: between two turns"),
            "/team" => {
                for agent in &self.team.agents {
                    text::note(&format!("{}: {} ({})", agent.id, agent.brain, agent.role.as_str()));
                }
            }
            other => text::note(&words::unknown(other)),
        }
        Ok(())
    }

    /// What waits for its turn, if anything does.
    fn tell_queued(&self) -> anyhow::Result<()> {
        let waiting = self.store.inputs(self.session.id(), true)?.len();
        if waiting > 0 {
            text::note(&format!("{waiting} queued: not begun; it follows your next task"));
        }
        Ok(())
    }

    /// `$0.0123 in this session, cache hits 87 %`.
    fn bill(&self) -> anyhow::Result<String> {
        let cost = self.store.session_cost(self.session.id())?;
        let usd = cost.usd.map_or("cost unknown".to_owned(), |usd| usd.to_string());
        let mut lines = vec![format!("[{usd} in this session, cache hits {:.0} %]", cost.usage.hit_rate() * 100.0)];
        lines.extend(self.session.status()?.iter().map(|status| format!("[{}]", windows::line(status))));
        Ok(lines.join("\n"))
    }
}

/// Asks once whether the folder's own files may be used; without them it goes on as in any other folder.
async fn ask_trust(context: &Context, keyboard: &Keyboard, team: &mut TeamArgs) -> anyhow::Result<()> {
    let (file, why) = match Trust::load(&context.home)?.check(&context.root)? {
        Verdict::Trusted => return Ok(()),
        Verdict::Unknown(file) => (file, "was never used here"),
        Verdict::Changed(file) => (file, "changed since you trusted it"),
    };
    text::note(&format!(
        "{} {why}. It can name commands that are run on your machine. Read it before you say yes.",
        file.display()
    ));
    text::note_part("use it? [y]es, anything else is no: ");
    let answer = keyboard.answer(Asked::Permission).await.unwrap_or_default();
    team.trust = matches!(answer.as_str(), "y" | "yes");
    team.without_project = !team.trust;
    Ok(())
}
