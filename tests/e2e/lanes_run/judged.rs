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
