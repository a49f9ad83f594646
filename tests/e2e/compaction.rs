//! Windows that are closed by the program itself: what a provider gets to see of it, and what is left when the program dies in
//! the middle of it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use protocol::AgentId;
use serde_json::Value;
use simulator::RequestRecord;
use store::Store;

use crate::support::{Desk, Ended, Sim};

/// What the user asks for. Every word of it has to survive.
const TASKS: [&str; 2] =
    ["Never touch the ledger.\n    Indent by four.\nWalk on from next: w1.txt", "Now say what you saw, in ASCII only."];

/// A window is closed at the first break beyond 9,000 tokens.
const TEAM: &str = "version: 1
name: windows
compaction: {at_tokens: 9000, keep_tail: 2000, summary_max: 1000}
agents:
  - {id: solo, brain: {provider: anthropic, model: claude-opus-5-5}}
";

/// Plays at the same time. Each has a process of its own.
const AT_ONCE: usize = 2;

fn scenario(faults: &str, summary: &str) -> String {
    let summary: String = summary.lines().map(|line| format!("        {line}\n")).collect();
    format!(
        "name: windows
{faults}actors:
  - id: summary
    when: {{last_user_contains: \"<compaction>\"}}
    otherwise:
      say: |-
{summary}
  - id: solo
    when: {{any: true}}
    otherwise:
      cases:
        - if: {{last_result: \"next: END\"}}
          say: I have seen all of it.
        - if: {{last_result: \"next: w\"}}
          capture: {{next: {{from: last_result, regex: \"(?s).*next: (w[0-9]+.txt)\"}}}}
          thinking: The next one is known.
          calls: [{{tool: read, args: {{files: [{{path: \"{{{{next}}}}\"}}]}}}}]
        - say: Rivers and stones.
"
    )
}

const SUMMARY: &str =
    "## Goal\nWalk through the files.\n## Decisions\nnone\n## Done\nAll were read.\n## Findings\nnone\n## Open\nnone";

/// A desk with four files of about 2,000 tokens each; each one names the next.
fn desk() -> (Desk, String) {
    let desk = Desk::new();
    for file in 1..=4 {
        let next = if file == 4 { "END".to_owned() } else { format!("w{}.txt", file + 1) };
        let lines: String =
            (0..120).map(|line| format!("{line} river stone paper lamp {file} bridge kettle\n")).collect();
        desk.file(&format!("w{file}.txt"), format!("next: {next}\n{lines}"));
    }
    let team = desk.aside("windows.yaml", TEAM);
    (desk, team)
}

/// Both turns, undisturbed.
fn played(faults: &str, summary: &str) -> (Desk, Sim, Ended) {
    let (desk, team) = desk();
    let sim = Sim::play(&scenario(faults, summary));
    desk.ask(&sim, &["run", TASKS[0], "--json", "--team", &team]).exits(0);
    let ended = desk.ask(&sim, &["sessions", "resume", "--json", "--task", TASKS[1]]);
    (desk, sim, ended)
}

fn is_compaction(request: &RequestRecord) -> bool {
    request.actor.as_deref() == Some("summary")
}

fn body(request: &RequestRecord) -> String {
    String::from_utf8_lossy(&request.body).into_owned()
}

/// The user's words as they stand in a body.
fn quoted(words: &str) -> String {
    Value::from(words).to_string().trim_matches('"').to_owned()
}

#[track_caller]
fn assert_nothing_is_lost(request: &RequestRecord, how: &str) {
    for task in TASKS {
        assert!(body(request).contains(&quoted(task)), "{how}: `{task}` is lost: {}", request.label);
    }
}

/// Every window has one brain, and every row and item a window.
#[track_caller]
fn assert_one_brain_per_window(desk: &Desk, how: &str) {
    let store = Store::open(&desk.home).unwrap();
    let id = store.latest(&desk.root.display().to_string()).unwrap().unwrap().id;
    let windows = store.windows(&id, &AgentId::from("solo")).unwrap();
    for row in store.ledger(&id).unwrap() {
        match windows.iter().find(|window| window.id == row.window) {
            Some(window) => assert_eq!(window.brain, row.brain, "{how}"),
            None => assert!(row.window.as_str().contains("-summary"), "{how}: {}", row.window),
        }
    }
    for item in store.items(&id, &AgentId::from("solo"), 0).unwrap() {
        assert!(windows.iter().any(|window| window.id == item.window), "{how}");
    }
}

#[test]
fn a_turn_that_begins_beyond_the_threshold_begins_in_a_new_window() {
    let (desk, sim, ended) = played("", SUMMARY);
    let ended = ended.exits(0);
    let opened = ended.events("window.opened");
    assert_eq!(opened.len(), 1);
    assert_eq!(opened[0]["reason"], "compacted");
    let requests = sim.requests();
    let closing = requests.iter().position(is_compaction).expect("no window was closed");
    assert!(requests[closing].usage.hit_rate() >= 0.95, "{}", requests[closing].label);
    assert_eq!(requests[closing].request.tools, requests[0].request.tools);
    assert_eq!(requests[closing].request.system, requests[0].request.system);
    assert_nothing_is_lost(&requests[closing + 1], "undisturbed");
    assert!(requests[closing + 1].usage.cache_read > 0, "{}", requests[closing + 1].label);
    assert_one_brain_per_window(&desk, "undisturbed");
}

#[test]
fn whatever_goes_wrong_with_a_summary_the_session_goes_on() {
    let fault =
        |kind: &str| format!("faults:\n  - {{on: {{actor: summary}}, kind: {kind}, times: 99, retry_after_ms: 1}}\n");
    for (faults, summary) in [
        (fault("http_529"), SUMMARY),
        (fault("overflow"), SUMMARY),
        (fault("unauthorized"), SUMMARY),
        (fault("truncated"), SUMMARY),
        (String::new(), "Nothing to say."),
    ] {
        let how = format!("{faults}{summary}");
        let (desk, sim, ended) = played(&faults, summary);
        let ended = ended.exits(0);
        assert_eq!(ended.events("window.opened").len(), 0, "{how}");
        let kept = ended.events("decision");
        assert!(kept.iter().any(|decision| decision["chosen"] == "keep"), "{how}: {kept:?}");
        assert_nothing_is_lost(sim.requests().last().unwrap(), &how);
        assert_one_brain_per_window(&desk, &how);
    }
}

/// The second turn closes a window for another model; the process dies at the given write of it, then others take over.
fn killed(variable: &str, write: u64) -> bool {
    let (desk, team) = desk();
    let sim = Sim::play(&scenario("", SUMMARY));
    desk.ask(&sim, &["run", TASKS[0], "--json", "--team", &team]).exits(0);
    let number = write.to_string();
    let mut variables = sim.variables().to_vec();
    variables.push((variable, &number));
    let resume = ["sessions", "resume", "--json", "--model", "claude-sonnet-5-5", "--task", TASKS[1]];
    let died = desk.agent_with(&variables, &resume, "").code != 0;
    let how = format!("{variable}={write}");
    if died {
        // The task was saved, or it is given again: either way it is one task.
        let again = desk.ask(&sim, &resume);
        assert_eq!(again.code, 0, "{how}: {}\n{}", again.out, again.err);
    }
    let requests = sim.requests();
    let last = requests.last().unwrap();
    assert_nothing_is_lost(last, &how);
    assert!(requests.iter().all(|request| request.status == 200), "{how}");
    assert_one_brain_per_window(&desk, &how);
    // Paid for once; twice where the process died before it could keep what it had paid for.
    let closings = requests.iter().filter(|request| is_compaction(request)).count();
    assert!((1..=2).contains(&closings), "{how}: {closings} summaries");
    assert_eq!(last.model, "claude-sonnet-5-5", "{how}: {}", last.label);
    died
}

fn sweep(variable: &str) -> u64 {
    let (next, over, last) = (AtomicU64::new(1), AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|threads| {
        for _ in 0..AT_ONCE {
            threads.spawn(|| {
                while !over.load(Ordering::Acquire) {
                    let write = next.fetch_add(1, Ordering::Relaxed);
                    match killed(variable, write) {
                        true => drop(last.fetch_max(write, Ordering::Relaxed)),
                        false => over.store(true, Ordering::Release),
                    }
                }
            });
        }
    });
    last.into_inner()
}

// Only debug builds take the instruction to die.
#[cfg(debug_assertions)]
#[test]
fn a_program_that_dies_after_any_write_of_a_switch_loses_nothing() {
    let writes = sweep("AGENT_TEST_ABORT_AT_WRITE");
    assert!(writes > 8, "only {writes} writes were swept");
}

#[cfg(debug_assertions)]
#[test]
fn a_program_that_dies_before_any_write_of_a_switch_loses_nothing() {
    let writes = sweep("AGENT_TEST_ABORT_BEFORE_WRITE");
    assert!(writes > 8, "only {writes} writes were swept");
}
