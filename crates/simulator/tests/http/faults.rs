//! Every fault, over real HTTP.

use std::time::Duration;

use crate::common::{Bench, OPUS, PLAIN, request, text, user};
use protocol::{Block, Dialect, ErrorKind};
use serde_json::{Value, json};

fn scenario(fault: &str) -> String {
    format!(
        r#"
name: faulty
faults: [{fault}]
actors:
  - id: worker
    when: {{any: true}}
    steps:
      - say: "I read the file, and then I will know what there is to know about it."
        calls: [{{tool: read, args: {{path: "src/lib.rs"}}}}]
"#
    )
}

fn hello() -> Value {
    request(OPUS, &[], &[user(&[text("Hello.")])])
}

#[tokio::test]
async fn refusals_carry_their_status_and_headers_and_end_after_their_times() {
    let kinds = [
        ("http_429", 429, "rate_limit_error"),
        ("http_529", 529, "overloaded_error"),
        ("http_500", 500, "api_error"),
        ("unauthorized", 401, "authentication_error"),
        ("overflow", 400, "invalid_request_error"),
    ];
    for (kind, status, name) in kinds {
        let bench =
            Bench::start(&scenario(&format!("{{kind: {kind}, times: 2, retry_after_ms: 1500, should_retry: true}}")))
                .await;
        for _ in 0..2 {
            let answer = bench.send("/v1/messages", &hello()).await.unwrap();
            assert_eq!(answer.status(), status);
            let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
            assert_eq!((header("retry-after-ms"), header("retry-after")), ("1500".into(), "2".into()));
            assert_eq!(header("x-should-retry"), "true");
            assert!(header("request-id").starts_with("req_"));
            let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
            assert_eq!(body["error"]["type"], name);
        }
        assert_eq!(bench.messages(&hello()).await.0, 200);
        let statuses: Vec<u16> = bench.running.requests().iter().map(|record| record.status).collect();
        assert_eq!(statuses, [status, status, 200]);
    }
}

#[tokio::test]
async fn an_overflow_is_worded_so_that_clients_know_it() {
    let bench = Bench::start(&scenario("{kind: overflow, times: 2}")).await;
    let (_, answer) = bench.messages(&hello()).await;
    assert!(answer["error"]["message"].as_str().unwrap().starts_with("prompt is too long: "));
    let (status, answer) =
        bench.chat(&json!({"model": "m", "messages": [{"role": "user", "content": "Hello."}]})).await;
    assert_eq!(status, 400);
    assert_eq!(answer["error"]["code"], "context_length_exceeded");
}

#[tokio::test]
async fn a_reset_ends_the_connection_before_any_byte_and_the_next_request_works() {
    let bench = Bench::start(&scenario("{kind: reset}")).await;
    let error = bench.send("/v1/messages", &hello()).await.unwrap_err();
    assert!(error.is_request(), "{error:?}");
    assert_eq!(bench.running.requests()[0].status, 0);
    assert_eq!(bench.messages(&hello()).await.0, 200);
}

#[tokio::test]
async fn a_reset_in_mid_stream_is_a_transport_error() {
    let bench = Bench::start(&scenario("{kind: reset, after_chunks: 2}")).await;
    assert_eq!(bench.streamed(Dialect::AnthropicMessages, &hello()).await.unwrap_err(), ErrorKind::Transport);
}

#[tokio::test]
async fn a_stall_sends_headers_and_then_nothing_until_the_simulator_stops() {
    let bench = Bench::start(&scenario("{kind: stall}")).await;
    let mut body = hello();
    body["stream"] = json!(true);
    let mut answer = bench.send("/v1/messages", &body).await.unwrap();
    assert_eq!(answer.status(), 200);
    let (silence, ()) = tokio::join!(answer.chunk(), bench.running.stop());
    assert!(!matches!(silence, Ok(Some(_))), "{silence:?}");
}

#[tokio::test]
async fn a_truncated_stream_lacks_its_terminal_event_in_both_dialects() {
    let bench = Bench::start(&scenario("{kind: truncated, times: 2}")).await;
    assert_eq!(bench.streamed(Dialect::AnthropicMessages, &hello()).await.unwrap_err(), ErrorKind::Truncated);
    let chat = json!({"model": "m", "messages": [{"role": "user", "content": "Hello."}]});
    assert_eq!(bench.streamed(Dialect::OpenaiChat, &chat).await.unwrap_err(), ErrorKind::Truncated);
}

#[tokio::test]
async fn an_error_event_breaks_a_stream_that_has_begun_in_both_dialects() {
    let bench = Bench::start(&scenario("{kind: error_event, times: 3}")).await;
    assert_eq!(bench.streamed(Dialect::AnthropicMessages, &hello()).await.unwrap_err(), ErrorKind::Overloaded);
    let chat = json!({"model": "m", "messages": [{"role": "user", "content": "Hello."}]});
    assert_eq!(bench.streamed(Dialect::OpenaiChat, &chat).await.unwrap_err(), ErrorKind::Overloaded);
    assert_eq!(bench.messages(&hello()).await.0, 529, "an answer in one piece fails as a whole");
}

#[tokio::test]
async fn arguments_come_cut_or_empty() {
    let fault = "{kind: malformed_arguments}, {kind: empty_arguments}";
    let bench = Bench::start(&scenario(fault)).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (reply, _) = bench.streamed(Dialect::AnthropicMessages, &hello()).await.unwrap();
        let Some(Block::ToolCall { arguments, .. }) = reply.blocks.last() else { panic!("{reply:?}") };
        seen.push(arguments.clone());
    }
    assert!(serde_json::from_str::<Value>(&seen[0]).is_err() && !seen[0].is_empty(), "{}", seen[0]);
    assert!(seen[1].is_empty() || seen[1] == "{}");
    assert_eq!(seen[2], r#"{"path":"src/lib.rs"}"#);
}

#[tokio::test]
async fn a_slow_answer_waits_on_the_shared_clock() {
    let bench = Bench::start(&scenario("{kind: slow, ms: 60000}")).await;
    let body = hello();
    let answer = bench.messages(&body);
    let clock = async {
        loop {
            bench.later(Duration::from_secs(10));
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        (status, _) = answer => assert_eq!(status, 200),
        () = clock => unreachable!(),
    }
    let passed = protocol::Clock::now(&*bench.clock).0 - 1_000_000;
    assert!(passed >= 60_000, "{passed}");
}

#[tokio::test]
async fn a_fault_hits_only_the_step_or_the_request_it_names() {
    let bench =
        Bench::start(&scenario("{on: {step: 3}, kind: http_500}, {on: {nth_request: 2}, kind: http_529}")).await;
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(bench.messages(&hello()).await.0);
    }
    assert_eq!(statuses, [200, 529, 200]);
}

#[tokio::test]
async fn a_refused_request_writes_no_cache() {
    let yaml = PLAIN.replace("name: plain", "name: plain\nfaults: [{kind: http_529}]");
    let bench = Bench::start(&yaml).await;
    let body =
        request(OPUS, &[crate::common::marked(text(crate::common::words("system", 800)))], &[user(&[text("Hello.")])]);
    assert_eq!(bench.messages(&body).await.0, 529);
    assert_eq!(bench.bill(&body).await.read, 0);
}

#[tokio::test]
async fn a_stopped_simulator_refuses_connections() {
    let bench = Bench::start(PLAIN).await;
    assert_eq!(bench.messages(&hello()).await.0, 200);
    let Bench { running, http, .. } = bench;
    let url = format!("{}/v1/messages", running.base_url());
    running.stop().await;
    let error = http.post(url).header("x-api-key", "test").body(hello().to_string()).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
}
