//! `agent policy`: check a file, show what holds, compare, and find what no rule knows.

mod explain;

use std::path::{Path, PathBuf};

use clap::Subcommand;
use routing::{Change, Policy, PolicyError};
use serde_json::json;

use crate::args::TeamArgs;
use crate::config::{Context, policy, policy_models, repository};
use crate::failure::Failure;
use crate::text;

/// What is asked of a policy.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Check a policy file; says file, line, column and what is allowed.
    Check {
        /// File (default: the one of this folder, else yours, else the built-in one).
        file: Option<PathBuf>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Print every value with where it came from, and the hash.
    Show {
        /// File (default: the one of this folder, else yours, else the built-in one).
        file: Option<PathBuf>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Print the fields that differ, with both origins: from the built-in policy to a file, or from one file to another.
    Diff {
        /// File (default: the one of this folder, else yours, else the built-in one).
        file: Option<PathBuf>,
        /// Another file: then the first one is what it is compared with.
        other: Option<PathBuf>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Print files of the repository that look risky and match no path rule.
    Drift {
        /// Policy file (default: the one of this folder, else yours, else the built-in one).
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
        /// Print JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Say what would happen to a command line, part by part. Nothing is run.
    ExplainCommand(explain::ExplainArgs),
}

/// Exit code of what is refused.
const REFUSED: u8 = 6;

/// Values up to this many characters leave the origins in one column.
const VALUE: usize = 8;

/// Runs the subcommand.
pub(crate) fn run(context: &Context, command: PolicyCommand) -> anyhow::Result<u8> {
    match command {
        PolicyCommand::Check { file, json } => check(context, file.as_deref(), json),
        PolicyCommand::Show { file, json } => show(context, file.as_deref(), json),
        PolicyCommand::Diff { file, other, json } => diff(context, file.as_deref(), other.as_deref(), json),
        PolicyCommand::Drift { policy, json } => drift(context, policy.as_deref(), json),
        PolicyCommand::ExplainCommand(asked) => explain::explain(context, asked),
    }
}

fn check(context: &Context, file: Option<&Path>, json: bool) -> anyhow::Result<u8> {
    let checked = policy::look(context, file).and_then(|policy| {
        let models = policy_models::remarks(context, &policy)?;
        let remarks: Vec<String> = policy.remarks().iter().cloned().chain(models).collect();
        Ok((policy, remarks))
    });
    if json {
        let page = match &checked {
            Ok((policy, remarks)) => {
                json!({ "source": policy.source(), "ok": true, "hash": policy.hash(), "remarks": remarks })
            }
            Err(error) => wrong(error, file),
        };
        text::json(&page.to_string());
        return checked.map(|_| 0);
    }
    let (policy, remarks) = checked?;
    text::line(&format!("{}: ok; hash {}", policy.source(), policy.hash()));
    remarks.iter().for_each(|remark| text::warn(remark));
    Ok(0)
}

/// A file that is not in order, as JSON: the words, and the place where there is one.
fn wrong(error: &anyhow::Error, file: Option<&Path>) -> serde_json::Value {
    let place = error.downcast_ref::<PolicyError>();
    let named = file.map(|file| file.display().to_string());
    json!({
        "source": place.map(|place| place.file.clone()).or(named),
        "ok": false,
        "error": {
            "message": format!("{error}"),
            "line": place.map(|place| place.line),
            "column": place.map(|place| place.column),
            "field": place.map(|place| place.field.clone()),
        },
    })
}

fn show(context: &Context, file: Option<&Path>, json: bool) -> anyhow::Result<u8> {
    let (policy, unused) = shown(context, file)?;
    let fields = policy.show();
    if json {
        let fields: Vec<_> = fields
            .iter()
            .map(|field| json!({ "path": field.path, "value": field.value, "origin": field.origin }))
            .collect();
        let page = json!({
            "source": policy.source(),
            "hash": policy.hash(),
            "fields": fields,
            "remarks": policy.remarks(),
            "not_in_use": unused,
        });
        text::json(&page.to_string());
        return Ok(0);
    }
    text::line(&format!("policy from {}", policy.source()));
    text::line(&format!("hash {}", policy.hash()));
    let width = fields.iter().map(|field| field.path.len()).max().unwrap_or_default();
    for field in fields {
        text::line(&format!("{:width$}  {:<VALUE$}  {}", field.path, field.value, field.origin));
    }
    for remark in policy.remarks() {
        text::line(&format!("note: {remark}"));
    }
    if let Some(why) = unused {
        text::line(&format!("not in use: {why}"));
    }
    Ok(0)
}

/// A file that was named, else the policy that a session here would go by. One that a session would refuse is shown too, with
/// the reason.
fn shown(context: &Context, file: Option<&Path>) -> anyhow::Result<(Policy, Option<String>)> {
    if file.is_some() {
        return Ok((policy::look(context, file)?, None));
    }
    match policy::find(context, None, &TeamArgs::default()) {
        Ok(policy) => Ok((policy, None)),
        Err(error) => match error.downcast_ref::<Failure>() {
            Some(refused) if refused.code == REFUSED => {
                Ok((policy::look(context, None)?, Some(refused.message.clone())))
            }
            _ => Err(error),
        },
    }
}

/// What a file changes against the built-in policy, or the second of two files against the first.
fn diff(context: &Context, file: Option<&Path>, other: Option<&Path>, json: bool) -> anyhow::Result<u8> {
    let named = policy::look(context, file)?;
    let (from, to) = match other {
        None => (Policy::builtin(), named),
        Some(_) => (named, policy::look(context, other)?),
    };
    let changes = from.changes(&to);
    if json {
        let side = |side: &Option<(String, String)>| {
            side.as_ref().map(|(value, origin)| json!({ "value": value, "origin": origin }))
        };
        let changes: Vec<_> = changes
            .iter()
            .map(|change| json!({ "path": change.path, "from": side(&change.one), "to": side(&change.other) }))
            .collect();
        let page = json!({
            "from": { "source": from.source(), "hash": from.hash() },
            "to": { "source": to.source(), "hash": to.hash() },
            "changes": changes,
        });
        text::json(&page.to_string());
        return Ok(0);
    }
    text::line(&format!("from {} to {}", from.source(), to.source()));
    if changes.is_empty() {
        text::line("no field differs");
    }
    changes.iter().for_each(|change| text::line(&in_words(change)));
    Ok(0)
}

fn in_words(change: &Change) -> String {
    let side = |side: &Option<(String, String)>| match side {
        Some((value, origin)) => format!("{value} ({origin})"),
        None => "not there".to_owned(),
    };
    format!("{}\n  - {}\n  + {}", change.path, side(&change.one), side(&change.other))
}

/// Files that look risky and match no path rule.
fn drift(context: &Context, file: Option<&Path>, json: bool) -> anyhow::Result<u8> {
    let policy = policy::look(context, file)?;
    let files = repository::files(&context.root);
    let found = policy.drift(files.iter().map(String::as_str));
    if json {
        let page = json!({ "policy": policy.source(), "hash": policy.hash(), "files": files.len(), "drift": found });
        text::json(&page.to_string());
        return Ok(0);
    }
    for drift in &found {
        text::line(&format!("{}  looks like {}", drift.path, drift.looks.join(", ")));
    }
    text::line(&format!(
        "{} of {} files look risky and match no path rule of {}",
        found.len(),
        files.len(),
        policy.source()
    ));
    if !found.is_empty() {
        text::line("add a rule under `path_rules`, or take the word out of `drift`, where they are (docs/policy.md)");
    }
    Ok(0)
}
