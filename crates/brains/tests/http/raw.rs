//! The layer for forwarding.

use std::time::Duration;

use brains::{Policy, RawResponse};
use bytes::Bytes;
use futures::StreamExt;
use protocol::{ErrorKind, ProviderError};
use tokio_util::sync::CancellationToken;

use super::server::{Server, Step};
use super::words::*;

/// The whole body.
pub(crate) async fn all(mut response: RawResponse) -> Result<Vec<u8>, ProviderError> {
    let mut body = Vec::new();
    while let Some(bytes) = response.stream.next().await {
        body.extend_from_slice(&bytes?);
    }
    Ok(body)
}

async fn post(client: &brains::Client, path: &str) -> RawResponse {
    client.raw(Bytes::from_static(b"{}"), &[], path, &CancellationToken::new()).await.expect("an answer")
}

#[tokio::test]
async fn bytes_and_headers_come_through_as_they_are() {
    let text = format!(": a comment\n\n{}", said("Grüße"));
    let server = Server::play(vec![vec![stream(&text)]]).await;
    let (client, _) = client(endpoint(&format!("{}/v1", server.url)), policy());
    let response = post(&client, "/v1/messages?beta=true").await;
    assert_eq!((response.status, &response.error), (200, &None));
    assert_eq!(
        (response.header("request-id"), response.header("content-type")),
        (Some("req_7"), Some("text/event-stream"))
    );
    assert_eq!(all(response).await.expect("a body"), text.as_bytes());
    assert_eq!(server.seen()[0].line(), "POST /v1/messages?beta=true HTTP/1.1");
}

#[tokio::test]
async fn a_refusal_is_an_answer_with_the_providers_own_body() {
    let body = r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 213462 tokens > 200000 maximum"}}"#;
    let server = Server::play(vec![vec![answer(400, "request-id: r1\r\n", body)]]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let response = post(&client, "/v1/messages").await;
    let error = response.error.clone().expect("typed");
    assert_eq!((error.kind, error.request_id.as_deref()), (ErrorKind::Overflow, Some("r1")));
    assert_eq!((response.status, response.attempts.len()), (400, 0));
    assert_eq!(all(response).await.expect("a body"), body.as_bytes());
}

#[tokio::test]
async fn retries_happen_before_the_answer_and_are_told() {
    let server = Server::play(vec![
        error(529, "", "overloaded_error", "no"),
        vec![Step::Reset],
        error(503, "retry-after: 5\r\n", "overloaded_error", "still no"),
    ])
    .await;
    let (client, _) = client(endpoint(&server.url), policy());
    let response = post(&client, "/v1/messages").await;
    let kinds: Vec<_> = response.attempts.iter().map(|attempt| attempt.error.kind).collect();
    assert_eq!(kinds, [ErrorKind::Overloaded, ErrorKind::Transport]);
    assert_eq!((response.status, response.header("retry-after")), (503, Some("5")));
}

#[tokio::test]
async fn without_an_answer_the_call_fails() {
    let server = Server::play(vec![vec![], vec![], vec![]]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let failure =
        client.raw(Bytes::new(), &[], "/v1/messages", &CancellationToken::new()).await.expect_err("no answer");
    assert_eq!((failure.error.kind, failure.attempts.len(), server.seen().len()), (ErrorKind::Transport, 2, 3));
}

#[tokio::test]
async fn silence_in_a_forwarded_body_ends_it_with_an_error() {
    let mut server = Server::play(vec![vec![stream("data: 1\n\n"), Step::Hang]]).await;
    let (client, _) = client(endpoint(&server.url), Policy { idle: Duration::from_millis(50), ..policy() });
    let mut response = post(&client, "/v1/messages").await;
    assert_eq!(response.stream.next().await.expect("bytes").expect("no error"), "data: 1\n\n");
    assert_eq!(response.stream.next().await.expect("an error").expect_err("silence").kind, ErrorKind::Transport);
    assert!(response.stream.next().await.is_none());
    server.left().await;
}

#[tokio::test]
async fn a_client_that_leaves_or_cancels_closes_the_connection() {
    let hanging = || vec![stream("data: 1\n\n"), Step::Hang];
    let mut server = Server::play(vec![hanging(), hanging()]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    drop(post(&client, "/v1/messages").await);
    server.left().await;

    let cancel = CancellationToken::new();
    let mut response = client.raw(Bytes::new(), &[], "/v1/messages", &cancel).await.expect("an answer");
    response.stream.next().await.expect("bytes").expect("no error");
    cancel.cancel();
    assert_eq!(response.stream.next().await.expect("an error").expect_err("cancelled").kind, ErrorKind::Cancelled);
    server.left().await;
}
