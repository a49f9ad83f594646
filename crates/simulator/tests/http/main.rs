//! The simulator, asked over real HTTP.

#[cfg(test)]
mod anthropic_cache;
#[cfg(test)]
mod anthropic_rules;
#[cfg(test)]
mod chat;
#[cfg(test)]
mod common;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod play;
