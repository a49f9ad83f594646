//! Every resolved field and where it came from.

use std::collections::BTreeMap;

use catalogue::yaml::{self, Path};
use protocol::request::Ttl;
use protocol::{Brain, Effort};

use crate::settings::Compaction;
use crate::spec::{AgentSpec, Role, Team};

/// A resolved field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Which: `agents.sidekick.brain.model`.
    pub path: String,
    /// Its value, as it would stand in a file.
    pub value: String,
    /// Where it came from: `team.yaml:12`, `default of role specialist`, `built-in tandem`, ...
    pub origin: String,
}

/// What is remembered of a team's making, for [`Team::show`].
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sources {
    file: String,
    text: String,
    /// The agents are the built-in team's.
    borrowed: bool,
    /// Agent -> the alias its brain was reached by.
    brains: BTreeMap<String, String>,
    /// Check -> who added it after loading.
    merged: BTreeMap<String, String>,
    /// Agent -> tools its role added to what the file grants.
    added: BTreeMap<String, Vec<String>>,
}

impl Sources {
    pub(crate) fn new(file: &str, text: &str, borrowed: bool) -> Self {
        Self { file: file.to_owned(), text: text.to_owned(), borrowed, ..Self::default() }
    }

    pub(crate) fn brain(&mut self, agent: &str, via: Option<String>) {
        if let Some(via) = via {
            self.brains.insert(agent.to_owned(), via);
        }
    }

    pub(crate) fn added(&mut self, agent: &str, tools: &[String]) {
        if !tools.is_empty() {
            self.added.insert(agent.to_owned(), tools.to_vec());
        }
    }

    pub(crate) fn merged(&mut self, check: &str, origin: &str) {
        self.merged.insert(check.to_owned(), origin.to_owned());
    }

    /// `team.yaml:12` where the file says it.
    fn said(&self, path: &Path) -> Option<String> {
        yaml::place_of(&self.text, path).map(|place| format!("{}:{}", self.file, place.line))
    }
}

impl Team {
    /// Every resolved field with its value and where it came from, in the order of the format.
    pub fn show(&self) -> Vec<Field> {
        let mut list = List { sources: &self.sources, fields: Vec::new() };
        list.add("version", "1".to_owned(), &Path::default().key("version"), "default");
        let name = Path::default().key("name");
        list.add("name", self.name.clone(), &name, "name of the file");
        for (index, agent) in self.agents.iter().enumerate() {
            list.agent(agent, &Path::default().key("agents").index(index), self.is_solo());
        }
        for (index, check) in self.verify.iter().enumerate() {
            let path = Path::default().key("verify").index(index);
            let origin = self.sources.merged.get(&check.name).cloned();
            for (field, value) in [("command", check.command.clone()), ("timeout_s", check.timeout_s.to_string())] {
                let shown = format!("verify.{}.{field}", check.name);
                match &origin {
                    Some(origin) => list.push(shown, value, origin.clone()),
                    None => list.add(&shown, value, &path.key(field), "default"),
                }
            }
        }
        self.show_settings(&mut list);
        list.fields
    }

    fn show_settings(&self, list: &mut List<'_>) {
        let no_limit = || "no limit".to_owned();
        let lifetime = |ttl: Ttl| if ttl == Ttl::Long { "long" } else { "short" }.to_owned();
        let settings = [
            ("budget", "usd", self.budget.usd.map_or_else(no_limit, |usd| usd.to_string())),
            ("budget", "steps", self.budget.steps.map_or_else(no_limit, |steps| steps.to_string())),
            ("cache", "prefix", self.cache.prefix.as_str().to_owned()),
            ("cache", "tail", lifetime(self.cache.tail)),
            ("cache", "keep_warm", self.cache.keep_warm.as_str().to_owned()),
            ("cache", "max_pings", self.cache.max_pings.to_string()),
        ];
        list.compaction("", &self.compaction, &Path::default(), &Path::default());
        for (section, field, value) in settings {
            let path = Path::default().key(section).key(field);
            list.add(&format!("{section}.{field}"), value, &path, "default");
        }
    }
}

struct List<'a> {
    sources: &'a Sources,
    fields: Vec<Field>,
}

impl List<'_> {
    fn push(&mut self, path: String, value: String, origin: String) {
        self.fields.push(Field { path, value, origin });
    }

    fn add(&mut self, shown: &str, value: String, path: &Path, default: &str) {
        let origin = self.sources.said(path).unwrap_or_else(|| default.to_owned());
        self.push(shown.to_owned(), value, origin);
    }

    fn agent(&mut self, agent: &AgentSpec, path: &Path, solo: bool) {
        let default = match (self.sources.borrowed, solo) {
            (true, _) => "built-in tandem".to_owned(),
            (false, true) => "default of a team of one".to_owned(),
            (false, false) => format!("default of role {}", agent.role.as_str()),
        };
        let id = agent.id.as_str();
        let shown = |field: &str| format!("agents.{id}.{field}");
        let optional = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
        let role_default = match (agent.role, solo) {
            (Role::Coordinator, true) => "the only agent",
            (Role::Coordinator, false) => "the first agent",
            (Role::Specialist, _) => "not the coordinator",
        };
        self.add(&shown("role"), agent.role.as_str().to_owned(), &path.key("role"), role_default);
        self.add(&shown("specialty"), optional(&agent.specialty), &path.key("specialty"), &default);
        self.brain(&agent.brain, id, &path.key("brain"), &default);
        let with_effort = |rung: &Brain| match rung.effort {
            Some(effort) => format!("{rung}@{}", effort_word(effort)),
            None => rung.to_string(),
        };
        let rungs: Vec<String> = agent.ladder.iter().map(with_effort).collect();
        self.add(&shown("ladder"), list_of(&rungs), &path.key("ladder"), &default);
        self.add(&shown("instructions"), optional(&agent.instructions), &path.key("instructions"), &default);
        self.tools(agent, path, &default);
        self.add(&shown("audience"), agent.audience.as_str().to_owned(), &path.key("audience"), &default);
        let limits = path.key("limits");
        let usd = agent.limits.usd.map_or("no limit of its own".to_owned(), |usd| usd.to_string());
        self.add(&shown("limits.steps"), agent.limits.steps.to_string(), &limits.key("steps"), &default);
        self.add(&shown("limits.usd"), usd, &limits.key("usd"), &default);
        self.add(&shown("limits.minutes"), agent.limits.minutes.to_string(), &limits.key("minutes"), &default);
        let addressees: Vec<String> = agent.delegates_to.iter().map(ToString::to_string).collect();
        self.add(&shown("delegates_to"), list_of(&addressees), &path.key("delegates_to"), &default);
        self.compaction(&format!("agents.{id}."), &agent.compaction, path, &Path::default());
        let team = Path::default().key("cache").key("keep_warm");
        let said = self.sources.said(&path.key("keep_warm")).or_else(|| self.sources.said(&team));
        let warm = agent.keep_warm.as_str().to_owned();
        self.push(shown("keep_warm"), warm, said.unwrap_or_else(|| "default".to_owned()));
        if agent.role == Role::Specialist {
            self.add(&shown("context"), agent.context.as_str().to_owned(), &path.key("context"), "default");
            let escalate_to = agent.escalate_to.as_str().to_owned();
            self.add(&shown("escalate_to"), escalate_to, &path.key("escalate_to"), "default");
        }
    }

    /// When a window is closed: said by the agent itself, by its team, or left out.
    fn compaction(&mut self, shown: &str, compaction: &Compaction, own: &Path, team: &Path) {
        let cheapest = || "the cheapest capable brain of the team".to_owned();
        let summarizer = compaction.summarizer.as_ref().map_or_else(cheapest, ToString::to_string);
        let fields = [
            ("at_tokens", compaction.at.to_string()),
            ("keep_tail", compaction.keep_tail.to_string()),
            ("summary_max", compaction.summary_max.to_string()),
            ("summarizer", summarizer),
        ];
        for (field, value) in fields {
            let names: &[&str] = if field == "at_tokens" { &["at_tokens", "at"] } else { &[field] };
            let said = [own, team].iter().find_map(|holder| {
                names.iter().find_map(|name| self.sources.said(&holder.key("compaction").key(name)))
            });
            self.push(format!("{shown}compaction.{field}"), value, said.unwrap_or_else(|| "default".to_owned()));
        }
    }

    fn tools(&mut self, agent: &AgentSpec, path: &Path, default: &str) {
        let shown = |field: &str| format!("agents.{}.{field}", agent.id);
        let said = self.sources.said(&path.key("modules")).unwrap_or_else(|| default.to_owned());
        let origin = match self.sources.added.get(agent.id.as_str()) {
            Some(added) => format!("{said}, and {} of role {}", added.join(", "), agent.role.as_str()),
            None => said,
        };
        self.push(shown("tools"), list_of(&agent.tools), origin.clone());
        let origin = if agent.takes_over.is_empty() { "no tool waits for take_over".to_owned() } else { origin };
        self.push(shown("takes_over"), list_of(&agent.takes_over), origin);
    }

    fn brain(&mut self, brain: &Brain, agent: &str, path: &Path, default: &str) {
        let shown = |field: &str| format!("agents.{agent}.brain.{field}");
        let said = self.sources.said(&path.key("model")).or_else(|| self.sources.said(path));
        let said = said.unwrap_or_else(|| default.to_owned());
        let origin = match self.sources.brains.get(agent) {
            Some(via) => format!("{said}, {via}"),
            None => said,
        };
        self.push(shown("provider"), brain.provider.clone(), origin.clone());
        self.push(shown("model"), brain.model.clone(), origin);
        let own = "the model's own".to_owned();
        let effort = brain.effort.map_or(own.clone(), effort_word);
        let temperature = brain.temperature.map_or(own, |temperature| temperature.to_string());
        let headers: Vec<String> = brain.headers.keys().cloned().collect();
        self.add(&shown("max_tokens"), brain.max_tokens.to_string(), &path.key("max_tokens"), "default");
        self.add(&shown("temperature"), temperature, &path.key("temperature"), "default");
        self.add(&shown("effort"), effort, &path.key("effort"), "default");
        self.add(&shown("headers"), list_of(&headers), &path.key("headers"), "default");
    }
}

/// As written in the file.
pub(crate) fn effort_word(effort: Effort) -> String {
    format!("{effort:?}").to_lowercase()
}

fn list_of(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
