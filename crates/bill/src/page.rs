//! The bill as one page of HTML that needs nothing else: charts drawn here as SVG, tables under them, no script, nothing
//! fetched. It is text; whoever asked for it writes it.

mod chart;
mod session;
mod tables;
mod text;

use catalogue::Catalogue;
use protocol::event::{Baseline, BaselineKind};
use protocol::{AgentId, LedgerRow};

use crate::account::records::Records;
use crate::account::{Bill, View};
use chart::Lying;
use session::{Drawn, KINDS, class_of};
use text::{escaped, whole};

const STYLE: &str = include_str!("page/style.css");

/// What every page begins with: a file that begins so was written by this program.
const HEAD: &str =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"generator\" content=\"agent cost\">";

/// Most sessions that are drawn; all are in the table.
const MOST_SESSIONS: usize = 20;

/// What a page shows.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The bill.
    pub bill: &'a Bill,
    /// The records of its only session; none for several.
    pub session: Option<&'a Records>,
    /// Prices, to tell a call's dollars by kind of token.
    pub catalogue: &'a Catalogue,
    /// What one model alone would have cost, where that is known.
    pub baseline: Option<&'a Baseline>,
    /// How many of the bill's sessions that is about.
    pub compared: usize,
}

/// Whether a text is such a page, so that another one may take its place.
pub fn is_page(text: &str) -> bool {
    text.starts_with(HEAD)
}

/// The page.
pub fn html(shown: &Shown<'_>) -> String {
    let bill = shown.bill;
    let agents: Vec<AgentId> = bill.by(View::Agent).iter().map(|group| AgentId::new(group.key.clone())).collect();
    let (title, task) = match (shown.session, bill.sessions.as_slice()) {
        (Some(records), [only]) => (format!("What session {} cost", records.id), only.title.clone()),
        _ => match bill.sessions.len() {
            1 => ("What 1 session cost".to_owned(), String::new()),
            count => (format!("What {count} sessions cost"), String::new()),
        },
    };
    let charts = match shown.session {
        Some(records) => of_session(shown, records, &agents),
        None => of_sessions(bill),
    };
    let agent_chart = section(
        "Cost by agent",
        &format!("<div class=\"wide\">{}</div>{}", by_agent(bill, &agents), tables::view(bill, View::Agent)),
    );
    let rest: String = [
        ("By brain", View::Brain),
        ("By purpose", View::Purpose),
        ("By activity", View::Activity),
        ("By outcome", View::Outcome),
    ]
    .map(|(name, view)| section(name, &tables::view(bill, view)))
    .concat();
    let waste = section("Waste", &tables::waste(bill));
    format!(
        "{HEAD}\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{title}</title><style>{STYLE}</style></head><body>\n\
         <h1>{title}</h1><p class=\"soft\">{}</p>{}{charts}{agent_chart}{waste}{rest}{}</body></html>\n",
        escaped(&task),
        figures(shown),
        calls(shown, &agents),
        title = escaped(&title),
    )
}

fn section(name: &str, content: &str) -> String {
    format!("<section><h2>{name}</h2>{content}</section>\n")
}

/// The few numbers that matter most.
fn figures(shown: &Shown<'_>) -> String {
    let (bill, total) = (shown.bill, &shown.bill.total);
    let mut figures = vec![
        ("total", tables::amount(total), "cost".to_owned()),
        ("model-calls", whole(total.calls), "model calls".to_owned()),
        ("hits", format!("{:.0}\u{a0}%", total.usage.hit_rate() * 100.0), "of the prompt from the cache".to_owned()),
        ("wasted", bill.wasted().to_string(), "spent for nothing".to_owned()),
    ];
    let mut how = String::new();
    if let Some(baseline) = shown.baseline
        && let Some((saving, usd)) = baseline.saving.zip(baseline.usd)
    {
        let word = if saving < 0.0 { "more" } else { "less" };
        let of = match (shown.compared, bill.sessions.len()) {
            (compared, all) if compared < all => format!(" in {compared} of {all} sessions"),
            _ => String::new(),
        };
        let than = format!("{word} than {} alone{of} ({usd}, {})", baseline.brain, kind(baseline));
        figures.push(("saving", format!("{:.0}\u{a0}%", saving.abs() * 100.0), than));
        how = format!("<p class=\"soft\">The comparison: {}.</p>", escaped(&baseline.how));
    }
    let item = |(id, value, name): &(&str, String, String)| {
        format!("<li id=\"{id}\"><b>{}</b><span>{}</span></li>", escaped(value), escaped(name))
    };
    format!("<ul class=\"figures\">{}</ul>{how}\n", figures.iter().map(item).collect::<String>())
}

fn kind(baseline: &Baseline) -> &'static str {
    match baseline.kind {
        BaselineKind::Measured => "measured",
        BaselineKind::Estimated => "estimated",
    }
}

fn drawn<'a>(shown: &Shown<'a>, records: &'a Records, agents: &'a [AgentId]) -> Drawn<'a> {
    let since = shown.bill.since;
    let on_it = move |row: &LedgerRow| since.is_none_or(|since| row.at >= since);
    Drawn::new(records, shown.catalogue, agents, on_it)
}

fn of_session(shown: &Shown<'_>, records: &Records, agents: &[AgentId]) -> String {
    let drawn = drawn(shown, records, agents);
    if drawn.rows().next().is_none() {
        return "<p>No model was called yet, so nothing was spent.</p>".to_owned();
    }
    let kinds: String = KINDS.iter().map(|(class, name)| key(class, name)).collect();
    let whose: String = agents.iter().map(|agent| key(&class_of(agents, agent), agent.as_str())).collect();
    let chart = |name: &str, keys: &str, svg: String, more: &str| {
        section(name, &format!("<ul class=\"key\">{keys}</ul><div class=\"wide\">{svg}</div>{more}"))
    };
    let kinds_and_agents = format!("{kinds}<li class=\"soft\">below, who called:</li>{whose}");
    let contexts = drawn.contexts();
    let note = match contexts.contains("data-place") {
        true => "<p class=\"soft\">A dashed line is a new window, one with a diamond a change of the model.</p>",
        false => "",
    };
    [
        chart("Tokens per call", &kinds_and_agents, drawn.tokens(), ""),
        chart("Dollars per call", &kinds_and_agents, drawn.dollars(), ""),
        chart("Size of the contexts", &whose, contexts, note),
    ]
    .concat()
}

fn key(class: &str, name: &str) -> String {
    format!("<li><i class=\"{class}\"></i>{}</li>", escaped(name))
}

fn of_sessions(bill: &Bill) -> String {
    let mut dearest: Vec<_> = bill.sessions.iter().collect();
    dearest.sort_by_key(|session| std::cmp::Reverse(session.total.at_least));
    let bars: Vec<Lying> = dearest
        .iter()
        .take(MOST_SESSIONS)
        .map(|session| Lying {
            class: "agent-0".to_owned(),
            name: session.id.0.clone(),
            value: session.total.at_least.dollars(),
            label: tables::amount(&session.total),
        })
        .collect();
    let chart = chart::lying("sessions-chart", "Dollars of the dearest sessions", &bars);
    section("Cost by session", &format!("<div class=\"wide\">{chart}</div>{}", tables::sessions(bill)))
}

fn by_agent(bill: &Bill, agents: &[AgentId]) -> String {
    let bar = |group: &crate::account::Group| Lying {
        class: class_of(agents, &AgentId::new(group.key.clone())),
        name: group.key.clone(),
        value: group.at_least.dollars(),
        label: tables::amount(group),
    };
    let bars: Vec<Lying> = bill.by(View::Agent).iter().map(bar).collect();
    chart::lying("agents", "Dollars of each agent", &bars)
}

fn calls(shown: &Shown<'_>, agents: &[AgentId]) -> String {
    let Some(records) = shown.session else { return String::new() };
    let table = tables::calls(drawn(shown, records, agents).rows());
    format!("<details><summary>Every call</summary>{table}</details>\n")
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
