//! Hostile repositories, hostile folders, hostile words: what the program does in them before and after it is trusted.

mod arguments;
mod hostile;
mod instructions;
mod network;
mod sandbox;
mod secrets;
mod state;
pub(crate) mod terminal;
mod trust;
