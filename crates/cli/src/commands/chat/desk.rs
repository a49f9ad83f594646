//! The screen's face: what a person does there becomes turns, inputs and commands; what comes of it is fed back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::event::SessionStatus;
use runtime::{Front, Input, InputMode};
use screen::{Act, Agent, Asked as Question, Attachment, Feed, Reply, Said, Screen};
use tokio::sync::{Notify, mpsc};

use super::history::History;
use super::registry;
use super::room::{Done, Images, Room, Then, told};
use super::seat::Earlier;
use super::status::{Ears, Keeper};
use super::terminal;
use super::windows::brain_words;
use super::works::{Happened, Ran, Works};
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
    /// Done by the person while no session was open.
    deferred: VecDeque<Act>,
    history: History,
    /// The person leaves.
    leaving: bool,
    /// The screen is.
    is_gone: bool,
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
        text::divert(move |line| noticed(Feed::Notice(as_notice(line).to_owned())));
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
            is_gone: false,
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

    /// Asks something of the program's own while no session is open; none where the person leaves instead.
    async fn ask(&mut self, asked: Question) -> Option<Reply> {
        let questions = self.questions.clone();
        let reply = questions.ask(asked);
        tokio::pin!(reply);
        loop {
            let act = tokio::select! {
                biased;
                reply = &mut reply => return reply,
                act = self.acts.recv() => act.unwrap_or(Act::Leave),
                _ = tokio::signal::ctrl_c() => Act::Leave,
            };
            match act {
                Act::Leave => {
                    self.leaving = true;
                    return None;
                }
                Act::Interrupt => {}
                act => self.deferred.push_back(act),
            }
        }
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

    /// Turn after turn, until the person leaves or goes to another session.
    pub(super) async fn talk(&mut self, room: &Room<'_>, status: SessionStatus) -> anyhow::Result<Talked> {
        let mut works = Works::new(room);
        let mut talked = Talked { status, next: None };
        self.look(room);
        self.tell_queued(room, &works)?;
        loop {
            if (self.leaving || talked.next.is_some()) && !works.is_ending() {
                works.stop();
            }
            if works.is_over() {
                talked.next = talked.next.filter(|_| !self.leaving);
                return Ok(talked);
            }
            works.rest();
            tokio::select! {
                biased;
                happened = works.next() => self.happened(room, &mut works, happened, &mut talked)?,
                act = next_act(&mut self.deferred, &mut self.acts), if !works.is_brief() && !self.is_gone => match act {
                    Some(act) => {
                        self.remember(&act);
                        self.act(room, &mut works, act)?;
                    }
                    None => (self.is_gone, self.leaving) = (true, true),
                },
                () = self.changed.notified() => self.show_status(room),
                _ = tokio::signal::ctrl_c() => {
                    if !works.interrupt() {
                        self.leave();
                    }
                }
            }
        }
    }

    /// What the person does.
    fn act(&mut self, room: &Room<'_>, works: &mut Works<'_>, act: Act) -> anyhow::Result<()> {
        match act {
            Act::Leave => self.leave(),
            // Whoever leaves, or goes to another session, waits for what is going on to end.
            _ if works.is_ending() => {}
            Act::Steer(text) if works.is_turn() => room.session().input(&text, InputMode::Steer)?,
            Act::Steer(text) => works.input(text, Images::Listed(Vec::new())),
            Act::Submit { text, images } | Act::Queue { text, images } => works.input(text, listed(images)),
            Act::Command { name, arguments } => self.command(room, works, name, arguments),
            Act::Shell(command) => works.shell(command),
            Act::NextMode => {
                self.say(room.next_mode());
                self.show_status(room);
            }
            Act::Interrupt => {
                works.interrupt();
            }
            Act::Answer { .. } => {}
        }
        self.tell_queued(room, works)
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
            Happened::Rested => return Ok(()),
            Happened::Turn(outcome) => {
                talked.status = outcome?.status;
                (self.out)(Feed::TurnEnded(talked.status.as_str().to_owned()));
                self.look(room);
                if works.is_ending() {
                } else if talked.status == SessionStatus::Interrupted {
                    // Whoever interrupts wants the word, not the next thing on the list.
                    room.waiting()?.into_iter().for_each(|words| (self.out)(Feed::Notice(words)));
                } else if let Some(next) = room.session().next_input()? {
                    self.begin(room, works, next);
                    (self.out)(Feed::Queued(room.queued()?.saturating_sub(1)));
                    return Ok(());
                }
            }
            Happened::Command(ran) => self.ran(room, works, ran, talked),
            // What it printed was shown as it came.
            Happened::Shelled(Err(error)) => self.tell(&error.into()),
            Happened::Shelled(Ok(_)) => {}
            Happened::Input(_) if works.is_ending() => {}
            Happened::Input(Ok(input)) if works.is_turn() => {
                works.queue(&input).unwrap_or_else(|error| self.tell(&error));
            }
            Happened::Input(Ok(input)) => {
                self.begin(room, works, input);
                return Ok(());
            }
            Happened::Input(Err(error)) => self.tell(&error),
            Happened::Chosen(command, Some(Reply::Words(key))) => self.command(room, works, command.to_owned(), key),
            Happened::Chosen(..) => {}
        }
        self.tell_queued(room, works)
    }

    /// A turn begins.
    fn begin(&mut self, room: &Room<'_>, works: &mut Works<'_>, input: Input) {
        self.work_begins(room);
        works.turn(input);
    }

    fn work_begins(&mut self, room: &Room<'_>) {
        self.keeper.iter_mut().for_each(|keeper| keeper.turn_begins(room));
        (self.out)(Feed::TurnBegan);
    }

    fn command(&mut self, room: &Room<'_>, works: &mut Works<'_>, name: String, words: String) {
        if works.command(name, words) {
            self.work_begins(room);
        }
    }

    /// A command was carried out. What went wrong is told, and the chat goes on.
    fn ran(&mut self, room: &Room<'_>, works: &mut Works<'_>, ran: Ran, talked: &mut Talked) {
        if ran.is_long {
            let how = match &ran.done {
                _ if ran.is_cancelled => SessionStatus::Interrupted.as_str(),
                Ok(_) => "done",
                Err(_) => SessionStatus::Failed.as_str(),
            };
            (self.out)(Feed::TurnEnded(how.to_owned()));
        }
        self.look(room);
        let Done { said, then } = match ran.done {
            Ok(done) => done,
            Err(error) => return self.tell(&error),
        };
        said.into_iter().for_each(|said| self.say(said));
        match then {
            Then::Nothing => {}
            Then::Turn(words) => works.input(words, Images::Named),
            Then::Choose { title, of, command } => {
                let questions = self.questions.clone();
                let asked = Question::Choice { title, of };
                works.beside(|cancel| async move {
                    let reply = cancel.run_until_cancelled(questions.ask(asked)).await.flatten();
                    Happened::Chosen(command, reply)
                });
            }
            Then::Leave => self.leave(),
            Then::Open(open) => talked.next = Some(open),
        }
    }

    /// Nobody works: everything is looked at anew.
    fn look(&mut self, room: &Room<'_>) {
        if let Some(keeper) = &mut self.keeper {
            keeper.ask(room);
            (self.out)(Feed::Status(Box::new(keeper.status(room))));
        }
    }

    /// Something changed. What the store has to be asked for is asked for beside; its answer is a change too.
    fn show_status(&mut self, room: &Room<'_>) {
        let Some(keeper) = &mut self.keeper else { return };
        keeper.keep_up(room);
        (self.out)(Feed::Status(Box::new(keeper.status(room))));
    }

    fn tell_queued(&self, room: &Room<'_>, works: &Works<'_>) -> anyhow::Result<()> {
        (self.out)(Feed::Queued(room.queued()? + works.waiting()));
        Ok(())
    }

    fn remember(&mut self, act: &Act) {
        match act {
            Act::Submit { text, .. } | Act::Queue { text, .. } | Act::Steer(text) => self.history.add_prompt(text),
            Act::Command { name, arguments } => self.history.add(&format!("/{name} {arguments}")),
            Act::Shell(command) => self.history.add(&format!("!{command}")),
            Act::NextMode | Act::Interrupt | Act::Leave | Act::Answer { .. } => {}
        }
    }

    /// All that goes on is cancelled and comes to its end; said twice, it is left where it stands.
    fn leave(&mut self) {
        if self.leaving {
            text::restore();
            screen::restore();
            // The store is consistent at any moment.
            std::process::exit(130);
        }
        self.leaving = true;
    }

    /// The end: the terminal is as it was, and these lines stay behind.
    pub(super) fn close(self, lines: Vec<String>) {
        self.questions.close();
        (self.out)(Feed::Leave(lines));
        self.screen.close();
        text::restore();
    }
}

fn listed(images: Vec<Attachment>) -> Images {
    Images::Listed(images.into_iter().map(|image| image.path).collect())
}

/// What was done by the person and waits, or what is done next; none where the screen is gone.
async fn next_act(deferred: &mut VecDeque<Act>, acts: &mut mpsc::UnboundedReceiver<Act>) -> Option<Act> {
    match deferred.pop_front() {
        Some(act) => Some(act),
        None => acts.recv().await,
    }
}

/// A line that is said, as a notice of the screen, which has its own word for it.
fn as_notice(line: &str) -> &str {
    line.strip_prefix("note: ").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::as_notice;

    #[test]
    fn a_notice_is_called_one_once() {
        assert_eq!(as_notice("note: AGENTS.md is not passed on"), "AGENTS.md is not passed on");
        assert_eq!(as_notice("warning: a note: of this"), "warning: a note: of this");
    }
}
