//! A request body from rendered pieces: model, settings, tools, system, messages, always in this order.

use protocol::request::Thinking;
use protocol::{Effort, Position, Request, Settings, ToolChoice};

use super::render;
use crate::codec::{Assembly, WireError};
use crate::json::{Object, array, string};
use crate::marks::{self, Marks};
use crate::words::{effort, extra};

/// What is asked for where the caller does not say: the field is required.
const DEFAULT_MAX_TOKENS: u32 = 8_192;

/// The whole body of a neutral request.
pub(super) fn write_request(request: &Request) -> Result<Vec<u8>, WireError> {
    let tools: Vec<String> = request.tools.iter().map(render::tool).collect();
    let messages = request.messages.iter().map(render::message).collect::<Result<Vec<_>, _>>()?;
    let order = |message: usize| request.messages.get(message).map(render::order).unwrap_or_default();
    let breakpoints = marks::translate(&request.breakpoints, &render::system_order(&request.system), order);
    Ok(assemble(&Assembly {
        model: &request.model,
        tools: &tools,
        system: &render::system(&request.system),
        messages: &messages,
        breakpoints: &breakpoints,
        settings: &request.settings,
    }))
}

/// The body: pieces are copied, markers spliced in.
pub(super) fn assemble(assembly: &Assembly<'_>) -> Vec<u8> {
    let marks = Marks::plan(assembly, is_markable);
    let mut out = head(assembly).into_bytes();
    if !assembly.tools.is_empty() && extra(assembly.settings, "tools").is_none() {
        out.extend_from_slice(b",\"tools\":[");
        append_all(&mut out, assembly.tools, |index| marks.at(Position::Tool(index)));
        out.push(b']');
    }
    if !assembly.system.is_empty() {
        out.extend_from_slice(b",\"system\":[");
        append_all(&mut out, assembly.system, |index| marks.at(Position::System(index)));
        out.push(b']');
    }
    out.extend_from_slice(b",\"messages\":[");
    let said = assembly.messages.iter().enumerate().filter(|(_, message)| !message.blocks.is_empty());
    for (nth, (number, message)) in said.enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        out.extend_from_slice(message.open.as_bytes());
        append_all(&mut out, &message.blocks, |block| marks.at(Position::Message { message: number, block }));
        out.extend_from_slice(message.close.as_bytes());
    }
    out.extend_from_slice(b"]}");
    out
}

fn append_all(out: &mut Vec<u8>, pieces: &[String], mark: impl Fn(usize) -> Option<protocol::Ttl>) {
    for (index, piece) in pieces.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        marks::append(out, piece, mark(index).map(marks::marker), "}");
    }
}

/// Reasoning cannot carry a marker; it is cached as part of its turn.
fn is_markable(piece: &str) -> bool {
    !piece.starts_with(r#"{"type":"thinking""#) && !piece.starts_with(r#"{"type":"redacted_thinking""#)
}

/// Everything that is not context. A field that came in a form we only partly understand goes back in that form.
fn head(assembly: &Assembly<'_>) -> String {
    let settings = assembly.settings;
    let tools = !assembly.tools.is_empty() || extra(settings, "tools").is_some();
    let mut head = Object::new()
        .text("model", assembly.model)
        .number("max_tokens", u64::from(settings.max_tokens.unwrap_or(DEFAULT_MAX_TOKENS)));
    if settings.stream {
        head = head.flag("stream", true);
    }
    head = head.fraction("temperature", settings.temperature).fraction("top_p", settings.top_p);
    if !settings.stop.is_empty() {
        head = head.raw("stop_sequences", &array(settings.stop.iter().map(|stop| string(stop))));
    }
    let typed = [
        ("thinking", settings.thinking.as_ref().map(thinking)),
        ("output_config", output_config(settings)),
        ("tool_choice", if tools { tool_choice(settings) } else { None }),
    ];
    for (name, json) in typed {
        if extra(settings, name).is_none() {
            head = head.raw_if(name, json.as_deref());
        }
    }
    for (name, json) in &settings.extra {
        head = head.raw(name, json);
    }
    head.open()
}

fn thinking(thinking: &Thinking) -> String {
    match thinking {
        Thinking::Adaptive => Object::of_type("adaptive").end(),
        Thinking::Budget(tokens) => Object::of_type("enabled").number("budget_tokens", u64::from(*tokens)).end(),
        Thinking::Disabled => Object::of_type("disabled").end(),
    }
}

/// Effort and answer form. The dialect has no `none` (leaving thinking out is its word for it) and no `minimal`.
fn output_config(settings: &Settings) -> Option<String> {
    let wanted = settings.effort.filter(|effort| *effort != Effort::None).map(|effort| effort.max(Effort::Low));
    if wanted.is_none() && settings.response_schema.is_none() {
        return None;
    }
    let mut config = Object::new();
    if let Some(wanted) = wanted {
        config = config.text("effort", effort(wanted));
    }
    if let Some(schema) = &settings.response_schema {
        let format = Object::of_type("json_schema").raw("schema", &schema.to_string()).end();
        config = config.raw("format", &format);
    }
    Some(config.end())
}

fn tool_choice(settings: &Settings) -> Option<String> {
    let choice = match &settings.tool_choice {
        ToolChoice::Auto if settings.parallel_tool_calls.is_none() => return None,
        ToolChoice::None => return Some(Object::of_type("none").end()),
        ToolChoice::Auto => Object::of_type("auto"),
        ToolChoice::Any => Object::of_type("any"),
        ToolChoice::Tool(name) => Object::of_type("tool").text("name", name),
    };
    Some(match settings.parallel_tool_calls {
        Some(parallel) => choice.flag("disable_parallel_tool_use", !parallel).end(),
        None => choice.end(),
    })
}
