//! What is typed behind a command of the chat, read strictly: a word that would change nothing is told, not ignored.

use protocol::AgentId;
use tools::ApprovalMode;

/// How alike a word has to be to an agent's name to be taken for a slip of the pen, of 1.
const ALIKE: f32 = 0.75;

const MODEL: &str = "/model [AGENT] MODEL[@EFFORT] [now]";

/// Whoever can be spoken to.
pub(super) struct Agents<'a> {
    pub(super) main: &'a AgentId,
    pub(super) all: &'a [AgentId],
}

/// What `/compact` is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Compact {
    pub(super) agent: AgentId,
    pub(super) focus: Option<String>,
}

/// What `/model` is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Model {
    pub(super) agent: AgentId,
    pub(super) name: String,
    pub(super) now: bool,
}

/// For commands that take nothing.
///
/// # Errors
/// What stands behind it.
pub(super) fn nothing(command: &str, words: &str) -> Result<(), String> {
    if words.trim().is_empty() {
        return Ok(());
    }
    let instead = match command {
        "/cost" => "; `agent cost --by agent` in a shell splits the bill",
        "/context" => "; it shows every agent that has worked so far",
        _ => "",
    };
    Err(format!("{command}: found `{}`; it takes nothing behind it: type {command}{instead}", words.trim()))
}

/// `[AGENT] [what matters]`
///
/// # Errors
/// The first word looks like an agent's name and is none.
pub(super) fn compact(words: &str, agents: &Agents<'_>) -> Result<Compact, String> {
    let (agent, rest) = agents.addressed(words);
    if agent.is_none()
        && let Some(meant) = rest.split_whitespace().next().and_then(|first| agents.meant(first))
    {
        let first = rest.split_whitespace().next().unwrap_or_default();
        return Err(format!(
            "/compact: found `{first}`; agents are {}. Type /compact {meant} for that agent, or /compact {} {rest} where \
             these words are what matters",
            agents.names(),
            agents.main
        ));
    }
    let focus = (!rest.is_empty()).then(|| rest.to_owned());
    Ok(Compact { agent: agent.unwrap_or(agents.main).clone(), focus })
}

/// `[AGENT] MODEL[@EFFORT] [now]`
///
/// # Errors
/// A model is missing, an agent is unknown, or there is more than that.
pub(super) fn model(words: &str, agents: &Agents<'_>, is_alias: &dyn Fn(&str) -> bool) -> Result<Model, String> {
    let (agent, rest) = agents.addressed(words);
    let agent_or_main = agent.unwrap_or(agents.main);
    let rest: Vec<&str> = rest.split_whitespace().collect();
    let example = format!("for example /model {agent_or_main} anthropic/claude-haiku-5-5@low now");
    let (name, behind) = match rest[..] {
        [] => {
            return Err(format!(
                "/model: which model? {MODEL}; MODEL is an alias or PROVIDER/MODEL (`agent models` lists them), {example}"
            ));
        }
        [name, ref behind @ ..] => (name, behind),
    };
    let is_model = |word: &str| word.contains(['/', '@']) || is_alias(word);
    // `/model sidekik fast`: the first of two words that could both be a model is most likely meant for an agent.
    let no_agent = agent.is_none() && !is_model(name) && behind.first().is_some_and(|word| *word != "now");
    let meant = if agent.is_none() && !is_model(name) { agents.meant(name) } else { None };
    if no_agent || meant.is_some() {
        let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        return Err(format!(
            "/model: found `{name}`, which is no agent of this team; agents are {}{meant} {MODEL}, {example}",
            agents.names()
        ));
    }
    if name == "now" {
        return Err(format!("/model: found `now` where the model should be; {MODEL}, {example}"));
    }
    match behind {
        [] => Ok(Model { agent: agent_or_main.clone(), name: name.to_owned(), now: false }),
        ["now"] => Ok(Model { agent: agent_or_main.clone(), name: name.to_owned(), now: true }),
        ["now", other, ..] | [other, ..] => {
            let effort = team::split_effort(&format!("{name}@{other}")).is_ok_and(|(_, effort)| effort.is_some());
            let effort = if effort { format!(" An effort is written {name}@{other}.") } else { String::new() };
            Err(format!("/model: found `{other}` behind the model; allowed is `now`.{effort} {MODEL}, {example}"))
        }
    }
}

/// `[ask | auto | plan]`; none where nothing is said. `deny` is what `--approve` calls plan.
///
/// # Errors
/// Another word.
pub(super) fn approve(words: &str) -> Result<Option<ApprovalMode>, String> {
    match words.trim() {
        "" => Ok(None),
        "ask" => Ok(Some(ApprovalMode::Ask)),
        "auto" => Ok(Some(ApprovalMode::Auto)),
        "plan" | "deny" => Ok(Some(ApprovalMode::Deny)),
        other => Err(format!("/approve: found `{other}`; allowed are ask, auto and plan, for example /approve auto")),
    }
}

/// `[STEP]`
///
/// # Errors
/// Something else.
pub(super) fn step(words: &str) -> Result<Option<u32>, String> {
    match words.trim() {
        "" => Ok(None),
        word => word
            .parse()
            .map(Some)
            .map_err(|_| format!("/why: found `{word}`; a step is a number, for example /why 7; /why alone shows all")),
    }
}

/// The images that words name by `@`: `@shot.png`, `@"a shot.png"`.
pub(super) fn images(words: &str) -> impl Iterator<Item = &str> {
    let begins = words.match_indices('@').filter(|(at, _)| {
        words.get(..*at).and_then(|before| before.chars().next_back()).is_none_or(char::is_whitespace)
    });
    let named = begins.filter_map(|(at, _)| {
        let rest = words.get(at + 1..)?;
        match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').map(|(path, _)| path),
            None => rest
                .split(char::is_whitespace)
                .next()
                .map(|path| path.trim_end_matches(|c: char| c.is_ascii_punctuation())),
        }
    });
    named.filter(|path| {
        let kind = path.rsplit_once('.').map(|(_, kind)| kind.to_ascii_lowercase());
        kind.is_some_and(|kind| IMAGES.contains(&kind.as_str()))
    })
}

/// Files that are images, by the ends of their names.
const IMAGES: [&str; 5] = ["png", "jpg", "jpeg", "gif", "webp"];

/// For a command that there is not, given those there are; all with their `/`.
pub(super) fn unknown<'a>(command: &str, known: impl Iterator<Item = &'a str>) -> String {
    let meant = nearest(command, known).map(|meant| format!(", did you mean {meant}?"));
    format!("there is no command {command}{} /help lists them", meant.unwrap_or(";".to_owned()))
}

impl Agents<'_> {
    /// The agent that the first word names, and what follows; all words where it names none.
    fn addressed<'w>(&self, words: &'w str) -> (Option<&AgentId>, &'w str) {
        let words = words.trim();
        let (first, rest) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
        match self.all.iter().find(|agent| agent.as_str() == first) {
            Some(agent) => (Some(agent), rest.trim()),
            None => (None, words),
        }
    }

    /// The agent that a word nearly names. What begins otherwise is another word.
    fn meant(&self, word: &str) -> Option<&str> {
        let begins = |name: &&str| name.chars().next().map(lower) == word.chars().next().map(lower);
        nearest(word, self.all.iter().map(AgentId::as_str).filter(begins))
    }

    fn names(&self) -> String {
        self.all.iter().map(AgentId::as_str).collect::<Vec<_>>().join(", ")
    }
}

fn lower(c: char) -> char {
    c.to_ascii_lowercase()
}

fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase();
    let likeness = |name: &str| similar::TextDiff::from_chars(word.as_str(), name).ratio();
    let best = names.map(|name| (likeness(name), name)).max_by(|one, other| one.0.total_cmp(&other.0));
    best.filter(|(alike, _)| *alike >= ALIKE).map(|(_, name)| name)
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;
