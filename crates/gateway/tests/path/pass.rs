//! The same dialect on both sides: bytes there, bytes back.

use std::sync::Arc;

use protocol::Dialect::{AnthropicMessages, OpenaiChat};
use protocol::Usage;

use crate::client::{Client, get, post};
use crate::rig::{Make, binding, in_front_of};
use crate::upstream::{Step, Upstream, answer, chunk, last_chunk, stream_head, streamed};
use crate::words;

#[tokio::test]
async fn gw_05_a_request_and_its_answer_pass_byte_for_byte() {
    let odd = "{ \"id\" : \"msg_é\", \"type\":\"message\",\"role\":\"assistant\",\r\n\"content\":[{\"type\":\"text\",\"text\":\"\\u00e9\",\"new\":1e2}],\"model\":\"up-model\",\"n\":12345678901234567890123,\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":3,\"output_tokens\":2}}\n";
    let up = Upstream::always(&answer(
        200,
        "x-new: kept\r\nrequest-id: req_up\r\nanthropic-ratelimit-requests-remaining: 7\r\n",
        odd,
    ))
    .await;
    let rig = in_front_of(AnthropicMessages, &up.url).await;
    let body = "{\"z\":1e2, \"model\":\"up-model\",\"messages\":[{\"role\":\"user\",\"content\":\"\\u00e9 é\"}],\"max_tokens\":5,\r\n\"unknown\":{\"b\":1,\"a\":2}}";
    let headers = "x-api-key: let-me-in\r\nanthropic-beta: a-1, b-2\r\nanthropic-version: 2023-06-01\r\nx-unknown: yes\r\n\
                   accept-encoding: gzip\r\nconnection: x-hop\r\nx-hop: 1\r\nx-agent-hint-risk: high\r\n";
    let got = post(rig.addr, "/v1/messages?beta=true", headers, body).await;
    assert_eq!((got.status, got.text()), (200, odd.to_owned()));
    assert_eq!(got.header("x-new"), Some("kept"));
    assert_eq!(got.header("anthropic-ratelimit-requests-remaining"), Some("7"));
    assert_eq!(got.header("x-agent-route"), Some("requested"));
    assert_eq!(got.header("x-agent-model"), Some("provider/up-model"));
    assert_eq!(got.header("x-agent-cost-usd"), Some("0.0000015"));
    assert!(got.header("x-agent-request-id").is_some_and(|id| id.starts_with("req_")));

    let seen = &up.seen()[0];
    assert_eq!(seen.line(), "POST /v1/messages?beta=true HTTP/1.1");
    assert_eq!(seen.body, body.as_bytes());
    assert_eq!(seen.header("anthropic-beta"), ["a-1, b-2"]);
    assert_eq!(seen.header("x-unknown"), ["yes"]);
    assert_eq!(seen.header("x-api-key"), ["sk-upstream-key"]);
    for name in ["accept-encoding", "x-hop", "x-agent-hint-risk", "authorization"] {
        assert_eq!(seen.header(name), [""; 0], "{name}");
    }
    assert_eq!(seen.header("idempotency-key").len(), 1);
    let ending = rig.books.settled(1).await.remove(0);
    assert_eq!(ending.usage, Usage { input: 3, output: 2, ..Usage::default() });
    assert_eq!((ending.status, ending.error, ending.request_id.as_deref()), (200, None, Some("req_up")));
    assert_eq!(rig.books.asked()[0].token.as_deref(), Some("tester"));
}

#[tokio::test]
async fn only_the_models_name_changes_where_the_plan_has_another() {
    let up = Upstream::always(&answer(200, "", words::whole(OpenaiChat))).await;
    let rig = in_front_of(OpenaiChat, &up.url).await;
    let body = "{\"messages\":[ ],\"model\" : \"gpt-what\" ,\"n\":1.0}";
    assert_eq!(post(rig.addr, "/chat/completions", "", body).await.status, 200);
    assert_eq!(up.seen()[0].body, body.replace("gpt-what", "up-model").as_bytes());
    assert_eq!(up.seen()[0].line(), "POST /v1/chat/completions HTTP/1.1");
}

#[tokio::test]
async fn gw_02_each_event_reaches_the_client_before_the_next_is_sent() {
    for dialect in [AnthropicMessages, OpenaiChat] {
        let events = words::events(dialect);
        let go_on = std::sync::Arc::new(tokio::sync::Notify::new());
        let mut script = vec![Step::Send(stream_head())];
        for event in &events {
            script.extend([Step::Send(chunk(event)), Step::Await(go_on.clone())]);
        }
        script.push(Step::Send(last_chunk()));
        let up = Upstream::play(vec![script]).await;
        let rig = in_front_of(dialect, &up.url).await;
        let mut client = Client::connect(rig.addr).await;
        client.post(words::path(dialect), "", words::request(dialect, true)).await;
        for event in &events {
            client.until(event.trim_end().as_bytes()).await;
            go_on.notify_one();
        }
        let got = client.answer().await;
        assert_eq!(got.text(), events.concat());
        assert!(got.whole);
        assert_eq!(got.header("content-type"), Some("text/event-stream"));
        let ending = rig.books.settled(1).await.remove(0);
        assert_eq!(ending.usage, Usage { input: 11, cache_read: 5, output: 7, ..Usage::default() });
        assert_eq!(ending.error, None);
    }
}

#[tokio::test]
async fn gw_25_one_connection_serves_request_after_request_on_both_sides() {
    let up = Upstream::always(&answer(200, "", words::whole(AnthropicMessages))).await;
    let rig = in_front_of(AnthropicMessages, &up.url).await;
    let mut client = Client::connect(rig.addr).await;
    for _ in 0..10 {
        client.post("/v1/messages", "", words::request(AnthropicMessages, false)).await;
        assert_eq!(client.answer().await.status, 200);
    }
    assert_eq!(up.seen().iter().map(|seen| seen.connection).max(), Some(0));
    assert_eq!(up.seen().len(), 10);
}

#[tokio::test]
async fn gw_20_where_a_request_goes_is_for_the_configuration_alone() {
    let other = Upstream::always(&answer(200, "", "{}")).await;
    let elsewhere = format!("HTTP/1.1 302 Found\r\nlocation: {}/v1/messages\r\ncontent-length: 0\r\n\r\n", other.url);
    let up = Upstream::always(elsewhere.as_bytes()).await;
    let rig = in_front_of(AnthropicMessages, &up.url).await;
    let body =
        format!(r#"{{"model":"up-model","api_base":"{0}","base_url":"{0}","max_tokens":1,"messages":[]}}"#, other.url);
    let headers =
        format!("x-forwarded-host: evil.test\r\nx-agent-custom-host: {0}\r\nx-portkey-custom-host: {0}\r\n", other.url);
    let got = post(rig.addr, "/v1/messages", &headers, body).await;
    assert_eq!(got.json()["type"], "error", "{}", got.text());
    assert!(got.status >= 300 && got.header("location").is_none(), "{}", got.head);
    assert_eq!(up.seen().len(), 1);
    assert_eq!(other.seen().len(), 0, "neither the client's wish nor a redirect is followed");
}

#[tokio::test]
async fn tokens_are_counted_by_the_provider_where_it_can_and_reckoned_where_not() {
    let up = Upstream::always(&answer(200, "", r#"{"input_tokens": 42}"#)).await;
    let rig = in_front_of(AnthropicMessages, &up.url).await;
    let body = words::request(AnthropicMessages, false);
    let got = post(rig.addr, "/v1/messages/count_tokens?beta=true", "", &body).await;
    assert_eq!((got.status, got.text().as_str()), (200, r#"{"input_tokens": 42}"#));
    assert_eq!(up.seen()[0].line(), "POST /v1/messages/count_tokens?beta=true HTTP/1.1");

    let rig = in_front_of(OpenaiChat, &up.url).await;
    let got = post(rig.addr, "/v1/messages/count_tokens", "", &body).await;
    let tokens = got.json()["input_tokens"].as_u64().expect("a number");
    assert!((3..30).contains(&tokens), "{tokens}");
    assert_eq!(up.seen().len(), 1, "nothing was sent");
}

#[tokio::test]
async fn pages_previews_and_what_is_not_there() {
    let up = Upstream::always(b"").await;
    let rig = in_front_of(AnthropicMessages, &up.url).await;
    assert_eq!(get(rig.addr, "/healthz").await.text(), "ok");
    assert_eq!(post(rig.addr, "/v1/route", "", "{}").await.text(), r#"{"bytes":2}"#);
    let missing = get(rig.addr, "/nothing").await;
    assert_eq!(missing.status, 404);
    assert!(missing.json()["error"]["message"].as_str().expect("words").contains("/v1/messages"));
    assert_eq!(get(rig.addr, "/v1/messages").await.status, 405);
    assert_eq!(up.seen().len(), 0);
}

#[tokio::test]
async fn a_wrong_token_and_a_foreign_page_get_nowhere() {
    let up = Upstream::always(b"").await;
    let rig = Make::new(vec![binding("up", OpenaiChat, &up.url)]).rig().await;
    let body = words::request(OpenaiChat, false);
    let wrong = post(rig.addr, "/v1/chat/completions", "authorization: Bearer nonsense\r\n", &body).await;
    assert_eq!(wrong.status, 401);
    assert!(!wrong.text().contains("nonsense"));
    let foreign = post(rig.addr, "/v1/chat/completions", "origin: https://evil\r\n", &body).await;
    assert_eq!(foreign.status, 403);
    assert!(!foreign.head.to_lowercase().contains("access-control"));
    assert_eq!(rig.books.refused(), [401, 403]);
    assert_eq!(up.seen().len(), 0);
}

#[tokio::test]
async fn usage_of_a_chat_stream_is_asked_for_and_kept_from_a_client_that_did_not_ask() {
    let catalogue = Some(Arc::new(catalogue::Catalogue::builtin()));
    let events = words::events(OpenaiChat);
    let all = events.concat();
    for cut in [all.len(), 100, all.len() - 40, all.len() - 230] {
        let up = Upstream::play(vec![streamed(&[&all[..cut], &all[cut..]])]).await;
        let make = Make::new(vec![binding("up", OpenaiChat, &up.url)]);
        let rig = Make { catalogue: catalogue.clone(), ..make }.rig().await;
        let body = words::request(OpenaiChat, true);
        let got = post(rig.addr, "/v1/chat/completions", "", &body).await;
        assert_eq!(got.text(), [&events[..4], &events[5..]].concat().concat());
        let sent = String::from_utf8_lossy(&up.seen()[0].body).into_owned();
        assert_eq!(sent, format!("{},\"stream_options\":{{\"include_usage\":true}}}}", &body[..body.len() - 1]));
        assert_eq!(
            rig.books.settled(1).await[0].usage,
            Usage { input: 11, cache_read: 5, output: 7, ..Usage::default() }
        );
    }
    // Who says what it wishes gets that.
    for wish in ["true", "false"] {
        let up = Upstream::play(vec![streamed(&[&all])]).await;
        let make = Make::new(vec![binding("up", OpenaiChat, &up.url)]);
        let rig = Make { catalogue: catalogue.clone(), ..make }.rig().await;
        let body =
            format!(r#"{{"stream_options":{{"include_usage":{wish}}},"#) + &words::request(OpenaiChat, true)[1..];
        assert_eq!(post(rig.addr, "/v1/chat/completions", "", &body).await.text(), all);
        assert_eq!(up.seen()[0].body, body.as_bytes());
    }
}
