//! An agent with its open window: what the store holds of it, and the same in memory.

mod opening;

use std::collections::BTreeSet;

use cache::window::BlockKind;
use cache::{Forecast, Posture, Window};
use protocol::{AgentId, Block, Brain, Breakpoint, DelegationId, EventBody, Item, Message, Settings, Ttl, WindowId};
use routing::Monitor;
use store::{StoredItem, WindowRecord, Write};
use team::AgentSpec;
use tools::Registry;
use wire::{Codec, Rendered};

pub(crate) use self::opening::Opening;
use crate::error::RuntimeError;
use crate::fragments;
use crate::habits::Habits;
use crate::in_run::{InRun, RUN_NOTE};
use crate::input;
use crate::session::Core;
use crate::switching::{MONITOR_NOTE, WANTED_NOTE, Wanted};
use crate::tail::Told;
use crate::turn::Turn;

/// Name of the note that keeps a window's forecast.
pub(crate) const FORECAST_NOTE: &str = "forecast";

/// Name of the note that keeps the life of a window's prefix.
pub(crate) const LIFE_NOTE: &str = "prefix_life";

/// One agent at work.
pub(crate) struct Agent {
    /// What the team says of it.
    pub(crate) spec: AgentSpec,
    /// The tools it was given, in the order of its frozen prefix.
    pub(crate) registry: Registry,
    /// Who serves the open window.
    pub(crate) brain: Brain,
    /// The dialect that the open window is written in.
    pub(crate) codec: &'static dyn Codec,
    /// How its provider caches.
    pub(crate) posture: Posture,
    /// The open window's id.
    pub(crate) window_id: WindowId,
    /// The open window's number, from 1.
    pub(crate) window_seq: u64,
    /// The open window's bytes.
    pub(crate) window: Window,
    /// The open window's items, one per message.
    pub(crate) items: Vec<Item>,
    /// How many of them were put there when the window opened.
    pub(crate) carried: usize,
    /// Number of the next item in the agent's transcript.
    pub(crate) next_seq: u64,
    /// What is in the provider's cache.
    pub(crate) forecast: Forecast,
    /// Life of tools and system prompt in the cache, chosen when the window is first sent.
    pub(crate) static_ttl: Ttl,
    /// Model calls in this session.
    pub(crate) steps: u32,
    /// What happened since the last input, over all windows.
    pub(crate) turn: Turn,
    /// How the agent worked so far, over all windows.
    pub(crate) habits: Habits,
    /// What it was told at the end of its transcript, over all windows.
    pub(crate) told: Told,
    /// It worked in an earlier run of the program.
    pub(crate) woken: bool,
    /// What the last request was made of; none before the first of this process.
    pub(crate) sent: Option<Sent>,
    /// The brain that its next window shall have, where that is another one.
    pub(crate) wanted: Option<Wanted>,
    /// How hard it has it.
    pub(crate) monitor: Monitor,
    /// What its present run shows.
    pub(crate) in_run: InRun,
    /// The delegation it works on.
    pub(crate) working_on: Option<DelegationId>,
    /// Context at which a compaction came to nothing: it is not tried again before the context has grown.
    pub(crate) gave_up_at: u64,
    /// Tokens of its context that the last brief which named places needed again; 0 where nobody has seen that yet.
    pub(crate) needed_again: u64,
}

/// The part of a request that a ping repeats.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// How many messages it carried.
    pub(crate) messages: usize,
    /// Its breakpoints.
    pub(crate) breakpoints: Vec<Breakpoint>,
}

impl Agent {
    /// Loads an agent with its open window, or opens its first one.
    pub(crate) fn load(core: &Core, spec: &AgentSpec) -> Result<Self, RuntimeError> {
        let roster: Vec<(String, String)> = core
            .team
            .specialists()
            .filter(|other| spec.delegates_to.contains(&other.id))
            .map(|other| (other.id.to_string(), other.specialty.clone().unwrap_or_default()))
            .collect();
        let registry =
            tools::registry(&spec.tools, &roster).map_err(|unknown| RuntimeError::Setup(unknown.to_string()))?;
        let windows = core.store.windows(&core.session, &spec.id)?;
        if windows.is_empty() { Self::first(core, spec, registry) } else { Self::wake(core, spec, registry, windows) }
    }

    /// Builds the agent from what was stored: the same bytes, whatever this program would render today.
    fn wake(
        core: &Core,
        spec: &AgentSpec,
        registry: Registry,
        mut windows: Vec<WindowRecord>,
    ) -> Result<Self, RuntimeError> {
        let carried: Vec<(WindowId, u64)> = windows.iter().map(|record| (record.id.clone(), record.carried)).collect();
        let changed_lane = |record: &&WindowRecord| fragments::changes_lane(&record.reason);
        let left_lane: BTreeSet<WindowId> =
            windows.iter().filter(changed_lane).map(|record| record.id.clone()).collect();
        let Some(record) = windows.pop() else { return Self::first(core, spec, registry) };
        // An open window keeps its dialect, whatever a new one would be written in.
        core.client_speaking(&record.brain, record.dialect)?;
        let mut agent = Self::with_window(core, spec.clone(), registry, &record);
        agent.restore_items(core, &carried, left_lane)?;
        agent.woken = true;
        agent.steps = core.store.last_step(&core.session, &spec.id)?;
        agent.forecast = agent.note(core, FORECAST_NOTE)?.unwrap_or_default();
        agent.static_ttl = agent.note(core, LIFE_NOTE)?.unwrap_or(Ttl::Short);
        agent.wanted = agent.note::<Option<Wanted>>(core, WANTED_NOTE)?.flatten();
        agent.monitor = agent.note(core, MONITOR_NOTE)?.unwrap_or_default();
        agent.in_run = agent.note(core, RUN_NOTE)?.unwrap_or_default();
        Ok(agent)
    }

    /// The newest note of a kind about this agent.
    fn note<T: serde::de::DeserializeOwned>(&self, core: &Core, kind: &str) -> Result<Option<T>, RuntimeError> {
        let note = core.store.last_note(&core.session, Some(&self.spec.id), kind)?;
        Ok(note.and_then(|note| serde_json::from_str(&note.json).ok()))
    }

    /// All items of all windows tell what happened; those of the open window are also its bytes.
    fn restore_items(
        &mut self,
        core: &Core,
        carried: &[(WindowId, u64)],
        mut left_lane: BTreeSet<WindowId>,
    ) -> Result<(), RuntimeError> {
        let mut left: std::collections::BTreeMap<WindowId, u64> = carried.iter().cloned().collect();
        for stored in core.store.items(&core.session, &self.spec.id, 0)? {
            self.next_seq = stored.seq + 1;
            if left_lane.remove(&stored.window) {
                self.turn.lane_left();
            }
            let is_carried = left.get_mut(&stored.window).is_some_and(|left| {
                let carried = *left > 0;
                *left = left.saturating_sub(1);
                carried
            });
            if !is_carried {
                self.observe(&stored.item);
            }
            if stored.window == self.window_id {
                let rendered: Rendered = serde_json::from_str(&stored.rendered)
                    .map_err(|error| RuntimeError::Setup(format!("a stored message cannot be read: {error}")))?;
                self.push(stored.item, rendered);
            }
        }
        Ok(())
    }

    fn observe(&mut self, item: &Item) {
        self.turn.observe(item);
        self.habits.observe(item);
        self.told.observe(item);
    }

    /// An agent on a window without any item yet.
    fn with_window(core: &Core, spec: AgentSpec, registry: Registry, record: &WindowRecord) -> Self {
        Self {
            spec,
            registry,
            posture: core.posture(&record.brain, record.dialect),
            codec: wire::codec(record.dialect),
            brain: record.brain.clone(),
            window_id: record.id.clone(),
            window_seq: record.seq,
            window: Window::open(record.tools.clone(), record.system.clone()),
            items: Vec::new(),
            carried: usize::try_from(record.carried).unwrap_or(usize::MAX),
            next_seq: 0,
            forecast: Forecast::default(),
            static_ttl: Ttl::Short,
            steps: 0,
            turn: Turn::default(),
            habits: Habits::default(),
            told: Told::default(),
            woken: false,
            sent: None,
            wanted: None,
            monitor: Monitor::default(),
            in_run: InRun::default(),
            working_on: None,
            gave_up_at: 0,
            needed_again: 0,
        }
    }

    /// Adds items: made durable in one write with everything that belongs to them, then to the window.
    pub(crate) fn append(
        &mut self,
        core: &Core,
        items: Vec<Item>,
        writes: Vec<Write>,
        events: Vec<EventBody>,
    ) -> Result<(), RuntimeError> {
        let events = events.into_iter().map(|body| (Some(self.spec.id.clone()), body)).collect();
        self.append_with(core, items, writes, events)
    }

    /// As [`Agent::append`], with events that may be another's: an item and what tells of it are one write.
    pub(crate) fn append_with(
        &mut self,
        core: &Core,
        items: Vec<Item>,
        mut writes: Vec<Write>,
        events: Vec<(Option<AgentId>, EventBody)>,
    ) -> Result<(), RuntimeError> {
        let rendered = self.store_items(core, &items, &mut writes)?;
        core.journal.commit(writes, events)?;
        for (item, bytes) in items.into_iter().zip(rendered) {
            self.observe(&item);
            self.push(item, bytes);
            self.next_seq += 1;
        }
        Ok(())
    }

    /// Renders items and adds the writes that store them, numbered from the next one on.
    fn store_items(&self, core: &Core, items: &[Item], writes: &mut Vec<Write>) -> Result<Vec<Rendered>, RuntimeError> {
        let settings = core.chat_settings(&self.brain);
        let mut all = Vec::with_capacity(items.len());
        for (item, seq) in items.iter().zip(self.next_seq..) {
            let bytes = self.render(item, &settings)?;
            let text = serde_json::to_string(&bytes)
                .map_err(|error| RuntimeError::Setup(format!("a message cannot be stored: {error}")))?;
            writes.push(Write::Item(StoredItem {
                agent: self.spec.id.clone(),
                window: self.window_id.clone(),
                seq,
                item: item.clone(),
                rendered: text,
                at: core.clock.now(),
            }));
            all.push(bytes);
        }
        Ok(all)
    }

    /// An item as a message of this window, without adding it.
    pub(crate) fn render(&self, item: &Item, settings: &Settings) -> Result<Rendered, RuntimeError> {
        self.codec
            .render_message(&item.to_message(), settings)
            .map_err(|error| RuntimeError::Wire { brain: self.brain.to_string(), error })
    }

    fn push(&mut self, item: Item, rendered: Rendered) {
        let message = item.to_message();
        let kinds = block_kinds(&message, rendered.blocks.len());
        let images = input::image_data(&message);
        self.window.append_counted(rendered, &kinds, |block| input::count(block, &images));
        self.items.push(item);
    }

    /// Its name.
    pub(crate) fn id(&self) -> &AgentId {
        &self.spec.id
    }

    /// Number of the last item.
    pub(crate) fn last_seq(&self) -> u64 {
        self.next_seq.saturating_sub(1)
    }
}

/// What the rendered blocks of a message are. A dialect that renders a message as another number of blocks has no
/// breakpoints to place; then all are `Other`.
fn block_kinds(message: &Message, rendered: usize) -> Vec<BlockKind> {
    if message.blocks.len() != rendered {
        return vec![BlockKind::Other; rendered];
    }
    message
        .blocks
        .iter()
        .map(|block| match block {
            Block::ToolCall { .. } => BlockKind::ToolCall,
            Block::ToolResult { .. } => BlockKind::ToolResult,
            Block::Thinking { .. } | Block::RedactedThinking { .. } => BlockKind::Thinking,
            Block::Text { .. } | Block::Image { .. } | Block::Opaque { .. } => BlockKind::Other,
        })
        .collect()
}
