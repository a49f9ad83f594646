//! A request body from rendered pieces: model, settings, tools, then the system message and the rest, always in this order.

use protocol::request::ChatFlavor;
use protocol::{Position, Request, Settings, ToolChoice, Ttl};

use super::render::{self, TEXT_PART};
use crate::codec::{Assembly, Rendered, WireError};
use crate::ids::short;
use crate::json::{Object, array, string};
use crate::marks::{self, Marks};
use crate::openai;
use crate::words::{effort, extra};

/// The whole body of a neutral request.
pub(super) fn write_request(request: &Request) -> Result<Vec<u8>, WireError> {
    let tools: Vec<String> = request.tools.iter().map(render::tool).collect();
    let rendered = request.messages.iter().map(|message| render::message(message, &request.settings.chat));
    let messages = rendered.collect::<Result<Vec<_>, _>>()?;
    let order = |message: usize| request.messages.get(message).map(render::order).unwrap_or_default();
    let breakpoints = marks::translate(&request.breakpoints, &openai::system_order(&request.system), order);
    Ok(assemble(&Assembly {
        model: &request.model,
        tools: &tools,
        system: &openai::system(&request.system),
        messages: &messages,
        breakpoints: &breakpoints,
        settings: &request.settings,
    }))
}

/// The body: pieces are copied. Markers are spliced in only where the server knows them.
pub(super) fn assemble(assembly: &Assembly<'_>) -> Vec<u8> {
    let chat = &assembly.settings.chat;
    let marks = if render::in_parts(chat) { Marks::plan(assembly, is_markable) } else { Marks::none() };
    let mut out = head(assembly).into_bytes();
    if !assembly.tools.is_empty() && extra(assembly.settings, "tools").is_none() {
        out.extend_from_slice(b",\"tools\":");
        out.extend_from_slice(array(assembly.tools).as_bytes());
    }
    out.extend_from_slice(b",\"messages\":[");
    let mut first = true;
    if !assembly.system.is_empty() {
        system(&mut out, assembly.system, chat, &marks);
        first = false;
    }
    for (number, message) in assembly.messages.iter().enumerate().filter(|(_, message)| !message.blocks.is_empty()) {
        if chat.merge_user_messages && merge_with_last(&mut out, message) {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        append_message(&mut out, number, message, chat, &marks);
    }
    out.extend_from_slice(b"]}");
    out
}

/// OpenAI's own marker. The entry lives as long as the request's other ones, so it says nothing of a lifetime.
const BREAKPOINT: &str = r#""prompt_cache_breakpoint":{"mode":"explicit"}"#;

/// The marker as the server knows it.
fn marker(chat: &ChatFlavor, ttl: Ttl) -> &'static str {
    if chat.cache_control { marks::marker(ttl) } else { BREAKPOINT }
}

/// One system message: not every server takes a second one. Its blocks are joined by an empty line, or are parts of their
/// own where each may carry a marker. OpenAI's one marker stands behind all of them, which are one part.
fn system(out: &mut Vec<u8>, blocks: &[String], chat: &ChatFlavor, marks: &Marks) {
    let mark = |index: usize| marks.at(Position::System(index)).map(|ttl| marker(chat, ttl));
    out.extend_from_slice(br#"{"role":"system","content":"#);
    if chat.cache_control {
        out.push(b'[');
        for (index, block) in blocks.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            marks::append(out, &format!("{TEXT_PART}{block}}}"), mark(index), "}");
        }
        out.push(b']');
    } else if chat.cache_breakpoints {
        out.push(b'[');
        marks::append(out, &format!("{TEXT_PART}{}}}", joined(blocks)), mark(blocks.len().saturating_sub(1)), "}");
        out.push(b']');
    } else {
        out.extend_from_slice(joined(blocks).as_bytes());
    }
    out.push(b'}');
}

/// JSON strings as one, with an empty line between them.
fn joined(blocks: &[String]) -> String {
    let inner = blocks.iter().map(|block| {
        let quoted = block.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        quoted.unwrap_or(block)
    });
    format!("\"{}\"", inner.collect::<Vec<_>>().join(r"\n\n"))
}

/// How a user message of plain text begins.
const USER_TEXT: &str = r#"{"role":"user","content":""#;

/// Joins a user's plain text to the user message written last, as a paragraph of its own. False where either is not one.
fn merge_with_last(out: &mut Vec<u8>, message: &Rendered) -> bool {
    let [piece] = message.blocks.as_slice() else { return false };
    let Some(text) = piece.strip_prefix(USER_TEXT).and_then(|rest| rest.strip_suffix(r#""}"#)) else { return false };
    // No string can hold these bytes: its quotes are escaped. So this is where the last message began.
    let Some(last) = out.windows(8).rposition(|bytes| bytes == br#"{"role":"#) else { return false };
    if !out[last..].starts_with(USER_TEXT.as_bytes()) || !out.ends_with(br#""}"#) {
        return false;
    }
    out.truncate(out.len() - 2);
    out.extend_from_slice(br"\n\n");
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(br#""}"#);
    true
}

fn append_message(out: &mut Vec<u8>, message: usize, rendered: &Rendered, chat: &ChatFlavor, marks: &Marks) {
    out.extend_from_slice(rendered.open.as_bytes());
    for (block, piece) in rendered.blocks.iter().enumerate() {
        if block > 0 {
            out.push(b',');
        }
        // A part takes the marker itself, a whole message in its last part.
        let ending = if piece.starts_with(r#"{"role""#) { "}]}" } else { "}" };
        let mark = marks.at(Position::Message { message, block }).map(|ttl| marker(chat, ttl));
        marks::append(out, piece, mark, ending);
    }
    out.extend_from_slice(rendered.close.as_bytes());
}

/// Text can carry a marker: a string of the system prompt, a text part, or a message whose last part is text.
fn is_markable(piece: &str) -> bool {
    let text_last = || piece.rfind(TEXT_PART) > piece.rfind(r#"{"type":"image_url""#) && piece.ends_with(r#""}]}"#);
    piece.starts_with('"')
        || piece.starts_with(TEXT_PART)
        || (piece.starts_with(r#"{"role""#) && !piece.starts_with(r#"{"role":"assistant""#) && text_last())
}

/// Everything that is not context. A field that came in a form we only partly understand goes back in that form.
fn head(assembly: &Assembly<'_>) -> String {
    let settings = assembly.settings;
    let chat = &settings.chat;
    let listed = extra(settings, "tools").filter(|tools| *tools != "[]");
    let tools = !assembly.tools.is_empty() || listed.is_some();
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let flag = |flag: bool| if flag { "true" } else { "false" };
    let usage = settings.stream && chat.include_usage;
    let stop = array(settings.stop.iter().map(|stop| string(stop)));
    let mut head = Object::new().text("model", assembly.model);
    let before = [
        (chat.max_tokens_field.as_str(), number(settings.max_tokens)),
        ("stream", settings.stream.then(|| "true".to_owned())),
        ("stream_options", usage.then(|| r#"{"include_usage":true}"#.to_owned())),
    ];
    let after = [
        ("stop", (!settings.stop.is_empty()).then_some(stop)),
        ("reasoning_effort", settings.effort.filter(|_| chat.reasoning_effort).map(|it| string(effort(it)))),
        ("parallel_tool_calls", settings.parallel_tool_calls.filter(|_| tools).map(|it| flag(it).to_owned())),
        ("tool_choice", if tools { tool_choice(settings) } else { None }),
        ("prompt_cache_key", settings.cache_key.as_deref().filter(|_| chat.cache_key).map(|key| string(&short(key)))),
        ("response_format", response_format(settings)),
    ];
    for (name, json) in before {
        if extra(settings, name).is_none() {
            head = head.raw_if(name, json.as_deref());
        }
    }
    head = head.fraction("temperature", settings.temperature).fraction("top_p", settings.top_p);
    for (name, json) in after {
        if extra(settings, name).is_none() {
            head = head.raw_if(name, json.as_deref());
        }
    }
    for (name, json) in &settings.extra {
        head = head.raw(name, json);
    }
    head.open()
}

fn tool_choice(settings: &Settings) -> Option<String> {
    match &settings.tool_choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some(string("none")),
        ToolChoice::Any => Some(string("required")),
        ToolChoice::Tool(name) => {
            Some(Object::of_type("function").raw("function", &Object::new().text("name", name).end()).end())
        }
    }
}

fn response_format(settings: &Settings) -> Option<String> {
    let schema = settings.response_schema.as_ref()?;
    let named = Object::new().text("name", "answer").raw("schema", &schema.to_string()).end();
    Some(Object::of_type("json_schema").raw("json_schema", &named).end())
}
