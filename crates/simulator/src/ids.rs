//! Ids of the items of a Responses answer. The codec makes them from the answer's id and the item's number; they are made
//! here in the same way, because later requests are checked by them.

use protocol::request::{NativeKind, NativeTools};
use protocol::{Block, Reply};

/// The id of an item.
pub(crate) fn item(prefix: &str, reply_id: &str, number: usize) -> String {
    let hash = blake3::hash(format!("{reply_id}\n{number}").as_bytes()).to_hex();
    format!("{prefix}_{}", &hash[..32])
}

/// The id of the reasoning item that an answer begins with.
pub(crate) fn reasoning(reply_id: &str) -> String {
    item("rs", reply_id, 0)
}

/// The ids of the items behind an answer's reasoning.
pub(crate) fn followers<'a>(reply: &'a Reply, native: &'a NativeTools) -> impl Iterator<Item = String> + 'a {
    let prefix = |block: &Block| match block {
        Block::ToolCall { name, .. } => {
            let kind = native.tools.iter().find(|tool| tool.name == *name).map(|tool| tool.kind).unwrap_or_default();
            match kind {
                NativeKind::Function => "fc",
                NativeKind::Custom => "ctc",
                NativeKind::ToolSearch => "tsc",
            }
        }
        _ => "msg",
    };
    let items = reply.blocks.iter().enumerate().skip(1);
    items.map(move |(number, block)| item(prefix(block), &reply.id, number))
}
