use std::collections::BTreeMap;

use proptest::prelude::*;
use protocol::{
    Attempt, AttemptEnd, Brain, LedgerRow, Outcome, Purpose, Route, RowOutcome, SessionId, Signals, TaskType,
    Timestamp, Usage, Usd,
};
use store::AttemptRecord;

use super::*;

const HOUR: u64 = 3_600_000;
const NOW: Timestamp = Timestamp(1_000 * HOUR);
const WEEK: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Attempts in the order they are added; each `task` is a new turn.
#[derive(Default)]
struct Book {
    records: Vec<AttemptRecord>,
    turn: u32,
    at: u64,
}

impl Book {
    /// A ledger that begins so many hours ago.
    fn hours_ago(hours: u64) -> Self {
        Self { at: NOW.0 - hours * HOUR, ..Self::default() }
    }

    /// The first attempt at a new task, unlike all others.
    fn task(&mut self, lane: &str, kind: TaskType, passed: Option<bool>) -> &mut AttemptRecord {
        self.turn += 1;
        let record = self.record(lane, kind, passed);
        self.push(record)
    }

    /// The next attempt of the same turn.
    fn next(&mut self, lane: &str, passed: Option<bool>) -> &mut AttemptRecord {
        let before = self.records.last().unwrap().clone();
        let from = before.attempt.route.lane.clone();
        let mut record = self.record(lane, before.attempt.route.task_type, passed);
        record.attempt.number = before.attempt.number + 1;
        record.attempt.escalated_from = (from != lane).then(|| (from, "failed_tests".to_owned()));
        self.push(record)
    }

    fn push(&mut self, record: AttemptRecord) -> &mut AttemptRecord {
        self.records.push(record);
        self.records.last_mut().unwrap()
    }

    fn record(&self, lane: &str, kind: TaskType, passed: Option<bool>) -> AttemptRecord {
        let route = Route {
            task_type: kind,
            signals: Signals::default(),
            score: 1,
            lane: lane.to_owned(),
            reasons: Vec::new(),
            verification: Vec::new(),
            policy: "p".to_owned(),
            classifier: None,
            learned: None,
        };
        let attempt = Attempt {
            session: SessionId::from("s"),
            turn: self.turn,
            number: 1,
            task: format!("task {}", self.turn),
            repository: "/repo".to_owned(),
            route,
            brain: Brain::new("anthropic", "claude-haiku-5-5"),
            at: Timestamp(self.at + self.records.len() as u64),
            escalated_from: None,
        };
        let end = AttemptEnd {
            ms: 1_000,
            usd: Some(Usd::from_dollars(0.10)),
            usage: Usage::default(),
            checks: Vec::new(),
            passed,
            failure: (passed == Some(false)).then(|| "failed_tests".to_owned()),
            plan_at_fault: false,
        };
        AttemptRecord { id: self.records.len() as i64, attempt, end: Some(end), outcome: None }
    }

    fn report(&self) -> Report {
        self.report_with(Limits::default())
    }

    fn report_with(&self, limits: Limits) -> Report {
        report(&self.records, &Frame { lanes: &lanes(), since: None, window: WEEK, now: NOW, limits })
    }
}

fn lanes() -> Vec<String> {
    ["fast", "strong"].map(str::to_owned).to_vec()
}

fn said(record: &mut AttemptRecord, outcome: Outcome) {
    record.outcome = Some((outcome, NOW));
}

fn end(record: &mut AttemptRecord) -> &mut AttemptEnd {
    record.end.as_mut().unwrap()
}

fn usd(dollars: f64) -> Option<Usd> {
    Some(Usd::from_dollars(dollars))
}

/// Fast: three tasks, of which one passed at once, one passed after a retry in the lane, one escalated and passed there.
fn three_ways() -> Book {
    let mut book = Book::hours_ago(1);
    book.task("fast", TaskType::Docstring, Some(true));
    book.task("fast", TaskType::BugFix, Some(false));
    book.next("fast", Some(true));
    book.task("fast", TaskType::BugFix, Some(false));
    book.next("fast", Some(false));
    book.next("strong", Some(true));
    book
}

#[test]
fn p41_a_lane_tells_pass_rate_escalation_rate_latency_rejections_and_cost_per_passed_task() {
    let mut book = three_ways();
    for (record, ms) in book.records.iter_mut().zip([1, 2, 3, 4, 100, 7]) {
        end(record).ms = ms;
    }
    said(&mut book.records[0], Outcome::Rejected);
    let report = book.report();
    let fast = &report.lanes[0];
    assert_eq!((fast.lane.as_str(), fast.attempts, fast.tasks), ("fast", 5, 3));
    assert_eq!((fast.passed, fast.pass_rate), (1, Some(0.2)), "a rejected one did not");
    assert_eq!((fast.escalated, fast.escalation_rate), (1, Some(1.0 / 3.0)), "a task escalates once");
    assert_eq!(fast.median_ms, Some(3));
    assert_eq!((fast.rejected, fast.rejection_rate), (1, Some(0.2)));
    // Five attempts were paid; of the two tasks that passed here one was rejected.
    assert_eq!((fast.usd, fast.usd_per_passed_task), (usd(0.5), usd(0.5)));
    let strong = &report.lanes[1];
    assert_eq!((strong.attempts, strong.pass_rate, strong.escalation_rate), (1, Some(1.0), Some(0.0)));
    assert_eq!(strong.usd_per_passed_task, usd(0.1));
    // All together: three tasks, two of which stand, and every failed attempt is in their price.
    assert_eq!((report.total.tasks, report.total.attempts, report.total.escalated), (3, 6, 1));
    assert_eq!(report.total.usd_per_passed_task, usd(0.3));
}

#[test]
fn p41_what_nothing_could_tell_is_no_failure_and_an_unknown_price_no_zero() {
    let mut book = Book::hours_ago(1);
    book.task("fast", TaskType::Search, None);
    end(book.task("fast", TaskType::Search, Some(true))).usd = None;
    book.task("fast", TaskType::Search, None).end = None;
    let fast = &book.report().lanes[0];
    assert_eq!((fast.attempts, fast.judged, fast.pass_rate), (3, 1, Some(1.0)));
    assert_eq!((fast.usd, fast.usd_at_least, fast.usd_per_passed_task), (None, Usd::from_dollars(0.1), None));
}

#[test]
fn p41_a_review_counts_as_a_rejection_until_a_person_says_otherwise() {
    let mut book = Book::hours_ago(1);
    let record = book.task("fast", TaskType::Feature, Some(false));
    end(record).failure = Some("review_rejected".to_owned());
    assert_eq!(book.report().lanes[0].rejected, 1);
    said(&mut book.records[0], Outcome::Accepted);
    assert_eq!(book.report().lanes[0].rejected, 0);
    said(&mut book.records[0], Outcome::Reverted);
    assert_eq!(book.report().lanes[0].rejected, 1);
}

#[test]
fn p42_typical_use_and_common_failure_are_the_most_frequent_and_ties_have_an_order() {
    let mut book = three_ways();
    let report = book.report();
    assert_eq!(report.lanes[0].typical_use, Some(TaskType::BugFix));
    assert_eq!(report.lanes[0].common_failure.as_deref(), Some("failed_tests"));
    assert_eq!((report.lanes[1].typical_use, &report.lanes[1].common_failure), (Some(TaskType::BugFix), &None));
    // A late rejection is a failure as well.
    said(&mut book.records[5], Outcome::Reverted);
    assert_eq!(book.report().lanes[1].common_failure.as_deref(), Some("reverted"));
    let mut tie = Book::hours_ago(1);
    for kind in [TaskType::Unknown, TaskType::Tests, TaskType::Search] {
        tie.task("fast", kind, Some(false));
    }
    end(&mut tie.records[0]).failure = Some("weak_checks".to_owned());
    end(&mut tie.records[1]).failure = Some("no_patch".to_owned());
    end(&mut tie.records[2]).failure = None;
    let fast = &tie.report().lanes[0];
    assert_eq!((fast.typical_use, fast.common_failure.as_deref()), (Some(TaskType::Search), Some("no_patch")));
}

#[test]
fn p43_the_median_of_an_even_count_is_the_middle_of_two_and_of_none_there_is_none() {
    assert_eq!(median(vec![]), None);
    assert_eq!(median(vec![7]), Some(7));
    assert_eq!(median(vec![9, 1]), Some(5));
    assert_eq!(median(vec![4, 1, 3, 2]), Some(2), "half milliseconds are dropped");
    assert_eq!(median(vec![u64::MAX, u64::MAX]), Some(u64::MAX));
    let empty = Book::default().report();
    let names: Vec<&str> = empty.lanes.iter().map(|row| row.lane.as_str()).collect();
    assert_eq!(names, ["fast", "strong"], "a lane that was not used is told of");
    for row in empty.lanes.iter().chain([&empty.total]) {
        assert_eq!(
            (row.median_ms, row.pass_rate, row.escalation_rate, row.usd_per_passed_task),
            (None, None, None, None)
        );
    }
    assert!(empty.warnings.is_empty() && empty.boundary.is_none() && empty.task_types.is_empty());
}

#[test]
fn p44_a_late_rejection_changes_the_row_of_its_attempt_and_no_other() {
    let mut book = three_ways();
    let before = book.report();
    said(&mut book.records[5], Outcome::Rejected);
    let after = book.report();
    assert_eq!(after.lanes[0], before.lanes[0]);
    assert_eq!((before.lanes[1].rejected, after.lanes[1].rejected), (0, 1));
    assert_eq!((before.lanes[1].passed, after.lanes[1].passed), (1, 0));
    assert_eq!(after.lanes[1].usd_per_passed_task, None);
}

#[test]
fn a_lane_that_the_policy_no_longer_has_is_told_of_after_those_it_has() {
    let mut book = three_ways();
    book.task("tier2", TaskType::Feature, Some(true));
    let report = book.report();
    assert_eq!(report.lanes.iter().map(|row| row.lane.as_str()).collect::<Vec<_>>(), ["fast", "strong", "tier2"]);
}

#[test]
fn t17_the_classifiers_calls_are_shown_as_an_overhead_in_dollars_and_time() {
    let row = |window: &str, purpose: Purpose, dollars: Option<f64>| LedgerRow {
        session: SessionId::from("s"),
        agent: "main".into(),
        window: window.into(),
        delegation: None,
        step: 0,
        purpose,
        brain: Brain::new("anthropic", "claude-haiku-5-5"),
        at: NOW,
        first_token_ms: None,
        ms: 350,
        outcome: RowOutcome::Ok,
        usage: Usage::default(),
        usd: dollars.map(Usd::from_dollars),
        predicted_cache_read: 0,
        cache_note: None,
        request_id: None,
    };
    let own = row("s-classify-anthropic/claude-haiku-5-5", Purpose::Auxiliary, Some(0.002));
    let others = [row("s-review-x", Purpose::Auxiliary, Some(1.0)), row("s-classify-x", Purpose::Step, Some(1.0))];
    let mut rows = vec![own.clone(), own.clone()];
    rows.extend(others);
    let overhead = Overhead::of(&rows).unwrap();
    assert_eq!((overhead.calls, overhead.usd, overhead.median_ms), (2, usd(0.004), Some(350)));
    rows.push(row("s-classify-x", Purpose::Auxiliary, None));
    assert_eq!(Overhead::of(&rows).unwrap().usd, None, "an unknown price is no zero");
    assert_eq!(Overhead::of(&rows[2..4]), None);
}

#[test]
fn t18_the_boundary_of_the_first_lane_is_judged_by_what_happened() {
    let mut book = Book::hours_ago(1);
    let mut labelled = |label: &str, lane: &str, passed: Option<bool>| {
        let record = book.task(lane, TaskType::Search, passed);
        record.attempt.route.classifier = Some(label.to_owned());
        book.records.len() - 1
    };
    labelled("low", "fast", Some(true));
    let rejected = labelled("low", "fast", Some(true));
    labelled("high", "fast", Some(true));
    labelled("medium", "strong", Some(true));
    labelled("low", "fast", None);
    labelled("none", "fast", Some(true));
    let away = labelled("medium", "strong", Some(true));
    labelled("low", "fast", Some(false));
    book.next("strong", Some(true));
    book.task("fast", TaskType::Search, Some(true));
    said(&mut book.records[rejected], Outcome::Rejected);
    book.records[away].attempt.route.reasons = vec!["score:3".to_owned(), format!("{OVERRIDE}fast")];
    let boundary = book.report().boundary.unwrap();
    assert_eq!(boundary.low, Judged { enough: 1, not_enough: 2, unknown: 1 });
    assert_eq!(boundary.above, Judged { enough: 1, not_enough: 1, unknown: 1 });
    assert_eq!((boundary.failed, boundary.overridden), (1, 1));
    assert_eq!(boundary.right(), Some(0.4));
}

#[test]
fn t34_the_distribution_over_lanes_adds_up_by_attempts_and_by_dollars() {
    let mut book = three_ways();
    end(&mut book.records[5]).usd = usd(0.5);
    let report = book.report();
    let shares =
        |of: fn(&Row) -> Option<f64>| -> Vec<f64> { report.lanes.iter().map(|row| of(row).unwrap()).collect() };
    assert_eq!(shares(|row| row.attempt_share), [5.0 / 6.0, 1.0 / 6.0]);
    assert_eq!(shares(|row| row.usd_share), [0.5, 0.5]);
}

/// A ledger of so many attempts, these many of them in the last lane, at the same price.
fn shared(hours: u64, of: usize, strong: usize) -> Book {
    let mut book = Book::hours_ago(hours);
    for n in 0..of {
        let kind = [TaskType::BugFix, TaskType::BugFix, TaskType::Feature][n % 3];
        book.task(if n < strong { "strong" } else { "fast" }, kind, Some(true));
    }
    book
}

fn measures(warnings: &[Warning]) -> Vec<Measure> {
    let by = |warning: &Warning| match warning {
        Warning::TierShare { by, .. } => Some(*by),
        Warning::Spike { .. } => None,
    };
    warnings.iter().filter_map(by).collect()
}

#[test]
fn t35_the_last_lanes_share_warns_above_the_limit_and_not_at_it_by_attempts_and_by_dollars() {
    assert_eq!(shared(100, 100, 15).report().warnings, [], "exactly 15.0 %");
    assert_eq!(measures(&shared(100, 100, 16).report().warnings), [Measure::Calls, Measure::Dollars]);
    // A few dear attempts are many dollars.
    let mut dear = shared(100, 100, 5);
    dear.records.iter_mut().take(5).for_each(|record| end(record).usd = usd(1.0));
    assert_eq!(measures(&dear.report().warnings), [Measure::Dollars]);
    // Exactly 15 % of the dollars: 15 of 100.
    let mut even = shared(100, 100, 15);
    even.records.iter_mut().for_each(|record| end(record).usd = usd(1.0));
    assert_eq!(even.report().warnings, []);
    // One lane only has nothing to be compared with.
    let only = shared(100, 100, 100);
    let alone = ["strong".to_owned()];
    let frame = Frame { lanes: &alone, since: None, window: WEEK, now: NOW, limits: Limits::default() };
    assert_eq!(report(&only.records, &frame).warnings, []);
}

#[test]
fn t35_below_the_minimum_sample_nothing_is_judged() {
    assert_eq!(shared(100, 49, 49).report().warnings, []);
    assert!(!shared(100, 50, 50).report().warnings.is_empty());
    let few = Limits { min_sample: 1, ..Limits::default() };
    assert!(!shared(100, 1, 1).report_with(few).warnings.is_empty());
}

#[test]
fn t36_a_share_is_judged_from_48_hours_after_the_first_attempt_by_the_given_clock() {
    let book = shared(48, 60, 60);
    let at = |now: u64| {
        let frame =
            Frame { lanes: &lanes(), since: None, window: WEEK, now: Timestamp(now), limits: Limits::default() };
        report(&book.records, &frame).warnings
    };
    assert_eq!(at(NOW.0 - 1), []);
    assert!(!at(NOW.0).is_empty());
    // The table may be of the last hours only; how long the ledger has been kept is another matter.
    let late = Timestamp(NOW.0 - 48 * HOUR + 5);
    let lanes = lanes();
    let mut frame = Frame { lanes: &lanes, since: Some(late), window: WEEK, now: NOW, limits: Limits::default() };
    let report_since = report(&book.records, &frame);
    assert_eq!(report_since.total.attempts, 55);
    assert!(!report_since.warnings.is_empty());
    frame.limits.after_hours = 49;
    assert_eq!(report(&book.records, &frame).warnings, []);
}

#[test]
fn t37_every_type_of_task_has_its_cost_and_the_unknown_is_one_of_them() {
    let mut book = three_ways();
    book.task("strong", TaskType::Unknown, Some(false));
    let rows = book.report().task_types;
    let seen: Vec<_> = rows.iter().map(|row| (row.task_type, row.tasks, row.attempts, row.passed, row.usd)).collect();
    let expected = [
        (TaskType::BugFix, 2, 5, 2, usd(0.5)),
        (TaskType::Docstring, 1, 1, 1, usd(0.1)),
        (TaskType::Unknown, 1, 1, 0, usd(0.1)),
    ];
    assert_eq!(seen, expected);
    assert_eq!((rows[0].usd_per_task, rows[0].usd_per_passed_task), (usd(0.25), usd(0.25)));
    assert_eq!((rows[2].usd_per_task, rows[2].usd_per_passed_task), (usd(0.1), None));
}

/// Two windows of so many tasks in the fast lane; some of them were taken to another lane by a person.
fn windows(tasks: usize, before: usize, last: usize) -> Book {
    let mut book = Book::hours_ago(2 * 7 * 24);
    for (begins, overridden) in [(2 * 7 * 24, before), (7 * 24, last)] {
        book.at = NOW.0 - begins * HOUR - book.records.len() as u64;
        for n in 0..tasks {
            let kind = [TaskType::Tests, TaskType::Tests, TaskType::Review, TaskType::Search, TaskType::Feature][n % 5];
            let lane = if n < overridden { "strong" } else { "fast" };
            let record = book.task(lane, kind, Some(true));
            if n < overridden {
                record.attempt.route.reasons.push(format!("{OVERRIDE}fast"));
            }
        }
    }
    book
}

fn spikes(report: &Report) -> Vec<&Warning> {
    report.warnings.iter().filter(|warning| matches!(warning, Warning::Spike { .. })).collect()
}

#[test]
fn t38_retries_and_overrides_are_counted_per_hundred_tasks_of_the_lane_they_speak_of() {
    let mut book = Book::hours_ago(30);
    book.task("fast", TaskType::Tests, Some(false));
    book.next("strong", Some(true));
    // The same again an hour later: the lane that had the last word is the one that did not satisfy.
    book.at += HOUR;
    book.task("fast", TaskType::Tests, Some(true)).attempt.task = "task 1".to_owned();
    // More than a day later it is a task that comes again.
    book.at += 25 * HOUR;
    book.task("fast", TaskType::Tests, Some(true)).attempt.task = "task 1".to_owned();
    let quality = book.report().quality;
    assert_eq!((quality[0].tasks, quality[0].complaints, quality[0].per_hundred), (2, 0, Some(0.0)));
    assert_eq!((quality[1].tasks, quality[1].complaints, quality[1].per_hundred), (1, 1, Some(100.0)));
    // Elsewhere it is another task.
    let mut other = Book::hours_ago(2);
    other.task("fast", TaskType::Tests, Some(true));
    let again = other.task("fast", TaskType::Tests, Some(true));
    again.attempt.task = "task 1".to_owned();
    again.attempt.repository = "/other".to_owned();
    assert_eq!(other.report().quality[0].complaints, 0);
}

#[test]
fn t38_a_spike_against_the_window_before_is_an_alarm_from_the_factor_on() {
    let quiet = windows(60, 6, 11).report();
    assert_eq!((quiet.quality[0].complaints, quiet.quality[0].per_hundred_before), (11, Some(10.0)));
    assert_eq!(spikes(&quiet), [] as [&Warning; 0]);
    let loud = windows(60, 6, 12).report();
    assert_eq!(spikes(&loud).len(), 1);
    assert!(matches!(spikes(&loud)[0], Warning::Spike { lane, complaints: 12, tasks: 60, .. } if lane == "fast"));
    assert!(spikes(&windows(49, 5, 40).report()).is_empty(), "too few tasks");
    // Nothing before, then one of 60: not yet; then two.
    assert!(spikes(&windows(60, 0, 1).report()).is_empty());
    assert_eq!(spikes(&windows(60, 0, 2).report()).len(), 1);
    // The window's edges: what began a window ago is in it, a millisecond earlier it is not.
    let edge = windows(1, 0, 0).report();
    assert_eq!((edge.quality[0].tasks, edge.quality[0].tasks_before), (1, 1));
}

#[test]
fn t39_an_alarm_carries_the_three_types_of_task_that_are_most_behind_it() {
    let report = windows(60, 0, 20).report();
    let text = spikes(&report)[0].to_string();
    assert_eq!(
        text,
        "lane fast had 33.3 retries and overrides per 100 tasks (20 of 60), 0.0 in the window before; behind it: tests (40 %), \
         search (20 %), feature (20 %)"
    );
    let shares = shared(100, 100, 20).report();
    let texts: Vec<String> = shares.warnings.iter().map(Warning::to_string).collect();
    assert_eq!(
        texts[0],
        "lane strong has 20.0 % of the attempts, above the limit of 15.0 % (100 attempts in all); behind it: bug_fix (70 %), \
         feature (30 %)"
    );
    assert!(texts[1].contains("of the dollars"), "{texts:?}");
    let json = serde_json::to_value(&shares.warnings[0]).unwrap();
    assert_eq!(
        (&json["kind"], &json["by"], &json["task_types"][0]["task_type"]),
        (&"tier_share".into(), &"calls".into(), &"bug_fix".into())
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever was recorded, in whatever order: counts fit each other, rates are shares, lanes add up to the total.
    #[test]
    fn any_ledger_gives_rates_between_nothing_and_all_and_lanes_that_add_up(
        rows in proptest::collection::vec((0..3_usize, 0..12_usize, proptest::option::of(any::<bool>()), 1..4_u32, 0..5_u64), 0..60)
    ) {
        let mut book = Book::hours_ago(300);
        for (lane, kind, passed, turn, ms) in rows {
            book.turn = turn - 1;
            let record = book.task(["fast", "strong", "other"][lane], TaskType::ALL[kind], passed);
            record.end.as_mut().unwrap().ms = ms;
            if ms == 4 { record.end = None }
            if ms == 3 { record.outcome = Some((Outcome::Reverted, NOW)) }
        }
        let report = book.report_with(Limits { min_sample: 1, ..Limits::default() });
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for row in &report.lanes {
            for (name, value) in [("attempts", row.attempts), ("passed", row.passed), ("rejected", row.rejected)] {
                *sums.entry(name).or_default() += value;
            }
            for rate in [row.pass_rate, row.escalation_rate, row.rejection_rate, row.attempt_share, row.usd_share].into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&rate), "{row:?}");
            }
        }
        prop_assert_eq!(sums["attempts"], report.total.attempts);
        prop_assert_eq!(sums["passed"], report.total.passed);
        prop_assert_eq!(sums["rejected"], report.total.rejected);
        prop_assert_eq!(report.task_types.iter().map(|row| row.attempts).sum::<u64>(), report.total.attempts);
        prop_assert!(!report.warnings.iter().any(|warning| warning.to_string().contains("NaN")));
    }
}
