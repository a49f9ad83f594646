//! The store through its public face, on real files.
#![allow(clippy::disallowed_methods, reason = "tests touch real files")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests are tests, and a child tells its parent"
)]

mod attempts;
mod concurrency;
mod cost;
mod crash;
mod failures;
mod gateway;
mod lookup;
mod refusals;
mod round_trip;
mod router;
mod sample;
mod sessions;
