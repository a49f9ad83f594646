//! Both dialects from both sides: golden bytes, the known pitfalls one by one, and properties.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod anthropic_replies;
mod anthropic_requests;
mod chat_replies;
mod chat_requests;
mod errors;
mod properties;
mod support;
mod translation;
