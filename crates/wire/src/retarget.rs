//! What a request loses when it leaves the dialect it was read from.

use protocol::request::ChatFlavor;
use protocol::{Dialect, Request};

/// Prepares a request that was read from one dialect for another: fields that only the first one knows are dropped, and the
/// sender's spelling says nothing about the server that it now goes to. To be called between `read_request` and
/// `write_request`, before the target's own flavor is set. Blocks that only one dialect knows stay, so that writing them
/// fails by name instead of losing them.
pub fn retarget(request: &mut Request, from: Dialect, to: Dialect) {
    if from != to {
        request.settings.extra.clear();
        request.settings.chat = ChatFlavor::default();
    }
}
