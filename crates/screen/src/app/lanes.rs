//! Who is doing what.

use std::collections::VecDeque;

use protocol::{AgentId, CallId, Usd};

use crate::feed::Agent;
use crate::text::plain;

/// A call that runs.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) id: CallId,
    pub(crate) tool: String,
    /// What it is about.
    pub(crate) summary: String,
    /// The last line it said.
    pub(crate) says: Option<String>,
}

/// What a model does where it calls no tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Idle,
    Thinking,
    Writing,
}

/// One agent at work.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    pub(crate) agent: AgentId,
    pub(crate) mood: Mood,
    pub(crate) calls: Vec<Call>,
    /// Those whose report it waits for.
    pub(crate) waits_for: Vec<AgentId>,
    /// When its work began, and when it ended.
    pub(crate) began_ms: u64,
    pub(crate) ended_ms: Option<u64>,
    pub(crate) steps: u32,
    /// Dollars of this work; none where a price is unknown.
    pub(crate) usd: Option<Usd>,
    /// Reasoning that came since its last word or call.
    pub(crate) reasoning: String,
    /// It only looks: nothing it reports is verified.
    pub(crate) explores: bool,
    /// Calls that only read and stand on one line together.
    pub(crate) reads: Reads,
}

impl Lane {
    fn new(agent: AgentId, now_ms: u64) -> Self {
        Self {
            agent,
            mood: Mood::Idle,
            calls: Vec::new(),
            waits_for: Vec::new(),
            began_ms: now_ms,
            ended_ms: None,
            steps: 0,
            usd: Some(Usd::ZERO),
            reasoning: String::new(),
            explores: false,
            reads: Reads::default(),
        }
    }

    /// Begins to work: figures from nothing.
    pub(crate) fn begin(&mut self, now_ms: u64) {
        let reads = std::mem::take(&mut self.reads);
        *self = Self { mood: Mood::Thinking, reads, ..Self::new(self.agent.clone(), now_ms) };
    }

    /// Does nothing any more.
    pub(crate) fn end(&mut self, now_ms: u64) {
        self.mood = Mood::Idle;
        self.calls.clear();
        self.waits_for.clear();
        self.ended_ms.get_or_insert(now_ms);
    }

    /// How long it has worked, or did.
    pub(crate) fn elapsed(&self, now_ms: u64) -> u64 {
        self.ended_ms.unwrap_or(now_ms).saturating_sub(self.began_ms)
    }

    /// What it does, in a few words.
    pub(crate) fn action(&self) -> String {
        if !self.waits_for.is_empty() {
            let names: Vec<String> = self.waits_for.iter().map(|agent| plain(agent.as_str())).collect();
            return format!("waiting for {}", names.join(", "));
        }
        match (self.calls.as_slice(), self.mood) {
            ([], Mood::Idle) => "ready".to_owned(),
            ([], Mood::Thinking) => "thinking".to_owned(),
            ([], Mood::Writing) => "writing".to_owned(),
            ([call], _) => {
                let says = call.says.as_ref().map_or(String::new(), |says| format!(" · {says}"));
                format!("{} {}{says}", call.tool, call.summary)
            }
            ([call, more @ ..], _) => format!("{} {} and {} more", call.tool, call.summary, more.len()),
        }
    }
}

/// Calls of one agent that only read, told together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reads {
    files: usize,
    searches: usize,
    listings: usize,
    git: usize,
    /// Each, as it would stand on a line of its own.
    each: Vec<String>,
    /// How long all of them took.
    pub(crate) ms: u64,
}

impl Reads {
    /// Takes a call in, where it only reads.
    pub(crate) fn add(&mut self, tool: &str, summary: &str, ms: u64) -> bool {
        match tool {
            "read" => self.files += summary.split(", ").count(),
            "grep" | "glob" => self.searches += 1,
            "list" => self.listings += 1,
            "git_diff" | "git_status" => self.git += 1,
            _ => return false,
        }
        self.each.push(format!("{tool} {summary}"));
        self.ms += ms;
        true
    }

    /// All of them in a few words; none where there are none.
    pub(crate) fn take(&mut self) -> Option<(String, u64)> {
        use crate::view::line::count;
        let reads = std::mem::take(self);
        match reads.each.as_slice() {
            [] => None,
            [one] => Some((one.clone(), reads.ms)),
            _ => {
                let parts = [
                    (reads.files, "read ", "file", "files"),
                    (reads.searches, "", "search", "searches"),
                    (reads.listings, "", "listing", "listings"),
                    (reads.git, "", "look at git", "looks at git"),
                ];
                let told = parts.into_iter().filter(|part| part.0 > 0);
                let told: Vec<String> =
                    told.map(|(number, verb, one, many)| format!("{verb}{}", count(number, one, many))).collect();
                Some((told.join(", "), reads.ms))
            }
        }
    }
}

/// A call that ended, until its answer is there.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) agent: AgentId,
    pub(crate) call: CallId,
    pub(crate) tool: String,
    pub(crate) summary: String,
    /// What the history said went wrong; none where it went well.
    pub(crate) failed: Option<String>,
}

/// Most calls whose answer is waited for.
const MOST_ENDED: usize = 64;

/// All lanes: main's first.
pub(crate) struct Lanes {
    pub(crate) team: Vec<Agent>,
    pub(crate) lanes: Vec<Lane>,
    ended: VecDeque<Ended>,
}

impl Lanes {
    pub(crate) fn new() -> Self {
        let mut lanes = Self { team: Vec::new(), lanes: Vec::new(), ended: VecDeque::new() };
        lanes.reset(Vec::new());
        lanes
    }

    /// Another session: nobody works.
    pub(crate) fn reset(&mut self, team: Vec<Agent>) {
        let main = team.first().map_or_else(|| AgentId::from("main"), |agent| agent.id.clone());
        let mut lane = Lane::new(main, 0);
        lane.ended_ms = Some(0);
        *self = Self { team, lanes: vec![lane], ended: VecDeque::new() };
    }

    /// Who leads.
    pub(crate) fn main(&self) -> AgentId {
        self.lanes.first().map_or_else(|| AgentId::from("main"), |lane| lane.agent.clone())
    }

    pub(crate) fn is_main(&self, agent: &AgentId) -> bool {
        self.lanes.first().is_some_and(|lane| lane.agent == *agent)
    }

    /// An agent's lane; it gets one where it has none.
    pub(crate) fn of(&mut self, agent: &AgentId, now_ms: u64) -> &mut Lane {
        let at = self.lanes.iter().position(|lane| lane.agent == *agent).unwrap_or_else(|| {
            let mut lane = Lane::new(agent.clone(), now_ms);
            lane.mood = Mood::Thinking;
            self.lanes.push(lane);
            self.lanes.len() - 1
        });
        &mut self.lanes[at]
    }

    /// A specialist is done: its row goes.
    pub(crate) fn remove(&mut self, agent: &AgentId) -> Option<Lane> {
        let at = self.lanes.iter().position(|lane| lane.agent == *agent).filter(|at| *at > 0)?;
        Some(self.lanes.remove(at))
    }

    /// An agent's place in the team, for its colour.
    pub(crate) fn index(&self, agent: &AgentId) -> usize {
        self.team.iter().position(|one| one.id == *agent).unwrap_or_else(|| agent.as_str().len())
    }

    /// A call ended: it is taken out of its lane.
    pub(crate) fn end_call(
        &mut self,
        agent: &AgentId,
        call: &CallId,
        tool: &str,
        failed: Option<String>,
        now_ms: u64,
    ) -> String {
        let lane = self.of(agent, now_ms);
        let at = lane.calls.iter().position(|one| one.id == *call);
        let summary = at.map(|at| lane.calls.remove(at).summary).unwrap_or_default();
        if lane.calls.is_empty() {
            lane.mood = Mood::Thinking;
        }
        let ended = Ended { agent: agent.clone(), call: call.clone(), tool: tool.to_owned(), summary, failed };
        let summary = ended.summary.clone();
        self.ended.push_back(ended);
        if self.ended.len() > MOST_ENDED {
            self.ended.pop_front();
        }
        summary
    }

    /// The call whose answer has come.
    pub(crate) fn answered(&mut self, agent: &AgentId, call: &CallId) -> Option<Ended> {
        let at = self.ended.iter().rposition(|ended| ended.agent == *agent && ended.call == *call)?;
        self.ended.remove(at)
    }
}

#[cfg(test)]
#[path = "lanes_tests.rs"]
mod tests;
