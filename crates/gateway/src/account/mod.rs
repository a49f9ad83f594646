//! What requests cost: tokens of clients, budgets, ledger rows, metrics.
//!
//! [`Tokens`] lets clients in, [`Books`] keeps an account for each request, [`Scoped`] keeps a token to the models that it may use.

mod books;
mod budget;
mod cost;
mod ledger;
mod metrics;
mod prices;
mod scope;
mod span;
mod tally;
pub mod tokens;

use protocol::{ErrorKind, Usage};

pub use books::{Books, Settings};
pub use budget::{Budgets, Reservation};
pub(crate) use cost::{Cost, exactly};
pub use ledger::{Ledger, QUEUE};
pub use metrics::{CONTENT_TYPE as METRICS_TYPE, Metrics};
pub use prices::{Prices, most_output};
pub use scope::Scoped;
pub use span::TARGET;
pub use tally::{Added, Latencies, Line, OTHERS, Spread, Sums, Tally};
pub use tokens::{Grant, TokenError, Tokens};

/// How a request ended, as far as its account goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    /// The status that the client was sent.
    pub status: u16,
    /// What was billed, as far as it was seen.
    pub usage: Usage,
    /// Milliseconds from sending upstream to the first byte of the answer's body.
    pub first_byte_ms: Option<u64>,
    /// Milliseconds from sending upstream to the end.
    pub ms: u64,
    /// Why it failed; none where it did not.
    pub error: Option<ErrorKind>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}
