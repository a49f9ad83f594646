//! What a request loses, and what it cannot lose, when it leaves Responses for a server of another dialect.

use protocol::{Block, Dialect, Position, Request};
use serde::Deserialize;

use super::render::kind;
use crate::codec::WireError;
use crate::node::invalid;

/// Fields that stand for something that only OpenAI has, and what a client can do instead.
const STATE: &[(&str, &str)] = &[
    (
        "previous_response_id",
        "names an answer that is stored at OpenAI. Send the whole conversation in `input` instead",
    ),
    ("conversation", "names a conversation that is stored at OpenAI. Send the whole conversation in `input` instead"),
    ("prompt", "names a prompt that is stored at OpenAI. Send its text in `instructions` and `input` instead"),
    ("background", "asks for an answer that is stored and fetched later. Leave it out, and stream the answer instead"),
];

/// Items that need not be said elsewhere: tools that stand in [`Request::tools`] as well, settings of OpenAI's own, and how
/// its own tools were called (what they found, the model has said).
const SILENT: &[&str] = &[
    "additional_tools",
    "configuration_update",
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "tool_search_call",
    "tool_search_output",
    "mcp_list_tools",
];

/// Prepares a request that was read from Responses for a server of another dialect: items that only this dialect knows are
/// left out or put into words. To be called before [`crate::retarget`], which drops the fields that are looked at here.
///
/// # Errors
/// [`WireError::Invalid`], in the client's words, where the request rests on something that only OpenAI has: an answer that
/// is stored there, a history that it has encrypted, or an item that this program does not know.
pub fn depart(request: &mut Request) -> Result<(), WireError> {
    for (name, remedy) in STATE {
        let said = request.settings.extra.iter().find(|(known, _)| known == name);
        if said.is_some_and(|(_, json)| !matches!(json.trim(), "null" | "false" | "{}" | "\"\"")) {
            return Err(invalid(*name, format!("{remedy}; the model behind this request is not OpenAI's")));
        }
    }
    for message in (0..request.messages.len()).rev() {
        for block in (0..request.messages.get(message).map_or(0, |said| said.blocks.len())).rev() {
            let Some(place) = request.messages.get_mut(message).and_then(|said| said.blocks.get_mut(block)) else {
                continue;
            };
            let Block::Opaque { dialect: Dialect::OpenaiResponses, json } = place else { continue };
            match elsewhere(json)? {
                Elsewhere::Same => {}
                Elsewhere::Words(text) => *place = Block::Text { text },
                Elsewhere::Nothing => remove(request, message, block),
            }
        }
    }
    Ok(())
}

/// What becomes of an item.
enum Elsewhere {
    /// It stays: whoever translates files knows what to do with it.
    Same,
    Words(String),
    Nothing,
}

fn elsewhere(json: &str) -> Result<Elsewhere, WireError> {
    let kind = kind(json);
    let remedy = match kind.as_str() {
        known if SILENT.contains(&known) => return Ok(Elsewhere::Nothing),
        "input_file" | "function_call_output" | "custom_tool_call_output" => return Ok(Elsewhere::Same),
        "agent_message" => match agent_message(json) {
            Some(text) => return Ok(Elsewhere::Words(text)),
            None => "is encrypted, and only OpenAI can read it. Start the agents anew with this model",
        },
        "compaction" | "compaction_trigger" => {
            "is a history that only OpenAI can read. Start a new conversation, or compact it with this model"
        }
        "item_reference" => "names an item that is stored at OpenAI. Send the item itself instead",
        _ => "has no form at the model behind this request. Leave it out",
    };
    Err(invalid("input", format!("an item of type \"{kind}\" {remedy}; the model behind this request is not OpenAI's")))
}

/// What one agent wrote to another.
fn agent_message(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Letter {
        author: Option<String>,
        recipient: Option<String>,
        content: Vec<Words>,
    }
    #[derive(Deserialize)]
    struct Words {
        text: Option<String>,
    }
    let letter: Letter = serde_json::from_str(json).ok()?;
    let texts: Vec<String> = letter.content.into_iter().map(|words| words.text).collect::<Option<_>>()?;
    let named = |name: Option<String>| name.unwrap_or_else(|| "an agent".to_owned());
    Some(format!("[{} to {}]\n{}", named(letter.author), named(letter.recipient), texts.join("\n\n")))
}

/// Takes a block out, and with it a message that is left empty. Breakpoints behind it move up.
fn remove(request: &mut Request, message: usize, block: usize) {
    let Some(said) = request.messages.get_mut(message) else { return };
    said.blocks.remove(block);
    let emptied = said.blocks.is_empty();
    if emptied {
        request.messages.remove(message);
    }
    request.breakpoints.retain_mut(|breakpoint| match &mut breakpoint.at {
        Position::Message { message: at, .. } if *at == message && emptied => false,
        Position::Message { message: at, .. } if *at > message && emptied => {
            *at -= 1;
            true
        }
        Position::Message { message: at, block: behind } if *at == message && *behind >= block && *behind > 0 => {
            *behind -= 1;
            true
        }
        _ => true,
    });
}
