use protocol::{AgentId, CallId};

use super::{Call, Lanes, Mood, Reads};

#[test]
fn reads_in_a_row_are_told_together_and_one_alone_as_it_is() {
    let mut reads = Reads::default();
    assert!(reads.add("read", "src/lib.rs", 4));
    assert_eq!(reads.take(), Some(("read src/lib.rs".to_owned(), 4)));
    for (tool, summary) in [("read", "a, b"), ("read", "c"), ("grep", "fn x"), ("glob", "*.rs"), ("list", ".")] {
        assert!(reads.add(tool, summary, 1));
    }
    assert_eq!(reads.take(), Some(("read 3 files, 2 searches, 1 listing".to_owned(), 5)));
    assert_eq!(reads.take(), None);
    assert!(!reads.add("bash", "ls", 1));
}

#[test]
fn a_lane_tells_what_its_agent_does() {
    let mut lanes = Lanes::new();
    let (main, side) = (AgentId::from("main"), AgentId::from("sidekick"));
    assert_eq!(lanes.of(&main, 0).action(), "ready");
    lanes.of(&main, 0).begin(10);
    assert_eq!(lanes.of(&main, 0).action(), "thinking");
    lanes.of(&main, 0).waits_for.push(side.clone());
    assert_eq!(lanes.of(&main, 0).action(), "waiting for sidekick");
    let lane = lanes.of(&side, 20);
    let call = |id: &str| Call { id: CallId::new(id), tool: "bash".into(), summary: "cargo test".into(), says: None };
    lane.calls.push(call("1"));
    assert_eq!(lane.action(), "bash cargo test");
    lane.calls[0].says = Some("Compiling".to_owned());
    assert_eq!(lane.action(), "bash cargo test · Compiling");
    lane.calls.push(call("2"));
    assert_eq!(lane.action(), "bash cargo test and 1 more");
    assert_eq!(lane.elapsed(1_020), 1_000);
    assert!(lanes.remove(&side).is_some());
    assert!(lanes.remove(&main).is_none(), "main's row stays");
}

#[test]
fn an_ended_call_is_found_again_by_its_answer_once() {
    let mut lanes = Lanes::new();
    let (agent, call) = (AgentId::from("main"), CallId::new("1"));
    lanes.of(&agent, 0).calls.push(Call { id: call.clone(), tool: "bash".into(), summary: "ls".into(), says: None });
    assert_eq!(lanes.end_call(&agent, &call, "bash", None, 5), "ls");
    assert_eq!(lanes.of(&agent, 0).mood, Mood::Thinking);
    assert_eq!(lanes.answered(&agent, &call).map(|ended| ended.summary), Some("ls".to_owned()));
    assert!(lanes.answered(&agent, &call).is_none());
}
