//! What stands between a session's commands and the machine.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use permissions::rules::RuleSet;
use sandbox::Sandbox;

use super::Around;

/// What commands run behind.
#[derive(Clone, Debug, Default)]
pub enum Wall {
    /// A sandbox: what it lets through does no harm outside, so that most commands need no question.
    Inside(Arc<Sandbox>),
    /// None: a person typed so.
    #[default]
    Off,
    /// None, although one was wanted: the machine cannot have one. Every command is asked for.
    Missing,
}

/// What guards a session's commands.
#[derive(Clone, Debug, Default)]
pub struct Guards {
    /// The kernel's part.
    pub wall: Wall,
    /// The user's rules, and those of a trusted project, which only ask or deny.
    pub rules: Arc<RuleSet>,
    /// The user's home folder, where it is known.
    pub home: Option<PathBuf>,
    /// What the way out did not let through.
    pub denied: DeniedHosts,
}

/// Most notices that are kept between two commands: who asks for a thousand hosts is told of the first few.
const DENIED_KEPT: usize = 8;

/// What commands wanted to reach and were kept from, a line each, until a command ends and is told. The way out is the whole session's,
/// so that of two commands at the same time either may be told.
#[derive(Clone, Debug, Default)]
pub struct DeniedHosts(Arc<Mutex<BTreeSet<String>>>);

impl DeniedHosts {
    /// Something was not let through; the words are for the person and the model.
    pub fn note(&self, words: String) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < DENIED_KEPT {
            kept.insert(words);
        }
    }

    /// All of them, once.
    pub(crate) fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Guards {
    /// The sandbox, where there is one.
    pub(crate) fn sandbox(&self) -> Option<&Arc<Sandbox>> {
        if let Wall::Inside(sandbox) = &self.wall { Some(sandbox) } else { None }
    }

    /// What decisions depend on.
    pub(crate) fn around(&self) -> Around {
        match self.wall {
            Wall::Inside(_) => Around::Sandbox,
            Wall::Off => Around::Nothing,
            Wall::Missing => Around::Missing,
        }
    }

    /// The wall in a word, as it is recorded with decisions.
    pub(crate) fn name(&self) -> String {
        match &self.wall {
            Wall::Inside(sandbox) => sandbox.profile().mode.to_string(),
            Wall::Off => "off".to_owned(),
            Wall::Missing => "missing".to_owned(),
        }
    }
}
