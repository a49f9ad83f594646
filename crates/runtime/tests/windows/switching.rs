//! Another brain: wanted at once or at the next compaction, and never in the middle of a window.

use protocol::{DecisionKind, Effort, Purpose};

use crate::asked::{assert_extends, assert_says, assert_sound_opening, is_compaction, is_own_compaction};
use crate::stage::{SOLO, SUMMARY, Stage, WALKER, brain, compact, never, turn};

async fn walked() -> (Stage, runtime::Session) {
    let stage = Stage::set(SOLO, "", &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(6, 2_500);
    let session = stage.open();
    turn(&session, "Be brief. Walk on from next: w1.txt").await;
    (stage, session)
}

#[tokio::test]
async fn a_wanted_brain_waits_for_the_next_compaction() {
    let (stage, session) = walked().await;
    let before = stage.last();
    let wish = session.want_model(&"solo".into(), brain("anthropic/claude-haiku-5-5"), false, &never()).await.unwrap();
    assert!(!wish.done);
    let cost = wish.cost.expect("both prices are known");
    assert!(cost.now != cost.at_compaction, "both are priced");
    turn(&session, "And?").await;
    assert_extends(&stage.last(), &before);
    assert_eq!(stage.last().model, "claude-opus-5-5");
    let status = session.status().unwrap();
    assert_eq!(status[0].wanted, Some(brain("anthropic/claude-haiku-5-5")));
    compact(&session, "solo").await;
    assert_eq!(stage.last().model, "claude-opus-5-5", "the outgoing brain summarises");
    turn(&session, "And now?").await;
    let opened = stage.last();
    assert_eq!(opened.model, "claude-haiku-5-5");
    assert_sound_opening(&opened);
    assert_says(&opened, "Be brief.");
    assert_eq!(session.status().unwrap()[0].wanted, None, "the wish is granted");
    let kinds: Vec<String> =
        stage.decisions(&session, DecisionKind::Switch).into_iter().map(|decision| decision.chosen).collect();
    assert_eq!(kinds, ["at_next_compaction", "anthropic/claude-haiku-5-5"]);
    let numbers = stage.decisions(&session, DecisionKind::Switch).remove(0).numbers;
    assert!(numbers.contains_key("now_usd") && numbers.contains_key("at_compaction_usd"), "{numbers:?}");
}

#[tokio::test]
async fn a_brain_wanted_now_gets_a_window_of_its_own_at_once() {
    for other in ["anthropic/claude-haiku-5-5", "openai/gpt-6-luna"] {
        let (stage, session) = walked().await;
        let wish = session.want_model(&"solo".into(), brain(other), true, &never()).await.unwrap();
        assert!(wish.done);
        let closing = stage.last();
        assert!(is_own_compaction(&closing) && closing.model == "claude-opus-5-5", "{}", closing.label);
        turn(&session, "And?").await;
        let opened = stage.last();
        assert!(other.ends_with(&opened.model), "{}", opened.label);
        assert_sound_opening(&opened);
        assert_says(&opened, "Be brief.");
        let rows = stage.ledger(&session);
        let windows = stage.windows(&session, "solo");
        assert_eq!(windows[1].reason, "switched");
        for row in &rows {
            let window = windows.iter().find(|window| window.id == row.window).unwrap();
            assert_eq!(window.brain, row.brain);
        }
    }
}

#[tokio::test]
async fn a_short_history_is_carried_over_whole_to_another_brain() {
    let stage = Stage::set(SOLO, "", &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(2, 100);
    let session = stage.open();
    turn(&session, "Be brief.\n\tWalk on from next: w1.txt").await;
    let wish = session.want_model(&"solo".into(), brain("openai/gpt-6-luna"), true, &never()).await.unwrap();
    assert!(wish.done);
    assert!(stage.rows(&session, Purpose::Compaction).is_empty(), "nobody has to summarise it");
    turn(&session, "And?").await;
    let opened = stage.last();
    assert_sound_opening(&opened);
    for said in ["Be brief.\n\tWalk on from next: w1.txt", "river", "I have seen all of it.", "And?"] {
        assert_says(&opened, said);
    }
}

#[tokio::test]
async fn wanting_the_brain_that_there_is_takes_a_wish_back() {
    let (stage, session) = walked().await;
    for (model, wanted) in [("anthropic/claude-haiku-5-5", true), ("anthropic/claude-opus-5-5", false)] {
        session.want_model(&"solo".into(), brain(model), false, &never()).await.unwrap();
        assert_eq!(session.status().unwrap()[0].wanted.is_some(), wanted);
    }
    compact(&session, "solo").await;
    turn(&session, "And?").await;
    assert_eq!(stage.last().model, "claude-opus-5-5");
}

#[tokio::test]
async fn a_wish_for_what_is_there_already_is_no_decision() {
    let (stage, session) = walked().await;
    for now in [false, true] {
        let wish = session.want_model(&"solo".into(), brain("anthropic/claude-opus-5-5"), now, &never()).await.unwrap();
        assert_eq!((wish.done, wish.from == wish.to), (false, true));
    }
    assert_eq!(stage.decisions(&session, DecisionKind::Switch), []);
    // One that takes a wish back changes something.
    for model in ["anthropic/claude-haiku-5-5", "anthropic/claude-opus-5-5"] {
        session.want_model(&"solo".into(), brain(model), false, &never()).await.unwrap();
    }
    assert_eq!(stage.decisions(&session, DecisionKind::Switch).len(), 2);
}

#[tokio::test]
async fn the_numbers_of_a_switch_hold_no_part_that_is_larger_than_its_whole() {
    let stage = Stage::set(SOLO, "", &format!("{SUMMARY}{WALKER}")).await;
    let session = stage.open();
    turn(&session, "Hi.").await;
    let wish = session.want_model(&"solo".into(), brain("anthropic/claude-haiku-5-5"), true, &never()).await.unwrap();
    assert!(wish.done);
    let decisions = stage.decisions(&session, DecisionKind::Switch);
    assert_eq!(decisions.len(), 2, "the wish, and the window that grants it");
    for decision in &decisions {
        let number = |name: &str| decision.numbers[name];
        assert!(number("static_tokens") <= number("context_tokens"), "{:#?}", decision.numbers);
    }
    let wished = &decisions[0].numbers;
    assert!(wished["static_tokens"] <= wished["base_tokens"] && wished["base_tokens"] <= wished["context_tokens"]);
}

#[tokio::test]
async fn another_effort_is_another_window() {
    let (stage, session) = walked().await;
    let harder = protocol::Brain { effort: Some(Effort::High), ..brain("anthropic/claude-opus-5-5") };
    session.want_model(&"solo".into(), harder.clone(), false, &never()).await.unwrap();
    turn(&session, "And?").await;
    assert_eq!(stage.last().request.settings.effort, None, "not in the middle of a window");
    compact(&session, "solo").await;
    turn(&session, "And now?").await;
    assert_eq!(stage.last().request.settings.effort, Some(Effort::High));
    let windows = stage.windows(&session, "solo");
    assert_eq!((windows.len(), &windows[1].brain), (2, &harder));
    assert_eq!(windows[0].tools, windows[1].tools, "the very bytes");
    assert_eq!(windows[0].system, windows[1].system);
}

#[tokio::test]
async fn t31_thinking_of_one_model_is_never_sent_to_another() {
    let (stage, session) = walked().await;
    assert!(
        stage
            .last()
            .request
            .messages
            .iter()
            .flat_map(|message| &message.blocks)
            .any(|block| { matches!(block, protocol::Block::Thinking { .. }) }),
        "there is thinking in the first window"
    );
    for model in ["anthropic/claude-sonnet-5-5", "openai/gpt-6-luna", "anthropic/claude-opus-5-5"] {
        session.want_model(&"solo".into(), brain(model), true, &never()).await.unwrap();
        turn(&session, "And?").await;
        let opened = stage.last();
        assert_eq!(opened.status, 200);
        assert_sound_opening(&opened);
    }
}

#[tokio::test]
async fn a_wish_survives_the_process() {
    let (stage, session) = walked().await;
    session.want_model(&"solo".into(), brain("anthropic/claude-haiku-5-5"), false, &never()).await.unwrap();
    let id = session.id().clone();
    drop(session);
    let session = stage.resume(&id);
    let before = stage.last();
    turn(&session, "And?").await;
    assert_extends(&stage.last(), &before);
    assert!(stage.last().usage.cache_read > 0, "the right window with the right bytes: {}", stage.last().label);
    compact(&session, "solo").await;
    turn(&session, "And now?").await;
    assert_eq!(stage.last().model, "claude-haiku-5-5");
}

#[tokio::test]
async fn a_session_wakes_in_the_window_that_was_open() {
    let (stage, session) = walked().await;
    session.want_model(&"solo".into(), brain("openai/gpt-6-luna"), true, &never()).await.unwrap();
    turn(&session, "And?").await;
    let before = stage.last();
    let id = session.id().clone();
    drop(session);
    let session = stage.resume(&id);
    turn(&session, "And now?").await;
    assert_extends(&stage.last(), &before);
    assert_eq!(stage.last().model, "gpt-6-luna");
    assert_eq!(stage.windows(&session, "solo").len(), 2);
    let row = stage.ledger(&session).pop().unwrap();
    assert_eq!((row.window, row.cache_note), (stage.windows(&session, "solo")[1].id.clone(), None));
}

#[tokio::test]
async fn an_unknown_agent_or_provider_is_refused_by_name() {
    let (stage, session) = walked().await;
    let asked = stage.requests().len();
    let nobody = session.want_model(&"nobody".into(), brain("anthropic/claude-haiku-5-5"), true, &never()).await;
    assert!(nobody.unwrap_err().to_string().contains("there is no agent `nobody`"));
    let nowhere = session.want_model(&"solo".into(), brain("nowhere/x"), true, &never()).await;
    assert!(nowhere.unwrap_err().to_string().contains("nowhere"));
    assert_eq!(stage.requests().len(), asked);
    assert!(!stage.requests().iter().any(is_compaction));
}
