//! What is known of windows, brains and prices while a session is open.

use cache::Prices;
use protocol::{AgentId, Brain, DECISION_NOTE, Decision, EventBody, Item};
use serde::Serialize;
use store::{NoteRecord, Write};

use super::Core;
use crate::agent::Agent;
use crate::error::RuntimeError;

impl Core {
    /// Prompt tokens of an agent's next request: the last bill and, in the model's tokens, what was added since.
    pub(crate) fn context_tokens(&self, agent: &Agent) -> u64 {
        let counted = agent.window.counted_tokens();
        match agent.forecast.prompt {
            0 => self.tokens(&agent.brain.model, counted),
            billed => billed + self.tokens(&agent.brain.model, counted.saturating_sub(agent.forecast.counted)),
        }
    }

    /// Tokens of what stays the same in the next window: tools, system prompt, project part.
    pub(crate) fn static_tokens(&self, agent: &Agent) -> u64 {
        self.tokens(&agent.brain.model, agent.window.head_tokens())
    }

    /// Prompt tokens that the open window began with.
    pub(crate) fn opened_with(&self, agent: &Agent) -> u64 {
        match agent.forecast.opened_with {
            0 => self.context_tokens(agent),
            opened => opened,
        }
    }

    /// Whether an agent's cache is known to be lost.
    pub(crate) fn is_cold(&self, agent: &Agent) -> bool {
        agent.forecast.sent.is_some() && agent.forecast.expect(&agent.posture, self.clock.now()).cache_read == 0
    }

    /// Prices of a prompt of this size; none where they are not known.
    pub(crate) fn prices(&self, brain: &Brain, prompt: u64) -> Option<Prices> {
        let price = self.catalogue.model(&brain.provider, &brain.model)?.price(self.clock.now(), prompt);
        Some(Prices {
            input: price.input,
            output: price.output,
            write: price.cache_write_short,
            write_long: price.cache_write_long,
            read: price.cache_read,
        })
    }

    /// Every brain that the team names, once each.
    pub(crate) fn known_brains(&self) -> Vec<Brain> {
        let mut known: Vec<Brain> = Vec::new();
        for brain in self.team.agents.iter().flat_map(|agent| agent.ladder.iter().chain([&agent.brain])) {
            if !known.contains(brain) && self.client(brain).is_ok() {
                known.push(brain.clone());
            }
        }
        known
    }

    /// The same model at another provider of the team's.
    pub(crate) fn same_model_elsewhere(&self, brain: &Brain) -> Option<Brain> {
        let bare = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
        self.known_brains()
            .into_iter()
            .find(|other| other.provider != brain.provider && bare(&other.model) == bare(&brain.model))
    }

    /// The model that answered, where it is known to be another one than the one that was asked: a reseller sends a request on as it
    /// likes, and bills what it used.
    pub(crate) fn another_model(&self, asked: &Brain, answered: &str) -> Option<String> {
        let known = |model: &str| self.catalogue.model(&asked.provider, model);
        let (asked, found) = (known(&asked.model)?, known(answered)?);
        (asked != found).then(|| answered.to_owned())
    }

    /// Who writes the summary of every window, where the policy names a lane for it that is set up here.
    pub(crate) fn summary_lane(&self) -> Option<Brain> {
        let name = self.policy.compaction.summary_lane.as_ref()?;
        let lanes = &self.lanes.setup.as_ref()?.lanes;
        lanes.iter().find(|lane| lane.name == *name).map(|lane| lane.brain.clone())
    }

    /// Whether this is the agent that talks to the user.
    pub(crate) fn is_main(&self, agent: &AgentId) -> bool {
        self.team.main().id == *agent
    }

    /// A note about an agent, as a write.
    pub(crate) fn note(&self, agent: &AgentId, kind: &str, thing: &impl Serialize) -> Write {
        Write::Note(NoteRecord {
            agent: Some(agent.clone()),
            kind: kind.to_owned(),
            json: serde_json::to_string(thing).unwrap_or_default(),
            at: self.clock.now(),
        })
    }

    /// A decision as a write and as what is told of it.
    pub(crate) fn decision(&self, decision: &Decision) -> (Write, EventBody) {
        let told = EventBody::Decision {
            kind: decision.kind,
            chosen: decision.chosen.clone(),
            because: decision.because.clone(),
        };
        (self.note(&decision.agent, DECISION_NOTE, decision), told)
    }

    /// The decisions of the session so far, oldest first.
    pub(crate) fn decisions(&self) -> Result<Vec<Decision>, RuntimeError> {
        let notes = self.store.notes_of(&self.session, DECISION_NOTE)?;
        Ok(notes.iter().filter_map(|note| serde_json::from_str(&note.json).ok()).collect())
    }

    /// Makes a decision durable and tells it.
    pub(crate) fn decide(&self, decision: Decision) -> Result<(), RuntimeError> {
        let (note, event) = self.decision(&decision);
        self.journal.commit(vec![note], vec![(Some(decision.agent), event)])
    }
}

impl Agent {
    /// Model calls in the open window.
    pub(crate) fn calls_in_window(&self) -> u64 {
        self.items.iter().skip(self.carried).filter(|item| matches!(item, Item::Assistant { .. })).count() as u64
    }
}
