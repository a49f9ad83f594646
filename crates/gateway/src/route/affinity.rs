//! Headers by which some providers keep a conversation at the machine that has its cache.

use http::{HeaderName, HeaderValue};

/// The header of each provider that has one. OpenRouter: sticky routing by conversation; xAI: stickiness; servers of one's own (vLLM,
/// SGLang) stand behind routers that go by it.
const HEADERS: [(&str, &str); 4] = [
    ("openrouter", "x-session-id"),
    ("xai", "x-grok-conv-id"),
    ("fireworks", "x-session-affinity"),
    ("local", "x-session-id"),
];

/// The header for a session. Its value says nothing of who it is: the session's name may be a client's own.
pub(super) fn header(provider: &str, session: &str) -> Option<(HeaderName, HeaderValue)> {
    let (_, name) = HEADERS.iter().find(|(known, _)| *known == provider)?;
    let value = blake3::hash(session.as_bytes()).to_hex();
    Some((HeaderName::from_static(name), HeaderValue::from_str(&value[..32]).ok()?))
}
