use protocol::ToolSpec;

use super::*;

fn all(names: &[&str]) -> Vec<ToolSpec> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let agents = [("sidekick".to_owned(), "edits, runs tests, explores".to_owned())];
    registry(&names, &agents).unwrap().specs()
}

/// The tokens of names, descriptions and schemas as a request carries them.
fn tokens(specs: &[ToolSpec]) -> usize {
    tiktoken_rs::o200k_base_singleton().encode_ordinary(&serde_json::to_string(specs).unwrap()).len()
}

#[test]
fn tools_come_in_the_order_they_are_named_in() {
    let names: Vec<String> = all(&["write", "read", "bash"]).into_iter().map(|spec| spec.name).collect();
    assert_eq!(names, ["write", "read", "bash"]);
}

#[test]
fn every_known_tool_can_be_made_and_has_its_name() {
    let names: Vec<String> = all(known_tools()).into_iter().map(|spec| spec.name).collect();
    assert_eq!(names, known_tools());
}

#[test]
fn an_unknown_tool_is_named_with_the_known_ones() {
    let error = registry(&["read".to_owned(), "teleport".to_owned()], &[]).map(|_| ()).unwrap_err();
    assert!(error.to_string().starts_with("unknown tool `teleport`; known tools: read, list, "), "{error}");
}

#[test]
fn the_specs_are_what_they_were() {
    let lines: Vec<String> = all(known_tools())
        .iter()
        .map(|spec| format!("{}\n  {}\n  {}", spec.name, spec.description.replace('\n', "\n  "), spec.schema))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_specialist_with_everything_carries_less_than_1500_tokens_of_tools() {
    let names =
        ["read", "list", "glob", "grep", "edit", "write", "bash", "processes", "git_diff", "git_status", "report"];
    let tokens = tokens(&all(&names));
    assert!(tokens < 1_500, "{tokens}");
}

#[test]
fn main_carries_less_than_1600_tokens_of_tools() {
    let names = [
        "read",
        "edit",
        "write",
        "bash",
        "git_diff",
        "git_status",
        "git_commit",
        "plan",
        "delegate",
        "verify",
        "ask_user",
        "take_over",
    ];
    let tokens = tokens(&all(&names));
    assert!(tokens < 1_600, "{tokens}");
}
