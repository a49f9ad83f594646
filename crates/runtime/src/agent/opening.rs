//! Opening a window: the agent's first, and the next one at a compaction. The only place where a brain meets an agent.

use cache::Forecast;
use protocol::{Brain, Dialect, EventBody, Item, WindowId};
use store::{WindowRecord, Write};
use team::AgentSpec;
use tools::Registry;

use super::{Agent, FORECAST_NOTE};
use crate::error::RuntimeError;
use crate::fragments;
use crate::in_run::RUN_NOTE;
use crate::prompts::system_prompt;
use crate::session::Core;
use crate::switching::{MONITOR_NOTE, WANTED_NOTE};

/// What the next window begins with.
pub(crate) struct Opening {
    /// Who serves it.
    pub(crate) brain: Brain,
    /// Why it is opened, a word.
    pub(crate) reason: &'static str,
    /// Its first items, behind the project's own.
    pub(crate) head: Vec<Item>,
    /// What becomes durable with it.
    pub(crate) writes: Vec<Write>,
    /// What is told with it.
    pub(crate) events: Vec<EventBody>,
}

impl Agent {
    /// Opens the agent's first window: renders tools and system prompt once, for good.
    pub(super) fn first(core: &Core, spec: &AgentSpec, registry: Registry) -> Result<Self, RuntimeError> {
        let in_lane = core.lane_brain().filter(|_| core.is_main(&spec.id));
        let brain = in_lane.unwrap_or_else(|| spec.brain.clone());
        let record = window_record(core, spec, &registry, &brain, 1, "session_started")?;
        let mut agent = Self::with_window(core, spec.clone(), registry, &record);
        let environment = fragments::environment(&core.root, &core.project);
        let opened = opened(&record);
        agent.append(core, vec![environment], vec![Write::Window(record)], vec![opened])?;
        Ok(agent)
    }

    /// Closes the open window and opens the next one, in one write. A window with the same model keeps the very bytes of
    /// tools, system prompt and project part, so that they are read from its cache.
    pub(crate) fn open_next(&mut self, core: &Core, opening: Opening) -> Result<(), RuntimeError> {
        let Opening { brain, reason, head, mut writes, mut events } = opening;
        let seq = self.window_seq + 1;
        let dialect = core.client(&brain)?.dialect();
        let mut record = if self.speaks_as(&brain, dialect) {
            WindowRecord {
                tools: self.window.tools().to_vec(),
                system: self.window.system().to_vec(),
                ..blank_record(core, &self.spec, &brain, dialect, seq, reason)
            }
        } else {
            window_record(core, &self.spec, &self.registry, &brain, seq, reason)?
        };
        let mut items: Vec<Item> = self.items.first().cloned().into_iter().collect();
        items.extend(head);
        record.carried = items.len() as u64;
        let mut next = Self::with_window(core, self.spec.clone(), self.registry.clone(), &record);
        next.next_seq = self.next_seq;
        next.monitor = self.monitor.clone();
        if next.brain == self.brain {
            next.monitor.compacted();
            next.in_run = self.in_run.clone();
        } else {
            // What another brain's run looked like says nothing of this one's.
            next.monitor.moved();
            writes.push(core.note(&self.spec.id, RUN_NOTE, &next.in_run));
        }
        events.push(opened(&record));
        let mut all = vec![Write::Window(record)];
        let rendered = next.store_items(core, &items, &mut all)?;
        all.append(&mut writes);
        // What was known of the old window's cache, and the wish that this window grants, end with it.
        all.push(core.note(&self.spec.id, FORECAST_NOTE, &Forecast::default()));
        all.push(core.note(&self.spec.id, MONITOR_NOTE, &next.monitor));
        if self.wanted.is_some() {
            all.push(core.note(&self.spec.id, WANTED_NOTE, &None::<()>));
        }
        let events = events.into_iter().map(|body| (Some(self.spec.id.clone()), body)).collect();
        core.journal.commit(all, events)?;
        next.next_seq += items.len() as u64;
        for (item, bytes) in items.into_iter().zip(rendered) {
            next.push(item, bytes);
        }
        (next.steps, next.turn, next.habits) = (self.steps, self.turn.clone(), self.habits.clone());
        (next.told, next.woken) = (self.told.clone(), self.woken);
        next.working_on.clone_from(&self.working_on);
        *self = next;
        Ok(())
    }

    /// Whether the frozen tools and system prompt of this window are what another window of that brain would begin with.
    fn speaks_as(&self, brain: &Brain, dialect: Dialect) -> bool {
        brain.provider == self.brain.provider && brain.model == self.brain.model && dialect == self.codec.dialect()
    }
}

fn opened(record: &WindowRecord) -> EventBody {
    EventBody::WindowOpened { brain: record.brain.to_string(), reason: record.reason.clone(), number: record.seq }
}

fn blank_record(
    core: &Core,
    spec: &AgentSpec,
    brain: &Brain,
    dialect: Dialect,
    seq: u64,
    reason: &str,
) -> WindowRecord {
    WindowRecord {
        id: WindowId::new(format!("{}-{}-{seq}", core.session, spec.id)),
        agent: spec.id.clone(),
        seq,
        brain: brain.clone(),
        dialect,
        tools: Vec::new(),
        system: Vec::new(),
        reason: reason.to_owned(),
        opened_at: core.clock.now(),
        carried: 1,
    }
}

/// A window with tools and system prompt rendered for its brain's dialect.
fn window_record(
    core: &Core,
    spec: &AgentSpec,
    registry: &Registry,
    brain: &Brain,
    seq: u64,
    reason: &str,
) -> Result<WindowRecord, RuntimeError> {
    let dialect = core.client(brain)?.dialect();
    let codec = wire::codec(dialect);
    Ok(WindowRecord {
        tools: codec.render_tools(&registry.specs()),
        system: codec.render_system(&system_prompt(&core.team, spec)),
        ..blank_record(core, spec, brain, dialect, seq, reason)
    })
}
