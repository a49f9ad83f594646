//! A request body from rendered pieces: model, settings, tools, instructions, input, always in this order.

use protocol::request::{NativeKind, Thinking};
use protocol::{Effort, Position, Request, Settings, ToolChoice};

use super::names;
use super::render::{self, TEXT_PART};
use super::request::TOOLS;
use crate::codec::{Assembly, Rendered, WireError};
use crate::ids::short;
use crate::json::{Object, array, string};
use crate::marks::{self, Marks};
use crate::openai;
use crate::words::{effort, extra};

/// The smallest bound of an answer that the provider takes.
const SMALLEST_ANSWER: u32 = 16;

/// The whole body of a neutral request.
pub(super) fn write_request(request: &Request) -> Result<Vec<u8>, WireError> {
    let tools: Vec<String> = request.tools.iter().map(render::tool).collect();
    let pieces = request.messages.iter().map(|message| render::pieces(message, &request.settings));
    let (messages, orders): (Vec<Rendered>, Vec<Vec<usize>>) =
        pieces.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    let order = |message: usize| orders.get(message).cloned().unwrap_or_default();
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
    let parts = render::in_parts(assembly.settings);
    let marks = if parts { Marks::plan(assembly, is_markable) } else { Marks::none() };
    let mut out = head(assembly).into_bytes();
    // Tools that this dialect says in words of its own were kept as they came.
    let tools = extra(assembly.settings, TOOLS).map_or_else(|| array(assembly.tools), str::to_owned);
    if tools != "[]" {
        out.extend_from_slice(b",\"tools\":");
        out.extend_from_slice(tools.as_bytes());
    }
    // Instructions are one text that cannot carry a marker; further blocks keep their bounds as parts of a message.
    let instructions = assembly.system.first().filter(|_| !parts);
    if let Some(text) = instructions {
        out.extend_from_slice(b",\"instructions\":");
        out.extend_from_slice(text.as_bytes());
    }
    out.extend_from_slice(b",\"input\":[");
    let start = out.len();
    system(&mut out, assembly.system, usize::from(instructions.is_some()), &marks);
    for (number, message) in assembly.messages.iter().enumerate().filter(|(_, message)| !message.blocks.is_empty()) {
        if out.len() > start {
            out.push(b',');
        }
        append_message(&mut out, number, message, &marks);
    }
    out.extend_from_slice(b"]}");
    out
}

/// The provider's marker. The entry lives as long as the request's other ones, so it says nothing of a lifetime.
const BREAKPOINT: &str = r#""prompt_cache_breakpoint":{"mode":"explicit"}"#;

/// The system blocks from the given one on, each a part.
fn system(out: &mut Vec<u8>, blocks: &[String], from: usize, marks: &Marks) {
    if blocks.len() <= from {
        return;
    }
    out.extend_from_slice(br#"{"type":"message","role":"developer","content":["#);
    for (index, block) in blocks.iter().enumerate().skip(from) {
        if index > from {
            out.push(b',');
        }
        let mark = marks.at(Position::System(index)).map(|_| BREAKPOINT);
        marks::append(out, &format!("{TEXT_PART}{block}}}"), mark, "}");
    }
    out.extend_from_slice(b"]}");
}

fn append_message(out: &mut Vec<u8>, message: usize, rendered: &Rendered, marks: &Marks) {
    out.extend_from_slice(rendered.open.as_bytes());
    for (block, piece) in rendered.blocks.iter().enumerate() {
        if block > 0 {
            out.push(b',');
        }
        // A part takes the marker itself, an item in its last part.
        let ending = if is_part(piece) { "}" } else { "}]}" };
        let mark = marks.at(Position::Message { message, block }).map(|_| BREAKPOINT);
        marks::append(out, piece, mark, ending);
    }
    out.extend_from_slice(rendered.close.as_bytes());
}

fn is_part(piece: &str) -> bool {
    piece.starts_with(r#"{"type":"input_"#)
}

/// What can carry a marker: a string of the system prompt, a part, or an item whose last part is one. The model's own items
/// cannot.
fn is_markable(piece: &str) -> bool {
    let item = [
        r#"{"type":"message","role":"user""#,
        r#"{"type":"message","role":"developer""#,
        r#"{"type":"function_call_output""#,
        r#"{"type":"custom_tool_call_output""#,
    ];
    let ends_in_a_part = || piece.ends_with("}]}") && item.iter().any(|start| piece.starts_with(start));
    piece.starts_with('"') || is_part(piece) || ends_in_a_part()
}

/// Everything that is not context. A field that came in a form we only partly understand goes back in that form.
fn head(assembly: &Assembly<'_>) -> String {
    let settings = assembly.settings;
    let chat = &settings.chat;
    let tools = !assembly.tools.is_empty();
    let flag = |flag: bool| if flag { "true" } else { "false" }.to_owned();
    let most = settings.max_tokens.map(|most| most.max(SMALLEST_ANSWER).to_string());
    let mut head = Object::new()
        .text("model", assembly.model)
        .raw_if("max_output_tokens", most.as_deref())
        .raw_if("stream", settings.stream.then_some("true"))
        .fraction("temperature", settings.temperature)
        .fraction("top_p", settings.top_p);
    let typed = [
        ("reasoning", reasoning(settings)),
        ("text", text_format(settings)),
        ("parallel_tool_calls", settings.parallel_tool_calls.filter(|_| tools).map(flag)),
        ("tool_choice", if tools { tool_choice(settings) } else { None }),
        ("prompt_cache_key", settings.cache_key.as_deref().filter(|_| chat.cache_key).map(|key| string(&short(key)))),
        ("store", Some(flag(false))),
        ("include", Some(array([string("reasoning.encrypted_content")]))),
    ];
    for (name, json) in typed {
        if extra(settings, name).is_none() {
            head = head.raw_if(name, json.as_deref());
        }
    }
    let kept = |name: &str| match name {
        TOOLS => false,
        // Servers that know no explicit breakpoints, or no keys, refuse these.
        "prompt_cache_options" => chat.cache_breakpoints,
        "prompt_cache_retention" => chat.cache_key,
        _ => true,
    };
    for (name, json) in settings.extra.iter().filter(|(name, _)| kept(name)) {
        head = head.raw(name, json);
    }
    head.open()
}

/// Effort, and a summary where thinking is to be seen. A budget is one of the efforts here.
fn reasoning(settings: &Settings) -> Option<String> {
    let effort_of = |tokens: u32| match tokens {
        0..=4_096 => Effort::Low,
        4_097..=16_384 => Effort::Medium,
        _ => Effort::High,
    };
    let (implied, seen) = match settings.thinking {
        Some(Thinking::Budget(tokens)) => (Some(effort_of(tokens)), true),
        Some(Thinking::Adaptive) => (None, true),
        Some(Thinking::Disabled) | None => (None, false),
    };
    let wanted = settings.effort.or(implied).filter(|_| settings.chat.reasoning_effort);
    let seen = seen && wanted != Some(Effort::None);
    if wanted.is_none() && !seen {
        return None;
    }
    let said = Object::new().raw_if("effort", wanted.map(|wanted| string(effort(wanted))).as_deref());
    Some(if seen { said.text("summary", "auto").end() } else { said.end() })
}

fn text_format(settings: &Settings) -> Option<String> {
    let schema = settings.response_schema.as_ref()?;
    let format = Object::of_type("json_schema").text("name", "answer").raw("schema", &schema.to_string()).end();
    Some(Object::new().raw("format", &format).end())
}

fn tool_choice(settings: &Settings) -> Option<String> {
    match &settings.tool_choice {
        ToolChoice::Auto => None,
        ToolChoice::None => Some(string("none")),
        ToolChoice::Any => Some(string("required")),
        ToolChoice::Tool(name) => Some(match names::native(&settings.native, name) {
            (NativeKind::Function, _, own_name) => Object::of_type("function").text("name", own_name).end(),
            (NativeKind::Custom, _, own_name) => Object::of_type("custom").text("name", own_name).end(),
            (NativeKind::ToolSearch, ..) => Object::of_type(names::TOOL_SEARCH).end(),
        }),
    }
}
