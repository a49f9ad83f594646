//! Prompt caches: windows with their frozen prefix, the prefix ledger, breakpoint planning, token counts, prediction of
//! cached tokens, and what a delegation is worth. Pure: no I/O, no clock of its own, prices and limits come as arguments.
//! Not for sending requests (that is `brains`) and not for billing (that is the provider, or `simulator`).

pub mod breakpoints;
pub mod economics;
pub mod posture;
pub mod predict;
pub mod prefix;
pub mod tokens;
pub mod window;

pub use economics::{DelegationEstimate, Prices};
pub use posture::Posture;
pub use predict::{Answered, Expectation, Forecast};
pub use prefix::{Break, PrefixLedger, PrefixMark};
pub use tokens::{Calibration, TokenCounter};
pub use window::Window;
