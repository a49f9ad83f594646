//! What the screen's status line shows. What has to be asked of the store is asked on another thread, so that nothing of it is in the way
//! of the work.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use catalogue::Catalogue;
use protocol::event::EventBody;
use protocol::{AgentId, DECISION_NOTE, Decision, Event, SessionId, Usd};
use screen::{Mode, Status};
use store::Store;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;
use tools::ApprovalMode;

use super::room::Room;
use super::windows::brain_words;
use crate::config::files;

/// Listens to a session's events.
#[derive(Clone, Debug)]
pub(super) struct Ears {
    /// Something changed that the status line shows.
    changed: Arc<tokio::sync::Notify>,
    /// The store may know more than when it was last asked.
    is_stale: Arc<AtomicBool>,
}

impl Ears {
    pub(super) fn new(changed: Arc<tokio::sync::Notify>) -> Self {
        Self { changed, is_stale: Arc::default() }
    }

    /// Tells of what the status line shows.
    pub(super) fn hear(&self, event: &Event) {
        let shown = matches!(
            event.body,
            EventBody::StepCompleted { .. }
                | EventBody::WindowOpened { .. }
                | EventBody::FileChanged { .. }
                | EventBody::VerificationFinished { .. }
                | EventBody::TurnStarted { .. }
        );
        if shown {
            self.is_stale.store(true, Ordering::Release);
            self.changed.notify_one();
        }
    }
}

/// What the store knows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    usd: Option<Usd>,
    hit_rate: f64,
    saved: Option<f64>,
}

impl Figures {
    /// Asks the store: milliseconds, more the longer the session is.
    fn read(store: &Store, session: &SessionId, main: &AgentId, catalogue: &Catalogue) -> anyhow::Result<Self> {
        let cost = store.session_cost(session)?;
        let rows = store.ledger(session)?;
        let saved = if rows.iter().all(|row| row.agent == *main) {
            None
        } else {
            let notes = store.notes_of(session, DECISION_NOTE)?;
            let decisions: Vec<Decision> =
                notes.iter().filter_map(|note| serde_json::from_str(&note.json).ok()).collect();
            runtime::estimate_baseline(catalogue, main, &rows, &decisions, cost.usd)
                .and_then(|baseline| baseline.saving)
        };
        Ok(Self { usd: cost.usd, hit_rate: cost.usage.hit_rate(), saved })
    }
}

/// Keeps what was last known.
pub(super) struct Keeper {
    ears: Ears,
    root: PathBuf,
    figures: Figures,
    /// Dollars when the turn began, where they are known; none until there is a turn.
    before_turn: Option<Option<Usd>>,
    asked: Option<oneshot::Receiver<anyhow::Result<Figures>>>,
}

impl Keeper {
    pub(super) fn new(ears: Ears, root: &Path) -> Self {
        Self {
            ears,
            root: root.to_owned(),
            // Nothing was spent until the store says otherwise.
            figures: Figures { usd: Some(Usd::ZERO), ..Figures::default() },
            before_turn: None,
            asked: None,
        }
    }

    /// A turn begins: what it costs counts from here.
    pub(super) fn turn_begins(&mut self, room: &Room<'_>) {
        let cost = room.opened.store.session_cost(room.session().id()).ok();
        self.before_turn = Some(cost.and_then(|cost| cost.usd));
    }

    /// Everything is asked for anew, beside the work; whoever waits for changes is told when the answer is there.
    pub(super) fn ask(&mut self, room: &Room<'_>) {
        self.ears.is_stale.store(true, Ordering::Release);
        self.keep_up(room);
    }

    /// Takes the store's answer where it is there, and asks again where it may have more to say by now.
    pub(super) fn keep_up(&mut self, room: &Room<'_>) {
        let (store, session, main) = (room.opened.store.clone(), room.session().id().clone(), room.main().clone());
        let catalogue = room.context.catalogue.clone();
        self.keep_up_with(move || Figures::read(&store, &session, &main, &catalogue));
    }

    fn keep_up_with(&mut self, read: impl FnOnce() -> anyhow::Result<Figures> + Send + 'static) {
        match self.asked.as_mut().map(oneshot::Receiver::try_recv) {
            None | Some(Err(TryRecvError::Empty)) => {}
            Some(answer) => {
                self.asked = None;
                if let Ok(Ok(figures)) = answer {
                    self.figures = figures;
                }
            }
        }
        // What changes from here on is not in the answer.
        if self.asked.is_none() && self.ears.is_stale.swap(false, Ordering::AcqRel) {
            let changed = self.ears.changed.clone();
            let (sender, receiver) = oneshot::channel();
            self.asked = Some(receiver);
            tokio::task::spawn_blocking(move || {
                // There before it is told of. Nobody may wait for it any more.
                sender.send(read()).ok();
                changed.notify_one();
            });
        }
    }

    /// Dollars of the turn, or of the last one.
    fn usd_turn(&self) -> Option<Usd> {
        match self.before_turn {
            None => Some(Usd::ZERO),
            Some(before) => self.figures.usd.zip(before).map(|(now, before)| now - before),
        }
    }

    /// The status as it is known.
    pub(super) fn status(&self, room: &Room<'_>) -> Status {
        let main = room.session().standing(room.main());
        let main = main.as_ref();
        let spec = room.opened.team.main();
        Status {
            usd: self.figures.usd,
            usd_turn: self.usd_turn(),
            saved: self.figures.saved,
            hit_rate: self.figures.hit_rate,
            cache_left_ms: main.and_then(|main| main.cache_left_ms),
            context: main.map(|main| main.context).unwrap_or_default(),
            closes_at: main.map(|main| main.closes_at).unwrap_or_default(),
            brain: brain_words(main.map_or(&spec.brain, |main| &main.brain)),
            wanted: main.and_then(|main| main.wanted.as_ref()).map(brain_words),
            branch: branch(&self.root),
            sandbox: room.opened.sandbox.clone(),
            unguarded: room.opened.banner.clone(),
            mode: mode(room.session().approval_mode()),
        }
    }
}

/// A mode, as the screen calls it.
fn mode(mode: ApprovalMode) -> Mode {
    match mode {
        ApprovalMode::Ask => Mode::Ask,
        ApprovalMode::Auto => Mode::Auto,
        ApprovalMode::Deny => Mode::Plan,
    }
}

/// The branch that is checked out, of a linked working tree too; none where there is none.
fn branch(root: &Path) -> Option<String> {
    let git = root.ancestors().map(|folder| folder.join(".git")).find(|git| git.symlink_metadata().is_ok())?;
    let folder = match files::read_first_line(&git) {
        Some(link) => git.parent()?.join(link.strip_prefix("gitdir:")?.trim()),
        None => git,
    };
    let head = files::read_first_line(&folder.join("HEAD"))?;
    Some(match head.trim().strip_prefix("ref: refs/heads/") {
        Some(branch) => branch.to_owned(),
        // No branch: the commit, as git shortens it.
        None => head.trim().get(..7)?.to_owned(),
    })
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
