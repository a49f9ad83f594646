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
mod delivery;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod load;
#[cfg(test)]
mod play;
#[cfg(test)]
mod responses;
#[cfg(test)]
mod responses_rules;
