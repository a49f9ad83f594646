//! The 400s of the Messages API, in the vendor's words.

use std::collections::BTreeSet;

use protocol::{Effort, Role, Ttl};

use crate::block::Kind;
use crate::facts::Facts;
use crate::prompt::{Level, Piece, Prompt};

/// Most breakpoints in one request.
const MAX_BREAKPOINTS: usize = 4;

/// Smallest thinking budget.
const MIN_BUDGET: u64 = 1_024;

/// Checks everything but thinking seals and the size of the prompt.
///
/// # Errors
/// The text of the 400.
pub(crate) fn check(prompt: &Prompt, facts: &Facts) -> Result<(), String> {
    parameters(prompt, facts)?;
    thinking(prompt, facts)?;
    tools(prompt)?;
    breakpoints(prompt)?;
    messages(prompt, facts)?;
    blocks(prompt)?;
    let turns = turns(prompt);
    turns
        .iter()
        .enumerate()
        .try_for_each(|(at, turn)| pairing(turn, at.checked_sub(1).map(|b| &turns[b]), turns.get(at + 1)))
}

fn parameters(prompt: &Prompt, facts: &Facts) -> Result<(), String> {
    let Some(max_tokens) = prompt.max_tokens else { return Err("max_tokens: Field required".to_owned()) };
    if max_tokens == 0 && (prompt.stream || prompt.has_format) {
        return Err(
            "max_tokens: 0 pre-warms the cache and cannot be combined with `stream` or an output format".to_owned()
        );
    }
    if let Some(limit) = facts.max_output.filter(|limit| max_tokens > *limit) {
        let model = &prompt.model;
        return Err(format!(
            "max_tokens: {max_tokens} > {limit}, which is the maximum allowed number of output tokens for {model}"
        ));
    }
    if let Some(name) = prompt.sampling.filter(|_| facts.quirks.no_temperature) {
        return Err(format!("`{name}` is not supported for this model."));
    }
    let Some(choice) = &prompt.tool_choice else { return Ok(()) };
    let forced = matches!(choice.kind.as_str(), "any" | "tool");
    if forced && facts.quirks.no_forced_tool_choice {
        return Err(format!("tool_choice: type `{}` is not supported when thinking is enabled.", choice.kind));
    }
    let thinks = prompt.thinking.as_ref().is_some_and(|thinking| thinking.kind == "enabled");
    if forced && thinks {
        return Err("Thinking may not be enabled when tool_choice forces tool use.".to_owned());
    }
    if let Some(name) = choice.name.as_deref().filter(|_| choice.kind == "tool") {
        let known =
            prompt.pieces.iter().any(|piece| matches!(&piece.info.kind, Kind::Tool { name: known } if known == name));
        if !known {
            return Err(format!("Tool '{name}' not found in provided tools"));
        }
    }
    if !matches!(choice.kind.as_str(), "auto" | "none" | "any" | "tool") {
        return Err("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'".to_owned());
    }
    Ok(())
}

fn thinking(prompt: &Prompt, facts: &Facts) -> Result<(), String> {
    let Some(thinking) = &prompt.thinking else { return Ok(()) };
    match thinking.kind.as_str() {
        "enabled" if facts.quirks.no_thinking_budget => {
            Err("thinking.type: `enabled` is not supported for this model. Use `adaptive`.".to_owned())
        }
        "enabled" => match thinking.budget_tokens {
            None => Err("thinking.enabled.budget_tokens: Field required".to_owned()),
            Some(budget) if budget < MIN_BUDGET => {
                Err(format!("thinking.enabled.budget_tokens: Input should be greater than or equal to {MIN_BUDGET}"))
            }
            Some(budget) if prompt.max_tokens.is_some_and(|max| budget >= max) => {
                Err("`max_tokens` must be greater than `thinking.budget_tokens`.".to_owned())
            }
            Some(_) => Ok(()),
        },
        "disabled" if facts.quirks.thinking_always_on => {
            Err("thinking.type: `disabled` is not supported for this model.".to_owned())
        }
        "disabled" => match (facts.quirks.thinking_off_up_to, effort(prompt)) {
            (Some(limit), Some(asked)) if asked > limit => {
                Err("thinking.type: `disabled` is only supported at effort `high` and below.".to_owned())
            }
            _ => Ok(()),
        },
        "adaptive" | "between_tools" => Ok(()),
        other => Err(format!("thinking.type: Input should be 'adaptive', 'enabled' or 'disabled', not '{other}'")),
    }
}

fn effort(prompt: &Prompt) -> Option<Effort> {
    serde_json::from_value(serde_json::Value::String(prompt.effort.clone()?)).ok()
}

/// `^[a-zA-Z0-9_-]{1,max}$`.
fn is_plain(name: &str, max: usize) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    !name.is_empty() && name.len() <= max && name.chars().all(allowed)
}

fn tools(prompt: &Prompt) -> Result<(), String> {
    let mut names = BTreeSet::new();
    for piece in &prompt.pieces {
        let Kind::Tool { name } = &piece.info.kind else { continue };
        if !is_plain(name, 128) {
            return Err(format!("{}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'", piece.path));
        }
        if !names.insert(name) {
            return Err("tools: Tool names must be unique.".to_owned());
        }
    }
    Ok(())
}

fn breakpoints(prompt: &Prompt) -> Result<(), String> {
    if let Some(Err(error)) = &prompt.automatic {
        return Err(format!("cache_control.{error}"));
    }
    let mut count = usize::from(prompt.automatic.is_some());
    for piece in &prompt.pieces {
        match &piece.info.marker {
            None => {}
            Some(Err(error)) => return Err(format!("{}.cache_control.{error}", piece.path)),
            Some(Ok(_)) if matches!(piece.info.kind, Kind::Text { blank: true }) => {
                return Err(format!("{}: cache_control cannot be set for empty text blocks", piece.path));
            }
            Some(Ok(_)) if !piece.is_markable() => {
                return Err(format!("{}.thinking.cache_control: Extra inputs are not permitted", piece.path));
            }
            Some(Ok(_)) => count += 1,
        }
        if matches!(piece.info.kind, Kind::ToolResult { inner_marker: true, .. }) {
            let place = format!("{}.tool_result.content", piece.path);
            return Err(format!("{place}: cache_control is not permitted here; set it on the `tool_result` block"));
        }
    }
    if count > MAX_BREAKPOINTS {
        return Err(format!(
            "A maximum of {MAX_BREAKPOINTS} blocks with cache_control may be provided. Found {count}."
        ));
    }
    let marks = prompt.breakpoints();
    let wrong = marks.windows(2).find(|pair| pair[0].1 == Ttl::Short && pair[1].1 == Ttl::Long);
    match wrong {
        Some(pair) => Err(format!(
            "{}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note \
             that blocks are processed in the following order: `tools`, `system`, `messages`.",
            prompt.pieces[pair[1].0].path
        )),
        None => Ok(()),
    }
}

fn messages(prompt: &Prompt, facts: &Facts) -> Result<(), String> {
    let (Some(first), Some(last)) = (prompt.shapes.first(), prompt.shapes.last()) else {
        return Err("messages: at least one message is required".to_owned());
    };
    if first.role != Role::User {
        return Err("messages: first message must use the \"user\" role".to_owned());
    }
    let prefilled = last.role == Role::Assistant;
    let end = prompt.shapes.len() - usize::from(prefilled);
    if let Some(empty) = prompt.shapes[..end].iter().position(|shape| shape.blocks == 0) {
        let rule = "all messages must have non-empty content except for the optional final assistant message";
        return Err(format!("messages.{empty}: {rule}"));
    }
    if prefilled && facts.quirks.no_prefill {
        let rule =
            "This model does not support assistant message prefill. The conversation must end with a user message.";
        return Err(rule.to_owned());
    }
    Ok(())
}

fn blocks(prompt: &Prompt) -> Result<(), String> {
    let mut calls = BTreeSet::new();
    for piece in prompt.pieces.iter().filter(|piece| piece.level != Level::Tools) {
        let path = &piece.path;
        match &piece.info.kind {
            Kind::Text { blank: true } => {
                return Err(format!("{path}: text content blocks must contain non-whitespace text"));
            }
            Kind::ToolUse { id, .. } if !is_plain(id, 64) => {
                return Err(format!("{path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"));
            }
            Kind::ToolUse { name, .. } if !is_plain(name, 128) => {
                return Err(format!("{path}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"));
            }
            Kind::ToolUse { id, .. } if !calls.insert(id) => {
                return Err(format!("{path}: `tool_use` ids must be unique"));
            }
            Kind::ToolResult { is_error: true, has_image: true, .. } => {
                return Err(format!("{path}.tool_result: only text is permitted when `is_error` is true"));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Messages of one role in a row, which the vendor merges.
struct Turn<'a> {
    message: usize,
    role: Role,
    pieces: Vec<&'a Piece>,
}

fn turns(prompt: &Prompt) -> Vec<Turn<'_>> {
    let mut turns: Vec<Turn<'_>> = Vec::new();
    for piece in prompt.pieces.iter().filter(|piece| piece.level == Level::Messages) {
        match turns.last_mut() {
            Some(turn) if turn.role == piece.role => turn.pieces.push(piece),
            _ => turns.push(Turn { message: piece.message, role: piece.role, pieces: vec![piece] }),
        }
    }
    turns
}

impl<'a> Turn<'a> {
    fn calls(&self) -> Vec<&'a str> {
        self.pieces
            .iter()
            .filter_map(|piece| match &piece.info.kind {
                Kind::ToolUse { id, .. } => Some(id.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Results that stand before anything else; one behind other content answers nothing.
    fn leading_results(&self) -> Vec<&'a str> {
        self.pieces
            .iter()
            .map_while(|piece| match &piece.info.kind {
                Kind::ToolResult { id, .. } => Some(id.as_str()),
                _ => None,
            })
            .collect()
    }
}

/// Every call is answered at the start of the next user turn, once, and nothing else is.
fn pairing(turn: &Turn<'_>, before: Option<&Turn<'_>>, after: Option<&Turn<'_>>) -> Result<(), String> {
    let answered = after.filter(|next| next.role == Role::User).map(Turn::leading_results).unwrap_or_default();
    let calls = turn.calls();
    let open: Vec<&str> = calls.iter().copied().filter(|id| !answered.contains(id)).collect();
    if !open.is_empty() {
        return Err(format!(
            "messages.{}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` block \
             must have a corresponding `tool_result` block in the next message.",
            turn.message,
            open.join(", ")
        ));
    }
    let asked = before.map(Turn::calls).unwrap_or_default();
    let mut seen = BTreeSet::new();
    for piece in &turn.pieces {
        let Kind::ToolResult { id, .. } = &piece.info.kind else { continue };
        if !asked.contains(&id.as_str()) {
            return Err(format!(
                "{}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block must have a \
                 corresponding `tool_use` block in the previous message.",
                piece.path
            ));
        }
        if !seen.insert(id) {
            return Err(format!(
                "{}: each tool_use must have a single result. Found multiple `tool_result` blocks with id: {id}",
                piece.path
            ));
        }
    }
    Ok(())
}
