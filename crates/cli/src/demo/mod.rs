//! The offline demo: a whole task with scripted models and real prices. Files, git, tests, verification, ledger and cache
//! billing are the real thing; only the models' words come from a scenario file.

mod cases;
mod copy;
mod examples;
mod play;
mod table;

pub(crate) use cases::{CASES, Case, find, names};
pub(crate) use copy::{WorkingCopy, folder, save};
pub(crate) use examples::repository;
pub(crate) use play::{Played, play};
pub(crate) use table::{Comparison, list, list_json, render};
