//! `agent models`.

use catalogue::Model;
use protocol::Timestamp;
use serde_json::json;

use crate::config::Context;
use crate::table::table;
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
    let mut table = table(&["model", "in", "out", "write", "read", "ctx", "max", "min"], 1);
    for model in models {
        let price = model.price(now, 0);
        table.add_row([
            model.to_string(),
            usd(price.input),
            usd(price.output),
            usd(price.cache_write_short),
            usd(price.cache_read),
            tokens(model.context),
            tokens(model.max_output),
            model.min_cacheable.to_string(),
        ]);
    }
    text::line(&table.trim_fmt());
    text::line(
        "in, out, write (to the cache), read (from it): dollars per million tokens, list prices in force now.\n\
         ctx (context), max (output), min (that can be cached): tokens, exact with --json. models.yaml overrides all.",
    );
    Ok(0)
}

fn usd(picos_per_token: i64) -> String {
    let text = format!("{:.4}", picos_per_token as f64 / PICOS_PER_USD_PER_MILLION);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `1M`, `922k`, `512`: rounded to thousands, exact where it is less than two of them.
fn tokens(number: u64) -> String {
    match (number + 500) / 1_000 {
        0 | 1 => number.to_string(),
        thousands if thousands.is_multiple_of(1_000) => format!("{}M", thousands / 1_000),
        thousands => format!("{thousands}k"),
    }
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

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn token_limits_are_shown_in_thousands_and_small_ones_as_they_are() {
        let shown = [512, 1_024, 4_096, 65_536, 922_000, 1_000_000, 1_048_576].map(tokens);
        assert_eq!(shown, ["512", "1024", "4k", "66k", "922k", "1M", "1049k"]);
    }
}
