//! `agent models`.

use catalogue::Model;
use comfy_table::{CellAlignment, Table, presets};
use protocol::Timestamp;
use serde_json::json;

use crate::config::Context;
use crate::text;

/// Picodollars per token and dollars per million tokens differ by this factor.
const PICOS_PER_USD_PER_MILLION: f64 = 1e6;

/// Lists what the catalogue knows.
pub(crate) fn run(context: &Context, filter: Option<&str>, json: bool) -> anyhow::Result<u8> {
    let now = context.clock.now();
    let wanted = filter.unwrap_or_default().to_lowercase();
    let models: Vec<&Model> = context
        .catalogue
        .models()
        .filter(|model| format!("{}/{}", model.family, model.name).to_lowercase().contains(&wanted))
        .collect();
    if json {
        let models: Vec<_> = models.iter().map(|model| as_json(model, now)).collect();
        text::json(&json!({ "models": models }).to_string());
        return Ok(0);
    }
    if models.is_empty() {
        text::note(&format!(
            "no known model contains `{wanted}`; unknown models work too, their cost is shown as unknown"
        ));
        return Ok(0);
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_header(["model", "input", "output", "cache write", "cache read", "context", "max output", "min cache"]);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for model in models {
        let price = model.price(now, 0);
        table.add_row([
            model.to_string(),
            usd(price.input),
            usd(price.output),
            usd(price.cache_write_short),
            usd(price.cache_read),
            model.context.to_string(),
            model.max_output.to_string(),
            model.min_cacheable.to_string(),
        ]);
    }
    text::line(&table.to_string());
    text::line(
        "Dollars per million tokens, list prices in force now; tokens for the rest. Override them in models.yaml.",
    );
    Ok(0)
}

fn usd(picos_per_token: i64) -> String {
    let text = format!("{:.4}", picos_per_token as f64 / PICOS_PER_USD_PER_MILLION);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn as_json(model: &Model, now: Timestamp) -> serde_json::Value {
    let price = model.price(now, 0);
    let per_million = |picos: i64| picos as f64 / PICOS_PER_USD_PER_MILLION;
    json!({
        "provider": model.family,
        "model": model.name,
        "usd_per_million": {
            "input": per_million(price.input),
            "output": per_million(price.output),
            "cache_write_short": per_million(price.cache_write_short),
            "cache_write_long": per_million(price.cache_write_long),
            "cache_read": per_million(price.cache_read),
        },
        "context": model.context,
        "max_output": model.max_output,
        "min_cacheable": model.min_cacheable,
        "notes": model.notes,
    })
}
