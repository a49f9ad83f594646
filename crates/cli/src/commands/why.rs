//! `agent why`: what was decided, by which numbers, and what came of it.

mod routes;

use bill::account::records::Records;
use bill::account::steps;
use bill::metrics::{self, Metrics};
use bill::why::{After, Aftermath, Decided, Decisions, aftermath, filled, number};
use protocol::{Decision, SessionId, Usd};
use serde_json::{Value, json};

use super::sessions::named;
use crate::config::Context;
use crate::failure::Failure;
use crate::text;

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) session: Option<String>,
    pub(crate) step: Option<u32>,
    pub(crate) verbose: bool,
    pub(crate) json: bool,
}

/// Shows a session's decisions, or those made at one step.
pub(crate) fn run(context: &Context, asked: &Asked) -> anyhow::Result<u8> {
    let store = context.store()?;
    let session = named(context, &store, asked.session.as_deref()).map_err(|error| perhaps_a_step(asked, error))?;
    let records = Records::load(&store, &session)?;
    let decisions = Decisions::load(&store, &session)?;
    let shown: Vec<&Decided> =
        decisions.all.iter().filter(|decided| asked.step.is_none_or(|step| decided.decision.step == step)).collect();
    if let (Some(step), true) = (asked.step, shown.is_empty()) {
        return Err(no_such_step(&session, step, &decisions));
    }
    let metrics = metrics::of(&records, &steps::of(&records));
    if asked.json {
        let all: Vec<Value> = shown.iter().map(|one| as_json(one, &aftermath(&records, &decisions, one))).collect();
        let page = json!({
            "session": session,
            "routes": routes::as_json(&decisions.attempts),
            "decisions": all,
            "unreadable": decisions.unreadable,
            "metrics": metrics,
        });
        text::json(&page.to_string());
        return Ok(0);
    }
    text::line(&format!("session {session}"));
    if asked.step.is_none() {
        routes::lines(&decisions.attempts, asked.verbose).iter().for_each(|line| text::line(line));
    }
    for decided in &shown {
        text::line(&line(&decided.decision));
        if asked.verbose || asked.step.is_some() {
            text::line(&details(&decided.decision, &aftermath(&records, &decisions, decided)));
        }
    }
    if decisions.all.is_empty() {
        let beside = if decisions.attempts.is_empty() { "" } else { "beside the lane " };
        text::note(&format!("{beside}no decision was recorded in this session"));
    }
    if decisions.unreadable > 0 {
        text::note(&format!(
            "left out: {} that another version of this program wrote",
            count(decisions.unreadable as u64, "decision")
        ));
    }
    if asked.step.is_none() {
        text::line(&delegation(&metrics));
    }
    Ok(0)
}

/// A small number in the place of a session is a step.
fn perhaps_a_step(asked: &Asked, error: anyhow::Error) -> anyhow::Error {
    let number = asked.session.as_deref().filter(|word| word.len() <= 4 && word.chars().all(|c| c.is_ascii_digit()));
    let is_step = |number: &&str| !number.is_empty() && asked.step.is_none() && error.is::<Failure>();
    let Some(number) = number.filter(is_step) else { return error };
    Failure::usage_with(
        error.to_string(),
        format!("a step stands behind its session, and `-` is the last one in this folder: agent why - {number}"),
    )
}

fn no_such_step(session: &SessionId, step: u32, decisions: &Decisions) -> anyhow::Error {
    let made: Vec<String> = decisions
        .steps()
        .into_iter()
        .map(|(agent, steps)| {
            let steps: Vec<String> = steps.iter().map(u32::to_string).collect();
            format!("{agent} {}", steps.join(", "))
        })
        .collect();
    if made.is_empty() {
        return Failure::usage(format!("no decision was recorded in session {session}, at step {step} or any other"));
    }
    Failure::usage_with(
        format!("nothing was decided at step {step} of session {session}"),
        format!("there are decisions after these steps: {}", made.join("; ")),
    )
}

fn as_json(decided: &Decided, after: &Aftermath) -> Value {
    let mut value = json!(decided.decision);
    if let Value::Object(fields) = &mut value {
        fields.insert("at_ms".to_owned(), json!(decided.at));
        fields.insert("filled".to_owned(), json!(filled(&decided.decision)));
        fields.insert("after".to_owned(), json!(after));
    }
    value
}

/// Column at which everything about a decision but its place begins.
const INDENT: usize = 17;

fn line(decision: &Decision) -> String {
    let Decision { kind, agent, step, chosen, because, .. } = decision;
    let said = format!("{} -> {chosen}: {because}", kind.as_str());
    format!("{:<10} {step:>4}  {}", agent.as_str(), wrapped(&said, INDENT))
}

/// Text in lines that end before column 80, all but the first indented. The groups of a number stay together.
fn wrapped(text: &str, indent: usize) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let goes_on = word.starts_with(|c: char| c.is_ascii_digit());
        match words.last_mut() {
            Some(last) if goes_on && last.ends_with(|c: char| c.is_ascii_digit()) => last.push_str(&format!(" {word}")),
            _ => words.push(word.to_owned()),
        }
    }
    let room = 80_usize.saturating_sub(indent);
    let mut lines = vec![String::new()];
    for word in words {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(&word),
            Some(line) if line.chars().count() + 1 + word.chars().count() < room => line.push_str(&format!(" {word}")),
            _ => lines.push(word),
        }
    }
    lines.join(&format!("\n{:indent$}", ""))
}

/// Formula, numbers, and what happened afterwards, under the line of the decision.
fn details(decision: &Decision, after: &Aftermath) -> String {
    let mut lines = Vec::new();
    if let Some(filled) = filled(decision) {
        lines.push(("rule", decision.formula.clone()));
        lines.push(("numbers", filled));
    }
    // What stands in the formula is told already.
    let told = |name: &str| {
        let in_name = |c: char| c.is_alphanumeric() || c == '_';
        decision.formula.split(|c| !in_name(c)).any(|word| word == name)
    };
    let others: Vec<String> = decision
        .numbers
        .iter()
        .filter(|(name, _)| !told(name))
        .map(|(name, value)| format!("{name} = {}", number(name, *value)))
        .collect();
    if !others.is_empty() {
        lines.push(("also", others.join(", ")));
    }
    if !decision.policy.is_empty() {
        lines.push(("policy", decision.policy.clone()));
    }
    lines.extend(afterwards(after).into_iter().map(|line| ("after", line)));
    let line = |(head, text): &(&str, String)| format!("{:INDENT$}{head:<9}{}", "", wrapped(text, INDENT + 9));
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn afterwards(after: &Aftermath) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(worth) = &after.worth {
        let usd = |usd: Option<Usd>| usd.map_or("unknown".to_owned(), |usd| usd.to_string());
        let told = |gain: Option<Usd>, how: &str| match gain {
            Some(lost) if lost < Usd::ZERO => format!("{} {how} lost", Usd::ZERO - lost),
            Some(saved) => format!("{saved} {how} saved"),
            None => format!("unknown {how} saved"),
        };
        lines.push(format!(
            "{}, {}, {} spent by the specialist",
            told(worth.estimated_usd, "expected to be"),
            told(worth.real_usd, "really"),
            usd(worth.spent_usd)
        ));
    }
    lines.extend(after.report.map(str::to_owned));
    match after.hit {
        Some(true) => lines.push("the next request read the cache".to_owned()),
        Some(false) => lines.push("the next request did not read the cache".to_owned()),
        None => {}
    }
    lines.extend(after.calls.iter().map(call));
    if lines.is_empty() {
        lines.push("nothing yet".to_owned());
    }
    lines
}

fn call(call: &After) -> String {
    let usd = call.usd.map_or("price unknown".to_owned(), |usd| usd.to_string());
    let note = call.cache_note.as_deref().map(|note| format!(" [{note}]")).unwrap_or_default();
    let how = if call.outcome == "answered" { String::new() } else { format!(", {}", call.outcome) };
    format!(
        "step {}, {}{how}, {}: {} prompt tokens, {} from the cache ({} expected){note}, {usd}",
        call.step, call.purpose, call.brain, call.prompt, call.cache_read, call.expected_cache_read
    )
}

fn delegation(metrics: &Metrics) -> String {
    let Some((first, rounds)) = metrics.first_handoff_step.zip(metrics.rounds_per_delegation) else {
        let own = metrics.own_exploration_share.map(|share| {
            format!("; {:.0} % of {} only looked around", share * 100.0, count(metrics.main_steps.into(), "step"))
        });
        return format!("delegation: none{}", own.unwrap_or_default());
    };
    format!(
        "delegation: {}, the first at main's step {first}, {rounds:.1} steps of the specialist each\n\
         main: {:.0} % of {} only looked around, {} read again, {}",
        count(metrics.delegations.into(), "delegation"),
        metrics.own_exploration_share.unwrap_or_default() * 100.0,
        count(metrics.main_steps.into(), "step"),
        count(metrics.rereads.into(), "file"),
        count(metrics.corrective_edits.into(), "corrective edit")
    )
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: u64, of: &str) -> String {
    format!("{number} {of}{}", if number == 1 { "" } else { "s" })
}
