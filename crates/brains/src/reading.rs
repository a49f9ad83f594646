//! Reads the body of a 2xx answer in its dialect, streamed or whole.

use std::time::Duration;

use protocol::{ErrorKind, ProviderError, Reply};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use wire::{Codec, WireError};

use crate::emit::Emitter;
use crate::text::excerpt;
use crate::transport::{Body, Opened};

/// More than any model writes; a server that sends more is broken, and must not fill the memory.
const LONGEST_ANSWER: usize = 64 * 1024 * 1024;

/// How long the end of a connection's answer is waited for after its terminal event.
const DRAIN: Duration = Duration::from_millis(50);

/// In which form an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Stream,
    Whole,
    /// A web page: the base URL points to a site, or to a proxy's sign-in page.
    Page,
}

/// Reads the answer, handing on its events.
///
/// # Errors
/// What the provider reports inside a 200, [`ErrorKind::Truncated`] for an answer without its end,
/// [`ErrorKind::Malformed`] for one that is not the dialect's, and those of the connection.
pub(crate) async fn read(
    codec: &dyn Codec,
    opened: &mut Opened,
    emitter: &mut Emitter<'_>,
) -> Result<Reply, ProviderError> {
    let head = head(&mut opened.body).await?;
    match form(&opened.headers, &head) {
        None => Err(ProviderError::new(ErrorKind::Truncated, "the answer has no content")),
        Some(Form::Stream) => stream(codec, &mut opened.body, head, emitter).await,
        Some(Form::Page) => Err(ProviderError::new(
            ErrorKind::Malformed,
            format!(
                "the server answered with a web page instead of an API answer; is the base URL right? It begins: {}",
                excerpt(&head)
            ),
        )),
        Some(Form::Whole) => {
            let (body, all) = opened.body.rest(LONGEST_ANSWER, head).await?;
            if !all {
                return Err(too_long());
            }
            emitter.whole(&codec.read_reply(&body).map_err(|error| unreadable(error, &body))?);
            done(emitter)
        }
    }
}

async fn stream(
    codec: &dyn Codec,
    body: &mut Body,
    head: Vec<u8>,
    emitter: &mut Emitter<'_>,
) -> Result<Reply, ProviderError> {
    let mut reader = codec.reply_reader();
    let mut length = head.len();
    let mut next = Some(bytes::Bytes::from(head));
    while let Some(bytes) = next {
        let events = reader.push(&bytes).map_err(|error| unreadable(error, &bytes))?;
        events.into_iter().for_each(|event| emitter.streamed(event));
        if emitter.reply.is_some() {
            body.drain(DRAIN).await;
            return done(emitter);
        }
        next = body.next().await?;
        length += next.as_ref().map_or(0, |bytes| bytes.len());
        if length > LONGEST_ANSWER {
            return Err(too_long());
        }
    }
    let events = reader.finish().map_err(|error| unreadable(error, b""))?;
    events.into_iter().for_each(|event| emitter.streamed(event));
    done(emitter)
}

/// The bytes up to and with the first one that is not white space.
async fn head(body: &mut Body) -> Result<Vec<u8>, ProviderError> {
    let mut head = Vec::new();
    while let Some(bytes) = body.next().await? {
        head.extend_from_slice(&bytes);
        if head.iter().any(|byte| !byte.is_ascii_whitespace()) || head.len() > LONGEST_ANSWER {
            break;
        }
    }
    Ok(head)
}

/// The first byte decides, because content types are wrong in the field: no line of an event stream begins with `{` or `<`,
/// and some servers report an error as a JSON object under `text/event-stream`.
fn form(headers: &HeaderMap, head: &[u8]) -> Option<Form> {
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace())?;
    let is_json =
        headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("json"));
    Some(match first {
        b'{' => Form::Whole,
        b'<' => Form::Page,
        _ if is_json => Form::Whole,
        _ => Form::Stream,
    })
}

fn done(emitter: &mut Emitter<'_>) -> Result<Reply, ProviderError> {
    emitter
        .reply
        .take()
        .ok_or_else(|| ProviderError::new(ErrorKind::Truncated, "the answer ended without its terminal event"))
}

fn unreadable(error: WireError, bytes: &[u8]) -> ProviderError {
    match error {
        WireError::Provider(error) => error,
        other => ProviderError::new(
            ErrorKind::Malformed,
            format!("the answer cannot be read: {other}; near: {}", excerpt(bytes)),
        ),
    }
}

fn too_long() -> ProviderError {
    ProviderError::new(
        ErrorKind::Malformed,
        format!("the answer is longer than {} MiB; reading was stopped", LONGEST_ANSWER >> 20),
    )
}
