//! Caches that are kept alive while nothing is asked of them, and those that are let go.

use std::sync::Arc;
use std::time::Duration;

use protocol::{Clock, Decision, DecisionKind, Purpose};
use simulator::RequestRecord;

use crate::asked::{assert_says, assert_sound_opening, is_compaction, without_bound};
use crate::stage::{Person, SUMMARY, Stage, WALKER, never, prose, turn};

/// Main reads a lot, then waits for its helper: seven reads of a minute and a half each, and a report.
const ACTORS: &str = "  - id: helper
    when: {has_tool: report}
    advance_ms: 90000
    otherwise:
      cases:
        - if: {last_result: \"next: END\"}
          calls: [{tool: report, args: {status: complete, summary: seen, evidence: [{at: \"w1.txt:1\"}]}}]
        - capture: {next: {from: last_result, regex: \"(?s).*next: (w[0-9]+.txt)\"}}
          calls: [{tool: read, args: {files: [{path: \"{{next}}\"}]}}]
  - id: main
    when: {has_tool: delegate}
    steps:
      - calls: [{tool: read, args: {files: [{path: long1.txt}]}}, {tool: read, args: {files: [{path: long2.txt}]}}]
      - calls: [{tool: delegate, args: {agent: helper, objective: \"Walk on from next: w1.txt\", explore: true}}]
    otherwise: {say: That is it.}
";

fn team(settings: &str) -> String {
    format!(
        "cache: {{prefix: short, {settings}}}
agents:
  - {{id: main, role: coordinator, brain: {{provider: anthropic, model: claude-opus-5-5}}}}
  - {{id: helper, brain: {{provider: anthropic, model: claude-haiku-5-5}}, limits: {{minutes: 90}}}}
"
    )
}

async fn delegated(settings: &str) -> (Stage, runtime::Session) {
    let stage = Stage::set(&team(settings), "", &format!("{SUMMARY}{ACTORS}")).await;
    stage.walk(7, 60);
    stage.file("long1.txt", &prose(4_000, 1));
    stage.file("long2.txt", &prose(4_000, 2));
    let session = stage.open();
    assert_eq!(turn(&session, "Look around.").await, "That is it.");
    (stage, session)
}

fn pings(stage: &Stage) -> Vec<RequestRecord> {
    let smallest = |request: &RequestRecord| request.request.settings.max_tokens.is_some_and(|most| most <= 16);
    stage.requests().into_iter().filter(smallest).collect()
}

/// Decisions about an agent's cache that end in this.
fn chosen(stage: &Stage, session: &runtime::Session, agent: &str, chosen: &str) -> Vec<Decision> {
    let all = stage.decisions(session, DecisionKind::KeepWarm).into_iter();
    all.filter(|decision| decision.agent.as_str() == agent && decision.chosen == chosen).collect()
}

#[tokio::test]
async fn main_is_kept_warm_while_its_helper_works() {
    let (stage, session) = delegated("keep_warm: auto").await;
    let rows = stage.rows(&session, Purpose::KeepWarm);
    assert_eq!(rows.len(), 2, "12 minutes of waiting, a ping in each of the first two lives of 5");
    for row in &rows {
        assert_eq!(row.agent.as_str(), "main");
        assert_eq!(row.window, stage.windows(&session, "main")[0].id);
        assert!(row.usage.hit_rate() > 0.95 && row.usage.output <= 1, "{:?}", row.usage);
        assert!(row.usd.is_some());
    }
    assert_eq!(chosen(&stage, &session, "main", "ping").len(), 2);
    let after = stage.last();
    assert_eq!(after.actor.as_deref(), Some("main"));
    let before = pings(&stage).pop().unwrap();
    assert_eq!(after.usage.cache_read, before.usage.prompt(), "the cache was there when main came back");
    assert_eq!(stage.ledger(&session).pop().unwrap().cache_note, None);
}

#[tokio::test]
async fn a_ping_is_the_last_request_again_but_for_the_length_of_the_answer() {
    let (stage, _session) = delegated("keep_warm: auto").await;
    let requests = stage.requests();
    let step = requests.iter().rfind(|request| {
        request.actor.as_deref() == Some("main") && request.request.settings.max_tokens > Some(16) && request.step == 1
    });
    let pings = pings(&stage);
    assert!(!pings.is_empty());
    for ping in &pings {
        assert_eq!(without_bound(ping), without_bound(step.unwrap()));
        assert_eq!(ping.request.settings.max_tokens, Some(1));
    }
}

#[tokio::test]
async fn nothing_is_kept_warm_where_the_team_says_off() {
    let (stage, session) = delegated("keep_warm: off").await;
    assert!(pings(&stage).is_empty());
    let row = stage.ledger(&session).pop().unwrap();
    assert_eq!((row.usage.cache_read, row.cache_note.as_deref()), (0, Some("expired")), "12 minutes are more than 5");
}

#[tokio::test]
async fn no_more_pings_are_sent_than_the_team_allows() {
    let (stage, session) = delegated("keep_warm: always, max_pings: 1").await;
    assert_eq!(pings(&stage).len(), 1);
    let let_go = chosen(&stage, &session, "main", "let_go");
    assert_eq!(let_go.len(), 1);
    assert!(let_go[0].because.contains("cap_reached"), "{}", let_go[0].because);
    assert_eq!(let_go[0].numbers["pings_sent"], 1.0);
}

#[tokio::test]
async fn between_turns_main_is_kept_warm_and_a_cheap_helper_is_let_go() {
    let (stage, session) = delegated("keep_warm: auto").await;
    let (asked, pinged) = (stage.requests().len(), pings(&stage).len());
    let until = stage.clock.now().plus(Duration::from_secs(1_200));
    stage.clock.set_jumping(true);
    session.rest(Some(until), &never()).await.unwrap();
    stage.clock.set_jumping(false);
    assert!(stage.clock.now() >= until, "it rests until then");
    let sent: Vec<RequestRecord> = pings(&stage).split_off(pinged);
    assert_eq!(stage.requests().len(), asked + sent.len(), "nothing but pings");
    assert!(!sent.is_empty(), "{:?}", chosen(&stage, &session, "main", "let_go"));
    assert!(sent.iter().all(|ping| ping.actor.as_deref() == Some("main")));
    let let_go = chosen(&stage, &session, "helper", "let_go");
    assert_eq!(let_go.len(), 1);
    assert!(let_go[0].because.contains("not_worth_it"), "{}", let_go[0].because);
    turn(&session, "And?").await;
    assert!(stage.last().usage.hit_rate() > 0.0 || sent.len() < 4);
}

/// A first turn without a delegation, then nobody comes back for eight hours. Gives dollars before and after.
async fn abandoned(team: &str) -> (f64, f64) {
    let actors = "  - id: main\n    when: {has_tool: read}\n    steps:
      - calls: [{tool: read, args: {files: [{path: long1.txt}]}}, {tool: read, args: {files: [{path: long2.txt}]}}]
    otherwise: {say: Seen.}\n";
    let stage = Stage::set(team, "", &format!("{SUMMARY}{actors}")).await;
    stage.file("long1.txt", &prose(4_000, 1));
    stage.file("long2.txt", &prose(4_000, 2));
    let session = stage.open();
    turn(&session, "Look around.").await;
    let spent = || stage.ledger(&session).iter().filter_map(|row| row.usd).map(|usd| usd.dollars()).sum::<f64>();
    let before = spent();
    stage.clock.set_jumping(true);
    session.rest(Some(stage.clock.now().plus(Duration::from_secs(8 * 3_600))), &never()).await.unwrap();
    stage.clock.set_jumping(false);
    (before, spent())
}

#[tokio::test]
async fn a_team_that_has_saved_nothing_yet_stakes_next_to_nothing_on_a_person_who_may_not_come_back() {
    let (before, after) = abandoned(&team("keep_warm: auto")).await;
    assert!(after <= 1.02 * before, "{before} {after}");
}

#[tokio::test]
async fn an_agent_on_its_own_pings_as_long_as_the_plan_pays() {
    let alone = "cache: {prefix: short, keep_warm: auto}
agents:
  - {id: main, brain: {provider: anthropic, model: claude-opus-5-5}}
";
    let (before, after) = abandoned(alone).await;
    assert!(after > 1.05 * before, "{before} {after}");
}

#[tokio::test]
async fn a_user_who_comes_back_ends_the_care_for_caches() {
    let (stage, session) = delegated("keep_warm: always").await;
    let pinged = pings(&stage).len();
    let stop = never();
    let resting = session.rest(None, &stop);
    tokio::pin!(resting);
    tokio::select! {
        biased;
        _ = &mut resting => panic!("it rests until somebody comes"),
        () = std::future::ready(()) => {}
    }
    stop.cancel();
    resting.await.unwrap();
    assert_eq!(pings(&stage).len(), pinged);
    turn(&session, "And?").await;
    assert_eq!(stage.ledger(&session).pop().unwrap().cache_note, None);
}

#[tokio::test]
async fn main_is_kept_warm_while_a_person_is_asked() {
    let actors = "  - id: main
    when: {has_tool: ask_user}
    steps:
      - calls: [{tool: read, args: {files: [{path: long1.txt}]}}]
      - calls: [{tool: ask_user, args: {question: Which one?}}]
    otherwise: {say: The blue one it is.}
";
    let person = Arc::new(Person::default());
    let stage = Stage::set(&team("keep_warm: always"), "", actors).await.with_person(person.clone());
    stage.file("long1.txt", &prose(6_000, 1));
    let session = stage.open();
    let person_side = async {
        person.is_asked().await;
        for ping in 1..=2 {
            stage.clock.advance(Duration::from_secs(275));
            stage.asked(2 + ping).await;
            // The next one is due only when this one was answered.
            while stage.rows(&session, Purpose::KeepWarm).len() < ping {
                tokio::task::yield_now().await;
            }
        }
        person.answers();
    };
    let (answer, ()) = tokio::join!(turn(&session, "Paint it."), person_side);
    assert_eq!(answer, "The blue one it is.");
    assert_eq!(pings(&stage).len(), 2);
    let back = stage.last();
    assert!(back.usage.hit_rate() > 0.9, "9 minutes later it is still there: {}", back.label);
}

#[tokio::test]
async fn a_large_window_is_closed_on_its_living_cache_before_a_wait_that_outlives_it() {
    let team = "cache: {prefix: short, keep_warm: off}
agents:
  - {id: solo, brain: {provider: anthropic, model: claude-opus-5-5}, keep_warm: auto}
";
    let stage = Stage::set(team, "", &format!("{SUMMARY}{WALKER}")).await;
    let session = stage.open();
    turn(&session, "Never use tabs.").await;
    turn(&session, &prose(150_000, 5)).await;
    let asked = stage.requests().len();
    let until = stage.clock.now().plus(Duration::from_secs(12 * 3_600));
    stage.clock.set_jumping(true);
    session.rest(Some(until), &never()).await.unwrap();
    stage.clock.set_jumping(false);
    let windows = stage.windows(&session, "solo");
    assert_eq!(windows.len(), 2, "{:#?}", stage.decisions(&session, DecisionKind::KeepWarm).last());
    assert_eq!(windows[1].reason, "compacted_before_wait");
    let closing = stage.requests().into_iter().find(is_compaction).unwrap();
    assert!(closing.usage.hit_rate() > 0.95, "while reading it was cheap: {}", closing.label);
    // The wait goes on, and the next turn begins with the small window.
    turn(&session, "And?").await;
    let opened = stage.last();
    assert!(stage.requests().len() > asked + 1);
    assert_sound_opening(&opened);
    assert_says(&opened, "Never use tabs.");
    assert!(opened.usage.prompt() < 30_000, "{}", opened.label);
    let row = stage.ledger(&session).pop().unwrap();
    assert_eq!(row.cache_note.as_deref(), Some("window_opened"));
}
