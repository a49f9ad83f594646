//! The binary as a user meets it: a process with a folder of its own, asked over its command line, its pipes and its signals.
//! The models are played by the simulator over HTTP.
#![allow(clippy::disallowed_methods, reason = "tests touch real files, processes and sockets")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail like tests")]

mod artifact;
mod bad_input;
mod bad_tools;
mod bill;
mod cases;
mod chat;
mod chat_beside;
mod chat_commands;
mod commands;
mod compaction;
mod crash;
mod demo;
mod disk_full;
mod events;
mod gateway;
mod gateway_bill;
mod lanes;
mod lanes_run;
mod limits;
mod policy;
mod providers;
mod repository;
mod review;
mod route;
mod safety;
mod screen;
mod setup_commands;
mod shapes;
mod support;
mod switching;
mod telemetry;
mod trust;
mod whatif;
mod why;
