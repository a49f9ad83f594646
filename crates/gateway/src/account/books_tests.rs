#![allow(clippy::disallowed_methods, reason = "tests touch real files and measure real time")]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::HeaderMap;
use protocol::{Dialect, ManualClock};
use tempfile::TempDir;

use super::super::{Scoped, tokens};
use super::*;
use crate::core::{self, Incoming, Outcome};
use crate::route::Limits;

const NOW: Timestamp = Timestamp(1_795_219_200_000);

struct Desk {
    state: TempDir,
    store: Store,
    clock: Arc<ManualClock>,
    tokens: Arc<Tokens>,
    books: Books,
}

fn desk() -> Desk {
    let state = tempfile::tempdir().unwrap();
    let models = BTreeSet::from(["claude-haiku-*".to_owned()]);
    tokens::add(state.path(), "ci", Some(Usd::from_dollars(0.01)), models, NOW).unwrap();
    let store = Store::open(state.path()).unwrap();
    let tokens = Arc::new(Tokens::open(state.path(), false).unwrap());
    let clock = Arc::new(ManualClock::new(NOW));
    let settings = Settings {
        store: store.clone(),
        catalogue: Arc::new(Catalogue::builtin()),
        clock: clock.clone(),
        tokens: tokens.clone(),
        routers: None,
    };
    Desk { state, store, clock, tokens, books: Books::open(settings).unwrap() }
}

fn ask(id: u32, token: Option<&str>, body: &str) -> Arc<Ask> {
    let incoming = Incoming {
        id: format!("req-{id}").into(),
        at: NOW,
        dialect: Dialect::AnthropicMessages,
        counts: false,
        path_and_query: "/v1/messages".to_owned(),
        headers: HeaderMap::new(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        token: token.map(Arc::from),
    };
    Arc::new(Ask::read(incoming).unwrap())
}

const BODY: &str = r#"{"model":"claude-opus-5-5","max_tokens":50,"system":"s","tools":[{"name":"t","input_schema":{}}],
    "messages":[{"role":"user","content":"the canary words"}]}"#;

fn binding(model: &str) -> Arc<Binding> {
    let limits = Limits::default();
    Arc::new(Binding::new(format!("anthropic/{model}"), "anthropic", model, Vec::new(), &limits))
}

fn plan(bindings: &[&Arc<Binding>]) -> Plan {
    let place = crate::route::Place { lane: "fast".into(), effort: None };
    Plan {
        lane: "fast".to_owned(),
        bindings: bindings.iter().map(|binding| Arc::clone(binding)).collect(),
        places: bindings.iter().map(|_| place.clone()).collect(),
        reasons: vec!["the policy says so".to_owned()],
        route: None,
        fresh: true,
        retries: 1,
        attempts: 4,
        deadline: Duration::from_secs(60),
    }
}

fn ok(input: u64) -> Ending {
    let usage = Usage { input, output: 10, ..Usage::default() };
    Ending { status: 200, usage, first_byte_ms: Some(20), ms: 90, error: None, request_id: Some("up-1".to_owned()) }
}

fn failed() -> Ending {
    let usage = Usage::default();
    Ending { status: 529, usage, first_byte_ms: None, ms: 5, error: Some(ErrorKind::Overloaded), request_id: None }
}

#[test]
fn every_attempt_is_a_row_and_the_request_says_what_it_would_have_cost() {
    let desk = desk();
    let (haiku, ask) = (binding("claude-haiku-5-5"), ask(1, None, BODY));
    let mut account = desk.books.open(&ask, &plan(&[&haiku])).unwrap();
    assert_eq!(account.attempt(&haiku, &failed()), Some(Usd::ZERO), "nothing was billed");
    let usd = account.attempt(&haiku, &ok(1_000)).unwrap();
    drop(account);
    desk.books.flush();
    let [request] = desk.store.gateway_requests(Timestamp(0), 10).unwrap().try_into().unwrap();
    assert_eq!((request.status, request.attempts, request.error), (200, 2, None));
    assert_eq!((request.usd, request.binding.as_deref()), (Some(usd), Some("anthropic/claude-haiku-5-5")));
    assert!(request.requested_usd.unwrap().picos() > 2 * usd.picos(), "opus was asked for");
    let rows = desk.store.ledger(&request.session).unwrap();
    let short: Vec<_> = rows.iter().map(|row| (row.step, row.outcome, row.purpose)).collect();
    let retried = RowOutcome::Retried(ErrorKind::Overloaded);
    assert_eq!(short, [(1, retried, Purpose::Step), (1, RowOutcome::Ok, Purpose::Step)]);
    assert_eq!(rows[1].brain, Brain::new("anthropic", "claude-haiku-5-5"), "what served it, not what was asked for");
    assert_eq!((rows[1].at, rows[1].request_id.as_deref()), (Timestamp(NOW.0 - 90), Some("up-1")));
    let notes = desk.store.notes_of(&request.session, DECISION_NOTE).unwrap();
    let decision: Decision = serde_json::from_str(&notes[0].json).unwrap();
    assert_eq!((decision.kind, decision.chosen.as_str()), (DecisionKind::Route, "fast"));
    // The next request of the session is the next step, also for the gateway that comes after this one.
    let second = open_books(&desk);
    let mut account = second.open(&ask, &plan(&[&haiku])).unwrap();
    account.attempt(&haiku, &ok(1));
    drop(account);
    second.close();
    assert_eq!(desk.store.ledger(&request.session).unwrap().last().unwrap().step, 2);
}

fn open_books(desk: &Desk) -> Books {
    let settings = Settings {
        store: desk.store.clone(),
        catalogue: Arc::new(Catalogue::builtin()),
        clock: desk.clock.clone(),
        tokens: desk.tokens.clone(),
        routers: None,
    };
    Books::open(settings).unwrap()
}

#[test]
fn a_client_that_leaves_is_written_down_with_what_was_seen() {
    let desk = desk();
    let haiku = binding("claude-haiku-5-5");
    drop(desk.books.open(&ask(1, None, BODY), &plan(&[&haiku])).unwrap());
    let mut account = desk.books.open(&ask(2, None, BODY), &plan(&[&haiku])).unwrap();
    account.attempt(&haiku, &Ending { error: Some(ErrorKind::Cancelled), ..ok(500) });
    drop(account);
    desk.books.flush();
    let rows = desk.store.gateway_requests(Timestamp(0), 10).unwrap();
    let short: Vec<_> = rows.iter().map(|row| (row.attempts, row.error, row.usd.map(|usd| usd > Usd::ZERO))).collect();
    let left = Some(ErrorKind::Cancelled);
    assert_eq!(short, [(0, left, Some(false)), (1, left, Some(true))]);
    assert_eq!(desk.books.metrics().in_flight(), 0);
}

#[test]
fn gw_18_a_budget_is_held_spent_and_kept_over_a_restart() {
    let desk = desk();
    let haiku = binding("claude-haiku-5-5");
    let mut account = desk.books.open(&ask(1, Some("ci"), BODY), &plan(&[&haiku])).unwrap();
    assert!(desk.books.budget("ci").1 > Usd::ZERO, "held");
    let spent = account.attempt(&haiku, &ok(200_000)).unwrap();
    drop(account);
    assert_eq!(desk.books.budget("ci"), (spent, Usd::ZERO));
    assert!(spent > Usd::from_dollars(0.01));
    let refused = desk.books.open(&ask(2, Some("ci"), BODY), &plan(&[&haiku])).err().unwrap();
    assert_eq!(refused.kind, ErrorKind::Billing);
    desk.books.close();
    let again = open_books(&desk);
    let refused = again.open(&ask(3, Some("ci"), BODY), &plan(&[&haiku])).err().unwrap();
    assert_eq!(refused.kind, ErrorKind::Billing, "the store knows");
}

/// A router that plans with what it is given.
struct Given(Vec<Arc<Binding>>, AtomicU32);

impl core::Router for Given {
    fn plan(&self, _: &Ask) -> Result<Plan, Box<ProviderError>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Ok(plan(&self.0.iter().collect::<Vec<_>>()))
    }

    fn admit(&self, _: &Arc<Binding>) -> Result<(), Box<ProviderError>> {
        Ok(())
    }

    fn ended(&self, _: &Arc<Binding>, _: &Outcome<'_>) {}

    fn preview(&self, _: &crate::core::Preview<'_>) -> Result<Vec<u8>, Box<ProviderError>> {
        Ok(Vec::new())
    }
}

#[test]
fn gw_17_a_token_for_some_models_is_served_by_no_other_not_even_in_its_place() {
    let desk = desk();
    let (haiku, opus) = (binding("claude-haiku-5-5"), binding("claude-opus-5-5"));
    let names = |given: &[&Arc<Binding>], token: Option<&str>| {
        let given = Given(given.iter().map(|binding| Arc::clone(binding)).collect(), AtomicU32::new(0));
        let scoped = Scoped::new(Arc::new(given), desk.tokens.clone());
        let plan = core::Router::plan(&scoped, &ask(1, token, BODY));
        plan.map(|plan| {
            assert_eq!(plan.bindings.len(), plan.places.len());
            plan.bindings.iter().map(|binding| binding.model.clone()).collect::<Vec<_>>()
        })
    };
    assert_eq!(names(&[&opus, &haiku, &opus], Some("ci")).unwrap(), ["claude-haiku-5-5"]);
    assert_eq!(names(&[&opus, &haiku], None).unwrap().len(), 2);
    let refused = names(&[&opus], Some("ci")).unwrap_err();
    assert_eq!(refused.status, Some(403));
    assert!(refused.message.contains("claude-haiku-*"), "{}", refused.message);
}

#[test]
fn gw_24_a_full_disk_loses_rows_and_no_request_and_says_how_many() {
    let desk = desk();
    let haiku = binding("claude-haiku-5-5");
    let serve = |id: u32| {
        let mut account = desk.books.open(&ask(id, None, BODY), &plan(&[&haiku])).unwrap();
        assert!(account.attempt(&haiku, &ok(10)).is_some());
    };
    serve(0);
    desk.books.flush();
    desk.store.limit_pages_for_test(1).unwrap();
    (1..1_000).for_each(serve);
    desk.books.flush();
    let dropped = desk.books.metrics().dropped_rows();
    let stored = desk.store.gateway_requests(Timestamp(0), 10_000).unwrap().len() as u64;
    assert!(dropped > 0, "the disk is full");
    assert!(desk.books.metrics().text(false, &[]).contains(&format!("agent_gateway_ledger_dropped_total {dropped}")));
    desk.store.limit_pages_for_test(u32::MAX).unwrap();
    serve(1_000);
    desk.books.flush();
    assert_eq!(desk.store.gateway_requests(Timestamp(0), 10_000).unwrap().len() as u64, stored + 1, "room again");
}

#[test]
fn gw_24_a_disk_that_hangs_holds_up_no_request() {
    let desk = desk();
    let haiku = binding("claude-haiku-5-5");
    let other = rusqlite::Connection::open(desk.store.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    let requests: u32 = 2_000;
    for id in 0..requests {
        let mut account = desk.books.open(&ask(id, None, BODY), &plan(&[&haiku])).unwrap();
        account.attempt(&haiku, &ok(10));
    }
    // A write waits five seconds for another one.
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    other.execute_batch("ROLLBACK").unwrap();
    desk.books.flush();
    let dropped = desk.books.metrics().dropped_rows();
    let stored = desk.store.gateway_requests(Timestamp(0), 10_000).unwrap().len();
    assert!(dropped == 0 && stored == requests as usize, "{stored} stored, {dropped} dropped");
}

#[test]
fn gw_19_nothing_that_was_said_is_in_the_books() {
    let desk = desk();
    let haiku = binding("claude-haiku-5-5");
    let mut account = desk.books.open(&ask(1, Some("ci"), BODY), &plan(&[&haiku])).unwrap();
    account.attempt(&haiku, &ok(10));
    drop(account);
    desk.books.close();
    let metrics = desk.books.metrics().text(false, &[]);
    let tally = format!("{:?}", desk.books.tally());
    let mut files = 0;
    for entry in std::fs::read_dir(desk.state.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(memchr::memmem::find(&bytes, b"canary").is_none(), "{}", path.display());
            files += 1;
        }
    }
    assert!(files >= 2 && !metrics.contains("canary") && !tally.contains("canary"));
}
