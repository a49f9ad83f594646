//! The gateway: an HTTP server that other coding agents are pointed at. It classes each request, decides once per session which lane
//! and binding serve it, forwards bytes where the dialect is the same and translates through `wire` where it is not. Not for wire
//! formats (`wire`), connections to providers (`brains`), or the decision itself (`routing`).
//!
//! - `serve`: the server; `core`: what it needs of the other parts.
//! - `door`: sockets, limits, who may come in.
//! - `ask`: what a client asked: dialect, class, session, hints.
//! - `route`: who serves it: lane, bindings, health, affinity.
//! - `forward`: the bytes there and back.
//! - `account`: tokens, budgets, ledger, metrics.
//! - `pages`: health, metrics, models, dashboard.
//! - `setup`: how other tools are pointed here.
//! - `shield`: faults of the gateway's own end one answer, not the process.

pub mod account;
pub mod ask;
pub mod core;
pub mod pages;
pub mod route;
pub mod setup;
pub mod shield;

mod door;
mod forward;
mod serve;

pub use serve::{GatewayError, Running, Stop, serve};
