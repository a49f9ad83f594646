use protocol::{Ttl, request::ToolSpec};

use super::*;

fn call(name: &str) -> Block {
    Block::ToolCall { id: name.into(), name: name.into(), arguments: "{}".into() }
}

fn result() -> Block {
    Block::ToolResult { call_id: "1".into(), content: Vec::new(), is_error: false }
}

fn say(role: Role, blocks: Vec<Block>) -> Message {
    Message { role, blocks }
}

#[test]
fn a_label_shows_the_shape_the_markers_and_the_bill_on_one_line() {
    let tool = ToolSpec { name: "read".into(), description: String::new(), schema: serde_json::Value::Null };
    let request = Request {
        model: "claude-opus-5-5".into(),
        tools: vec![tool],
        system: vec!["You are `main`.".into()],
        messages: vec![
            say(Role::User, vec![Block::text("hi")]),
            say(Role::Assistant, vec![call("read"), call("read"), call("grep")]),
            say(Role::User, vec![result(), result(), result()]),
        ],
        breakpoints: vec![
            Breakpoint { at: Position::System(0), ttl: Ttl::Short },
            Breakpoint { at: Position::Message { message: 2, block: 2 }, ttl: Ttl::Short },
        ],
        ..Request::default()
    };
    let usage = Usage { cache_read: 3_120, cache_write_short: 410, output: 52, ..Usage::default() };
    assert_eq!(
        label(Some("main"), &request, 200, &usage),
        "main opus: tools[1] system[1]* user assistant(read×2,grep) results[3]* | read 3120 write 410 input 0 output 52"
    );
    assert!(
        label(None, &request, 529, &usage).starts_with("? opus: ")
            && label(None, &request, 529, &usage).ends_with("| status 529")
    );
}

#[test]
fn a_long_conversation_is_shown_by_its_ends() {
    let messages = (0..20).map(|n| say(if n % 2 == 0 { Role::User } else { Role::Assistant }, vec![Block::text("x")]));
    let request = Request { model: "gpt-6-luna".into(), messages: messages.collect(), ..Request::default() };
    assert_eq!(
        label(Some("a"), &request, 200, &Usage::default()),
        "a gpt-6-luna: user assistant …14… user assistant user assistant | read 0 write 0 input 0 output 0"
    );
}

#[test]
fn a_very_long_run_keeps_every_bill_and_the_newest_bodies() {
    let mut records = Records::default();
    for n in 0..5u64 {
        records.push(RequestRecord {
            dialect: Dialect::OpenaiChat,
            actor: None,
            step: 0,
            model: String::new(),
            body: vec![0; MAX_KEPT / 2],
            request: Request::default(),
            target: String::new(),
            headers: Vec::new(),
            images: 0,
            removed: Vec::new(),
            usage: Usage { input: n, ..Usage::default() },
            status: 200,
            label: String::new(),
        });
    }
    let list = &records.list;
    assert_eq!(list.iter().map(|record| record.usage.input).sum::<u64>(), 10);
    assert_eq!(list.iter().filter(|record| !record.body.is_empty()).count(), 2);
    assert!(!list[4].body.is_empty());
}
