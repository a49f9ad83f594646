//! The request that closes a window, and the first one of the next.

use protocol::{DecisionKind, Purpose, RowOutcome};

use crate::asked::{assert_extends, assert_says, assert_sound_opening, is_compaction, projection, text, texts};
use crate::stage::{INSTRUCTIONS, SOLO, SOLO_CHAT, SOLO_RESPONSES, SUMMARY, Stage, WALKER, compact, turn};

const TEAMS: [&str; 3] = [SOLO, SOLO_CHAT, SOLO_RESPONSES];

async fn walked(team: &str) -> (Stage, runtime::Session) {
    let stage = Stage::set(team, "", &format!("{SUMMARY}{WALKER}")).await;
    stage.walk(4, 3_000);
    let session = stage.open();
    assert_eq!(turn(&session, "Walk on from next: w1.txt").await, "I have seen all of it.");
    (stage, session)
}

#[tokio::test]
async fn a_compaction_request_is_the_windows_own_bytes_with_the_instruction_behind_them() {
    for team in TEAMS {
        let (stage, session) = walked(team).await;
        let step = stage.last();
        let told = compact(&session, "solo").await;
        assert!(told.starts_with("window 2 of solo is open"), "{told}");
        let asked = stage.last();
        assert!(is_compaction(&asked));
        assert_extends(&asked, &step);
        // Behind the last step stand its answer and the instruction, nothing else.
        assert_eq!(projection(&asked).len(), projection(&step).len() + 2);
        assert_eq!(asked.model, step.model);
        assert_eq!(asked.request.tools, step.request.tools);
        assert_eq!(asked.request.system, step.request.system);
    }
}

#[tokio::test]
async fn a_compaction_reads_the_windows_cache_and_writes_none_of_the_instruction() {
    for team in TEAMS {
        let (stage, session) = walked(team).await;
        compact(&session, "solo").await;
        let rows = stage.rows(&session, Purpose::Compaction);
        assert_eq!(rows.len(), 1);
        let row = &rows[0];
        assert_eq!(row.outcome, RowOutcome::Ok);
        assert_eq!(row.window, stage.windows(&session, "solo")[0].id, "it belongs to the window that it closes");
        assert!(row.usage.hit_rate() >= 0.95, "{team}: {:?}", row.usage);
        assert_eq!(row.cache_note, None);
        assert!(row.predicted_cache_read > 0);
    }
}

#[tokio::test]
async fn the_request_after_a_compaction_reads_tools_system_and_project_part_from_the_cache() {
    let older = [SOLO_CHAT, SOLO_RESPONSES].map(|team| team.replace("gpt-6.1-sol", "gpt-5.4"));
    for team in TEAMS.into_iter().chain(older.iter().map(String::as_str)) {
        let (stage, session) = walked(team).await;
        let first = stage.requests()[0].clone();
        compact(&session, "solo").await;
        turn(&session, "What was in them?").await;
        let opened = stage.last();
        // Tools, system and project part are the very bytes of the first window.
        let stays = projection(&first).len() - 1;
        assert_eq!(projection(&opened)[..stays], projection(&first)[..stays]);
        // The rest of the first request is one short message.
        let (read, stays) = (opened.usage.cache_read, first.usage.prompt() - 40);
        assert!(read + 128 > stays, "{team}: {read} of {stays} tokens were read");
        let row = stage.rows(&session, Purpose::Step).pop().unwrap();
        assert_eq!(row.window, stage.windows(&session, "solo")[1].id);
        assert_eq!(row.cache_note.as_deref(), Some("window_opened"));
    }
}

#[tokio::test]
async fn t29_a_next_window_begins_with_the_project_then_the_summary_then_the_talk() {
    for team in TEAMS {
        let (stage, session) = walked(team).await;
        compact(&session, "solo").await;
        turn(&session, "What was in them?").await;
        let opened = stage.last();
        assert_sound_opening(&opened);
        let texts = texts(&opened);
        let at = |words: &str| texts.iter().position(|text| text.contains(words)).unwrap_or_else(|| panic!("{words}"));
        let system = usize::from(opened.request.system.is_empty());
        assert!(at(INSTRUCTIONS) <= system, "the project's own words come first");
        assert!(at(INSTRUCTIONS) < at("## Findings"), "never behind the summary");
        assert!(at("## Findings") < at("I have seen all of it."), "what was said last goes on as it is");
        assert!(at("I have seen all of it.") < at("What was in them?"));
        assert_eq!(text(&opened).matches(INSTRUCTIONS).count(), 1, "and they are there once");
        assert_says(&opened, "Walk on from next: w1.txt");
    }
}

#[tokio::test]
async fn closing_a_window_is_a_decision_with_its_numbers() {
    let (stage, session) = walked(SOLO).await;
    compact(&session, "solo").await;
    let decisions = stage.decisions(&session, DecisionKind::Compact);
    assert_eq!(decisions.len(), 1);
    let decision = &decisions[0];
    assert_eq!(decision.chosen, "compact");
    assert!(decision.because.contains("with a summary"), "{}", decision.because);
    for name in ["context_tokens", "threshold_tokens", "fixed_usd", "read_mtok_usd", "per_call_tokens"] {
        assert!(decision.numbers.contains_key(name), "{name}: {:?}", decision.numbers);
    }
    assert!(decision.formula.contains("threshold_tokens"));
    assert_eq!(stage.windows(&session, "solo")[1].reason, "compacted_by_hand");
}

#[tokio::test]
async fn t32_a_window_that_was_just_closed_is_not_closed_again() {
    for team in TEAMS {
        let (stage, session) = walked(team).await;
        let told = compact(&session, "solo").await;
        assert!(told.contains("is open"), "{told}");
        let asked = stage.requests().len();
        let told = compact(&session, "solo").await;
        assert!(told.contains("nothing to compact"), "{told}");
        assert_eq!(stage.requests().len(), asked, "nobody was asked");
        turn(&session, "And now?").await;
        let once = text(&stage.last());
        assert_eq!((once.matches("## Findings").count(), stage.windows(&session, "solo").len()), (1, 2));
    }
}

#[tokio::test]
async fn t32_compacting_a_short_history_changes_nothing_however_often() {
    for team in TEAMS {
        let stage = Stage::set(team, "", &format!("{SUMMARY}{WALKER}")).await;
        stage.walk(2, 200);
        let session = stage.open();
        turn(&session, "Walk on from next: w1.txt").await;
        let before = stage.last();
        for _ in 0..2 {
            let told = compact(&session, "solo").await;
            assert!(told.contains("nothing to compact"), "{told}");
        }
        assert_eq!(stage.requests().len(), 3, "nobody was asked");
        turn(&session, "And now?").await;
        assert_extends(&stage.last(), &before);
        assert_eq!(stage.windows(&session, "solo").len(), 1);
        assert!(stage.last().usage.cache_read > 0);
    }
}

#[tokio::test]
async fn what_matters_most_is_said_to_whoever_writes_the_summary() {
    let (stage, session) = walked(SOLO).await;
    let focus = Some("the names of the rivers".to_owned());
    session.compact(&"solo".into(), focus, &crate::stage::never()).await.unwrap();
    assert_says(&stage.last(), "What matters most: the names of the rivers");
}
