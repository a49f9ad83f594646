//! The table for a person, and what it says about the targets.

use serde_json::{Value, json};

use super::data::{Model, Set, mean};
use super::score::{Figure, Row, rounded};

pub(super) fn lines(rows: &[Row], sets: &[Set]) -> Vec<String> {
    let mut lines = Vec::new();
    for part in rows.chunk_by(|one, other| one.data == other.data && one.pair == other.pair) {
        if let Some(first) = part.first() {
            lines.push(format!("{}: {}", first.data, first.pair.replace('|', " > ")));
            let names = ["policy", "cost", "success", "of all", "AUC", "APGR"];
            lines.push(format!(
                "  {:<17} {:<22} {:<22} {:<7} {:<22} {}",
                names[0], names[1], names[2], names[3], names[4], names[5]
            ));
        }
        lines.extend(part.iter().map(line));
        lines.extend(part.iter().filter_map(note));
        lines.push(String::new());
    }
    for set in sets {
        let names: Vec<String> = undominated(set).map(|model| model.name.clone()).collect();
        lines.push(format!("{}: single models that no cheaper one beats: {}", set.name, names.join(", ")));
    }
    lines.push("Cost and success are relative to the strong model (95 % intervals); all is out of fold.".to_owned());
    lines
}

fn line(row: &Row) -> String {
    let figure = |figure: Option<Figure>| figure.map_or_else(|| "-".to_owned(), shown);
    format!(
        "  {:<17} {:<22} {:<22} {:<7} {:<22} {}",
        row.policy,
        shown(row.cost_ratio),
        shown(row.success_ratio),
        format!("{:.1} %", row.success * 100.0),
        figure(row.auc),
        figure(row.apgr)
    )
}

fn shown(figure: Figure) -> String {
    format!("{:.3} ({:.3}-{:.3})", figure.value, figure.interval.low, figure.interval.high)
}

fn note(row: &Row) -> Option<String> {
    if let Some((name, folds)) = row.tiers.first() {
        let all: u32 = row.tiers.iter().map(|(_, folds)| folds).sum();
        return Some(format!("  {}: {name} in {folds} of {all} folds", row.policy));
    }
    let share = row.without_signal.filter(|_| row.policy == "learned")?;
    let strong = row.pair.rsplit('|').next().unwrap_or_default();
    (share > 0.5).then(|| {
        format!("  learned: no signal before the run in {:.0} % of the choices: stays with {strong}", share * 100.0)
    })
}

/// Models that no cheaper one equals.
fn undominated(set: &Set) -> impl Iterator<Item = &Model> {
    let mut best = f64::NEG_INFINITY;
    set.models.iter().filter(move |model| {
        let success = mean(&model.success);
        let better = success > best;
        best = best.max(success);
        better
    })
}

pub(super) fn frontier(set: &Set) -> Value {
    let models: Vec<Value> = undominated(set)
        .map(|model| {
            json!({ "model": model.name, "cost_usd": rounded(mean(&model.cost)), "success": rounded(mean(&model.success)) })
        })
        .collect();
    json!({ "data": set.name, "models": models })
}

/// What is asked of this figure, as measured.
pub(super) fn targets(rows: &[Row]) -> Value {
    let find = |data: &str, pair: &str, policy: &str| {
        rows.iter().find(|row| row.data == data && row.pair.starts_with(pair) && row.policy == policy)
    };
    let cascade = find("verified", "DeepSeek-V4-Pro|claude-opus", "cascade3-90-90");
    let coderouter = find("coderouter-id", "8 models", "learned");
    let stays = rows.iter().filter(|row| row.data == "verified" && row.policy == "learned");
    json!({
        "cascade3_cost_ratio": cascade.map(|row| rounded(row.cost_ratio.value)),
        "cascade3_success_ratio": cascade.map(|row| rounded(row.success_ratio.value)),
        "pro_apgr": find("pro", "GPT-5", "learned").and_then(|row| row.apgr).map(|figure| rounded(figure.value)),
        "coderouter_success": coderouter.map(|row| rounded(row.success * 100.0)),
        "coderouter_cost_ratio": coderouter.map(|row| rounded(row.cost_ratio.value)),
        "verified_choices_without_signal": stays.filter_map(|row| row.without_signal).reduce(f64::min).map(rounded),
    })
}
