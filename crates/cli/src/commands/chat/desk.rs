//! The screen's face: what a person does there becomes turns, inputs and commands; what comes of it is fed back.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use protocol::event::SessionStatus;
use runtime::{Front, Input, InputMode, RuntimeError, Shelled, TurnOutcome};
use screen::{Act, Agent, Asked as Question, Attachment, Feed, Reply, Said, Screen};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::history::History;
use super::registry::{self, Kind};
use super::room::{Done, Room, Then, told};
use super::seat::Earlier;
use super::status::{Ears, Keeper};
use super::terminal;
use super::windows::brain_words;
use super::{Asked, Talked};
use crate::config::Context;
use crate::front::{Out, Questions, ScreenFront};
use crate::text;

/// Inputs and messages of a resumed session that are shown again.
const EARLIER: usize = 20;

/// The screen with what stands behind it.
pub(super) struct Desk {
    screen: Screen,
    out: Out,
    questions: Arc<Questions>,
    acts: mpsc::UnboundedReceiver<Act>,
    /// Something changed that the status line shows.
    changed: Arc<Notify>,
    /// What listens to the session that was opened last.
    ears: Mutex<Option<Ears>>,
    keeper: Option<Keeper>,
    /// Done by the person while something else than a turn went on.
    deferred: VecDeque<Act>,
    history: History,
    /// The person leaves.
    leaving: bool,
}

impl Desk {
    /// Takes the terminal; none where it cannot be, or nobody wants that.
    pub(super) fn open(context: &Context, asked: &Asked) -> anyhow::Result<Option<Self>> {
        if asked.plain || !terminal::is_usable(context) {
            return Ok(None);
        }
        let (history, entries) = History::open(context);
        let (sender, acts) = mpsc::unbounded_channel();
        let questions: Arc<Mutex<Option<Arc<Questions>>>> = Arc::default();
        let answering = questions.clone();
        let on_act = move |act| match act {
            // Straight to whoever asked: that may be the work for which everything else waits.
            Act::Answer { id, reply } => {
                let questions = answering.lock().unwrap_or_else(PoisonError::into_inner).clone();
                questions.iter().for_each(|questions| questions.answer(id, reply.clone()));
            }
            // Nobody listens any more only when the chat is over.
            act => drop(sender.send(act)),
        };
        let screen = Screen::open(terminal::options(context, asked.notify, entries)?, on_act)?;
        let feeder = screen.sender();
        let out: Out = Arc::new(move |feed| feeder.feed(feed));
        let asking = Arc::new(Questions::new(out.clone()));
        *questions.lock().unwrap_or_else(PoisonError::into_inner) = Some(asking.clone());
        let noticed = out.clone();
        text::divert(move |line| noticed(Feed::Notice(line.to_owned())));
        Ok(Some(Self {
            screen,
            out,
            questions: asking,
            acts,
            changed: Arc::default(),
            ears: Mutex::default(),
            keeper: None,
            deferred: VecDeque::new(),
            history,
            leaving: false,
        }))
    }

    pub(super) fn front(&self) -> Arc<dyn Front> {
        let ears = Ears::new(self.changed.clone());
        *self.ears.lock().unwrap_or_else(PoisonError::into_inner) = Some(ears.clone());
        Arc::new(ScreenFront::new(self.out.clone(), self.questions.clone(), move |event| ears.hear(event)))
    }

    pub(super) fn say(&self, said: Said) {
        (self.out)(Feed::Said(said));
    }

    fn tell(&self, error: &anyhow::Error) {
        self.say(told(error));
    }

    pub(super) async fn confirm(&mut self, title: &str, text: &str) -> Option<bool> {
        let asked = Question::Confirm { title: title.to_owned(), text: text.to_owned() };
        let reply = self.ask(asked).await?;
        Some(matches!(reply, Reply::Once | Reply::Always))
    }

    /// Asks something of the program's own; none where the person leaves instead.
    async fn ask(&mut self, asked: Question) -> Option<Reply> {
        let questions = self.questions.clone();
        self.beside(questions.ask(asked), None).await.flatten().filter(|_| !self.leaving)
    }

    /// A session begins to be shown.
    pub(super) fn enter(&mut self, room: &Room<'_>, resumed: bool) -> anyhow::Result<()> {
        let team = &room.opened.team;
        let agent = |spec: &team::AgentSpec| Agent { id: spec.id.clone(), brain: brain_words(&spec.brain) };
        let main = team.main();
        let others = team.agents.iter().filter(|spec| spec.id != main.id);
        (self.out)(Feed::Session {
            id: room.session().id().to_string(),
            team: team.name.clone(),
            agents: std::iter::once(main).chain(others).map(agent).collect(),
        });
        (self.out)(Feed::Commands(registry::candidates(room.own)));
        if resumed {
            let earlier = Earlier::of(&room.opened.store, room.session().id(), room.main(), EARLIER)?;
            (self.out)(Feed::Earlier(earlier.said));
            if earlier.unfinished {
                let words = "the last turn was not finished: say \"go on\", or something else";
                (self.out)(Feed::Notice(words.to_owned()));
            }
        }
        room.own.remarks.iter().for_each(|remark| (self.out)(Feed::Notice(remark.clone())));
        let ears = self.ears.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let ears = ears.unwrap_or_else(|| Ears::new(self.changed.clone()));
        self.keeper = Some(Keeper::new(ears, &room.context.root));
        Ok(())
    }

    /// Turn after turn.
    pub(super) async fn talk(&mut self, room: &Room<'_>) -> anyhow::Result<Talked> {
        let mut status = SessionStatus::Answered;
        loop {
            self.look(room);
            (self.out)(Feed::Queued(room.queued()?));
            let Some(act) = self.next_act(room).await else { return Ok(Talked { status, next: None }) };
            self.remember(&act);
            let then = match act {
                Act::Submit { text, images } | Act::Queue { text, images } => {
                    self.turns(room, &text, &images, &mut status).await?;
                    Then::Nothing
                }
                Act::Steer(text) => Then::Turn(text),
                Act::Command { name, arguments } => self.between_turns(room, &name, &arguments).await,
                Act::Shell(command) => self.shell(room, &command).await,
                Act::NextMode => {
                    self.say(room.next_mode());
                    Then::Nothing
                }
                Act::Leave => Then::Leave,
                Act::Interrupt | Act::Answer { .. } => Then::Nothing,
            };
            match then {
                Then::Nothing | Then::Choose { .. } => {}
                Then::Leave => self.leaving = true,
                Then::Open(open) => return Ok(Talked { status, next: Some(open) }),
                Then::Turn(words) => self.turns(room, &words, &[], &mut status).await?,
            }
            if self.leaving {
                return Ok(Talked { status, next: None });
            }
        }
    }

    /// What the person does next; none where they are gone. Until then caches are kept alive as long as that pays.
    async fn next_act(&mut self, room: &Room<'_>) -> Option<Act> {
        if let Some(act) = self.deferred.pop_front() {
            return Some(act);
        }
        let stop = CancellationToken::new();
        let rest = room.session().rest(None, &stop);
        let act = async {
            let act = loop {
                tokio::select! {
                    act = self.acts.recv() => break act,
                    () = self.changed.notified() => Self::show_status(&mut self.keeper, &self.out, room),
                    _ = tokio::signal::ctrl_c() => break None,
                }
            };
            stop.cancel();
            act
        };
        let (rested, act) = tokio::join!(rest, act);
        if let Err(error) = rested {
            // What concerns a cache is no reason to lose what was typed.
            (self.out)(Feed::Notice(format!("{error:#}")));
        }
        act
    }

    /// Nobody works: everything is looked at anew.
    fn look(&mut self, room: &Room<'_>) {
        if let Some(keeper) = &mut self.keeper {
            keeper.ask(room);
            (self.out)(Feed::Status(Box::new(keeper.status(room))));
        }
    }

    /// Something changed. What the store has to be asked for is asked for beside; its answer is a change too.
    fn show_status(keeper: &mut Option<Keeper>, out: &Out, room: &Room<'_>) {
        let Some(keeper) = keeper else { return };
        if !keeper.take_in() {
            keeper.ask(room);
        }
        out(Feed::Status(Box::new(keeper.status(room))));
    }

    fn remember(&mut self, act: &Act) {
        match act {
            Act::Submit { text, .. } | Act::Queue { text, .. } | Act::Steer(text) => self.history.add_prompt(text),
            Act::Command { name, arguments } => self.history.add(&format!("/{name} {arguments}")),
            Act::Shell(command) => self.history.add(&format!("!{command}")),
            Act::NextMode | Act::Interrupt | Act::Leave | Act::Answer { .. } => {}
        }
    }

    /// A turn and those that were queued behind it.
    async fn turns(
        &mut self,
        room: &Room<'_>,
        words: &str,
        images: &[Attachment],
        status: &mut SessionStatus,
    ) -> anyhow::Result<()> {
        let mut next = match room.input(words, &paths(images)).await {
            Ok(input) => Some(input),
            Err(error) => {
                self.tell(&error);
                None
            }
        };
        while let Some(input) = next.take() {
            *status = self.turn(room, input).await?.status;
            self.look(room);
            if self.leaving {
                break;
            }
            if *status == SessionStatus::Interrupted {
                // Whoever interrupts wants the word, not the next thing on the list.
                room.waiting()?.into_iter().for_each(|words| (self.out)(Feed::Notice(words)));
                break;
            }
            next = room.session().next_input()?;
            (self.out)(Feed::Queued(room.queued()?.saturating_sub(usize::from(next.is_some()))));
        }
        Ok(())
    }

    /// A turn, with the screen open beside it.
    async fn turn(&mut self, room: &Room<'_>, input: Input) -> anyhow::Result<TurnOutcome> {
        if let Some(keeper) = &mut self.keeper {
            keeper.turn_begins(room);
        }
        (self.out)(Feed::TurnBegan);
        let cancel = CancellationToken::new();
        let turn = room.session().turn_with(input, &cancel);
        tokio::pin!(turn);
        let mut shells = FuturesUnordered::new();
        let outcome = loop {
            tokio::select! {
                biased;
                act = self.acts.recv() => {
                    let act = act.unwrap_or(Act::Leave);
                    self.remember(&act);
                    if let Some(command) = self.while_working(room, act, &cancel).await? {
                        let (cancel, session) = (cancel.clone(), room.session());
                        shells.push(async move { session.shell(&command, &cancel).await });
                    }
                }
                ended = &mut turn => break ended?,
                Some(shelled) = shells.next() => self.tell_shelled(shelled),
                () = self.changed.notified() => Self::show_status(&mut self.keeper, &self.out, room),
                _ = tokio::signal::ctrl_c() => self.interrupt(&cancel),
            }
        };
        (self.out)(Feed::TurnEnded(outcome.status.as_str().to_owned()));
        if !shells.is_empty() {
            // The person's own commands are theirs to end.
            let all = async {
                let mut all = Vec::new();
                while let Some(shelled) = shells.next().await {
                    all.push(shelled);
                }
                all.into_iter().collect::<Result<Vec<_>, _>>()
            };
            if let Some(Err(error)) = self.busy(all, &cancel).await {
                self.tell(&error.into());
            }
        }
        Ok(outcome)
    }

    /// What the person does while the team works; a shell command is given back, to run beside the turn.
    async fn while_working(
        &mut self,
        room: &Room<'_>,
        act: Act,
        cancel: &CancellationToken,
    ) -> anyhow::Result<Option<String>> {
        match act {
            Act::Steer(text) => room.session().input(&text, InputMode::Steer)?,
            Act::Submit { text, images } | Act::Queue { text, images } => self.queue(room, &text, &images).await?,
            Act::Shell(command) => return Ok(Some(command)),
            Act::NextMode => {
                self.say(room.next_mode());
                self.changed.notify_one();
            }
            Act::Interrupt => self.interrupt(cancel),
            Act::Leave => self.leave(cancel),
            Act::Answer { .. } => {}
            Act::Command { name, arguments } => match room.command(&name, &arguments, true, cancel).await {
                Ok(Done { said, then }) => {
                    said.into_iter().for_each(|said| self.say(said));
                    match then {
                        Then::Turn(words) => self.queue(room, &words, &[]).await?,
                        Then::Leave => self.leave(cancel),
                        Then::Nothing | Then::Choose { .. } | Then::Open(_) => {}
                    }
                    self.changed.notify_one();
                }
                Err(error) => self.tell(&error),
            },
        }
        Ok(None)
    }

    async fn queue(&mut self, room: &Room<'_>, text: &str, images: &[Attachment]) -> anyhow::Result<()> {
        let queued = match room.input(text, &paths(images)).await {
            Ok(input) => room.session().input_with(&input, InputMode::Queue).map_err(anyhow::Error::from),
            Err(error) => Err(error),
        };
        match queued {
            Ok(()) => (self.out)(Feed::Queued(room.queued()?)),
            Err(error) => self.tell(&error),
        }
        Ok(())
    }

    fn interrupt(&mut self, cancel: &CancellationToken) {
        cancel.cancel();
    }

    /// The work is cancelled and comes to its end; said twice, it is left where it stands.
    fn leave(&mut self, cancel: &CancellationToken) {
        if self.leaving {
            text::restore();
            screen::restore();
            // The store is consistent at any moment.
            std::process::exit(130);
        }
        self.leaving = true;
        cancel.cancel();
    }

    /// Work that is no turn, with the screen open beside it: it can be interrupted where it can be cancelled, and what else is done waits.
    /// None where the person leaves and there is nothing to cancel.
    async fn beside<T>(&mut self, work: impl Future<Output = T>, cancel: Option<&CancellationToken>) -> Option<T> {
        tokio::pin!(work);
        loop {
            let act = tokio::select! {
                biased;
                done = &mut work => return Some(done),
                act = self.acts.recv() => act.unwrap_or(Act::Leave),
                _ = tokio::signal::ctrl_c() => Act::Interrupt,
            };
            match (act, cancel) {
                (Act::Leave, Some(cancel)) => self.leave(cancel),
                (Act::Leave, None) => {
                    self.leaving = true;
                    return None;
                }
                (Act::Interrupt, Some(cancel)) => self.interrupt(cancel),
                (Act::Interrupt, None) => {}
                (act, _) => self.deferred.push_back(act),
            }
        }
    }

    /// Work that is no turn but takes its time: shown as going on, so that it can be interrupted.
    async fn busy<T, E>(
        &mut self,
        work: impl Future<Output = Result<T, E>>,
        cancel: &CancellationToken,
    ) -> Option<Result<T, E>> {
        (self.out)(Feed::TurnBegan);
        let done = self.beside(work, Some(cancel)).await;
        let how = match &done {
            _ if cancel.is_cancelled() => SessionStatus::Interrupted.as_str(),
            Some(Ok(_)) => "done",
            Some(Err(_)) | None => SessionStatus::Failed.as_str(),
        };
        (self.out)(Feed::TurnEnded(how.to_owned()));
        done
    }

    /// A command while nobody works. What goes wrong is told, and the chat goes on.
    async fn between_turns(&mut self, room: &Room<'_>, name: &str, words: &str) -> Then {
        let mut words = words.to_owned();
        let mut name = name.to_owned();
        loop {
            let cancel = CancellationToken::new();
            let is_long = registry::find(&name)
                .is_some_and(|command| matches!(command.kind, Kind::Model | Kind::Compact | Kind::Review));
            let work = room.command(&name, &words, false, &cancel);
            let done = if is_long { self.busy(work, &cancel).await } else { self.beside(work, Some(&cancel)).await };
            match done {
                Some(Ok(Done { said, then: Then::Choose { title, of, command } })) => {
                    said.into_iter().for_each(|said| self.say(said));
                    match self.ask(Question::Choice { title, of }).await {
                        Some(Reply::Words(key)) => (name, words) = (command.to_owned(), key),
                        _ => return Then::Nothing,
                    }
                }
                Some(Ok(Done { said, then })) => {
                    said.into_iter().for_each(|said| self.say(said));
                    return then;
                }
                Some(Err(error)) => {
                    self.tell(&error);
                    return Then::Nothing;
                }
                None => return Then::Nothing,
            }
        }
    }

    async fn shell(&mut self, room: &Room<'_>, command: &str) -> Then {
        let cancel = CancellationToken::new();
        if let Some(shelled) = self.busy(room.session().shell(command, &cancel), &cancel).await {
            self.tell_shelled(shelled);
        }
        Then::Nothing
    }

    /// What a command printed was shown as it came.
    fn tell_shelled(&self, shelled: Result<Shelled, RuntimeError>) {
        if let Err(error) = shelled {
            self.tell(&error.into());
        }
    }

    /// The end: the terminal is as it was, and these lines stay behind.
    pub(super) fn close(self, lines: Vec<String>) {
        self.questions.close();
        (self.out)(Feed::Leave(lines));
        self.screen.close();
        text::restore();
    }
}

fn paths(images: &[Attachment]) -> Vec<PathBuf> {
    images.iter().map(|image| image.path.clone()).collect()
}
