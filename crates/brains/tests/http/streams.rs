//! Answers as they come in: whole, cut, stalled, in pieces, cancelled.

use std::sync::Arc;
use std::time::Duration;

use brains::{Failure, Policy};
use bytes::Bytes;
use protocol::{Block, ErrorKind, StopReason, StreamEvent, Usage};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::server::{Server, Step};
use super::words::*;

const SHORT: Duration = Duration::from_millis(50);

fn once(policy: Policy) -> Policy {
    Policy { max_retries: 0, ..policy }
}

async fn fails(script: Vec<Step>, policy: Policy) -> Box<Failure> {
    let server = Server::play(vec![script]).await;
    let (client, _) = client(endpoint(&server.url), once(policy));
    call(&client).await.0.expect_err("failed")
}

#[tokio::test]
async fn an_anthropic_stream_becomes_events_and_a_reply() {
    let server = Server::play(vec![vec![stream(&said("hello"))]]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let (result, events) = call(&client).await;
    let answer = result.expect("answered");
    assert_eq!(answer.reply.blocks, [Block::text("hello")]);
    assert_eq!(answer.reply.stop, StopReason::EndTurn);
    assert_eq!(answer.reply.usage, Usage { input: 12, cache_read: 30, output: 5, ..Usage::default() });
    assert_eq!((answer.at, answer.ms, answer.first_token_ms), (NOW, 0, Some(0)));
    assert_eq!(answer.request_id.as_deref(), Some("req_7"));
    assert!(matches!(events.first(), Some(StreamEvent::Started { .. })));
    assert!(matches!(events.last(), Some(StreamEvent::Finished { .. })));
    assert_eq!(shown(&events), "hello");
}

#[tokio::test]
async fn a_chat_stream_becomes_events_and_a_reply() {
    let server = Server::play(vec![vec![stream(&chat_said("hello"))]]).await;
    let (client, _) = client(chat_endpoint(&server.url), policy());
    let (result, events) = call(&client).await;
    let answer = result.expect("answered");
    assert_eq!(answer.reply.blocks, [Block::text("hello")]);
    assert_eq!((answer.reply.usage.input, answer.reply.usage.output), (9, 2));
    assert_eq!(shown(&events), "hello");
    assert_eq!(server.seen()[0].line(), "POST /v1/chat/completions HTTP/1.1");
}

#[tokio::test]
async fn letters_split_between_packets_come_out_whole() {
    let text = "Grüße, 世界 🦀";
    let script = vec![Step::Send(stream_head()), Step::Bytewise(said(text).into_bytes())];
    let server = Server::play(vec![script]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let (result, events) = call(&client).await;
    assert_eq!(result.expect("answered").reply.blocks, [Block::text(text)]);
    assert_eq!(shown(&events), text);
}

#[tokio::test]
async fn an_answer_that_is_not_streamed_looks_like_one_that_is() {
    let body = r#"{"id":"msg_2","type":"message","role":"assistant","model":"claude-x","content":[{"type":"text","text":"all"},{"type":"tool_use","id":"t1","name":"read","input":{"path":"a"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":4}}"#;
    let server = Server::play(vec![vec![answer(200, "content-type: application/json\r\n", body)]]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let (result, events) = call(&client).await;
    let answer = result.expect("answered");
    assert_eq!((answer.reply.stop, answer.first_token_ms), (StopReason::ToolUse, None));
    assert_eq!(shown(&events), "all");
    let finished: Vec<_> = events.iter().filter(|event| matches!(event, StreamEvent::BlockFinished { .. })).collect();
    assert_eq!(finished.len(), 2);
    assert!(matches!(events.last(), Some(StreamEvent::Finished { .. })));
}

#[tokio::test]
async fn an_event_stream_under_a_wrong_content_type_is_read_as_one() {
    for kind in ["", "content-type: text/plain\r\n", "content-type: application/octet-stream\r\n"] {
        let server = Server::play(vec![vec![answer(200, kind, &format!("\n\n{}", said("yes")))]]).await;
        let (client, _) = client(endpoint(&server.url), policy());
        assert_eq!(shown(&call(&client).await.1), "yes");
    }
}

#[tokio::test]
async fn an_error_object_under_the_content_type_of_a_stream_is_the_providers_error() {
    let body = r#"{"error":{"message":"Provider returned error: no such model","code":404}}"#;
    let server = Server::play(vec![vec![answer(200, "content-type: text/event-stream\r\n", body)]]).await;
    let (client, _) = client(chat_endpoint(&server.url), once(policy()));
    let failure = call(&client).await.0.expect_err("failed");
    assert!(failure.error.message.contains("no such model"), "{failure}");
    assert_ne!(failure.error.kind, ErrorKind::Truncated);
}

#[tokio::test]
async fn a_web_page_asks_for_the_base_url() {
    let failure =
        fails(vec![answer(200, "content-type: text/html\r\n", "<!doctype html><title>Sign in</title>")], policy())
            .await;
    assert_eq!(failure.error.kind, ErrorKind::Malformed);
    assert!(failure.error.message.contains("base URL") && failure.error.message.contains("Sign in"), "{failure}");
}

#[tokio::test]
async fn t08_a_stream_cut_after_content_is_truncated_and_not_tried_again() {
    let server =
        Server::play(vec![vec![stream(&[start(), open(), delta("half")].concat())], vec![stream(&said("x"))]]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let (result, events) = call(&client).await;
    let failure = result.expect_err("cut");
    assert_eq!((failure.error.kind, failure.shown, server.seen().len()), (ErrorKind::Truncated, true, 1));
    assert_eq!((failure.usage.input, failure.usage.cache_read), (12, 30));
    assert_eq!(failure.first_token_ms, Some(0));
    assert_eq!(shown(&events), "half");
    assert!(!events.iter().any(|event| matches!(event, StreamEvent::Finished { .. })));
}

#[tokio::test]
async fn a_stream_cut_before_content_is_tried_again() {
    let server = Server::play(vec![vec![stream("")], vec![stream(&start())], vec![stream(&said("third"))]]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let (result, events) = call(&client).await;
    let answer = result.expect("answered");
    assert!(answer.attempts.iter().all(|attempt| attempt.error.kind == ErrorKind::Truncated), "{:?}", answer.attempts);
    assert_eq!((answer.attempts.len(), shown(&events).as_str()), (2, "third"));
}

#[tokio::test]
async fn a_body_shorter_than_announced_is_truncated() {
    let chunked = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let part = start();
    let chunk = format!("{:x}\r\n{part}\r\n", part.len()).into_bytes();
    let failure = fails(vec![Step::Send(chunked), Step::Send(chunk)], policy()).await;
    assert_eq!(failure.error.kind, ErrorKind::Truncated, "{failure}");

    let short = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"id\":".to_vec();
    let failure = fails(vec![Step::Send(short)], policy()).await;
    assert_eq!(failure.error.kind, ErrorKind::Truncated, "{failure}");
}

#[tokio::test]
async fn a_reset_inside_a_stream_is_a_transport_error() {
    let go_on = Arc::new(Notify::new());
    let script = vec![stream(&[start(), open(), delta("half")].concat()), Step::Await(Arc::clone(&go_on)), Step::Reset];
    let server = Server::play(vec![script]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let (result, events) = call_until_text(&client, || go_on.notify_one()).await;
    let failure = result.expect_err("reset");
    assert_eq!((failure.error.kind, failure.shown, server.seen().len()), (ErrorKind::Transport, true, 1));
    assert!(failure.error.message.contains("broke after"), "{failure}");
    assert_eq!(shown(&events), "half");
}

#[tokio::test]
async fn silence_before_the_first_byte_is_a_timeout() {
    let impatient = Policy { first_byte: SHORT, ..policy() };
    let failure = fails(vec![Step::Hang], impatient).await;
    assert_eq!((failure.error.kind, failure.shown), (ErrorKind::Timeout, false));
    assert!(failure.error.message.contains("50 ms"), "{failure}");
    // Headers alone are not the answer.
    let failure = fails(vec![Step::Send(stream_head()), Step::Hang], impatient).await;
    assert_eq!(failure.error.kind, ErrorKind::Timeout);
}

#[tokio::test]
async fn silence_inside_a_stream_is_a_transport_error_and_closes_the_connection() {
    let mut server = Server::play(vec![vec![stream(&[start(), open(), delta("a")].concat()), Step::Hang]]).await;
    let (client, _) = client(endpoint(&server.url), Policy { idle: SHORT, ..policy() });
    let failure = call(&client).await.0.expect_err("stalled");
    assert_eq!((failure.error.kind, failure.shown), (ErrorKind::Transport, true));
    assert!(failure.error.message.contains("sent nothing for 50 ms"), "{failure}");
    server.left().await;
}

#[tokio::test]
async fn the_first_byte_may_take_longer_than_silence_later() {
    let slow =
        vec![Step::Beat(stream_head(), 1, Duration::from_millis(20)), Step::Beat(said("x").into_bytes(), 1, 3 * SHORT)];
    let server = Server::play(vec![slow]).await;
    let (client, _) = client(endpoint(&server.url), Policy { idle: SHORT, ..once(policy()) });
    assert_eq!(shown(&call(&client).await.1), "x");
}

#[tokio::test]
async fn pings_are_signs_of_life() {
    let script = vec![
        stream(&start()),
        Step::Beat(ping().into_bytes(), 10, Duration::from_millis(40)),
        Step::Send([open(), delta("late"), end()].concat().into_bytes()),
    ];
    let server = Server::play(vec![script]).await;
    let (client, _) = client(endpoint(&server.url), Policy { idle: Duration::from_millis(300), ..once(policy()) });
    let (result, events) = call(&client).await;
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(events.iter().filter(|event| matches!(event, StreamEvent::Ping)).count(), 10);
    assert_eq!(shown(&events), "late");
}

#[tokio::test]
async fn a_cancel_drops_the_connection_at_once() {
    let mut server = Server::play(vec![vec![stream(&[start(), open(), delta("half")].concat()), Step::Hang]]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let cancel = CancellationToken::new();
    let mut stop_at_text = |event: &StreamEvent| {
        if matches!(event, StreamEvent::TextDelta { .. }) {
            cancel.cancel();
        }
    };
    let failure = client.call(Bytes::from_static(b"{}"), &[], &cancel, &mut stop_at_text).await.expect_err("cancelled");
    assert_eq!((failure.error.kind, failure.shown, failure.usage.input), (ErrorKind::Cancelled, true, 12));
    server.left().await;
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_call_cancelled_before_it_begins_sends_nothing() {
    let server = Server::play(vec![]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let cancel = CancellationToken::new();
    cancel.cancel();
    let failure = client.call(Bytes::from_static(b"{}"), &[], &cancel, &mut |_| {}).await.expect_err("cancelled");
    assert_eq!((failure.error.kind, server.seen().len()), (ErrorKind::Cancelled, 0));
}

#[tokio::test]
async fn what_is_no_event_stream_of_the_dialect_is_malformed() {
    let failure = fails(vec![stream("event: message_start\ndata: {broken\n\n")], policy()).await;
    assert_eq!(failure.error.kind, ErrorKind::Malformed, "{failure}");
}

#[tokio::test]
async fn a_connection_is_used_again_after_a_stream() {
    let chunked = |body: &str| {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
            body.len()
        )
        .into_bytes()
    };
    let script = vec![Step::Send(chunked(&said("one"))), Step::NextRequest, Step::Send(chunked(&said("two")))];
    let server = Server::play(vec![script]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    assert_eq!(shown(&call(&client).await.1), "one");
    assert_eq!(shown(&call(&client).await.1), "two");
    assert_eq!(server.seen().iter().map(|seen| seen.connection).collect::<Vec<_>>(), [0, 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_of_one_client_run_side_by_side_in_tasks_of_their_own() {
    let go_on = Arc::new(Notify::new());
    let waiting = vec![
        stream(&start()),
        Step::Await(Arc::clone(&go_on)),
        Step::Send([open(), delta("b"), end()].concat().into_bytes()),
    ];
    let server = Server::play(vec![waiting, vec![stream(&said("a"))]]).await;
    let client = Arc::new(client(endpoint(&server.url), policy()).0);
    let first = tokio::spawn({
        let client = Arc::clone(&client);
        async move { call(&client).await.0.map(|answer| answer.reply.blocks) }
    });
    while server.seen().is_empty() {
        tokio::task::yield_now().await;
    }
    // The second is answered while the first still waits.
    assert_eq!(call(&client).await.0.expect("answered").reply.blocks, [Block::text("a")]);
    go_on.notify_one();
    assert_eq!(first.await.expect("no panic").expect("answered"), [Block::text("b")]);
}
