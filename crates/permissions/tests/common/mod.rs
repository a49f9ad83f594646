#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "helpers of tests; every file uses a part of them"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use permissions::rules::{RuleSet, Source};
use permissions::{Ground, Judgement, Ordinary, Profile, Verdict, judge};

pub(crate) const ROOT: &str = "/home/user/repo";

pub(crate) fn rules(yaml: &str) -> RuleSet {
    let mut rules = RuleSet::none();
    rules.read(yaml, Source::User, "policy.yaml").unwrap();
    rules
}

/// A rule in one line, with one example.
pub(crate) fn rule(verdict: &str, command: &str, example: &str) -> RuleSet {
    rules(&format!("rules: [{{verdict: {verdict}, command: '{command}', match: ['{example}']}}]"))
}

pub(crate) fn ground(profile: Profile, rules: &RuleSet) -> Ground<'_> {
    Ground {
        profile,
        root: Path::new(ROOT),
        cwd: Path::new(ROOT),
        home: Some(Path::new("/home/user")),
        listed: &[],
        rules,
        world: &Ordinary,
        git_status_reads: false,
    }
}

pub(crate) fn judged(profile: Profile, line: &str) -> Judgement {
    judge(line, &ground(profile, &RuleSet::none()))
}

pub(crate) fn by(rules: &RuleSet, line: &str) -> Judgement {
    judge(line, &ground(Profile::Session, rules))
}

pub(crate) fn assert_all(rules: &RuleSet, verdict: Verdict, lines: &[&str]) {
    for line in lines {
        let judgement = by(rules, line);
        assert_eq!(judgement.verdict, verdict, "{line:?}: {judgement:#?}");
    }
}

pub(crate) const PROFILES: [Profile; 2] = [Profile::ReadOnlyAuto, Profile::Session];

pub(crate) fn asks(line: &str) {
    for profile in PROFILES {
        let judgement = judged(profile, line);
        assert!(judgement.verdict >= Verdict::Ask, "{line:?} is allowed ({profile:?})");
        assert!(!judgement.reasons.is_empty(), "{line:?}: no reason");
    }
}

pub(crate) fn allowed(line: &str) {
    let judgement = judged(Profile::ReadOnlyAuto, line);
    assert_eq!(judgement.verdict, Verdict::Allow, "{line:?}: {:?}", judgement.reasons);
}

/// The shortest time that some work takes: other work on the machine is no property of it. Tried again only where it took too long.
pub(crate) fn best_of(allowed: Duration, work: impl Fn()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..12 {
        let begin = Instant::now();
        work();
        best = best.min(begin.elapsed());
        if best < allowed {
            break;
        }
    }
    best
}

/// `\n`, `\r` and `\\` in a line of a corpus.
pub(crate) fn unescaped(line: &str) -> String {
    let mut text = String::new();
    let mut letters = line.chars();
    while let Some(c) = letters.next() {
        match (c, letters.clone().next()) {
            ('\\', Some(next @ ('n' | 'r' | '\\'))) => {
                letters.next();
                text.push(match next {
                    'n' => '\n',
                    'r' => '\r',
                    other => other,
                });
            }
            _ => text.push(c),
        }
    }
    text
}

pub(crate) fn lines_of(name: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().filter(|line| !line.is_empty() && !line.starts_with("## ")).map(unescaped).collect()
}
