//! What both faces of a chat work with: an open session, and what its commands come to.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use protocol::{AgentId, SessionId};
use runtime::{Input, ReviewWish, Session};
use sandbox::Mode as Wall;
use screen::{Candidate, Said};
use tokio_util::sync::CancellationToken;
use tools::ApprovalMode;

use super::own::Own;
use super::registry::{self, Command, Kind, When};
use super::windows;
use super::words::{self, Agents};
use crate::commands::start::{self, Opened};
use crate::commands::{cost, init, sessions, why};
use crate::config::{Context, files, guards};
use crate::failure::Failure;
use crate::text;

/// Sessions that a person chooses from.
const CHOICES: usize = 30;
/// The newest sessions, of which those of this folder can be chosen.
const LOOKED_AT: usize = 300;
/// Sessions that are listed.
const LISTED: usize = 20;

/// An open session in a chat.
pub(super) struct Room<'a> {
    pub(super) context: &'a Context,
    pub(super) opened: &'a Opened,
    pub(super) own: &'a Own,
    /// The mode that `/plan off` goes back to.
    pub(super) before_plan: &'a BeforePlan,
}

/// The mode before plan mode.
#[derive(Debug)]
pub(super) struct BeforePlan(Mutex<ApprovalMode>);

impl BeforePlan {
    pub(super) fn new(mode: ApprovalMode) -> Self {
        Self(Mutex::new(mode))
    }

    pub(super) fn get(&self) -> ApprovalMode {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, mode: ApprovalMode) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }
}

/// What a chat takes along to another session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Modes {
    pub(super) now: ApprovalMode,
    pub(super) before_plan: ApprovalMode,
}

/// Images that go along with what is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Images {
    /// These and no others: the person saw each of them named.
    Listed(Vec<PathBuf>),
    /// Those of the workspace that the words name by `@`.
    Named,
}

/// What a command came to.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) said: Vec<Said>,
    pub(super) then: Then,
}

/// What follows a command.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Then {
    #[default]
    Nothing,
    /// A turn with these words.
    Turn(String),
    /// One of these is chosen; then the command is given again with its key.
    Choose { title: String, of: Vec<Candidate>, command: &'static str },
    /// The chat ends.
    Leave,
    /// Another session is opened.
    Open(Open),
}

/// Which session is opened next, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Open {
    /// None for a new one.
    pub(super) resume: Option<SessionId>,
    /// How far its commands may go, where that was said.
    pub(super) sandbox: Option<Wall>,
}

impl Done {
    fn text(text: impl Into<String>) -> Self {
        Self::said(Said::Text(text.into()))
    }

    fn said(said: Said) -> Self {
        Self { said: vec![said], then: Then::Nothing }
    }

    fn then(then: Then) -> Self {
        Self { said: Vec::new(), then }
    }
}

/// An error as it is told.
pub(super) fn told(error: &anyhow::Error) -> Said {
    let hint = error.downcast_ref::<Failure>().and_then(|failure| failure.hint.clone());
    Said::Error { message: format!("{error:#}"), hint }
}

impl<'a> Room<'a> {
    pub(super) fn session(&self) -> &Session {
        &self.opened.session
    }

    /// Who leads the team.
    pub(super) fn main(&self) -> &AgentId {
        &self.opened.team.main().id
    }

    /// What a person says, with its images.
    pub(super) async fn input(&self, text: String, images: Images) -> anyhow::Result<Input> {
        let paths: Vec<PathBuf> = match images {
            Images::Listed(paths) => paths,
            Images::Named => {
                let root = &self.context.root;
                words::images(&text).map(PathBuf::from).filter(|path| files::is_file_inside(root, path)).collect()
            }
        };
        let images = if paths.is_empty() { Vec::new() } else { self.session().images(&paths).await? };
        Ok(Input { text, images })
    }

    /// How many inputs wait for their turn, in words; none where nothing waits.
    pub(super) fn waiting(&self) -> anyhow::Result<Option<String>> {
        let waiting = self.queued()?;
        Ok((waiting > 0).then(|| format!("{waiting} queued: not begun; it follows your next task")))
    }

    /// How many inputs wait for their turn.
    pub(super) fn queued(&self) -> anyhow::Result<usize> {
        Ok(self.opened.store.inputs(self.session().id(), true)?.len())
    }

    /// A command, without its `/`. What it is refused for is an error. `working`: a turn runs.
    pub(super) async fn command(
        &self,
        name: &str,
        words: &str,
        working: bool,
        cancel: &CancellationToken,
    ) -> anyhow::Result<Done> {
        let words = words.trim();
        if let Some(command) = registry::find(name) {
            if command.takes.is_empty() {
                words::nothing(&format!("/{name}"), words).map_err(Failure::usage)?;
            }
            if working && command.when == When::BetweenTurns {
                return Err(Failure::usage("not while the team works: between two turns"));
            }
            return self.built_in(command, words, working, cancel).await;
        }
        if let Some(prompt) = self.own.prompt(name, words) {
            return Ok(Done::then(Then::Turn(prompt)));
        }
        let known: Vec<String> =
            registry::candidates(self.own).into_iter().map(|one| format!("/{}", one.insert)).collect();
        Err(Failure::usage(words::unknown(&format!("/{name}"), known.iter().map(String::as_str))))
    }

    async fn built_in(
        &self,
        command: &Command,
        words: &str,
        working: bool,
        cancel: &CancellationToken,
    ) -> anyhow::Result<Done> {
        match command.kind {
            Kind::Help => Ok(Done::text(registry::help(self.own, HELP))),
            Kind::Team => Ok(Done::text(self.team())),
            Kind::Model => self.model(words, cancel).await,
            Kind::Plan => self.plan(words, working),
            Kind::Review => self.review(words, cancel).await,
            Kind::Diff => self.diff(words, cancel).await,
            Kind::Compact => self.compact(words, cancel).await,
            Kind::Context => Ok(Done::text(windows::context(&self.session().status()?))),
            Kind::Cost => self.cost(),
            Kind::Why => self.why(words),
            Kind::Sessions => said_by(|| sessions::list(self.context, LISTED, false)),
            Kind::Resume => self.resume(words),
            Kind::Export => self.export(words),
            Kind::Approve => self.approve(words),
            Kind::Sandbox => self.sandbox(words, working),
            Kind::Init => said_by(|| init::run(self.context, "tandem", false)),
            Kind::Clear => Ok(Done::then(Then::Open(Open::default()))),
            Kind::Quit => Ok(Done::then(Then::Leave)),
        }
    }

    fn team(&self) -> String {
        let agent = |agent: &team::AgentSpec| format!("{}: {} ({})", agent.id, agent.brain, agent.role.as_str());
        self.opened.team.agents.iter().map(agent).collect::<Vec<_>>().join("\n")
    }

    fn with_agents<T>(&self, work: impl FnOnce(&Agents<'_>) -> Result<T, String>) -> anyhow::Result<T> {
        let all: Vec<AgentId> = self.opened.team.agents.iter().map(|agent| agent.id.clone()).collect();
        work(&Agents { main: self.main(), all: &all }).map_err(Failure::usage)
    }

    async fn model(&self, words: &str, cancel: &CancellationToken) -> anyhow::Result<Done> {
        let names = &self.opened.names;
        let wanted = self.with_agents(|agents| words::model(words, agents, &|word| names.is_alias(word)))?;
        windows::model(self.session(), names, &self.opened.team, wanted, cancel).await.map(Done::text)
    }

    async fn compact(&self, words: &str, cancel: &CancellationToken) -> anyhow::Result<Done> {
        let wanted = self.with_agents(|agents| words::compact(words, agents))?;
        windows::compact(self.session(), wanted, cancel).await.map(Done::text)
    }

    /// The next of ask, auto, plan.
    pub(super) fn next_mode(&self) -> Said {
        let next = match self.session().approval_mode() {
            ApprovalMode::Ask => ApprovalMode::Auto,
            ApprovalMode::Auto => ApprovalMode::Deny,
            ApprovalMode::Deny => ApprovalMode::Ask,
        };
        Said::Text(self.set_mode(next))
    }

    /// Changes when a person is asked; what there is to say of it.
    fn set_mode(&self, mode: ApprovalMode) -> String {
        let before = self.session().approval_mode();
        if mode == ApprovalMode::Deny && before != ApprovalMode::Deny {
            self.before_plan.set(before);
        }
        if mode != before {
            self.session().set_approval_mode(mode);
        }
        format!("mode {}: {}", mode_name(mode), mode_words(mode))
    }

    fn plan(&self, words: &str, working: bool) -> anyhow::Result<Done> {
        match words {
            "off" if self.session().approval_mode() != ApprovalMode::Deny => {
                Err(Failure::usage("this is no plan mode; /approve says which mode it is"))
            }
            "off" => Ok(Done::text(self.set_mode(self.before_plan.get()))),
            "" => Ok(Done::text(self.set_mode(ApprovalMode::Deny))),
            _ if working => Err(Failure::usage_with(
                "a task is not planned while the team works on another",
                "/plan alone goes to plan mode now; the task follows when the turn is over",
            )),
            task => {
                let said = vec![Said::Text(self.set_mode(ApprovalMode::Deny))];
                Ok(Done { said, then: Then::Turn(task.to_owned()) })
            }
        }
    }

    fn approve(&self, words: &str) -> anyhow::Result<Done> {
        Ok(Done::text(match words::approve(words).map_err(Failure::usage)? {
            Some(mode) => self.set_mode(mode),
            None => {
                let mode = self.session().approval_mode();
                format!("mode {}: {}. /approve ask, auto or plan changes it", mode_name(mode), mode_words(mode))
            }
        }))
    }

    async fn review(&self, words: &str, cancel: &CancellationToken) -> anyhow::Result<Done> {
        let range = Some(words.to_owned()).filter(|range| !range.is_empty());
        let brain = start::verifier(&self.opened.policy, &self.opened.team, &self.opened.names)?;
        let review = self.session().review(&ReviewWish { range, task: String::new(), brain }, cancel).await?;
        Ok(Done::said(Said::Markdown(review.markdown().trim_end().to_owned())))
    }

    async fn diff(&self, words: &str, cancel: &CancellationToken) -> anyhow::Result<Done> {
        let range = Some(words).filter(|range| !range.is_empty());
        let found = self.session().difference(range, cancel).await?;
        if found.diff.is_empty() {
            let against = range.map_or_else(|| "the last commit".to_owned(), |range| format!("`{range}`"));
            return Ok(Done::text(format!("nothing differs from {against}")));
        }
        let mut said = vec![Said::Diff(found.diff)];
        if found.cut {
            said.push(Said::Text("the end is missing: the diff is longer than 4 MB".to_owned()));
        }
        let changed: Vec<String> = self.session().turn_changes().await.into_iter().map(|change| change.path).collect();
        if !changed.is_empty() {
            said.push(Said::Text(format!("the last turn changed {}", changed.join(", "))));
        }
        Ok(Done { said, then: Then::Nothing })
    }

    fn cost(&self) -> anyhow::Result<Done> {
        let asked = cost::Asked { session: Some(self.session().id().to_string()), ..cost::Asked::default() };
        let mut done = said_by(|| cost::run(self.context, asked))?;
        done.said.push(Said::Text(self.bill()?));
        Ok(done)
    }

    /// `$0.0123 in this session, cache hits 87 %`, and where each window stands.
    pub(super) fn bill(&self) -> anyhow::Result<String> {
        let cost = self.opened.store.session_cost(self.session().id())?;
        let usd = cost.usd.map_or("cost unknown".to_owned(), |usd| usd.to_string());
        let mut lines = vec![format!("[{usd} in this session, cache hits {:.0} %]", cost.usage.hit_rate() * 100.0)];
        lines.extend(self.session().status()?.iter().map(|status| format!("[{}]", windows::line(status))));
        Ok(lines.join("\n"))
    }

    fn why(&self, words: &str) -> anyhow::Result<Done> {
        let step = words::step(words).map_err(Failure::usage)?;
        let session = Some(self.session().id().to_string());
        said_by(|| why::run(self.context, &why::Asked { session, step, verbose: false, json: false }))
    }

    /// The other sessions of this folder that were talked with, the newest first.
    fn others(&self) -> anyhow::Result<Vec<store::SessionSummary>> {
        let here = self.context.root.display().to_string();
        let all = self.opened.store.sessions(LOOKED_AT)?.into_iter();
        let others = all.filter(|one| one.session.cwd == here && one.session.id != *self.session().id());
        Ok(others.filter(|one| !one.session.title.is_empty() && !one.aside).collect())
    }

    fn resume(&self, words: &str) -> anyhow::Result<Done> {
        let none = || {
            Failure::usage_with(
                "there is no other session in this folder",
                "/sessions lists those of other folders; /resume with an id goes there",
            )
        };
        let id = match words {
            "" => {
                let of: Vec<Candidate> = self.others()?.iter().take(CHOICES).map(choice).collect();
                if of.is_empty() {
                    return Err(none());
                }
                return Ok(Done::then(Then::Choose { title: "go on with".to_owned(), of, command: "resume" }));
            }
            // The last one here is the one that is open: this is the last one but it.
            "-" => self.others()?.into_iter().next().ok_or_else(none)?.session.id,
            prefix => self.context.session(&self.opened.store, Some(prefix))?,
        };
        if id == *self.session().id() {
            return Err(Failure::usage("this is that session"));
        }
        Ok(Done::then(Then::Open(Open { resume: Some(id), sandbox: None })))
    }

    fn export(&self, words: &str) -> anyhow::Result<Done> {
        let id = self.session().id();
        let path = match words {
            "" => self.context.root.join(format!("session-{id}.md")),
            typed => self.context.root.join(typed.trim_matches('"')),
        };
        let page = sessions::markdown(&self.opened.store, id)?;
        crate::config::files::write_new(&path, &page)?;
        Ok(Done::text(format!("wrote {}", shown(&self.context.root, &path))))
    }

    fn sandbox(&self, words: &str, working: bool) -> anyhow::Result<Done> {
        let now = &self.opened.sandbox;
        if words.is_empty() {
            let mut lines = vec![format!("commands run in: {now}")];
            lines.extend(self.opened.banner.clone());
            // The look at the machine takes a moment, in which nothing else goes on.
            if !working {
                for step in guards::ladder(self.context)?.steps {
                    let fix = step.fix.map(|fix| format!(" ({fix})")).unwrap_or_default();
                    let sign = if step.holds { "ok  " } else { "no  " };
                    lines.push(format!("  {sign}{}: {}{fix}", step.name, step.found));
                }
            }
            lines.push("/sandbox read-only, workspace or workspace+net(HOST,...) changes it".to_owned());
            return Ok(Done::text(lines.join("\n")));
        }
        if working {
            return Err(Failure::usage("not while the team works: between two turns"));
        }
        match words.parse::<Wall>() {
            Ok(Wall::Off) => Err(Failure::usage_with(
                "a chat never switches the sandbox off",
                format!("leave it, and type: agent chat --resume {} --no-sandbox", self.session().id()),
            )),
            Ok(mode) if mode.to_string() == *now => Ok(Done::text(format!("commands run in {now} already"))),
            Ok(mode) => {
                let resume = Some(self.session().id().clone());
                Ok(Done::then(Then::Open(Open { resume, sandbox: Some(mode) })))
            }
            Err(error) => Err(Failure::usage(format!("/sandbox: {error}"))),
        }
    }
}

const HELP: &str = "Type a task and press Enter. While the team works, what you type steers the next step; `> text` is kept for the next \
turn. At a terminal `!command` runs a shell command of your own and shows it to the team.";

/// What a command of the program says, where it is said in a chat.
fn said_by<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<Done> {
    let (done, said) = text::collect(work);
    done?;
    Ok(Done::text(said))
}

fn choice(summary: &store::SessionSummary) -> Candidate {
    let session = &summary.session;
    let status = session.status.map_or("unfinished", |status| status.as_str());
    let usd = summary.usd.map_or("cost unknown".to_owned(), |usd| usd.to_string());
    Candidate {
        insert: session.id.to_string(),
        about: format!("{} ({status}, {usd})", session.title),
        takes: String::new(),
    }
}

/// A path as a person in the workspace would write it.
fn shown(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

pub(super) fn mode_name(mode: ApprovalMode) -> &'static str {
    match mode {
        ApprovalMode::Ask => "ask",
        ApprovalMode::Auto => "auto",
        ApprovalMode::Deny => "plan",
    }
}

fn mode_words(mode: ApprovalMode) -> &'static str {
    match mode {
        ApprovalMode::Ask => "you are asked before files change and before commands that are not known to be harmless",
        ApprovalMode::Auto => "you are asked only where a rule or the floor says so",
        ApprovalMode::Deny => "nothing but reading is done; /plan off goes back",
    }
}
