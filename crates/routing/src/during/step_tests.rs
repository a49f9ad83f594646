use super::{CallFacts, StepKind};

fn call(tool: &str, arguments: &str) -> StepKind {
    StepKind::of_call(&CallFacts { tool: tool.to_owned(), ..CallFacts::default() }, arguments, false)
}

fn line(command: &str) -> StepKind {
    call("bash", &serde_json::json!({ "command": command }).to_string())
}

#[test]
fn a_call_is_known_by_its_tool() {
    for (tool, arguments, kind) in [
        ("grep", "{}", StepKind::Search),
        ("list", "{}", StepKind::List),
        ("report", "{}", StepKind::Submit),
        ("verify", "{}", StepKind::Check),
        ("git_diff", "{}", StepKind::Git),
        ("plan", "{}", StepKind::Other),
        ("read", r#"{"files": [{"path": "src/a.rs"}]}"#, StepKind::ReadWhole),
        ("read", r#"{"files": [{"path": "src/a.rs", "offset": 10}]}"#, StepKind::ReadPart),
        ("read", r#"{"files": [{"path": "tests/a.rs"}, {"path": "Cargo.toml"}]}"#, StepKind::ReadContext),
        ("read", "not json", StepKind::ReadWhole),
    ] {
        assert_eq!(call(tool, arguments), kind, "{tool} {arguments}");
    }
}

#[test]
fn a_check_that_did_not_pass_is_a_check_and_a_call_that_failed_is_a_failure() {
    let facts = |check, error| CallFacts { tool: "bash".to_owned(), check, error, ..CallFacts::default() };
    assert_eq!(StepKind::of_call(&facts(Some(false), true), "{}", false), StepKind::Check);
    assert_eq!(StepKind::of_call(&facts(None, true), "{}", false), StepKind::Failed);
}

#[test]
fn an_edit_of_a_test_is_a_test_that_was_written() {
    for (path, kind) in [
        ("src/lib.rs", StepKind::Edit),
        ("src/latest.rs", StepKind::Edit),
        ("tests/lib.rs", StepKind::WriteTest),
        ("pkg/server_test.go", StepKind::WriteTest),
        ("web/menu.spec.ts", StepKind::WriteTest),
        ("test_models.py", StepKind::WriteTest),
    ] {
        let facts = CallFacts { tool: "edit".to_owned(), edits: Some(path.to_owned()), ..CallFacts::default() };
        assert_eq!(StepKind::of_call(&facts, "{}", false), kind, "{path}");
    }
}

#[test]
fn a_command_line_is_its_weightiest_command() {
    for (command, kind) in [
        ("cd src && grep -rn 'rm -rf' . | head", StepKind::Search),
        ("sed -n 1,40p a.rs", StepKind::ReadPart),
        ("sed -i s/a/b/ a.rs", StepKind::ScriptEdit),
        ("cat > a.py <<'EOF'\npytest\nEOF", StepKind::ScriptEdit),
        ("cat <<'EOF' > a.py\ngit push\nEOF", StepKind::ScriptEdit),
        ("cat a.py 2>/dev/null", StepKind::ReadWhole),
        ("cat package.json", StepKind::ReadContext),
        ("ls -la; git status", StepKind::Git),
        ("RUST_LOG=debug timeout 30 cargo test 2>&1 | tail -5", StepKind::Check),
        ("python3 -m pytest -q", StepKind::Check),
        ("go get ./...", StepKind::Housekeeping),
        ("python3 show.py", StepKind::Reproduce),
        ("echo \"a; pytest\"", StepKind::Other),
        ("cd src", StepKind::Other),
        ("", StepKind::Other),
    ] {
        assert_eq!(line(command), kind, "{command}");
    }
}

#[test]
fn a_script_is_a_reproduction_before_the_first_edit_and_a_check_after_it() {
    let facts = CallFacts { tool: "bash".to_owned(), ..CallFacts::default() };
    let arguments = r#"{"command": "node show.js"}"#;
    assert_eq!(StepKind::of_call(&facts, arguments, false), StepKind::Reproduce);
    assert_eq!(StepKind::of_call(&facts, arguments, true), StepKind::Check);
}

#[test]
fn labels_of_recorded_runs_have_kinds_and_unknown_ones_have_none() {
    assert_eq!(StepKind::of_label("read-file-range"), Some(StepKind::ReadPart));
    assert_eq!(StepKind::of_label("run-test-suite(failed)"), Some(StepKind::Failed));
    assert_eq!(StepKind::of_label("verify"), Some(StepKind::Check));
    assert_eq!(StepKind::of_label("teleport"), None);
}

#[test]
fn numbers_are_places_in_the_list() {
    for (place, kind) in StepKind::ALL.into_iter().enumerate() {
        assert_eq!(kind.number(), place);
    }
}
