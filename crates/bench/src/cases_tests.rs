use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use super::*;

fn ended(code: i32, out: &str, err: &str) -> Output {
    Output { status: ExitStatus::from_raw(code << 8), stdout: out.into(), stderr: err.into() }
}

fn row(name: &str, tandem: f64, solo: f64, verified: bool) -> Value {
    json!({"name": name, "tandem_usd": tandem, "solo_usd": solo, "saving": 1.0 - tandem / solo, "verified": verified,
        "steps": {"tandem": 20, "solo": 15}, "delegations": 3, "first_handoff_step": 1, "own_exploration_share": 0.25,
        "rereads": 0, "corrective_edits": 1, "rounds_per_delegation": 6.5})
}

#[test]
fn a_scenario_that_is_not_there_is_an_error_in_the_programs_own_words() {
    let output = ended(2, "", "error: invalid value 'one-of' for '--scenario <NAME>'");
    let error = last_event(&output).unwrap_err().to_string();
    assert!(error.contains("exit status: 2") && error.contains("invalid value 'one-of'"), "{error}");
    // Other events alone are not a result either.
    assert!(last_event(&ended(0, "{\"type\":\"session.completed\"}\n", "")).is_err());
}

#[test]
fn an_unverified_play_is_a_result() {
    let line = r#"{"type":"demo.completed","team":{"status":"unverified","usd":0.5}}"#;
    let event = last_event(&ended(1, &format!("{{\"type\":\"message\"}}\n{line}\n"), "")).unwrap();
    assert_eq!(usd(&event, "team").unwrap(), 0.5);
    assert!(usd(&event, "solo").unwrap_err().to_string().contains("`solo` is unknown"));
}

#[test]
fn totals_are_over_all_cases_and_one_that_fails_shows() {
    let figure = figure(&[row("a", 1.0, 4.0, true), row("b", 1.0, 1.0, false)]).unwrap();
    assert_eq!((figure.json["tandem_usd"].as_f64(), figure.json["solo_usd"].as_f64()), (Some(2.0), Some(5.0)));
    assert!((figure.json["saving"].as_f64().unwrap() - 0.6).abs() < 1e-9);
    assert_eq!((&figure.json["verified"], &figure.json["delegations"]), (&json!(false), &json!(6)));
    assert_eq!(figure.lines.len(), 3);
    assert!(figure.lines[1].contains("NOT verified") && figure.lines[2].contains("NOT all verified"));
}

#[test]
fn the_metrics_are_those_that_agent_why_prints() {
    let text = json!({"session": "s", "decisions": [], "metrics": {"main_steps": 7, "delegations": 3, "first_handoff_step": 1,
        "own_exploration_share": 0.2, "rereads": 2, "corrective_edits": 1, "rounds_per_delegation": 7.5}});
    let measured = delegation::read(&text.to_string()).unwrap();
    assert_eq!((measured.delegations, measured.first_handoff_step, measured.rereads), (3, Some(1), 2));
    assert_eq!((measured.corrective_edits, measured.rounds_per_delegation), (1, Some(7.5)));
    assert!(delegation::read("{}").is_err());
}
