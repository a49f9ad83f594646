//! An answer that comes, or goes, in one piece.

use std::sync::Arc;

use brains::ByteStream;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::header::{CONTENT_TYPE, HeaderValue};
use protocol::{Dialect, ErrorKind, ProviderError, Reply, Request, StreamEvent, Usage};
use wire::{ReplyWriter, WireError};

use crate::forward::attempt::{Spoilt, is_compressed};
use crate::forward::headers;
use crate::forward::job::{Begun, Job, Whole};
use crate::forward::off_loop::off_loop;
use crate::forward::relay::spoilt;
use crate::forward::send::Way;
use crate::forward::trial::Trial;

/// What an answer becomes.
struct Digest {
    body: Bytes,
    usage: Usage,
    /// The body is not the upstream's own.
    written: bool,
}

/// How an answer is to be read.
struct Plan {
    client: Dialect,
    upstream: Dialect,
    /// It came as events.
    from_events: bool,
    /// It is wanted as events.
    to_events: bool,
    /// It is no model's answer, but JSON all the same.
    opaque: bool,
}

/// Reads the rest of an answer and makes the client's of it.
pub(crate) async fn read(
    job: &Job,
    first: Bytes,
    stream: ByteStream,
    way: Way,
    dialect: Dialect,
    from_events: bool,
    mut trial: Trial,
) -> Result<Begun, Spoilt> {
    let upstream = trial.headers();
    let same = matches!(way, Way::Same { .. });
    let body = match collect(first, stream, job.shared.setup.limits.answer_bytes).await {
        Ok(body) => body,
        Err(error) => return Err(Box::new((error, None, trial))),
    };
    let digest = if is_compressed(&upstream) {
        if !same {
            let error = ProviderError::new(
                ErrorKind::Malformed,
                "the upstream compressed its answer although it was not asked to",
            );
            return Err(Box::new((error, None, trial)));
        }
        Digest { body, usage: Usage::default(), written: false }
    } else {
        let to_events = job.ask.stream;
        let plan =
            Plan { client: job.ask.dialect, upstream: dialect, from_events, to_events, opaque: job.demand.native };
        match off_loop(body.len(), move || digest(&plan, body, way).map_err(Box::new)).await {
            Ok(digest) => digest,
            Err(error) => return Err(Box::new((*error, None, trial))),
        }
    };
    trial.usage = digest.usage;
    let cost = trial.end(200, None);
    let mut headers = if same { headers::answer(upstream) } else { headers::answer_other(&upstream) };
    if digest.written {
        let kind = if job.ask.stream { "text/event-stream; charset=utf-8" } else { "application/json" };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    let binding = Arc::clone(&trial.binding);
    Ok(Begun::Whole(Box::new(Whole { status: 200, headers, body: digest.body, cost, binding })))
}

async fn collect(first: Bytes, mut stream: ByteStream, most: usize) -> Result<Bytes, ProviderError> {
    let Some(second) = stream.next().await else { return Ok(first) };
    let mut body = BytesMut::from(first);
    body.extend_from_slice(&second?);
    while let Some(bytes) = stream.next().await {
        body.extend_from_slice(&bytes?);
        if body.len() > most {
            let message = format!("the upstream's answer is longer than the {most} bytes that are taken");
            return Err(ProviderError::new(ErrorKind::Malformed, message));
        }
    }
    Ok(body.freeze())
}

fn digest(plan: &Plan, body: Bytes, way: Way) -> Result<Digest, ProviderError> {
    if !plan.from_events && serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_err() {
        return Err(ProviderError::new(ErrorKind::Malformed, "the upstream's answer is not the JSON it should be"));
    }
    if plan.opaque {
        return Ok(Digest { body, usage: Usage::default(), written: false });
    }
    let codec = wire::codec(plan.upstream);
    let as_it_is = matches!(way, Way::Same { .. }) && !plan.from_events && !plan.to_events;
    let reply = if plan.from_events { of_events(plan.upstream, &body) } else { codec.read_reply(&body) };
    match (reply, way) {
        (Ok(reply), Way::Same { .. }) if as_it_is => Ok(Digest { body, usage: reply.usage, written: false }),
        // Good JSON of a shape that is not known here may still be good for the client.
        (Err(WireError::Invalid { .. } | WireError::Untranslatable(_)), Way::Same { .. }) if as_it_is => {
            Ok(Digest { body, usage: Usage::default(), written: false })
        }
        (Err(error), _) => Err(spoilt(error)),
        (Ok(reply), Way::Same { .. }) => {
            let mut writer = wire::codec(plan.client).reply_writer(&Request::default());
            Ok(written(plan, reply, &mut *writer))
        }
        (Ok(mut reply), Way::Other(mut other)) => {
            other.reverse.reply(&mut reply);
            Ok(written(plan, reply, &mut *other.writer))
        }
    }
}

fn written(plan: &Plan, reply: Reply, writer: &mut dyn ReplyWriter) -> Digest {
    let usage = reply.usage;
    let body = if plan.to_events {
        wire::replay(&reply, usize::MAX).iter().flat_map(|event| writer.push(event)).collect()
    } else {
        wire::codec(plan.client).write_reply(&reply)
    };
    Digest { body: body.into(), usage, written: true }
}

/// The answer that a stream of events amounts to.
fn of_events(dialect: Dialect, bytes: &[u8]) -> Result<Reply, WireError> {
    let mut reader = wire::codec(dialect).reply_reader();
    let mut events = reader.push(bytes)?;
    if !matches!(events.last(), Some(StreamEvent::Finished { .. })) {
        events.extend(reader.finish()?);
    }
    let finished = events.into_iter().find_map(|event| match event {
        StreamEvent::Finished { reply } => Some(reply),
        _ => None,
    });
    finished.ok_or_else(|| {
        ProviderError::new(ErrorKind::Truncated, "the upstream's answer ended before its last event").into()
    })
}
