//! Who answers when a lane's provider cannot: retries, then the lanes that the policy names. Always upward or to the side as
//! the file says, never round in a circle.

use std::collections::BTreeMap;

use protocol::ErrorKind;
use serde::{Deserialize, Serialize};

use crate::policy::Policy;

/// Edges between lanes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fallbacks {
    /// Retries in a lane before its edge is used; 2 are three attempts.
    pub num_retries: u32,
    /// Where to, by lane, in this order.
    pub on_failure: BTreeMap<String, Vec<String>>,
    /// Where to when a prompt is too long for the lane's model.
    pub on_context: BTreeMap<String, Vec<String>>,
}

/// Why an attempt got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Overloaded, rate-limited, unreachable: another try may help.
    Unavailable,
    /// The prompt is longer than the model takes: the same lane cannot help.
    ContextWindow,
    /// Refused for good (bad request, bad key): neither a retry nor another lane is tried.
    Refused,
}

impl Trouble {
    /// What an error of a provider means for the lane, once the client has tried as often as it may.
    pub fn of(kind: ErrorKind) -> Self {
        use ErrorKind as Kind;
        match kind {
            Kind::Overflow => Self::ContextWindow,
            Kind::RateLimit | Kind::Overloaded | Kind::Timeout | Kind::Server | Kind::Transport | Kind::Truncated => {
                Self::Unavailable
            }
            Kind::Auth
            | Kind::Billing
            | Kind::Refused
            | Kind::InvalidRequest
            | Kind::NotFound
            | Kind::Malformed
            | Kind::Cancelled => Self::Refused,
        }
    }
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resort {
    /// The same lane again.
    Retry,
    /// This lane.
    Lane(String),
    /// Nothing is left.
    Nothing,
}

/// An attempt that got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Where.
    pub lane: String,
    /// What was said, without any secret.
    pub problem: String,
}

/// All lanes that could be asked have failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no lane could answer: {}", .attempts.iter().map(|tried| format!("{}: {}", tried.lane, tried.problem)).collect::<Vec<_>>().join("; "))]
pub struct AllDown {
    /// Each attempt, in order.
    pub attempts: Vec<Tried>,
}

/// One request on its way down the fallbacks. Bounded: a lane is entered once.
#[derive(Clone, Debug)]
pub struct Descent<'a> {
    policy: &'a Policy,
    lane: String,
    /// Failed attempts in this lane.
    here: u32,
    entered: Vec<String>,
    /// Lanes that earlier ones named and that were not needed yet.
    waiting: Vec<String>,
    tried: Vec<Tried>,
}

impl<'a> Descent<'a> {
    /// Begins in a lane.
    pub fn new(policy: &'a Policy, lane: &str) -> Self {
        Self {
            policy,
            lane: lane.to_owned(),
            here: 0,
            entered: vec![lane.to_owned()],
            waiting: Vec::new(),
            tried: Vec::new(),
        }
    }

    /// Goes on where these lanes were entered already, one after the other; the last one is asked now. None without any.
    pub fn after(policy: &'a Policy, entered: &[String]) -> Option<Self> {
        let mut descent = Self::new(policy, entered.first()?);
        for lane in &entered[1..] {
            descent.leave(&policy.routing.fallbacks.on_failure);
            descent.waiting.retain(|waiting| waiting != lane);
            descent.enter(Some(lane.clone()));
        }
        Some(descent)
    }

    /// The lane that is asked now.
    pub fn lane(&self) -> &str {
        &self.lane
    }

    /// An attempt got no answer: what to do next.
    pub fn failed(&mut self, trouble: Trouble, problem: impl Into<String>) -> Resort {
        self.tried.push(Tried { lane: self.lane.clone(), problem: problem.into() });
        self.here += 1;
        let fallbacks = &self.policy.routing.fallbacks;
        let edges = match trouble {
            Trouble::Refused => return Resort::Nothing,
            Trouble::Unavailable if self.here <= fallbacks.num_retries => return Resort::Retry,
            Trouble::Unavailable => &fallbacks.on_failure,
            // Where no edge is named, the next lane that takes more.
            Trouble::ContextWindow if !fallbacks.on_context.contains_key(&self.lane) => return self.larger(),
            Trouble::ContextWindow => &fallbacks.on_context,
        };
        self.leave(edges);
        let next = (!self.waiting.is_empty()).then(|| self.waiting.remove(0));
        self.enter(next)
    }

    /// The lanes that this one names stand before those that were not needed yet.
    fn leave(&mut self, edges: &BTreeMap<String, Vec<String>>) {
        let named = edges.get(&self.lane).into_iter().flatten().cloned();
        self.waiting = named.chain(self.waiting.drain(..)).collect();
        self.waiting.retain(|lane| !self.entered.contains(lane));
    }

    /// Every attempt, for the one error at the end.
    pub fn all_down(self) -> AllDown {
        AllDown { attempts: self.tried }
    }

    fn larger(&mut self) -> Resort {
        let lanes = &self.policy.lanes;
        let here = lanes.iter().position(|lane| lane.name == self.lane);
        let size = here.and_then(|here| lanes.get(here)).map_or(0, |lane| lane.max_context_tokens);
        let mut above = lanes.iter().skip(here.map_or(lanes.len(), |here| here + 1));
        let next = above.find(|lane| lane.max_context_tokens > size && !self.entered.contains(&lane.name));
        self.enter(next.map(|lane| lane.name.clone()))
    }

    fn enter(&mut self, lane: Option<String>) -> Resort {
        let Some(lane) = lane else { return Resort::Nothing };
        self.here = 0;
        self.lane.clone_from(&lane);
        self.entered.push(lane.clone());
        Resort::Lane(lane)
    }
}

/// The first lane from which the edges lead back to itself.
pub(crate) fn cycle(edges: &BTreeMap<String, Vec<String>>) -> Option<String> {
    let reaches = |from: &String| {
        let mut seen: Vec<&String> = Vec::new();
        let mut open: Vec<&String> = edges.get(from).into_iter().flatten().collect();
        while let Some(lane) = open.pop() {
            if lane == from {
                return true;
            }
            if !seen.contains(&lane) {
                seen.push(lane);
                open.extend(edges.get(lane).into_iter().flatten());
            }
        }
        false
    };
    edges.keys().find(|from| reaches(from)).cloned()
}
