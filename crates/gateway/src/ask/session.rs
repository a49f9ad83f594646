//! Which conversation a request belongs to.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

use http::HeaderMap;

use super::Class;
use super::body::Body;

/// Headers that name it, the plainest first: our own, those that routers know, Claude Code, codex, opencode.
const HEADERS: [&str; 10] = [
    "x-agent-session",
    "x-session-id",
    "x-claude-code-session-id",
    "session-id",
    "session_id",
    "conversation_id",
    "conversation-id",
    "thread-id",
    "x-session-affinity",
    "x-opencode-session",
];

/// Longest name that is kept as it is.
const LONGEST: usize = 64;

/// The session's name. An agent that another one started has one of its own, for its context is its own too.
pub(super) fn of(headers: &HeaderMap, body: &Body<'_>, class: Class, head: &[u8; 16], token: Option<&str>) -> Arc<str> {
    let named =
        HEADERS.iter().find_map(|name| headers.get(*name)?.to_str().ok().map(str::trim).filter(|id| !id.is_empty()));
    let named = named
        .map(Cow::Borrowed)
        .or_else(|| body.metadata("user_id").and_then(|user| in_user_id(&user)).map(Cow::Owned))
        .or_else(|| body.metadata("session_id").map(Cow::Owned))
        .or_else(|| body.session_id.clone())
        .or_else(|| body.cache_key.clone())
        .filter(|id| !id.is_empty());
    let mut session = match named {
        Some(id) if is_plain(&id) => id.into_owned(),
        Some(id) => format!("h-{}", hex(&blake3::hash(id.as_bytes()).as_bytes()[..12])),
        None => format!("p-{}", frozen_head(body, head, token)),
    };
    if class == Class::SubAgent {
        let _ = write!(session, "/{}", hex(&head[..4]));
    }
    session.into()
}

/// Claude Code: `user_..._account_..._session_ID`, since 2.1.78 a JSON object with `session_id`. A plain user is no session.
fn in_user_id(user: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct User {
        session_id: String,
    }
    if user.starts_with('{') {
        return serde_json::from_str::<User>(user).ok().map(|user| user.session_id);
    }
    user.rsplit_once("_session_").map(|(_, id)| id.to_owned())
}

/// What stays the same from request to request: who asks, the system prompt, the tools, the first words.
fn frozen_head(body: &Body<'_>, head: &[u8; 16], token: Option<&str>) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(token.unwrap_or_default().as_bytes());
    body.system().iter().for_each(|text| part(text.as_bytes()));
    part(body.tools.map(|tools| tools.get()).unwrap_or_default().as_bytes());
    part(head);
    hex(&hasher.finalize().as_bytes()[..12])
}

fn is_plain(id: &str) -> bool {
    id.len() <= LONGEST && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:@-".contains(&byte))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
