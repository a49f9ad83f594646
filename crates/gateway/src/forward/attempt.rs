//! One attempt: sent once, and looked at until it is known whether its answer stands.

use std::sync::Arc;

use brains::{ByteStream, Once};
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use protocol::{Dialect, ErrorKind, ProviderError};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::forward::job::{Begun, Failed, Job, Miss, Try, Words};
use crate::forward::relay::{Flow, Relay};
use crate::forward::send::{self, Sending, To, Way};
use crate::forward::trial::Trial;
use crate::forward::watch::Watch;
use crate::forward::whole;
use crate::route::Binding;

/// In which form an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Stream,
    Whole,
}

/// Makes an attempt.
pub(crate) async fn attempt(
    job: &mut Job,
    binding: &Arc<Binding>,
    try_: Try,
    mut trial: Trial,
) -> Result<Begun, Box<Miss>> {
    let catalogue = job.shared.setup.router.catalogue();
    let to = To {
        binding,
        catalogue: catalogue.as_deref(),
        effort: job.plan.places.get(try_.place).and_then(|place| place.effort),
        native: job.demand.native,
        plain_schemas: try_.plain_schemas,
    };
    let sending = match send::ready(&job.ask, &mut job.read, to).await {
        Ok(sending) => sending,
        Err(error) => return Err(unsaid(*error, binding, trial)),
    };
    let Sending { client, dialect, body, headers, path, way } = sending;
    let translated = matches!(way, Way::Other(_));
    let missed = |error, words, again, elsewhere, trial| {
        let failed = Failed { error, words, binding: Some(Arc::clone(binding)) };
        Box::new(Miss { failed, trial, again, elsewhere, translated, client: Some(Arc::clone(&client)) })
    };
    let never = CancellationToken::new();
    let mut once = match timeout(job.left(), client.once(body, &headers, &path, &never)).await {
        Err(_) => return Err(missed(late(binding), None, true, true, trial)),
        Ok(Err(none)) => return Err(missed(none.error, None, none.again, none.elsewhere, trial)),
        Ok(Ok(once)) => once,
    };
    trial.answered(once.status, std::mem::take(&mut once.headers));
    if let Some(error) = once.error.take() {
        let (again, elsewhere) = (once.again, once.elsewhere || error.kind == ErrorKind::NotFound);
        let words = words(once, trial.headers(), dialect).await;
        return Err(missed(error, Some(words), again, elsewhere, trial));
    }
    let (first, form) = match timeout(job.left(), begins(&mut once.stream, &trial.headers(), job.ask.stream)).await {
        Err(_) => return Err(missed(late(binding), None, true, true, trial)),
        Ok(Err(error)) => return Err(missed_in_answer(&missed, error, None, trial)),
        Ok(Ok(begun)) => begun,
    };
    trial.first_byte();
    let begun = match form {
        Form::Stream if job.ask.stream => streamed(job, first, once.stream, way, dialect, trial),
        form => whole::read(job, first, once.stream, way, dialect, form == Form::Stream, trial).await,
    };
    begun.map_err(|spoilt| {
        let (error, words, trial) = *spoilt;
        missed_in_answer(&missed, error, words, trial)
    })
}

/// What became of an answer that had begun with status 200: what failed, in whose words.
pub(crate) type Spoilt = Box<(ProviderError, Option<Words>, Trial)>;

fn missed_in_answer(
    missed: &impl Fn(ProviderError, Option<Words>, bool, bool, Trial) -> Box<Miss>,
    error: ProviderError,
    words: Option<Words>,
    trial: Trial,
) -> Box<Miss> {
    use ErrorKind::{Billing, Malformed, NotFound, Overloaded, RateLimit, Server, Timeout, Transport, Truncated};
    let again = matches!(error.kind, RateLimit | Overloaded | Timeout | Server | Transport | Truncated);
    let elsewhere = again || matches!(error.kind, Billing | Malformed | NotFound);
    missed(error, words, again, elsewhere, trial)
}

/// A request that has no form for this binding: another one may speak the client's dialect.
fn unsaid(error: ProviderError, binding: &Arc<Binding>, trial: Trial) -> Box<Miss> {
    let failed = Failed { error, words: None, binding: Some(Arc::clone(binding)) };
    Box::new(Miss { failed, trial, again: false, elsewhere: true, translated: false, client: None })
}

fn late(binding: &Binding) -> ProviderError {
    ProviderError::new(
        ErrorKind::Timeout,
        format!("`{}` did not begin its answer in the time that this request has", binding.name),
    )
}

async fn words(mut once: Once, headers: HeaderMap, dialect: Dialect) -> Words {
    let mut body = BytesMut::new();
    // What has come of it is worth telling, also where the rest is missing.
    while let Some(Ok(bytes)) = once.stream.next().await {
        body.extend_from_slice(&bytes);
    }
    Words { status: once.status, headers, body: body.freeze(), dialect, streamed: false }
}

/// The bytes up to and with the first that is not white space, and what they are the beginning of.
async fn begins(stream: &mut ByteStream, headers: &HeaderMap, asked: bool) -> Result<(Bytes, Form), ProviderError> {
    let mut head = BytesMut::new();
    loop {
        let Some(bytes) = stream.next().await else {
            return Err(ProviderError::new(ErrorKind::Truncated, "the answer has no content"));
        };
        let bytes = bytes?;
        let sense = bytes.iter().find(|byte| !byte.is_ascii_whitespace()).copied();
        let all = if head.is_empty() {
            bytes
        } else {
            head.extend_from_slice(&bytes);
            head.split().freeze()
        };
        if let Some(sense) = sense {
            return Ok((all, form(sense, headers, asked)));
        }
        head.extend_from_slice(&all);
        if head.len() > 64 * 1024 {
            return Err(ProviderError::new(ErrorKind::Malformed, "the answer is made of white space"));
        }
    }
}

/// Content types are wrong in the field: no line of an event stream begins with a brace, and some servers report an error as an
/// object under `text/event-stream`. Of a compressed answer nothing can be seen.
fn form(first: u8, headers: &HeaderMap, asked: bool) -> Form {
    let is = |kind: &[u8]| {
        headers.get(CONTENT_TYPE).is_some_and(|value| memchr::memmem::find(value.as_bytes(), kind).is_some())
    };
    if is_compressed(headers) {
        return if asked { Form::Stream } else { Form::Whole };
    }
    match first {
        b'{' | b'[' | b'<' => Form::Whole,
        _ if is(b"json") => Form::Whole,
        _ if asked || is(b"text/event-stream") => Form::Stream,
        _ => Form::Whole,
    }
}

/// Whether the upstream compressed its answer, although it was not asked to.
pub(crate) fn is_compressed(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_ENCODING).is_some_and(|value| value.as_bytes() != b"identity")
}

/// A stream whose first event is an error has not begun.
fn streamed(
    job: &Job,
    first: Bytes,
    stream: ByteStream,
    way: Way,
    dialect: Dialect,
    trial: Trial,
) -> Result<Begun, Spoilt> {
    let headers = trial.headers();
    let compressed = is_compressed(&headers);
    if compressed && matches!(way, Way::Other(_)) {
        let error =
            ProviderError::new(ErrorKind::Malformed, "the upstream compressed its answer although it was not asked to");
        return Err(Box::new((error, None, trial)));
    }
    if !compressed && !job.is_committed() && memchr::memmem::find(&first, b"error").is_some() {
        let mut watch = Watch::new(dialect);
        watch.push(&first);
        if let Some(error) = watch.error.take().filter(|_| !watch.began) {
            let words = Words { status: 200, headers, body: first, dialect, streamed: true };
            return Err(Box::new((error, Some(words), trial)));
        }
    }
    let relay = Relay::new(stream, way, dialect, job.ask.dialect, compressed, trial);
    Ok(Begun::Stream(Box::new(Flow { first, headers, relay })))
}
