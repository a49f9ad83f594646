//! `agent cost`: every number is a query over the ledger.

use serde_json::json;
use store::{By, Cost};

use crate::args::ByArg;
use crate::config::Context;
use crate::table::{LEGEND, table};
use crate::text;

/// Shows what one session, or all of them, cost.
pub(crate) fn run(context: &Context, session: Option<&str>, by: ByArg, all: bool, json: bool) -> anyhow::Result<u8> {
    let store = context.store()?;
    let session = if all { None } else { Some(context.session(&store, session)?) };
    let by = match by {
        ByArg::Agent => By::Agent,
        ByArg::Brain => By::Brain,
        ByArg::Purpose => By::Purpose,
    };
    let groups = store.cost_by(session.as_ref(), by)?;
    if json {
        let total = as_json(&total(&groups));
        let groups: Vec<_> = groups.iter().map(as_json).collect();
        text::json(&json!({ "session": session, "groups": groups, "total": total }).to_string());
        return Ok(0);
    }
    if let Some(session) = &session {
        text::line(&format!("session {session}"));
    }
    if groups.is_empty() {
        text::note("no model was called yet, so nothing was spent");
        return Ok(0);
    }
    text::line(&render(&groups, &total(&groups)));
    Ok(0)
}

fn as_json(cost: &Cost) -> serde_json::Value {
    json!({
        "key": cost.key,
        "calls": cost.calls,
        "steps": cost.steps,
        "usage": cost.usage,
        "usd": cost.usd,
        "usd_at_least": cost.at_least,
        "cache_hit_rate": cost.usage.hit_rate(),
    })
}

/// All groups together.
fn total(groups: &[Cost]) -> Cost {
    Cost {
        key: "= total".to_owned(),
        calls: groups.iter().map(|cost| cost.calls).sum(),
        steps: groups.iter().map(|cost| cost.steps).sum(),
        usage: groups.iter().map(|cost| cost.usage).sum(),
        usd: groups.iter().map(|cost| cost.usd).sum(),
        at_least: groups.iter().map(|cost| cost.at_least).sum(),
    }
}

fn render(groups: &[Cost], total: &Cost) -> String {
    // Retries and calls that are no step are worth a column only where there are any.
    let with_calls = u64::from(total.steps) != total.calls;
    let mut headers = vec!["", "steps", "calls", "in", "read", "write", "out", "cost", "hits"];
    headers.retain(|header| with_calls || *header != "calls");
    let mut table = table(&headers, 1);
    for cost in groups.iter().chain([total]) {
        let mut cells = vec![cost.key.clone(), cost.steps.to_string()];
        cells.extend(with_calls.then(|| cost.calls.to_string()));
        cells.extend(
            [cost.usage.input, cost.usage.cache_read, cost.usage.cache_write(), cost.usage.output]
                .map(|n| n.to_string()),
        );
        cells.push(cost.usd.map_or_else(|| "unknown".to_owned(), |usd| usd.to_string()));
        cells.push(format!("{:.0} %", cost.usage.hit_rate() * 100.0));
        table.add_row(cells);
    }
    let table = format!("{}\n{LEGEND}", table.trim_fmt());
    match total.usd {
        Some(_) => table,
        None => format!("{table}\nA price is unknown; known prices add up to {}.", total.at_least),
    }
}
