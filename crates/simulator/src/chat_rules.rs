//! The 400s of Chat Completions, in the vendor's words.

use crate::chat_prompt::ChatPrompt;
use crate::facts::Facts;

/// Most explicit breakpoints in one request.
const MAX_BREAKPOINTS: usize = 4;

/// Checks everything but the size of the prompt.
///
/// # Errors
/// The text of the 400.
pub(crate) fn check(prompt: &ChatPrompt, facts: &Facts) -> Result<(), String> {
    if prompt.messages.is_empty() {
        return Err("Invalid 'messages': empty array. Expected an array with minimum length 1.".to_owned());
    }
    if facts.openai {
        parameters(prompt, facts)?;
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let wrong = |name: &String| name.is_empty() || name.len() > 64 || !name.chars().all(allowed);
    if let Some(at) = prompt.tool_names.iter().position(wrong) {
        let rule = "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]{1,64}$'.";
        return Err(format!("Invalid 'tools[{at}].function.name': {rule}"));
    }
    if facts.billed_writes {
        breakpoints(prompt)?;
    }
    pairing(prompt)
}

fn breakpoints(prompt: &ChatPrompt) -> Result<(), String> {
    let count: usize = prompt.messages.iter().map(|message| message.span.marks.len()).sum();
    if count > MAX_BREAKPOINTS {
        return Err(format!(
            "Invalid 'messages': at most {MAX_BREAKPOINTS} content parts may have a 'prompt_cache_breakpoint', found {count}."
        ));
    }
    Ok(())
}

fn parameters(prompt: &ChatPrompt, facts: &Facts) -> Result<(), String> {
    if prompt.max_tokens.is_some() {
        let advice = "Use 'max_completion_tokens' instead.";
        return Err(format!("Unsupported parameter: 'max_tokens' is not supported with this model. {advice}"));
    }
    if let Some(value) = prompt.temperature.filter(|_| facts.quirks.no_temperature) {
        return Err(format!("Unsupported value: 'temperature' does not support {value} with this model."));
    }
    if prompt.has_stop && facts.quirks.no_stop {
        return Err("Unsupported parameter: 'stop' is not supported with this model.".to_owned());
    }
    let effort = prompt.effort.as_deref().filter(|effort| *effort != "none");
    if facts.quirks.no_tools_with_effort && effort.is_some() && !prompt.tool_names.is_empty() {
        return Err(format!(
            "Function tools with reasoning_effort are not supported for {} in /v1/chat/completions. Please use /v1/responses \
             instead.",
            prompt.model
        ));
    }
    Ok(())
}

/// Tool messages follow the assistant message that asked, one per call, before anything else.
fn pairing(prompt: &ChatPrompt) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in prompt.messages.iter().enumerate() {
        if message.role == "tool" {
            let answers = message.answers.as_deref().unwrap_or_default();
            let Some(found) = open.iter().position(|id| *id == answers) else {
                return Err(format!(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls' \
                     (messages[{at}])."
                ));
            };
            open.remove(found);
            continue;
        }
        unanswered(&open)?;
        open = message.calls.iter().map(String::as_str).collect();
    }
    unanswered(&open)
}

fn unanswered(open: &[&str]) -> Result<(), String> {
    if open.is_empty() {
        return Ok(());
    }
    Err(format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The \
         following tool_call_ids did not have response messages: {}",
        open.join(", ")
    ))
}
