//! Who may do what: verdicts on commands and paths, rules, rights. Pure; it starts nothing and opens nothing.
//!
//! A verdict on a command spares a person questions; it is no wall. The wall is the sandbox.

#![forbid(unsafe_code)]

mod commands;
mod floor;
mod ground;
mod judge;
pub mod places;
pub mod rights;
pub mod rules;
mod shell;
mod verdict;
mod views;

pub use ground::{Ground, NEUTRAL_GIT, Ordinary, Profile, Program, World};
pub use judge::judge;
pub use verdict::{Judgement, Kind, Part, Redirection, Verdict};
