//! The step machine: agents, delegation, verification, budgets, sessions. It decides what happens next and applies it;
//! everything it knows is in the store. It opens no files and no sockets: tools and brains do, and `cli` hands them in.

mod agent;
mod baseline;
mod budget;
mod compaction;
mod delegation;
mod error;
mod fragments;
mod front;
mod habits;
mod host;
mod in_run;
mod infer;
mod journal;
mod lanes;
mod machine;
mod prompts;
mod run;
mod session;
pub mod setup;
mod structured;
mod switching;
pub mod telemetry;
mod toolrun;
mod turn;
mod verification;
mod warmth;
mod watching;

pub use baseline::estimate as estimate_baseline;
pub use error::RuntimeError;
pub use front::{Front, Shown};
pub use lanes::{Known, Lane, Lanes, choose as choose_lane, fingerprint};
pub use prompts::{Role as PromptRole, system_prompt};
pub use session::{AgentStatus, ModelWish, Session, TurnOutcome};
pub use setup::{InputMode, Limits, Setup, Start};
pub use structured::check_schema;
