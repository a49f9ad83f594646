//! Tool calls and their results: each call answered once, in the turn right behind it, under an id that nothing else bears.

use std::collections::{HashMap, HashSet, VecDeque};

use indexmap::IndexMap;
use protocol::{Block, ResultPart, Role};
use serde_json::value::RawValue;

use super::talk::{Piece, Said, Talk};
use super::target::CallIds;
use crate::ids::{call_id, nine};
use crate::json::{Object, string};

/// What a call is answered that was never answered (an interrupt, a crash, a rewind).
const NO_RESULT: &str = "No result provided";

/// What stands before a result whose call is gone (a compaction, a rewind).
const NO_CALL: &str = "[Result of a tool call that is no longer part of the conversation]";

/// Turns of the same model that follow each other become one; then calls and results are paired.
/// What is given back is the new id of each call whose id has changed.
pub(super) fn mend(talk: &mut Talk, ids: CallIds) -> Vec<(String, String)> {
    let mut changed = Vec::new();
    let mut used = HashSet::new();
    let mut waiting = std::mem::take(&mut talk.said).into_iter().peekable();
    while let Some(mut said) = waiting.next() {
        if said.role == Role::Assistant {
            while let Some(more) = waiting.next_if(|next| next.role == Role::Assistant) {
                said.pieces.extend(more.pieces);
            }
        }
        let calls = if said.role == Role::Assistant { number(&mut said, ids, &mut used) } else { Vec::new() };
        changed
            .extend(calls.iter().filter(|call| call.old != call.new).map(|call| (call.old.clone(), call.new.clone())));
        let mut turn = Vec::new();
        if said.role == Role::Assistant {
            talk.said.push(said);
        } else {
            turn.push(said);
        }
        while let Some(next) = waiting.next_if(|next| next.role != Role::Assistant) {
            turn.push(next);
        }
        answer(&mut turn, calls);
        talk.said.append(&mut turn);
    }
    changed
}

/// A call of the turn: the id it came with, and the one it has now.
struct Call {
    old: String,
    new: String,
}

/// Gives every call its id.
fn number(said: &mut Said, ids: CallIds, used: &mut HashSet<String>) -> Vec<Call> {
    let mut calls = Vec::new();
    for piece in &mut said.pieces {
        if let Block::ToolCall { id, .. } = &mut piece.block {
            let fresh = |nth: usize| {
                let wanted = if nth == 1 { id.clone() } else { format!("{id}_{nth}") };
                match ids {
                    CallIds::Any => call_id(&wanted),
                    CallIds::Nine => nine(&wanted),
                }
            };
            let new = (1..).map(fresh).find(|new| !used.contains(new)).unwrap_or_default();
            used.insert(new.clone());
            calls.push(Call { old: std::mem::replace(id, new.clone()), new });
        }
    }
    calls
}

/// Brings the results of the calls to the front of the turn, answers those that have none, and turns results of no call into
/// text.
fn answer(turn: &mut Vec<Said>, calls: Vec<Call>) {
    let mut open: HashMap<String, VecDeque<usize>> = HashMap::new();
    for (nth, call) in calls.iter().enumerate() {
        open.entry(call.old.clone()).or_default().push_back(nth);
    }
    let mut results: Vec<Option<Piece>> = calls.iter().map(|_| None).collect();
    for said in turn.iter_mut() {
        let mut rest = Vec::with_capacity(said.pieces.len());
        for piece in std::mem::take(&mut said.pieces) {
            let Some(call_id) = answers(&piece.block) else {
                rest.push(piece);
                continue;
            };
            match open.get_mut(&call_id).map(VecDeque::pop_front) {
                Some(Some(nth)) => {
                    if let Some(place) = results.get_mut(nth) {
                        *place = Some(piece);
                    }
                }
                // Answered already: a second answer is refused.
                Some(None) => {}
                None => rest.extend(as_text(piece)),
            }
        }
        said.pieces = rest;
    }
    if calls.is_empty() {
        return;
    }
    let answers = calls.into_iter().zip(results).map(|(call, result)| answered(call.new, result)).collect();
    match turn.first_mut().filter(|first| first.role == Role::User) {
        Some(first) => {
            let rest = std::mem::replace(&mut first.pieces, answers);
            first.pieces.extend(rest);
        }
        None => turn.insert(0, Said::new(Role::User, answers)),
    }
}

fn answered(id: String, result: Option<Piece>) -> Piece {
    let missing = || {
        let content = vec![ResultPart::Text { text: NO_RESULT.to_owned() }];
        Piece::new(Block::ToolResult { call_id: String::new(), content, is_error: true })
    };
    let mut piece = result.unwrap_or_else(missing);
    match &mut piece.block {
        Block::ToolResult { call_id, .. } => *call_id = id,
        Block::Opaque { json, .. } => *json = readdressed(json, &id),
        _ => {}
    }
    piece
}

/// Names of the member that says which call a result answers.
const ADDRESSES: [&str; 2] = ["tool_use_id", "call_id"];

/// The kinds of results.
const RESULTS: [&str; 3] = ["tool_result", "function_call_output", "custom_tool_call_output"];

type Members<'a> = IndexMap<String, &'a RawValue>;

/// The id of the call that a block answers. A result with parts that only its own dialect knows answers one, too.
fn answers(block: &Block) -> Option<String> {
    match block {
        Block::ToolResult { call_id, .. } => Some(call_id.clone()),
        Block::Opaque { json, .. } if ADDRESSES.iter().any(|name| json.contains(name)) => {
            let members: Members<'_> = serde_json::from_str(json).ok()?;
            let word = |name: &str| serde_json::from_str::<String>(members.get(name)?.get()).ok();
            let is_result = word("type").is_some_and(|kind| RESULTS.contains(&kind.as_str()));
            ADDRESSES.iter().find_map(|name| word(name)).filter(|_| is_result)
        }
        _ => None,
    }
}

/// The result with another id; its bytes are kept where it is the same.
fn readdressed(json: &str, id: &str) -> String {
    let Ok(members) = serde_json::from_str::<Members<'_>>(json) else { return json.to_owned() };
    let id = string(id);
    if ADDRESSES.iter().any(|name| members.get(*name).is_some_and(|known| known.get() == id)) {
        return json.to_owned();
    }
    let member = |object: Object, (name, value): (&String, &&RawValue)| {
        object.raw(name, if ADDRESSES.contains(&name.as_str()) { &id } else { value.get() })
    };
    members.iter().fold(Object::new(), member).end()
}

fn as_text(piece: Piece) -> Vec<Piece> {
    let Block::ToolResult { content, .. } = piece.block else { return vec![piece] };
    let mut text = NO_CALL.to_owned();
    let mut images = Vec::new();
    for part in content {
        match part {
            ResultPart::Text { text: said } => {
                text.push('\n');
                text.push_str(&said);
            }
            ResultPart::Image { source } => images.push(Piece::new(Block::Image { source })),
        }
    }
    let mut pieces = vec![Piece::text(text)];
    pieces.append(&mut images);
    if let Some(last) = pieces.last_mut() {
        last.mark = piece.mark;
    }
    pieces
}
