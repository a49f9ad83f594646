//! What a client asked for, read once: dialect, what kind of call it is, which session, which hints.
//!
//! Of the body only what decides is looked at, in one pass over borrowed slices; the content of messages that lie between the first
//! and the last ones is skipped, not parsed.

mod body;
mod class;
mod session;
mod text;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use protocol::{Dialect, ErrorKind, ProviderError, Timestamp};
use routing::Hints;

use crate::core::{Asks, Incoming};
use body::Body;

/// What kind of call it is. Only `Main` and `ToolResult` are the session itself; the others never write session state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A user's words in the main loop.
    Main,
    /// The main loop goes on with tool results.
    ToolResult,
    /// An agent that the client's main agent started.
    SubAgent,
    /// The client has its history summarised.
    Compaction,
    /// A name for the conversation.
    Title,
    /// A client asks whether anybody is there (one token, quota checks).
    Probe,
    /// Tokens are to be counted, nothing generated.
    Count,
}

impl Class {
    /// All, in the order of the type.
    pub const ALL: [Self; 7] =
        [Self::Main, Self::ToolResult, Self::SubAgent, Self::Compaction, Self::Title, Self::Probe, Self::Count];

    /// As written in the ledger, in metrics and in reasons.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::ToolResult => "tool_result",
            Self::SubAgent => "sub_agent",
            Self::Compaction => "compaction",
            Self::Title => "title",
            Self::Probe => "probe",
            Self::Count => "count",
        }
    }

    /// Whether it is the session itself, and so may write what is known of it.
    pub fn is_session(self) -> bool {
        matches!(self, Self::Main | Self::ToolResult)
    }
}

/// A request to a model as it came in.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The gateway's own id of the request, in logs and in the ledger.
    pub id: Arc<str>,
    /// When its head was read.
    pub at: Timestamp,
    /// The client's dialect.
    pub dialect: Dialect,
    /// Path and query as they came.
    pub path_and_query: String,
    /// The client's headers without hop-by-hop headers, without its gateway token and without what is said to the gateway only
    /// (`x-agent-...`).
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Bytes,
    /// The model that the body names; empty where it names none.
    pub model: String,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// What kind of call it is.
    pub class: Class,
    /// The conversation it belongs to: from headers or metadata that clients send, else from the frozen head of the body. At most 80
    /// characters that are safe in a log and in a header.
    pub session: Arc<str>,
    /// Which gateway token came in; none where tokens are switched off.
    pub token: Option<Arc<str>>,
    /// The user's first words in the conversation, as far as they decide about a lane; empty where there are none.
    pub task: Arc<str>,
    /// Fingerprint of those words: another one in the same session means that the history was replaced.
    pub head: [u8; 16],
    /// Messages or input items of the body.
    pub messages: usize,
    /// Roughly the tokens of the prompt: a token for four bytes of the body.
    pub prompt_tokens: u64,
    /// Whether the body asks for a cache that lives an hour or longer.
    pub long_cache: bool,
    /// What the client says of its task by header; it can only raise.
    pub hints: Hints,
    /// The lane that the client asked for by header (`x-agent-force-lane`).
    pub force: Option<Arc<str>>,
}

/// A body that cannot be a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Not JSON, or not an object: a 400.
    #[error("the body is no JSON object: {0}")]
    NotJson(String),
    /// It names no model: a 400.
    #[error("`model` is missing: name a model, a lane as `lane:NAME`, or `auto`")]
    NoModel,
}

/// Which path it is: the dialect, and whether tokens are only to be counted. The query does not matter (`?beta=true`). None for every
/// path that is no request to a model.
pub fn target(path: &str) -> Option<(Dialect, bool)> {
    let path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
    let path = path.strip_prefix("/v1").filter(|rest| rest.starts_with('/')).unwrap_or(path);
    match path {
        "/messages" => Some((Dialect::AnthropicMessages, false)),
        "/messages/count_tokens" => Some((Dialect::AnthropicMessages, true)),
        "/chat/completions" => Some((Dialect::OpenaiChat, false)),
        "/responses" | "/responses/compact" => Some((Dialect::OpenaiResponses, false)),
        "/responses/input_tokens" => Some((Dialect::OpenaiResponses, true)),
        _ => None,
    }
}

impl Ask {
    /// Reads a request.
    ///
    /// # Errors
    /// [`AskError`] where there is nothing to route: the body is no JSON object, or names no model.
    pub fn read(incoming: Incoming) -> Result<Self, AskError> {
        let Incoming { id, at, dialect, counts, path_and_query, headers, body, token } = incoming;
        let read = Body::read(dialect, &body).map_err(AskError::NotJson)?;
        if read.model.is_empty() {
            return Err(AskError::NoModel);
        }
        let first = read.first_words();
        let class = class::of(&class::Evidence {
            counts,
            path: path_and_query.split('?').next().unwrap_or_default(),
            headers: &headers,
            body: &read,
            bytes: body.len(),
        });
        let head = text::fingerprint(&first.all);
        let session = session::of(&headers, &read, class, &head, token.as_deref());
        let task: Arc<str> = Arc::from(text::most(&first.task, LONGEST_TASK));
        let long_cache = text::holds(&body, br#""ttl":"1h""#)
            || text::holds(&body, br#""ttl": "1h""#)
            || text::holds(&body, br#""prompt_cache_retention":"24h""#);
        let model = read.model.clone().into_owned();
        let (stream, messages) = (read.stream, read.messages);
        let prompt_tokens = (body.len() as u64).div_ceil(4);
        let (hints, force) = said(&headers);
        let headers = forwardable(headers);
        Ok(Self {
            id,
            at,
            dialect,
            path_and_query,
            headers,
            body,
            model,
            stream,
            class,
            session,
            token,
            task,
            head,
            messages,
            prompt_tokens,
            long_cache,
            hints,
            force,
        })
    }
}

/// Reads requests for the door.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reader;

impl Asks for Reader {
    fn read(&self, incoming: Incoming) -> Result<Ask, Box<ProviderError>> {
        Ask::read(incoming).map_err(|error| {
            Box::new(ProviderError {
                status: Some(400),
                ..ProviderError::new(ErrorKind::InvalidRequest, error.to_string())
            })
        })
    }
}

/// Longest task that is looked at, in bytes: more than the 4,000 words that routing looks at are rare in a first message.
const LONGEST_TASK: usize = 32 * 1024;

/// What begins the name of a header by which a client says something of its task.
const HINT: &str = "x-agent-hint-";

/// What is said to the gateway and to nobody behind it.
const OURS: &str = "x-agent-";

/// Headers of one connection (RFC 9110, section 7.6.1), and those that are made anew from what is sent.
const HOP_BY_HOP: [&str; 11] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    "content-length",
];

/// Hints, and the lane that is asked for. Names of hints are those of the policy, with `-` for `_`.
fn said(headers: &HeaderMap) -> (Hints, Option<Arc<str>>) {
    let pairs: Vec<(String, &[u8])> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().strip_prefix(HINT)?.replace('-', "_"), value.as_bytes())))
        .collect();
    let force = headers.get("x-agent-force-lane").and_then(|value| value.to_str().ok());
    let force = force.map(str::trim).filter(|lane| !lane.is_empty() && lane.len() <= 64).map(Arc::from);
    (Hints::read(&pairs), force)
}

/// The headers without those of the connection, those that `connection` names, and those that are for the gateway.
fn forwardable(mut headers: HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all("connection")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let ours: Vec<HeaderName> = headers.keys().filter(|name| name.as_str().starts_with(OURS)).cloned().collect();
    named.iter().chain(&ours).for_each(|name| {
        headers.remove(name);
    });
    HOP_BY_HOP.iter().for_each(|name| {
        headers.remove(*name);
    });
    headers
}
