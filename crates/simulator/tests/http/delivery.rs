//! Faults that a gateway has to survive, over real HTTP, in every dialect.

use std::io::Read;
use std::time::Duration;

use crate::common::{Bench, LUNA, OPUS, PLAIN, request, text, user};
use protocol::{Dialect, ErrorKind};
use serde_json::{Value, json};

const ALL: [Dialect; 3] = [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::OpenaiResponses];

fn path(dialect: Dialect) -> &'static str {
    wire::codec(dialect).path()
}

fn hello(dialect: Dialect) -> Value {
    match dialect {
        Dialect::AnthropicMessages => request(OPUS, &[], &[user(&[text("Hello.")])]),
        Dialect::OpenaiChat => json!({"model": LUNA, "messages": [{"role": "user", "content": "Hello."}]}),
        Dialect::OpenaiResponses => json!({"model": LUNA, "store": false, "input": "Hello."}),
    }
}

fn streamed(dialect: Dialect) -> Value {
    let mut body = hello(dialect);
    body["stream"] = json!(true);
    body
}

async fn bench(fault: &str) -> Bench {
    let yaml = PLAIN
        .replace("name: plain", &format!("name: plain\nfaults: [{fault}]"))
        .replace("Very well.", "Schöne Grüße — a sentence that is long enough for a few chunks, with ünïcode in it.");
    Bench::start(&yaml).await
}

#[tokio::test]
async fn a_stream_can_die_at_any_byte() {
    for dialect in ALL {
        let bench = bench("{kind: truncated, after_bytes: 301}, {kind: reset, after_bytes: 301}").await;
        let answer = bench.send(path(dialect), &streamed(dialect)).await.unwrap();
        assert_eq!(answer.bytes().await.unwrap().len(), 301);
        let mut answer = bench.send(path(dialect), &streamed(dialect)).await.unwrap();
        let mut heard = 0;
        let error = loop {
            match answer.chunk().await {
                Ok(Some(chunk)) => heard += chunk.len(),
                Ok(None) => panic!("the stream ended well"),
                Err(error) => break error,
            }
        };
        assert!(heard <= 301, "{heard} {error:?}");
        assert!(bench.streamed(dialect, &hello(dialect)).await.is_ok(), "the next answer is whole");
    }
}

#[tokio::test]
async fn a_pause_in_mid_stream_is_waited_for_and_pings_come_meanwhile() {
    for dialect in ALL {
        let bench = bench("{kind: pause, after_chunks: 2, ms: 60000, pings: 3}").await;
        bench.clock.set_jumping(true);
        let began = protocol::Clock::now(&*bench.clock);
        let answer = bench.send(path(dialect), &streamed(dialect)).await.unwrap().text().await.unwrap();
        assert_eq!(protocol::Clock::now(&*bench.clock).since(began), Duration::from_secs(60));
        assert_eq!(answer.matches("ping\n").count(), 3, "{answer}");
        let record = bench.running.requests().pop().unwrap();
        assert_eq!(record.status, 200);
    }
}

#[tokio::test]
async fn headers_can_be_slow() {
    let bench = bench("{kind: slow_headers, ms: 30000}").await;
    bench.clock.set_jumping(true);
    let began = protocol::Clock::now(&*bench.clock);
    assert_eq!(bench.messages(&hello(Dialect::AnthropicMessages)).await.0, 200);
    assert_eq!(protocol::Clock::now(&*bench.clock).since(began), Duration::from_secs(30));
}

#[tokio::test]
async fn json_can_be_cut_in_an_answer_and_in_an_event() {
    for dialect in ALL {
        let bench = bench("{kind: malformed_json, times: 2}, {kind: malformed_sse}").await;
        let answer = bench.send(path(dialect), &hello(dialect)).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(serde_json::from_str::<Value>(&answer.text().await.unwrap()).is_err());
        let error = bench.streamed(dialect, &hello(dialect)).await.unwrap_err();
        assert_eq!(error, ErrorKind::Malformed);
        let answer = bench.send(path(dialect), &streamed(dialect)).await.unwrap().bytes().await.unwrap();
        assert!(std::str::from_utf8(&answer).is_err());
    }
}

#[tokio::test]
async fn an_error_can_come_with_status_200() {
    for dialect in ALL {
        let bench = bench("{kind: error_json, times: 2}").await;
        let answer = bench.send(path(dialect), &hello(dialect)).await.unwrap();
        assert_eq!(answer.status(), 200);
        let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        assert_eq!(answer["error"]["message"], "Overloaded");
        assert_eq!(bench.streamed(dialect, &hello(dialect)).await.unwrap_err(), ErrorKind::Overloaded);
        assert!(bench.running.requests().iter().all(|record| record.usage.prompt() == 0));
    }
}

#[tokio::test]
async fn bytes_come_one_by_one_with_other_line_ends_and_compressed_and_say_the_same() {
    for dialect in ALL {
        let bench = bench("{kind: split}, {kind: split, bytes: 7}, {kind: crlf}").await;
        let said = bench.streamed(dialect, &hello(dialect)).await.unwrap().0.blocks;
        for _ in 0..3 {
            assert_eq!(bench.streamed(dialect, &hello(dialect)).await.unwrap().0.blocks, said);
        }
    }
    let bench = bench("{kind: gzip, times: 6}").await;
    for dialect in ALL {
        for body in [hello(dialect), streamed(dialect)] {
            let answer = bench.send(path(dialect), &body).await.unwrap();
            assert_eq!(answer.headers()["content-encoding"], "gzip");
            let packed = answer.bytes().await.unwrap();
            let mut plain = String::new();
            flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut plain).unwrap();
            assert!(plain.contains("Grüße"), "{plain}");
        }
    }
}

#[tokio::test]
async fn one_byte_in_each_write_tears_characters_apart() {
    let bench = bench("{kind: split}").await;
    let mut answer = bench.send("/v1/messages", &streamed(Dialect::AnthropicMessages)).await.unwrap();
    let (mut pieces, mut torn) = (0, 0);
    while let Some(chunk) = answer.chunk().await.unwrap() {
        pieces += 1;
        torn += usize::from(std::str::from_utf8(&chunk).is_err());
    }
    assert!(pieces > 300 && torn > 2, "{pieces} pieces, {torn} torn");
}

#[tokio::test]
async fn a_proxy_s_page_is_no_json() {
    let bench = bench("{kind: bad_gateway, times: 3}").await;
    for dialect in ALL {
        let answer = bench.send(path(dialect), &hello(dialect)).await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["content-type"]), (502, &"text/html".parse().unwrap()));
        assert!(answer.text().await.unwrap().contains("502 Bad Gateway"));
    }
    assert_eq!(bench.running.requests()[0].status, 502);
}

#[tokio::test]
async fn a_storm_of_rate_limits_can_hit_one_model_or_each_so_many_th_request() {
    let bench = bench("{on: {model: gpt-*}, kind: http_429, times: 1000, retry_after_ms: 2000}").await;
    for dialect in ALL {
        let answer = bench.send(path(dialect), &hello(dialect)).await.unwrap();
        let limited = dialect != Dialect::AnthropicMessages;
        assert_eq!(answer.status(), if limited { 429 } else { 200 });
        assert_eq!(answer.headers().get("retry-after").is_some_and(|value| value == "2"), limited);
    }
    let bench = crate::delivery::bench("{on: {every: 3}, kind: http_429, times: 1000}").await;
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(bench.send("/v1/responses", &hello(Dialect::OpenaiResponses)).await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 429, 200, 200, 429]);
}

#[tokio::test]
async fn an_error_in_mid_stream_is_the_dialect_s_own() {
    for dialect in ALL {
        let bench = bench("{kind: error_event, after_chunks: 2}, {kind: truncated}").await;
        assert_eq!(bench.streamed(dialect, &hello(dialect)).await.unwrap_err(), ErrorKind::Overloaded);
        assert_eq!(bench.streamed(dialect, &hello(dialect)).await.unwrap_err(), ErrorKind::Truncated);
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed() {
    let bench = bench("{kind: stall, after_chunks: 1}").await;
    let mut answer = bench.send("/v1/messages", &streamed(Dialect::AnthropicMessages)).await.unwrap();
    assert!(answer.chunk().await.unwrap().is_some());
    assert_eq!((bench.running.open(), bench.running.abandoned()), (1, 0));
    drop(answer);
    while bench.running.open() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.running.abandoned(), 1);
    assert_eq!(bench.messages(&hello(Dialect::AnthropicMessages)).await.0, 200);
    assert_eq!((bench.running.open(), bench.running.abandoned()), (0, 1));
}
