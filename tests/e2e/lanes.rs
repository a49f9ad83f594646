//! The ledger by lane, what is said of work afterwards, and the versions of the learned router, over attempts as a run writes them.

mod by_itself;

use protocol::{
    Attempt, AttemptEnd, Brain, Learned, LedgerRow, Outcome, Purpose, Route, RowOutcome, SessionId, Signals, TaskType,
    Timestamp, Usage, Usd,
};
use serde_json::Value;
use store::{AttemptFilter, InputMode, InputRecord, RouterState, SessionRecord, Store, Write};

use crate::support::Desk;

const HOUR: u64 = 3_600_000;

/// A ledger beside a repository: attempts as a run writes them, one turn after the other, in one session.
struct Ledger {
    desk: Desk,
    store: Store,
    session: SessionId,
    turns: u32,
}

fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

impl Ledger {
    fn new() -> Self {
        let desk = Desk::new();
        let store = Store::open(&desk.home).unwrap();
        let session = SessionId::from("20261121-1013-abcd");
        let record = SessionRecord {
            id: session.clone(),
            cwd: desk.root.display().to_string(),
            team_name: "tandem".to_owned(),
            team_yaml: "version: 1\n".to_owned(),
            created_at: Timestamp(now() - 200 * HOUR),
            updated_at: Timestamp(now()),
            status: None,
            title: "tasks".to_owned(),
            options_json: "{}".to_owned(),
        };
        store.commit(&session, &[Write::Session(record)]).unwrap();
        Self { desk, store, session, turns: 0 }
    }

    /// A task that began so many hours ago, tried in these lanes one after the other.
    fn task(&mut self, hours: u64, kind: TaskType, tries: &[(&str, Option<bool>)]) -> Vec<i64> {
        self.task_like(hours, kind, tries, |_| {})
    }

    fn task_like(
        &mut self,
        hours: u64,
        kind: TaskType,
        tries: &[(&str, Option<bool>)],
        change: impl Fn(&mut Attempt),
    ) -> Vec<i64> {
        self.turns += 1;
        let text = format!("Task number {}", self.turns);
        let at = Timestamp(now() - hours * HOUR);
        let input = InputRecord {
            seq: u64::from(self.turns - 1),
            text: text.clone(),
            blocks_json: "[]".to_owned(),
            mode: InputMode::Turn,
            at,
        };
        self.store.commit(&self.session, &[Write::Input(input)]).unwrap();
        let mut ids = Vec::new();
        for (n, (lane, passed)) in tries.iter().enumerate() {
            let before = n.checked_sub(1).map(|before| tries[before].0).filter(|before| before != lane);
            let mut attempt = Attempt {
                session: self.session.clone(),
                turn: self.turns,
                number: n as u32 + 1,
                task: text.clone(),
                repository: self.desk.root.display().to_string(),
                route: route(lane, kind),
                brain: Brain::new("anthropic", if *lane == "fast" { "claude-haiku-5-5" } else { "claude-opus-5-5" }),
                at: Timestamp(at.0 + n as u64),
                escalated_from: before.map(|before| (before.to_owned(), "failed_tests".to_owned())),
            };
            change(&mut attempt);
            let id = self.store.begin_attempt(&attempt).unwrap();
            self.store.end_attempt(id, &end(lane, *passed)).unwrap();
            ids.push(id);
        }
        ids
    }

    fn newest(&self, id: i64) -> Option<Outcome> {
        self.store.attempt(id).unwrap().unwrap().outcome.map(|(outcome, _)| outcome)
    }

    /// Git in the repository, as a person uses it.
    fn git(&self, arguments: &[&str]) -> String {
        let name = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
        let output = self.desk.command("git").args(name).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn commit(&self, file: &str, text: &str, message: &str) -> String {
        self.desk.file(file, text);
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }
}

fn route(lane: &str, kind: TaskType) -> Route {
    Route {
        task_type: kind,
        signals: Signals::default(),
        score: 3,
        lane: lane.to_owned(),
        reasons: vec![format!("task_type:{kind}"), "score:3".to_owned()],
        verification: vec!["cargo test".to_owned()],
        policy: "p".to_owned(),
        classifier: None,
        learned: None,
    }
}

fn end(lane: &str, passed: Option<bool>) -> AttemptEnd {
    AttemptEnd {
        ms: if lane == "fast" { 2_000 } else { 65_000 },
        usd: Some(Usd::from_dollars(if lane == "fast" { 0.01 } else { 0.10 })),
        usage: Usage { input: 100, output: 10, ..Usage::default() },
        checks: vec![("cargo test".to_owned(), passed == Some(true))],
        passed,
        failure: (passed == Some(false)).then(|| "failed_tests".to_owned()),
        plan_at_fault: false,
    }
}

const PASS: (&str, Option<bool>) = ("fast", Some(true));
const FAIL: (&str, Option<bool>) = ("fast", Some(false));
const STRONG: (&str, Option<bool>) = ("strong", Some(true));

/// Cells of the line that begins with a word.
fn cells<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with(word))
        .unwrap_or_else(|| panic!("`{word}` is missing in\n{text}"));
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn without_attempts_the_ledger_says_how_to_get_some() {
    let desk = Desk::new();
    let told = desk.agent(&["lanes"]).exits(0).says(&["no task was attempted yet", "agent run \"TASK\""]);
    assert_eq!(told.out, "");
    let json = desk.agent(&["lanes", "--json"]).exits(0).json();
    assert_eq!((&json["total"]["attempts"], &json["warnings"]), (&Value::from(0), &Value::from(Vec::<u8>::new())));
}

#[test]
fn p41_the_table_tells_of_each_lane_what_passed_escalated_was_rejected_and_what_a_passed_task_cost() {
    let mut ledger = Ledger::new();
    let first = ledger.task(1, TaskType::Docstring, &[PASS])[0];
    ledger.task(1, TaskType::BugFix, &[FAIL, FAIL, STRONG]);
    ledger.task(1, TaskType::BugFix, &[PASS]);
    ledger.store.add_outcome(first, Outcome::Rejected, Timestamp(now()), None).unwrap();
    let text = ledger.desk.agent(&["lanes"]).exits(0).out;
    assert_eq!(
        cells(&text, "fast"),
        ["fast", "4 (80 %)", "1 (25 %)", "1 (33 %)", "2.0 s", "1 (25 %)", "$0.0400", "bug_fix", "failed_tests"]
    );
    assert_eq!(
        cells(&text, "strong"),
        ["strong", "1 (20 %)", "1 (100 %)", "0", "1 min 5 s", "0", "$0.1000", "bug_fix", "-"]
    );
    assert_eq!(cells(&text, "= total")[6], "$0.0700", "two tasks stand");
    let json = ledger.desk.agent(&["lanes", "--json"]).exits(0).json();
    let fast = &json["lanes"][0];
    assert_eq!((&fast["lane"], &fast["pass_rate"], &fast["median_ms"]), (&"fast".into(), &0.25.into(), &2_000.into()));
    assert_eq!(fast["usd_per_passed_task"], 0.04);
}

#[test]
fn p42_the_columns_are_there_and_typical_use_and_common_failure_come_from_the_data() {
    let mut ledger = Ledger::new();
    ledger.task(1, TaskType::Docstring, &[PASS]);
    let text = ledger.desk.agent(&["lanes"]).exits(0).out;
    let header = cells(&text, "Lane");
    let columns = [
        "Lane",
        "Attempts",
        "Passed",
        "Escalated",
        "Median latency",
        "Rejected",
        "Cost per passed task",
        "Typical use",
        "Common failure",
    ];
    assert_eq!(header, columns);
    assert_eq!(cells(&text, "fast")[7..], ["docstring", "-"]);
}

#[test]
fn p43_a_lane_without_attempts_is_shown_with_hyphens() {
    let mut ledger = Ledger::new();
    ledger.task(1, TaskType::Docstring, &[PASS]);
    let text = ledger.desk.agent(&["lanes"]).exits(0).out;
    assert_eq!(cells(&text, "strong"), ["strong", "0", "-", "-", "-", "-", "-", "-", "-"]);
}

#[test]
fn t37_the_cost_of_each_type_of_task_stands_below() {
    let mut ledger = Ledger::new();
    ledger.task(1, TaskType::BugFix, &[FAIL, STRONG]);
    ledger.task(1, TaskType::Unknown, &[("fast", None)]);
    let text = ledger.desk.agent(&["lanes"]).exits(0).out;
    assert_eq!(cells(&text, "bug_fix"), ["bug_fix", "1", "1", "$0.1100", "$0.1100", "$0.1100"]);
    assert_eq!(cells(&text, "unknown"), ["unknown", "1", "0", "$0.0100", "$0.0100", "-"]);
}

#[test]
fn a_span_of_time_leaves_out_what_began_before() {
    let mut ledger = Ledger::new();
    ledger.task(50, TaskType::Docstring, &[PASS]);
    ledger.task(1, TaskType::Docstring, &[PASS]);
    let attempts = |more: &[&str]| {
        ledger.desk.agent(&[&["lanes", "--json"], more].concat()).exits(0).json()["total"]["attempts"].clone()
    };
    assert_eq!((attempts(&[]), attempts(&["--since", "1d"])), (2.into(), 1.into()));
    ledger.desk.agent(&["lanes", "--since", "1m"]).exits(0).says(&["in that time"]);
    ledger.desk.agent(&["lanes", "--since", "-1d"]).exits(2).says(&["write 1d"]);
}

#[test]
fn t35_the_warnings_stand_below_the_table_with_the_limits_of_the_policy_and_t39_the_types_behind_them() {
    let mut ledger = Ledger::new();
    for n in 0..5 {
        let kind = if n < 2 { TaskType::Architecture } else { TaskType::Search };
        ledger.task(72, kind, &[if n < 2 { STRONG } else { PASS }]);
    }
    let quiet = ledger.desk.agent(&["lanes"]).exits(0);
    assert!(!quiet.out.contains("warning"), "five attempts are no sample: {}", quiet.out);
    ledger.desk.file(".agent/policy.yaml", "warnings: {min_sample: 5}\n");
    let text = ledger.desk.agent(&["lanes"]).exits(0).out;
    let warning = "warning: lane strong has 40.0 % of the attempts, above the limit of 15.0 % (5 attempts in all); behind it: \
                   architecture (100 %)";
    assert!(text.contains(warning), "{text}");
    assert!(text.contains("of the dollars"), "{text}");
    ledger.desk.file(".agent/policy.yaml", "warnings: {min_sample: 5, after_hours: 73}\n");
    assert!(!ledger.desk.agent(&["lanes"]).exits(0).out.contains("warning"), "the ledger is 72 hours old");
    ledger.desk.file(".agent/policy.yaml", "warnings: {min_sample: 5, tier_share: 0.4}\n");
    let json = ledger.desk.agent(&["lanes", "--json"]).exits(0).json();
    assert_eq!(json["warnings"].as_array().unwrap().len(), 1, "exactly the limit of the attempts: {json}");
    assert_eq!(json["warnings"][0]["by"], "dollars");
}

#[test]
fn t17_t18_the_classifiers_cost_and_its_confusion_at_the_first_boundary_are_shown() {
    let mut ledger = Ledger::new();
    let labelled = |label: &'static str| move |attempt: &mut Attempt| attempt.route.classifier = Some(label.to_owned());
    ledger.task_like(1, TaskType::Search, &[PASS], labelled("low"));
    ledger.task_like(1, TaskType::Search, &[FAIL, STRONG], labelled("low"));
    ledger.task_like(1, TaskType::Search, &[PASS], labelled("high"));
    ledger.task_like(1, TaskType::Search, &[PASS], labelled("none"));
    let brain = Brain::new("anthropic", "claude-haiku-5-5");
    let row = LedgerRow {
        session: ledger.session.clone(),
        agent: "main".into(),
        window: format!("{}-classify-{brain}", ledger.session).as_str().into(),
        delegation: None,
        step: 0,
        purpose: Purpose::Auxiliary,
        brain,
        at: Timestamp(now()),
        first_token_ms: None,
        ms: 400,
        outcome: RowOutcome::Ok,
        usage: Usage { input: 200, output: 5, ..Usage::default() },
        usd: Some(Usd::from_dollars(0.0002)),
        predicted_cache_read: 0,
        cache_note: None,
        request_id: None,
    };
    ledger.store.commit(&ledger.session, &[Write::Ledger(row)]).unwrap();
    let text = ledger.desk.agent(&["lanes"]).exits(0).out;
    assert!(text.contains("Classifier: 1 call for $0.000200, 400 ms in the median."), "{text}");
    assert!(text.contains("33 % right where it is known; 1 failed, 0 overridden"), "{text}");
    assert_eq!(cells(&text, "said low"), ["said low", "1", "1", "0"]);
    assert_eq!(cells(&text, "said medium or high"), ["said medium or high", "1", "0", "0"]);
    let json = ledger.desk.agent(&["lanes", "--json"]).exits(0).json();
    assert_eq!(json["boundary"]["low"]["not_enough"], 1);
    assert_eq!(json["classifier_overhead"]["usd"], 0.0002);
}

#[test]
fn p44_a_late_rejection_is_written_beside_the_last_attempt_of_the_turn_it_is_about() {
    let mut ledger = Ledger::new();
    let escalated = ledger.task(3, TaskType::BugFix, &[FAIL, STRONG]);
    let last = ledger.task(2, TaskType::Docstring, &[PASS])[0];
    let agent = |arguments: &[&str]| ledger.desk.agent(&[&["outcome"], arguments].concat());
    let told = agent(&["20261121", "--rejected", "--note", "wrong layer"]).exits(0);
    assert!(told.out.contains("turn 2, attempt 1 in lane fast: rejected: wrong layer"), "{}", told.out);
    assert_eq!((ledger.newest(last), ledger.newest(escalated[1])), (Some(Outcome::Rejected), None));
    let json = agent(&["-", "--reverted", "--turn", "1", "--json"]).exits(0).json();
    let written = &json["written"][0];
    assert_eq!((&written["attempt"], &written["outcome"]), (&escalated[1].into(), &"reverted".into()));
    assert_eq!((ledger.newest(escalated[0]), ledger.newest(escalated[1])), (None, Some(Outcome::Reverted)));
    agent(&["--accepted"]).exits(0);
    assert_eq!(ledger.newest(last), Some(Outcome::Accepted), "the newest word counts");
    assert_eq!(ledger.store.outcomes(last).unwrap().len(), 2, "and the older one stays");
    let lanes = ledger.desk.agent(&["lanes", "--json"]).exits(0).json();
    assert_eq!((&lanes["lanes"][0]["rejected"], &lanes["lanes"][1]["rejected"]), (&0.into(), &1.into()));
}

#[test]
fn what_cannot_be_said_is_refused_with_what_can() {
    let mut ledger = Ledger::new();
    let agent = |ledger: &Ledger, arguments: &[&str]| ledger.desk.agent(&[&["outcome"], arguments].concat()).exits(2);
    agent(&ledger, &["2026", "--accepted"]).says(&["session 20261121-1013-abcd has no attempt", "agent lanes"]);
    ledger.task(1, TaskType::BugFix, &[PASS]);
    agent(&ledger, &["nobody", "--rejected"]).says(&["no session begins with `nobody`", "agent sessions list"]);
    agent(&ledger, &["-", "--rejected", "--turn", "7"]).says(&["no attempt in turn 7; it has some in 1"]);
    agent(&ledger, &["-"]).says(&["--accepted", "--rejected", "--reverted", "--from-git"]);
    agent(&ledger, &["-", "--accepted", "--rejected"]).says(&["cannot be used with"]);
    agent(&ledger, &["-", "--rejected", "--turn", "0"]).says(&["--turn"]);
    assert_eq!(ledger.store.attempts(&AttemptFilter::default()).unwrap()[0].outcome, None);
}

#[test]
fn p44_a_revert_in_git_is_seen_once_and_taken_back_when_it_is_itself_reverted() {
    let mut ledger = Ledger::new();
    let id = ledger.task(1, TaskType::BugFix, &[PASS])[0];
    let from_git = |ledger: &Ledger| ledger.desk.agent(&["outcome", "-", "--from-git"]).exits(0);
    from_git(&ledger).says(&["nothing new"]);
    let trailer = format!("Mend it\n\nChecked with cargo test.\n\nTandem-Session: {}", ledger.session);
    let work = ledger.commit("src/lib.rs", "pub fn answer() -> u32 {\n    42\n}\n", &trailer);
    ledger.commit("other.txt", "x", "Something of a person's");
    from_git(&ledger).says(&["nothing new"]);
    assert_eq!(ledger.newest(id), None);

    ledger.git(&["revert", "--no-edit", &work]);
    let revert = ledger.git(&["rev-parse", "HEAD"]);
    let told = from_git(&ledger);
    assert!(
        told.out.contains(&format!("turn 1, attempt 1 in lane fast: reverted: {work} reverted by {revert}")),
        "{}",
        told.out
    );
    assert_eq!(ledger.newest(id), Some(Outcome::Reverted));
    from_git(&ledger).says(&["nothing new"]);
    assert_eq!(ledger.store.outcomes(id).unwrap().len(), 1);

    ledger.git(&["revert", "--no-edit", &revert]);
    assert!(from_git(&ledger).out.contains("accepted"));
    assert_eq!(ledger.newest(id), Some(Outcome::Accepted));
    from_git(&ledger).says(&["nothing new"]);
    // A person's own word is not taken back by git.
    ledger.desk.agent(&["outcome", "-", "--rejected"]).exits(0);
    from_git(&ledger).says(&["nothing new"]);
    assert_eq!(ledger.newest(id), Some(Outcome::Rejected));
}

#[test]
fn a_folder_without_git_is_told_what_to_do() {
    let mut ledger = Ledger::new();
    ledger.task(1, TaskType::BugFix, &[PASS]);
    std::fs::remove_dir_all(ledger.desk.root.join(".git")).unwrap();
    ledger.desk.agent(&["outcome", "-", "--from-git"]).exits(2).says(&["not a git repository", "--reverted"]);
}

/// A signed commit, in a repository whose own settings would have its signature shown, by a program of its choice.
#[cfg(unix)]
#[test]
fn looking_for_reverts_starts_no_program_that_the_repository_names() {
    use std::os::unix::fs::PermissionsExt;
    let mut ledger = Ledger::new();
    ledger.task(1, TaskType::BugFix, &[PASS]);
    let ran = ledger.desk.base().join("ran");
    let program = ledger.desk.aside("gpg.sh", &format!("#!/bin/sh\ntouch {}\n", ran.display()));
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    ledger.git(&["config", "log.showSignature", "true"]);
    ledger.git(&["config", "gpg.program", &program]);
    let plain = ledger.git(&["cat-file", "commit", "HEAD"]);
    let signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n AAAA\n -----END PGP SIGNATURE-----\n\n";
    let signed = ledger.desk.aside("signed", &format!("{}\n", plain.replacen("\n\n", &format!("\n{signature}"), 1)));
    let id = ledger.git(&["hash-object", "-t", "commit", "-w", &signed]);
    ledger.git(&["update-ref", "HEAD", &id]);
    ledger.desk.agent(&["outcome", "-", "--from-git"]).exits(0);
    assert!(!ran.exists());
    // It would have: a plain log does.
    ledger.git(&["log", "--format=%H"]);
    assert!(ran.exists());
}

/// Docstrings pass in the fast lane, features do not: what a router can learn from the type of task alone.
fn learnable(ledger: &mut Ledger, hours: u64, tasks: u32, change: impl Fn(u32, &mut Attempt)) {
    for n in 0..tasks {
        let (kind, fast) = if n % 2 == 0 { (TaskType::Docstring, PASS) } else { (TaskType::Feature, FAIL) };
        let tries: &[(&str, Option<bool>)] = match n % 4 {
            0 | 1 => &[fast],
            _ => &[STRONG],
        };
        ledger.task_like(hours, kind, tries, |attempt| change(n, attempt));
    }
}

#[test]
fn the_router_needs_outcomes_and_says_so() {
    let ledger = Ledger::new();
    ledger.desk.agent(&["router", "show"]).exits(0).says(&["agent router train"]);
    ledger.desk.agent(&["router", "eval"]).exits(0).says(&["agent router train"]);
    ledger.desk.agent(&["router", "train"]).exits(2).says(&["too few", "agent lanes"]);
    ledger.desk.agent(&["router", "reset"]).exits(0).says(&["0 versions retired"]);
    assert_eq!(ledger.store.router_models().unwrap(), []);
}

#[test]
fn a_new_version_is_in_the_shadow_first_and_a_reset_retires_it() {
    let mut ledger = Ledger::new();
    learnable(&mut ledger, 100, 200, |_, _| {});
    ledger.task(99, TaskType::Search, &[("fast", None)]);
    let told = ledger.desk.agent(&["router", "train", "--json"]).exits(0).json();
    assert_eq!((&told["version"], &told["state"], &told["trained_on"]), (&1.into(), &"shadow".into(), &200.into()));
    assert_eq!(told["left_out"], 1, "nothing could tell what came of it");
    assert_eq!(told["lanes"][0]["evidence"]["signal"], true, "{told}");
    let shown = ledger.desk.agent(&["router", "show"]).exits(0).out;
    assert!(shown.contains("version 1: shadow since") && shown.contains("trained on 200 outcomes"), "{shown}");
    assert_eq!(cells(&shown, "fast")[..2], ["fast", "100"]);
    // Nothing was logged since: it stays where it is.
    let eval = ledger.desk.agent(&["router", "eval"]).exits(0).out;
    assert!(eval.contains("stays: nothing that it has a say in was logged"), "{eval}");
    assert_eq!(ledger.store.router_in(RouterState::Current).unwrap(), None);
    ledger.desk.agent(&["router", "train"]).exits(0);
    let states: Vec<_> = ledger.store.router_models().unwrap().iter().map(|one| one.state).collect();
    assert_eq!(states, [RouterState::Retired, RouterState::Shadow], "one in the shadow at most");
    ledger.desk.agent(&["router", "reset"]).exits(0).says(&["1 version retired"]);
    let versions = ledger.desk.agent(&["router", "show", "--json"]).exits(0).json();
    assert_eq!(versions["versions"][1]["state"], "retired");
}

/// What was drawn at random, with its chance, beside what the router would have said.
fn drawn(attempt: &mut Attempt) {
    attempt.route.learned = Some(Learned {
        version: 1,
        lane: attempt.route.lane.clone(),
        success: [("fast".to_owned(), 0.5)].into(),
        confidence: 0.5,
        propensity: 0.5,
        shadow: false,
    });
}

#[test]
fn a_version_is_taken_only_when_what_was_logged_since_shows_it_to_be_better_and_a_dry_run_changes_nothing() {
    let mut ledger = Ledger::new();
    // The policy would send these features to the strong lane, at ten times the price; in the fast lane they pass as well.
    let cheap = |ledger: &mut Ledger, hours: u64, tasks: u32| {
        for n in 0..tasks {
            let tries = if n % 2 == 0 { PASS } else { STRONG };
            ledger.task_like(hours, TaskType::Feature, &[tries], drawn);
        }
    };
    ledger.desk.agent_with(&[], &["policy", "check"], "").exits(0);
    cheap(&mut ledger, 100, 200);
    ledger.desk.agent(&["router", "train"]).exits(0);
    let early = ledger.desk.agent(&["router", "eval"]).exits(0).out;
    assert!(early.contains("stays"), "{early}");
    // From now on: later than the version.
    cheap(&mut ledger, 0, 30);
    let few = ledger.desk.agent(&["router", "eval"]).exits(0).out;
    assert!(few.contains("30 attempts were logged since, 100 are needed"), "{few}");
    cheap(&mut ledger, 0, 170);
    let dry = ledger.desk.agent(&["router", "eval", "--dry-run"]).exits(0);
    assert!(dry.out.contains("taken: better on what was logged"), "{}", dry.out);
    assert_eq!(ledger.store.router_in(RouterState::Current).unwrap(), None);
    let json = ledger.desk.agent(&["router", "eval", "--json"]).exits(0).json();
    let verdict = &json["verdicts"][0];
    assert_eq!((&verdict["becomes"], &verdict["against"]), (&"current".into(), &"the policy alone".into()));
    assert!(
        verdict["estimate"]["gain"].as_f64().unwrap() > 0.0 && verdict["chance_of_better"].as_f64().unwrap() > 0.95
    );
    assert_eq!(ledger.store.router_in(RouterState::Current).unwrap().unwrap().version, 1);
    // It serves, and now the fast lane fails: it goes by itself.
    for _ in 0..120 {
        ledger.task_like(0, TaskType::Feature, &[FAIL], drawn);
    }
    let gone = ledger.desk.agent(&["router", "eval"]).exits(0).out;
    assert!(gone.contains("retired: worse than what it replaced"), "{gone}");
    assert_eq!(ledger.store.router_in(RouterState::Current).unwrap(), None);
}
