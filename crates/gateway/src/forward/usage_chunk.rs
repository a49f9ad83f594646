//! Chat streams tell what was billed only where they are asked to, in a chunk of its own. The gateway has to know; a client that did
//! not ask does not expect that chunk (it has no choice in it, and some clients take the first one without looking).

use bytes::{Bytes, BytesMut};
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::forward::watch::is_told;

const ASKING: &[u8] = b",\"stream_options\":{\"include_usage\":true}";

#[derive(Deserialize)]
struct Options<'a> {
    #[serde(borrow, default)]
    stream_options: Option<&'a RawValue>,
}

/// The body with a wish for usage at its end; none where the client says itself what it wishes.
pub(crate) fn asking(body: &Bytes) -> Option<Bytes> {
    let text = body.trim_ascii_end();
    if !text.ends_with(b"}") || memmem::find(text, b"\"stream_options\"").is_some_and(|_| says_itself(text)) {
        return None;
    }
    let (head, tail) = body.split_at(text.len() - 1);
    let mut asking = BytesMut::with_capacity(body.len() + ASKING.len());
    asking.extend_from_slice(head);
    asking.extend_from_slice(ASKING);
    asking.extend_from_slice(tail);
    Some(asking.freeze())
}

/// The words may stand somewhere in the conversation too.
fn says_itself(body: &[u8]) -> bool {
    serde_json::from_slice::<Options<'_>>(body).map_or(true, |options| options.stream_options.is_some())
}

/// Whether an event's data is such a chunk: usage and no choice.
pub(crate) fn is_usage_alone(data: &[u8]) -> bool {
    let none = |at: usize| {
        let rest = data[at..].trim_ascii_start();
        rest.strip_prefix(b"[").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"]"))
    };
    let member = b"\"choices\":";
    is_told(data, b"\"usage\":", b'{') && memmem::find(data, member).is_some_and(|at| none(at + member.len()))
}

/// Whole events without those chunks.
pub(crate) fn without(events: &[u8]) -> Bytes {
    let mut kept = BytesMut::with_capacity(events.len());
    let mut rest = events;
    while !rest.is_empty() {
        let (event, after) = rest.split_at(length_of_event(rest));
        let alone = event.split(|byte| matches!(byte, b'\n' | b'\r')).filter_map(|line| line.strip_prefix(b"data:"));
        if !alone.into_iter().any(is_usage_alone) {
            kept.extend_from_slice(event);
        }
        rest = after;
    }
    kept.freeze()
}

/// Bytes up to and with the blank line behind an event; all of them where there is none.
fn length_of_event(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(length) = memchr::memchr2(b'\n', b'\r', &bytes[at..]) {
        at += length + 1;
        if bytes[at - 1] == b'\r' && bytes.get(at) == Some(&b'\n') {
            at += 1;
        }
        if length == 0 {
            return at;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(body: &str) -> Option<String> {
        asking(&Bytes::copy_from_slice(body.as_bytes())).map(|body| String::from_utf8(body.to_vec()).unwrap())
    }

    #[test]
    fn usage_is_asked_for_at_the_end_of_an_otherwise_unchanged_body() {
        let body = "{\"n\":1e2,\"messages\":[{\"content\":\"\\\"stream_options\\\"\"}] }\n";
        assert_eq!(asked(body).unwrap(), body.replace(" }\n", " ,\"stream_options\":{\"include_usage\":true}}\n"));
        assert_eq!(
            asked(r#"{"a":{"stream_options":1}}"#).unwrap(),
            r#"{"a":{"stream_options":1},"stream_options":{"include_usage":true}}"#
        );
        for said in [r#"{"stream_options":{"include_usage":false}}"#, r#"{"stream_options": {}}"#, "[1]", ""] {
            assert_eq!(asked(said), None, "{said}");
        }
    }

    #[test]
    fn only_the_chunk_of_usage_alone_is_taken_out() {
        let alone = "data: {\"id\":\"c\",\"choices\": [ ],\"usage\":{\"prompt_tokens\":1}}";
        let others = [
            "data: {\"choices\":[{\"delta\":{}}],\"usage\":{\"x\":1}}",
            ": comment",
            "data: {\"choices\":[],\"usage\":null}",
            "data: [DONE]",
        ];
        for end in ["\n", "\r\n", "\r"] {
            let all: String = others[..2]
                .iter()
                .chain([&alone])
                .chain(&others[2..])
                .map(|event| format!("{event}{end}{end}"))
                .collect();
            let expected: String = others.iter().map(|event| format!("{event}{end}{end}")).collect();
            assert_eq!(without(all.as_bytes()), expected.as_bytes());
        }
    }
}
