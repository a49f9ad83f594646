//! A request's body, read within its limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, EXPECT};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout, timeout_at};

use crate::core::Limits;
use crate::door::guard::Refusal;

/// Most that is set aside for a body on the word of its length alone.
const ON_TRUST: usize = 256 * 1024;

/// Bytes of all bodies that are held at one time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held(Arc<AtomicUsize>);

/// A body, counted for as long as it is held.
#[derive(Debug)]
pub(crate) struct Load {
    held: Held,
    size: usize,
}

impl Held {
    pub(crate) fn nothing(&self) -> Load {
        Load { held: self.clone(), size: 0 }
    }
}

impl Load {
    /// More of it. False where all bodies together are too much.
    fn grow(&mut self, more: usize, most: usize) -> bool {
        self.size += more;
        self.held.0.fetch_add(more, Ordering::AcqRel) + more <= most
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.held.0.fetch_sub(self.size, Ordering::AcqRel);
    }
}

/// Reads the whole body.
///
/// # Errors
/// 413 for one that is too long, 408 for one that stops coming, 400 for one that breaks off, 415 for a compressed one, 503 where
/// the bodies in flight take too much memory. A refused body is read on for a moment, so that its sender sees the answer.
pub(crate) async fn read(
    headers: &http::HeaderMap,
    mut body: Incoming,
    most: usize,
    held: &Held,
    limits: &Limits,
) -> Result<(Bytes, Load), Refusal> {
    let result = collect(headers, &mut body, most, held, limits).await;
    // Who waits to be asked for the body has nothing in flight.
    if result.is_err() && !headers.contains_key(EXPECT) {
        linger(&mut body, limits.linger).await;
    }
    result
}

async fn collect(
    headers: &http::HeaderMap,
    body: &mut Incoming,
    most: usize,
    held: &Held,
    limits: &Limits,
) -> Result<(Bytes, Load), Refusal> {
    let encoded = headers.get(CONTENT_ENCODING).is_some_and(|value| value.as_bytes() != b"identity");
    if encoded {
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body is compressed; send it as it is"));
    }
    let told = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if told.is_some_and(|length| length > most) {
        return Err(too_long(most));
    }
    let mut load = held.nothing();
    let mut first: Option<Bytes> = None;
    let mut all = BytesMut::new();
    loop {
        let frame = match timeout(limits.body_idle, body.frame()).await {
            Err(_) => {
                let message = format!("nothing of the body came for {} ms", limits.body_idle.as_millis());
                return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, message));
            }
            Ok(None) => break,
            Ok(Some(Err(_))) => return Err(Refusal::new(StatusCode::BAD_REQUEST, "the body broke off before its end")),
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else { continue };
        if load.size + data.len() > most {
            return Err(too_long(most));
        }
        if !load.grow(data.len(), limits.bodies_bytes) {
            let message =
                "the requests in flight take all the memory that is set aside for them; try again in a moment";
            return Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message));
        }
        // Most bodies come in one piece and need no copy.
        if let Some(first) = first.take() {
            all.reserve(told.unwrap_or(0).min(ON_TRUST).max(first.len() + data.len()));
            all.extend_from_slice(&first);
        }
        if all.is_empty() { first = Some(data) } else { all.extend_from_slice(&data) }
    }
    Ok((first.unwrap_or_else(|| all.freeze()), load))
}

fn too_long(most: usize) -> Refusal {
    let message = format!("the request's body is longer than the {most} bytes that are allowed");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, message)
}

/// Reads on without keeping anything.
async fn linger(body: &mut Incoming, moment: Duration) {
    let until = Instant::now() + moment;
    while let Ok(Some(Ok(_))) = timeout_at(until, body.frame()).await {}
}
