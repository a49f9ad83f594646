//! What stands between a session's commands and the machine.

use std::path::PathBuf;
use std::sync::Arc;

use permissions::rules::RuleSet;
use sandbox::Sandbox;

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
}

impl Guards {
    /// The sandbox, where there is one.
    pub(crate) fn sandbox(&self) -> Option<&Arc<Sandbox>> {
        if let Wall::Inside(sandbox) = &self.wall { Some(sandbox) } else { None }
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
