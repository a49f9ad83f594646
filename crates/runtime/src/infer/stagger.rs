//! Agents that begin with the same bytes at the same moment would each write them to the cache. All but the first are held back
//! until its answer streams: from then on they read what it wrote.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use protocol::{Decision, DecisionKind};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::session::Core;

type Key = [u8; 32];

/// Beginnings that are on their way.
#[derive(Default)]
pub(crate) struct Stagger(Mutex<BTreeMap<Key, watch::Receiver<bool>>>);

/// The first one with a beginning. Dropping it lets the others go, whatever became of it.
pub(crate) struct First {
    key: Key,
    done: watch::Sender<bool>,
    stagger: Arc<Stagger>,
}

impl First {
    /// What it sent can be read from now on.
    pub(crate) fn readable(&self) {
        self.done.send_if_modified(|done| !std::mem::replace(done, true));
    }
}

impl Drop for First {
    fn drop(&mut self) {
        self.readable();
        self.stagger.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

impl Stagger {
    /// Waits behind another request that begins like this agent's; the first one gets to tell the others.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        core: &Core,
        agent: &Agent,
        cancel: &CancellationToken,
    ) -> Result<Option<First>, RuntimeError> {
        let key = beginning(agent);
        let ahead = {
            let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match waiting.get(&key) {
                Some(ahead) => ahead.clone(),
                None => {
                    let (done, heard) = watch::channel(false);
                    waiting.insert(key, heard);
                    return Ok(Some(First { key, done, stagger: self.clone() }));
                }
            }
        };
        let mut ahead = ahead;
        let began = core.clock.now();
        tokio::select! {
            // An error means that the first one is gone: its prefix may be there or not, nobody is to wait any longer.
            _ = ahead.wait_for(|done| *done) => {}
            () = cancel.cancelled() => return Err(RuntimeError::Interrupted),
        }
        let waited = core.clock.now().since(began).as_millis() as f64;
        core.decide(Decision {
            kind: DecisionKind::Stagger,
            chosen: "wait".to_owned(),
            because: "another agent sends the same beginning: it is read from its cache once its answer streams"
                .to_owned(),
            formula: "(N - 1) (w - r) H".to_owned(),
            numbers: BTreeMap::from([("waited_ms".to_owned(), waited)]),
            ..core.blank_decision(agent)
        })?;
        Ok(None)
    }
}

/// What requests of agents have in common that begin alike: brain, tools, and the first system block.
fn beginning(agent: &Agent) -> Key {
    let mut hasher = blake3::Hasher::new();
    hasher.update(agent.brain.to_string().as_bytes());
    for piece in agent.window.tools().iter().chain(agent.window.system().first()) {
        hasher.update(&(piece.len() as u64).to_le_bytes());
        hasher.update(piece.as_bytes());
    }
    *hasher.finalize().as_bytes()
}
