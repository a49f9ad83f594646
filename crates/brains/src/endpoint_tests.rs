use protocol::{Dialect, ErrorKind};
use secrecy::SecretString;

use super::*;

fn endpoint(dialect: Dialect, base_url: &str) -> Endpoint {
    Endpoint {
        name: "house".to_owned(),
        dialect,
        base_url: base_url.to_owned(),
        key: Some(SecretString::from("sk-very-secret")),
        auth: Auth::Bearer,
        headers: vec![("x-team".to_owned(), "hidden-value".to_owned())],
    }
}

fn chat(base_url: &str) -> String {
    let base = Base::parse(&endpoint(Dialect::OpenaiChat, base_url)).expect(base_url);
    base.join("/v1/chat/completions").to_string()
}

fn messages(base_url: &str) -> String {
    let base = Base::parse(&endpoint(Dialect::AnthropicMessages, base_url)).expect(base_url);
    base.join("/v1/messages").to_string()
}

#[test]
fn a_base_with_and_without_version_and_slash_is_the_same_address() {
    for base in ["https://host", "https://host/", "https://host/v1", "https://host/v1/", " https://host/v1 "] {
        assert_eq!(messages(base), "https://host/v1/messages");
        assert_eq!(chat(base), "https://host/v1/chat/completions");
    }
}

#[test]
fn another_version_than_v1_stays_as_it_is() {
    assert_eq!(chat("https://host/api/paas/v4"), "https://host/api/paas/v4/chat/completions");
    assert_eq!(chat("https://host/v1beta/openai/"), "https://host/v1beta/openai/chat/completions");
}

#[test]
fn a_version_inside_the_path_counts_for_the_chat_dialect_only() {
    assert_eq!(chat("https://gate/v1/account/openai"), "https://gate/v1/account/openai/chat/completions");
    assert_eq!(messages("https://gate/v1/account/anthropic"), "https://gate/v1/account/anthropic/v1/messages");
}

#[test]
fn a_word_that_begins_with_v_is_no_version() {
    assert_eq!(chat("https://host/vllm"), "https://host/vllm/v1/chat/completions");
}

#[test]
fn a_whole_address_is_taken_as_it_is() {
    assert_eq!(chat("https://host/inference/chat/completions"), "https://host/inference/chat/completions");
    assert_eq!(messages("https://host/claude/messages"), "https://host/claude/messages");
}

#[test]
fn a_whole_address_serves_one_dialect_and_any_other_base_all() {
    let whole = endpoint(Dialect::OpenaiChat, "https://host/inference/v1/chat/completions/?tenant=a");
    assert!(whole.in_dialect(Dialect::OpenaiResponses).is_none());
    assert_eq!(whole.in_dialect(Dialect::OpenaiChat).map(|same| same.base_url), Some(whole.base_url.clone()));
    let open = endpoint(Dialect::OpenaiChat, "https://host/v1").in_dialect(Dialect::OpenaiResponses).expect("any path");
    let base = Base::parse(&open).expect("valid");
    assert_eq!(base.join("/v1/responses").as_str(), "https://host/v1/responses");
}

#[test]
fn the_query_of_the_base_comes_before_that_of_the_request() {
    let base = Base::parse(&endpoint(Dialect::AnthropicMessages, "https://host/v1?tenant=a")).expect("valid");
    assert_eq!(base.join("/v1/messages?beta=true").to_string(), "https://host/v1/messages?tenant=a&beta=true");
    assert_eq!(base.join("/v1/models").to_string(), "https://host/v1/models?tenant=a");
}

#[test]
fn an_unusable_base_says_which_provider_what_was_found_and_what_is_expected() {
    for (base, what) in [
        ("", "it is empty"),
        ("localhost:11434", "`http://` or `https://` is missing in front"),
        ("ftp://host", "scheme `ftp` is not `http` or `https`"),
        ("https://", "empty host"),
        ("https://user:pw@host/v1", "it carries a user name or password"),
        ("https://host/#top", "it has a `#` part"),
    ] {
        let error = Base::parse(&endpoint(Dialect::OpenaiChat, base)).expect_err(base);
        assert_eq!(error.kind, ErrorKind::InvalidRequest);
        let text = error.to_string();
        assert!(text.contains(what), "{base}: {text}");
        assert!(text.contains("provider `house`") && text.contains("expected something like"), "{text}");
    }
}

#[test]
fn what_may_be_secret_in_a_base_is_not_in_its_error() {
    for base in ["ftp://user:hunter2@host/x", "https://us@er:hunter2@host/v1", "host/v1?key=hunter2", "://hunter2@host"]
    {
        let error = Base::parse(&endpoint(Dialect::OpenaiChat, base)).expect_err(base);
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}

#[test]
fn debug_of_an_endpoint_shows_neither_key_nor_header_values_nor_query() {
    let shown = format!("{:?}", endpoint(Dialect::OpenaiChat, "https://host/v1?key=hunter2"));
    assert!(shown.contains("https://host/v1") && shown.contains("x-team"), "{shown}");
    for secret in ["sk-very-secret", "hidden-value", "hunter2"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn only_addresses_of_this_machine_are_local() {
    let local = |url| Base::parse(&endpoint(Dialect::OpenaiChat, url)).expect(url).is_local();
    for url in [
        "http://localhost:1",
        "http://127.0.0.1",
        "http://127.8.8.8/v1",
        "http://[::1]:80",
        "http://0.0.0.0:8000",
        "http://a.localhost",
    ] {
        assert!(local(url), "{url}");
    }
    for url in ["http://10.0.0.1", "https://host", "http://localhost.example", "http://[2001:db8::1]"] {
        assert!(!local(url), "{url}");
    }
}
