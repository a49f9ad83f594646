//! What goes on in a chat at the same time: a turn or a long command, inputs whose images are read, and beside them the person's own
//! commands and what takes its time. Nobody waits for one of them; whatever is done comes out of [`Works::next`].

use std::collections::BTreeMap;

use futures::future::LocalBoxFuture;
use futures::stream::{FuturesOrdered, FuturesUnordered};
use futures::{FutureExt as _, StreamExt as _};
use runtime::{Input, InputMode, RuntimeError, Shelled, TurnOutcome};
use screen::Reply;
use tokio_util::sync::CancellationToken;

use super::registry::{self, Kind};
use super::room::{Done, Images, Room};
use crate::text;

/// Something is done.
pub(super) enum Happened {
    /// Between turns there is nothing more to care for.
    Rested,
    Turn(Result<TurnOutcome, RuntimeError>),
    Command(Ran),
    /// A command of the person's own.
    Shelled(Result<Shelled, RuntimeError>),
    /// What was said is ready to be a turn.
    Input(anyhow::Result<Input>),
    /// The command is given again with what the person chose.
    Chosen(&'static str, Option<Reply>),
}

/// A command of the chat that was carried out.
pub(super) struct Ran {
    pub(super) done: anyhow::Result<Done>,
    /// It was work as a turn is: nothing else was begun meanwhile.
    pub(super) is_long: bool,
    pub(super) is_cancelled: bool,
}

/// What only one of at a time can go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// Care for caches while nobody works.
    Rest,
    /// A command that is done at once.
    Brief,
    /// A command that takes its time.
    Long,
    Turn,
}

struct Main<'r> {
    what: What,
    cancel: CancellationToken,
    work: LocalBoxFuture<'r, Happened>,
}

/// All that goes on.
pub(super) struct Works<'r> {
    room: &'r Room<'r>,
    main: Option<Main<'r>>,
    /// In the order in which they were said.
    inputs: FuturesOrdered<LocalBoxFuture<'r, anyhow::Result<Input>>>,
    beside: FuturesUnordered<LocalBoxFuture<'r, (u64, Happened)>>,
    /// What ends each that runs beside, the newest last.
    cancels: BTreeMap<u64, CancellationToken>,
    last: u64,
    /// All of it comes to its end.
    end: CancellationToken,
    may_rest: bool,
}

impl<'r> Works<'r> {
    pub(super) fn new(room: &'r Room<'r>) -> Self {
        Self {
            room,
            main: None,
            inputs: FuturesOrdered::new(),
            beside: FuturesUnordered::new(),
            cancels: BTreeMap::new(),
            last: 0,
            end: CancellationToken::new(),
            may_rest: true,
        }
    }

    /// What is done next; waits for ever where nothing goes on. May be dropped and asked again.
    pub(super) async fn next(&mut self) -> Happened {
        // What is said while a long command runs becomes a turn when that is over.
        let reads = !self.is(&[What::Brief, What::Long]);
        let Self { main, inputs, beside, .. } = self;
        let of_main = async {
            match main {
                Some(main) => (&mut main.work).await,
                None => std::future::pending().await,
            }
        };
        let (happened, was_main) = tokio::select! {
            biased;
            Some(input) = inputs.next(), if reads => (Happened::Input(input), false),
            happened = of_main => (happened, true),
            Some((number, happened)) = beside.next() => {
                self.cancels.remove(&number);
                (happened, false)
            }
        };
        if was_main {
            self.main = None;
            self.may_rest = !matches!(happened, Happened::Rested);
        }
        happened
    }

    /// Begins what nothing else can go on with; the rest comes to its end first.
    fn start(&mut self, what: What, work: impl FnOnce(CancellationToken) -> LocalBoxFuture<'r, Happened>) {
        let cancel = CancellationToken::new();
        let (rest, work) = (self.main.take(), work(cancel.clone()));
        let work = async move {
            if let Some(rest) = rest {
                rest.cancel.cancel();
                rest.work.await;
            }
            work.await
        };
        self.main = Some(Main { what, cancel, work: work.boxed_local() });
    }

    /// While nobody works, caches are kept alive as long as that pays.
    pub(super) fn rest(&mut self) {
        if self.main.is_some() || !self.may_rest || self.is_ending() {
            return;
        }
        let session = self.room.session();
        self.start(What::Rest, |stop| {
            let rest = async move {
                if let Err(error) = session.rest(None, &stop).await {
                    // What concerns a cache is no reason to lose what was typed.
                    text::warn(&format!("{error:#}"));
                }
                Happened::Rested
            };
            rest.boxed_local()
        });
    }

    /// Begins a turn.
    pub(super) fn turn(&mut self, input: Input) {
        let session = self.room.session();
        self.start(What::Turn, |cancel| {
            async move { Happened::Turn(session.turn_with(input, &cancel).await) }.boxed_local()
        });
    }

    /// What is said becomes an input.
    pub(super) fn input(&mut self, words: String, images: Images) {
        self.inputs.push_back(self.room.input(words, images).boxed_local());
    }

    /// The input waits for the turn that runs.
    ///
    /// # Errors
    /// It cannot be kept, or the model cannot see its images.
    pub(super) fn queue(&self, input: &Input) -> anyhow::Result<()> {
        Ok(self.room.session().input_with(input, InputMode::Queue)?)
    }

    /// Carries out a command. True where it is work as a turn is.
    pub(super) fn command(&mut self, name: String, words: String) -> bool {
        let (room, working) = (self.room, self.is_working());
        let kind = registry::find(&name).map(|command| command.kind);
        let is_long = match kind {
            _ if working => false,
            Some(Kind::Model) => words.split_whitespace().next_back() == Some("now"),
            kind => matches!(kind, Some(Kind::Compact | Kind::Review)),
        };
        let run = move |cancel: CancellationToken| async move {
            let done = room.command(&name, &words, working, &cancel).await;
            Happened::Command(Ran { done, is_long, is_cancelled: cancel.is_cancelled() })
        };
        if working || kind == Some(Kind::Diff) {
            self.beside(|cancel| async move {
                tokio::select! {
                    happened = run(cancel.clone()) => happened,
                    // It may wait for what is just being interrupted.
                    () = cancel.cancelled() => {
                        let done = Err(RuntimeError::Interrupted.into());
                        Happened::Command(Ran { done, is_long: false, is_cancelled: true })
                    }
                }
            });
        } else {
            self.start(if is_long { What::Long } else { What::Brief }, |cancel| run(cancel).boxed_local());
        }
        is_long
    }

    /// Runs a command of the person's own. It does not end with a turn.
    pub(super) fn shell(&mut self, command: String) {
        let session = self.room.session();
        self.beside(|cancel| async move { Happened::Shelled(session.shell(&command, &cancel).await) });
    }

    /// Something runs beside all else. It ends by itself, with [`Works::interrupt`] where no turn runs, and with the chat.
    pub(super) fn beside<F: Future<Output = Happened> + 'r>(&mut self, work: impl FnOnce(CancellationToken) -> F) {
        self.last += 1;
        let (number, cancel) = (self.last, self.end.child_token());
        self.cancels.insert(number, cancel.clone());
        self.beside.push(work(cancel).map(move |happened| (number, happened)).boxed_local());
    }

    /// Stops the turn or the long command; where there is none, the newest that runs beside. False: there is nothing to stop.
    pub(super) fn interrupt(&mut self) -> bool {
        let newest = || self.cancels.values().rev().find(|cancel| !cancel.is_cancelled());
        let main = self.main.as_ref().filter(|main| matches!(main.what, What::Turn | What::Long));
        let stops = main.map(|main| &main.cancel).or_else(newest);
        stops.into_iter().for_each(CancellationToken::cancel);
        stops.is_some()
    }

    /// Everything comes to its end.
    pub(super) fn stop(&mut self) {
        self.end.cancel();
        self.main.iter().for_each(|main| main.cancel.cancel());
    }

    pub(super) fn is_ending(&self) -> bool {
        self.end.is_cancelled()
    }

    /// Everything that has to come to its end has.
    pub(super) fn is_over(&self) -> bool {
        self.is_ending() && self.main.is_none() && self.cancels.is_empty()
    }

    fn is(&self, what: &[What]) -> bool {
        self.main.as_ref().is_some_and(|main| what.contains(&main.what))
    }

    /// A turn runs.
    pub(super) fn is_turn(&self) -> bool {
        self.is(&[What::Turn])
    }

    /// A turn or a long command runs, or begins.
    pub(super) fn is_working(&self) -> bool {
        self.is(&[What::Turn, What::Long]) || !self.inputs.is_empty()
    }

    /// What runs was told to stop.
    pub(super) fn is_interrupted(&self) -> bool {
        self.main.as_ref().is_some_and(|main| main.what != What::Rest && main.cancel.is_cancelled())
    }

    /// A command is carried out that is done at once: what is done next comes behind it.
    pub(super) fn is_brief(&self) -> bool {
        self.is(&[What::Brief])
    }

    /// Nothing goes on.
    pub(super) fn is_idle(&self) -> bool {
        !self.is_working() && !self.is_brief() && self.beside.is_empty()
    }

    /// How many inputs wait for a long command.
    pub(super) fn waiting(&self) -> usize {
        if self.is(&[What::Long]) { self.inputs.len() } else { 0 }
    }
}
