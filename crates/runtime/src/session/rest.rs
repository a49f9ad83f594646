//! Between turns: caches are kept alive as long as that pays, and a window is closed while its cache still lives where the wait
//! will outlive it.

use cache::economics::compaction::{BeforeWait, before_wait};
use protocol::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Core, Session};
use crate::agent::Agent;
use crate::compaction::{Compacted, Standing, Why, compact};
use crate::error::RuntimeError;
use crate::warmth::{Vigil, Wait, Watch};

impl Session {
    /// Waits for the user's next input: until `stop`, and at the latest until a known moment. Returns early where nothing is
    /// left to do and no moment is given. No turn may run meanwhile.
    ///
    /// # Errors
    /// [`RuntimeError::Store`]. A provider that fails ends the care for its cache, nothing else.
    pub async fn rest(&self, until: Option<Timestamp>, stop: &CancellationToken) -> Result<(), RuntimeError> {
        let core = &self.core;
        let since = core.last_active();
        let mut agents = core.idle_agents();
        let mut watches: Vec<Watch> = agents.iter().map(|agent| Watch::of(agent)).collect();
        let vigil = Vigil { core, wait: Wait::Person, since, delegation: None, until, stop };
        loop {
            let looked: Vec<&Agent> = agents.iter().map(|agent| &**agent).collect();
            let let_go = vigil.keep(&looked, &mut watches).await;
            for (agent, watch) in agents.iter_mut().zip(&watches) {
                agent.forecast = watch.forecast.clone();
            }
            let Some(at) = let_go? else { break };
            if !stop.is_cancelled() && core.has_dollars_left() && core.closes_before_wait(&agents[at], since) {
                let closed = compact(core, &mut agents[at], Why::BeforeWait, stop).await;
                let opened = matches!(closed, Ok(Compacted::Opened));
                closed.map(|_| ()).or_else(not_a_providers_fault)?;
                if opened {
                    // What was known of the closed window's cache is not true of the next one.
                    watches[at] = Watch::of(&agents[at]);
                }
            }
        }
        drop(agents);
        if let Some(until) = until {
            tokio::select! {
                () = stop.cancelled() => {}
                () = core.clock.sleep(until.since(core.clock.now())) => {}
            }
        }
        Ok(())
    }
}

fn not_a_providers_fault(error: RuntimeError) -> Result<(), RuntimeError> {
    match error {
        RuntimeError::Interrupted | RuntimeError::Provider { .. } => Ok(()),
        other => Err(other),
    }
}

impl Core {
    /// Whether closing a window now, on its living cache, is cheaper than letting the cache expire.
    fn closes_before_wait(&self, agent: &Agent, since: Timestamp) -> bool {
        let standing = Standing::of(self, agent);
        let open = agent.items.last().is_none_or(|item| item.tool_calls().is_empty());
        let Some(prices) = standing.prices.filter(|_| open && standing.threshold.is_some()) else { return false };
        let late = self.gaps().chance_ever_after(self.clock.now().since(since));
        let choice = before_wait(&prices, &standing.shape, standing.context, late, 0);
        choice.choice == BeforeWait::Compact
    }
}
