//! Faults of the gateway's own.

use protocol::Dialect::{AnthropicMessages, OpenaiChat, OpenaiResponses};

use crate::client::{Client, post};
use crate::rig::{FAULT, LATE_FAULT, in_front_of};
use crate::upstream::{Upstream, answer, streamed};
use crate::words;

#[tokio::test]
async fn a_fault_while_a_request_is_served_is_a_500_in_the_clients_dialect_and_others_go_on() {
    let up = Upstream::always(&answer(200, "", words::whole(AnthropicMessages))).await;
    let rig = in_front_of(AnthropicMessages, &up.url).await;
    let mut other = Client::connect(rig.addr).await;
    let mut expected = Vec::new();
    for dialect in [AnthropicMessages, OpenaiChat, OpenaiResponses] {
        for (stream, more) in [(false, 0), (true, 0), (false, 400_000)] {
            // Large bodies are read on a thread of their own.
            let body = words::request(dialect, stream).replace("hello", &format!("{FAULT}{}", "x".repeat(more)));
            let mut client = Client::connect(rig.addr).await;
            client.post(words::path(dialect), "", body).await;
            let got = client.answer().await;
            assert_eq!(got.status, 500, "{}", got.text());
            let error = &got.json()["error"];
            assert!(error["message"].as_str().expect("words").contains("fault of the gateway"), "{}", got.text());
            let kind = if dialect == AnthropicMessages { "api_error" } else { "server_error" };
            assert_eq!(error["type"], kind, "{}", got.text());
            assert!(got.header("x-agent-request-id").is_some());
            expected.push(500);
            // The same connection and another one are served.
            for client in [&mut client, &mut other] {
                client.post("/v1/messages", "", words::request(AnthropicMessages, false)).await;
                assert_eq!(client.answer().await.status, 200);
            }
        }
    }
    assert_eq!(rig.books.refused(), expected);
    assert_eq!(rig.books.settled(18).await.len(), 18, "only good requests had an account");
}

#[tokio::test]
async fn a_fault_in_the_middle_of_a_stream_ends_it_with_an_error_event() {
    for upstream in [AnthropicMessages, OpenaiChat] {
        for client in [AnthropicMessages, OpenaiChat] {
            let up = Upstream::play(vec![streamed(&words::events(upstream))]).await;
            let rig = in_front_of(upstream, &up.url).await;
            let body = words::request(client, true).replace("hello", LATE_FAULT);
            let got = post(rig.addr, words::path(client), "", body).await;
            assert!(got.whole && got.status == 200);
            assert!(got.text().contains("fault of the gateway"), "{}", got.text());
            // A good request after it.
            let got = post(rig.addr, words::path(client), "", words::request(client, true)).await;
            assert_eq!(words::said(client, &got.body).expect("no error"), "Hello there");
            rig.books.settled(2).await;
        }
    }
}
