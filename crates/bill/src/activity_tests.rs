use super::Activity::{self, Edit, Explore, Other, Plan, Test};

#[test]
fn a_tool_is_known_by_its_name_and_a_shell_by_its_command() {
    for (tool, activity) in [("read", Explore), ("Edit", Edit), ("verify", Test), ("delegate", Plan), ("hm", Other)] {
        assert_eq!(Activity::of_tool(tool, "{}"), activity, "{tool}");
    }
    assert_eq!(Activity::of_tool("bash", r#"{"command": "cd x && cargo test -q 2>&1 | tail -3"}"#), Test);
    assert_eq!(Activity::of_tool("shell", r#"{"command": ["bash", "-lc", "rg -n 'a;b' src"]}"#), Explore);
    assert_eq!(Activity::of_tool("exec_command", r#"{"cmd": "go vet ./..."}"#), Test);
    assert_eq!(Activity::of_tool("bash", "not json"), Other);
}

#[test]
fn a_server_s_tool_explores_only_where_its_name_says_so() {
    assert_eq!(Activity::of_tool("mcp__files__read_file", "{}"), Explore);
    assert_eq!(Activity::of_tool("mcp__tickets__get_issue", "{}"), Explore);
    assert_eq!(Activity::of_tool("mcp__tickets__create_issue", "{}"), Other);
}

#[test]
fn a_sub_agent_does_what_its_kind_says() {
    assert_eq!(Activity::of_tool("Task", r#"{"subagent_type": "Explore"}"#), Explore);
    assert_eq!(Activity::of_tool("Task", r#"{"subagent_type": "reviewer"}"#), Other);
}

#[test]
fn a_command_line_is_as_weighty_as_its_weightiest_command() {
    for (line, activity) in [
        ("grep -rn 'rm -rf' src | head", Explore),
        ("sed -n 1,20p a.rs", Explore),
        ("sed -i s/a/b/ a.rs", Edit),
        ("cat > a.txt", Edit),
        ("git log -3; git diff", Explore),
        ("git commit -m 'test the build'", Other),
        ("RUST_LOG=debug timeout 30 cargo clippy", Test),
        ("npm run test:unit", Test),
        ("python3 -m unittest -q", Test),
        ("sh check.sh", Other),
        ("cd src", Other),
    ] {
        assert_eq!(Activity::of_command(line), activity, "{line}");
    }
}

#[test]
fn what_is_quoted_or_piped_into_a_command_runs_nothing() {
    for (line, activity) in [
        ("cat >> notes.md <<'EOF'\ncargo test\nrm -rf /\nEOF\n", Edit),
        ("grep 'a > b' x 2>/dev/null || echo none", Explore),
        ("go build ./... 2>&1 | head -50", Test),
        ("git add -A && git commit -m \"$(cat <<'EOF'\nlint; test\nEOF\n)\"", Other),
        ("# look first\nls -la && echo \"---\" && git -C sub --no-pager status", Explore),
        ("for f in a b; do cat $f; done", Explore),
        ("find . -name '*.rs' | xargs -n 1 grep -l foo", Explore),
        ("find . -name '*.bak' -delete", Edit),
        ("gh api repos/a/b/pulls", Explore),
        ("gh api repos/a/b/comments -f body=\"Fixed\"", Other),
        ("bash -c 'pytest -q; ls'", Test),
        ("apply_patch <<'PATCH'\n*** Begin Patch\nPATCH", Edit),
        ("./run-it --now", Other),
        ("git stash && go build ./...; git stash pop", Test),
    ] {
        assert_eq!(Activity::of_command(line), activity, "{line}");
    }
}
