//! The hunt for lines that do what the judge does not see:
//! `cargo run --release -p permissions --example oracle -- --commands 100000 [--seed N]`.
#![allow(clippy::disallowed_methods, reason = "a tool that starts processes")]

#[path = "../tests/oracle/mod.rs"]
mod hunting;

use std::path::Path;
use std::process::ExitCode;

use hunting::{ROOT, hunt};
use permissions::rules::RuleSet;
use permissions::{Ground, Ordinary, Profile, judge};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, otherwise: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(otherwise)
    };
    let commands = usize::try_from(number("--commands", 100_000)).unwrap_or(100_000);
    let rules = RuleSet::none();
    let root = Path::new(ROOT);
    let ground = Ground {
        profile: Profile::ReadOnlyAuto,
        root,
        cwd: root,
        home: Some(Path::new("/home/user")),
        listed: &[],
        rules: &rules,
        world: &Ordinary,
        git_status_reads: false,
    };
    let report = hunt(commands, number("--seed", 7), &|line| judge(line, &ground));
    let mut out = String::new();
    for found in &report.counterexamples {
        out += &format!("{:?} in {}: {}\n", found.line, found.shell, found.what);
    }
    out += &format!(
        "{{\"generated\":{},\"run\":{},\"programs_started\":{},\"counterexamples\":{}}}\n",
        report.generated,
        report.run,
        report.started,
        report.counterexamples.len()
    );
    let written = std::io::Write::write_all(&mut std::io::stdout(), out.as_bytes());
    match report.counterexamples.is_empty() && written.is_ok() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
