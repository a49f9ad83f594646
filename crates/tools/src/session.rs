//! What the tools of one session share: the mode of approval, the files each agent has seen, background processes, the
//! environment of commands, and the folder for output that is too long for a transcript.
#![expect(clippy::disallowed_methods, reason = "makes the folder that long output goes to")]

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use permissions::rights::Hosts;
use protocol::{AgentId, Clock};
use sandbox::Sandbox;

use crate::filesystem::ledger::{FileLedger, SeenFile};
use crate::permissions::{ApprovalMode, DeniedHosts, Guards, Policy};
use crate::shell::environment;
use crate::shell::processes::Processes;
use crate::shell::wall::{WallFell, WallWatch};
use crate::tool::ToolError;

/// What a session's tools are made from.
pub struct SessionToolsConfig {
    /// The workspace's folder; must exist.
    pub root: PathBuf,
    /// Where the full text of long output is kept; made when it is missing. Agents may read it.
    pub output_dir: PathBuf,
    /// When a person is asked.
    pub mode: ApprovalMode,
    /// Command lines that need no approval, besides the built-in list: the team's `verify` commands. Whole lines.
    pub allowed_commands: Vec<String>,
    /// The environment of this process. Commands get an allow-listed part of it, never keys.
    pub environment: Vec<(String, String)>,
    /// The shell; `bash` where there is one, else `sh`, when none is given.
    pub shell: Option<PathBuf>,
    /// Tells how long commands took.
    pub clock: Arc<dyn Clock>,
}

/// What the tools of one session share. Dropping it ends every process that was started with it.
pub struct SessionTools {
    root: PathBuf,
    output_dir: PathBuf,
    mode: Mutex<ApprovalMode>,
    allowed_commands: Vec<String>,
    environment: Vec<(String, String)>,
    shell: PathBuf,
    /// Marks every process of this session in its environment, so that none is missed when the session ends.
    cookie: String,
    guards: Guards,
    /// The wall around commands, in a word.
    sandbox_name: String,
    pub(crate) wall: WallWatch,
    /// Something that looks like a secret was shown to a model.
    secret_seen: AtomicBool,
    /// Agents whose `read` gives less than the tool's own limit, bytes per call.
    read_caps: BTreeMap<AgentId, usize>,
    commands_started: AtomicU32,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) files: FileLedger,
    pub(crate) processes: Processes,
    /// Held while a file is compared with what was read and replaced.
    pub(crate) writing: tokio::sync::Mutex<()>,
}

impl SessionTools {
    /// Checks the workspace's folder and makes the folder for long output.
    ///
    /// # Errors
    /// [`ToolError::Fatal`] when the workspace is not a folder, or the output folder cannot be made.
    pub fn new(config: SessionToolsConfig) -> Result<Self, ToolError> {
        let root = config.root.canonicalize().map_err(|error| {
            ToolError::Fatal(format!("the workspace {} cannot be opened: {error}", config.root.display()))
        })?;
        if !root.is_dir() {
            return Err(ToolError::Fatal(format!("the workspace {} is not a folder", root.display())));
        }
        let output_dir = make_folder(&config.output_dir).map_err(|error| {
            ToolError::Fatal(format!(
                "the folder for long output, {}, cannot be made: {error}",
                config.output_dir.display()
            ))
        })?;
        let environment = environment::allowed(&config.environment);
        let shell = config.shell.unwrap_or_else(|| environment::find_shell(&environment));
        static SESSIONS: AtomicU32 = AtomicU32::new(0);
        let cookie =
            format!("{}-{}-{}", std::process::id(), config.clock.now().0, SESSIONS.fetch_add(1, Ordering::Relaxed));
        Ok(Self {
            root,
            output_dir,
            mode: Mutex::new(config.mode),
            allowed_commands: config.allowed_commands,
            environment,
            shell,
            cookie,
            guards: Guards::default(),
            sandbox_name: "off".to_owned(),
            wall: WallWatch::default(),
            secret_seen: AtomicBool::new(false),
            read_caps: BTreeMap::new(),
            commands_started: AtomicU32::new(0),
            clock: config.clock,
            files: FileLedger::default(),
            processes: Processes::default(),
            writing: tokio::sync::Mutex::new(()),
        })
    }

    /// Caps what one `read` call of an agent gives, in bytes: a lead that has specialists is not to fill its own context.
    #[must_use]
    pub fn with_read_cap(mut self, agent: AgentId, bytes: usize) -> Self {
        self.read_caps.insert(agent, bytes);
        self
    }

    /// Puts guards around all commands.
    #[must_use]
    pub fn with_guards(mut self, guards: Guards) -> Self {
        self.sandbox_name = guards.name();
        self.guards = guards;
        self
    }

    pub(crate) fn sandbox(&self) -> Option<&Sandbox> {
        self.guards.sandbox().map(Arc::as_ref)
    }

    /// The wall that commands run behind: `read-only`, `workspace`, `workspace+net(...)`, `off`, `missing`.
    pub fn sandbox_name(&self) -> &str {
        &self.sandbox_name
    }

    /// That the wall no longer comes up, since [`SessionTools::forget_wall_fell`]. None where it does, and where there is none.
    pub fn wall_fell(&self) -> Option<WallFell> {
        self.wall.now()
    }

    /// What was is forgotten: the next command shows whether the wall stands.
    pub fn forget_wall_fell(&self) {
        self.wall.forget();
    }

    /// A model was shown something that looks like a secret. Where commands reach hosts, they are asked for from now on: what it read may
    /// have told it to send that there.
    pub fn secret_was_seen(&self) {
        self.secret_seen.store(true, Ordering::Relaxed);
    }

    /// Whether it makes a difference that a model was shown a secret: commands are let out through the wall.
    pub fn minds_secrets(&self) -> bool {
        self.sandbox().is_some() && self.network() != Hosts::none()
    }

    /// What the way out did not let through.
    pub(crate) fn denied_hosts(&self) -> &DeniedHosts {
        &self.guards.denied
    }

    /// Hosts that commands can reach through the wall: anywhere where there is none.
    pub fn network(&self) -> Hosts {
        let Some(sandbox) = self.sandbox() else { return Hosts::Any };
        match &sandbox.profile().mode {
            sandbox::Mode::ReadOnly | sandbox::Mode::Workspace => Hosts::none(),
            // A host that cannot be read may be any.
            sandbox::Mode::WorkspaceNet(hosts) => {
                let hosts = hosts.iter().map(|host| host.to_string().parse()).collect::<Result<_, _>>();
                hosts.map_or(Hosts::Any, Hosts::Only)
            }
            sandbox::Mode::Off => Hosts::Any,
        }
    }

    /// Where a path leads as a model wrote it: absolute, symlinks followed as far as it exists. None where that cannot be told.
    /// This says which right is needed; where a file is opened, the kernel decides anew whether it lies beneath the workspace.
    pub fn leads_to(&self, given: &str) -> Option<PathBuf> {
        let mut path = PathBuf::from("/");
        // By its letters first, as the tools read it.
        for part in self.root.join(given).components() {
            match part {
                Component::Normal(name) => path.push(name),
                Component::ParentDir => drop(path.pop()),
                Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
            }
        }
        let existing = path.ancestors().find(|ancestor| ancestor.exists())?;
        let rest = path.strip_prefix(existing).ok()?;
        // Joined part by part: an empty rest must not end in a slash.
        Some(rest.components().fold(existing.canonicalize().ok()?, |path, part| path.join(part)))
    }

    /// The cap of an agent's `read` calls, where it has one of its own.
    pub(crate) fn read_cap(&self, agent: &AgentId) -> Option<usize> {
        self.read_caps.get(agent).copied()
    }

    /// The workspace's folder: canonical, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder for output that is too long for a transcript.
    pub fn output_dir(&self) -> &Path {
        &self.output_dir
    }

    /// The mode in force.
    pub fn mode(&self) -> ApprovalMode {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the mode; it holds from the next decision on.
    pub fn set_mode(&self, mode: ApprovalMode) {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    /// What permissions are decided by.
    pub fn policy(&self) -> Policy {
        let path = self.environment.iter().find(|(name, _)| name == "PATH");
        Policy {
            mode: self.mode(),
            root: self.root.clone(),
            allowed_commands: self.allowed_commands.clone(),
            search_path: path.map(|(_, value)| value.clone()).unwrap_or_default(),
            around: self.guards.around(),
            rules: self.guards.rules.clone(),
            home: self.guards.home.clone(),
            leaky: self.secret_seen.load(Ordering::Relaxed) && self.minds_secrets(),
        }
    }

    /// The files that agents have seen, to be stored with the session.
    pub fn seen_files(&self) -> Vec<SeenFile> {
        self.files.all()
    }

    /// Puts back what [`SessionTools::seen_files`] gave, so that a resumed session still knows who read what.
    pub fn restore_seen_files(&self, seen: Vec<SeenFile>) {
        self.files.restore(seen);
    }

    /// What marks the processes of this run of the program. Stored with the session, so that a later run can end those that
    /// a kill left behind ([`SessionTools::end_left_behind`]).
    pub fn mark(&self) -> &str {
        &self.cookie
    }

    /// Ends what an earlier run of the session started and was killed before it could end.
    pub fn end_left_behind(&self, mark: &str) {
        if mark != self.cookie {
            environment::end_marked(&format!("{mark}."));
        }
    }

    /// Ends every background process, and everything that was started and left behind.
    pub async fn shutdown(&self) {
        self.processes.stop_all().await;
        self.end_marked();
    }

    fn end_marked(&self) {
        if self.commands_started.load(Ordering::Relaxed) > 0 {
            environment::end_marked(&format!("{}.", self.cookie));
        }
    }

    pub(crate) fn shell(&self) -> &Path {
        &self.shell
    }

    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// A mark for the next command's processes.
    pub(crate) fn next_mark(&self) -> String {
        format!("{}.{}.", self.cookie, self.commands_started.fetch_add(1, Ordering::Relaxed))
    }
}

impl Drop for SessionTools {
    fn drop(&mut self) {
        self.processes.kill_all();
        self.end_marked();
    }
}

/// Makes a folder that only its owner can enter: output may hold what the user's programs print.
fn make_folder(path: &Path) -> std::io::Result<PathBuf> {
    if !path.is_dir() {
        std::fs::create_dir_all(path)?;
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))?;
    }
    path.canonicalize()
}
