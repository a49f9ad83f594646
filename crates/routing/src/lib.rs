//! Which brain an agent should have: the policy file, and the difficulty monitor that scores each step from what the runtime
//! saw. Pure: no I/O, no clock; it wants a rung and says why, and never applies it (a window does).

mod error;
mod evidence;
mod facts;
mod file;
mod monitor;
mod paths;
mod phrases;
mod policy;
mod settings;
mod signal;
mod verdict;

pub use error::{PolicyError, PolicyErrorKind};
pub use facts::{CallFacts, StepFacts};
pub use monitor::Monitor;
pub use paths::PathRules;
pub use phrases::Phrases;
pub use policy::{BUILTIN_SOURCE, Field, Policy};
pub use settings::{MonitorPolicy, Weight};
pub use signal::Signal;
pub use verdict::{FORMULA, Reason, Verdict, Want};
