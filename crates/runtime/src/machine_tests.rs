use protocol::{Block, FragmentKind, ReportStatus};

use super::*;

fn asks(id: &str, tool: &str, arguments: &str) -> Item {
    let call = Block::ToolCall { id: id.into(), name: tool.into(), arguments: arguments.into() };
    Item::Assistant { blocks: vec![call], stop: StopReason::ToolUse }
}

fn says(text: &str, stop: StopReason) -> Item {
    Item::Assistant { blocks: vec![Block::text(text)], stop }
}

fn results(id: &str, tool: &str, text: &str, is_error: bool) -> Item {
    Item::ToolResults { results: vec![ToolOutcome::text(id, tool, text, is_error)] }
}

#[test]
fn an_empty_transcript_waits_and_input_is_answered() {
    assert_eq!(next(&[]), Next::Wait);
    assert_eq!(next(&[Item::user("hello")]), Next::Infer);
    let reminder = Item::Fragment { kind: FragmentKind::Reminder, text: "go on".into() };
    assert_eq!(next(&[Item::user("hello"), says("hi", StopReason::EndTurn), reminder]), Next::Infer);
}

#[test]
fn tool_calls_are_answered_before_anything_else() {
    assert_eq!(next(&[Item::user("x"), asks("1", "read", "{}")]), Next::RunTools);
    assert_eq!(next(&[Item::user("x"), asks("1", "read", "{}"), results("1", "read", "ok", false)]), Next::Infer);
}

#[test]
fn a_report_that_the_tool_accepted_ends_a_delegation_however_loosely_it_was_written() {
    for loose in ["\"confidence\":90.0", "\"changes\":null", "\"evidence\":[{\"at\":\"a.rs:1\"}]"] {
        let arguments = format!("{{\"status\":\"complete\",\"summary\":\"done\",{loose}}}");
        let items = [Item::user("brief"), asks("1", "report", &arguments), results("1", "report", "reported", false)];
        assert!(matches!(next(&items), Next::Reported(_)), "{loose}");
    }
}

#[test]
fn only_an_accepted_report_ends_a_delegation() {
    let report = r#"{"status":"complete","summary":"done"}"#;
    let asked = [Item::user("brief"), asks("1", "report", report)];
    let refused = [asked.to_vec(), vec![results("1", "report", "no evidence", true)]].concat();
    assert_eq!(next(&refused), Next::Infer);
    let accepted = [asked.to_vec(), vec![results("1", "report", "accepted", false)]].concat();
    let Next::Reported(report) = next(&accepted) else { panic!("not reported") };
    assert_eq!(report.status, ReportStatus::Complete);
}

#[test]
fn a_cut_answer_goes_on_and_a_refusal_ends() {
    assert_eq!(next(&[says("half", StopReason::MaxTokens)]), Next::Continue);
    assert_eq!(next(&[says("no", StopReason::Refusal)]), Next::Refused("no".into()));
    assert_eq!(next(&[says("all", StopReason::EndTurn)]), Next::Answered("all".into()));
}
