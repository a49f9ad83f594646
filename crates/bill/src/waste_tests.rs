use catalogue::Catalogue;
use protocol::event::SessionStatus;
use protocol::{Brief, ErrorKind, LedgerRow, Purpose, RowOutcome, Usage, Usd, WindowId};
use store::{SessionRecord, Write};

use super::*;
use crate::account::steps;
use crate::account::summaries::SUMMARY_NOTE;
use crate::story::{HAIKU, OPUS, Story, price, tokens};

const READ: (&str, &str, &str) = ("read", r#"{"files": [{"path": "a.rs"}]}"#, "the text of a file");

fn found(story: &Story) -> Vec<(WasteKind, String, u64, u64, Option<Usd>)> {
    let records = story.records();
    let waste = find(&records, &steps::of(&records), &Catalogue::builtin(), None);
    waste.into_iter().map(|one| (one.kind, one.name, one.times, one.tokens, one.usd)).collect()
}

fn begun() -> Story {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story
}

fn brief() -> Brief {
    Brief { objective: "do it".to_owned(), acceptance: vec!["tests".to_owned()], ..Brief::default() }
}

#[test]
fn a_break_costs_what_a_write_costs_more_than_a_read() {
    let mut story = begun();
    story.step("main", tokens(0, 10_000, 50), &[]);
    let missed = LedgerRow {
        predicted_cache_read: 10_000,
        cache_note: Some("undeclared_miss".to_owned()),
        ..story.row("main", tokens(4_000, 6_500, 20))
    };
    story.called(missed);
    let price = price(OPUS);
    let usd = Usd(6_000 * (price.cache_write_short - price.cache_read));
    assert_eq!(found(&story), [(WasteKind::CacheBreak, "undeclared_miss".to_owned(), 1, 6_000, Some(usd))]);
}

#[test]
fn a_cache_that_expired_is_told_apart_from_one_that_broke() {
    let mut story = begun();
    story.step("main", tokens(0, 10_000, 50), &[]);
    for (note, long) in [("expired", true), ("expired", true), ("messages_changed", false)] {
        let usage = Usage {
            cache_write_long: if long { 10_100 } else { 0 },
            input: if long { 0 } else { 10_100 },
            ..Usage::default()
        };
        let row = LedgerRow { cache_note: Some(note.to_owned()), predicted_cache_read: 0, ..story.row("main", usage) };
        story.called(row);
    }
    let price = price(OPUS);
    let again = |paid: i64| paid - price.cache_read;
    assert_eq!(
        found(&story),
        [
            (WasteKind::CacheBreak, "messages_changed".to_owned(), 1, 10_100, Some(Usd(10_100 * again(price.input)))),
            (WasteKind::Expiry, "expired".to_owned(), 2, 20_100, Some(Usd(20_100 * again(price.cache_write_long)))),
        ]
    );
}

#[test]
fn a_new_window_loses_no_cache() {
    let mut story = begun();
    story.step("main", tokens(0, 10_000, 50), &[]);
    story.window("main", OPUS, 0);
    let opened = LedgerRow { cache_note: Some("window_opened".to_owned()), ..story.row("main", tokens(0, 3_000, 20)) };
    story.called(opened);
    assert_eq!(found(&story), []);
}

#[test]
fn an_attempt_that_was_billed_in_vain_is_waste_and_a_free_one_is_not() {
    let mut story = begun();
    story.other("main", Usage::default(), Purpose::Step, RowOutcome::Retried(ErrorKind::RateLimit));
    story.other("main", tokens(0, 5_000, 20), Purpose::Step, RowOutcome::Retried(ErrorKind::Truncated));
    story.step("main", tokens(5_000, 0, 50), &[]);
    let usd = story.records().rows[1].usd;
    assert_eq!(found(&story), [(WasteKind::Retry, "truncated".to_owned(), 1, 5_020, usd)]);
}

#[test]
fn a_summary_that_no_window_was_opened_with_is_waste_and_one_that_was_used_is_not() {
    let mut story = begun();
    story.step("main", tokens(0, 10_000, 50), &[]);
    story.summary("main", tokens(10_000, 600, 30), false);
    story.summary("main", tokens(10_000, 600, 40), false);
    story.step("main", tokens(10_000, 100, 50), &[]);
    story.summary("main", tokens(10_100, 600, 300), true);
    story.window("main", OPUS, 0);
    story.step("main", tokens(0, 3_000, 20), &[]);
    let rows = story.records().rows;
    let usd = rows[1].usd.zip(rows[2].usd).map(|(one, other)| one + other);
    assert_eq!(found(&story), [(WasteKind::Discarded, "summary".to_owned(), 2, 21_270, usd)]);
    assert_eq!(story.bill().wasted(), usd.unwrap());
}

/// A summary on a clean context: its window has a name of its own.
fn clean(story: &mut Story, brain: &str, usage: Usage) {
    let row = story.row("main", usage);
    let window = WindowId::new(format!("{}-summary-{brain}", row.window));
    story.called(LedgerRow { purpose: Purpose::Compaction, window, ..row });
}

#[test]
fn a_summary_in_two_parts_is_used_whole_and_what_was_tried_before_it_is_not() {
    let mut story = begun();
    story.step("main", tokens(0, 10_000, 50), &[]);
    clean(&mut story, "anthropic/claude-haiku-5-5", tokens(0, 7_000, 10));
    clean(&mut story, "anthropic/claude-opus-5-5", tokens(0, 4_000, 200));
    clean(&mut story, "anthropic/claude-opus-5-5", tokens(0, 5_000, 300));
    let note = r#"{"window": "main-1", "next_seq": 3, "text": "words"}"#.to_owned();
    let (agent, at) = (Some(AgentId::from("main")), story.tick());
    story.write(vec![Write::Note(store::NoteRecord { agent, kind: SUMMARY_NOTE.to_owned(), json: note, at })]);
    story.window("main", OPUS, 0);
    let usd = story.records().rows[1].usd;
    assert_eq!(found(&story), [(WasteKind::Discarded, "summary".to_owned(), 1, 7_010, usd)]);
}

#[test]
fn the_same_read_again_costs_its_write_and_its_carry() {
    let mut story = begun();
    story.step("main", tokens(0, 1_000, 0), &[READ]);
    story.step("main", tokens(1_000, 300, 0), &[READ]);
    story.step("main", tokens(1_300, 300, 0), &[]);
    story.step("main", tokens(1_600, 10, 0), &[]);
    story.step("main", tokens(1_610, 10, 0), &[]);
    let price = price(OPUS);
    let usd = Usd(300 * price.cache_write_short + 2 * 300 * price.cache_read);
    assert_eq!(found(&story), [(WasteKind::Repeat, "read".to_owned(), 1, 300, Some(usd))]);
}

#[test]
fn a_read_after_an_edit_is_no_repetition_whoever_edited() {
    for edit in
        [("edit", r#"{"path": "b.rs", "edits": []}"#, "ok"), ("bash", r#"{"command": "sh gen.sh"}"#, "changed a.rs")]
    {
        let mut story = begun();
        story.step("main", tokens(0, 1_000, 0), &[READ]);
        story.window("sidekick", HAIKU, 0);
        story.delegate("d1", "sidekick", brief());
        story.step("sidekick", tokens(0, 1_000, 0), &[edit]);
        story.close("d1", true, true, &["a.rs"]);
        story.step("main", tokens(1_000, 300, 0), &[READ]);
        story.step("main", tokens(1_300, 300, 0), &[]);
        assert_eq!(found(&story), [], "{edit:?}");
    }
}

#[test]
fn a_read_in_another_window_is_no_repetition() {
    let mut story = begun();
    story.step("main", tokens(0, 1_000, 0), &[READ]);
    story.window("main", OPUS, 2);
    story.step("main", tokens(0, 1_300, 0), &[READ]);
    story.step("main", tokens(1_300, 300, 0), &[]);
    assert_eq!(found(&story), []);
}

/// Main reads two files after its sidekick read one of them.
fn read_after_the_sidekick(edits: bool) -> Story {
    let mut story = begun();
    story.step("main", tokens(0, 1_000, 0), &[("delegate", "{}", "report")]);
    story.window("sidekick", HAIKU, 0);
    story.delegate("d1", "sidekick", brief());
    story.step("sidekick", tokens(0, 2_000, 0), &[READ]);
    if edits {
        story.step("sidekick", tokens(2_000, 0, 0), &[("edit", r#"{"path": "a.rs", "edits": []}"#, "ok")]);
    }
    story.close("d1", true, true, &[]);
    story.step(
        "main",
        tokens(1_000, 100, 0),
        &[("read", r#"{"files": [{"path": "./a.rs"}, {"path": "b.rs"}]}"#, "text")],
    );
    story.step("main", tokens(1_100, 500, 0), &[]);
    story
}

#[test]
fn what_the_caller_reads_after_its_specialist_is_waste_by_the_file() {
    let usd = Usd(250 * price(OPUS).cache_write_short);
    assert_eq!(found(&read_after_the_sidekick(false)), [(WasteKind::Reread, "read".to_owned(), 1, 250, Some(usd))]);
    assert_eq!(found(&read_after_the_sidekick(true)), [], "what was changed is reviewed, not read again");
}

#[test]
fn a_delegation_without_a_report_is_thrown_away_as_a_whole() {
    let mut story = begun();
    story.step("main", tokens(0, 1_000, 0), &[("delegate", "{}", "error: limit")]);
    story.window("sidekick", HAIKU, 0);
    story.delegate("d1", "sidekick", brief());
    story.step("sidekick", tokens(0, 2_000, 10), &[READ]);
    story.step("sidekick", tokens(2_000, 100, 10), &[READ]);
    story.close("d1", false, false, &[]);
    story.step("main", tokens(1_000, 100, 0), &[]);
    let rows = story.records().rows;
    let usd = rows[1].usd.zip(rows[2].usd).map(|(a, b)| a + b);
    let name = "delegation without a report".to_owned();
    // The repeated read in it is not counted once more.
    assert_eq!(found(&story), [(WasteKind::Abandoned, name, 1, 2_010 + 2_110, usd)]);
}

#[test]
fn an_unverified_report_is_waste_only_if_nobody_went_on_with_it() {
    let told = |after: &[(&str, &str, &str)], status: Option<SessionStatus>| {
        let mut story = begun();
        story.window("sidekick", HAIKU, 0);
        story.delegate("d1", "sidekick", brief());
        story.step("sidekick", tokens(0, 2_000, 10), &[]);
        story.close("d1", true, false, &["a.rs"]);
        story.step("main", tokens(0, 100, 0), after);
        let record = SessionRecord { status, ..story.session() };
        story.write(vec![Write::Session(record)]);
        found(&story).len()
    };
    let edit = ("edit", r#"{"path": "a.rs", "edits": []}"#, "ok");
    assert_eq!(told(&[], None), 1);
    assert_eq!(told(&[READ], Some(SessionStatus::Unverified)), 1);
    assert_eq!(told(&[edit], None), 0);
    assert_eq!(told(&[("verify", "{}", "ok")], None), 0);
    assert_eq!(told(&[], Some(SessionStatus::Verified)), 0);
}

#[test]
fn a_turn_that_was_interrupted_for_good_is_waste_and_a_running_one_is_not() {
    let mut story = begun();
    story.step("main", tokens(0, 1_000, 10), &[READ]);
    assert_eq!(found(&story), []);
    let usd = story.records().rows[0].usd;
    story.write(vec![Write::Session(SessionRecord { status: Some(SessionStatus::Interrupted), ..story.session() })]);
    let lost = [(WasteKind::Abandoned, "turn without an answer".to_owned(), 1, 1_010, usd)];
    assert_eq!(found(&story), lost);
    story.user("something else");
    story.step("main", tokens(1_000, 100, 10), &[]);
    story.write(vec![Write::Session(SessionRecord { status: Some(SessionStatus::Answered), ..story.session() })]);
    assert_eq!(found(&story), lost);
}

#[test]
fn an_unknown_price_makes_unknown_waste() {
    let mut story = begun();
    story.window("main", "no-such-model", 0);
    story.step("main", tokens(0, 10_000, 50), &[]);
    let row = LedgerRow { cache_note: Some("expired".to_owned()), ..story.row("main", tokens(0, 10_000, 20)) };
    story.called(row);
    assert_eq!(found(&story), [(WasteKind::Expiry, "expired".to_owned(), 1, 10_000, None)]);
}
