//! The dashboard: what went through the gateway since it started. One page without scripts, pictures or anything from elsewhere; it
//! loads itself again. Names come from configuration and clients: the template escapes all of them.

use std::time::Duration;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use protocol::{Usage, Usd};
use rand::Rng as _;

use super::{Breaker, View};
use crate::account::{Latencies, Line};
use crate::core::Page;

/// How often the page loads itself again, in seconds.
const REFRESH: u32 = 5;

const STYLE: &str = include_str!("dashboard.css");

/// The page.
pub(super) fn page(view: &View) -> Page {
    let nonce = format!("{:032x}", rand::rng().next_u64() as u128 | (u128::from(rand::rng().next_u64()) << 64));
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let headers = vec![
        ("content-type", "text/html; charset=utf-8".to_owned()),
        ("content-security-policy", policy),
        ("cache-control", "no-store".to_owned()),
        ("referrer-policy", "no-referrer".to_owned()),
        ("x-content-type-options", "nosniff".to_owned()),
    ];
    Page { status: 200, headers, body: whole(view, &nonce).into_string().into() }
}

fn whole(view: &View, nonce: &str) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="refresh" content=(REFRESH);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "agent gateway" }
                style nonce=(nonce) { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "agent gateway" }
                (summary(view))
                h2 { "Models" }
                (models(view))
                h2 { "Providers" }
                (bindings(view))
                p class="note" {
                    "Since the gateway started. " code { "agent cost" } " has the ledger. What the model that was asked for would \
                    have cost is reckoned with the same numbers of tokens."
                }
            }
        }
    }
}

fn summary(view: &View) -> Markup {
    let total = view.sums.lines.values().fold(Line::default(), |sum, line| sum.plus(line));
    html! {
        dl id="summary" {
            (fact("state", if view.draining { "draining" } else { "serving" }))
            (fact("running for", &span(view.now.since(view.started))))
            (fact("requests", &total.requests.to_string()))
            (fact("in flight", &view.in_flight.to_string()))
            (fact("failed", &total.failed.to_string()))
            (fact("cost", &total.usd.to_string()))
            (fact("as requested", &compared(&total)))
            (fact("cache hits", &share(&total.usage)))
            @if view.dropped_rows > 0 {
                (fact("ledger rows lost", &view.dropped_rows.to_string()))
            }
        }
    }
}

fn fact(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn models(view: &View) -> Markup {
    html! {
        table id="models" {
            thead { tr {
                th { "asked for" } th { "served by" } th { "requests" } th { "failed" } th { "tokens in" } th { "tokens out" }
                th { "cache hits" } th { "cost" } th { "as requested" }
            } }
            tbody {
                @for ((requested, binding), line) in &view.sums.lines {
                    tr {
                        td { (requested) }
                        td { @if binding.is_empty() { "nobody" } @else { (binding) } }
                        td { (line.requests) }
                        td { (line.failed) }
                        td { (line.usage.prompt()) }
                        td { (line.usage.output) }
                        td { (share(&line.usage)) }
                        td { (line.usd) }
                        td { (compared(line)) }
                    }
                }
                @if view.sums.lines.is_empty() {
                    tr { td colspan="9" { "nothing yet" } }
                }
            }
        }
    }
}

fn bindings(view: &View) -> Markup {
    let none = Latencies::default();
    html! {
        table id="bindings" {
            thead { tr {
                th { "binding" } th { "breaker" } th { "errors" } th { "first byte p50" } th { "p99" } th { "answer p50" } th { "p99" }
            } }
            tbody {
                @for binding in &view.bindings {
                    @let latencies = view.sums.latencies.get(&binding.name).unwrap_or(&none);
                    tr {
                        td { (binding.name) }
                        td class=(class(binding.breaker)) { (binding.breaker.as_str()) }
                        td { @match binding.error_rate { Some(rate) => (percent(rate)), None => "-" } }
                        td { (ms(latencies.first_byte.quantile(0.5).or(binding.latency_ms))) }
                        td { (ms(latencies.first_byte.quantile(0.99))) }
                        td { (ms(latencies.whole.quantile(0.5))) }
                        td { (ms(latencies.whole.quantile(0.99))) }
                    }
                }
                @if view.bindings.is_empty() {
                    tr { td colspan="7" { "no provider is set up" } }
                }
            }
        }
    }
}

fn class(breaker: Breaker) -> &'static str {
    match breaker {
        Breaker::Closed => "closed",
        Breaker::HalfOpen => "half-open",
        Breaker::Open => "open",
    }
}

/// What the model that was asked for would have cost, and how much more that is.
fn compared(line: &Line) -> String {
    if line.requested_usd == Usd::ZERO || line.compared_usd == Usd::ZERO {
        return "-".to_owned();
    }
    let times = line.requested_usd.dollars() / line.compared_usd.dollars();
    format!("{} ({times:.2}x)", line.requested_usd)
}

fn share(usage: &Usage) -> String {
    if usage.prompt() == 0 { "-".to_owned() } else { percent(usage.hit_rate()) }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn ms(ms: Option<u64>) -> String {
    match ms {
        None => "-".to_owned(),
        Some(ms) if ms < 10_000 => format!("{ms} ms"),
        Some(ms) => format!("{} s", ms / 1_000),
    }
}

fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}
