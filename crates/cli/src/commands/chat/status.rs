//! What the screen's status line shows. Between turns the session says it; while main works it is read off its events, and what has to be
//! asked of the store is asked on another thread, so that nothing of it is in the way of the work.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalogue::Catalogue;
use protocol::event::EventBody;
use protocol::{AgentId, DECISION_NOTE, Decision, Event, Purpose, SessionId, Usd};
use runtime::AgentStatus;
use screen::{Mode, Status};
use store::Store;
use tools::ApprovalMode;

use super::room::Room;
use super::windows::brain_words;
use crate::config::files;

/// What events say of main while it works.
#[derive(Debug, Default)]
struct Live {
    /// Prompt tokens of its next request.
    context: Option<u64>,
    /// Its brain, where a window was opened since the session was last asked.
    brain: Option<String>,
    /// Its cache was used since.
    warmed: bool,
}

/// Listens to a session's events.
#[derive(Clone, Debug)]
pub(super) struct Ears {
    main: AgentId,
    live: Arc<Mutex<Live>>,
    /// Something changed that the status line shows.
    changed: Arc<tokio::sync::Notify>,
}

impl Ears {
    pub(super) fn new(main: &AgentId, changed: Arc<tokio::sync::Notify>) -> Self {
        Self { main: main.clone(), live: Arc::default(), changed }
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an event into account.
    pub(super) fn hear(&self, event: &Event) {
        let of_main = event.agent.as_ref() == Some(&self.main);
        match &event.body {
            EventBody::StepCompleted { purpose, usage, .. } => {
                if of_main {
                    let mut live = self.live();
                    live.warmed = true;
                    if *purpose == Purpose::Step {
                        live.context = Some(usage.prompt() + usage.output);
                    }
                }
            }
            EventBody::WindowOpened { brain, .. } => {
                if of_main {
                    let mut live = self.live();
                    live.brain = Some(brain.clone());
                    live.context = None;
                }
            }
            EventBody::FileChanged { .. } | EventBody::VerificationFinished { .. } | EventBody::TurnStarted { .. } => {}
            _ => return,
        }
        self.changed.notify_one();
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
    main: Option<AgentStatus>,
    /// The longest life that main's cache had when it was looked at.
    life_ms: Option<u64>,
    figures: Figures,
    /// Dollars when the turn began.
    before_turn: Option<Usd>,
    asked: Option<tokio::task::JoinHandle<anyhow::Result<Figures>>>,
}

impl Keeper {
    pub(super) fn new(ears: Ears, root: &Path) -> Self {
        Self {
            ears,
            root: root.to_owned(),
            main: None,
            life_ms: None,
            figures: Figures::default(),
            before_turn: Some(Usd::ZERO),
            asked: None,
        }
    }

    /// Main is idle: the session is asked.
    pub(super) fn look(&mut self, room: &Room<'_>) {
        let Ok(found) = room.session().status() else { return };
        if let Some(main) = found.into_iter().find(|status| status.agent == *room.main()) {
            self.life_ms = self.life_ms.max(main.cache_left_ms);
            *self.ears.live() = Live::default();
            self.main = Some(main);
        }
    }

    /// A turn begins: what it costs counts from here.
    pub(super) fn turn_begins(&mut self, room: &Room<'_>) {
        let cost = room.opened.store.session_cost(room.session().id()).ok();
        self.before_turn = cost.and_then(|cost| cost.usd);
    }

    /// Asks the store, beside the work; whoever waits for changes is told when the answer is there.
    pub(super) fn ask(&mut self, room: &Room<'_>) {
        self.take_in();
        if self.asked.is_some() {
            return;
        }
        let (store, session, main) = (room.opened.store.clone(), room.session().id().clone(), room.main().clone());
        let (catalogue, changed) = (room.context.catalogue.clone(), self.ears.changed.clone());
        self.asked = Some(tokio::task::spawn_blocking(move || {
            let figures = Figures::read(&store, &session, &main, &catalogue);
            changed.notify_one();
            figures
        }));
    }

    /// Takes the store's answer where it is there. Says whether there was one.
    pub(super) fn take_in(&mut self) -> bool {
        let Some(asked) = self.asked.take_if(|asked| asked.is_finished()) else { return false };
        // It is finished: this never waits.
        if let Some(Ok(Ok(figures))) = futures::FutureExt::now_or_never(asked) {
            self.figures = figures;
        }
        true
    }

    /// The status as it is known.
    pub(super) fn status(&self, room: &Room<'_>) -> Status {
        let live = self.ears.live();
        let main = self.main.as_ref();
        let spec = room.opened.team.main();
        let cache_left_ms = if live.warmed { self.life_ms } else { main.and_then(|main| main.cache_left_ms) };
        Status {
            usd: self.figures.usd,
            usd_turn: self.figures.usd.zip(self.before_turn).map(|(now, before)| now - before),
            saved: self.figures.saved,
            hit_rate: self.figures.hit_rate,
            cache_left_ms,
            context: live.context.or(main.map(|main| main.context)).unwrap_or_default(),
            closes_at: main.map(|main| main.closes_at).unwrap_or_default(),
            brain: live.brain.clone().unwrap_or_else(|| brain_words(main.map_or(&spec.brain, |main| &main.brain))),
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
