//! Models that take tools and an effort together over Responses only: what they are asked in, and what is asked of the windows
//! that were opened before in Chat Completions.

use std::time::Duration;

use protocol::{Dialect, Purpose};
use serde_json::Value;
use simulator::RequestRecord;

use crate::asked::{assert_extends, assert_sound_opening};
use crate::stage::{SUMMARY, Stage, WALKER, compact, turn};

const EAGER: &str = "agents:\n  - {id: solo, brain: {provider: openai, model: gpt-6.1-sol, effort: high}}\n";

/// Who speaks no Responses.
const CHAT_ONLY: &str = "openai: {also: []}";

fn body(request: &RequestRecord) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

/// Reasoning that a request carries.
fn reasoning(request: &RequestRecord) -> Vec<Value> {
    let items = body(request)["input"].as_array().cloned().unwrap_or_default();
    items.into_iter().filter(|item| item["type"] == "reasoning").collect()
}

#[tokio::test]
async fn a_model_that_reasons_beside_tools_reads_all_its_reasoning_again_and_its_cache_with_it() {
    let stage = Stage::set(EAGER, "", &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(5, 400);
    let session = stage.open();
    turn(&session, "Walk on from next: w1.txt").await;
    stage.clock.advance(Duration::from_secs(90));
    turn(&session, "And now?").await;
    let requests = stage.requests();
    assert_eq!(requests.len(), 7);
    for (at, request) in requests.iter().enumerate() {
        assert_eq!((request.dialect, request.status), (Dialect::OpenaiResponses, 200), "{}", request.label);
        assert_eq!(body(request)["reasoning"]["effort"], "high");
        assert!(request.request.tools.len() > 5);
        // Five steps think, and what they thought stays where it was.
        assert_eq!(reasoning(request).len(), at.min(5));
        assert_eq!(request.removed, Vec::<String>::new(), "{}", request.label);
    }
    for pair in requests.windows(2) {
        assert_extends(&pair[1], &pair[0]);
        let marked = pair[0].usage.cache_read + pair[0].usage.cache_write();
        assert_eq!(pair[1].usage.cache_read, marked, "{}", pair[1].label);
    }
    let rows = stage.rows(&session, Purpose::Step);
    assert!(rows[..5].iter().all(|row| row.usage.reasoning > 0), "an effort that was left out would not be billed");
    assert!(rows[1..].iter().all(|row| row.cache_note.is_none()), "{rows:#?}");
}

#[tokio::test]
async fn a_window_that_was_opened_in_chat_completions_stays_in_them_and_the_next_one_is_opened_in_responses() {
    let mut stage = Stage::set(EAGER, "", &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(4, 3_000);
    stage.providers(CHAT_ONLY);
    let session = stage.open();
    let id = session.id().clone();
    turn(&session, "Walk on from next: w3.txt").await;
    drop(session);
    let before = stage.last();
    assert_eq!(before.dialect, Dialect::OpenaiChat);

    // Here a newer program goes on.
    stage.providers("");
    let session = stage.resume(&id);
    turn(&session, "Once more from next: w1.txt").await;
    let resumed = stage.last();
    assert_eq!((resumed.dialect, resumed.status), (Dialect::OpenaiChat, 200), "{}", resumed.label);
    assert_eq!(body(&resumed)["reasoning_effort"], "none", "there an effort beside tools would be refused");
    assert_extends(&resumed, &before);
    assert!(stage.rows(&session, Purpose::Step).iter().skip(1).all(|row| row.cache_note.is_none()));

    compact(&session, "solo").await;
    assert_eq!(stage.last().dialect, Dialect::OpenaiChat, "a window is closed in its own dialect");
    turn(&session, "Walk on from next: w1.txt").await;
    let opened = stage.requests().into_iter().find(|request| request.dialect == Dialect::OpenaiResponses).unwrap();
    assert_sound_opening(&opened);
    assert_eq!(body(&stage.last())["reasoning"]["effort"], "high");
    assert!(!reasoning(&stage.last()).is_empty());
    assert!(stage.requests().iter().all(|request| request.status == 200 && request.removed.is_empty()));
    let dialects: Vec<Dialect> = stage.windows(&session, "solo").iter().map(|window| window.dialect).collect();
    assert_eq!(dialects, [Dialect::OpenaiChat, Dialect::OpenaiResponses]);
}

#[tokio::test]
async fn an_answer_that_ends_in_its_reasoning_leaves_no_reasoning_without_an_answer() {
    let actors = format!(
        "  - id: solo
    when: {{has_tool: read}}
    otherwise:
      cases:
        - if: {{last_result: \"Think\\\\.\\\\s*$\"}}
          thinking: \"{}\"
          say: Never said.
        - say: Here I am.
",
        "On and on it goes. ".repeat(40)
    );
    let stage = Stage::set(&EAGER.replace("effort: high", "effort: high, max_tokens: 64"), "", &actors).await;
    let session = stage.open();
    assert_eq!(turn(&session, "Think.").await, "Here I am.");
    let requests = stage.requests();
    assert_eq!(requests.iter().map(|request| request.status).collect::<Vec<_>>(), [200, 200]);
    assert!(requests[0].usage.reasoning > 0 && reasoning(&requests[1]).is_empty());
}
