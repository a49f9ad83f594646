//! The tables of the page.

use protocol::{LedgerRow, Usd};

use super::text::{escaped, whole};
use crate::account::records::usd_of;
use crate::account::{Bill, Group, View, brain_name, outcome, purpose};

/// A group's share of the dollars, `12 %`.
fn share(part: Usd, all: Usd) -> String {
    if all.picos() <= 0 {
        return String::new();
    }
    format!("{:.0}\u{a0}%", part.dollars() / all.dollars() * 100.0)
}

/// Dollars as known: `unknown`, with what is known as the least.
pub(super) fn amount(group: &Group) -> String {
    match group.usd() {
        Some(usd) => usd.to_string(),
        None => format!("at least {}", group.at_least),
    }
}

/// A view with its total. Dollars come first: a small screen shows the left part.
pub(super) fn view(bill: &Bill, view: View) -> String {
    let heads = ["", "cost", "share", "calls", "steps", "uncached", "cache read", "cache write", "output", "hits"];
    let mut html = open(&format!("by-{}", view.as_str()), &heads, 1);
    for group in bill.by(view) {
        html.push_str(&format!("<tr data-key=\"{}\">{}</tr>", escaped(&group.key), cells(group, bill)));
    }
    let total = Group { key: "total".to_owned(), ..bill.total_of(view) };
    html.push_str(&format!("<tr class=\"sum\">{}</tr>", cells(&total, bill)));
    html + CLOSE
}

fn cells(group: &Group, bill: &Bill) -> String {
    let usage = &group.usage;
    let words = [amount(group), share(group.at_least, bill.total.at_least)];
    let numbers = [group.calls, group.steps, usage.input, usage.cache_read, usage.cache_write(), usage.output];
    let cells = words.into_iter().chain(numbers.map(whole));
    let hits = format!("{:.0}\u{a0}%", usage.hit_rate() * 100.0);
    let cells: String = cells.chain([hits]).map(|cell| format!("<td>{cell}</td>")).collect();
    format!("<td class=\"word\">{}</td>{cells}", escaped(&group.key))
}

/// What was spent for nothing.
pub(super) fn waste(bill: &Bill) -> String {
    if bill.waste.is_empty() {
        return "<p class=\"soft\">None found.</p>".to_owned();
    }
    let mut html = open("waste", &["what", "cost", "times", "tokens", "why"], 1);
    for waste in &bill.waste {
        let usd = waste.usd.map_or("unknown".to_owned(), |usd| usd.to_string());
        html.push_str(&format!(
            "<tr><td class=\"word\">{}: {}</td><td>{usd}</td><td>{}</td><td>{}</td><td class=\"text\">{}</td></tr>",
            waste.kind.words(),
            escaped(&waste.name),
            whole(waste.times),
            whole(waste.tokens),
            escaped(waste.reason)
        ));
    }
    html + CLOSE
}

/// Every call of the session.
pub(super) fn calls<'a>(rows: impl Iterator<Item = &'a LedgerRow>) -> String {
    let heads = [
        "agent",
        "brain",
        "for",
        "call",
        "step",
        "uncached",
        "cache read",
        "expected",
        "cache write",
        "output",
        "cost",
        "note",
    ];
    let mut html = open("calls", &heads, 3);
    for (n, row) in rows.enumerate() {
        let usage = &row.usage;
        let numbers = [
            n as u64 + 1,
            u64::from(row.step),
            usage.input,
            usage.cache_read,
            row.predicted_cache_read,
            usage.cache_write(),
            usage.output,
        ];
        html.push_str("<tr>");
        for word in [row.agent.0.as_str(), &brain_name(&row.brain), purpose(row)] {
            html.push_str(&format!("<td class=\"word\">{}</td>", escaped(word)));
        }
        for number in numbers {
            html.push_str(&format!("<td>{}</td>", whole(number)));
        }
        let note = row.cache_note.as_deref().unwrap_or(if purpose(row) == "retry" { outcome(row) } else { "" });
        let usd = usd_of(row).map_or("unknown".to_owned(), |usd| usd.to_string());
        html.push_str(&format!("<td>{usd}</td><td class=\"word\">{}</td></tr>", escaped(note)));
    }
    html + CLOSE
}

/// The sessions of a bill.
pub(super) fn sessions(bill: &Bill) -> String {
    let mut html = open("sessions", &["session", "task", "model calls", "cost", "share"], 2);
    for session in &bill.sessions {
        html.push_str(&format!(
            "<tr><td class=\"word\">{}</td><td class=\"text\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(session.id.as_str()),
            escaped(&session.title),
            whole(session.total.calls),
            amount(&session.total),
            share(session.total.at_least, bill.total.at_least)
        ));
    }
    html + CLOSE
}

const CLOSE: &str = "</tbody></table></div>";

/// The head of a table. The first `words` columns hold text.
fn open(id: &str, heads: &[&str], words: usize) -> String {
    let head = |(n, head): (usize, &&str)| {
        let class = if n < words || ["why", "note", "task"].contains(head) { " class=\"word\"" } else { "" };
        format!("<th scope=\"col\"{class}>{head}</th>")
    };
    let heads: String = heads.iter().enumerate().map(head).collect();
    format!("<div class=\"wide\"><table id=\"{id}\"><thead><tr>{heads}</tr></thead><tbody>")
}
