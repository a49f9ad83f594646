//! The client against real sockets: a server that plays scripts byte by byte.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

mod once;
mod raw;
mod requests;
mod retries;
mod server;
mod streams;
mod words;
