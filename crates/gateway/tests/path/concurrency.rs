//! Many at once.

use std::time::{Duration, Instant};

use protocol::Dialect::{AnthropicMessages, OpenaiChat};

use crate::client::{Client, get, post};
use crate::rig::in_front_of;
use crate::upstream::{Upstream, answer, streamed};
use crate::words;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gw_04_three_hundred_streams_at_once_lose_and_mix_nothing() {
    // Each stream says its own number, many times over.
    let scripts = (0..300).map(|number| streamed(&numbered(number))).collect();
    let up = Upstream::play(scripts).await;
    let rig = in_front_of(AnthropicMessages, &up.url).await;
    let asking = (0..300).map(|_| {
        let addr = rig.addr;
        tokio::spawn(async move { post(addr, "/v1/messages", "", words::request(AnthropicMessages, true)).await })
    });
    let mut seen = std::collections::BTreeSet::new();
    for asked in asking.collect::<Vec<_>>() {
        let got = asked.await.expect("an answer");
        assert!(got.whole);
        let text = got.text();
        let number = text.split("<").nth(1).and_then(|rest| rest.split('>').next()).expect("a number").to_owned();
        assert_eq!(text, numbered(number.parse().expect("a number")).concat());
        seen.insert(number);
    }
    assert_eq!(seen.len(), 300);
    assert!(rig.books.settled(300).await.iter().all(|ending| ending.error.is_none() && ending.usage.output == 7));
}

fn numbered(number: usize) -> Vec<String> {
    let mut events = words::events(AnthropicMessages);
    let delta = events.remove(3);
    for step in 0..30 {
        events.insert(3 + step, delta.replace("there", &format!("<{number}> {step}")));
    }
    events
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gw_16_large_bodies_do_not_hold_up_small_ones() {
    let up = Upstream::always(&answer(200, "", words::whole(OpenaiChat))).await;
    let rig = in_front_of(OpenaiChat, &up.url).await;
    let text = "words and more words ".repeat(240_000);
    let body = format!(r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"{text}"}}]}}"#);
    let addr = rig.addr;
    let large: Vec<_> = (0..8)
        .map(|number| {
            let body = body.clone();
            tokio::spawn(async move {
                let mut client = Client::connect(addr).await;
                client.post("/v1/messages", "", body).await;
                // Half of them leave without their answer.
                if number % 2 == 0 { client.answer().await.status } else { 200 }
            })
        })
        .collect();
    let mut waits = Vec::new();
    while large.iter().any(|task| !task.is_finished()) {
        let began = Instant::now();
        assert_eq!(get(rig.addr, "/healthz").await.status, 200);
        waits.push(began.elapsed());
    }
    for task in large {
        assert_eq!(task.await.expect("an answer"), 200);
    }
    waits.sort();
    let late = waits[waits.len() * 9 / 10];
    assert!(late < Duration::from_millis(250), "{late:?} of {} checks", waits.len());
}
