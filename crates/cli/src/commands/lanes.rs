//! `agent lanes`: what routing came to, read off the ledger of attempts.

mod show;

use std::collections::BTreeSet;
use std::time::Duration;

use bill::lanes::{Frame, Limits, Overhead, Report, report};
use protocol::{LedgerRow, SessionId};
use routing::Policy;
use serde_json::json;
use store::{AttemptFilter, AttemptRecord, Store};

use super::Since;
use crate::config::{Context, policy};
use crate::text;

/// Retries and overrides of so long are compared with those of as long before, unless `--since` says otherwise.
const WEEK: Duration = Duration::from_secs(7 * 24 * 3_600);

/// What is asked for.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LanesArgs {
    /// Only attempts begun since then: 30m, 12h, 7d, 2w, 2026-11-01.
    // A minus is explained by the parser of the value; clap would take it for an option.
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, value_parser = Since::parse)]
    since: Option<Since>,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

/// Shows the lanes of all repositories together.
pub(crate) fn run(context: &Context, asked: &LanesArgs) -> anyhow::Result<u8> {
    let policy = policy::look(context, None)?;
    let store = context.store()?;
    let now = context.clock.now();
    let since = asked.since.map(|since| since.moment(now));
    let records = store.attempts(&AttemptFilter::default())?;
    let lanes = names(&policy);
    let frame = Frame {
        lanes: &lanes,
        since,
        window: since.map_or(WEEK, |since| now.since(since)),
        now,
        limits: limits(&policy),
    };
    let report = report(&records, &frame);
    let overhead = Overhead::of(&classified(&store, &records, since)?);
    if asked.json {
        text::json(&as_json(&report, overhead.as_ref(), since).to_string());
        return Ok(0);
    }
    if report.total.attempts == 0 {
        text::note(&nothing(&records, asked.since));
        return Ok(0);
    }
    text::line(&show::whole(&report, overhead.as_ref()));
    for warning in &report.warnings {
        text::line(&format!("\nwarning: {warning}"));
    }
    Ok(0)
}

/// The policy's lanes, cheap to strong.
pub(super) fn names(policy: &Policy) -> Vec<String> {
    policy.lanes.iter().map(|lane| lane.name.clone()).collect()
}

fn limits(policy: &Policy) -> Limits {
    let stated = &policy.warnings;
    Limits {
        tier_share: stated.tier_share,
        after_hours: stated.after_hours,
        min_sample: stated.min_sample,
        spike: stated.spike,
    }
}

/// The ledgers of the sessions in which the classifier was asked.
fn classified(
    store: &Store,
    records: &[AttemptRecord],
    since: Option<protocol::Timestamp>,
) -> anyhow::Result<Vec<LedgerRow>> {
    let asked = |record: &&AttemptRecord| record.attempt.route.classifier.is_some();
    let sessions: BTreeSet<&SessionId> = records.iter().filter(asked).map(|record| &record.attempt.session).collect();
    let mut rows = Vec::new();
    for session in sessions {
        rows.extend(store.ledger(session)?);
    }
    rows.retain(|row| since.is_none_or(|since| row.at >= since));
    Ok(rows)
}

fn as_json(report: &Report, overhead: Option<&Overhead>, since: Option<protocol::Timestamp>) -> serde_json::Value {
    let mut value = json!(report);
    value["since_ms"] = json!(since);
    value["classifier_overhead"] = json!(overhead);
    value["boundary_right"] = json!(report.boundary.and_then(|boundary| boundary.right()));
    value
}

fn nothing(records: &[AttemptRecord], since: Option<Since>) -> String {
    if since.is_some() && !records.is_empty() {
        return "no task was attempted in that time; without --since all attempts are shown".to_owned();
    }
    "no task was attempted yet: `agent run \"TASK\"` sends one to a lane and writes down what came of it; \
     `agent route \"TASK\"` shows which lane that would be"
        .to_owned()
}
