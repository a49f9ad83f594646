//! Whose prices count: those of the model that answered.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use catalogue::Catalogue;
use protocol::{LedgerRow, Purpose, RowOutcome, Usd};

use crate::stage::{SOLO, SUMMARY, Stage, WALKER, compact, turn};

/// A server that answers whatever it is asked in the name of this model.
fn answers_as(model: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let body = serde_json::json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": model,
        "content": [{"type": "text", "text": "Fine."}], "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {"input_tokens": 1_000, "output_tokens": 10},
    });
    std::thread::spawn(move || listener.incoming().for_each(|stream| answer(stream.unwrap(), &body.to_string())));
    url
}

fn answer(mut stream: TcpStream, body: &str) {
    let mut request = BufReader::new(stream.try_clone().unwrap());
    let (mut line, mut length) = (String::new(), 0);
    while request.read_line(&mut line).unwrap() > 2 {
        if let Some(found) = line.to_lowercase().strip_prefix("content-length:") {
            length = found.trim().parse().unwrap();
        }
        line.clear();
    }
    request.read_exact(&mut vec![0; length]).unwrap();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
    write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
}

/// The only row of a session whose answers come in this name.
async fn billed(model: &str) -> LedgerRow {
    let mut stage = Stage::set(SOLO, "", WALKER).await;
    stage.answers_at(answers_as(model));
    let session = stage.open();
    assert_eq!(turn(&session, "Hello.").await, "Fine.");
    stage.ledger(&session).pop().unwrap()
}

fn price(row: &LedgerRow, model: &str) -> Option<Usd> {
    Catalogue::builtin().cost("anthropic", model, &row.usage, row.at)
}

#[tokio::test]
async fn t10_an_answer_is_billed_to_the_model_that_gave_it() {
    let row = billed("claude-haiku-5-5").await;
    assert_eq!(row.brain.model, "claude-haiku-5-5", "not the one that was asked");
    assert!(row.usd == price(&row, "claude-haiku-5-5") && row.usd != price(&row, "claude-opus-5-5"), "{row:?}");
    // Another name of the same model, or one that nobody knows, is the model that was asked.
    for name in ["claude-opus-5-5-20261001", "model-of-the-house"] {
        let row = billed(name).await;
        assert_eq!((row.brain.model.as_str(), row.usd), ("claude-opus-5-5", price(&row, "claude-opus-5-5")), "{name}");
    }
}

#[tokio::test]
async fn t10_where_another_brain_steps_in_each_has_the_row_of_what_it_did() {
    let team = format!("compaction: {{summarizer: {{provider: anthropic, model: claude-haiku-5-5}}}}\n{SOLO}");
    let faults = "faults:\n  - {on: {actor: summary, nth_request: 1}, kind: http_529}\n";
    let stage = Stage::set(&team, faults, &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(12, 2_500);
    let session = stage.open();
    turn(&session, "Walk on from next: w1.txt").await;
    stage.clock.advance(std::time::Duration::from_secs(2 * 3_600));
    compact(&session, "solo").await;
    let rows = stage.rows(&session, Purpose::Compaction);
    let [failed, wrote] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((failed.brain.model.as_str(), failed.usd), ("claude-haiku-5-5", Some(Usd::ZERO)));
    assert!(failed.outcome != RowOutcome::Ok && wrote.outcome == RowOutcome::Ok);
    assert_eq!((wrote.brain.model.as_str(), wrote.usd), ("claude-opus-5-5", price(wrote, "claude-opus-5-5")));
}
