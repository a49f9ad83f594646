//! Where a task goes and which brain an agent should have: the policy file, the decision about a lane, what follows from what
//! checks say, and the difficulty monitor that scores each step from what the runtime saw. Pure: no I/O, no clock, random numbers
//! from the caller; it says what it wants and why, and never applies it.

mod classifier;
mod decide;
pub mod during;
mod evidence;
mod facts;
mod hints;
mod lanes;
pub mod learned;
mod monitor;
mod next;
mod paths;
mod phrases;
mod policy;
mod settings;
mod signal;
pub mod signals;
mod task_type;
mod text_paths;
mod told;
mod verdict;
mod words;

pub use classifier::{CLASSIFIER_PROMPT, Label, classifier_input};
pub use decide::{Ask, CHECKS_BY_PATH, Weighed, decide, weigh};
pub use facts::{CallFacts, StepFacts};
pub use hints::{HINT_KEYS, Hints};
pub use lanes::*;
pub use monitor::Monitor;
pub use next::{Next, RunResult, next};
pub use paths::PathRules;
pub use phrases::Phrases;
pub use policy::{
    BUILTIN_SOURCE, BindingPolicy, Change, Drift, DriftWords, Field, GatewayPolicy, Lookup, Policy, PolicyError,
    PolicyErrorKind, SandboxPolicy,
};
pub use settings::{MonitorPolicy, Weight};
pub use signal::Signal;
pub use task_type::{TaskWords, asks_for_a_change, is_question};
pub use told::{in_words, lines};
pub use verdict::{FORMULA, Reason, Verdict, Want};
