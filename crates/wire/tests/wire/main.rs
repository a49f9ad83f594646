//! Both dialects from both sides: golden bytes, the known pitfalls one by one, and properties.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod anthropic_replies;
mod anthropic_requests;
mod chat_replies;
mod chat_requests;
mod errors;
mod pitfalls_caching;
mod pitfalls_errors;
mod pitfalls_items;
mod pitfalls_roles;
mod pitfalls_schemas;
mod pitfalls_streams;
mod pitfalls_thinking;
mod pitfalls_tools;
mod pitfalls_usage;
mod properties;
mod responses_properties;
mod responses_replies;
mod responses_requests;
mod responses_tools;
mod responses_writer;
mod support;
mod translation;
mod translation_properties;
