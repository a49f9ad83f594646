//! The comparison of team and solo, as a table and as JSON.

use protocol::event::AgentTotals;
use protocol::{Usage, Usd};
use serde_json::{Value, json};

use super::{Case, Played};
use crate::table::{LEGEND, table};

/// Both plays of a demo.
pub(crate) struct Comparison<'a> {
    pub(crate) scenario: &'a str,
    pub(crate) team: &'a Played,
    pub(crate) solo: &'a Played,
    /// Where the team's diff was written.
    pub(crate) diff: &'a str,
    /// The team's working copy.
    pub(crate) copy: &'a str,
}

impl Comparison<'_> {
    /// Saved share of the one-model price; none where a price is unknown.
    pub(crate) fn saving(&self) -> Option<f64> {
        let (team, solo) = self.team.usd.zip(self.solo.usd)?;
        (solo.picos() > 0).then(|| 1.0 - team.dollars() / solo.dollars())
    }

    /// The last line of `demo --json`.
    pub(crate) fn event(&self) -> Value {
        json!({
            "v": protocol::event::VERSION,
            "type": "demo.completed",
            "session": self.team.session,
            "seq": self.team.last_event + 1,
            "scenario": self.scenario,
            "status": self.team.status,
            "exit_code": self.team.status.exit_code(),
            "models": "played by a script",
            "prices": "list prices",
            "team": play(self.team),
            "solo": play(self.solo),
            "baseline": {
                "kind": "measured",
                "brain": self.solo.agents.first().map(|agent| agent.brain.clone()),
                "usd": self.solo.usd,
                "saving": self.saving(),
                "how": "the same reads, searches, edits and test runs, played by the one-model team `solo`",
            },
            "saving": self.saving(),
            "diff": self.diff,
            "workspace": self.copy,
        })
    }
}

fn play(played: &Played) -> Value {
    json!({
        "session": played.session,
        "team": played.team,
        "status": played.status,
        "usd": played.usd,
        "steps": played.agents.iter().map(|agent| agent.steps).sum::<u32>(),
        "agents": played.agents,
        "usage": played.usage,
        "cache_hit_rate": played.usage.hit_rate(),
        "predicted_cache_read": played.predicted_cache_read,
        "billed_cache_read": played.usage.cache_read,
        "undeclared_cache_misses": played.undeclared_misses,
        "delegations": played.delegations.iter().map(|(to, usage)| json!({"to": to, "usage": usage})).collect::<Vec<_>>(),
        "wall_ms": played.wall_ms,
    })
}

/// The table, and under it what it means.
pub(crate) fn render(comparison: &Comparison<'_>) -> String {
    let mut table = table(&["", "model", "steps", "in", "read", "write", "out", "cost", "hits"], 2);
    for played in [comparison.team, comparison.solo] {
        for agent in &played.agents {
            table.add_row(agent_row(agent));
        }
        table.add_row(total_row(played));
    }
    format!("{}\n{LEGEND}\n\n{}", table.trim_fmt(), words(comparison))
}

/// The demos there are, with what each needs.
pub(crate) fn list(cases: &[Case]) -> String {
    let mut table = table(&["scenario", "needs", "what it shows"], 3);
    for case in cases {
        table.add_row(vec![case.name, case.program(), case.about]);
    }
    table.trim_fmt()
}

/// The same for a program.
pub(crate) fn list_json(cases: &[Case]) -> Value {
    cases
        .iter()
        .map(|case| json!({"name": case.name, "about": case.about, "task": case.task, "tests": case.tests}))
        .collect()
}

fn agent_row(agent: &AgentTotals) -> Vec<String> {
    let model = agent.brain.split_once('/').map_or(agent.brain.as_str(), |(_, model)| model);
    let mut cells = vec![agent.id.to_string(), model.to_owned(), agent.steps.to_string()];
    cells.extend(usage_cells(&agent.usage, agent.usd));
    cells
}

fn total_row(played: &Played) -> Vec<String> {
    let steps: u32 = played.agents.iter().map(|agent| agent.steps).sum();
    // Time has no column of its own: it is the whole play's.
    let wall = format!("wall {:.1} s", played.wall_ms as f64 / 1000.0);
    let mut cells = vec![format!("= {}", played.team), wall, steps.to_string()];
    cells.extend(usage_cells(&played.usage, played.usd));
    cells
}

fn usage_cells(usage: &Usage, usd: Option<Usd>) -> Vec<String> {
    vec![
        thousands(usage.input),
        thousands(usage.cache_read),
        thousands(usage.cache_write()),
        thousands(usage.output),
        usd.map_or("unknown".to_owned(), |usd| usd.to_string()),
        format!("{:.0} %", usage.hit_rate() * 100.0),
    ]
}

/// `12 345`, with a thin gap that survives every terminal.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

fn words(comparison: &Comparison<'_>) -> String {
    let mut lines = Vec::new();
    match comparison.saving() {
        Some(saving) if saving >= 0.0 => lines.push(format!(
            "The team did the same work for {:.0} % less than one premium model.",
            saving * 100.0
        )),
        Some(saving) => lines.push(format!(
            "Delegation LOST money here: the team cost {:.0} % more than one premium model. A task this small is cheaper \
             without a brief, a report and a second context; main may `take_over` such changes.",
            -saving * 100.0
        )),
        None => lines.push("The saving is unknown: a price is missing.".to_owned()),
    }
    let (predicted, billed) = (comparison.team.predicted_cache_read, comparison.team.usage.cache_read);
    lines.push(format!(
        "Cache reads: {} expected before the calls, {} billed; {} calls missed a cache without a declared reason.",
        thousands(predicted),
        thousands(billed),
        comparison.team.undeclared_misses
    ));
    lines.push(
        "The models are played by a script; prices are real list prices; files, searches, edits, git and test runs are real, \
         and the same in both plays."
            .to_owned(),
    );
    lines.push(format!("Diff: {}", comparison.diff));
    lines.push(format!("Working copy: {}", comparison.copy));
    lines.join("\n")
}
