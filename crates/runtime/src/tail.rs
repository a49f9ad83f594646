//! What is told at the end of a transcript, once: that the mode changed, and what the person ran themselves. What an agent was told is
//! read off its transcript, so that a resume neither forgets nor repeats it.

use std::collections::BTreeSet;

use protocol::Item;
use serde::{Deserialize, Serialize};
use store::{NoteRecord, Write};
use tools::ApprovalMode;

use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::fragments;
use crate::session::Core;

/// Name of the note that keeps a command of the person's own: once when it begins, once when it has ended.
const OWN_COMMAND_NOTE: &str = "own_command";

/// Tools by which an agent does more than read. Who has none of them need not be told that nothing but reading is possible.
const ACTING: [&str; 6] = ["edit", "write", "bash", "git_commit", "delegate", "take_over"];

/// What an agent was told, over all its windows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// The mode, when it last was.
    mode: Option<ApprovalMode>,
    /// Commands of the person's own.
    own_commands: BTreeSet<String>,
}

impl Told {
    /// Takes the next item into account.
    pub(crate) fn observe(&mut self, item: &Item) {
        self.mode = fragments::mode_of(item).or(self.mode);
        self.own_commands.extend(fragments::own_command_of(item).map(str::to_owned));
    }
}

/// A command of the person's own, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OwnCommand {
    /// Its name.
    pub(crate) call: String,
    /// The line.
    pub(crate) command: String,
    /// How it ended; none while it runs, and after the program died over it.
    pub(crate) ended: Option<OwnEnd>,
}

/// How a command of the person's own ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OwnEnd {
    /// In words: `exit 0`.
    pub(crate) how: String,
    /// What it printed, as agents are told it.
    pub(crate) output: String,
}

impl OwnCommand {
    pub(crate) fn note(&self, core: &Core) -> Write {
        Write::Note(NoteRecord {
            agent: None,
            kind: OWN_COMMAND_NOTE.to_owned(),
            json: serde_json::to_string(self).unwrap_or_default(),
            at: core.clock.now(),
        })
    }
}

impl Core {
    /// Every command of the person's own so far, as it stands.
    pub(crate) fn own_commands(&self) -> Result<Vec<OwnCommand>, RuntimeError> {
        let mut all: Vec<OwnCommand> = Vec::new();
        for note in self.store.notes_of(&self.session, OWN_COMMAND_NOTE)? {
            let Ok(command) = serde_json::from_str::<OwnCommand>(&note.json) else { continue };
            match all.iter_mut().find(|known| known.call == command.call) {
                Some(known) => *known = command,
                None => all.push(command),
            }
        }
        Ok(all)
    }

    /// Commands of the person's own that the main agent has not been told of.
    pub(crate) fn own_commands_to_tell(&self, main: &Agent) -> Result<Vec<Item>, RuntimeError> {
        let running = self.own_commands_running().clone();
        let untold = self.own_commands()?.into_iter();
        let untold = untold.filter(|command| !main.told.own_commands.contains(&command.call));
        Ok(untold.filter(|command| !running.contains(&command.call)).map(|it| fragments::own_command(&it)).collect())
    }

    /// That the mode is another than an agent knows of, if it is.
    pub(crate) fn mode_to_tell(&self, agent: &Agent) -> Option<Item> {
        let now = self.tools.mode();
        let reads_only = now == ApprovalMode::Deny;
        let tell = match agent.told.mode {
            // A compaction may have taken what was said; that changes are refused has to be known all the time.
            Some(told) if told == now => {
                reads_only && !agent.items.iter().any(|item| fragments::mode_of(item) == Some(now))
            }
            Some(_) => true,
            // Whether the session began so or was switched: who knows of no mode takes it that changes are wanted.
            None if reads_only => true,
            None => agent.steps > 0 && self.began_with != now,
        };
        let acts = agent.spec.tools.iter().any(|tool| ACTING.contains(&tool.as_str()));
        let was_reading = agent.told.mode.unwrap_or(self.began_with) == ApprovalMode::Deny;
        (tell && acts).then(|| fragments::mode(now, was_reading, !agent.spec.delegates_to.is_empty()))
    }
}

impl Agent {
    /// Says at the end what the agent does not know yet.
    pub(crate) fn bring_up_to_date(&mut self, core: &Core) -> Result<(), RuntimeError> {
        match core.mode_to_tell(self) {
            Some(told) => self.append(core, vec![told], Vec::new(), Vec::new()),
            None => Ok(()),
        }
    }
}
