//! Signals, kills, second gateways, new keys.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::upstream::Slow;
use super::{Gateway, PATIENCE, body, rows, try_ask};
use crate::support::{Desk, Sim, wait_until};

const HAIKU: &str = "claude-haiku-5-5";

fn streamed() -> Value {
    let mut body = body(HAIKU, "Tell me slowly.");
    body["stream"] = json!(true);
    body
}

/// The text of a whole stream, or why there is none.
fn stream(url: &str, token: &str) -> Result<String, String> {
    let headers = [("x-api-key", token), ("anthropic-version", "2023-06-01")];
    let answer = try_ask("POST", &format!("{url}/v1/messages"), &headers, Some(&streamed()))?;
    if answer.status == 200 && answer.text.contains("message_stop") {
        Ok(answer.text)
    } else {
        Err(format!("{}: {}", answer.status, answer.text))
    }
}

#[test]
fn gw_13_asked_to_end_it_lets_a_stream_end_and_says_goodbye_with_0() {
    for signal in ["TERM", "INT"] {
        let (desk, slow) = (Desk::new(), Slow::new());
        let gateway = Gateway::start(&desk, &slow.variables(), &[]);
        let (url, token) = (gateway.url.clone(), gateway.token().to_owned());
        let client = std::thread::spawn(move || stream(&url, &token));
        wait_until("the stream", || slow.begun() == 1);
        gateway.signal(signal);
        let url = format!("{}/healthz", gateway.url);
        wait_until("the closed door", || try_ask("GET", &url, &[], None).is_err());
        slow.go_on();
        let text = client.join().unwrap().unwrap();
        assert!(text.contains("Done.") && !text.contains("event: error"), "{text}");
        let (code, _, err) = gateway.ended();
        assert_eq!(code, Some(0), "{err}");
        assert_eq!(rows(&desk, 1)[0].error, None, "its row is written");
    }
}

#[test]
fn gw_13_asked_twice_it_ends_at_once_and_no_stream_looks_whole() {
    let (desk, slow) = (Desk::new(), Slow::new());
    let gateway = Gateway::start(&desk, &slow.variables(), &[]);
    let (url, token) = (gateway.url.clone(), gateway.token().to_owned());
    let client = std::thread::spawn(move || stream(&url, &token));
    wait_until("the stream", || slow.begun() == 1);
    gateway.signal("TERM");
    let began = Instant::now();
    let url = format!("{}/healthz", gateway.url);
    wait_until("the closed door", || try_ask("GET", &url, &[], None).is_err());
    gateway.signal("TERM");
    let (code, _, err) = gateway.ended();
    assert_eq!(code, Some(130), "{err}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let said = client.join().unwrap().unwrap_err();
    assert!(said.contains("event: error") || !said.starts_with("200"), "{said}");
}

#[test]
fn gw_14_killed_and_started_again_on_its_port_it_serves_the_same_clients() {
    let clients = 24;
    let (desk, slow) = (Desk::new(), Slow::new());
    let first = Gateway::start(&desk, &slow.variables(), &[]);
    let (url, token, port) = (first.url.clone(), first.token().to_owned(), first.port().to_owned());
    let failed = AtomicUsize::new(0);
    let second = std::thread::scope(|threads| {
        let clients: Vec<_> = (0..clients)
            .map(|_| {
                threads.spawn(|| {
                    let began = Instant::now();
                    // As a client does: again after a moment.
                    loop {
                        match stream(&url, &token) {
                            Ok(text) => return text,
                            Err(error) => assert!(began.elapsed() < PATIENCE, "{error}"),
                        }
                        failed.fetch_add(1, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(50));
                    }
                })
            })
            .collect();
        wait_until("all streams", || slow.begun() == 24);
        first.killed();
        slow.go_on();
        let listen = format!("127.0.0.1:{port}");
        let second = Gateway::start(&desk, &slow.variables(), &["--listen", &listen]);
        for client in clients {
            assert!(client.join().unwrap().contains("Done."));
        }
        second
    });
    assert!(failed.load(Ordering::SeqCst) >= clients, "all were cut");
    assert_eq!(second.token, None, "the token still holds");
    second.signal("TERM");
    assert_eq!(second.ended().0, Some(0));
    let stored = rows(&desk, clients);
    assert_eq!(stored.iter().filter(|row| row.error.is_none()).count(), clients, "every answer is in the ledger");
    let check = rusqlite::Connection::open(desk.home.join("agent.db")).unwrap();
    let found: String = check.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(found, "ok");
}

#[test]
fn gw_27_a_second_gateway_on_the_same_folder_is_refused_and_one_on_its_own_is_not() {
    let (desk, other, sim) = (Desk::new(), Desk::new(), Sim::free());
    let first = Gateway::start(&desk, &sim.variables(), &[]);
    let refused = desk.agent_with(&sim.variables(), &["gateway", "--listen", "127.0.0.1:0"], "").exits(2);
    refused.says(&["another gateway", &first.url, "AGENT_HOME"]);
    first.messages(first.token(), &body(HAIKU, "Look around.")).is(200);
    let listen = format!("127.0.0.1:{}", first.port());
    other.agent_with(&sim.variables(), &["gateway", "--listen", &listen], "").exits(2).says(&[&listen, "--listen"]);
    let second = Gateway::start(&other, &sim.variables(), &[]);
    second.messages(second.token(), &body(HAIKU, "Look around.")).is(200);
    // Killed, it leaves nothing locked.
    first.killed();
    Gateway::start(&desk, &sim.variables(), &[]).get("/healthz", &[]).is(200);
}

#[cfg(unix)]
#[test]
fn gw_15_new_keys_hold_for_new_requests_and_a_stream_in_flight_goes_on() {
    use std::os::unix::fs::PermissionsExt as _;
    let (desk, slow) = (Desk::new(), Slow::new());
    let keys = desk.aside("keys", "ANTHROPIC_API_KEY=sk-old-key\n");
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o600)).unwrap();
    let gateway = Gateway::start(&desk, &[("ANTHROPIC_BASE_URL", &slow.url)], &["--keys", &keys]);
    let (url, token) = (gateway.url.clone(), gateway.token().to_owned());
    let client = std::thread::spawn(move || stream(&url, &token));
    wait_until("the stream", || slow.begun() == 1);
    // Something that cannot be used changes nothing.
    std::fs::write(&keys, "not a line\n").unwrap();
    gateway.signal("HUP");
    std::fs::write(&keys, "ANTHROPIC_API_KEY=sk-new-key\n").unwrap();
    gateway.signal("HUP");
    slow.go_on();
    assert!(client.join().unwrap().is_ok());
    wait_until("the new key", || {
        stream(&gateway.url, gateway.token()).unwrap();
        slow.heads().last().unwrap().contains("sk-new-key")
    });
    assert!(slow.heads()[0].contains("sk-old-key"));
    gateway.signal("TERM");
    let (code, _, err) = gateway.ended();
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("keys again") && !err.contains("sk-"), "{err}");
}
