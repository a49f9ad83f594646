//! What is answered to a request: which actor, which step, which words. Everything is taken from the request alone, so
//! that a client that was killed and resumed gets the same play.

use protocol::{Block, Message, Request, ResultPart, Role, StopReason};

use crate::scenario::{Actor, CallSpec, Capture, CaptureFrom, Condition, Count, Scenario, Step, Stop, When};

/// What a tool result says whose effect was not recorded before the client died.
const INTERRUPTED: &str = "interrupted, effects unknown";

/// Longest part of the user's words that `{{task}}` repeats, in characters.
const TASK_CHARS: usize = 400;

/// What an actor says at the end of its script when the scenario names nothing.
const THAT_IS_ALL: &str = "That is all.";

/// A tool call as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: String,
}

/// An answer, before it is billed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Play {
    pub(crate) actor: String,
    pub(crate) step: usize,
    pub(crate) thinking: Option<String>,
    pub(crate) say: Option<String>,
    pub(crate) calls: Vec<Call>,
    /// Why it ends, where that is not what follows from the rest.
    pub(crate) stop: Option<StopReason>,
    /// What the answer takes, in milliseconds of the play.
    pub(crate) advance_ms: u64,
}

/// Why a request cannot be answered by the scenario.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlayError {
    #[error(
        "simulator: no actor of scenario `{scenario}` answers this request (model `{model}`, system prompt starts with \
         `{system}`); its actors are {actors}"
    )]
    NoActor { scenario: String, model: String, system: String, actors: String },
    #[error("simulator: actor `{actor}`, step {step}: capture `{name}` found nothing for `{regex}`; add a `default`")]
    NothingCaptured { actor: String, step: usize, name: String, regex: String },
}

/// Answers a request.
///
/// # Errors
/// No actor feels addressed, or a capture without a default found nothing.
pub(crate) fn play(scenario: &Scenario, request: &Request) -> Result<Play, PlayError> {
    let scene = Scene::new(request);
    let actor =
        scenario.actors.iter().find(|actor| scene.holds(&actor.when)).ok_or_else(|| no_actor(scenario, request))?;
    let progress = scene.progress(actor.count);
    if progress.replays > 0 {
        return Ok(replay(actor, &progress, &scene));
    }
    scene.perform(actor, progress.step)
}

fn no_actor(scenario: &Scenario, request: &Request) -> PlayError {
    let actors: Vec<&str> = scenario.actors.iter().map(|actor| actor.id.as_str()).collect();
    let system: String = request.system.concat().chars().take(60).collect();
    PlayError::NoActor {
        scenario: scenario.name.clone(),
        model: request.model.clone(),
        system,
        actors: actors.join(", "),
    }
}

/// The last round was interrupted: what a sensible model does is to ask for the same again.
fn replay(actor: &Actor, progress: &Progress, scene: &Scene<'_>) -> Play {
    let asked = scene.rounds.iter().rev().find(|round| round.asked.is_some()).and_then(|round| round.asked);
    let calls =
        asked.map(|message| message.blocks.as_slice()).unwrap_or_default().iter().filter_map(|block| match block {
            Block::ToolCall { name, arguments, .. } => Some((name.clone(), arguments.clone())),
            _ => None,
        });
    let calls = calls.enumerate().map(|(n, (name, arguments))| Call {
        id: format!("toolu_{}_{}_{n}_r{}", actor.id, progress.id_step, progress.replays),
        name,
        arguments,
    });
    Play {
        actor: actor.id.clone(),
        step: progress.step,
        thinking: None,
        say: None,
        calls: calls.collect(),
        stop: None,
        advance_ms: actor.advance_ms,
    }
}

/// One answer of the model with what came back: all user-role messages up to the next answer.
struct Round<'a> {
    /// The assistant message; none for what precedes the first.
    asked: Option<&'a Message>,
    /// What was said to the model after it.
    told: Vec<&'a Message>,
}

impl Round<'_> {
    fn is_interrupted(&self) -> bool {
        self.asked.is_some()
            && self.told.iter().flat_map(|message| &message.blocks).any(|block| match block {
                Block::ToolResult { content, is_error: true, .. } => text_of(content).contains(INTERRUPTED),
                // Chat Completions have no flag for a failed tool: the text begins with the word instead.
                Block::ToolResult { content, .. } => text_of(content).starts_with(&format!("Error: {INTERRUPTED}")),
                _ => false,
            })
    }

    fn has_results(&self) -> bool {
        self.told.iter().flat_map(|message| &message.blocks).any(|block| matches!(block, Block::ToolResult { .. }))
    }
}

/// How far a script is.
struct Progress {
    /// The step to play, from 0.
    step: usize,
    /// The step counted over the whole conversation: ids made from it never repeat.
    id_step: usize,
    /// How many interrupted rounds stand at the end: 0 plays on, otherwise the last calls are asked again.
    replays: usize,
}

/// A request as the engine looks at it.
struct Scene<'a> {
    request: &'a Request,
    rounds: Vec<Round<'a>>,
}

impl<'a> Scene<'a> {
    fn new(request: &'a Request) -> Self {
        let mut rounds = vec![Round { asked: None, told: Vec::new() }];
        let mut last_was_assistant = false;
        for message in &request.messages {
            let is_assistant = message.role == Role::Assistant;
            if is_assistant && !last_was_assistant {
                rounds.push(Round { asked: Some(message), told: Vec::new() });
            } else if !is_assistant && let Some(round) = rounds.last_mut() {
                round.told.push(message);
            }
            last_was_assistant = is_assistant;
        }
        Self { request, rounds }
    }

    fn holds(&self, when: &When) -> bool {
        let system = when.system_contains.as_deref();
        system.is_none_or(|text| self.request.system.concat().contains(text))
            && when.model.as_ref().is_none_or(|glob| {
                glob.matches(&self.request.model) || glob.matches(crate::scenario::bare_model(&self.request.model))
            })
            && when.has_tool.as_deref().is_none_or(|name| self.has_tool(name))
            && when.last_user_contains.as_deref().is_none_or(|text| self.last_result().contains(text))
            && when.any != Some(false)
    }

    fn has_tool(&self, name: &str) -> bool {
        self.request.tools.iter().any(|tool| tool.name == name)
    }

    fn progress(&self, count: Count) -> Progress {
        let played = |rounds: &[Round<'_>]| {
            rounds.iter().filter(|round| round.asked.is_some() && !round.is_interrupted()).count()
        };
        let from = match count {
            Count::Conversation => 0,
            // The task stands in the last round without tool results; rounds after that one count.
            Count::Turn => self.rounds.iter().rposition(|round| !round.has_results()).map_or(0, |at| at + 1),
        };
        Progress {
            step: played(&self.rounds[from..]),
            id_step: played(&self.rounds),
            replays: self.rounds.iter().rev().take_while(|round| round.is_interrupted()).count(),
        }
    }

    fn perform(&self, actor: &Actor, step: usize) -> Result<Play, PlayError> {
        let silent = Step { say: Some(THAT_IS_ALL.to_owned()), ..Step::default() };
        let otherwise = actor.otherwise.as_ref().unwrap_or(&silent);
        let scripted = actor.steps.get(step).and_then(|scripted| self.line(scripted));
        let line = scripted.or_else(|| self.line(otherwise)).unwrap_or_else(|| Line::of(&silent));
        let names = self.names(actor, step, &line)?;
        let id_step = self.progress(Count::Conversation).id_step;
        let calls = line.calls.iter().enumerate().map(|(n, call)| Call {
            id: format!("toolu_{}_{id_step}_{n}", actor.id),
            name: call.tool.clone(),
            arguments: filled(&call.args, &names).to_string(),
        });
        Ok(Play {
            actor: actor.id.clone(),
            step,
            thinking: line.thinking.map(|text| fill(text, &names)),
            say: line.say.map(|text| fill(text, &names)),
            calls: calls.collect(),
            stop: line.stop.map(Stop::reason),
            advance_ms: line.advance_ms.unwrap_or(actor.advance_ms),
        })
    }

    /// The words of a step: its own, or those of the first case that holds.
    fn line<'s>(&self, step: &'s Step) -> Option<Line<'s>> {
        if step.cases.is_empty() {
            return Some(Line::of(step));
        }
        let case = step.cases.iter().find(|case| case.condition.as_ref().is_none_or(|c| self.meets(c)))?;
        Some(Line {
            say: case.say.as_deref(),
            thinking: case.thinking.as_deref(),
            calls: &case.calls,
            stop: case.stop,
            captures: step.capture.iter().chain(&case.capture).collect(),
            advance_ms: case.advance_ms,
        })
    }

    fn meets(&self, condition: &Condition) -> bool {
        condition.last_result.as_ref().is_none_or(|pattern| pattern.0.is_match(&self.last_result()))
            && condition.all_results.as_ref().is_none_or(|pattern| pattern.0.is_match(&self.all_results()))
            && condition.lacks.as_ref().is_none_or(|pattern| !pattern.0.is_match(&self.all_results()))
            && condition.has_tool.as_deref().is_none_or(|name| self.has_tool(name))
    }

    /// What `{{name}}` stands for.
    fn names(&self, actor: &Actor, step: usize, line: &Line<'_>) -> Result<Vec<(String, String)>, PlayError> {
        let mut names = vec![
            ("first_agent".to_owned(), first_agent(self.request).unwrap_or_else(|| "sidekick".to_owned())),
            ("task".to_owned(), self.task()),
            ("images".to_owned(), images(self.request).to_string()),
        ];
        for (name, capture) in &line.captures {
            let text = match capture.from {
                CaptureFrom::LastResult => self.last_result(),
                CaptureFrom::AllResults => self.all_results(),
            };
            let found = capture.regex.0.captures(&text).and_then(|groups| groups.get(1).or_else(|| groups.get(0)));
            let value = found.map(|group| group.as_str().to_owned()).or_else(|| capture.default.clone());
            let value = value.ok_or_else(|| PlayError::NothingCaptured {
                actor: actor.id.clone(),
                step,
                name: name.clone(),
                regex: capture.regex.0.to_string(),
            })?;
            names.push((name.clone(), value));
        }
        Ok(names)
    }

    fn last_result(&self) -> String {
        self.rounds.last().map(|round| told(&round.told)).unwrap_or_default()
    }

    fn all_results(&self) -> String {
        let all: Vec<String> = self.rounds.iter().map(|round| told(&round.told)).collect();
        all.join("\n")
    }

    /// The start of the user's words: the last round that is no answer to a tool call, without what a program put into
    /// tags around them (`<environment>...`).
    fn task(&self) -> String {
        let asked = self.rounds.iter().rev().find(|round| !round.has_results());
        let said = asked.map(|round| told(&round.told)).unwrap_or_default();
        behind_tags(&said).chars().take(TASK_CHARS).collect()
    }
}

/// What is said in one step.
struct Line<'s> {
    say: Option<&'s str>,
    thinking: Option<&'s str>,
    calls: &'s [CallSpec],
    stop: Option<Stop>,
    captures: Vec<&'s (String, Capture)>,
    advance_ms: Option<u64>,
}

impl<'s> Line<'s> {
    fn of(step: &'s Step) -> Self {
        Self {
            say: step.say.as_deref(),
            thinking: step.thinking.as_deref(),
            calls: &step.calls,
            stop: step.stop,
            captures: step.capture.iter().collect(),
            advance_ms: step.advance_ms,
        }
    }
}

/// What stands behind the tagged paragraphs at the head of a text.
fn behind_tags(text: &str) -> &str {
    let mut rest = text.trim();
    while let Some(opened) = rest.strip_prefix('<') {
        let name: String = opened.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let close = format!("</{name}>");
        let Some(at) = rest.find(&close).filter(|_| !name.is_empty()) else { break };
        rest = rest[at + close.len()..].trim_start();
    }
    rest
}

fn text_of(content: &[ResultPart]) -> String {
    let texts = content.iter().filter_map(|part| match part {
        ResultPart::Text { text } => Some(text.as_str()),
        ResultPart::Image { .. } => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// Images of a request, those in tool results included.
pub(crate) fn images(request: &Request) -> usize {
    let blocks = request.messages.iter().flat_map(|message| &message.blocks);
    let count = |block: &Block| match block {
        Block::Image { .. } => 1,
        Block::ToolResult { content, .. } => {
            content.iter().filter(|part| matches!(part, ResultPart::Image { .. })).count()
        }
        _ => 0,
    };
    blocks.map(count).sum()
}

fn told(messages: &[&Message]) -> String {
    let texts = messages.iter().flat_map(|message| &message.blocks).filter_map(|block| match block {
        Block::Text { text } => Some(text.clone()),
        Block::ToolResult { content, .. } => Some(text_of(content)),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// The first agent that the `delegate` tool's schema names: an `enum` or `const` under `properties.agent`, else the first
/// word in backquotes of that property's or the tool's description.
fn first_agent(request: &Request) -> Option<String> {
    let tool = request.tools.iter().find(|tool| tool.name == "delegate")?;
    let agent = tool.schema.pointer("/properties/agent");
    let listed = agent.and_then(|schema| schema.pointer("/enum/0").or_else(|| schema.get("const")));
    if let Some(name) = listed.and_then(serde_json::Value::as_str) {
        return Some(name.to_owned());
    }
    let described = agent.and_then(|schema| schema.get("description")).and_then(serde_json::Value::as_str);
    described.and_then(quoted).or_else(|| quoted(&tool.description))
}

fn quoted(text: &str) -> Option<String> {
    let word = text.split('`').nth(1)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (!word.is_empty() && word.chars().all(plain)).then(|| word.to_owned())
}

/// Puts values in the place of known names, in one pass: a value is never searched for names again.
fn fill(text: &str, names: &[(String, String)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let inner = &rest[open + 2..];
        let known = inner.split_once("}}").and_then(|(name, after)| {
            let value = names.iter().rev().find(|(known, _)| known == name.trim());
            value.map(|(_, value)| (value, after))
        });
        match known {
            Some((value, after)) => {
                filled.push_str(&rest[..open]);
                filled.push_str(value);
                rest = after;
            }
            None => {
                filled.push_str(&rest[..open + 1]);
                rest = &rest[open + 1..];
            }
        }
    }
    filled + rest
}

fn filled(value: &serde_json::Value, names: &[(String, String)]) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(text) => Value::String(fill(text, names)),
        Value::Array(items) => Value::Array(items.iter().map(|item| filled(item, names)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, item)| (key.clone(), filled(item, names))).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::behind_tags;

    #[test]
    fn the_users_words_stand_behind_what_a_program_put_into_tags() {
        let merged = "<environment>\nx: <y>\n</environment>\n<project_instructions file=\"A\">\nz\n</project_instructions>\n\n\
                      Do <b>it</b>";
        assert_eq!(behind_tags(merged), "Do <b>it</b>");
        assert_eq!(behind_tags("plain"), "plain");
        assert_eq!(behind_tags("<b> is a tag"), "<b> is a tag");
    }
}
