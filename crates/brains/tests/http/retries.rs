//! What is tried again, when, and how often.

use std::sync::Arc;
use std::time::Duration;

use brains::{Failure, Policy};
use bytes::Bytes;
use protocol::{Clock, ErrorKind, ManualClock, StreamEvent};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::server::{Server, Step};
use super::words::*;

/// Plays the scripts; gives the outcome, the pauses between attempts in milliseconds, and the number of requests.
async fn run(scripts: Vec<Vec<Step>>) -> (Result<String, Box<Failure>>, Vec<u64>, usize) {
    let server = Server::play(scripts).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let (result, events) = call(&client).await;
    let (attempts, last) = match &result {
        Ok(answer) => (&answer.attempts, answer.at),
        Err(failure) => (&failure.attempts, failure.at),
    };
    let times: Vec<u64> = attempts.iter().map(|attempt| attempt.at.0).chain([last.0]).collect();
    let pauses = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    (result.map(|_| shown(&events)), pauses, server.seen().len())
}

fn good() -> Vec<Step> {
    vec![stream(&said("fine"))]
}

#[tokio::test]
async fn t07_capacity_and_server_errors_are_tried_again_with_growing_pauses() {
    for (status, kind) in [
        (408, "timeout_error"),
        (409, "conflict_error"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (503, "overloaded_error"),
        (529, "overloaded_error"),
    ] {
        let failing = || error(status, "", kind, "not now");
        let (result, pauses, requests) = run(vec![failing(), failing(), good()]).await;
        assert_eq!(result.expect("answered"), "fine", "{status}");
        assert_eq!(requests, 3);
        assert!((375..=500).contains(&pauses[0]) && (750..=1000).contains(&pauses[1]), "{pauses:?}");
    }
}

#[tokio::test]
async fn after_two_retries_the_last_error_is_reported_with_the_earlier_ones() {
    let scripts = vec![
        error(500, "", "api_error", "one"),
        error(529, "", "overloaded_error", "two"),
        error(503, "", "x", "three"),
    ];
    let (result, _, requests) = run(scripts).await;
    let failure = result.expect_err("failed");
    assert_eq!(requests, 3);
    assert_eq!(failure.error.status, Some(503));
    assert!(failure.error.message.contains("three"));
    let earlier: Vec<_> = failure.attempts.iter().map(|attempt| attempt.error.kind).collect();
    assert_eq!(earlier, [ErrorKind::Server, ErrorKind::Overloaded]);
}

#[tokio::test]
async fn t07_what_cannot_get_better_is_asked_once() {
    for (status, kind, expected) in [
        (400, "invalid_request_error", ErrorKind::InvalidRequest),
        (401, "authentication_error", ErrorKind::Auth),
        (402, "billing_error", ErrorKind::Billing),
        (403, "permission_error", ErrorKind::Auth),
        (404, "not_found_error", ErrorKind::NotFound),
    ] {
        let (result, _, requests) = run(vec![error(status, "", kind, "no"), good()]).await;
        let failure = result.expect_err("failed");
        assert_eq!((failure.error.kind, failure.error.status, requests), (expected, Some(status), 1));
        assert!(failure.attempts.is_empty() && !failure.shown);
    }
}

#[tokio::test]
async fn the_providers_verdict_outranks_the_status_both_ways() {
    let (result, _, requests) = run(vec![error(400, "x-should-retry: true\r\n", "odd", "try"), good()]).await;
    assert!(result.is_ok());
    assert_eq!(requests, 2);
    let (result, _, requests) =
        run(vec![error(529, "x-should-retry: false\r\n", "overloaded_error", "no"), good()]).await;
    assert_eq!(result.expect_err("failed").error.should_retry, Some(false));
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn a_spend_limit_behind_a_429_is_not_tried_again() {
    let body = r#"{"type":"error","error":{"type":"rate_limit_error","message":"Limit reached","details":{"error_code":"enforced_spend_limit_reached"}}}"#;
    let (result, _, requests) = run(vec![vec![answer(429, "x-should-retry: true\r\n", body)], good()]).await;
    assert_eq!(result.expect_err("failed").error.status, Some(429));
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn no_quota_at_an_openai_compatible_server_is_billing_and_not_tried_again() {
    let body = r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    let server = Server::play(vec![vec![answer(429, "", body)], vec![stream(&chat_said("x"))]]).await;
    let (client, _) = client(chat_endpoint(&server.url), policy());
    let failure = call(&client).await.0.expect_err("failed");
    assert_eq!((failure.error.kind, server.seen().len()), (ErrorKind::Billing, 1));
}

#[tokio::test]
async fn t07_the_pause_that_the_provider_asks_for_is_kept() {
    for (headers, pause) in [
        ("retry-after-ms: 1234\r\nretry-after: 7\r\n", 1_234),
        ("retry-after: 7\r\n", 7_000),
        ("retry-after: 1.5\r\n", 1_500),
        ("retry-after: Sun, 06 Nov 1994 08:49:47 GMT\r\n", 10_000),
    ] {
        let (result, pauses, _) = run(vec![error(429, headers, "rate_limit_error", "slow down"), good()]).await;
        assert!(result.is_ok());
        assert_eq!(pauses, [pause], "{headers}");
    }
}

#[tokio::test]
async fn t07_a_wish_for_more_than_a_minute_is_reported_and_not_waited_for() {
    let (result, pauses, requests) =
        run(vec![error(429, "retry-after: 61\r\n", "rate_limit_error", "later"), good()]).await;
    let failure = result.expect_err("failed");
    assert_eq!((failure.error.kind, failure.error.retry_after_ms), (ErrorKind::RateLimit, Some(61_000)));
    assert_eq!((pauses.len(), requests), (0, 1));
}

#[tokio::test]
async fn t07_a_connection_reset_before_the_answer_is_tried_again() {
    let (result, pauses, requests) = run(vec![vec![Step::Reset], vec![], good()]).await;
    assert_eq!(result.expect("answered"), "fine");
    assert_eq!((pauses.len(), requests), (2, 3));
}

#[tokio::test]
async fn a_refused_connection_names_the_address_and_what_to_check() {
    // Bound and never listening: it refuses, and nobody else gets the port meanwhile.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
    let address = socket.local_addr().expect("an address");
    let (client, _) = client(endpoint(&format!("http://{address}/?token=hidden-token")), policy());
    let failure = call(&client).await.0.expect_err("refused");
    assert_eq!((failure.error.kind, failure.error.status), (ErrorKind::Transport, None));
    assert_eq!(failure.attempts.len(), 2);
    let text = failure.to_string();
    assert!(text.contains(&format!("http://{address}/v1/messages")), "{text}");
    assert!(text.contains("connection refused") && text.contains("Is the server running"), "{text}");
    assert!(!text.contains("hidden-token"), "{text}");
}

#[tokio::test]
async fn t08_an_overload_inside_a_stream_is_tried_again_before_content_and_never_after() {
    let overload = event(r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#);
    let early = vec![stream(&[start(), ping(), overload.clone()].concat())];
    let (result, pauses, requests) = run(vec![early, good()]).await;
    assert_eq!((result.expect("answered").as_str(), pauses.len(), requests), ("fine", 1, 2));

    let go_on = Arc::new(Notify::new());
    let half = [start(), open(), delta("half")].concat();
    let late = vec![stream(&half), Step::Await(Arc::clone(&go_on)), Step::Send(overload.into_bytes())];
    let server = Server::play(vec![late, good()]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let failure = call_until_text(&client, || go_on.notify_one()).await.0.expect_err("failed");
    let requests = server.seen().len();
    assert_eq!((failure.error.kind, failure.shown, requests), (ErrorKind::Overloaded, true, 1));
    assert_eq!(failure.error.request_id.as_deref(), Some("req_7"));
}

#[tokio::test]
async fn the_start_of_an_attempt_that_failed_before_content_is_not_seen() {
    let server = Server::play(vec![vec![stream(&start())], vec![stream(&said("fine"))]]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let (result, events) = call(&client).await;
    let answer = result.expect("answered");
    let starts = events.iter().filter(|event| matches!(event, StreamEvent::Started { .. })).count();
    let ends = events.iter().filter(|event| matches!(event, StreamEvent::Finished { .. })).count();
    assert_eq!((starts, ends), (1, 1));
    // What the cut attempt had reported is not lost: it was probably billed.
    assert_eq!((answer.attempts[0].usage.input, answer.attempts[0].usage.cache_read), (12, 30));
}

#[tokio::test]
async fn no_retries_are_made_when_the_policy_allows_none() {
    let server = Server::play(vec![error(500, "", "api_error", "no"), good()]).await;
    let (client, _) = client(endpoint(&server.url), Policy { max_retries: 0, ..policy() });
    assert!(call(&client).await.0.is_err());
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn every_attempt_sends_the_same_bytes() {
    let server = Server::play(vec![error(500, "", "api_error", "no"), error(500, "", "api_error", "no"), good()]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    call(&client).await.0.expect("answered");
    let bodies: Vec<String> = server.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, vec![r#"{"model":"m","stream":true}"#; 3]);
}

#[tokio::test]
async fn a_cancel_during_the_pause_ends_the_call_at_once() {
    let server = Server::play(vec![error(429, "retry-after: 30\r\n", "rate_limit_error", "wait")]).await;
    // This clock stands still, so that the pause never passes.
    let clock = Arc::new(ManualClock::new(NOW));
    let waiting = Arc::clone(&clock) as Arc<dyn Clock>;
    let client = brains::Client::new(endpoint(&server.url), policy(), waiting, Some(1)).expect("a client");
    let cancel = CancellationToken::new();
    let mut ignore = |_: &StreamEvent| {};
    let calling = client.call(Bytes::from_static(b"{}"), &[], &cancel, &mut ignore);
    let cancelling = async {
        while server.seen().is_empty() {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    };
    let (result, ()) = tokio::time::timeout(Duration::from_secs(10), async { tokio::join!(calling, cancelling) })
        .await
        .expect("ends at once");
    assert_eq!(result.expect_err("cancelled").error.kind, ErrorKind::Cancelled);
}

#[tokio::test]
async fn t11_a_model_that_fails_again_and_again_is_left_alone_until_one_call_shows_that_it_is_back() {
    let failing = || error(500, "", "api_error", "no");
    let scripts = (0..6).map(|_| failing()).chain([good(), good(), good()]).collect();
    let server = Server::play(scripts).await;
    let (client, clock) = client(endpoint(&server.url), Policy { max_retries: 0, ..policy() });
    for _ in 0..5 {
        assert_eq!(call(&client).await.0.expect_err("failed").error.status, Some(500));
    }
    let refused = call(&client).await.0.expect_err("left alone").error;
    assert_eq!((server.seen().len(), refused.kind, refused.status), (5, ErrorKind::Server, None));
    assert_eq!(refused.retry_after_ms, Some(30_000));
    assert!(refused.message.contains("`house`") && refused.message.contains("`m`"), "{refused}");

    // One call tries after the pause. It fails, and there is another pause.
    clock.advance(Duration::from_secs(30));
    assert_eq!(call(&client).await.0.expect_err("failed").error.status, Some(500));
    assert!(call(&client).await.0.is_err());
    assert_eq!(server.seen().len(), 6);

    // Another model of the same provider is not concerned.
    let mut ignore = |_: &StreamEvent| {};
    let (other, never) = (Bytes::from_static(br#"{"model":"n"}"#), CancellationToken::new());
    assert!(client.call(other, &[], &never, &mut ignore).await.is_ok());

    clock.advance(Duration::from_secs(30));
    for _ in 0..2 {
        assert!(call(&client).await.0.is_ok());
    }
    assert_eq!(server.seen().len(), 9);
}

#[tokio::test]
async fn t11_what_a_provider_refuses_for_good_was_answered() {
    let scripts = (0..6).map(|_| error(400, "", "invalid_request_error", "no")).chain([good()]).collect();
    let server = Server::play(scripts).await;
    let (client, _) = client(endpoint(&server.url), policy());
    for _ in 0..6 {
        assert_eq!(call(&client).await.0.expect_err("refused").error.status, Some(400));
    }
    assert!(call(&client).await.0.is_ok());
}
