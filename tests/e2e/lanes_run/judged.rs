//! What decides over an attempt: how much its checks prove, whether there is a change, what an independent reviewer says.

use super::{
    FAST, MARKER, SMALL, STRONG, Stage, TEAM, aside, body, change, changes, done, holds, takes_over, unchecked,
};

#[test]
fn p29_checks_that_prove_little_do_not_end_a_task_in_the_fast_lane() {
    let team = TEAM.replace("{name: answer, command: sh check.sh}", "{name: snapshot-only, command: sh check.sh}");
    let strong = "- say: It holds.\n";
    let stage = Stage::new(&changes("41", "42"), strong).team(&team);
    stage.run(SMALL, &[]).exits(0).says(&["escalated:fast:weak_checks"]);
    assert_eq!(stage.rows(), ["fast 1 passed", "strong 2 passed"]);
    holds(&stage.asked("strong")[0], &["weak_checks", "+    42"]);
    assert!(!body(&stage.asked("strong")[0]).contains(MARKER));
}

#[test]
fn p30_work_that_nothing_checked_leads_to_the_strong_lane() {
    // It was asked for nothing that changes a file, so nobody knew before that there would be something to check.
    let stage = Stage::new(&changes("41", "42"), "- say: It holds.\n").team(&unchecked());
    let ended =
        stage.run("Show me the answer.", &[]).exits(1).says(&["verification: none", "escalated:fast:no_checks"]);
    assert_eq!(stage.rows(), ["fast 1 no_checks", "strong 2 no_checks"]);
    ended.says(&["result: no_checks"]);
    holds(&stage.asked("strong")[0], &["no_checks", "+    42"]);
}

#[test]
fn p30_a_change_that_nothing_checked_stays_in_its_lane_where_the_policy_does_not_mind() {
    let stage = Stage::new(&changes("41", "42"), "").team(&unchecked());
    let policy = stage.policy("routing: {escalate_on: [failed_tests]}\n");
    stage.run(SMALL, &["--policy", &policy]).exits(1);
    assert_eq!(stage.rows(), ["fast 1 no_checks"]);
}

#[test]
fn p30_a_question_that_changes_nothing_needs_no_checks() {
    let stage = Stage::new("- calls: [{tool: read, args: {files: [{path: src/lib.rs}]}}]\n- say: In src.\n", "");
    let ended = stage.run("Show me where the answer is.", &[]).exits(0);
    assert_eq!(stage.models(), [FAST; 2]);
    assert_eq!(stage.rows(), ["fast 1 answered"]);
    assert_eq!(ended.out, "In src.\n");
}

#[test]
fn p26_a_task_that_asks_for_a_change_and_gets_none_goes_to_the_strong_lane() {
    let stage = Stage::new("- say: MARMALADE, nothing to do.\n", &takes_over("41", "42"));
    stage.run(SMALL, &[]).exits(0).says(&["escalated:fast:no_patch"]);
    assert_eq!(stage.rows(), ["fast 1 no_patch", "strong 2 passed"]);
    holds(&stage.asked("strong")[0], &[SMALL, "It changed nothing."]);
}

#[test]
fn p35_a_worker_that_is_sure_of_itself_does_not_stand_in_for_a_check() {
    let report = "{status: complete, summary: All is well., confidence: 99}";
    let before = format!(
        "actors:
  - id: sidekick
    when: {{has_tool: report}}
    otherwise: {{calls: [{{tool: report, args: {report}}}]}}
"
    );
    let brief = "{agent: sidekick, objective: Look at the answer., acceptance: [answer]}";
    let fast = [
        format!("- calls: [{{tool: delegate, args: {brief}}}]\n"),
        changes("41", "43"),
        "- say: I am sure.\n".to_owned(),
    ]
    .concat();
    let stage = Stage::with(&before, &fast, &takes_over("43", "42"));
    stage.run(SMALL, &[]).exits(0);
    assert_eq!(stage.rows(), ["fast 1 failed_tests", "fast 2 failed_tests", "strong 3 passed"]);
}

#[test]
fn p27_a_worker_that_doubts_its_own_work_leads_to_the_strong_lane() {
    for (confidence, rows) in [(64, 2), (65, 1)] {
        let report = format!("{{status: complete, summary: Done., confidence: {confidence}}}");
        let before = format!(
            "actors:
  - id: sidekick
    when: {{has_tool: report}}
    steps:
      - calls: [{{tool: read, args: {{files: [{{path: src/lib.rs}}]}}}}]
      - calls: [{{tool: edit, args: {{path: src/lib.rs, edits: [{{old: \"41\", new: \"42\"}}]}}}}]
    otherwise: {{calls: [{{tool: report, args: {report}}}]}}
"
        );
        let brief = "{agent: sidekick, objective: Set the answer to 42., acceptance: [answer]}";
        let fast = format!("- calls: [{{tool: delegate, args: {brief}}}]\n");
        let stage = Stage::with(&before, &fast, "- say: It holds.\n");
        stage.run(SMALL, &[]).exits(0);
        assert_eq!(stage.rows().len(), rows, "confidence {confidence}: {:?}", stage.rows());
        if rows == 2 {
            let from = stage.attempts()[1].attempt.escalated_from.clone();
            assert_eq!(from, Some(("fast".to_owned(), "low_confidence_summary".to_owned())));
        }
    }
}

/// Objects until there is a comment.
const REVIEWER: &str = "actors:
  - id: reviewer
    when: {system_contains: You review a change}
    otherwise:
      cases:
        - if: {lacks: \"/// The answer\"}
          say: '{\"approve\": false, \"objections\": [\"src/lib.rs:1 still has no docstring\"]}'
        - say: 'I have looked. {\"approve\": true}'
";

/// Passes its checks without doing what was asked for; then does it.
fn forgetful() -> String {
    let comment = "- calls: [{tool: edit, args: {path: src/lib.rs, edits: [{old: pub fn answer, new: \"/// The answer.\\npub fn answer\"}]}}]\n";
    [changes("41", "42"), done(), comment.to_owned(), done()].concat()
}

#[test]
fn an_independent_reviewer_sends_work_back_and_then_lets_it_pass() {
    let stage = Stage::with(REVIEWER, &forgetful(), "");
    let policy =
        stage.policy("lanes: [{name: fast, review: true}, {name: strong}]\nverifier: {brain: claude-sonnet-5-5}\n");
    stage.run(SMALL, &["--policy", &policy]).exits(0);
    assert_eq!(stage.rows(), ["fast 1 review_rejected", "fast 2 passed"]);
    let reviews = stage.asked("reviewer");
    assert_eq!(reviews.len(), 2);
    for review in &reviews {
        assert_eq!(review.model, "claude-sonnet-5-5");
        assert!(review.request.tools.is_empty());
        assert_eq!(review.request.messages.len(), 1);
        holds(review, &[SMALL, "`sh check.sh`: passed", "+    42"]);
        assert!(!body(review).contains(MARKER), "the worker's words are not shown");
    }
    holds(stage.asked("fast").last().unwrap(), &["src/lib.rs:1 still has no docstring"]);
    assert_eq!(aside(&stage.ledger()).len(), 2, "reviews are paid like anything else");
    assert!(aside(&stage.ledger()).iter().all(|row| row.usd.is_some_and(|usd| usd.dollars() > 0.0)));
}

#[test]
fn without_a_verifier_the_strong_lanes_model_reviews_and_what_it_refuses_twice_goes_to_that_lane() {
    let fast = [changes("41", "42"), done(), change("42", "420"), done()].concat();
    let stage = Stage::with(&REVIEWER.replace("/// The answer", "never so"), &fast, "- say: It is well as it is.\n");
    let policy = stage.policy("lanes: [{name: fast, review: true}, {name: strong}]\n");
    stage.run(SMALL, &["--policy", &policy]).exits(0).says(&["escalated:fast:patch_rejected"]);
    assert_eq!(stage.rows(), ["fast 1 review_rejected", "fast 2 review_rejected", "strong 3 passed"]);
    assert!(stage.asked("reviewer").iter().all(|review| review.model == STRONG));
    holds(&stage.asked("strong")[0], &["still has no docstring", "patch_rejected"]);
}

#[test]
fn a_review_that_cannot_be_had_or_read_is_no_approval() {
    for answer in ["''", "Looks good to me."] {
        let reviewer = format!(
            "actors:\n  - id: reviewer\n    when: {{system_contains: You review a change}}\n    otherwise: {{say: {answer}}}\n"
        );
        let stage = Stage::with(&reviewer, &[changes("41", "42"), done()].concat(), "- say: It holds.\n");
        let policy = stage.policy("lanes: [{name: fast, review: true}, {name: strong}]\n");
        stage.run(SMALL, &["--policy", &policy]).exits(0);
        let rows = ["fast 1 review_rejected", "fast 2 review_rejected", "strong 3 passed"];
        assert_eq!(stage.rows(), rows, "{answer}");
    }
}

#[test]
fn a_change_that_is_longer_than_the_verifiers_prompt_is_cut_with_a_note_and_reviewed() {
    let long = "a line of some length\\n".repeat(800);
    let write = format!("- calls: [{{tool: write, args: {{path: notes.txt, content: \"{long}\"}}}}]\n");
    let stage = Stage::with(REVIEWER, &format!("{write}{}", changes("41", "42")), "");
    let lanes = "lanes: [{name: fast, review: true}, {name: strong}]\n";
    let policy = stage.policy(&format!("{lanes}verifier: {{brain: claude-sonnet-5-5, max_context_tokens: 1500}}\n"));
    stage.run(SMALL, &["--policy", &policy]);
    let review = &stage.asked("reviewer")[0];
    holds(review, &[SMALL, "`sh check.sh`: passed", "bytes left out]"]);
    assert!(body(review).len() < 9_000, "{} bytes", body(review).len());
    let why = stage.desk.agent(&["why", "-"]).exits(0).out;
    assert!(why.contains("bytes of task and diff: no more fits its prompt"), "{why}");
}

#[test]
fn a_question_is_answered_whatever_its_words_name() {
    let stage = Stage::new("- say: It is README.md.\n", "");
    let ended = stage.run("Where is the readme?", &[]).exits(0);
    assert_eq!(stage.rows(), ["fast 1 answered"]);
    assert_eq!(ended.out, "It is README.md.\n");
}

/// A specialist that edits the answer as its brief says, and reports.
fn sidekick(to: &str) -> String {
    let report = "{status: complete, summary: Done., confidence: 90}";
    format!(
        "actors:
  - id: sidekick
    when: {{has_tool: report}}
    steps:
      - calls: [{{tool: read, args: {{files: [{{path: src/lib.rs}}]}}}}]
      - calls: [{{tool: edit, args: {{path: src/lib.rs, edits: [{{old: \"41\", new: \"{to}\"}}]}}}}]
    otherwise: {{calls: [{{tool: report, args: {report}}}]}}
"
    )
}

fn delegates(acceptance: &str) -> String {
    let brief = format!("{{agent: sidekick, objective: Set the answer to 42., acceptance: [{acceptance}]}}");
    format!("- calls: [{{tool: delegate, args: {brief}}}]\n")
}

#[test]
fn an_acceptance_that_failed_on_the_way_does_not_fail_what_passes_in_the_end() {
    // The specialist misses its brief; main mends it itself, and the checks of the whole pass.
    let fast = [delegates("\"grep -q 43 src/lib.rs\""), change("44", "42")].concat();
    let stage = Stage::with(&sidekick("44"), &fast, "");
    stage.run(SMALL, &[]).exits(0);
    assert_eq!(stage.rows(), ["fast 1 passed"]);
    let end = stage.attempts().remove(0).end.unwrap();
    assert_eq!(end.checks, [("sh check.sh".to_owned(), true)], "what it was judged by, and nothing else");
}

#[test]
fn a_check_of_the_policy_that_passed_on_these_very_files_before_counts() {
    // The brief's acceptance is the same command, so that it is not run again at the end.
    let stage =
        Stage::with(&sidekick("42"), &delegates("grep -q 42 src/lib.rs"), "- say: It holds.\n").team(&unchecked());
    let policy = stage.policy("verification: [{paths: [\"*.rs\"], run: [grep -q 42 src/lib.rs]}]\n");
    stage.run(SMALL, &["--policy", &policy]).exits(0);
    assert_eq!(stage.rows(), ["fast 1 passed"]);
    assert_eq!(stage.attempts()[0].end.as_ref().unwrap().checks, [("grep -q 42 src/lib.rs".to_owned(), true)]);
    // One that proves little proves no more for that.
    let stage =
        Stage::with(&sidekick("42"), &delegates("grep -q 42 src/lib.rs"), "- say: It holds.\n").team(&unchecked());
    let policy = stage
        .policy("verification: [{paths: [\"*.rs\"], run: [grep -q 42 src/lib.rs]}]\nrouting: {weak_checks: [grep -q 42 src/lib.rs]}\n");
    stage.run(SMALL, &["--policy", &policy]).exits(0).says(&["escalated:fast:weak_checks"]);
}

#[test]
fn a_retry_that_changes_nothing_more_has_the_checks_that_passed_on_its_files_in_its_row_and_in_the_commit() {
    // The first review does not come about.
    let reviewer = "faults:
  - {on: {actor: reviewer, nth_request: 1}, kind: unauthorized}
actors:
  - id: reviewer
    when: {system_contains: You review a change}
    otherwise: {say: '{\"approve\": true}'}
";
    let stage = Stage::with(reviewer, &[changes("41", "42"), done(), done()].concat(), "");
    stage.git(&["config", "user.name", "t"]);
    stage.git(&["config", "user.email", "t@example.com"]);
    let policy = stage.policy("lanes: [{name: fast, review: true}, {name: strong}]\n");
    stage.run(SMALL, &["--policy", &policy, "--commit"]).exits(0);
    assert_eq!(stage.rows(), ["fast 1 review_rejected", "fast 2 passed"]);
    assert_eq!(stage.attempts()[1].end.as_ref().unwrap().checks, [("sh check.sh".to_owned(), true)]);
    let message = stage.desk.git(&["log", "-1", "--format=%B"]);
    assert!(message.contains("sh check.sh"), "{message}");
}

#[test]
fn a_review_without_a_diff_to_look_at_is_no_approval() {
    let stage = Stage::with(REVIEWER, &[changes("41", "42"), done()].concat(), "- say: It holds.\n");
    // The check takes away what the change would be compared with; what the repository's own commits hold is not enough.
    let kept = format!("{}/sessions", stage.desk.home.display());
    stage.commit("check.sh", &format!("{}rm -rf {kept}/*/snapshots.git\n", super::CHECK));
    stage.desk.file("notes.txt", "not committed");
    let policy = stage.policy("lanes: [{name: fast, review: true}, {name: strong}]\n");
    stage.run(SMALL, &["--policy", &policy, "--no-sandbox"]);
    assert_eq!(stage.rows()[0], "fast 1 review_rejected", "{:?}", stage.rows());
    assert!(stage.asked("reviewer").is_empty(), "there was nothing to show");
    let why = stage.desk.agent(&["why", "-"]).exits(0).out;
    assert!(why.contains("could not be compared by content"), "{why}");
}

#[test]
fn a_reviewer_judges_a_later_task_by_its_own_words() {
    let approves = REVIEWER.replace("lacks: \"/// The answer\"", "lacks: \"You review\"");
    let fast = [changes("41", "42"), done(), change("42", "420"), done()].concat();
    let stage = Stage::with(&approves.replace("approve\": false", "approve\": true"), &fast, "");
    let policy = stage.policy("lanes: [{name: fast, review: true}, {name: strong}]\n");
    stage.run(SMALL, &["--policy", &policy]).exits(0);
    let second = "Add a comment with a zero.";
    stage.desk.ask(&stage.sim, &["sessions", "resume", "--task", second]);
    let reviews = stage.asked("reviewer");
    holds(&reviews[0], &[SMALL]);
    holds(reviews.last().unwrap(), &[second]);
    assert!(!body(reviews.last().unwrap()).contains(SMALL), "what was asked before is not this task's");
}

#[test]
fn p17_a_run_that_touches_what_a_path_rule_knows_goes_to_the_strong_lane() {
    let write = "- calls: [{tool: write, args: {path: src/auth/login.rs, content: one}}]\n";
    let fast = [changes("41", "42"), write.to_owned(), done()].concat();
    let stage = Stage::new(&fast, "- say: It holds.\n");
    stage.run(SMALL, &[]).exits(0).says(&["escalated:fast:risk_path"]);
    assert_eq!(stage.rows(), ["fast 1 passed", "strong 2 passed"]);
    holds(&stage.asked("strong")[0], &["risk_path", "src/auth/login.rs"]);
    // Where a person named the lane, path rules have no say, as before the run.
    let stage = Stage::new(&fast, "");
    stage.run(SMALL, &["--lane", "fast"]).exits(0);
    assert_eq!(stage.rows(), ["fast 1 passed"]);
}

#[test]
fn who_is_asked_for_a_change_that_is_there_already_is_asked_once_in_each_lane() {
    let stage = Stage::new("- say: It has one.\n", "- say: It has one.\n");
    stage.run(SMALL, &[]).exits(5).says(&["no_patch: the strongest lane failed once"]);
    assert_eq!(stage.rows(), ["fast 1 no_patch", "strong 2 no_patch"]);
}
