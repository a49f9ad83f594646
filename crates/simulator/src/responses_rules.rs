//! The 400s of Responses, in the vendor's words.

use serde_json::Value;

use crate::facts::Facts;
use crate::failure::Failure;
use crate::responses_item::{Item, Kind, listed};
use crate::responses_prompt::ResponsesPrompt;
use crate::responses_seal::{Given, not_stored};

/// Every parameter of a request.
const PARAMETERS: [&str; 31] = [
    "background",
    "client_metadata",
    "context_management",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
];

/// `user` is on its way out, but taken.
const RETIRING: &str = "user";

const INCLUDE: [&str; 8] = [
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
];

/// `include` of what is sealed.
pub(crate) const ENCRYPTED: &str = "reasoning.encrypted_content";

const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

const SUMMARIES: [&str; 3] = ["auto", "concise", "detailed"];

/// Fewest tokens that an answer may be limited to.
const MIN_OUTPUT: i64 = 16;

/// Longest id, and longest cache key, in characters.
const MAX_ID: usize = 64;

/// Most explicit breakpoints in one request.
const MAX_BREAKPOINTS: usize = 4;

/// Checks everything but seals and the size of the prompt.
///
/// # Errors
/// The refusal.
pub(crate) fn check(prompt: &ResponsesPrompt, facts: &Facts, given: &Given) -> Result<(), Failure> {
    stored(prompt)?;
    if facts.openai {
        parameters(prompt, facts)?;
        values(prompt)?;
        tools(prompt)?;
    }
    for (at, item) in prompt.items.iter().enumerate() {
        shape(at, item, facts)?;
    }
    let marks: usize = prompt.items.iter().map(|item| item.span.marks.len()).sum();
    if facts.billed_writes && marks > MAX_BREAKPOINTS {
        let message = format!(
            "Invalid 'input': at most {MAX_BREAKPOINTS} content parts may have a 'prompt_cache_breakpoint', found {marks}."
        );
        return Err(Failure::of("input", message));
    }
    if facts.openai {
        reasoning(prompt, given)?;
    }
    pairing(&prompt.items)
}

/// Nothing is stored here, whatever a request says: an answer is known by its own words only.
fn stored(prompt: &ResponsesPrompt) -> Result<(), Failure> {
    if let Some(id) = &prompt.previous {
        let message = format!("Previous response with id '{id}' not found.");
        return Err(Failure::of("previous_response_id", message).code("previous_response_not_found"));
    }
    if let Some(id) = &prompt.conversation {
        return Err(Failure::of("conversation", format!("Conversation with id '{id}' not found.")).status(404));
    }
    if !prompt.has_input {
        let message = "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.";
        return Err(Failure::of("input", message).code("missing_required_parameter"));
    }
    Ok(())
}

fn parameters(prompt: &ResponsesPrompt, facts: &Facts) -> Result<(), Failure> {
    let known = |name: &&String| PARAMETERS.contains(&name.as_str()) || name.as_str() == RETIRING;
    if let Some(name) = prompt.parameters.iter().find(|name| !known(name)) {
        return Err(Failure::of(name, format!("Unknown parameter: '{name}'.")).code("unknown_parameter"));
    }
    if let Some(limit) = prompt.max_output_tokens.filter(|limit| *limit < MIN_OUTPUT) {
        let message = format!(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= {MIN_OUTPUT}, but got {limit} \
             instead."
        );
        return Err(Failure::of("max_output_tokens", message).code("integer_below_min_value"));
    }
    if prompt.temperature.is_some() && facts.quirks.no_temperature {
        let message = "Unsupported parameter: 'temperature' is not supported with this model.";
        return Err(Failure::of("temperature", message));
    }
    if let Some(key) = prompt.cache_key.as_deref() {
        too_long("prompt_cache_key", key)?;
    }
    Ok(())
}

fn values(prompt: &ResponsesPrompt) -> Result<(), Failure> {
    for (at, name) in prompt.include.iter().enumerate() {
        one_of(&format!("include[{at}]"), name, &INCLUDE)?;
    }
    if let Some(effort) = prompt.effort.as_deref() {
        one_of("reasoning.effort", effort, &EFFORTS)?;
    }
    if let Some(summary) = prompt.summary.as_deref() {
        one_of("reasoning.summary", summary, &SUMMARIES)?;
    }
    Ok(())
}

fn one_of(param: &str, value: &str, supported: &[&str]) -> Result<(), Failure> {
    if supported.contains(&value) {
        return Ok(());
    }
    let message = format!("Invalid value: '{value}'. Supported values are: {}.", listed(supported));
    Err(Failure::of(param, message).code("invalid_value"))
}

fn too_long(param: &str, text: &str) -> Result<(), Failure> {
    let length = text.chars().count();
    if length <= MAX_ID {
        return Ok(());
    }
    let message = format!(
        "Invalid '{param}': string too long. Expected a string with maximum length {MAX_ID}, but got a string with length \
         {length} instead."
    );
    Err(Failure::of(param, message).code("string_above_max_length"))
}

fn tools(prompt: &ResponsesPrompt) -> Result<(), Failure> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    for (at, tool) in prompt.tools.iter().enumerate() {
        if !matches!(tool.kind.as_str(), "function" | "custom") {
            continue;
        }
        let param = format!("tools[{at}].name");
        let Some(name) = tool.name.as_deref().filter(|name| !name.is_empty()) else {
            let message = format!("Missing required parameter: '{param}'.");
            return Err(Failure::of(param, message).code("missing_required_parameter"));
        };
        if !name.chars().all(allowed) {
            let rule = "Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.";
            let message = format!("Invalid '{param}': string does not match pattern. {rule}");
            return Err(Failure::of(param, message).code("invalid_value"));
        }
        too_long(&param, name)?;
        if let Some(problem) = tool.strict.as_ref().and_then(|schema| loose(schema, &mut Vec::new())) {
            let message = format!("Invalid schema for function '{name}': {problem}");
            return Err(Failure::of(format!("tools[{at}].parameters"), message).code("invalid_function_parameters"));
        }
    }
    let offered = |name: &String| prompt.tools.iter().any(|tool| tool.name.as_ref() == Some(name));
    if prompt.forced.as_ref().is_some_and(|name| !offered(name)) {
        return Err(Failure::of("tool_choice", "Tool choice 'function' not found in 'tools' parameter."));
    }
    Ok(())
}

/// What a schema lacks that is called strict: every object is closed, and every property of it is required.
pub(crate) fn loose(schema: &Value, place: &mut Vec<String>) -> Option<String> {
    let context = |place: &[String]| {
        let names: Vec<String> = place.iter().map(|name| format!("'{name}'")).collect();
        format!("In context=({}), ", names.join(", "))
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    if schema.get("type").is_some_and(|kind| kind == "object") || properties.is_some() {
        if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
            let rule = "'additionalProperties' is required to be supplied and to be false.";
            return Some(context(place) + rule);
        }
        let required = schema.get("required").and_then(Value::as_array);
        let lacks = |name: &&String| required.is_none_or(|names| !names.iter().any(|known| known == name.as_str()));
        if let Some(name) = properties.and_then(|properties| properties.keys().find(lacks)) {
            let rule = "'required' is required to be supplied and to be an array including every key in properties.";
            return Some(format!("{}{rule} Missing '{name}'.", context(place)));
        }
    }
    let named =
        properties.into_iter().flatten().map(|(name, inner)| (vec!["properties".to_owned(), name.clone()], inner));
    let items = schema.get("items").map(|inner| (vec!["items".to_owned()], inner));
    named.chain(items).find_map(|(steps, inner)| {
        let depth = place.len();
        place.extend(steps);
        let found = loose(inner, place);
        place.truncate(depth);
        found
    })
}

/// What ids begin with, by the type of the item.
const PREFIXES: [(&str, &str); 6] = [
    ("message", "msg"),
    ("reasoning", "rs"),
    ("function_call", "fc"),
    ("function_call_output", "fc"),
    ("custom_tool_call", "ctc"),
    ("custom_tool_call_output", "ctco"),
];

fn shape(at: usize, item: &Item, facts: &Facts) -> Result<(), Failure> {
    if let Some(flaw) = item.flaw.as_ref().filter(|_| facts.openai) {
        let message = flaw.message.replace("{}", &format!("input[{at}]."));
        return Err(Failure::of(format!("input[{at}].{}", flaw.at), message).code(flaw.code));
    }
    let id = item.id.as_deref().unwrap_or_default();
    if item.kind == Kind::Reference {
        return Err(not_stored(id));
    }
    if !facts.openai {
        return Ok(());
    }
    let prefix = PREFIXES.iter().find(|(name, _)| *name == item.name).map(|(_, prefix)| *prefix);
    if let Some(prefix) = prefix.filter(|prefix| item.id.is_some() && !id.starts_with(prefix)) {
        let message = format!("Invalid 'input[{at}].id': '{id}'. Expected an ID that begins with '{prefix}'.");
        return Err(Failure::of(format!("input[{at}].id"), message).code("invalid_value"));
    }
    too_long(&format!("input[{at}].id"), id)?;
    if matches!(item.kind, Kind::Call | Kind::Output) {
        let param = format!("input[{at}].call_id");
        let Some(call_id) = &item.call_id else {
            let message = format!("Missing required parameter: '{param}'.");
            return Err(Failure::of(param, message).code("missing_required_parameter"));
        };
        too_long(&param, call_id)?;
    }
    Ok(())
}

/// What was thought goes with what came of it, in both directions.
fn reasoning(prompt: &ResponsesPrompt, given: &Given) -> Result<(), Failure> {
    for (at, item) in prompt.items.iter().enumerate() {
        let id = item.id.as_deref().unwrap_or_default();
        if matches!(item.kind, Kind::Reasoning { .. }) {
            let next = prompt.items[at + 1..].iter().find(|next| !matches!(next.kind, Kind::Reasoning { .. }));
            let follows = |next: &Item| next.span.speaker == crate::chat_cache::Speaker::Model;
            if !next.is_some_and(|next| follows(next)) {
                let message =
                    format!("Item '{id}' of type 'reasoning' was provided without its required following item.");
                return Err(Failure::of("input", message));
            }
            continue;
        }
        let Some(needed) = given.needed(id) else { continue };
        let is_it = |item: &Item| match &item.kind {
            Kind::Reasoning { sealed, .. } => {
                item.id.as_deref() == Some(needed) || (sealed.is_some() && sealed.as_deref() == given.sealed(needed))
            }
            _ => false,
        };
        if !prompt.items[..at].iter().any(|item| is_it(item)) {
            let message = format!(
                "Item '{id}' of type '{}' was provided without its required 'reasoning' item: '{needed}'.",
                item.name
            );
            return Err(Failure::of("input", message));
        }
    }
    Ok(())
}

/// Every call is answered, and every answer has its call before it.
fn pairing(items: &[std::sync::Arc<Item>]) -> Result<(), Failure> {
    let words = |item: &Item| if item.name.starts_with("custom") { "custom tool call" } else { "function call" };
    let mut open: Vec<(&str, &Item)> = Vec::new();
    for item in items {
        let call_id = item.call_id.as_deref().unwrap_or_default();
        match item.kind {
            Kind::Call => open.push((call_id, item)),
            Kind::Output => {
                let Some(found) = open.iter().position(|(id, _)| *id == call_id) else {
                    let kind = words(item);
                    let message = format!("No tool call found for {kind} output with call_id {call_id}.");
                    return Err(Failure::of("input", message));
                };
                open.remove(found);
            }
            _ => {}
        }
    }
    match open.first() {
        None => Ok(()),
        Some((id, call)) => Err(Failure::of("input", format!("No tool output found for {} {id}.", words(call)))),
    }
}
