//! Requests through the gateway, and what tokens have spent.

use protocol::{Dialect, ErrorKind, SessionId, Timestamp, Usd};
use store::{GatewayRequest, Store, StoreError, Write};

use crate::sample;

fn request(session: &str, name: &str, token: Option<&str>, at: u64, picos: Option<i64>) -> GatewayRequest {
    GatewayRequest {
        session: SessionId::from(session),
        request: name.to_owned(),
        at: Timestamp(at),
        token: token.map(str::to_owned),
        dialect: Dialect::OpenaiResponses,
        class: "main".to_owned(),
        requested: "gpt-6".to_owned(),
        lane: "requested".to_owned(),
        binding: Some("anthropic/claude-haiku-5-5".to_owned()),
        status: 502,
        attempts: 2,
        first_byte_ms: Some(12),
        ms: 345,
        error: Some(ErrorKind::Truncated),
        usd: picos.map(Usd::from_picos),
        requested_usd: None,
    }
}

fn write(row: GatewayRequest) -> (SessionId, Vec<Write>) {
    (row.session.clone(), vec![Write::Gateway(Box::new(row))])
}

#[test]
fn rows_of_several_sessions_are_one_write_and_come_back_as_they_were() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let rows = [request("gw-a", "r1", Some("ci"), 10, Some(7)), request("gw-b", "r2", None, 20, None)];
    store.commit_all(&rows.clone().map(write)).unwrap();
    store.commit_all(&[]).unwrap();
    assert_eq!(store.gateway_requests(Timestamp(0), 10).unwrap(), rows);
    assert_eq!(store.gateway_requests(Timestamp(11), 10).unwrap(), rows[1..]);
    assert_eq!(store.gateway_requests(Timestamp(0), 1).unwrap(), rows[1..], "the newest");
}

#[test]
fn one_row_that_does_not_fit_leaves_nothing_of_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let good = write(request("gw-a", "r1", None, 10, None));
    // A ledger row needs its session.
    let bad = (SessionId::from("gw-b"), vec![Write::Ledger(sample::ledger_row("gw-b", "main", 1))]);
    assert!(matches!(store.commit_all(&[good, bad]), Err(StoreError::Refused { .. })));
    assert_eq!(store.gateway_requests(Timestamp(0), 10).unwrap(), []);
}

#[test]
fn what_a_token_has_spent_stays_when_the_session_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let mut first = write(request("gw-a", "r1", Some("ci"), 10, Some(7)));
    first.1.insert(0, Write::Session(sample::session("gw-a")));
    let others = [("r2", Some("ci"), 20, Some(5)), ("r3", Some("me"), 30, Some(100)), ("r4", Some("ci"), 40, None)];
    let others = others.map(|(name, token, at, picos)| write(request("gw-a", name, token, at, picos)));
    store.commit_all(&[first]).unwrap();
    store.commit_all(&others).unwrap();
    assert!(store.remove(&SessionId::from("gw-a")).unwrap());
    assert_eq!(store.gateway_spent("ci", Timestamp(0)).unwrap(), Usd::from_picos(12));
    assert_eq!(store.gateway_spent("ci", Timestamp(20)).unwrap(), Usd::from_picos(5));
    assert_eq!(store.gateway_spent("nobody", Timestamp(0)).unwrap(), Usd::ZERO);
}
