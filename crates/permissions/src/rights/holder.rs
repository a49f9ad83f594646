//! Who holds which rights: a tree of handles. A handle cannot be made from words, only by its parent.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use protocol::AgentId;

use super::Rights;

/// Why no child was begun. Nothing was started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpawnRefused {
    /// As deep as it goes.
    #[error(
        "{path} may not delegate any further: no level of agents is left below it. Do the work, or report what is in the way"
    )]
    Depth {
        /// Who asked.
        path: String,
    },
    /// As many as it may be.
    #[error(
        "{path} has begun {begun} delegations, as many as are allowed here. Finish with what there is, or say what is in the way"
    )]
    Count {
        /// Whose count is full.
        path: String,
        /// How many there were.
        begun: u32,
    },
    /// As many as may run at the same time.
    #[error(
        "{path} has {running} delegations running, as many as are allowed at the same time. Wait for one to report"
    )]
    AtOnce {
        /// Who asked.
        path: String,
        /// How many run.
        running: u32,
    },
    /// It is over.
    #[error("{path} is over, and starts nothing any more")]
    Over {
        /// Who asked.
        path: String,
    },
}

/// Somebody with rights: the session itself, an agent, an agent below it.
#[derive(Debug)]
pub struct Holder {
    path: Vec<AgentId>,
    parent: Option<Arc<Holder>>,
    role: Rights,
    request: Rights,
    /// What was not taken away since.
    ceiling: Mutex<Rights>,
    /// Delegations begun below it, all levels.
    begun: AtomicU32,
    /// Direct children that live.
    running: AtomicU32,
    over: AtomicBool,
}

/// A living child. Dropping it ends it: from then on its handle, and all below it, hold nothing.
#[derive(Debug)]
pub struct Child(Arc<Holder>);

impl Child {
    /// The handle.
    pub fn holder(&self) -> &Arc<Holder> {
        &self.0
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Release);
        if let Some(parent) = &self.0.parent {
            parent.running.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl Holder {
    /// The top of a tree. `begun` is how many delegations there were already: what a restart forgot is not allowed anew.
    pub fn root(agent: AgentId, rights: Rights, begun: u32) -> Arc<Self> {
        Arc::new(Self {
            path: vec![agent],
            parent: None,
            role: rights,
            request: Rights::all(),
            ceiling: Mutex::new(Rights::all()),
            begun: AtomicU32::new(begun),
            running: AtomicU32::new(0),
            over: AtomicBool::new(false),
        })
    }

    /// Begins a child: `role` is what its own description gives it, `request` what this task asks for. At most `at_once` children
    /// of one parent live at the same time.
    ///
    /// # Errors
    /// [`SpawnRefused`], and nothing was counted.
    pub fn spawn(
        self: &Arc<Self>,
        agent: AgentId,
        role: Rights,
        request: Rights,
        at_once: u32,
    ) -> Result<Child, SpawnRefused> {
        self.may_go_deeper()?;
        let running = |now: u32| (now < at_once).then_some(now + 1);
        if let Err(running) = self.running.fetch_update(Ordering::AcqRel, Ordering::Acquire, running) {
            return Err(SpawnRefused::AtOnce { path: self.path(), running });
        }
        if let Err(refused) = self.count() {
            self.running.fetch_sub(1, Ordering::AcqRel);
            return Err(refused);
        }
        Ok(self.child(agent, role, request))
    }

    /// Goes on with a child that was begun and counted before the program stopped.
    ///
    /// # Errors
    /// [`SpawnRefused`]: its parent may have lost the right to have children.
    pub fn adopt(self: &Arc<Self>, agent: AgentId, role: Rights, request: Rights) -> Result<Child, SpawnRefused> {
        self.may_go_deeper()?;
        self.running.fetch_add(1, Ordering::AcqRel);
        Ok(self.child(agent, role, request))
    }

    fn may_go_deeper(&self) -> Result<(), SpawnRefused> {
        if self.is_over() {
            return Err(SpawnRefused::Over { path: self.path() });
        }
        if self.effective().depth == 0 {
            return Err(SpawnRefused::Depth { path: self.path() });
        }
        Ok(())
    }

    fn child(self: &Arc<Self>, agent: AgentId, role: Rights, request: Rights) -> Child {
        let mut path = self.path.clone();
        path.push(agent);
        Child(Arc::new(Self {
            path,
            parent: Some(self.clone()),
            role,
            request,
            ceiling: Mutex::new(Rights::all()),
            begun: AtomicU32::new(0),
            running: AtomicU32::new(0),
            over: AtomicBool::new(false),
        }))
    }

    /// Takes one from the count of this holder and of all above it, or from none.
    fn count(&self) -> Result<(), SpawnRefused> {
        let most = self.effective().spawns;
        let one_more = |begun: u32| (begun < most).then(|| begun + 1);
        self.begun
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more)
            .map_err(|begun| SpawnRefused::Count { path: self.path(), begun })?;
        let above = self.parent.as_ref().map_or(Ok(()), |parent| parent.count());
        if above.is_err() {
            self.begun.fetch_sub(1, Ordering::AcqRel);
        }
        above
    }

    /// What it may do now: never more than anybody above it may do now.
    pub fn effective(&self) -> Rights {
        if self.over.load(Ordering::Acquire) {
            return Rights::none();
        }
        let own = self.role.meet(&self.request).meet(&self.ceiling());
        match &self.parent {
            Some(parent) => parent.effective().handed_down().meet(&own),
            None => own,
        }
    }

    /// Takes away what is not within `rights`, from now on, for it and all below it. Nothing gives it back.
    pub fn revoke(&self, rights: &Rights) {
        let mut ceiling = self.ceiling.lock().unwrap_or_else(PoisonError::into_inner);
        *ceiling = ceiling.meet(rights);
    }

    /// Who it is, from the top down: `main/sidekick`.
    pub fn path(&self) -> String {
        agent_path(&self.path)
    }

    /// Whether it, or somebody above it, has ended.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire) || self.parent.as_ref().is_some_and(|parent| parent.is_over())
    }

    /// Those above it, nearest first.
    pub fn ancestors(&self) -> impl Iterator<Item = &Arc<Self>> {
        std::iter::successors(self.parent.as_ref(), |above| above.parent.as_ref())
    }

    /// Delegations begun below it.
    pub fn begun(&self) -> u32 {
        self.begun.load(Ordering::Acquire)
    }

    fn ceiling(&self) -> Rights {
        self.ceiling.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Agents from the top down, as one word.
pub fn agent_path(agents: &[AgentId]) -> String {
    agents.iter().map(AgentId::as_str).collect::<Vec<_>>().join("/")
}
