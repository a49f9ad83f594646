//! An agent with its open window: what the store holds of it, and the same in memory.

use cache::window::BlockKind;
use cache::{Forecast, Posture, Window};
use protocol::{AgentId, Block, Brain, EventBody, Item, Message, Settings, WindowId};
use store::{StoredItem, WindowRecord, Write};
use team::AgentSpec;
use tools::Registry;
use wire::{Codec, Rendered};

use crate::error::RuntimeError;
use crate::prompts::system_prompt;
use crate::session::Core;

/// Name of the note that keeps a window's forecast.
pub(crate) const FORECAST_NOTE: &str = "forecast";

/// One agent at work.
pub(crate) struct Agent {
    /// What the team says of it.
    pub(crate) spec: AgentSpec,
    /// The tools it was given, in the order of its frozen prefix.
    pub(crate) registry: Registry,
    /// Who serves the open window.
    pub(crate) brain: Brain,
    /// The dialect that brain speaks.
    pub(crate) codec: &'static dyn Codec,
    /// How its provider caches.
    pub(crate) posture: Posture,
    /// The open window's id.
    pub(crate) window_id: WindowId,
    /// The open window's bytes.
    pub(crate) window: Window,
    /// The open window's items, one per message.
    pub(crate) items: Vec<Item>,
    /// Number of the next item in the agent's transcript.
    pub(crate) next_seq: u64,
    /// What is in the provider's cache.
    pub(crate) forecast: Forecast,
    /// Model calls in this session.
    pub(crate) steps: u32,
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
        match core.store.windows(&core.session, &spec.id)?.pop() {
            Some(record) => Self::wake(core, spec, registry, record),
            None => Self::open(core, spec, registry),
        }
    }

    /// Builds the agent from what was stored: the same bytes, whatever this program would render today.
    fn wake(core: &Core, spec: &AgentSpec, registry: Registry, record: WindowRecord) -> Result<Self, RuntimeError> {
        let spoken = core.client(&record.brain)?.dialect();
        if spoken != record.dialect {
            return Err(RuntimeError::Setup(format!(
                "{}: the window of {} is written in {:?}, and its server is set up for {spoken:?}: name the same --dialect as \
                 when the session began",
                record.brain, spec.id, record.dialect
            )));
        }
        let mut agent = Self {
            spec: spec.clone(),
            registry,
            posture: core.posture(&record.brain),
            codec: wire::codec(record.dialect),
            brain: record.brain,
            window_id: record.id.clone(),
            window: Window::open(record.tools, record.system),
            items: Vec::new(),
            next_seq: 0,
            forecast: Forecast::default(),
            steps: 0,
        };
        for stored in core.store.items(&core.session, &spec.id, 0)? {
            agent.next_seq = stored.seq + 1;
            if stored.window == record.id {
                let rendered: Rendered = serde_json::from_str(&stored.rendered)
                    .map_err(|error| RuntimeError::Setup(format!("a stored message cannot be read: {error}")))?;
                agent.push(stored.item, rendered);
            }
        }
        agent.steps = core.store.last_step(&core.session, &spec.id)?;
        if let Some(note) = core.store.last_note(&core.session, Some(&spec.id), FORECAST_NOTE)? {
            agent.forecast = serde_json::from_str(&note.json).unwrap_or_default();
        }
        Ok(agent)
    }

    /// Opens the agent's first window: renders tools and system prompt once, for good.
    fn open(core: &Core, spec: &AgentSpec, registry: Registry) -> Result<Self, RuntimeError> {
        let brain = spec.brain.clone();
        let dialect = core.client(&brain)?.dialect();
        let codec = wire::codec(dialect);
        let (tools, system) =
            (codec.render_tools(&registry.specs()), codec.render_system(&system_prompt(&core.team, spec)));
        let record = WindowRecord {
            id: WindowId::new(format!("{}-{}-1", core.session, spec.id)),
            agent: spec.id.clone(),
            seq: 1,
            brain: brain.clone(),
            dialect,
            tools: tools.clone(),
            system: system.clone(),
            reason: "session_started".to_owned(),
            opened_at: core.clock.now(),
        };
        let mut agent = Self {
            spec: spec.clone(),
            registry,
            posture: core.posture(&brain),
            codec,
            window_id: record.id.clone(),
            window: Window::open(tools, system),
            items: Vec::new(),
            next_seq: 0,
            forecast: Forecast::default(),
            steps: 0,
            brain,
        };
        let opened = EventBody::WindowOpened { brain: agent.brain.to_string(), reason: record.reason.clone() };
        let environment = crate::fragments::environment(&core.root, &core.project);
        agent.append(core, vec![environment], vec![Write::Window(record)], vec![opened])?;
        Ok(agent)
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
        let settings = core.chat_settings(&self.brain);
        let mut rendered = Vec::with_capacity(items.len());
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
            rendered.push(bytes);
        }
        core.journal.commit(writes, events)?;
        for (item, bytes) in items.into_iter().zip(rendered) {
            self.push(item, bytes);
            self.next_seq += 1;
        }
        Ok(())
    }

    fn render(&self, item: &Item, settings: &Settings) -> Result<Rendered, RuntimeError> {
        self.codec
            .render_message(&item.to_message(), settings)
            .map_err(|error| RuntimeError::Wire { brain: self.brain.to_string(), error })
    }

    fn push(&mut self, item: Item, rendered: Rendered) {
        let kinds = block_kinds(&item.to_message(), rendered.blocks.len());
        self.window.append(rendered, &kinds);
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
