//! The shape of a session's requests: labels, not bodies. A `*` stands behind a piece with a cache breakpoint.

use std::fmt::Write as _;

use simulator::RequestRecord;

use crate::support::{Desk, Sim};

/// The turns, and the first step of `main` in each.
const TURNS: [(&str, usize); 5] = [("turn", 0), ("delegation", 2), ("follow-up", 4), ("take-over", 7), ("resume", 10)];

const TASKS: &str = "What is this?\nWhere is the number?\nIt should be 42.\nThe README should say tiny.\n";

/// `main opus: tools[9] system[1]* user* | read`: whether the cache was read or only written depends on no path or clock.
fn shape(request: &RequestRecord) -> String {
    let shape = request.label.split(" | ").next().unwrap();
    let usage = &request.usage;
    let cache = match (usage.cache_read > 0, usage.cache_write() > 0) {
        (true, true) => "reads and writes",
        (true, false) => "reads",
        (false, true) => "writes",
        (false, false) => "no cache",
    };
    format!("{shape} | {cache}")
}

fn screen(requests: &[RequestRecord]) -> String {
    let mut text = String::new();
    for request in requests {
        let begins = TURNS.iter().find(|(_, step)| request.actor.as_deref() == Some("main") && request.step == *step);
        if let Some((name, _)) = begins {
            writeln!(text, "-- {name}").unwrap();
        }
        writeln!(text, "{}", shape(request)).unwrap();
    }
    text
}

fn play() -> (Desk, Sim) {
    let desk = Desk::new();
    let sim = Sim::play(include_str!("scenarios/shapes.yaml"));
    let team = desk.aside("team.yaml", "version: 1\nname: shapes\nverify:\n  - {name: tests, command: sh check.sh}\n");
    let chat = ["chat", "--team", &team, "--approve", "auto"];
    desk.agent_with(&sim.variables(), &chat, TASKS).exits(0);
    desk.ask(&sim, &["sessions", "resume", "--task", "Is all of it done?"]).exits(0);
    (desk, sim)
}

#[test]
fn the_requests_of_a_session_fit_on_one_screen() {
    let (desk, sim) = play();
    assert_eq!(desk.read("src/lib.rs"), "pub fn answer() -> u32 {\n    42\n}\n");
    assert_eq!(desk.read("README.md"), "# Sample\n\nA tiny repository.\n", "{:#?}", sim.told());
    insta::assert_snapshot!("requests_of_a_session", screen(&sim.requests()));
}

#[test]
fn t20_each_agents_requests_grow_at_the_end_only() {
    let (_desk, sim) = play();
    let requests = sim.requests();
    for agent in ["main", "sidekick"] {
        let own: Vec<&RequestRecord> =
            requests.iter().filter(|request| request.actor.as_deref() == Some(agent)).collect();
        assert!(own.len() >= 4);
        for pair in own.windows(2) {
            let (before, after) = (&pair[0].request, &pair[1].request);
            assert_eq!(before.tools, after.tools);
            assert_eq!(before.system, after.system);
            assert_eq!(before.messages[..], after.messages[..before.messages.len()], "{}", pair[1].label);
            assert!(after.messages.len() > before.messages.len());
        }
    }
    // From an agent's second request on, every one reads what the one before it wrote: a follow-up on the warm context, and
    // the first request of another process too.
    for agent in ["main", "sidekick"] {
        let own: Vec<&RequestRecord> =
            requests.iter().filter(|request| request.actor.as_deref() == Some(agent)).collect();
        for pair in own.windows(2) {
            let written = pair[0].usage.cache_read + pair[0].usage.cache_write();
            assert_eq!(pair[1].usage.cache_read, written, "{}", pair[1].label);
        }
    }
}
