//! What an agent may do at all, whatever a policy says of one call: a lattice in which rights only shrink on their way down
//! the tree of agents.
//!
//! `rights(child) = rights(parent now) meet role meet request`, computed at the moment of each call ([`Holder::effective`]).
//! What is carried is the handle ([`Holder`]), never words: nothing that an agent, a file or a report says can make or widen
//! one.

mod approvals;
mod folders;
mod holder;
mod hosts;
mod set;

pub use approvals::{Approvals, CallHash, Grant, GrantScope};
pub use folders::Folders;
pub use holder::{Child, Holder, SpawnRefused, agent_path};
pub use hosts::{Host, HostMistake, Hosts};
pub use set::{Asking, Commands, Lacking, Names, Rights};
