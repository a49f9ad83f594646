//! What has to be the same in a session that died on the way and in one that did not.

use std::collections::BTreeSet;

use protocol::event::EventBody;
use protocol::{Item, RowOutcome};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::play::{INTERRUPTED, Played};

/// Everything that holds of any session of this scenario that came to its end, killed or not.
pub(super) fn assert_same_work(killed: &Played, whole: &Played, how: &str) {
    assert_eq!((killed.code, killed.status().as_str()), (0, "verified"), "{how}: {}", killed.told);
    assert_eq!(killed.files, whole.files, "{how}: the files");
    let refused: Vec<_> = killed.asked.iter().filter(|asked| asked.status >= 400).collect();
    assert!(refused.is_empty(), "{how}: requests refused: {refused:?}");
    transcripts(killed, whole, how);
    woken(killed, whole, how);
    effects(killed, how);
    delegations(killed, whole, how);
    ledger(killed, how);
    events(killed, how);
}

/// The same items in the same order; where effects were unknown, the round that says so and is asked again comes on top.
fn transcripts(killed: &Played, whole: &Played, how: &str) {
    let undisturbed = killed.items.keys().all(|agent| killed.interruptions(agent, None) == 0);
    for (agent, items) in &killed.items {
        let expected = &whole.items[agent];
        if undisturbed {
            same(items, expected, &format!("{how}: the transcript of {agent}"));
            same(&killed.bodies(agent), &whole.bodies(agent), &format!("{how}: the requests of {agent}"));
        } else {
            same(&shapes(items), &shapes(expected), &format!("{how}: the transcript of {agent}"));
        }
    }
}

/// Two lists are equal; says where they first differ, because the whole of them is long.
fn same<T: std::fmt::Debug + PartialEq>(found: &[T], expected: &[T], what: &str) {
    let first = (0..found.len().max(expected.len())).find(|at| found.get(*at) != expected.get(*at));
    if let Some(at) = first {
        panic!("{what}: number {at} is\n{:?}\nand should be\n{:?}", found.get(at), expected.get(at));
    }
}

/// Items without the rounds that were interrupted, and without the words of results: an edit that is made twice fails the
/// second time, and a receipt tells of both.
fn shapes(items: &[Item]) -> Vec<String> {
    let mut shapes = Vec::new();
    for item in items {
        match item {
            Item::ToolResults { .. } if serde_json::to_string(item).unwrap().contains(INTERRUPTED) => {
                shapes.pop();
            }
            Item::ToolResults { results } => {
                let tools: Vec<&str> = results.iter().map(|result| result.tool.as_str()).collect();
                shapes.push(format!("results {}", tools.join(",")));
            }
            // When calls are asked again, nothing is said again.
            Item::Assistant { .. } if !item.tool_calls().is_empty() => {
                let calls = item.tool_calls().into_iter().map(|(_, name, arguments)| format!("{name}{arguments}"));
                shapes.push(calls.collect::<Vec<_>>().join(","));
            }
            other => shapes.push(other.plain_text()),
        }
    }
    shapes
}

/// No effect is run twice without being told: the counting command ran once per time it was asked for, and it was asked for
/// again only where its agent had been told that it may have run.
fn effects(killed: &Played, how: &str) {
    let told = killed.interruptions("sidekick", Some("bash"));
    let asked = killed.runs.iter().filter(|run| run.intent.tool == "bash").count();
    assert_eq!(asked, 2 + told, "{how}: runs that were asked for");
    assert!(killed.counted >= 2, "{how}: a run was lost: {}", killed.counted);
    assert!(killed.counted <= asked, "{how}: {} runs, {asked} were asked for", killed.counted);
    let open: Vec<_> = killed.runs.iter().filter(|run| run.done.is_none()).collect();
    assert!(open.is_empty(), "{how}: calls without a result: {open:?}");
}

fn delegations(killed: &Played, whole: &Played, how: &str) {
    let of = |played: &Played| -> Vec<_> {
        let closed = |record: &store::DelegationRecord| {
            let closed = record.closed.as_ref().unwrap();
            (closed.report.clone(), closed.receipt.verified, closed.receipt.files.clone())
        };
        played.delegations.iter().map(|record| (record.brief.clone(), closed(record))).collect()
    };
    assert_eq!(of(killed), of(whole), "{how}: the delegations");
}

/// Every answer has its row, and no row is there twice.
fn ledger(killed: &Played, how: &str) {
    for (agent, items) in &killed.items {
        let rows = killed.ledger.iter().filter(|row| row.agent.as_str() == *agent);
        let steps: Vec<u32> = rows.filter(|row| row.outcome == RowOutcome::Ok).map(|row| row.step).collect();
        let answers = items.iter().filter(|item| matches!(item, Item::Assistant { .. })).count();
        assert_eq!(steps, (1..=answers as u32).collect::<Vec<_>>(), "{how}: the ledger of {agent}");
    }
}

/// Numbers without a gap, no call begun or ended twice, one turn.
fn events(killed: &Played, how: &str) {
    let numbers: Vec<u64> = killed.events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=killed.events.len() as u64).collect::<Vec<_>>(), "{how}: numbers of events");
    let (mut begun, mut ended, mut turns, mut delegations) = (Vec::new(), Vec::new(), 0, (0, 0));
    for event in &killed.events {
        match &event.body {
            EventBody::ToolStarted { call, .. } => begun.push(call.0.clone()),
            EventBody::ToolCompleted { call, .. } => ended.push(call.0.clone()),
            EventBody::TurnStarted { .. } => turns += 1,
            EventBody::DelegationStarted { .. } => delegations.0 += 1,
            EventBody::DelegationFinished { .. } => delegations.1 += 1,
            _ => {}
        }
    }
    let distinct: BTreeSet<&String> = begun.iter().collect();
    assert_eq!(distinct.len(), begun.len(), "{how}: a call begun twice: {begun:?}");
    ended.sort();
    begun.sort();
    assert_eq!(begun, ended, "{how}: calls begun and ended");
    assert_eq!((turns, delegations), (1, (3, 3)), "{how}: turns and delegations in the events");
}

/// The first request of a woken agent begins with every byte of the last one before.
fn woken(killed: &Played, whole: &Played, how: &str) {
    let (before, after) = killed.asked.split_at(killed.asked_before_waking);
    for agent in killed.items.keys() {
        let last = before.iter().rev().find(|asked| asked.actor == *agent);
        let next = after.iter().find(|asked| asked.actor == *agent);
        let (Some(last), Some(next)) = (last, next) else { continue };
        let (last, next) = (Pieces::of(&last.body), Pieces::of(&next.body));
        assert!(next.goes_on(&last), "{how}: {agent} woke to another prefix:\n{next:?}\nafter\n{last:?}");
        let first = Pieces::of(whole.bodies(agent)[0]);
        assert!(next.goes_on(&first), "{how}: {agent} woke to another start:\n{next:?}\nand not\n{first:?}");
    }
}

/// The pieces of a request, each byte for byte as it was sent, without cache markers.
#[derive(Debug, PartialEq, Eq)]
struct Pieces {
    frozen: Vec<String>,
    messages: Vec<String>,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    tools: &'a RawValue,
    #[serde(borrow, alias = "instructions")]
    system: Option<&'a RawValue>,
    #[serde(borrow, alias = "input")]
    messages: Vec<&'a RawValue>,
}

impl Pieces {
    fn of(body: &str) -> Self {
        let body: Body<'_> = serde_json::from_str(body).unwrap();
        let plain = |value: &RawValue| {
            let text = value.get().replace(r#","cache_control":{"type":"ephemeral"}"#, "");
            text.replace(r#","cache_control":{"type":"ephemeral","ttl":"1h"}"#, "")
        };
        Self {
            frozen: std::iter::once(body.tools).chain(body.system).map(plain).collect(),
            messages: body.messages.into_iter().map(plain).collect(),
        }
    }

    /// Whether everything in `earlier` stands at the head of this, byte for byte.
    fn goes_on(&self, earlier: &Self) -> bool {
        self.frozen == earlier.frozen && self.messages.starts_with(&earlier.messages)
    }
}
