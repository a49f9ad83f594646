//! What is seen before a task: how the repository stands, and who can be asked. Both change while a session is open, so that they are
//! looked at anew for every task.

use std::fmt;
use std::sync::Arc;

use protocol::Signals;
use routing::Hints;
use routing::learned::Advisers;

use super::Lanes;
use crate::error::RuntimeError;

/// What was seen.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// What the repository shows.
    pub signals: Signals,
    /// Touched files, for the checks that belong to them.
    pub paths: Vec<String>,
    /// Versions of the learned router, with what is left of its budget.
    pub advisers: Advisers,
}

/// Looks. It may start programs and read files, and is called where that holds nobody up. Its error is a sentence for the person.
#[derive(Clone)]
pub struct Look(Arc<dyn Fn() -> Result<Sight, String> + Send + Sync>);

impl Look {
    /// A look that goes by this function.
    pub fn new(look: impl Fn() -> Result<Sight, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(look))
    }
}

impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Look")
    }
}

impl Lanes {
    /// The lanes as a task finds them now. What the caller said, hints and a lane, was said of the session's first task.
    pub(super) async fn for_task(&self, is_first: bool) -> Result<Self, RuntimeError> {
        let mut lanes = self.clone();
        if !is_first {
            (lanes.hints, lanes.forced) = (Hints::default(), None);
        }
        if let Some(look) = lanes.look.clone() {
            let seen = tokio::task::spawn_blocking(move || look.0()).await;
            let seen = seen.unwrap_or_else(|error| Err(format!("the look at the repository broke off: {error}")));
            let Sight { signals, paths, advisers } = seen.map_err(RuntimeError::Setup)?;
            (lanes.signals, lanes.paths, lanes.advisers) = (signals, paths, advisers);
        }
        Ok(lanes)
    }
}
