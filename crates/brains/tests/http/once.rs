//! One attempt at a time, for whoever decides what follows.

use brains::{Health, Limits};
use bytes::Bytes;
use protocol::ErrorKind;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use tokio_util::sync::CancellationToken;

use super::server::{Server, Step};
use super::words::*;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers
}

#[tokio::test]
async fn gw_09_an_attempt_is_one_request_and_says_what_may_follow() {
    for (status, kind, again, elsewhere) in [
        (400, "invalid_request_error", false, false),
        (401, "authentication_error", false, false),
        (402, "billing_error", false, true),
        (403, "permission_error", false, false),
        (404, "not_found_error", false, false),
        (413, "request_too_large", false, false),
        (429, "rate_limit_error", true, true),
        (500, "api_error", true, true),
        (529, "overloaded_error", true, true),
    ] {
        let server =
            Server::play(vec![error(status, "retry-after: 3\r\n", kind, "no"), vec![stream(&said("fine"))]]).await;
        let (client, _) = client(endpoint(&server.url), policy());
        let never = CancellationToken::new();
        let once =
            client.once(Bytes::from_static(b"{}"), &HeaderMap::new(), "/v1/messages", &never).await.expect("an answer");
        assert_eq!((once.status, once.again, once.elsewhere), (status, again, elsewhere), "{status}");
        assert_eq!(server.seen().len(), 1, "{status}");
        assert_eq!(once.headers["retry-after"], "3");
        let error = once.error.as_ref().expect("typed");
        assert_eq!((error.status, error.retry_after_ms), (Some(status), Some(3_000)));
        assert_eq!(client.pause(0, error), Some(std::time::Duration::from_secs(3)));
    }
}

#[tokio::test]
async fn a_connection_that_breaks_may_be_tried_anywhere() {
    let server = Server::play(vec![vec![Step::Reset]]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let never = CancellationToken::new();
    let error = client.once(Bytes::new(), &HeaderMap::new(), "/v1/messages", &never).await.expect_err("no answer");
    assert_eq!((error.error.kind, error.again, error.elsewhere), (ErrorKind::Transport, true, true));
    let gone = CancellationToken::new();
    gone.cancel();
    let error = client.once(Bytes::new(), &HeaderMap::new(), "/v1/messages", &gone).await.expect_err("cancelled");
    assert_eq!((error.error.kind, error.again, error.elsewhere), (ErrorKind::Cancelled, false, false));
}

#[tokio::test]
async fn w71_headers_come_through_as_often_as_they_were_sent_and_keys_of_the_client_do_not() {
    let server = Server::play(vec![vec![stream(&said("fine"))]]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let sent = headers(&[
        ("anthropic-beta", "one-2026"),
        ("anthropic-beta", "two-2027"),
        ("anthropic-version", "2024-01-01"),
        ("user-agent", "claude-cli/2.1"),
        ("x-api-key", "the-clients-own"),
        ("authorization", "Bearer the-clients-own"),
        ("accept-encoding", "gzip"),
        ("content-length", "999"),
    ]);
    client
        .once(Bytes::from_static(b"{}"), &sent, "/v1/messages?beta=true", &CancellationToken::new())
        .await
        .expect("an answer");
    let seen = &server.seen()[0];
    assert_eq!(seen.line(), "POST /v1/messages?beta=true HTTP/1.1");
    assert_eq!(seen.header("anthropic-beta"), ["one-2026", "two-2027"]);
    assert_eq!(
        (seen.header("anthropic-version"), seen.header("user-agent")),
        (vec!["2024-01-01"], vec!["claude-cli/2.1"])
    );
    assert!(!seen.head.contains("the-clients-own") && seen.header("accept-encoding").is_empty(), "{}", seen.head);
}

/// Sixty-four agents that share one provider, which says after the first ones that it is too much.
#[tokio::test]
async fn gw_10_many_callers_keep_the_pause_together_and_do_not_come_back_together() {
    let limited = || error(429, "retry-after: 2\r\n", "rate_limit_error", "slow down");
    let good = || vec![stream(&said("fine"))];
    let server = Server::play((0..4).map(|_| limited()).chain((0..64).map(|_| good())).collect()).await;
    let (client, clock) = client(endpoint(&server.url), policy());
    let health = Health::new(&Limits::default());
    let (never, mut waiting, mut moments) = (CancellationToken::new(), 64_u32, Vec::new());
    let began = protocol::Clock::now(&*clock);
    while waiting > 0 {
        let now = protocol::Clock::now(&*clock);
        // Everyone who waits asks at every tick; what is not let through sends nothing.
        while waiting > 0 && health.admit(0, now).is_ok() {
            let once = client
                .once(Bytes::from_static(b"{}"), &HeaderMap::new(), "/v1/messages", &never)
                .await
                .expect("an answer");
            health.observe(&once.headers, now);
            moments.push(now.since(began).as_millis());
            match &once.error {
                Some(error) => health.ended(&brains::Ended::Failed(error), now),
                None => {
                    health.ended(&brains::Ended::Answered(Some(once.ms)), now);
                    waiting -= 1;
                }
            }
        }
        clock.advance(std::time::Duration::from_millis(100));
        assert!(now.since(began).as_secs() < 300, "everyone gets through: {waiting} left");
    }
    assert_eq!(server.seen().len(), moments.len(), "nothing is sent that was not let through");
    let refused: Vec<u128> = moments.iter().copied().take(4).collect();
    assert!(refused.windows(2).all(|pair| pair[1] - pair[0] >= 2_000), "each pause is kept by all: {refused:?}");
    let busiest =
        moments.iter().map(|from| moments.iter().filter(|at| (*from..from + 1_000).contains(at)).count()).max();
    assert!(busiest.is_some_and(|most| most <= 16), "{busiest:?}");
}
