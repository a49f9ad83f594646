//! A local stand-in for model providers over real HTTP: it plays scenarios, bills prompt caches from the bytes it receives
//! by the vendors' published rules, enforces their 400s and injects faults.
//!
//! It is not a model, knows nothing of `cache` (what is predicted there and what is billed here must be able to disagree)
//! and never asks for the time itself: the clock is handed in.

mod answer;
mod anthropic_cache;
mod anthropic_rules;
mod block;
mod builtin;
mod chat_cache;
mod chat_prompt;
mod chat_rules;
mod delivery;
mod exchange;
mod facts;
mod failure;
mod faults;
mod ids;
mod line;
mod memo;
mod models;
mod play;
mod prompt;
mod record;
mod responses_item;
mod responses_prompt;
mod responses_rules;
mod responses_seal;
pub mod scenario;
mod scenario_load;
mod seal;
mod server;
mod stream;
mod tokens;

pub use builtin::free_play;
pub use record::RequestRecord;
pub use scenario::Scenario;
pub use scenario_load::ScenarioError;
pub use server::{Config, Running, SimulatorError, serve};
