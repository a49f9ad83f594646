//! Windows as a session opens and closes them: the real runtime on a store on disk, with providers played over HTTP and a clock
//! that is moved by hand. What is asserted is what the provider received, what the ledger holds and what was decided.
#![allow(clippy::disallowed_methods, reason = "tests touch real files")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod answering;
mod asked;
mod closing;
mod cold;
mod contexts;
mod failing;
mod fan_out;
mod fixed;
mod kept;
mod ladder;
mod lanes;
mod one_brain;
mod prefix;
mod responses;
mod stage;
mod switching;
mod thresholds;
mod warm;
