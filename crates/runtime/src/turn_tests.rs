use protocol::{Block, StopReason};

use super::*;

fn asks(id: &str, tool: &str, arguments: &str) -> Item {
    let call = Block::ToolCall { id: id.into(), name: tool.into(), arguments: arguments.into() };
    Item::Assistant { blocks: vec![call], stop: StopReason::ToolUse }
}

fn results(id: &str, tool: &str, text: &str, is_error: bool) -> Item {
    Item::ToolResults { results: vec![ToolOutcome::text(id, tool, text, is_error)] }
}

#[test]
fn a_take_over_lasts_until_the_next_user_input() {
    let mut items = vec![Item::user("x"), asks("1", "take_over", "{}"), results("1", "take_over", "open", false)];
    assert!(Turn::of(&items).took_over);
    items.push(Item::Fragment { kind: FragmentKind::Steering, text: "use tabs".into() });
    assert!(Turn::of(&items).took_over, "the user's words in the middle of a turn do not begin another");
    items.push(Item::user("y"));
    assert!(!Turn::of(&items).took_over);
}

#[test]
fn repeats_count_the_same_call_with_the_same_result() {
    let mut items = vec![Item::user("x")];
    for round in 0..4 {
        let id = round.to_string();
        items.push(asks(&id, "bash", r#"{"command":"make"}"#));
        items.push(results(&id, "bash", "error", true));
    }
    assert_eq!(Turn::of(&items).repeats(), 4);
    items.push(asks("9", "bash", r#"{"command":"make"}"#));
    items.push(results("9", "bash", "another error", true));
    assert_eq!(Turn::of(&items).repeats(), 4);
    assert_eq!(Turn::of(&items).steps, 5);
    let mut killed = vec![Item::user("x")];
    for round in 0..5 {
        let id = round.to_string();
        killed.push(asks(&id, "bash", r#"{"command":"make"}"#));
        killed.push(results(&id, "bash", crate::toolrun::INTERRUPTED, true));
    }
    assert_eq!(Turn::of(&killed).repeats(), 0, "being killed is not going round in circles");
}
