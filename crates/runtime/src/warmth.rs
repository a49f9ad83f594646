//! Keeping caches alive while nothing is asked of them: while an agent waits for its tools or specialists, while a person is
//! asked, and between turns. What is cheapest in expectation is done, and said.

mod stake;

use std::time::Duration;

use cache::economics::keep_warm::{
    LifeChoice, PingChoice, PingPlan, Waiting, Warmth, next_ping, ping_due, prefix_life,
};
use cache::{Forecast, Posture, Prices};
use protocol::{Decision, DecisionKind, DelegationId, Timestamp, Ttl};
use team::{KeepWarm, PrefixLife};
use tokio_util::sync::CancellationToken;

use crate::agent::{Agent, LIFE_NOTE};
use crate::error::RuntimeError;
use crate::infer::{build_ping, ping};
use crate::session::Core;

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Tools and specialists; a person, where one is being asked meanwhile.
    Work,
    /// The user's next input.
    Person,
}

/// One agent's cache during a wait.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    /// What is known of the cache.
    pub(crate) forecast: Forecast,
    pings: u32,
    /// Nothing more is done for it in this wait.
    over: bool,
}

impl Watch {
    pub(crate) fn of(agent: &Agent) -> Self {
        Self {
            forecast: agent.forecast.clone(),
            pings: 0,
            over: agent.sent.is_none() || agent.spec.keep_warm == KeepWarm::Off,
        }
    }

    /// When the next ping would be due; none where there is nothing to keep.
    fn due(&self, agent: &Agent) -> Option<Timestamp> {
        let life = self.forecast.life(&agent.posture).filter(|_| !self.over && self.forecast.cached > 0)?;
        Some(self.forecast.at.plus(ping_due(life)))
    }
}

/// A wait.
pub(crate) struct Vigil<'a> {
    pub(crate) core: &'a Core,
    pub(crate) wait: Wait,
    /// When it began.
    pub(crate) since: Timestamp,
    /// Whose work it belongs to.
    pub(crate) delegation: Option<&'a DelegationId>,
    /// It is known to end then.
    pub(crate) until: Option<Timestamp>,
    /// It is over.
    pub(crate) stop: &'a CancellationToken,
}

impl Vigil<'_> {
    /// Watches over the caches of these agents until the wait is over (none), or one of them is let go while it still lives
    /// (its number): the last moment at which something else can be done about it.
    pub(crate) async fn keep(&self, agents: &[&Agent], watches: &mut [Watch]) -> Result<Option<usize>, RuntimeError> {
        loop {
            let due = agents.iter().zip(watches.iter()).enumerate();
            let due = due.filter_map(|(at, (agent, watch))| Some((watch.due(agent)?, at))).min();
            let Some((moment, at)) = due.filter(|(moment, _)| self.until.is_none_or(|until| *moment < until)) else {
                return Ok(None);
            };
            if !self.slept_until(moment).await {
                return Ok(None);
            }
            let (agent, watch) = (agents[at], &mut watches[at]);
            if self.core.clock.now() >= watch.forecast.at.plus(life(agent, watch)) {
                // The machine slept, or the clock was set: there is nothing left to keep.
                watch.over = true;
                continue;
            }
            if !self.take_care(agent, watch).await? {
                watch.over = true;
                return Ok(Some(at));
            }
        }
    }

    /// False when the wait ended before.
    async fn slept_until(&self, moment: Timestamp) -> bool {
        let span = moment.since(self.core.clock.now());
        tokio::select! {
            biased;
            () = self.stop.cancelled() => false,
            () = self.core.clock.sleep(span), if !span.is_zero() => true,
            () = std::future::ready(()), if span.is_zero() => true,
        }
    }

    /// Pings, or lets go (false).
    async fn take_care(&self, agent: &Agent, watch: &mut Watch) -> Result<bool, RuntimeError> {
        let Some(plan) = self.plan(agent, watch)? else { return Ok(false) };
        let forced = agent.spec.keep_warm == KeepWarm::Always && watch.pings < self.core.team.cache.max_pings;
        let wants = forced || matches!(plan.choice, PingChoice::At(_));
        let Some(built) =
            build_ping(self.core, agent, &watch.forecast).filter(|_| wants && self.core.has_dollars_left())
        else {
            let why = match plan.choice {
                PingChoice::LetGo(why) => why,
                PingChoice::At(_) => "budget_used_up",
            };
            self.core.decide(decision(
                self.core,
                agent,
                watch,
                &plan,
                "let_go",
                format!("the cache may expire: {why}"),
            ))?;
            return Ok(false);
        };
        let because =
            if forced { "the team asks for it".to_owned() } else { format!("{} pings are planned", plan.planned) };
        let (note, _) = self.core.decision(&decision(self.core, agent, watch, &plan, "ping", because));
        match ping(self.core, agent, built, &watch.forecast, self.delegation, vec![note], self.stop).await {
            Ok((forecast, _)) => {
                watch.forecast = forecast;
                watch.pings += 1;
                Ok(true)
            }
            // The wait ended while it was on its way, or the provider has other worries: nothing depends on it.
            Err(RuntimeError::Interrupted | RuntimeError::Provider { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What a further ping would bring; none where prices are not known.
    fn plan(&self, agent: &Agent, watch: &Watch) -> Result<Option<PingPlan>, RuntimeError> {
        let Some(prices) = self.core.prices(&agent.brain, watch.forecast.prompt) else { return Ok(None) };
        let gaps = self.core.gaps();
        let waiting = match self.wait {
            Wait::Work if !self.core.is_asking() => Waiting::ForWork,
            Wait::Work | Wait::Person => Waiting::ForPerson(&gaps),
        };
        let cap = self.core.team.cache.max_pings;
        let warmth = Warmth {
            prices,
            cached: watch.forecast.cached,
            life: life(agent, watch),
            most_pings: match waiting {
                Waiting::ForPerson(_) => {
                    cap.min(watch.pings.saturating_add(self.core.affordable_pings(&prices, watch)?))
                }
                Waiting::ForWork | Waiting::ForWorkOf(_) => cap,
            },
            least_saving: Warmth::LEAST_SAVING,
        };
        let waited = self.core.clock.now().since(self.since);
        Ok(Some(next_ping(&warmth, waited, watch.pings, &waiting)))
    }
}

fn life(agent: &Agent, watch: &Watch) -> Duration {
    watch.forecast.life(&agent.posture).unwrap_or_default()
}

fn decision(core: &Core, agent: &Agent, watch: &Watch, plan: &PingPlan, chosen: &str, because: String) -> Decision {
    let mut numbers = plan.numbers();
    numbers.insert("pings_sent".to_owned(), f64::from(watch.pings));
    Decision {
        kind: DecisionKind::KeepWarm,
        chosen: chosen.to_owned(),
        because,
        formula: PingPlan::FORMULA.to_owned(),
        numbers,
        ..core.blank_decision(agent)
    }
}

/// Does work that an agent waits for, and keeps its cache alive meanwhile. Gives back what is known of the cache afterwards.
pub(crate) async fn while_working<T>(
    core: &Core,
    agent: &Agent,
    delegation: Option<&DelegationId>,
    work: impl Future<Output = T>,
) -> Result<(T, Forecast), RuntimeError> {
    let stop = CancellationToken::new();
    let mut watch = Watch::of(agent);
    if agent.spec.keep_warm == KeepWarm::Off {
        return Ok((work.await, watch.forecast));
    }
    let vigil = Vigil { core, wait: Wait::Work, since: core.clock.now(), delegation, until: None, stop: &stop };
    let working = async {
        let done = work.await;
        stop.cancel();
        done
    };
    let watching = async {
        // One that is let go is let go: the work has to end first.
        vigil.keep(&[agent], std::slice::from_mut(&mut watch)).await.map(|_| ())
    };
    let (done, watched) = tokio::join!(working, watching);
    watched?;
    Ok((done, watch.forecast))
}

/// Turns that are expected to follow in a session that a person sits in front of: recorded sessions have five gaps.
const TURNS_TO_COME: f64 = 5.0;

/// The longest gap that a long-lived prefix is there for.
const LONG_GAP: Duration = Duration::from_secs(3_600);

impl Core {
    /// Pings of this cache that the team may still lose ([`stake`]).
    fn affordable_pings(&self, prices: &Prices, watch: &Watch) -> Result<u32, RuntimeError> {
        let ping = prices.read.max(0).saturating_mul(i64::try_from(watch.forecast.cached).unwrap_or(i64::MAX));
        if self.team.agents.len() == 1 || ping == 0 {
            return Ok(u32::MAX);
        }
        let rows = self.store.ledger(&self.session)?;
        let left = stake::left(&self.catalogue, &self.team.main().id, &rows, &self.decisions()?);
        Ok(u32::try_from(left.picos() / ping).unwrap_or(u32::MAX))
    }

    /// How long tools and system prompt are to live in the cache: long where more waits are expected to outlive the short life,
    /// unbridged, than the dearer write costs.
    pub(crate) fn prefix_life(&self, agent: &Agent) -> Result<Ttl, RuntimeError> {
        let life = match self.team.cache.prefix {
            PrefixLife::Long => return Ok(Ttl::Long),
            PrefixLife::Short => return Ok(Ttl::Short),
            PrefixLife::Auto if !self.front.attended() => return Ok(Ttl::Short),
            PrefixLife::Auto => agent.forecast.life(&agent.posture).unwrap_or_default(),
        };
        let (tokens, Posture::Explicit { .. }) = (self.static_tokens(agent), agent.posture) else {
            return Ok(Ttl::Short);
        };
        let Some(prices) = self.prices(&agent.brain, tokens) else { return Ok(Ttl::Short) };
        let gaps = self.gaps();
        let expiring = TURNS_TO_COME * gaps.chance_within(life, LONG_GAP.saturating_sub(life));
        let choice = prefix_life(&prices, tokens, if self.is_kept_warm(agent, &prices) { 0.0 } else { expiring });
        let decision = Decision {
            kind: DecisionKind::KeepWarm,
            chosen: if choice.life == Ttl::Long { "long_prefix" } else { "short_prefix" }.to_owned(),
            because: "life of tools and system prompt in the cache".to_owned(),
            formula: LifeChoice::FORMULA.to_owned(),
            numbers: choice.numbers(),
            ..self.blank_decision(agent)
        };
        let (note, _) = self.decision(&decision);
        self.journal.commit(vec![note, self.note(agent.id(), LIFE_NOTE, &choice.life)], Vec::new())?;
        Ok(choice.life)
    }

    /// Whether pings will carry this agent's cache through an ordinary wait: then nothing has to live longer.
    fn is_kept_warm(&self, agent: &Agent, prices: &Prices) -> bool {
        let miss = (prices.write - prices.read).max(0) as f64 * self.static_tokens(agent) as f64;
        agent.spec.keep_warm != KeepWarm::Off && miss >= Warmth::LEAST_SAVING.picos() as f64
    }
}
