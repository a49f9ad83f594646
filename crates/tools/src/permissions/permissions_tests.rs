#![allow(clippy::disallowed_methods, reason = "tests run real shells")]

use proptest::prelude::*;

use super::*;

fn policy(mode: ApprovalMode) -> Policy {
    Policy {
        mode,
        root: PathBuf::from("/home/u/repo"),
        allowed_commands: vec!["./check.sh --all > /tmp/log".to_owned()],
        search_path: std::env::var("PATH").unwrap_or_default(),
        around: Around::Sandbox,
        rules: Arc::default(),
        home: None,
        leaky: false,
    }
}

fn command(mode: ApprovalMode, line: &str) -> Decision {
    decide(&policy(mode), &Action::Command { line })
}

fn change(mode: ApprovalMode, path: &str) -> Decision {
    decide(&policy(mode), &Action::Change { path: Path::new(path) })
}

#[test]
fn common_build_test_and_read_only_commands_run_without_asking() {
    for line in [
        "cargo test",
        "cargo test -p core --lib -- --nocapture some::test",
        "cargo fmt --check && cargo clippy --all-targets -- -D warnings",
        "cargo test 2>&1 | tail -20",
        "npm test",
        "git status",
        "git --no-pager diff HEAD~2..HEAD --stat",
        "git log --oneline -5",
        "ls -la src",
        "ls src/*.rs",
        "cd crates/core && cargo test",
        "cd /home/u/repo/sub && ls",
        "grep -rn 'fn main' src | head -n 5",
        "sed -n '10,40p' src/lib.rs",
        "find . -name '*.rs' -type f | wc -l",
        "cat a.txt; pwd\nls",
        "python3 -m pytest tests -q",
        "go test ./...",
        "echo 'a; rm -rf b > c'",
        "cargo build >/dev/null 2>&1",
    ] {
        assert_eq!(command(ApprovalMode::Auto, line), Decision::Allow, "{line}");
        assert_eq!(command(ApprovalMode::Ask, line), Decision::Allow, "{line}");
    }
}

#[test]
fn whatever_else_is_asked_for() {
    for line in [
        "",
        "rm -rf target",
        "git status && curl evil.test",
        "git status; rm f",
        "git status \n rm f",
        "git status & rm f",
        "git status &",
        "git status | sh",
        "git status |& sh",
        "echo $(rm f)",
        "echo `rm f`",
        "echo \"$(rm f)\"",
        "cat <(rm f)",
        "cat < /etc/passwd",
        "echo x > src/lib.rs",
        "echo x >> .git/hooks/pre-commit",
        "cargo test > log",
        "> victim.txt",
        "FOO=1 cargo test",
        "PATH=. git status",
        "env cargo test",
        "sudo cargo test",
        "./ls",
        "bin/git status",
        "/bin/cat a",
        "cat /etc/passwd",
        "cat ../secret",
        "cat ~/.ssh/id",
        "ls ~",
        "cd .. && ls",
        "cd /etc && ls",
        "cd - && ls",
        "rg --pre ./e x",
        "rg -z x",
        "rg x *",
        "find *",
        "find . -delete",
        "find . -exec rm {} +",
        "find . -fprintf out x",
        "git diff --output=x",
        "git -c core.pager=./e log",
        "git diff --ext-diff",
        "git grep -O x",
        "git commit -m x",
        "git push",
        "sed -i s/a/b/ f",
        "sed -n '1e rm f' f",
        "sed -n 'w f' f",
        "awk 'BEGIN{system(\"rm f\")}'",
        "sort -o a b",
        "tail -f log",
        "cargo test --config build.rustc-wrapper='./e'",
        "cargo run",
        "cargo test --manifest-path ../other/Cargo.toml",
        "cargo test --target-dir /tmp/x",
        "cargo publish",
        "make test SHELL=./e",
        "make -f evil test",
        "make test -fevil",
        "eslint --rulesdir evil .",
        "pytest -p evil",
        "npm run evil",
        "python3 x.py",
        "cargo testing",
        "cargo test 'unclosed",
        "cargo test\r\nrm f",
        "cargo test\u{2028}rm f",
        "echo {a,b}",
        "if true; then rm f; fi",
        "ls &&",
        "&& ls",
        "cat a 3>b",
        "cat a>&b",
        "ls .*",
        "cat src/.*/secret",
        "make test deploy",
        "cargo clippy -- -C linker=./evil",
        "cargo test -- --logfile=/tmp/x",
        "npm test -- --config=evil",
    ] {
        assert!(command(ApprovalMode::Ask, line) != Decision::Allow, "{line:?} is allowed");
        assert!(matches!(command(ApprovalMode::Deny, line), Decision::Refuse(_)), "{line:?} is not refused");
    }
}

#[test]
fn a_check_of_the_team_is_allowed_as_it_stands_and_not_with_more_behind_it() {
    assert_eq!(command(ApprovalMode::Ask, "./check.sh --all > /tmp/log"), Decision::Allow);
    assert!(matches!(command(ApprovalMode::Ask, "./check.sh --all > /tmp/log; rm f"), Decision::Ask(_)));
    assert!(matches!(command(ApprovalMode::Ask, "./check.sh"), Decision::Ask(_)));
}

#[test]
fn a_check_that_is_one_plain_command_may_stand_beside_others() {
    let policy = Policy { allowed_commands: vec!["./check.sh --all".to_owned()], ..policy(ApprovalMode::Ask) };
    let decide = |line| decide(&policy, &Action::Command { line });
    assert_eq!(decide("./check.sh --all 2>&1 | tail -5"), Decision::Allow);
    // In another folder it is another file.
    assert!(matches!(decide("cd sub && ./check.sh --all"), Decision::Ask(_)));
    assert!(matches!(decide("./check.sh --all && ./other.sh"), Decision::Ask(_)));
}

#[test]
fn files_are_asked_for_or_changed_or_refused_by_mode() {
    assert!(matches!(change(ApprovalMode::Ask, "src/lib.rs"), Decision::Ask(_)));
    assert_eq!(change(ApprovalMode::Auto, "src/lib.rs"), Decision::Allow);
    assert!(matches!(change(ApprovalMode::Deny, "src/lib.rs"), Decision::Refuse(_)));
}

#[test]
fn files_that_make_other_programs_run_something_are_asked_for_in_every_mode() {
    for path in [
        ".git/hooks/pre-commit",
        "sub/.git/config",
        ".agent/team.yaml",
        ".Git/config",
        ".cargo/config.toml",
        ".envrc",
        ".github/workflows/ci.yml",
    ] {
        assert!(matches!(change(ApprovalMode::Auto, path), Decision::Ask(_)), "{path}");
        assert!(matches!(change(ApprovalMode::Deny, path), Decision::Refuse(_)), "{path}");
    }
    // `.git` is not the beginning of a name, and what else lies beside the workflows runs nothing.
    assert_eq!(change(ApprovalMode::Auto, ".github/CODEOWNERS"), Decision::Allow);
}

#[test]
fn deny_lets_only_reading_commands_run_and_says_so() {
    assert_eq!(command(ApprovalMode::Deny, "git log --oneline | head -5"), Decision::Allow);
    let Decision::Refuse(words) = command(ApprovalMode::Deny, "cargo test") else { panic!("allowed") };
    assert!(words.contains("Allowed are read-only commands"), "{words}");
}

#[test]
fn a_line_of_ten_thousand_parts_is_decided_at_once_and_not_allowed() {
    let line = "true; ".repeat(10_000) + "curl evil.test";
    assert!(matches!(command(ApprovalMode::Ask, &line), Decision::Ask(_)));
}

/// A folder whose programs do nothing, but for `evil`, which leaves a mark.
fn programs() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    for name in ["ls", "cat", "git", "cargo", "evil", "x"] {
        let file = folder.path().join(name);
        let text = if name == "evil" { format!(": > {}", folder.path().join("mark").display()) } else { String::new() };
        std::fs::write(&file, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// Lets a real shell run a line.
fn runs_evil(programs: &Path, line: &str) -> bool {
    let mark = programs.join("mark");
    let _ = std::fs::remove_file(&mark);
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", line]).env_clear().env("PATH", programs).current_dir(programs);
    shell.stdin(std::process::Stdio::null()).output().unwrap();
    mark.exists()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// The oracle is a shell: whatever is allowed is run, and must not reach the program that is not on the list.
    #[test]
    fn nothing_outside_the_list_is_run_by_a_line_that_is_allowed(
        lines in proptest::collection::vec(proptest::collection::vec(
            prop_oneof![
                8 => prop_oneof![Just("ls"), Just("cat"), Just("git status"), Just("cargo test"), Just("evil"), Just("evil")],
                8 => prop_oneof![Just(" "), Just(" "), Just(" && "), Just(" | "), Just("; "), Just("\n"), Just("\t")],
                1 => prop_oneof![
                    Just("&"), Just("$("), Just(")"), Just("`"), Just(">"), Just("<"), Just("\""), Just("'"), Just("\\"),
                    Just("{"), Just("}"), Just("#"), Just("!"), Just("x=1 "), Just("2>&1"), Just(">/dev/null"), Just("--")
                ],
            ],
            1..7,
        ), 24)
    ) {
        let programs = programs();
        for line in lines.iter().map(|parts| parts.concat()) {
            if command(ApprovalMode::Ask, &line) == Decision::Allow {
                prop_assert!(!runs_evil(programs.path(), &line), "{:?} is allowed", line);
            }
        }
    }
}

#[test]
fn the_oracle_of_the_test_above_sees_what_a_line_runs() {
    let programs = programs();
    assert!(runs_evil(programs.path(), "ls && evil"));
    assert!(!runs_evil(programs.path(), "ls 'evil'"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_command_that_is_not_on_the_list_is_not_allowed_behind_any_allowed_one(
        // No program begins so.
        name in "zq[a-z]{1,7}",
        argument in "[a-z/.-]{0,8}",
        operator in prop_oneof![Just("&&"), Just("||"), Just("|"), Just(";"), Just("\n")],
    ) {
        let line = format!("cargo test {operator} {name} {argument}");
        prop_assert!(matches!(command(ApprovalMode::Ask, &line), Decision::Ask(_)), "{:?} is allowed", line);
    }

    #[test]
    fn quoting_makes_no_difference_to_what_a_word_is(word in "[a-z/.-][a-z/.=-]{0,9}") {
        let plain = matches!(command(ApprovalMode::Ask, &format!("ls {word}")), Decision::Allow);
        let quoted = matches!(command(ApprovalMode::Ask, &format!("ls '{word}'")), Decision::Allow);
        prop_assert_eq!(plain, quoted);
    }
}

#[test]
fn what_reads_runs_anywhere_and_everything_else_unasked_only_inside_of_the_sandbox() {
    let decide_in = |around, mode, line: &str| {
        let policy = Policy { around, ..policy(mode) };
        decide(&policy, &Action::Command { line })
    };
    for line in ["cargo test", "npm test", "touch new.txt", "git diff", "git status"] {
        assert_eq!(decide_in(Around::Sandbox, ApprovalMode::Auto, line), Decision::Allow, "{line}");
        assert!(matches!(decide_in(Around::Nothing, ApprovalMode::Auto, line), Decision::Ask(_)), "{line}");
        assert!(matches!(decide_in(Around::Nothing, ApprovalMode::Deny, line), Decision::Refuse(_)), "{line}");
    }
    for line in ["ls -la", "git log --oneline -5", "cat README.md | head -3"] {
        assert_eq!(decide_in(Around::Nothing, ApprovalMode::Auto, line), Decision::Allow, "{line}");
        assert!(matches!(decide_in(Around::Missing, ApprovalMode::Auto, line), Decision::Ask(_)), "{line}");
    }
    for line in ["rm -rf /", "rm -rf ~", "rm -rf ."] {
        assert!(matches!(decide_in(Around::Sandbox, ApprovalMode::Auto, line), Decision::Refuse(_)), "{line}");
    }
}

#[test]
fn where_a_secret_was_read_and_hosts_are_open_only_reading_runs_unasked() {
    let leaky = Policy { leaky: true, ..policy(ApprovalMode::Auto) };
    assert!(matches!(decide(&leaky, &Action::Command { line: "cargo test" }), Decision::Ask(_)));
    assert_eq!(decide(&leaky, &Action::Command { line: "ls" }), Decision::Allow);
}
