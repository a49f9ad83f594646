//! Names of tools, in the request and back.

use std::collections::BTreeMap;

use protocol::{Block, Request, ToolChoice};

use super::talk::Talk;
use crate::ids::digest;

/// Characters of the underscore and the hash that tell shortened names apart.
const TAIL: usize = 9;

/// Gives every tool whose name the target refuses another one, wherever it is named. What is given back is the client's name
/// of each new one.
pub(super) fn rename(request: &mut Request, talk: &mut Talk, limit: usize) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    let mut put = |name: &mut String| {
        if let Some(new) = renamed(name, limit) {
            let old = std::mem::replace(name, new.clone());
            names.insert(new, old);
        }
    };
    request.tools.iter_mut().for_each(|tool| put(&mut tool.name));
    if let ToolChoice::Tool(name) = &mut request.settings.tool_choice {
        put(name);
    }
    for piece in talk.said.iter_mut().flat_map(|said| &mut said.pieces) {
        if let Block::ToolCall { name, .. } = &mut piece.block {
            put(name);
        }
    }
    if !names.is_empty() {
        // As they came they would still bear the old names.
        request.settings.extra.retain(|(name, _)| name != "tools" && name != "tool_choice");
    }
    names
}

/// Another name, where this one is too long or has other characters than letters, digits, `_` and `-`.
fn renamed(name: &str, limit: usize) -> Option<String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.len() <= limit && name.chars().all(legal) {
        return None;
    }
    let head = name.chars().map(|c| if legal(c) { c } else { '_' }).take(limit.saturating_sub(TAIL));
    Some(format!("{}_{}", head.collect::<String>(), digest(name)))
}
