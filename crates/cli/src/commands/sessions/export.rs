//! A session written down. Secrets are taken out, as of every record.

use protocol::{AgentId, Event, EventBody, SessionId, Timestamp, Usd};
use redact::redact_for_record;
use serde_json::{Value, json};
use store::{InputMode, SessionRecord, Store};

use super::known;
use crate::commands::count;

/// A session as Markdown: what was said, done and changed, in its order, and the totals.
pub(crate) fn markdown(store: &Store, id: &SessionId) -> anyhow::Result<String> {
    let record = known(store, id)?;
    let mut page = head(&record);
    for event in store.events(id)? {
        if let Some(part) = part(&event) {
            page.push_str(&part);
            page.push_str("\n\n");
        }
    }
    let steered = store.inputs(id, false)?.into_iter().filter(|input| input.mode == InputMode::Steer);
    let steered: Vec<String> = steered.map(|input| format!("- {}", one_line(&input.text))).collect();
    if !steered.is_empty() {
        page.push_str(&format!("## Said while the team worked\n\n{}\n\n", steered.join("\n")));
    }
    page.push_str(&totals(store, id)?);
    Ok(redact_for_record(&redact::inert(&page)).into_owned())
}

/// The same for programs: session, events as they were printed, model calls, totals.
pub(super) fn json(store: &Store, id: &SessionId) -> anyhow::Result<String> {
    let record = known(store, id)?;
    let inputs: Vec<_> = store
        .inputs(id, false)?
        .into_iter()
        .map(|input| json!({ "text": input.text, "mode": mode(input.mode), "at_ms": input.at }))
        .collect();
    let page = json!({
        "session": {
            "id": record.id,
            "cwd": record.cwd,
            "team": record.team_name,
            "title": record.title,
            "status": record.status,
            "created_at_ms": record.created_at,
            "updated_at_ms": record.updated_at,
        },
        "inputs": inputs,
        "events": store.events(id)?,
        "steps": store.ledger(id)?,
        "agents": store.totals(id)?,
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&recorded(page))?))
}

/// The same with every text as it may stand in a record. Text by text: a mask never takes a quote with it.
fn recorded(page: Value) -> Value {
    match page {
        Value::String(text) => Value::String(redact_for_record(&text).into_owned()),
        Value::Array(parts) => parts.into_iter().map(recorded).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, part)| (redact_for_record(&name).into_owned(), recorded(part))).collect()
        }
        other => other,
    }
}

fn mode(mode: InputMode) -> &'static str {
    match mode {
        InputMode::Turn => "turn",
        InputMode::Steer => "steer",
        InputMode::Queue => "queue",
    }
}

fn head(record: &SessionRecord) -> String {
    let title = if record.title.is_empty() { record.id.as_str() } else { &record.title };
    let status = record.status.map_or("unfinished", |status| status.as_str());
    format!(
        "# {}\n\nSession `{}` in `{}`, team {}, begun {}: {status}.\n\n",
        one_line(title),
        record.id,
        record.cwd,
        record.team_name,
        moment(record.created_at)
    )
}

/// `2026-11-21 10:15 UTC`
fn moment(at: Timestamp) -> String {
    let known = i64::try_from(at.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    known.map_or_else(String::new, |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

/// What one event comes to; none for those that only matter while they happen.
fn part(event: &Event) -> Option<String> {
    let who = event.agent.as_ref().map_or("-", AgentId::as_str);
    Some(match &event.body {
        EventBody::TurnStarted { input } => format!("## You\n\n{}", quoted(input)),
        EventBody::Message { text, is_final: true } => format!("## {who}\n\n{}", text.trim()),
        EventBody::Message { text, .. } if text.trim().is_empty() => return None,
        EventBody::Message { text, .. } => format!("**{who}**: {}", text.trim()),
        EventBody::ToolStarted { tool, summary, .. } => format!("- {who}: `{tool}` {}", code(&one_line(summary))),
        EventBody::ToolCompleted { tool, ok: false, error, .. } => {
            format!("- {who}: `{tool}` failed: {}", one_line(error.as_deref().unwrap_or("no reason given")))
        }
        EventBody::FileChanged { path, diff } => format!("{who} changed {}:\n\n{}", code(path), fenced("diff", diff)),
        EventBody::DelegationStarted { to, brief } => {
            let acceptance: Vec<String> = brief.acceptance.iter().map(|line| format!("\n- {}", code(line))).collect();
            format!("### {who} to {to}\n\n{}\n{}", quoted(&brief.objective), acceptance.concat())
        }
        EventBody::DelegationFinished { to, report, receipt, usd, .. } => {
            let verified = if receipt.verified { "verified" } else { "not verified" };
            let summary = report.as_ref().map_or("no report".to_owned(), |report| report.summary.trim().to_owned());
            let (steps, cost) = (count(receipt.steps.into(), "step"), dollars(*usd));
            format!("### {to} to {who}\n\n{summary}\n\n{verified}, {steps}, {cost}")
        }
        EventBody::VerificationFinished { command, exit_code, .. } => {
            let code_words = exit_code.map_or("killed".to_owned(), |code| format!("exit code {code}"));
            format!("- check {}: {code_words}", code(command))
        }
        EventBody::WindowOpened { brain, reason, number } if *number > 1 => {
            format!("- {who} goes on in window {number} with {brain} ({reason})")
        }
        EventBody::RouteDecided { brain, route, attempt } => {
            format!("- attempt {attempt} in lane {} with {brain}", route.lane)
        }
        EventBody::Error { message, hint, .. } => format!("**Error**: {}\n{}", message.trim(), hint.trim()),
        _ => return None,
    })
}

fn totals(store: &Store, id: &SessionId) -> anyhow::Result<String> {
    let cost = store.session_cost(id)?;
    let mut lines = vec!["## Totals".to_owned(), String::new()];
    lines.push("| agent | model | steps | cost |".to_owned());
    lines.push("| --- | --- | --- | --- |".to_owned());
    for total in store.totals(id)? {
        lines.push(format!("| {} | {} | {} | {} |", total.id, total.brain, total.steps, dollars(total.usd)));
    }
    let hits = cost.usage.hit_rate() * 100.0;
    lines.push(format!("| all | | {} | {} |", cost.steps, dollars(cost.usd)));
    lines.push(String::new());
    lines.push(format!("Cache hits {hits:.0} %."));
    Ok(lines.join("\n") + "\n")
}

fn dollars(usd: Option<Usd>) -> String {
    usd.map_or("cost unknown".to_owned(), |usd| usd.to_string())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn quoted(text: &str) -> String {
    text.trim().lines().map(|line| format!("> {line}").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Longest run of backticks in a text.
fn ticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

/// Text as code in a line; what holds backticks stands between more of them.
fn code(text: &str) -> String {
    match ticks(text) {
        _ if text.is_empty() => String::new(),
        0 => format!("`{text}`"),
        most => {
            let fence = "`".repeat(most + 1);
            format!("{fence} {text} {fence}")
        }
    }
}

/// Text as a block of code that it cannot end itself.
fn fenced(kind: &str, text: &str) -> String {
    let fence = "`".repeat(ticks(text).max(2) + 1);
    format!("{fence}{kind}\n{}\n{fence}", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::{code, fenced, quoted};

    #[test]
    fn no_text_ends_the_code_that_it_stands_in() {
        assert_eq!(code("a b"), "`a b`");
        assert_eq!(code("a `b`"), "`` a `b` ``");
        assert_eq!(fenced("diff", "+```\n+x\n"), "````diff\n+```\n+x\n````");
        assert_eq!(fenced("", "x"), "```\nx\n```");
        assert_eq!(quoted("a\n\nb\n"), "> a\n>\n> b");
    }
}
