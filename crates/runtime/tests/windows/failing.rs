//! Summaries that are none: the history stays, the reason is kept, the session goes on.

use protocol::{DecisionKind, ErrorKind, Purpose, RowOutcome};

use crate::asked::{assert_extends, assert_says, assert_sound_opening, is_compaction, is_own_compaction, text};
use crate::stage::{SOLO, SUMMARY, Stage, WALKER, brain, compact, never, prose, turn};

fn says(words: &str) -> String {
    let indented: String = words.lines().map(|line| format!("        {line}\n")).collect();
    format!(
        "  - id: summary\n    when: {{last_user_contains: \"<compaction>\"}}\n    otherwise:\n      say: |-\n{indented}"
    )
}

/// The request behind the last one that asked for a summary.
fn opening(stage: &Stage) -> simulator::RequestRecord {
    let requests = stage.requests();
    let closing = requests.iter().rposition(is_compaction).expect("no window was closed");
    requests[closing + 1].clone()
}

const SECTIONS: &str = "## Goal\na\n## Decisions\nb\n## Done\nc\n## Findings\nd\n## Open\n";

#[tokio::test]
async fn t30_a_useless_summary_leaves_the_history_as_it_is_and_says_why() {
    let long = format!("{SECTIONS}{}", prose(4_000, 9));
    let endless = format!("{SECTIONS}{}", prose(12_000, 9));
    let short_walk = 600;
    for (summary, files_words, reason) in [
        (says("   ").replace("say: |-\n           \n", "say: \"  \"\n"), 3_000, "empty"),
        (says("We walked, and that was that."), 3_000, "0 of its 5 sections"),
        (says(&long), short_walk, "longer than what it stands for"),
        (says(&endless), 3_000, "cut off at its limit"),
    ] {
        let team = format!("compaction: {{keep_tail: 1000, summary_max: 20000}}\n{SOLO}");
        let stage = Stage::set(&team, "", &format!("{summary}{WALKER}")).await;
        stage.walk(4, files_words);
        let session = stage.open();
        turn(&session, "Walk on from next: w1.txt").await;
        let before = stage.last();
        let told = compact(&session, "solo").await;
        assert!(told.contains("stays") && told.contains(reason), "{told}");
        let decision = stage.decisions(&session, DecisionKind::Compact).pop().unwrap();
        assert_eq!(decision.chosen, "keep");
        assert!(decision.because.contains(reason), "{}", decision.because);
        turn(&session, "Well?").await;
        assert_extends(&stage.last(), &before);
        assert_eq!(stage.windows(&session, "solo").len(), 1);
    }
}

#[tokio::test]
async fn t30_a_provider_that_is_overloaded_leaves_the_history_as_it_is() {
    let faults = "faults:\n  - {on: {actor: summary}, kind: http_529, times: 9}\n";
    let stage = Stage::set(SOLO, faults, &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(4, 3_000);
    let session = stage.open();
    turn(&session, "Walk on from next: w1.txt").await;
    let before = stage.last();
    let told = compact(&session, "solo").await;
    assert!(told.contains("stays") && told.to_lowercase().contains("overloaded"), "{told}");
    let rows = stage.rows(&session, Purpose::Compaction);
    assert!(!rows.is_empty() && rows.iter().all(|row| row.outcome == RowOutcome::Failed(ErrorKind::Overloaded)));
    turn(&session, "Well?").await;
    assert_extends(&stage.last(), &before);
    assert!(stage.last().usage.cache_read >= before.usage.prompt() * 95 / 100, "the cache lives on");
}

#[tokio::test]
async fn why_a_window_stayed_is_shown_until_it_is_closed() {
    // The window's own brain fails, and so does the same on a clean context.
    let faults = "faults:
  - {on: {actor: summary, nth_request: 1}, kind: http_529}
  - {on: {actor: summary, nth_request: 2}, kind: http_529}
";
    let stage = Stage::set(SOLO, faults, &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(4, 3_000);
    let session = stage.open();
    turn(&session, "Walk on from next: w1.txt").await;
    assert_eq!(session.status().unwrap()[0].kept_because, None, "nothing was tried");
    assert!(compact(&session, "solo").await.contains("stays"));
    let status = session.status().unwrap().remove(0);
    let why = status.kept_because.expect("it stayed");
    assert!(why.starts_with("anthropic/claude-opus-5-5: "), "{why}");
    assert!(status.again_at.is_some_and(|at| at > status.context));
    let id = session.id().clone();
    drop(session);
    let session = stage.resume(&id);
    assert_eq!(session.status().unwrap()[0].kept_because.as_ref(), Some(&why), "it outlives the process");
    assert!(compact(&session, "solo").await.contains("is open"));
    assert_eq!(session.status().unwrap()[0].kept_because, None);
}

#[tokio::test]
async fn a_single_long_message_is_summarised_in_two_parts_of_which_none_is_empty() {
    let faults = "faults:
  - {on: {actor: walker, nth_request: 1}, kind: overflow}
  - {on: {actor: summary, nth_request: 1}, kind: overflow}
";
    let stage = Stage::set(SOLO, faults, &format!("{SUMMARY}{WALKER}")).await;
    let session = stage.open();
    turn(&session, &format!("Begin at the gate.\n{}\nEnd at the well.", prose(14_000, 5))).await;
    let closings: Vec<_> = stage.requests().into_iter().filter(is_compaction).collect();
    assert_eq!(closings.len(), 3, "the whole, and two parts");
    for closing in &closings {
        let blocks = closing.request.messages.iter().flat_map(|message| &message.blocks);
        let texts: Vec<&str> = blocks
            .map(|block| match block {
                protocol::Block::Text { text } => text.as_str(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(texts.iter().all(|text| !text.trim().is_empty()), "{}", closing.label);
    }
    let (first, second) = (text(&closings[1]), text(&closings[2]));
    for (part, has, lacks) in
        [(first, "Begin at the gate.", "End at the well."), (second, "End at the well.", "Begin at the gate.")]
    {
        assert!(part.contains(has) && !part.contains(lacks), "{has}");
    }
}

#[tokio::test]
async fn a_compaction_that_came_to_nothing_is_not_tried_again_at_every_step() {
    for (faults, summary) in
        [("", says("No.")), ("faults:\n  - {on: {actor: summary}, kind: http_529, times: 99}\n", SUMMARY.to_owned())]
    {
        let team = format!("compaction: {{at_tokens: 14000, keep_tail: 3000, summary_max: 1000}}\n{SOLO}");
        let stage = Stage::set(&team, faults, &format!("{summary}{WALKER}")).await;
        stage.walk(30, 600);
        let session = stage.open();
        assert_eq!(turn(&session, "Walk on from next: w1.txt").await, "I have seen all of it.");
        let steps = stage.rows(&session, Purpose::Step).len();
        let tried = stage.requests().iter().filter(|request| is_own_compaction(request)).count();
        let kept = stage.decisions(&session, DecisionKind::Compact);
        assert!(tried > 0, "it was never tried");
        assert!(tried <= 6, "tried {tried} times in {steps} steps");
        assert_eq!(kept.len(), tried, "each with its reason");
        assert_eq!(stage.windows(&session, "solo").len(), 1);
    }
}

#[tokio::test]
async fn a_summary_that_fails_on_the_windows_own_bytes_is_written_from_its_text() {
    let faults = "faults:\n  - {on: {actor: summary, nth_request: 1}, kind: http_529}\n";
    let stage = Stage::set(SOLO, faults, &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(4, 3_000);
    let session = stage.open();
    turn(&session, "Walk on from next: w1.txt").await;
    let told = compact(&session, "solo").await;
    assert!(told.contains("is open"), "{told}");
    let closings: Vec<_> = stage.requests().into_iter().filter(is_compaction).collect();
    assert_eq!(closings.len(), 2);
    assert!(is_own_compaction(&closings[0]) && !is_own_compaction(&closings[1]));
    assert!(!text(&closings[1]).contains("The next one is known."), "thinking is not told");
    turn(&session, "Well?").await;
    assert_sound_opening(&stage.last());
}

#[tokio::test]
async fn a_step_that_overflows_closes_the_window_and_goes_on() {
    let faults = "faults:\n  - {on: {actor: walker, nth_request: 4}, kind: overflow}\n";
    let stage = Stage::set(SOLO, faults, &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(6, 3_000);
    let session = stage.open();
    assert_eq!(turn(&session, "Keep it short. Walk on from next: w1.txt").await, "I have seen all of it.");
    let windows = stage.windows(&session, "solo");
    assert_eq!(windows.len(), 2);
    assert_eq!(windows[1].reason, "compacted_full");
    let requests = stage.requests();
    let closing = requests.iter().find(|request| is_compaction(request)).unwrap();
    assert!(!is_own_compaction(closing), "what did not fit is not sent once more");
    let opened = opening(&stage);
    assert_sound_opening(&opened);
    assert_says(&opened, "Keep it short. Walk on from next: w1.txt");
}

#[tokio::test]
async fn a_compaction_that_overflows_itself_opens_a_window_without_a_model() {
    let faults = "faults:
  - {on: {actor: walker, nth_request: 4}, kind: overflow}
  - {on: {actor: summary}, kind: overflow, times: 9}
";
    let stage = Stage::set(SOLO, faults, &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(6, 3_000);
    let session = stage.open();
    turn(&session, "Keep it short. Walk on from next: w1.txt").await;
    let decision = stage.decisions(&session, DecisionKind::Compact).pop().unwrap();
    assert!(decision.because.contains("without a summary"), "{}", decision.because);
    let opened = opening(&stage);
    assert_sound_opening(&opened);
    for kept in ["Keep it short. Walk on from next: w1.txt", "No summary could be written", "- read "] {
        assert_says(&opened, kept);
    }
}

#[tokio::test]
async fn an_own_compaction_that_overflows_is_written_from_the_text() {
    let faults = "faults:\n  - {on: {actor: summary, nth_request: 1}, kind: overflow}\n";
    let stage = Stage::set(SOLO, faults, &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(4, 3_000);
    let session = stage.open();
    turn(&session, "Walk on from next: w1.txt").await;
    let told = compact(&session, "solo").await;
    assert!(told.contains("is open"), "{told}");
}

#[tokio::test]
async fn a_session_that_overflows_again_right_after_is_handed_to_a_person_and_stays_usable() {
    let faults = "faults:\n  - {on: {actor: walker, nth_request: 4}, kind: overflow}\n  - {on: {actor: walker, nth_request: 5}, kind: overflow}\n";
    let stage = Stage::set(SOLO, faults, &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(6, 3_000);
    let session = stage.open();
    let outcome = session.turn("Keep it short. Walk on from next: w1.txt", &never()).await.unwrap();
    assert_eq!(outcome.status, protocol::event::SessionStatus::Blocked);
    let id = session.id().clone();
    drop(session);
    let session = stage.resume(&id);
    turn(&session, "Try again from next: w4.txt").await;
    assert_says(&stage.last(), "Keep it short. Walk on from next: w1.txt");
}

#[tokio::test]
async fn whatever_goes_wrong_in_a_switch_the_users_words_are_in_the_window_that_follows() {
    for kind in ["overflow", "http_529", "http_500", "unauthorized", "reset", "truncated", "error_event"] {
        let faults = format!("faults:\n  - {{on: {{actor: summary}}, kind: {kind}, times: 99, after_chunks: 1}}\n");
        let stage = Stage::set(SOLO, &faults, &format!("{SUMMARY}{WALKER}")).await;
        stage.walk(4, 3_000);
        let session = stage.open();
        turn(&session, "Use metres.\nWalk on from next: w1.txt").await;
        let wish =
            session.want_model(&"solo".into(), brain("anthropic/claude-sonnet-5-5"), true, &never()).await.unwrap();
        // A brain that cannot be had is left; one that can, but not for this, stays until it is.
        assert_eq!(wish.done, kind != "overflow", "{kind}");
        let id = session.id().clone();
        drop(session);
        let session = stage.resume(&id);
        turn(&session, "Well?").await;
        assert_says(&stage.last(), "Use metres.\nWalk on from next: w1.txt");
        assert_eq!(stage.last().status, 200);
    }
}
