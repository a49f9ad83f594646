use protocol::{AgentId, CommandReceipt, ReportStatus};
use serde_json::json;
use tools::{CheckResult, PlanStatus};

use crate::support::{Bench, text};

#[tokio::test]
async fn a_brief_reaches_the_runtime_as_it_was_written() {
    let bench = Bench::new();
    let arguments = json!({
        "agent": "sidekick", "objective": "rename it", "user_said": "keep the API", "acceptance": ["tests"],
        "acceptance_notes": "no new warnings", "scope": "src only", "facts": ["src/a.rs:1 defines it"], "return_form": "short"
    });
    assert_eq!(bench.text("delegate", arguments).await, "the report");
    let briefs = bench.host.briefs.lock().unwrap().clone();
    let (to, brief) = &briefs[0];
    assert_eq!(*to, AgentId::new("sidekick"));
    assert_eq!(brief.objective, "rename it");
    assert_eq!(brief.acceptance, ["tests"]);
    assert_eq!(brief.facts, ["src/a.rs:1 defines it"]);
    assert!(!brief.explore);
}

#[tokio::test]
async fn a_brief_without_acceptance_is_refused_unless_it_only_explores() {
    let bench = Bench::new();
    let words = bench
        .error("delegate", json!({"agent": "sidekick", "objective": "fix it", "acceptance_notes": "it works"}))
        .await;
    assert!(words.starts_with("delegate: `acceptance` is missing."), "{words}");
    bench.text("delegate", json!({"agent": "sidekick", "objective": "find it", "explore": true})).await;
    let words = bench
        .error(
            "delegate",
            json!({"agent": "sidekick", "objective": "find it", "explore": true, "acceptance": ["tests"]}),
        )
        .await;
    assert!(words.starts_with("delegate: `explore` is true and `acceptance` is given."), "{words}");
    assert_eq!(bench.host.briefs.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn unknown_agents_and_empty_objectives_are_refused() {
    let bench = Bench::new();
    assert_eq!(
        bench.error("delegate", json!({"agent": "wizard", "objective": "x", "explore": true})).await,
        "delegate: `agent` must be one of `sidekick`; found \"wizard\""
    );
    assert_eq!(
        bench.error("delegate", json!({"agent": "sidekick", "objective": "  ", "explore": true})).await,
        "delegate: `objective` must not be empty; found \"  \""
    );
}

#[tokio::test]
async fn a_brief_that_copies_files_is_refused_with_the_numbers() {
    let bench = Bench::new();
    let arguments = json!({"agent": "sidekick", "objective": "x", "explore": true, "facts": ["y".repeat(20_000)]});
    let words = bench.error("delegate", arguments).await;
    assert!(words.starts_with("delegate: the brief has 20001 bytes, at most 16000 are allowed."), "{words}");
}

#[tokio::test]
async fn a_report_is_taken_in_all_its_parts() {
    let bench = Bench::new();
    let arguments = json!({
        "status": "partial", "summary": "half of it", "changes": ["renamed a"],
        "evidence": [{"at": "src/a.rs:12", "note": "here"}], "doubts": ["b?"], "confidence": 80
    });
    assert_eq!(bench.text("report", arguments).await, "taken");
    let reports = bench.host.reports.lock().unwrap().clone();
    assert_eq!(reports[0].status, ReportStatus::Partial);
    assert_eq!(reports[0].evidence[0].at, "src/a.rs:12");
    assert_eq!(reports[0].confidence, Some(80));
}

#[tokio::test]
async fn a_report_that_is_too_long_is_refused_with_the_numbers() {
    let bench = Bench::new();
    let words = bench.error("report", json!({"status": "complete", "summary": "x".repeat(8_001)})).await;
    assert!(
        words.starts_with("report: about 2001 tokens (8001 bytes), at most 2000 tokens (8000 bytes) are allowed."),
        "{words}"
    );
    bench.text("report", json!({"status": "complete", "summary": "x".repeat(8_000)})).await;
}

#[tokio::test]
async fn evidence_is_a_place_and_a_needed_decision_a_question() {
    let bench = Bench::new();
    for at in ["src/a.rs", "src/a.rs:", "src/a.rs:x", "src/a.rs:0", ":3"] {
        let arguments = json!({"status": "complete", "summary": "x", "evidence": [{"at": at, "note": ""}]});
        let words = bench.error("report", arguments).await;
        assert!(words.starts_with("report: `evidence[0].at` must be path:line"), "{at}: {words}");
    }
    assert_eq!(
        bench.error("report", json!({"status": "needs_decision", "summary": "x"})).await,
        "report: `doubts` must hold the question to decide when status is needs_decision; found nothing"
    );
    assert!(bench.host.reports.lock().unwrap().is_empty());
}

#[tokio::test]
async fn taking_over_wants_a_reason() {
    let bench = Bench::new();
    assert_eq!(bench.text("take_over", json!({"reason": "two failures"})).await, "open to sidekick: two failures");
    assert_eq!(bench.error("take_over", json!({})).await, "take_over: `reason` must be a string; found nothing");
}

fn check(command: &str, exit_code: Option<i32>, output: &str) -> CheckResult {
    let receipt = CommandReceipt { command: command.to_owned(), exit_code, ms: 1_250, check: true };
    CheckResult { receipt, output: output.to_owned() }
}

#[tokio::test]
async fn a_failed_check_is_an_error_with_its_output_and_a_passed_one_is_a_line() {
    let bench = Bench::new();
    *bench.host.checks.lock().unwrap() = vec![check("cargo fmt", Some(0), "noise\n")];
    assert_eq!(bench.text("verify", json!({})).await, "$ cargo fmt\n[exit 0, 1.2 s]");
    bench.host.checks.lock().unwrap().push(check("cargo test", Some(101), "1 failed\n"));
    let output = bench.run("verify", json!({})).await.unwrap();
    assert!(output.is_error);
    assert_eq!(text(&output), "$ cargo fmt\n[exit 0, 1.2 s]\n$ cargo test\n[exit 101, 1.2 s]\n1 failed");
    assert_eq!(output.commands.len(), 2);
    assert_eq!(bench.error("verify", json!({"names": ["lint"]})).await, "no check `lint`");
}

#[tokio::test]
async fn a_question_is_answered_or_told_that_nobody_can() {
    let bench = Bench::new();
    assert_eq!(bench.text("ask_user", json!({"question": "which colour?"})).await, "blue");
    assert_eq!(bench.error("ask_user", json!({"question": "anyone?"})).await, "nobody can answer now");
}

#[tokio::test]
async fn a_plan_replaces_the_plan() {
    let bench = Bench::new();
    let steps = json!({"steps": [{"step": "look", "status": "done"}, {"step": "act", "status": "in_progress"}]});
    assert_eq!(bench.text("plan", steps).await, "plan of 2 steps kept");
    assert_eq!(bench.host.plans.lock().unwrap()[0][1].status, PlanStatus::InProgress);
    assert_eq!(
        bench.error("plan", json!({"steps": [{"step": "look", "status": "later"}]})).await,
        "plan: `steps[0].status` must be one of `pending`, `in_progress`, `done`; found \"later\""
    );
}
