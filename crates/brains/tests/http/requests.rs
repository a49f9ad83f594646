//! What a request carries, where it goes, and what stays secret.

#![allow(clippy::disallowed_methods, reason = "a test runs this program again")]

use brains::{Auth, Client, Endpoint, Policy};
use bytes::Bytes;
use protocol::{ErrorKind, ManualClock};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::server::{Seen, Server};
use super::words::*;

/// The request that a call with these headers makes.
async fn sent(make: impl Fn(&str) -> Endpoint, headers: &[(&str, &str)]) -> Seen {
    let server = Server::play(vec![vec![answer(400, "", "{}")]]).await;
    let (client, _) = client(make(&server.url), policy());
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let body = Bytes::from_static("{\"a\": \"ä\"}".as_bytes());
    let result = client.call(body, &headers, &CancellationToken::new(), &mut |_| {}).await;
    assert_eq!(result.expect_err("refused").error.status, Some(400));
    server.seen().remove(0)
}

#[tokio::test]
async fn an_anthropic_request_carries_key_version_and_name() {
    let seen = sent(endpoint, &[]).await;
    assert_eq!(seen.line(), "POST /v1/messages HTTP/1.1");
    assert_eq!(seen.header("x-api-key"), [KEY]);
    assert_eq!(seen.header("anthropic-version"), ["2023-06-01"]);
    assert_eq!(seen.header("content-type"), ["application/json"]);
    assert_eq!(seen.header("user-agent"), [concat!("tandem/", env!("CARGO_PKG_VERSION"))]);
    assert!(seen.header("authorization").is_empty() && seen.header("accept-encoding").is_empty());
    assert_eq!(seen.body, "{\"a\": \"ä\"}");
}

#[tokio::test]
async fn a_chat_request_carries_a_bearer_key_and_no_version() {
    let seen = sent(|url| chat_endpoint(&format!("{url}/api/v1/")), &[]).await;
    assert_eq!(seen.line(), "POST /api/v1/chat/completions HTTP/1.1");
    assert_eq!(seen.header("authorization"), [format!("Bearer {KEY}")]);
    assert!(seen.header("x-api-key").is_empty() && seen.header("anthropic-version").is_empty());
}

#[tokio::test]
async fn a_local_server_gets_no_key() {
    let seen = sent(|url| Endpoint { key: None, ..chat_endpoint(url) }, &[]).await;
    assert!(seen.header("authorization").is_empty());
    let seen = sent(|url| Endpoint { auth: Auth::None, ..chat_endpoint(url) }, &[]).await;
    assert!(!seen.head.contains(KEY));
}

#[tokio::test]
async fn headers_of_the_call_override_those_of_the_endpoint_but_never_its_key() {
    let own = vec![("anthropic-beta".to_owned(), "one".to_owned()), ("X-Team".to_owned(), "blue".to_owned())];
    let seen = sent(
        |url| Endpoint { headers: own.clone(), ..endpoint(url) },
        &[
            ("anthropic-beta", "two"),
            ("anthropic-version", "2030-01-01"),
            ("x-api-key", "of-a-client"),
            ("authorization", "Bearer of-a-client"),
            ("cookie", "of-a-client"),
            ("Host", "elsewhere"),
            ("content-length", "1"),
            ("accept-encoding", "gzip"),
        ],
    )
    .await;
    assert_eq!(seen.header("anthropic-beta"), ["two"]);
    assert_eq!(seen.header("anthropic-version"), ["2030-01-01"]);
    assert_eq!(seen.header("x-team"), ["blue"]);
    assert_eq!(seen.header("x-api-key"), [KEY]);
    assert!(!seen.head.contains("of-a-client") && !seen.head.contains("elsewhere") && !seen.head.contains("gzip"));
}

#[tokio::test]
async fn an_endpoint_without_a_key_of_its_own_passes_the_callers_on() {
    let seen = sent(|url| Endpoint { key: None, auth: Auth::None, ..endpoint(url) }, &[("x-api-key", "theirs")]).await;
    assert_eq!(seen.header("x-api-key"), ["theirs"]);
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_named_and_its_value_is_not_shown() {
    let server = Server::play(vec![]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    for (name, value) in [("x-team", "hidden\nvalue"), ("x team", "hidden value")] {
        let headers = [(name.to_owned(), value.to_owned())];
        let failure =
            client.call(Bytes::new(), &headers, &CancellationToken::new(), &mut |_| {}).await.expect_err("refused");
        let text = format!("{failure} {failure:?}");
        assert_eq!(failure.error.kind, ErrorKind::InvalidRequest);
        assert!(text.contains(name) && text.contains("house") && !text.contains("hidden"), "{text}");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_server_that_repeats_the_key_does_not_get_it_into_errors_or_forwarded_bodies() {
    let echo = || error(401, "", "authentication_error", &format!("invalid key {KEY}, try another"));
    let server = Server::play(vec![echo(), echo()]).await;
    let (client, _) = client(endpoint(&server.url), policy());
    let failure = call(&client).await.0.expect_err("refused");
    assert_eq!(failure.error.kind, ErrorKind::Auth);
    assert!(failure.error.message.contains("invalid key [key], try another"), "{failure}");
    let raw = client.raw(Bytes::new(), &[], "/v1/messages", &CancellationToken::new()).await.expect("an answer");
    let shown = format!("{failure:?} {failure} {client:?} {raw:?}");
    let body = super::raw::all(raw).await.expect("a body");
    assert!(!shown.contains(KEY) && !String::from_utf8_lossy(&body).contains(KEY), "{shown}");
}

#[tokio::test]
async fn a_key_with_a_line_break_is_refused_without_being_shown() {
    let broken = Endpoint { key: Some(SecretString::from("sk-secret\nsk-other")), ..endpoint("http://localhost") };
    let clock = std::sync::Arc::new(ManualClock::new(NOW));
    let error = Client::new(broken, Policy::default(), clock, None).expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Auth);
    assert!(error.message.contains("`house`") && !format!("{error:?}").contains("sk-"), "{error}");
}

#[tokio::test]
async fn a_redirect_is_reported_and_nothing_is_sent_to_the_other_address() {
    let other = Server::play(vec![]).await;
    let location = format!("location: {}/v1/messages?session=hidden\r\n", other.url);
    for status in [301, 302, 307, 308] {
        let server = Server::play(vec![vec![answer(status, &location, "")]]).await;
        let (client, _) = client(endpoint(&server.url), policy());
        let failure = call(&client).await.0.expect_err("redirected");
        assert_eq!((failure.error.kind, failure.error.status), (ErrorKind::InvalidRequest, Some(status)));
        assert!(failure.error.message.contains(&other.url) && failure.error.message.contains("base URL"), "{failure}");
        assert!(!failure.error.message.contains("hidden"), "{failure}");
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn an_error_without_an_error_object_keeps_its_words_and_its_id() {
    for (body, words) in [("", "HTTP 422"), ("upstream is asleep", "upstream is asleep")] {
        let server = Server::play(vec![vec![answer(422, "x-request-id: r9\r\n", body)]]).await;
        let (client, _) = client(chat_endpoint(&server.url), policy());
        let failure = call(&client).await.0.expect_err("refused");
        assert!(failure.error.message.contains(words), "{failure}");
        assert_eq!(failure.error.request_id.as_deref(), Some("r9"));
    }
}

#[tokio::test]
async fn a_tls_handshake_with_a_server_that_has_none_fails_with_the_address() {
    let address = Server::shout(b"HTTP/1.1 400 this is no TLS\r\n\r\n").await;
    let (client, _) = client(endpoint(&format!("https://{address}")), Policy { max_retries: 0, ..policy() });
    let failure = call(&client).await.0.expect_err("no TLS");
    assert_eq!(failure.error.kind, ErrorKind::Transport);
    assert!(failure.error.message.contains(&format!("no secure connection to https://{address}/v1")), "{failure}");
}

#[test]
fn a_server_on_this_machine_is_reached_past_a_proxy_of_the_environment() {
    // A process of its own, because the environment belongs to all tests of this one. Port 9 refuses.
    let output = std::process::Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "streams::a_chat_stream_becomes_events_and_a_reply"])
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("http_proxy", "http://127.0.0.1:9")
        .env("ALL_PROXY", "http://127.0.0.1:9")
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[tokio::test]
async fn models_are_listed_in_the_providers_order() {
    let page = r#"{"object":"list","data":[{"id":"b","owned_by":"x"},{"id":"a"}],"has_more":false}"#;
    for (body, expected) in [(page, vec!["b", "a"]), (r#"[{"id":"c"}]"#, vec!["c"]), (r#"{"data":null}"#, vec![])] {
        let server = Server::play(vec![vec![answer(200, "", body)]]).await;
        let (client, _) = client(chat_endpoint(&server.url), policy());
        assert_eq!(client.models().await.expect("a list"), expected);
        assert_eq!(server.seen()[0].line(), "GET /v1/models HTTP/1.1");
        assert_eq!(server.seen()[0].header("authorization").len(), 1);
    }
}

#[tokio::test]
async fn a_list_of_models_that_is_none_or_refused_is_an_error() {
    for (script, kind) in [
        (vec![answer(200, "", r#"{"ok":true}"#)], ErrorKind::Malformed),
        (vec![answer(200, "", "<html>")], ErrorKind::Malformed),
        (error(401, "", "authentication_error", "bad key"), ErrorKind::Auth),
    ] {
        let server = Server::play(vec![script]).await;
        let (client, _) = client(endpoint(&server.url), policy());
        assert_eq!(client.models().await.expect_err("no list").kind, kind);
        assert_eq!(server.seen()[0].line(), "GET /v1/models?limit=1000 HTTP/1.1");
    }
}
