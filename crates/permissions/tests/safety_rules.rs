//! Rules, and programs by their names.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read files and the clock")]

mod common;

use std::path::{Path, PathBuf};

use common::*;
use permissions::rules::{RuleSet, suggestion};
use permissions::{Ground, Profile, Program, Verdict, World, judge};

#[test]
fn sec_04_a_rule_for_one_program_allows_no_other_part_of_a_line() {
    let rules = rule("allow", "git *", "git push");
    assert_all(&rules, Verdict::Allow, &["git push", "git commit -m 'x y'", "git push && git status"]);
    assert_all(
        &rules,
        Verdict::Ask,
        &[
            "git status && curl x",
            "git status; rm f",
            "git status \n rm f",
            "git status & rm f",
            "git status | sh",
            "git status || rm f",
            "git status |& sh",
            "git $(rm f)",
            "git push > f",
            "git *",
            "A=1 git push",
            "./git push",
            "env git push",
            "git push &",
            "xargs git push",
            "sudo git push",
            "git log `rm f`",
        ],
    );
}

#[test]
fn sec_05_a_rule_for_cd_allows_neither_what_follows_nor_a_write_into_what_configures() {
    let rules = rule("allow", "cd *", "cd sub");
    assert_all(&rules, Verdict::Ask, &["cd sub && python3 x.py", "cd sub; ./x", "cd bin; ./ls"]);
    assert_all(
        &rules,
        Verdict::Deny,
        &["cd .agent && echo x>settings.toml", "cd .git; echo x > hooks/pre-commit", "cd sub && echo x > ../.agent/a"],
    );
}

#[test]
fn sec_06_a_denied_program_is_denied_however_it_is_started() {
    let rules = rule("deny", "rm *", "rm x");
    assert_all(
        &rules,
        Verdict::Deny,
        &[
            "rm f",
            "env rm f",
            "sudo rm f",
            "FOO=1 rm f",
            "command rm f",
            "\\rm f",
            "\"r\"m f",
            "r'm' f",
            "xargs rm",
            "find . -delete",
            "find . -name x -delete",
            "busybox rm f",
            "/bin/rm f",
            "timeout 1 rm f",
            "setsid rm f",
            "bash -c 'rm f'",
            "nice -n 5 rm f",
            "nohup rm f &",
            "sh -ec 'cd x && rm f'",
            "find . -exec rm {} +",
            "env -i A=b rm f",
            "sudo -u root rm f",
            "time rm f",
            "echo x | xargs -n 1 rm",
            "eval 'rm f'",
            "eval rm f",
            "exec rm f",
            "bash -c \"bash -c 'rm f'\"",
            "$(rm f)",
            "(rm f)",
            "if true; then rm f; fi",
            "for i in 1; do rm f; done",
            "f() { rm f; }; f",
            "env -S 'rm f'",
            "timeout -k 1 5 rm f",
            "sudo -n -- rm f",
            "stdbuf -oL rm f",
            "ls; rm f",
            "x=$(rm f)",
            "cat <(rm f)",
            "trap 'rm f' EXIT",
            "sudo env rm f",
            "flock l rm f",
            "script -qc 'rm f' x",
            "builtin command rm f",
            "ls |& rm f",
            "fd x -x rm",
            "cat <<E\n$(rm f)\nE",
        ],
    );
    let dynamic = [
        "$(echo rm) f",
        "$x f",
        "`echo rm` f",
        "{rm,f}",
        "bash -c \"$x\"",
        "bash x.sh",
        "eval \"$x\"",
        "env $x",
        "xargs $x",
        "$'rm' f",
    ];
    // Programs of which nothing is known, and files of commands, may run what they name.
    let untold = [
        "mytool rm f",
        "mytool -- /bin/rm f",
        "ssh host rm f",
        "git bisect run rm f",
        "npx -y rm",
        ". ./x",
        "source x",
    ];
    for line in dynamic.into_iter().chain(untold) {
        let judgement = by(&rules, line);
        assert!(judgement.verdict == Verdict::Ask && judgement.firm, "{line}: {judgement:#?}");
    }
    // Without a rule that restricts, the same lines are asked for too, but a sandbox may lift that.
    for line in dynamic.into_iter().chain(untold) {
        let judgement = by(&RuleSet::none(), line);
        assert!(judgement.verdict == Verdict::Ask && !judgement.firm, "{line}: {judgement:#?}");
    }
    // Of these it is known that they run none of their words.
    for line in
        ["echo rm", "grep rm f", "git log rm", "which rm", "mkdir rm", "cargo test rm", "mytool f", "mytool rmx"]
    {
        assert!(!by(&rules, line).firm, "{line}");
    }
}

#[test]
fn sec_06_deny_outranks_ask_and_ask_outranks_allow_in_any_order() {
    for order in [["allow", "ask", "deny"], ["deny", "ask", "allow"], ["ask", "deny", "allow"]] {
        let commands = |verdict: &str| match verdict {
            "allow" => "mise *",
            "ask" => "mise run *",
            _ => "mise run evil *",
        };
        let list: Vec<String> = order
            .iter()
            .map(|verdict| {
                format!("{{verdict: {verdict}, command: '{}', match: [mise run evil x]}}", commands(verdict))
            })
            .collect();
        let rules = rules(&format!("rules: [{}]", list.join(", ")));
        assert_eq!(by(&rules, "mise run evil").verdict, Verdict::Deny);
        assert_eq!(by(&rules, "mise run lint").verdict, Verdict::Ask);
        assert_eq!(by(&rules, "mise ls").verdict, Verdict::Allow);
        assert_eq!(by(&rules, "mise $x").verdict, Verdict::Ask);
    }
}

/// A search path with something of everything.
struct Machine;

impl World for Machine {
    fn program(&self, name: &str) -> Program {
        match name {
            "rg" => Program::Own(PathBuf::from("/home/user/.cargo/bin/rg")),
            "grep" => Program::Foreign(PathBuf::from("/home/user/repo/bin/grep")),
            "tree" => Program::Missing,
            _ => Program::System,
        }
    }

    fn real(&self, path: &Path) -> Option<PathBuf> {
        (path == Path::new("/home/user/repo/out")).then(|| PathBuf::from("/home/user"))
    }
}

#[test]
fn sec_10_only_a_plain_name_that_leads_to_a_program_of_the_system_runs_unasked() {
    for line in [
        "./ls",
        "bin/git log",
        "/tmp/x/cat f",
        "../ls",
        "/bin/ls",
        "/usr/bin/git log",
        "~/bin/ls",
        "$HOME/bin/ls",
        "src/../ls",
        "l*",
    ] {
        asks(line);
    }
    for rule in [rule("allow", "ls *", "ls x"), rule("allow", "git *", "git log")] {
        assert_all(&rule, Verdict::Ask, &["./ls", "bin/git push", "/tmp/x/git push"]);
    }
    let none = RuleSet::none();
    let on = |profile| Ground { world: &Machine, ..ground(profile, &none) };
    let verdict = |profile, line| judge(line, &on(profile)).verdict;
    assert_eq!(verdict(Profile::ReadOnlyAuto, "rg x"), Verdict::Ask);
    assert_eq!(verdict(Profile::Session, "rg x"), Verdict::Allow);
    assert_eq!(verdict(Profile::Session, "grep x f"), Verdict::Ask);
    assert_eq!(verdict(Profile::ReadOnlyAuto, "tree src"), Verdict::Allow);
    assert_eq!(verdict(Profile::ReadOnlyAuto, "cat f"), Verdict::Allow);
    // A rule allows a command, not a program that stands in the way of it.
    let ruled = rule("allow", "grep *", "grep x");
    assert_eq!(
        judge("grep --foo x f", &Ground { world: &Machine, ..ground(Profile::Session, &ruled) }).verdict,
        Verdict::Ask
    );
    // Links are followed.
    assert_eq!(verdict(Profile::ReadOnlyAuto, "ls out"), Verdict::Ask);
    assert_eq!(judge("rm -rf out", &on(Profile::Session)).verdict, Verdict::Deny);
}

/// A workspace with links: to its own top, to a deep folder of its own, to git's folder, and out of it.
struct Linked;

impl World for Linked {
    fn real(&self, path: &Path) -> Option<PathBuf> {
        let links = [("deep", "src/a/b"), ("top", ""), ("hooks", ".git/hooks"), ("out", "../elsewhere/x")];
        let below = path.strip_prefix("/home/user/repo").ok()?;
        let (_, to) = links.iter().find(|(link, _)| below.starts_with(link))?;
        let rest = below.iter().skip(1).collect::<PathBuf>();
        let whole = match to.strip_prefix("../") {
            Some(to) => Path::new("/home/user").join(to).join(rest),
            None => Path::new("/home/user/repo").join(to).join(rest),
        };
        Some(whole)
    }

    fn program(&self, _name: &str) -> Program {
        Program::System
    }
}

#[test]
fn sec_10_a_path_that_climbs_out_of_a_link_is_where_the_link_leads() {
    let none = RuleSet::none();
    let verdict = |line| judge(line, &Ground { world: &Linked, ..ground(Profile::Session, &none) }).verdict;
    for line in [
        "cat top/../secret",
        "cat ./top/./../secret",
        "cat src/../top/../secret",
        "ls top/..",
        "cat < top/../secret",
        "cat out/../a",
        "cd top && cat ../secret",
        "git -C top/.. log",
        "cd top/.. && ls",
    ] {
        assert_eq!(verdict(line), Verdict::Ask, "{line}");
    }
    for line in ["cat deep/../f", "cat deep/f", "cat src/../f", "ls src/a/..", "cd deep && ls"] {
        assert_eq!(verdict(line), Verdict::Allow, "{line}");
    }
    assert_eq!(verdict("echo x > hooks/../config"), Verdict::Deny);
    assert_eq!(verdict("rm -rf deep/../../.."), Verdict::Deny);
    assert_eq!(verdict("rm -rf src/a/b/../../../top/."), Verdict::Deny);
}

#[test]
fn sec_68_to_allow_always_is_not_offered_for_what_runs_anything() {
    let offered = |line: &str| suggestion(&by(&RuleSet::none(), line).parts[0]);
    for line in [
        "bash -c 'x'",
        "sh x",
        "python x.py",
        "python3.12 x.py",
        "python3 -c 'x'",
        "node x.js",
        "git push",
        "env x",
        "npm run x",
        "npx x",
        "sudo x",
        "xargs x",
        "find . -delete",
        "rm x",
        "curl x",
        "docker run x",
        "make x",
        "ssh x y",
        "A=1 mise x",
        "mise run x",
        "./x",
        "/bin/x",
        "x $y",
        "x > f",
        "x *",
        "x 'a b'",
        "timeout 5 x",
        "perl -e x",
        "go run x",
        "eval x",
        "tee f",
    ] {
        assert_eq!(offered(line), None, "{line}");
    }
    assert_eq!(offered("golangci-lint fmt src"), Some("golangci-lint fmt src".to_owned()));
    // What is offered allows the part it was made from, and nothing longer.
    let rules = rule("allow", "golangci-lint fmt src", "golangci-lint fmt src");
    assert_eq!(by(&rules, "golangci-lint fmt src").verdict, Verdict::Allow);
    assert_eq!(by(&rules, "golangci-lint fmt src more").verdict, Verdict::Ask);
}

#[test]
fn sec_10_a_check_of_the_team_is_allowed_where_the_line_begins_but_never_past_the_floor_or_a_rule() {
    let listed = ["./check.sh --all > /tmp/log".to_owned(), "./lint.sh".to_owned(), "rm -rf /".to_owned()];
    let none = RuleSet::none();
    let verdict = |rules: &RuleSet, profile, line: &str| {
        judge(line, &Ground { listed: &listed, ..ground(profile, rules) }).verdict
    };
    let denied = rule("deny", "./check.sh *", "./check.sh x");
    for profile in PROFILES {
        for line in [
            "./lint.sh 2>&1 | tail -5",
            "./lint.sh && ls",
            "./check.sh --all > /tmp/log",
            "cd /home/user/repo && ./lint.sh",
            "cd . && ./lint.sh; cd sub",
        ] {
            assert_eq!(verdict(&none, profile, line), Verdict::Allow, "{line} ({profile:?})");
        }
        for line in [
            "cd sub && ./lint.sh 2>&1 | tail -5",
            "cd other; ./lint.sh",
            "(cd other; ./lint.sh)",
            "cd other && cd .. && ./lint.sh",
            "./lint.sh && ./other.sh",
            "./lint.sh --fix",
            "./check.sh --all > /tmp/log; rm f",
        ] {
            assert_eq!(verdict(&none, profile, line), Verdict::Ask, "{line} ({profile:?})");
        }
        assert_eq!(verdict(&none, profile, "rm -rf /"), Verdict::Deny);
        assert_eq!(verdict(&denied, profile, "./check.sh --all > /tmp/log"), Verdict::Deny);
    }
}

#[test]
fn sec_06_options_before_a_subcommand_hide_it_from_no_rule() {
    let rules = rule("deny", "git push *", "git push");
    for line in ["git -C . push", "git --no-pager push origin", "git -c a=b push", "git --git-dir=.git push"] {
        let judged = by(&rules, line);
        assert!(judged.verdict != Verdict::Allow && judged.firm, "{line}: {judged:?}");
    }
    let judged = by(&rules, "git log --oneline -5");
    assert_eq!(judged.verdict, Verdict::Allow, "{judged:?}");
}
