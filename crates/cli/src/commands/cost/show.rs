//! A bill as text and as JSON.

use bill::account::{Bill, Group, View};
use protocol::Usd;
use protocol::event::{Baseline, BaselineKind};
use serde_json::{Value, json};

use crate::table::{LEGEND, table};

/// What a baseline saved: negative where the team cost more.
pub(crate) fn saved(baseline: &Baseline) -> Option<(f64, Usd)> {
    let (saving, usd) = baseline.saving.zip(baseline.usd)?;
    Some((saving, Usd::from_dollars(usd.dollars() * saving)))
}

/// `agent cost --json`. `groups` are those of the view that was asked for.
pub(crate) fn as_json(bill: &Bill, by: View, session: Option<&str>, compared: Option<(&Baseline, usize)>) -> Value {
    let baseline = compared.map(|(baseline, _)| baseline);
    let views: serde_json::Map<String, Value> =
        View::ALL.into_iter().map(|view| (view.as_str().to_owned(), json!(bill.by(view)))).collect();
    json!({
        "session": session,
        "sessions": bill.sessions.len(),
        "since_ms": bill.since,
        "by": by.as_str(),
        "groups": bill.by(by),
        "total": Group { key: TOTAL.to_owned(), ..bill.total.clone() },
        "views": views,
        "waste": bill.waste,
        "wasted_usd": bill.wasted(),
        "baseline": baseline,
        "baseline_sessions": compared.map_or(0, |(_, sessions)| sessions),
        "saved_usd": baseline.and_then(saved).map(|(_, usd)| usd),
    })
}

/// Name of the last line.
const TOTAL: &str = "= total";

fn amount(group: &Group) -> String {
    group.usd().map_or_else(|| "unknown".to_owned(), |usd| usd.to_string())
}

/// The groups of one view with tokens and dollars.
pub(crate) fn view(bill: &Bill, by: View) -> String {
    // What looks like a wrong sum is explained.
    let once = match by {
        View::Activity => "\nA step counts wherever one of its calls does, and once in the total.",
        _ => "",
    };
    format!("{}\n{LEGEND}{once}{}", tokens(bill, by, true), unpriced(bill))
}

fn tokens(bill: &Bill, by: View, with_total: bool) -> String {
    let total = Group { key: TOTAL.to_owned(), ..bill.total_of(by) };
    let groups: Vec<&Group> = bill.by(by).iter().chain(with_total.then_some(&total)).collect();
    // Retries and calls that are no step are worth a column only where there are any.
    let with_calls = groups.iter().any(|group| group.steps != group.calls);
    let mut headers = vec!["", "steps", "calls", "in", "read", "write", "out", "cost", "hits"];
    headers.retain(|header| with_calls || *header != "calls");
    let mut table = table(&headers, 1);
    for group in groups {
        let usage = &group.usage;
        let mut cells = vec![group.key.clone(), group.steps.to_string()];
        cells.extend(with_calls.then(|| group.calls.to_string()));
        cells.extend([usage.input, usage.cache_read, usage.cache_write(), usage.output].map(|n| n.to_string()));
        cells.push(amount(group));
        cells.push(format!("{:.0} %", usage.hit_rate() * 100.0));
        table.add_row(cells);
    }
    table.trim_fmt()
}

fn unpriced(bill: &Bill) -> String {
    match bill.total.usd() {
        Some(_) => String::new(),
        None => format!("\nA price is unknown; known prices add up to {}.", bill.total.at_least),
    }
}

/// Everything on one page: agents and brains with their tokens, the other views with their shares, waste, the saving.
pub(crate) fn whole(bill: &Bill, compared: Option<(&Baseline, usize)>) -> String {
    let mut parts = vec![tokens(bill, View::Agent, true), tokens(bill, View::Brain, false), shares(bill), waste(bill)];
    parts.extend(compared.and_then(|(baseline, of)| comparison(baseline, of, bill.sessions.len())));
    parts.push(format!("{LEGEND}{}", unpriced(bill)));
    parts.join("\n\n")
}

/// The views that are told by dollars and share alone.
fn shares(bill: &Bill) -> String {
    let mut table = table(&["", "", "calls", "cost", "share"], 2);
    for view in [View::Purpose, View::Activity, View::Outcome] {
        for (n, group) in bill.by(view).iter().enumerate() {
            let name = if n == 0 { view.as_str() } else { "" };
            table.add_row([
                name.to_owned(),
                group.key.clone(),
                group.calls.to_string(),
                amount(group),
                share(group.at_least, bill.total.at_least),
            ]);
        }
    }
    table.trim_fmt()
}

fn share(part: Usd, all: Usd) -> String {
    if all.picos() <= 0 {
        return String::new();
    }
    format!("{:.0} %", part.dollars() / all.dollars() * 100.0)
}

fn waste(bill: &Bill) -> String {
    if bill.waste.is_empty() {
        return "Waste: none found.".to_owned();
    }
    let part = share(bill.wasted(), bill.total.at_least);
    let part = if part.is_empty() { part } else { format!(" ({part} of the cost)") };
    let mut text = format!("Waste: {}{part}", bill.wasted());
    for waste in &bill.waste {
        let usd = waste.usd.map_or("unknown".to_owned(), |usd| usd.to_string());
        let times = if waste.times == 1 { "once".to_owned() } else { format!("{} times", waste.times) };
        text.push_str(&format!(
            "\n{usd:>11}  {}: {}, {times}, {} tokens\n{:>11}  {}",
            waste.kind.words(),
            waste.name,
            waste.tokens,
            "",
            waste.reason
        ));
    }
    text
}

/// A saving is about sessions in which specialists worked, all of whose calls are on the bill: of several it is said how many
/// those are.
fn comparison(baseline: &Baseline, compared: usize, sessions: usize) -> Option<String> {
    let (saving, saved) = saved(baseline)?;
    let usd = baseline.usd?;
    let kind = match baseline.kind {
        BaselineKind::Measured => "measured",
        BaselineKind::Estimated => "estimated",
    };
    let (amount, word) = if saving < 0.0 { (Usd::ZERO - saved, "more") } else { (saved, "less") };
    let over = match (compared, sessions) {
        (_, 1) => String::new(),
        (compared, all) if compared == all => format!("Over all {all} sessions: "),
        (compared, all) => {
            format!("Over {compared} of {all} sessions (with specialists, wholly on this bill, all prices known): ")
        }
    };
    Some(format!(
        "{over}{amount} ({:.0} %) {word} than {} alone, which would have cost {usd} ({kind}).",
        saving.abs() * 100.0,
        baseline.brain
    ))
}
