//! Which agent has seen which content of which file, so that nobody overwrites what he has not read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use protocol::AgentId;
use serde::{Deserialize, Serialize};

/// That an agent has seen a file with a certain content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenFile {
    /// Who.
    pub agent: AgentId,
    /// The file: absolute, symlinks resolved.
    pub path: PathBuf,
    /// BLAKE3 of the content, hexadecimal.
    pub hash: String,
}

/// How a file stands to what an agent has seen of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// The agent never saw it.
    Never,
    /// The content is the one the agent saw last.
    Same,
    /// The content is another one.
    Changed,
}

#[derive(Default)]
pub(crate) struct FileLedger {
    seen: Mutex<BTreeMap<(AgentId, PathBuf), String>>,
}

impl FileLedger {
    /// Notes that an agent knows this content, because it read or wrote it.
    pub(crate) fn record(&self, agent: &AgentId, path: &Path, content: &[u8]) {
        self.lock().insert((agent.clone(), path.to_owned()), hash(content));
    }

    pub(crate) fn sight(&self, agent: &AgentId, path: &Path, content: &[u8]) -> Sight {
        match self.lock().get(&(agent.clone(), path.to_owned())) {
            None => Sight::Never,
            Some(seen) if *seen == hash(content) => Sight::Same,
            Some(_) => Sight::Changed,
        }
    }

    pub(crate) fn all(&self) -> Vec<SeenFile> {
        let seen = |((agent, path), hash): (&(AgentId, PathBuf), &String)| SeenFile {
            agent: agent.clone(),
            path: path.clone(),
            hash: hash.clone(),
        };
        self.lock().iter().map(seen).collect()
    }

    pub(crate) fn restore(&self, seen: Vec<SeenFile>) {
        self.lock().extend(seen.into_iter().map(|seen| ((seen.agent, seen.path), seen.hash)));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<(AgentId, PathBuf), String>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(content: &[u8]) -> String {
    blake3::hash(content).to_hex().to_string()
}
