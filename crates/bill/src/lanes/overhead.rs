//! What asking the classifier costs, in dollars and in time.

use protocol::{LedgerRow, Purpose, Usd};
use serde::Serialize;

use super::row::median;
use crate::account::records::usd_of;

/// The classifier's calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overhead {
    /// Calls, failed ones as well.
    pub calls: u64,
    /// Dollars; none where a price is unknown.
    pub usd: Option<Usd>,
    /// Median of what a call took, in milliseconds.
    pub median_ms: Option<u64>,
}

impl Overhead {
    /// Finds them in a ledger. None where there are none.
    pub fn of(rows: &[LedgerRow]) -> Option<Self> {
        let own: Vec<&LedgerRow> = rows.iter().filter(|row| is_classifier(row)).collect();
        (!own.is_empty()).then(|| Self {
            calls: own.len() as u64,
            usd: own.iter().map(|row| usd_of(row)).sum(),
            median_ms: median(own.iter().map(|row| row.ms).collect()),
        })
    }
}

/// A call beside the steps has a window named after what it is for.
fn is_classifier(row: &LedgerRow) -> bool {
    let named = row.window.as_str().strip_prefix(row.session.as_str());
    row.purpose == Purpose::Auxiliary && named.is_some_and(|name| name.starts_with("-classify-"))
}
