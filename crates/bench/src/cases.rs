//! The figure `cases`: the example scenarios in the shapes of real work, each played by the team and by one model through
//! `agent demo`, with what each cost and how it was delegated.
#![expect(clippy::disallowed_methods, reason = "starts the agent")]

mod delegation;

use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::binary;
use crate::figure::{Figure, machine, progress};

/// All of them. A scenario that the binary does not have is an error.
const CASES: [&str; 5] = ["es-modules", "remove-tracing", "one-of", "team-selector", "reuse-extension"];

/// Plays all cases with the given binary, or the release binary beside this one.
pub(crate) fn measure(agent: Option<&Path>) -> anyhow::Result<Figure> {
    let agent = match agent {
        Some(path) => path.canonicalize().with_context(|| format!("--agent {}", path.display()))?,
        None => binary::agent()?,
    };
    progress(&format!("playing {}", agent.display()));
    let mut played = Vec::new();
    for name in CASES {
        played.push(case(&agent, name).with_context(|| format!("the case `{name}`"))?);
        progress(&format!("{name} done"));
    }
    figure(&played)
}

/// One case: its row in the figure.
fn case(agent: &Path, name: &str) -> anyhow::Result<Value> {
    let folder = tempfile::tempdir()?;
    let out = folder.path().join("demo");
    let mut command = clean(agent, folder.path());
    let output = command.args(["demo", "--json", "--scenario", name, "--out"]).arg(&out).output()?;
    let completed = last_event(&output)?;
    let session = completed["team"]["session"].as_str().context("the demo's last line names no session")?;
    let measured = delegation::measure(&mut clean(agent, &out.join("state")), session)?;
    let verified = |play: &str| completed[play]["status"] == "verified";
    Ok(json!({
        "name": name,
        "tandem_usd": usd(&completed, "team")?,
        "solo_usd": usd(&completed, "solo")?,
        "saving": completed["saving"],
        "verified": verified("team") && verified("solo"),
        "steps": {
            "tandem": completed["team"]["steps"],
            "solo": completed["solo"]["steps"],
            "by_agent": by_agent(&completed["team"]),
        },
        "delegations": measured.delegations,
        "first_handoff_step": measured.first_handoff_step,
        "own_exploration_share": measured.own_exploration_share,
        "rereads": measured.rereads,
        "corrective_edits": measured.corrective_edits,
        "rounds_per_delegation": measured.rounds_per_delegation,
        "cache_hit_rate": completed["team"]["cache_hit_rate"],
    }))
}

/// The program with a state folder of its own, so that nothing of the user's is read or written.
fn clean(agent: &Path, home: &Path) -> Command {
    let mut command = Command::new(agent);
    command.env("AGENT_HOME", home);
    command
}

/// The line `demo.completed`. It is there whenever both plays came to an end, verified or not.
fn last_event(output: &Output) -> anyhow::Result<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    let event: Option<Value> = text.lines().last().and_then(|line| serde_json::from_str(line).ok());
    let event = event.filter(|event: &Value| event["type"] == "demo.completed");
    event.with_context(|| {
        format!("`agent demo` ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim())
    })
}

fn usd(completed: &Value, play: &str) -> anyhow::Result<f64> {
    let usd = completed[play]["usd"].as_f64().with_context(|| format!("the price of `{play}` is unknown"))?;
    ensure!(usd > 0.0, "`{play}` cost nothing");
    Ok(usd)
}

fn by_agent(play: &Value) -> Value {
    let agents = play["agents"].as_array().map(Vec::as_slice).unwrap_or_default();
    agents.iter().filter_map(|agent| Some((agent["id"].as_str()?.to_owned(), agent["steps"].clone()))).collect()
}

/// Rows, and the totals over all cases.
fn figure(rows: &[Value]) -> anyhow::Result<Figure> {
    let sum = |field: &str| rows.iter().filter_map(|row| row[field].as_f64()).sum::<f64>();
    let (tandem, solo) = (sum("tandem_usd"), sum("solo_usd"));
    ensure!(solo > 0.0, "nothing was played");
    let verified = rows.iter().all(|row| row["verified"] == true);
    let saving = 1.0 - tandem / solo;
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.push(format!(
        "{:<16} {:>9} {:>9} {:>6}  {}",
        "all",
        format!("${tandem:.4}"),
        format!("${solo:.4}"),
        format!("{:.0} %", saving * 100.0),
        if verified { "verified" } else { "NOT all verified" }
    ));
    Ok(Figure {
        lines,
        json: json!({
            "cases": rows,
            "tandem_usd": tandem,
            "solo_usd": solo,
            "saving": saving,
            "verified": verified,
            "delegations": rows.iter().filter_map(|row| row["delegations"].as_u64()).sum::<u64>(),
            "models": "played by a script",
            "prices": "list prices",
            "machine": machine(),
        }),
    })
}

/// A row for a person.
fn line(row: &Value) -> String {
    let number = |field: &str| row[field].as_f64().unwrap_or_default();
    format!(
        "{:<16} {:>9} {:>9} {:>6}  {}, {} and {} steps, {} delegations of {:.1} rounds, handed over at step {}, main explored \
         in {:.0} % of its steps, {} read again, {} corrected",
        row["name"].as_str().unwrap_or_default(),
        format!("${:.4}", number("tandem_usd")),
        format!("${:.4}", number("solo_usd")),
        format!("{:.0} %", number("saving") * 100.0),
        if row["verified"] == true { "verified" } else { "NOT verified" },
        row["steps"]["tandem"],
        row["steps"]["solo"],
        row["delegations"],
        number("rounds_per_delegation"),
        row["first_handoff_step"],
        number("own_exploration_share") * 100.0,
        row["rereads"],
        row["corrective_edits"],
    )
}

#[cfg(test)]
#[path = "cases_tests.rs"]
mod tests;
