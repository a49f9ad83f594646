//! What every command starts from.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use catalogue::Catalogue;
use protocol::{Clock, SessionId};
use runtime::setup::ProjectContext;
use store::Store;

use super::files;
use super::home::{Environment, Home, workspace};
use crate::args::Common;
use crate::clock::SystemClock;
use crate::failure::Failure;

/// Files of a repository that tell agents how to work in it.
const INSTRUCTION_FILES: [&str; 2] = ["AGENTS.md", "CLAUDE.md"];

/// Environment, folders, clock, workspace, catalogue.
pub(crate) struct Context {
    pub(crate) environment: Environment,
    pub(crate) home: Home,
    pub(crate) root: PathBuf,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) catalogue: Arc<Catalogue>,
}

impl Context {
    /// Reads what is always needed: environment, folders, and the user's models file.
    pub(crate) fn new(common: &Common) -> anyhow::Result<Self> {
        let environment = Environment::read();
        let home = Home::find(&environment)?;
        let root = workspace(common.cwd.as_deref())?;
        let mut catalogue = Catalogue::builtin();
        let file = common.models.clone().unwrap_or_else(|| home.config.join("models.yaml"));
        let text = match &common.models {
            Some(file) => Some(files::read(file)?),
            None => files::read_if_there(&file)?,
        };
        if let Some(text) = text {
            catalogue = catalogue.overlay(&text, &file.display().to_string())?;
        }
        Ok(Self { environment, home, root, clock: Arc::new(SystemClock), catalogue: Arc::new(catalogue) })
    }

    /// The same for another workspace, with its state in a folder of its own.
    pub(crate) fn in_folder(&self, root: &Path, state: &Path) -> Self {
        Self {
            environment: self.environment.clone(),
            home: Home { state: state.to_owned(), config: self.home.config.clone() },
            root: root.to_owned(),
            clock: self.clock.clone(),
            catalogue: self.catalogue.clone(),
        }
    }

    /// Opens the store.
    pub(crate) fn store(&self) -> anyhow::Result<Store> {
        open_store(&self.home.state, &self.environment)
    }

    /// How long a task waits for the classifier, where a test says otherwise; only debug builds ask.
    pub(crate) fn classifier_patience(&self) -> Option<Duration> {
        let said = self.environment.get("AGENT_TEST_CLASSIFIER_MS").filter(|_| cfg!(debug_assertions))?;
        said.parse().ok().map(Duration::from_millis)
    }

    /// The same in the folder that a session works in.
    pub(crate) fn of_session(self, store: &Store, id: &SessionId) -> anyhow::Result<Self> {
        let record = store.session(id)?.ok_or_else(|| Failure::usage(format!("there is no session {id}")))?;
        Ok(Self { root: workspace(Some(record.cwd.as_ref()))?, ..self })
    }

    /// The last session in this folder: one that was only opened and left counts where there is no other.
    fn last_session(&self, store: &Store) -> anyhow::Result<SessionId> {
        let folder = self.root.display().to_string();
        let last = match store.latest_with_input(&folder)? {
            Some(last) => Some(last),
            None => store.latest(&folder)?,
        };
        last.map(|record| record.id).ok_or_else(|| {
            Failure::usage_with(
                format!("there is no session in {folder} yet"),
                "`agent sessions list` shows those in other folders, and reviews",
            )
        })
    }

    /// The session that a few characters name; without any, the last one in this folder.
    pub(crate) fn session(&self, store: &Store, wanted: Option<&str>) -> anyhow::Result<SessionId> {
        let Some(prefix) = wanted.filter(|text| !text.is_empty()) else {
            return self.last_session(store);
        };
        let mut found = store.resolve_prefix(prefix)?;
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (None, _) => Err(Failure::usage_with(
                format!("no session begins with `{prefix}`"),
                "`agent sessions list` shows those there are",
            )),
            (Some(last), false) => {
                found.push(last);
                let names: Vec<&str> = found.iter().take(5).map(SessionId::as_str).collect();
                let more = if found.len() > names.len() { ", ..." } else { "" };
                Err(Failure::usage_with(
                    format!("{} sessions begin with `{prefix}`: {}{more}", found.len(), names.join(", ")),
                    "give more of the id; `agent sessions list` shows the newest",
                ))
            }
        }
    }
}

/// What every agent is told once about the project. Its instructions only where they are `obeyed`: the folder is trusted.
pub(crate) fn project(root: &Path, obeyed: bool) -> anyhow::Result<ProjectContext> {
    let mut instructions: Vec<(String, String)> = Vec::new();
    for name in INSTRUCTION_FILES {
        if !obeyed {
            if root.join(name).is_file() {
                crate::text::note(&format!(
                    "note: {name} is not passed on: this folder is not trusted. Read it, then pass --trust once, or --trust-workspace \
                     for this run"
                ));
            }
            continue;
        }
        // A repository could link to anything the user can read, and what is read here is sent to a provider.
        let inside = root.join(name).canonicalize().ok().filter(|path| path.starts_with(root));
        // Advice that cannot be read is no reason not to work.
        let text = inside.as_deref().and_then(|path| match files::read_if_there(path) {
            Ok(text) => text,
            Err(error) => {
                crate::text::note(&format!("note: left out: {error}"));
                None
            }
        });
        if let Some(text) = text
            // One is often a link to, or a copy of, the other.
            && instructions.iter().all(|(_, known)| *known != text)
        {
            instructions.push((name.to_owned(), text));
        }
    }
    let head = files::read_if_there(&root.join(".git").join("HEAD"))?;
    let branch = head.and_then(|head| head.trim().strip_prefix("ref: refs/heads/").map(str::to_owned));
    Ok(ProjectContext { branch, instructions })
}

/// Opens the store in a folder. Debug builds take an instruction to die at a durable write, for the crash tests.
pub(crate) fn open_store(folder: &Path, environment: &Environment) -> anyhow::Result<Store> {
    let number = |name: &str| match environment.get(name) {
        Some(number) if cfg!(debug_assertions) => number.parse().ok(),
        _ => None,
    };
    let fault = store::FaultPlan {
        abort_at_write: number("AGENT_TEST_ABORT_AT_WRITE"),
        abort_before_write: number("AGENT_TEST_ABORT_BEFORE_WRITE"),
        abort_at_kind: number("AGENT_TEST_ABORT_AT_KIND"),
    };
    Ok(Store::open_with_fault(folder, fault)?)
}
