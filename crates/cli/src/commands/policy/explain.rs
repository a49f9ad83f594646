//! `agent policy explain-command`: says what would happen to a command line, without running anything.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use permissions::rules::{RuleSet, Source};
use permissions::{Ground, Judgement, Profile, Verdict, judge};
use serde_json::json;
use tools::permissions::Machine;

use crate::config::{Context, files};
use crate::failure::Failure;
use crate::text;

/// What is to be explained.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Command line; without one, standard input holds one on each line, and one JSON object is printed for each.
    command: Option<String>,
    /// What runs without asking.
    #[arg(long, value_enum, default_value_t = ProfileArg::Session)]
    profile: ProfileArg,
    /// Rules (default: the section `permissions` of policy.yaml in your configuration folder).
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

/// What runs without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ProfileArg {
    /// Only what reads, and of that only what no file of the repository can make run something.
    ReadOnlyAuto,
    /// That, and builds, tests and lints.
    Session,
}

/// Prints a judgement for the command, or for each line of standard input. The exit code is 0 whatever the verdicts are.
pub(crate) fn explain(context: &Context, args: ExplainArgs) -> anyhow::Result<u8> {
    let rules = rules(context, args.rules.as_deref())?;
    rules.remarks().iter().for_each(|remark| text::warn(remark));
    let home = context.environment.get("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let machine = Machine::new(context.environment.get("PATH").unwrap_or_default(), &context.root);
    let ground = Ground {
        profile: match args.profile {
            ProfileArg::ReadOnlyAuto => Profile::ReadOnlyAuto,
            ProfileArg::Session => Profile::Session,
        },
        root: &context.root,
        cwd: &context.root,
        home: home.as_deref(),
        listed: &[],
        rules: &rules,
        world: &machine,
        git_status_reads: false,
    };
    match args.command {
        Some(line) => {
            let judgement = judge(&line, &ground);
            match args.json {
                true => text::json(&object(&line, &judgement)),
                false => text::line(&redact::inert(&in_words(&line, &judgement))),
            }
        }
        None => each_line(&ground)?,
    }
    Ok(0)
}

fn rules(context: &Context, file: Option<&Path>) -> anyhow::Result<RuleSet> {
    let mut rules = RuleSet::none();
    let users = context.home.config.join("policy.yaml");
    let (path, page) = match file {
        Some(file) => (file, files::read(file)?),
        None => match files::read_if_there(&users)? {
            // A policy without rules is a policy.
            Some(page) if page.lines().any(|line| line.starts_with("permissions:")) => (users.as_path(), page),
            _ => return Ok(rules),
        },
    };
    rules
        .read(&page, Source::User, &path.display().to_string())
        .map_err(|error| Failure::usage_with(error.to_string(), "docs/policy.md says how rules are written"))?;
    Ok(rules)
}

/// One object for each line, as soon as it has been read.
fn each_line(ground: &Ground<'_>) -> anyhow::Result<()> {
    let wrong = |error: std::io::Error| Failure::usage(format!("standard input cannot be read: {error}"));
    let mut input = std::io::stdin().lock();
    let mut bytes = Vec::new();
    while input.read_until(b'\n', &mut bytes).map_err(wrong)? > 0 {
        if bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        let line = String::from_utf8_lossy(&bytes);
        let mut judgement = judge(&line, ground);
        if matches!(line, std::borrow::Cow::Owned(_)) {
            judgement.verdict = judgement.verdict.max(Verdict::Ask);
            judgement.firm = true;
            judgement.kind = None;
            judgement.reasons.insert(0, "the line is not UTF-8 text".to_owned());
        }
        text::json(&object(&line, &judgement));
        bytes.clear();
    }
    Ok(())
}

fn object(line: &str, judgement: &Judgement) -> String {
    json!({
        "command": line,
        "verdict": judgement.verdict,
        "parts": judgement.parts,
        "reasons": judgement.reasons,
        "firm": judgement.firm,
        "floor": judgement.floor,
    })
    .to_string()
}

fn in_words(line: &str, judgement: &Judgement) -> String {
    let mut words = format!("{:<5}  {line}", judgement.verdict.as_str());
    for part in &judgement.parts {
        words += &format!("\n  {:<5}  {}", part.verdict.as_str(), part.text.replace('\n', "\\n"));
    }
    for reason in &judgement.reasons {
        words += &format!("\n  - {reason}");
    }
    words += match (judgement.verdict, judgement.floor, judgement.firm) {
        (Verdict::Allow, ..) => "\nIt runs without a question.",
        (Verdict::Deny, true, _) => "\nIt is refused, whatever the rules and the mode are.",
        (Verdict::Deny, false, _) => "\nIt is refused.",
        (Verdict::Ask, _, true) => {
            "\nA person is asked, inside a sandbox too; where nobody can be asked, it is refused."
        }
        (Verdict::Ask, _, false) => {
            "\nA person is asked; where nobody can be asked, it is refused. Inside a sandbox, approval mode auto runs it."
        }
    };
    words
}
