//! Who would have played which part, with which settings.

use std::collections::BTreeMap;

use catalogue::Catalogue;
use protocol::request::Ttl;
use protocol::{AgentId, Brain, LedgerRow, Purpose};
use team::{AgentSpec, CompactAt, KeepWarm, Team};

use super::context::{Event, Setting};
use super::{ReplayError, rated};
use crate::reprice::models::Rated;

/// The parts.
pub(super) struct Plan<'a> {
    catalogue: &'a Catalogue,
    main: AgentId,
    /// By agent of the session, where there is another team.
    specs: BTreeMap<AgentId, AgentSpec>,
    team: Option<Team>,
    /// One agent does everything.
    merged: bool,
    settings: BTreeMap<AgentId, Setting>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        main: &AgentId,
        rows: &[&LedgerRow],
        summaries: &[(AgentId, u64)],
        team: Option<&Team>,
        catalogue: &'a Catalogue,
    ) -> Result<Self, ReplayError> {
        let mut specs = BTreeMap::new();
        let merged = team.is_some_and(Team::is_solo) && rows.iter().any(|row| row.agent != *main);
        let mut settings = BTreeMap::new();
        for row in rows {
            let agent = &row.agent;
            if let Some(team) = team
                && !specs.contains_key(agent)
            {
                specs.insert(agent.clone(), part(team, main, agent)?.clone());
            }
            if !settings.contains_key(agent) {
                let brain = specs.get(agent).map_or(&row.brain, |spec| &spec.brain);
                let model = rated(catalogue, brain, agent, team)?;
                settings.insert(agent.clone(), setting(&model, specs.get(agent), team, rows, summaries, agent));
            }
        }
        Ok(Self { catalogue, main: main.clone(), specs, team: team.cloned(), merged, settings })
    }

    /// The agent whose context a row goes into.
    pub(super) fn context_of<'b>(&'b self, agent: &'b AgentId) -> &'b AgentId {
        if self.merged { &self.main } else { agent }
    }

    pub(super) fn setting(&self, context: &AgentId) -> Setting {
        self.settings.get(context).copied().unwrap_or_default()
    }

    /// Who would have answered a row.
    pub(super) fn brain_of<'b>(&'b self, row: &'b LedgerRow) -> &'b Brain {
        self.specs.get(self.context_of(&row.agent)).map_or(&row.brain, |spec| &spec.brain)
    }

    pub(super) fn model(&self, event: &Event<'_>) -> Result<Rated<'a>, ReplayError> {
        // What is no step of an agent's is another brain's choice, not the team's agents'.
        let brain = if event.row.purpose == Purpose::Auxiliary { &event.row.brain } else { self.brain_of(event.row) };
        rated(self.catalogue, brain, &event.row.agent, self.team.as_ref())
    }

    /// Who writes a summary that the window's own brain did not write.
    pub(super) fn summarizer(&self, event: &Event<'_>) -> Result<Option<Rated<'a>>, ReplayError> {
        if event.row.purpose != Purpose::Compaction {
            return Ok(None);
        }
        let chosen = self.specs.get(&event.row.agent).and_then(|spec| spec.compaction.summarizer.as_ref());
        let brain = chosen.unwrap_or(&event.row.brain);
        rated(self.catalogue, brain, &event.row.agent, self.team.as_ref()).map(Some)
    }

    /// What is assumed, a sentence each.
    pub(super) fn in_words(&self) -> Vec<String> {
        let mut said = vec![
            "The same calls in the same order at the same times, with the tokens as recorded: another model would take other \
             steps, count the same text differently, and succeed or fail on its own."
                .to_owned(),
            "What an agent sent before is read from its cache until the model's lifetime has passed; the rest is written. The \
             first request of a window reads what it read in fact."
                .to_owned(),
            "Prices are the list prices at the time of each call.".to_owned(),
        ];
        let Some(team) = &self.team else { return said };
        if self.merged {
            said.push(
                "One agent does everything: what entered a specialist's context is written to main's and re-read by each \
                 later step. Main's own delegating steps are left in; the specialists' system prompts, tools and pings are \
                 left out."
                    .to_owned(),
            );
        }
        if self.specs.values().any(|spec| !spec.ladder.is_empty()) {
            said.push("Each agent stays with its first brain; ladders are not climbed.".to_owned());
        }
        said.push(match team.main().compaction.at {
            CompactAt::Auto => "Windows are closed where they were closed in fact.".to_owned(),
            CompactAt::Never => "No window is closed.".to_owned(),
            CompactAt::Tokens(tokens) => format!(
                "Windows are closed above {tokens} prompt tokens. A summary is as long as those of the session were (without any: \
                 as long as the team allows, 5000 tokens at most); nothing that was summarised is read again."
            ),
        });
        said
    }
}

/// Who plays an agent's part in a team.
fn part<'t>(team: &'t Team, main: &AgentId, agent: &AgentId) -> Result<&'t AgentSpec, ReplayError> {
    if agent == main || team.is_solo() {
        return Ok(team.main());
    }
    team.agent(agent).ok_or_else(|| ReplayError::NoAgent {
        team: team.name.clone(),
        agent: agent.clone(),
        known: team.agents.iter().map(|agent| agent.id.as_str()).collect::<Vec<_>>().join(", "),
    })
}

/// How an agent's windows are closed and its cache lives.
fn setting(
    model: &Rated<'_>,
    spec: Option<&AgentSpec>,
    team: Option<&Team>,
    rows: &[&LedgerRow],
    summaries: &[(AgentId, u64)],
    agent: &AgentId,
) -> Setting {
    let own = || rows.iter().filter(|row| row.agent == *agent);
    let (short, long) = own()
        .fold((0, 0), |(short, long), row| (short + row.usage.cache_write_short, long + row.usage.cache_write_long));
    let long = team.map_or(long > short, |team| team.cache.tail == Ttl::Long) && model.model.ttl_long_s.is_some();
    let lengths = summaries.iter().filter(|(whose, _)| whose == agent).map(|(_, tokens)| *tokens);
    let (count, sum) = lengths.fold((0_u64, 0_u64), |(count, sum), output| (count + 1, sum + output));
    let compaction = spec.map(|spec| &spec.compaction);
    let allowed = || compaction.map_or(5_000, |compaction| u64::from(compaction.summary_max).min(5_000));
    Setting {
        at: compaction.map_or(CompactAt::Auto, |compaction| compaction.at),
        keep_tail: compaction.map_or(0, |compaction| compaction.keep_tail),
        summary: sum.checked_div(count).unwrap_or_else(allowed),
        long,
        ttl_s: if long { model.model.ttl_long_s.unwrap_or(model.model.ttl_short_s) } else { model.model.ttl_short_s },
        pings: team.is_none_or(|team| team.cache.keep_warm != KeepWarm::Off),
        context_limit: model.model.context,
    }
}
