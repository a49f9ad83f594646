//! What a run shows while it goes on: from the kinds of its steps so far to the probability that it fails, with reasons in words,
//! and from that the wish for a stronger brain. Fitted on recorded runs, applied without I/O; it never applies a wish (a window
//! does).

mod checkpoint;
mod command;
mod feature;
mod features;
mod model;
mod rule;
mod step;

pub use checkpoint::{Checkpoint, Example, Moment};
pub use feature::Feature;
pub use features::{RunEnd, RunFeatures, Stop};
pub use model::{Forecast, Reason, RunModel};
pub use rule::{Cause, Escalation, EscalationRule, Wish};
pub use step::StepKind;
