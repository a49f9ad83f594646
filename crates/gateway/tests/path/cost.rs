//! What an answer costs, told to its client.

use protocol::Dialect::{AnthropicMessages, OpenaiChat};

use crate::client::Client;
use crate::rig::in_front_of;
use crate::upstream::{Upstream, answer, streamed};
use crate::words;

/// Everything that comes back for a request, as it comes.
async fn raw(addr: std::net::SocketAddr, headers: &str, body: &str) -> String {
    let mut client = Client::connect(addr).await;
    client.post("/v1/messages", &format!("connection: close\r\n{headers}"), body).await;
    while client.more().await > 0 {}
    String::from_utf8_lossy(&client.read).into_owned()
}

#[tokio::test]
async fn a_stream_says_its_cost_behind_its_end_to_whoever_takes_trailers() {
    for upstream in [AnthropicMessages, OpenaiChat] {
        let up = Upstream::play(vec![streamed(&words::events(upstream))]).await;
        let rig = in_front_of(upstream, &up.url).await;
        let body = words::request(AnthropicMessages, true);
        for te in ["te: trailers\r\n", "te: gzip;q=0.5, Trailers\r\n"] {
            let said = raw(rig.addr, te, &body).await;
            let (head, rest) = said.split_once("\r\n\r\n").expect("a head");
            assert!(head.contains("trailer: x-agent-cost-usd"), "{head}");
            assert!(!head.contains("x-agent-cost-usd: "), "{head}");
            assert!(rest.contains("message_stop"), "{rest}");
            assert!(rest.ends_with("0\r\nx-agent-cost-usd: 0.0000015\r\n\r\n"), "{rest}");
        }
        for te in ["", "te: gzip\r\n"] {
            let said = raw(rig.addr, te, &body).await;
            assert!(!said.contains("x-agent-cost-usd") && said.ends_with("0\r\n\r\n"), "{said}");
        }
        assert!(up.seen().iter().all(|seen| seen.header("te").is_empty()), "the wish is the gateway's to fulfil");
    }
}

#[tokio::test]
async fn a_stream_that_costs_nothing_known_ends_without_a_trailer_and_whole_answers_have_a_header() {
    let up = Upstream::play(vec![streamed(&words::events(OpenaiChat)[..2])]).await;
    let rig = in_front_of(OpenaiChat, &up.url).await;
    let body = words::request(AnthropicMessages, true);
    let said = raw(rig.addr, "te: trailers\r\n", &body).await;
    assert!(said.contains("event: error"), "{said}");
    assert!(said.contains("trailer: x-agent-cost-usd") && !said.contains("x-agent-cost-usd: "), "{said}");
    assert!(said.ends_with("0\r\n\r\n"), "{said}");
    let up = Upstream::always(&answer(200, "", words::whole(AnthropicMessages))).await;
    let rig = in_front_of(AnthropicMessages, &up.url).await;
    let said = raw(rig.addr, "te: trailers\r\n", &words::request(AnthropicMessages, false)).await;
    assert!(said.contains("x-agent-cost-usd: 0.0000015") && !said.contains("trailer:"), "{said}");
}
