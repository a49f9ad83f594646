//! What all parts of an open session share.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use brains::Client;
use cache::economics::keep_warm::Gaps;
use cache::{Calibration, Posture, TokenCounter};
use catalogue::{CacheMode, Catalogue};
use protocol::{
    AgentId, Brain, CallId, Clock, Dialect, FileChange, LedgerRow, SessionId, Settings, Timestamp, Ttl, Usd,
};
use routing::Policy;
use store::{NoteRecord, Store, Write};
use team::{AgentSpec, Team};
use tools::permissions::Decision;
use tools::snapshot::Snapshots;
use tools::{Approval, ApprovalMode, ApprovalRequest, Host, SeenFile, SessionTools, SessionToolsConfig};

use super::{Noted, TURN_NOTE, TurnStart};
use crate::agent::Agent;
use crate::budget::Budget;
use crate::clients::Clients;
use crate::delegation::Active;
use crate::error::RuntimeError;
use crate::front::{Front, Shown};
use crate::infer::Stagger;
use crate::journal::Journal;
use crate::lanes::Routed;
use crate::rights::Authority;
use crate::setup::{ProjectContext, Setup};
use crate::telemetry::Capture;

/// Name of the note that keeps which files agents have seen.
const SEEN_NOTE: &str = "seen_files";

/// Most bytes that one `read` of a lead with closed hands gives, about 6,000 tokens: enough to check a place, too little to
/// explore with.
const LEAD_READ_CAP: usize = 24_000;

/// Most characters of a cache key (OpenAI's limit).
const CACHE_KEY_CHARS: usize = 64;

type Slot = Arc<tokio::sync::Mutex<Agent>>;

/// Held while a person is asked.
pub(crate) struct Asking<'a>(&'a AtomicUsize);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The inside of a session. Shared by the agents that work at the same time; what changes is behind its own lock.
pub(crate) struct Core {
    pub(crate) session: SessionId,
    pub(crate) team: Team,
    pub(crate) store: Store,
    pub(crate) journal: Journal,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) front: Arc<dyn Front>,
    pub(crate) root: PathBuf,
    pub(crate) project: ProjectContext,
    pub(crate) tools: Arc<SessionTools>,
    pub(crate) budget: Budget,
    pub(crate) active: Active,
    pub(crate) authority: Authority,
    /// Life of the conversation in the cache.
    pub(crate) tail_ttl: Ttl,
    pub(crate) output_schema: Option<serde_json::Value>,
    pub(crate) policy: Arc<Policy>,
    pub(crate) lanes: Routed,
    pub(crate) stagger: Arc<Stagger>,
    pub(crate) capture: Capture,
    /// The mode that this run of the program began with.
    pub(crate) began_with: ApprovalMode,
    /// Commands of the person's own that run now.
    pub(crate) own_commands: Mutex<BTreeSet<String>>,
    gaps: Mutex<Gaps>,
    /// When something last happened in this session.
    active_at: Mutex<Timestamp>,
    /// Questions that a person has before them.
    asking: AtomicUsize,
    clients: Clients,
    snapshots: Snapshots,
    agents: Mutex<BTreeMap<AgentId, Slot>>,
    /// Where the windows of agents stood at their last step: who works cannot be asked.
    pub(crate) standings: Mutex<BTreeMap<AgentId, Noted>>,
    calibration: Mutex<Calibration>,
    told: Mutex<BTreeSet<String>>,
    steering: AtomicBool,
    /// Something in this turn needed a person's yes, and nobody was there.
    missed: AtomicBool,
    /// What ended a specialist's work and concerns the person: it goes past the caller, who cannot mend it.
    fatal: Mutex<Option<RuntimeError>>,
    /// Held while the state of the files before a turn's first change is noted.
    first_change: tokio::sync::Mutex<()>,
    /// What agents have seen of files, as far as it is stored.
    seen: Mutex<BTreeMap<(AgentId, PathBuf), String>>,
}

impl Core {
    pub(super) fn new(setup: Setup, session: SessionId) -> Result<Self, RuntimeError> {
        let capture = Capture::of(&setup.environment);
        let state = setup.state_dir.join("sessions").join(session.as_str());
        let tools = SessionTools::new(SessionToolsConfig {
            root: setup.root.clone(),
            output_dir: state.join("output"),
            mode: setup.approval,
            allowed_commands: setup.team.verify.iter().map(|entry| entry.command.clone()).collect(),
            environment: setup.environment,
            shell: None,
            clock: setup.clock.clone(),
        })
        .map_err(|error| RuntimeError::Tool { tool: "set-up".to_owned(), message: error.to_string() })?
        .with_guards(setup.guards);
        let tools = match setup.team.main() {
            lead if lead.takes_over.is_empty() => tools,
            lead => tools.with_read_cap(lead.id.clone(), LEAD_READ_CAP),
        };
        let usd = [setup.limits.usd, setup.team.budget.usd].into_iter().flatten().min();
        let steps = [setup.limits.steps, setup.team.budget.steps].into_iter().flatten().min();
        let cache = &setup.team.cache;
        let lanes = Routed::new(setup.lanes, &session);
        let core = Self {
            journal: Journal::open(setup.store.clone(), session.clone(), setup.front.clone())?,
            snapshots: Snapshots::new(&state, tools.root()),
            root: tools.root().to_owned(),
            tools: Arc::new(tools),
            budget: Budget::new(usd, steps),
            active: Active::default(),
            authority: Authority::default(),
            tail_ttl: cache.tail,
            agents: Mutex::default(),
            standings: Mutex::default(),
            calibration: Mutex::default(),
            told: Mutex::default(),
            // A process that died may have left some behind: the first step looks.
            steering: AtomicBool::new(true),
            missed: AtomicBool::new(false),
            fatal: Mutex::default(),
            first_change: tokio::sync::Mutex::default(),
            seen: Mutex::default(),
            session,
            team: setup.team,
            store: setup.store,
            catalogue: setup.catalogue,
            clients: setup.clients,
            clock: setup.clock,
            front: setup.front,
            project: setup.project,
            output_schema: setup.output_schema,
            policy: setup.policy,
            lanes,
            stagger: Arc::default(),
            capture,
            began_with: setup.approval,
            own_commands: Mutex::default(),
            gaps: Mutex::new(Gaps::prior()),
            asking: AtomicUsize::new(0),
            active_at: Mutex::new(Timestamp(0)),
        };
        core.restore_sights()?;
        core.restore_rights()?;
        Ok(core)
    }

    /// Files that agents have seen since this was last asked, to be stored with what made them see it: a woken agent then
    /// still knows what it has read.
    pub(crate) fn new_sights(&self) -> Option<Write> {
        let mut stored = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<SeenFile> = self
            .tools
            .seen_files()
            .into_iter()
            .filter(|file| {
                let before = stored.insert((file.agent.clone(), file.path.clone()), file.hash.clone());
                before.as_ref() != Some(&file.hash)
            })
            .collect();
        if new.is_empty() {
            return None;
        }
        let json = serde_json::to_string(&new).unwrap_or_default();
        Some(Write::Note(NoteRecord { agent: None, kind: SEEN_NOTE.to_owned(), json, at: self.clock.now() }))
    }

    /// Ends commands that an earlier run of this session started and was killed before it could end: one that is asked for
    /// again must not run beside its own first run.
    pub(crate) fn end_left_behind(&self) -> Result<(), RuntimeError> {
        for note in self.store.notes_of(&self.session, super::PROCESSES_NOTE)? {
            self.tools.end_left_behind(&note.json);
        }
        Ok(())
    }

    /// Puts back what earlier processes of this session stored.
    fn restore_sights(&self) -> Result<(), RuntimeError> {
        for note in self.store.notes_of(&self.session, SEEN_NOTE)? {
            let files: Vec<SeenFile> = serde_json::from_str(&note.json).unwrap_or_default();
            self.tools.restore_seen_files(files);
        }
        self.new_sights();
        Ok(())
    }

    /// The agent, loaded at its first use. Whoever holds its lock runs it.
    pub(crate) fn agent(&self, spec: &AgentSpec) -> Result<Slot, RuntimeError> {
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = agents.get(&spec.id) {
            return Ok(slot.clone());
        }
        let slot = Arc::new(tokio::sync::Mutex::new(Agent::load(self, spec)?));
        agents.insert(spec.id.clone(), slot.clone());
        Ok(slot)
    }

    /// The client that a new window of a brain is opened with: in the dialect that its model works best in.
    pub(crate) fn client(&self, brain: &Brain) -> Result<Arc<Client>, RuntimeError> {
        self.clients.client(brain, self.catalogue.dialect_for(&brain.provider, &brain.model))
    }

    /// The client of a brain's provider that speaks the dialect of an open window.
    pub(crate) fn client_speaking(&self, brain: &Brain, dialect: Dialect) -> Result<Arc<Client>, RuntimeError> {
        self.clients.speaking(brain, dialect)
    }

    /// How a brain's provider caches what it is asked in this dialect, as far as it is known.
    pub(crate) fn posture(&self, brain: &Brain, dialect: Dialect) -> Posture {
        let model = self.catalogue.model(&brain.provider, &brain.model);
        let seconds = Duration::from_secs;
        match (dialect, model) {
            (Dialect::AnthropicMessages, model) => Posture::Explicit {
                // A server that speaks this dialect takes breakpoints, or ignores them.
                min_tokens: model.map_or(1_024, |model| model.min_cacheable),
                ttl_short: seconds(model.map_or(300, |model| model.ttl_short_s)),
                ttl_long: seconds(model.and_then(|model| model.ttl_long_s).unwrap_or(3_600)),
            },
            (_, Some(model)) => Posture::Implicit {
                min_tokens: model.min_cacheable,
                granularity: if model.cache_mode == CacheMode::ImplicitAndExplicit { 1 } else { 128 },
                ttl: seconds(model.ttl_short_s),
                breakpoints: self.catalogue.chat_flavor(&brain.provider, &brain.model).cache_breakpoints,
            },
            (_, None) => Posture::Unknown,
        }
    }

    /// What of a request is not context, for this agent's brain. What the model rejects is left out, and said once.
    pub(crate) fn settings(&self, agent: &Agent) -> Settings {
        self.settings_of(&agent.brain, agent.codec.dialect(), agent.spec.id.as_str())
    }

    /// The same for any brain, asked in this dialect; requests of one `name` share a prefix.
    pub(crate) fn settings_of(&self, brain: &Brain, dialect: Dialect, name: &str) -> Settings {
        let mut key = format!("{}-{name}", self.session);
        key.truncate(CACHE_KEY_CHARS);
        let mut settings = Settings {
            max_tokens: Some(brain.max_tokens),
            temperature: brain.temperature,
            effort: brain.effort,
            stream: true,
            cache_key: Some(key),
            ..self.chat_settings(brain)
        };
        for warning in self.catalogue.apply_quirks(&brain.provider, &brain.model, dialect, &mut settings) {
            self.notice(&warning);
        }
        settings
    }

    /// The part of the settings that changes how a message is rendered.
    pub(crate) fn chat_settings(&self, brain: &Brain) -> Settings {
        Settings { chat: self.catalogue.chat_flavor(&brain.provider, &brain.model), ..Settings::default() }
    }

    /// Dollars of a row; none where the price is not known.
    pub(crate) fn cost(&self, row: &LedgerRow) -> Option<Usd> {
        let cost = self.catalogue.cost(&row.brain.provider, &row.brain.model, &row.usage, row.at);
        if cost.is_none() {
            self.notice(&format!("the price of {} is not known: its cost is shown as unknown", row.brain));
        }
        cost
    }

    /// Learns a model's tokens per token of ours, once counts are exact.
    pub(crate) fn learn(&self, model: &str, counted: u64, billed: u64) {
        if TokenCounter::is_loaded() {
            self.calibration.lock().unwrap_or_else(PoisonError::into_inner).observe(model, counted, billed);
        }
    }

    /// Our count in a model's tokens.
    pub(crate) fn tokens(&self, model: &str, counted: u64) -> u64 {
        self.calibration.lock().unwrap_or_else(PoisonError::into_inner).apply(model, counted)
    }

    /// A model's tokens per token of ours.
    pub(crate) fn ratio(&self, model: &str) -> f64 {
        self.calibration.lock().unwrap_or_else(PoisonError::into_inner).ratio(model)
    }

    /// The agents that nobody is working with right now, locked for whoever asks.
    pub(crate) fn idle_agents(&self) -> Vec<tokio::sync::OwnedMutexGuard<Agent>> {
        let agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.values().filter_map(|slot| slot.clone().try_lock_owned().ok()).collect()
    }

    /// How long people take to come back, as far as it is known.
    pub(crate) fn gaps(&self) -> Gaps {
        self.gaps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The user came back: the wait since the last thing that happened is one more that is known.
    pub(crate) fn came_back(&self) {
        let since = self.last_active();
        if since > Timestamp(0) {
            let gap = self.clock.now().since(since);
            self.gaps.lock().unwrap_or_else(PoisonError::into_inner).observe(gap);
        }
    }

    /// Something happened.
    pub(crate) fn is_active(&self) {
        *self.active_at.lock().unwrap_or_else(PoisonError::into_inner) = self.clock.now();
    }

    /// When something last happened in this process; the epoch before anything did.
    pub(crate) fn last_active(&self) -> Timestamp {
        *self.active_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A person is being asked until the answer is dropped.
    pub(crate) fn asks(&self) -> Asking<'_> {
        self.asking.fetch_add(1, Ordering::AcqRel);
        Asking(&self.asking)
    }

    /// Whether a person has a question before them.
    pub(crate) fn is_asking(&self) -> bool {
        self.asking.load(Ordering::Acquire) > 0
    }

    /// Tells the person something that changes nothing, once.
    pub(crate) fn notice(&self, text: &str) {
        if self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned()) {
            self.front.show(Shown::Notice(text));
        }
    }

    /// The state of the workspace's files, by content; none where it cannot be taken (and the person is told why).
    pub(crate) async fn tree(&self) -> Option<String> {
        match self.snapshots.take().await {
            Ok(tree) => Some(tree),
            Err(error) => {
                self.notice(&format!("changes cannot be compared by content: {error}"));
                None
            }
        }
    }

    /// Files that differ from an earlier state, by content.
    pub(crate) async fn changes_since(&self, tree: &str) -> Option<Vec<FileChange>> {
        let now = self.tree().await?;
        if now == tree {
            return Some(Vec::new());
        }
        self.snapshots.changes(tree, &now).await.ok()
    }

    /// What changed since an earlier state, as a unified diff.
    pub(crate) async fn diff_since(&self, tree: &str) -> Option<String> {
        let now = self.tree().await?;
        self.snapshots.diff(tree, &now).await.ok()
    }

    /// Whether a command may be run as a check that a brief asks for: the same decision as for any shell command.
    pub(crate) async fn permit_check(
        &self,
        host: &dyn Host,
        from: &AgentId,
        call: &CallId,
        command: &str,
    ) -> Result<(), String> {
        let why = match self.judge_check(from, call, command).map_err(|error| error.to_string())? {
            Decision::Allow => return Ok(()),
            Decision::Refuse(why) => return Err(format!("acceptance `{command}`: {why}")),
            Decision::Ask(why) => why,
        };
        let request = ApprovalRequest {
            agent: from.clone(),
            tool: "delegate".to_owned(),
            call: call.clone(),
            what: format!("run as a check: {command}"),
            why,
        };
        match host.approve(request).await {
            Approval::Yes => Ok(()),
            Approval::No(reason) => Err(format!(
                "acceptance `{command}` may not be run: {reason}. Name verify entries of the team, or commands that are allowed"
            )),
        }
    }

    pub(crate) fn person_missed(&self) {
        self.missed.store(true, Ordering::Release);
    }

    /// Whether a person was missed since this was last asked.
    pub(crate) fn take_missed(&self) -> bool {
        self.missed.swap(false, Ordering::AcqRel)
    }

    /// Keeps an error for whoever runs the caller's tools, and gives its words.
    pub(crate) fn fail(&self, error: RuntimeError) -> String {
        let words = error.to_string();
        if matches!(error, RuntimeError::Interrupted) {
            // The caller was interrupted too, and hears of it by itself.
            return words;
        }
        *self.fatal.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        words
    }

    /// The error that ended a delegation, if one did.
    pub(crate) fn take_fatal(&self) -> Option<RuntimeError> {
        self.fatal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn has_input(&self) -> bool {
        self.steering.load(Ordering::Acquire)
    }

    pub(crate) fn input_came(&self) {
        self.steering.store(true, Ordering::Release);
    }

    pub(crate) fn input_taken(&self) {
        self.steering.store(false, Ordering::Release);
    }

    /// Where the current turn began.
    pub(crate) fn turn_start(&self) -> Option<TurnStart> {
        let note = self.store.last_note(&self.session, None, TURN_NOTE).ok()??;
        serde_json::from_str(&note.json).ok()
    }

    /// Notes the state of the files, before the first thing in a turn that may change them. A turn that only looks around
    /// needs no such note, and a first request need not wait for it.
    pub(crate) async fn before_change(&self) -> Result<(), RuntimeError> {
        let _one_at_a_time = self.first_change.lock().await;
        match self.turn_start() {
            Some(start) if !start.may_have_changed => {
                let start = TurnStart { tree: self.tree().await, may_have_changed: true, ..start };
                self.journal.commit(vec![start.note()], Vec::new())
            }
            _ => Ok(()),
        }
    }

    /// The turn came to an end: what it changed was looked at.
    pub(crate) fn turn_ended(&self) -> Result<(), RuntimeError> {
        match self.turn_start() {
            Some(start) if start.may_have_changed && !start.ended => {
                self.journal.commit(vec![TurnStart { ended: true, ..start }.note()], Vec::new())
            }
            _ => Ok(()),
        }
    }

    /// When the current turn began; the epoch before the first.
    pub(crate) fn turn_started_at(&self) -> Timestamp {
        self.turn_start().map_or(Timestamp(0), |start| start.at)
    }
}
