//! Provider clients over HTTP: a raw-bytes layer (one connection pool, timeouts, retries) and, on top of it, typed streams
//! read by `wire`. Not for wire formats (`wire`), nor for prices, routing, or what is done with an answer (`runtime`).
//!
//! Both dialects go through one raw-bytes layer on `reqwest`. The `async-openai` client was not taken for the
//! OpenAI-compatible side, because of what it does not show: it drops the HTTP status of an error body whose `code` is a
//! number (OpenRouter), it retries by itself three times more, so that attempts cannot be counted in the ledger, response
//! headers (`retry-after`, request ids) never reach the caller, streams go through an unbounded channel of a spawned task,
//! and the raw server-sent events, which the gateway forwards, are not available. Its request and response types serve as
//! an independent check in the tests of `wire`.

mod breaker;
mod client;
mod emit;
mod endpoint;
mod headers;
mod headroom;
mod health;
mod limiter;
mod models;
mod once;
mod outcome;
mod policy;
mod reading;
mod retry;
mod steady;
mod text;
pub mod tls;
mod transport;

pub use breaker::State;
pub use client::Client;
pub use endpoint::{Auth, Endpoint};
pub use health::{Ended, Health, HealthView, Refused};
pub use limiter::Limits;
pub use outcome::{Answer, Attempt, ByteStream, Failure, Once, OnceError, RawResponse};
pub use policy::Policy;
