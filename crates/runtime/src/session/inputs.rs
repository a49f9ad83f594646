//! What a person says: checked, made durable, then part of the transcript.

use std::path::PathBuf;

use protocol::event::{Baseline, EventBody};
use protocol::{Brain, Item};
use store::{InputMode as StoredMode, InputRecord, SessionRecord, Write};
use tokio_util::sync::CancellationToken;
use tools::Image;

use super::{Session, TurnOutcome, TurnStart};
use crate::agent::Agent;
use crate::baseline;
use crate::error::RuntimeError;
use crate::fragments;
use crate::input::{Input, without_images};
use crate::session::Core;
use crate::setup::InputMode;
use crate::telemetry;

impl Session {
    /// Takes a turn: from this input to the answer. The short form of [`Session::turn_with`].
    ///
    /// # Errors
    /// As there.
    pub async fn turn(&self, input: &str, cancel: &CancellationToken) -> Result<TurnOutcome, RuntimeError> {
        self.turn_with(Input::from(input), cancel).await
    }

    /// Takes a turn: from this input to the answer.
    ///
    /// Every failure of the work itself is an outcome, told by an `error` event and the status. Images for a model that cannot see are
    /// refused so too, before anything is stored.
    ///
    /// # Errors
    /// [`RuntimeError::Store`] when not even the failure could be recorded.
    pub async fn turn_with(&self, input: Input, cancel: &CancellationToken) -> Result<TurnOutcome, RuntimeError> {
        self.core.came_back();
        self.core.tools.forget_wall_fell();
        let work = async {
            self.check_sight(&input)?;
            self.admit(&input)?;
            self.begin(&input, cancel).await
        };
        self.conclude(telemetry::turn(&self.core, work).await).await
    }

    /// Takes input while a turn runs. The short form of [`Session::input_with`].
    ///
    /// # Errors
    /// [`RuntimeError::Store`].
    pub fn input(&self, text: &str, mode: InputMode) -> Result<(), RuntimeError> {
        self.input_with(&Input::from(text), mode)
    }

    /// Takes input while a turn runs.
    ///
    /// # Errors
    /// [`RuntimeError::Input`] for images that main's model cannot see, and for images that are to steer; [`RuntimeError::Store`].
    pub fn input_with(&self, input: &Input, mode: InputMode) -> Result<(), RuntimeError> {
        self.check_sight(input)?;
        let stored = match mode {
            InputMode::Steer if !input.images.is_empty() => {
                return Err(RuntimeError::Input(
                    "images go with a turn of their own: queue this for the next one, or interrupt first".to_owned(),
                ));
            }
            InputMode::Steer => StoredMode::Steer,
            InputMode::Queue => StoredMode::Queue,
        };
        self.core.journal.commit(vec![Write::Input(self.core.input_record(input, stored)?)], Vec::new())?;
        if mode == InputMode::Steer {
            self.core.input_came();
        }
        Ok(())
    }

    /// The next queued input, to be given to [`Session::turn_with`], which takes it out of the queue.
    ///
    /// # Errors
    /// [`RuntimeError::Store`].
    pub fn next_input(&self) -> Result<Option<Input>, RuntimeError> {
        let waiting = self.core.store.inputs(&self.core.session, true)?;
        Ok(waiting.into_iter().next().map(|next| Input::stored(&next.text, &next.blocks_json)))
    }

    /// Reads images for an input: absolute paths, or relative to the workspace.
    ///
    /// # Errors
    /// [`RuntimeError::Input`]: which one cannot be used, and what is allowed.
    pub async fn images(&self, paths: &[PathBuf]) -> Result<Vec<Image>, RuntimeError> {
        let (root, paths) = (self.core.root.clone(), paths.to_vec());
        let read = tokio::task::spawn_blocking(move || tools::read_images(&root, &paths)).await;
        read.unwrap_or_else(|error| Err(format!("reading the images broke off: {error}"))).map_err(RuntimeError::Input)
    }

    /// What the premium model alone would have cost so far, with what is saved against it; none while only the main agent worked. An
    /// estimate over the ledger, no model is asked.
    ///
    /// # Errors
    /// [`RuntimeError::Store`].
    pub fn baseline(&self) -> Result<Option<Baseline>, RuntimeError> {
        let core = &self.core;
        let rows = core.store.ledger(&core.session)?;
        let spent = core.store.session_cost(&core.session)?.usd;
        Ok(baseline::estimate(&core.catalogue, &core.team.main().id, &rows, &core.decisions()?, spent))
    }

    /// Images need a model that sees, whichever the input may come to.
    fn check_sight(&self, input: &Input) -> Result<(), RuntimeError> {
        if input.images.is_empty() {
            return Ok(());
        }
        let core = &self.core;
        let brains: Vec<Brain> = match &core.lanes.setup {
            Some(lanes) => lanes.lanes.iter().map(|lane| lane.brain.clone()).collect(),
            None => vec![core.main_brain()?],
        };
        match brains.iter().find(|brain| !core.sees(brain)) {
            None => Ok(()),
            Some(brain) => Err(RuntimeError::Input(format!(
                "{brain} is not known to take images: nothing was sent. Leave them out, choose a model that sees, or say \
                 `images: true` of `{}/{}` under `models` in your models.yaml",
                brain.provider, brain.model
            ))),
        }
    }

    /// Input first becomes durable, then something is decided about it, then it is part of the transcript. What waits in the queue
    /// already is durable.
    fn admit(&self, input: &Input) -> Result<(), RuntimeError> {
        let blocks = input.blocks_json();
        let waiting = self.core.store.inputs(&self.core.session, true)?;
        if waiting.iter().any(|other| is_same(other, input, &blocks)) {
            return Ok(());
        }
        let mut writes = vec![Write::Input(self.core.input_record(input, StoredMode::Turn)?)];
        if let Some(session) = self.core.store.session(&self.core.session)?
            && session.title.is_empty()
        {
            let title = input.text.lines().next().unwrap_or_default().chars().take(120).collect();
            writes.push(Write::Session(SessionRecord { title, ..session }));
        }
        self.core.journal.commit(writes, Vec::new())
    }

    /// Input that was admitted when the program died, before it became part of the transcript. The `next` input is left
    /// where it is: the same words again are the same input.
    pub(super) fn promote_admitted(&self, main: &mut Agent, next: &Input) -> Result<(), RuntimeError> {
        let blocks = next.blocks_json();
        for record in self.core.store.inputs(&self.core.session, true)? {
            if record.mode == StoredMode::Turn && !is_same(&record, next, &blocks) {
                self.promote(main, &record)?;
            }
        }
        Ok(())
    }

    /// The input that the turn is about.
    pub(super) fn promote_waiting(&self, main: &mut Agent, input: &Input) -> Result<(), RuntimeError> {
        let blocks = input.blocks_json();
        let waiting = self.core.store.inputs(&self.core.session, true)?;
        match waiting.iter().find(|record| is_same(record, input, &blocks)) {
            Some(record) => self.promote(main, record),
            None => Ok(()),
        }
    }

    fn promote(&self, main: &mut Agent, record: &InputRecord) -> Result<(), RuntimeError> {
        let core = &self.core;
        // What an interrupted turn changed has not been checked yet: this one answers for it.
        let unchecked = core.turn_start().filter(|last| last.may_have_changed && !last.ended);
        let start = TurnStart {
            tree: unchecked.as_ref().and_then(|last| last.tree.clone()),
            may_have_changed: unchecked.is_some(),
            ended: false,
            at: core.clock.now(),
        };
        // What the person did themselves came before what they say now.
        let mut items = core.own_commands_to_tell(main)?;
        items.push(core.seen_by(&main.brain, Input::stored(&record.text, &record.blocks_json).item()));
        items.extend(core.output_schema.as_ref().map(fragments::answer_schema));
        items.extend(core.lane_words(main));
        let writes = vec![Write::InputPromoted { seq: record.seq }, start.note()];
        main.append(core, items, writes, vec![EventBody::TurnStarted { input: record.text.clone() }])
    }
}

/// Whether a record is this input: the same words with the same images.
fn is_same(record: &InputRecord, input: &Input, blocks_json: &str) -> bool {
    record.text == input.text && record.blocks_json == blocks_json
}

impl Core {
    /// An input as a record with the next number.
    fn input_record(&self, input: &Input, mode: StoredMode) -> Result<InputRecord, RuntimeError> {
        let seq = self.store.next_input_seq(&self.session)?;
        let blocks_json = input.blocks_json();
        Ok(InputRecord { seq, text: input.text.clone(), blocks_json, mode, at: self.clock.now() })
    }

    /// The brain of the main agent's open window, or of its first one.
    pub(crate) fn main_brain(&self) -> Result<Brain, RuntimeError> {
        let main = self.team.main();
        let open = self.store.windows(&self.session, &main.id)?.pop().map(|window| window.brain);
        Ok(open.unwrap_or_else(|| main.brain.clone()))
    }

    /// Whether a brain is known to take images.
    pub(crate) fn sees(&self, brain: &Brain) -> bool {
        self.catalogue.model(&brain.provider, &brain.model).is_some_and(|model| model.images)
    }

    /// A user's item as a brain can be shown it.
    pub(crate) fn seen_by(&self, brain: &Brain, item: Item) -> Item {
        if !crate::input::has_images(&item) || self.sees(brain) {
            return item;
        }
        self.notice(&format!("{brain} is not known to take images: it is told their names only"));
        without_images(&item)
    }
}
