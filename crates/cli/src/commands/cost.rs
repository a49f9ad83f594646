//! `agent cost`: every number is a query over the ledger.

use comfy_table::{CellAlignment, Table, presets};
use serde_json::json;
use store::{By, Cost};

use crate::args::ByArg;
use crate::config::Context;
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
        let groups: Vec<_> = groups.iter().map(as_json).collect();
        text::json(&json!({ "session": session, "groups": groups }).to_string());
        return Ok(0);
    }
    if let Some(session) = &session {
        text::line(&format!("session {session}"));
    }
    if groups.is_empty() {
        text::note("no model was called yet, so nothing was spent");
        return Ok(0);
    }
    text::line(&table(&groups).to_string());
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

fn table(groups: &[Cost]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["", "steps", "calls", "uncached", "cache read", "cache write", "output", "cost", "hit rate"]);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for cost in groups {
        let usd = cost.usd.map_or_else(|| format!("unknown (at least {})", cost.at_least), |usd| usd.to_string());
        table.add_row([
            cost.key.clone(),
            cost.steps.to_string(),
            cost.calls.to_string(),
            cost.usage.input.to_string(),
            cost.usage.cache_read.to_string(),
            cost.usage.cache_write().to_string(),
            cost.usage.output.to_string(),
            usd,
            format!("{:.0} %", cost.usage.hit_rate() * 100.0),
        ]);
    }
    table
}
