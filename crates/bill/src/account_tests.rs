use catalogue::Catalogue;
use proptest::prelude::*;
use protocol::{ErrorKind, Item, LedgerRow, Purpose, RowOutcome, ToolOutcome, Usage, Usd};

use super::*;
use crate::story::{HAIKU, OPUS, Story, tokens};

const READ: (&str, &str, &str) = ("read", r#"{"files": [{"path": "a.rs"}]}"#, "text");
const EDIT: (&str, &str, &str) = ("edit", r#"{"path": "a.rs", "edits": []}"#, "ok");
const TEST: (&str, &str, &str) = ("bash", r#"{"command": "cargo test"}"#, "passed");

fn keys(groups: &[Group]) -> Vec<(&str, u64)> {
    groups.iter().map(|group| (group.key.as_str(), group.calls)).collect()
}

#[test]
fn every_call_has_a_purpose_finer_than_the_ledgers() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 1_000, 50), &[("delegate", "{}", "report")]);
    story.window("sidekick", HAIKU, 0);
    story.delegate("d1", "sidekick", protocol::Brief::default());
    story.other("sidekick", Usage::default(), Purpose::Step, RowOutcome::Retried(ErrorKind::Overloaded));
    story.step("sidekick", tokens(0, 2_000, 50), &[READ]);
    story.other("main", tokens(1_000, 0, 1), Purpose::KeepWarm, RowOutcome::Ok);
    story.other("main", tokens(1_000, 0, 300), Purpose::Compaction, RowOutcome::Ok);
    story.other("main", tokens(0, 100, 3), Purpose::Auxiliary, RowOutcome::Ok);
    story.other("main", Usage::default(), Purpose::Auxiliary, RowOutcome::Failed(ErrorKind::Auth));
    let bill = story.bill();
    let purposes =
        [("turn", 1), ("retry", 2), ("delegation", 1), ("keep_warm", 1), ("compaction", 1), ("classifier", 1)];
    assert_eq!(keys(bill.by(View::Purpose)), purposes);
    assert_eq!(keys(bill.by(View::Outcome)), [("answered", 5), ("retried", 1), ("failed", 1)]);
    assert_eq!(keys(bill.by(View::Agent)), [("main", 5), ("sidekick", 2)]);
    assert_eq!(bill.total.steps, 2, "a retry belongs to its step, and other calls are none");
}

#[test]
fn the_total_of_activities_counts_calls_like_its_lines_and_each_step_once() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 1_000, 100), &[READ, READ, EDIT]);
    story.step("main", tokens(1_000, 0, 100), &[]);
    let bill = story.bill();
    let total = bill.total_of(View::Activity);
    assert_eq!((total.calls, total.steps, total.usd()), (4, 2, bill.total.usd()));
    assert_eq!(bill.total_of(View::Agent), bill.total);
}

#[test]
fn a_review_is_told_from_other_calls_beside_the_steps() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    let row = story.row("main", tokens(0, 100, 3));
    let window = protocol::WindowId::new(format!("{}-review-{}", row.session, row.brain));
    story.called(LedgerRow { purpose: Purpose::Auxiliary, window, ..row.clone() });
    story.called(LedgerRow { purpose: Purpose::Auxiliary, ..row });
    assert_eq!(keys(story.bill().by(View::Purpose)), [("review", 1), ("classifier", 1)]);
}

#[test]
fn models_with_another_effort_are_told_apart() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 1_000, 100), &[]);
    let row = story.row("main", tokens(1_000, 10, 10));
    let brain = Brain { effort: Some(protocol::Effort::Xhigh), ..row.brain.clone() };
    story.called(LedgerRow { brain, ..row });
    let names = [("anthropic/claude-opus-5-5", 1), ("anthropic/claude-opus-5-5@xhigh", 1)];
    assert_eq!(keys(story.bill().by(View::Brain)), names);
}

#[test]
fn a_steps_dollars_are_shared_equally_by_its_calls() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 1_000, 100), &[READ, READ, EDIT]);
    story.step("main", tokens(1_000, 0, 100), &[TEST]);
    story.step("main", tokens(1_000, 100, 10), &[]);
    let bill = story.bill();
    let rows = story.records().rows;
    let usd = |n: usize| rows[n].usd.unwrap().picos();
    let activities: Vec<(&str, u64, i64)> =
        bill.by(View::Activity).iter().map(|group| (group.key.as_str(), group.calls, group.at_least.picos())).collect();
    let part = usd(0) / 3;
    let rest = usd(0) % 3;
    assert_eq!(
        activities,
        [("exploration", 2, 2 * part + rest), ("editing", 1, part), ("testing", 1, usd(1)), ("planning", 1, usd(2))]
    );
}

#[test]
fn an_unknown_price_leaves_the_sum_open_and_a_free_failure_does_not() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 1_000, 100), &[]);
    let failed =
        LedgerRow { usd: None, outcome: RowOutcome::Failed(ErrorKind::Auth), ..story.row("main", Usage::default()) };
    story.called(failed);
    assert_eq!(story.bill().total.usd(), story.records().rows[0].usd);
    let unknown = LedgerRow { usd: None, ..story.row("main", tokens(0, 10, 10)) };
    story.called(unknown);
    let bill = story.bill();
    assert_eq!((bill.total.usd(), Some(bill.total.at_least)), (None, story.records().rows[0].usd));
    let json = serde_json::to_value(&bill.total).unwrap();
    assert!(json["usd"].is_null() && json["usd_at_least"].as_f64() > Some(0.0), "{json}");
}

#[test]
fn calls_before_the_moment_are_not_on_the_bill() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 1_000, 100), &[READ]);
    let since = protocol::Timestamp(story.now);
    story.step("main", tokens(1_000, 50, 10), &[]);
    let (records, steps) = story.told();
    let mut bill = Bill::since(Some(since));
    bill.add(&records, &steps, &Catalogue::builtin());
    assert_eq!(bill.total.calls, 1);
    assert_eq!(bill.total.usage, records.rows[1].usage);
    assert_eq!(keys(bill.by(View::Activity)), [("planning", 1)]);
}

#[test]
fn sessions_add_up_on_one_bill() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 1_000, 100), &[READ]);
    let (records, steps) = story.told();
    let mut bill = Bill::default();
    bill.add(&records, &steps, &Catalogue::builtin());
    bill.add(&records, &steps, &Catalogue::builtin());
    assert_eq!((bill.sessions.len(), bill.total.calls), (2, 2));
    assert_eq!(bill.sessions[0].total.at_least + bill.sessions[1].total.at_least, bill.total.at_least);
    assert_eq!(keys(bill.by(View::Agent)), [("main", 2)]);
}

#[test]
fn what_a_window_carries_over_is_no_new_call_and_no_new_turn() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 1_000, 100), &[EDIT]);
    story.window("main", HAIKU, 3);
    story.step("main", tokens(0, 1_500, 10), &[READ]);
    let (records, steps) = story.told();
    let tools: Vec<Vec<&str>> =
        steps.iter().map(|step| step.calls.iter().map(|call| call.tool.as_str()).collect()).collect();
    assert_eq!(tools, [["edit"], ["read"]]);
    assert_eq!(records.turns().len(), 1);
}

#[test]
fn an_answer_with_nothing_in_it_is_a_step_without_calls() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    let empty = story.row("main", tokens(0, 1_000, 1));
    story.called(empty);
    story.step("main", tokens(1_000, 0, 20), &[READ]);
    let (_, steps) = story.told();
    assert_eq!(steps.iter().map(|step| step.calls.len()).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn a_result_is_as_large_as_what_the_next_prompt_grew_by() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 1_000, 100), &[("read", "{}", "1234567890"), ("grep", "{}", "12345678901234567890")]);
    story.other("main", tokens(1_000, 0, 1), Purpose::KeepWarm, RowOutcome::Ok);
    story.step("main", tokens(1_000, 400, 10), &[READ]);
    let (records, steps) = story.told();
    assert_eq!(steps[0].calls.iter().map(|call| call.tokens).collect::<Vec<_>>(), [100, 200]);
    assert_eq!(steps[0].next, Some(2), "a ping is the last request again");
    assert_eq!((steps[1].next, steps[1].calls[0].tokens), (None, 0));
    assert_eq!(records.rows.len(), 3);
}

#[test]
fn a_turn_is_answered_by_words_and_not_by_calls() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("one");
    story.step("main", tokens(0, 1_000, 100), &[READ]);
    story.step("main", tokens(1_000, 100, 10), &[]);
    story.user("two");
    story.step("main", tokens(1_100, 100, 10), &[READ]);
    story.item("main", Item::ToolResults { results: vec![ToolOutcome::text("c9", "read", "interrupted", true)] });
    story.user("three");
    let turns = story.records().turns();
    assert_eq!(turns.iter().map(|turn| turn.answered).collect::<Vec<_>>(), [true, false, false]);
    assert!(turns[0].until == Some(turns[1].from) && turns[2].until.is_none());
    assert!(turns[1].holds(turns[1].from) && !turns[0].holds(turns[1].from));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_view_adds_up_to_the_whole(calls in proptest::collection::vec((0_u64..5_000, 0_u64..3_000, 1_u64..900, 0_usize..8), 1..12)) {
        let mut story = Story::new();
        story.window("main", OPUS, 0);
        story.user("go");
        for (read, write, output, kind) in calls {
            let usage = tokens(read, write, output);
            let all = [READ, EDIT, TEST, ("plan", "{}", "ok"), ("unheard_of", "{}", "ok")];
            match kind {
                0..=5 => story.step("main", usage, &all[..kind]),
                6 => story.other("main", usage, Purpose::Compaction, RowOutcome::Ok),
                _ => story.other("main", usage, Purpose::Step, RowOutcome::Retried(ErrorKind::Timeout)),
            }
        }
        let bill = story.bill();
        let rows = story.records().rows;
        prop_assert_eq!(bill.total.usd(), rows.iter().map(|row| row.usd).sum::<Option<Usd>>());
        for view in View::ALL {
            prop_assert_eq!(bill.by(view).iter().map(|group| group.at_least).sum::<Usd>(), bill.total.at_least);
            prop_assert_eq!(bill.by(view).iter().map(|group| group.usage).sum::<Usage>(), bill.total.usage);
        }
        prop_assert!(bill.wasted() <= bill.total.at_least);
    }
}
