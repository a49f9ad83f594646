//! Tool calls put together from their pieces. The pieces of parallel calls may interleave, their numbers may have gaps, and
//! ids and names may come late, twice, or not at all.

use std::collections::HashSet;

use protocol::{Block, StreamEvent};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ids::made_up;

/// A piece of a call.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Piece {
    index: Option<i64>,
    id: Option<String>,
    function: Option<Function>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Function {
    name: Option<String>,
    arguments: Option<Box<RawValue>>,
}

#[derive(Default)]
struct Slot {
    index: Option<i64>,
    id: String,
    name: String,
    json: String,
}

/// The calls of one answer, in the order in which they began. The first one is shown as it comes in; the others wait for
/// the end, because blocks do not interleave and nothing says when a call is whole.
#[derive(Default)]
pub(super) struct Calls {
    slots: Vec<Slot>,
    /// Bytes of the first call's arguments that were shown; none before it was shown at all.
    shown: Option<usize>,
}

impl Calls {
    /// A call has begun.
    pub(super) fn any(&self) -> bool {
        !self.slots.is_empty()
    }

    /// Takes a piece; `index` is the number that the first call has among the answer's blocks.
    pub(super) fn take(&mut self, piece: Piece, index: usize, out: &mut Vec<StreamEvent>) {
        let id = piece.id.filter(|id| !id.is_empty());
        let function = piece.function.unwrap_or_default();
        let name = function.name.filter(|name| !name.is_empty());
        let json = function.arguments.as_deref().map(argument_text).unwrap_or_default();
        if id.is_none() && name.is_none() && json.is_empty() {
            return;
        }
        let slot = self.slot(piece.index, id.as_deref(), name.as_deref());
        if let Some(slot) = self.slots.get_mut(slot) {
            if let Some(id) = id.filter(|_| slot.id.is_empty()) {
                slot.id = id;
            }
            if let Some(name) = name.filter(|_| slot.name.is_empty()) {
                slot.name = name;
            }
            slot.json.push_str(&json);
        }
        self.show(index, out);
    }

    /// Which call a piece belongs to. Number before id before "the last one"; a known number with another id and a name, or
    /// with a name after whole arguments, is a new call (servers that number every call 0).
    fn slot(&mut self, index: Option<i64>, id: Option<&str>, name: Option<&str>) -> usize {
        let known = match (index, id) {
            (Some(_), _) => self.slots.iter().rposition(|slot| slot.index == index),
            (None, Some(id)) if name.is_none() => {
                self.slots.iter().rposition(|slot| slot.id == id).or(self.slots.len().checked_sub(1))
            }
            (None, Some(id)) => self.slots.iter().rposition(|slot| slot.id == id),
            (None, None) => self.slots.len().checked_sub(1),
        };
        let same = known.filter(|&known| {
            self.slots.get(known).is_some_and(|slot| match (id, name) {
                (Some(id), Some(_)) => slot.id.is_empty() || slot.id == id,
                (None, Some(_)) => slot.name.is_empty() || !is_whole(&slot.json),
                _ => true,
            })
        });
        same.unwrap_or_else(|| {
            self.slots.push(Slot { index, ..Slot::default() });
            self.slots.len() - 1
        })
    }

    fn show(&mut self, index: usize, out: &mut Vec<StreamEvent>) {
        let Some(first) = self.slots.first().filter(|first| !first.id.is_empty() && !first.name.is_empty()) else {
            return;
        };
        if self.shown.is_none() {
            out.push(StreamEvent::ToolCallStarted { index, id: first.id.clone(), name: first.name.clone() });
        }
        let shown = self.shown.unwrap_or_default();
        if let Some(json) = first.json.get(shown..).filter(|json| !json.is_empty()) {
            out.push(StreamEvent::ArgumentsDelta { index, json: json.to_owned() });
        }
        self.shown = Some(first.json.len());
    }

    /// The calls, whole, appended to the answer's blocks. One without a name is no call. One without an id gets one that
    /// depends on the answer alone, one whose id was used already gets a suffix.
    pub(super) fn finish(&mut self, reply_id: &str, blocks: &mut Vec<Block>, out: &mut Vec<StreamEvent>) {
        let mut used = HashSet::new();
        for (number, slot) in std::mem::take(&mut self.slots).into_iter().enumerate() {
            if slot.name.is_empty() {
                continue;
            }
            let arguments = if slot.json.trim().is_empty() { "{}".to_owned() } else { slot.json };
            let id = match slot.id.as_str() {
                "" => made_up(reply_id, number, &slot.name, &arguments),
                id if used.contains(id) => format!("{id}_{number}"),
                id => id.to_owned(),
            };
            used.insert(id.clone());
            let index = blocks.len();
            if number > 0 || self.shown.is_none() {
                out.push(StreamEvent::ToolCallStarted { index, id: id.clone(), name: slot.name.clone() });
                out.push(StreamEvent::ArgumentsDelta { index, json: arguments.clone() });
            }
            let block = Block::ToolCall { id, name: slot.name, arguments };
            blocks.push(block.clone());
            out.push(StreamEvent::BlockFinished { index, block });
        }
    }
}

/// The arguments as text: a string's content, or the object that some servers send instead of a string.
fn argument_text(raw: &RawValue) -> String {
    match serde_json::from_str::<Option<String>>(raw.get()) {
        Ok(text) => text.unwrap_or_default(),
        Err(_) => raw.get().to_owned(),
    }
}

fn is_whole(json: &str) -> bool {
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(json).is_ok()
}
