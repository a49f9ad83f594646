//! Several specialists at once.

use std::time::Duration;

use protocol::{DecisionKind, Purpose};
use simulator::RequestRecord;

use crate::stage::{Stage, turn};

const TEAM: &str = "\
agents:
  - {id: main, role: coordinator, brain: {provider: anthropic, model: claude-opus-5-5}}
  - {id: north, brain: {provider: anthropic, model: claude-sonnet-5-5}, modules: [{filesystem: [read, grep, list]}]}
  - {id: south, brain: {provider: anthropic, model: claude-sonnet-5-5}, modules: [{filesystem: [read, grep, list]}]}
";

const ACTORS: &str = "  - id: explorer
    when: {has_tool: report}
    count: turn
    steps:
      - calls: [{tool: read, args: {files: [{path: w1.txt}]}}]
    otherwise:
      calls: [{tool: report, args: {status: complete, summary: seen, evidence: [{at: \"w1.txt:1\"}]}}]
  - id: main
    when: {has_tool: delegate}
    steps:
      - calls:
          - {tool: delegate, args: {agent: north, objective: Look north., explore: true}}
          - {tool: delegate, args: {agent: south, objective: Look south., explore: true}}
    otherwise: {say: Good.}
";

#[tokio::test]
async fn the_second_of_two_that_begin_alike_reads_what_the_first_one_wrote() {
    // The first one's answer takes its time.
    let faults = "faults:\n  - {on: {actor: explorer, nth_request: 1}, kind: slow, ms: 5000}\n";
    let stage = Stage::set(TEAM, faults, ACTORS).await;
    stage.walk(1, 100);
    let session = stage.open();
    let beside = async {
        while stage.store().delegations(session.id()).unwrap().len() < 2 {
            tokio::task::yield_now().await;
        }
        stage.asked(2).await;
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
        assert_eq!(stage.requests().len(), 2, "the second one is held back");
        stage.clock.advance(Duration::from_secs(5));
    };
    let (answer, ()) = tokio::join!(turn(&session, "Look around."), beside);
    assert_eq!(answer, "Good.");
    let firsts: Vec<RequestRecord> = stage
        .requests()
        .into_iter()
        .filter(|request| request.actor.as_deref() == Some("explorer") && request.step == 0)
        .collect();
    assert_eq!(firsts.len(), 2);
    assert_eq!(firsts[0].request.tools, firsts[1].request.tools);
    assert_eq!(firsts[0].usage.cache_read, 0);
    // Entries can be read from the first byte of the answer on, no earlier.
    assert!(firsts[1].usage.cache_read > 0, "{}\n{}", firsts[0].label, firsts[1].label);
    let waits = stage.decisions(&session, DecisionKind::Stagger);
    assert_eq!(waits.len(), 1);
    assert_eq!((waits[0].chosen.as_str(), waits[0].numbers["waited_ms"]), ("wait", 5_000.0));
}

#[tokio::test]
async fn the_second_one_goes_on_where_the_first_one_fails() {
    let faults = "faults:\n  - {on: {actor: explorer, nth_request: 1}, kind: http_529}\n";
    let stage = Stage::set(TEAM, faults, ACTORS).await;
    stage.walk(1, 100);
    let session = stage.open();
    assert_eq!(turn(&session, "Look around.").await, "Good.");
    let steps = stage.rows(&session, Purpose::Step);
    assert!(steps.iter().any(|row| row.agent.as_str() == "south" && row.usage.output > 0), "south came to its report");
    let told = crate::asked::text(&stage.last());
    assert!(told.contains("Overloaded") || told.contains("overloaded"), "main is told what became of north");
}
