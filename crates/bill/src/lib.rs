//! What work cost, why, and what it would have cost otherwise: activities and waste read off a session's records, other tools'
//! session logs, re-pricing under another team or other prices, and the page that shows it. It reads records and text and
//! returns values and text: it opens no file and asks no model.

pub mod account;
pub mod activity;
pub mod flow;
pub mod import;
pub mod lanes;
pub mod metrics;
pub mod page;
pub mod reprice;
pub mod waste;
pub mod why;

#[cfg(test)]
mod story;
