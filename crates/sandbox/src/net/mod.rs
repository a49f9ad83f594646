//! The network of commands: which hosts they may reach, the proxy on the host through which they reach them, and the bridge to it
//! inside the sandbox.
//!
//! A command has a network of its own with nothing in it. [`bridge`] listens there on loopback and hands every connection to a UNIX
//! socket; behind it [`Proxy`] runs in our own process, looks at each request and connects to hosts of the list only.
//!
//! What it does not protect from: a host of the list can pass data on to anybody (domain fronting is a case of it), and the proxy does
//! not look into TLS, so that it tells hosts apart but not methods and paths. Only TLS goes through a tunnel: no SSH.

mod address;
mod audit;
pub mod bridge;
mod error;
mod forward;
mod hello;
mod host;
mod proxy;
mod request;
mod resolve;
mod rule;
mod tunnel;

pub use address::is_public;
pub use audit::{Denied, NetEvent, Outcome};
pub use error::NetError;
pub use host::{BadName, Host};
pub use proxy::{Proxy, ProxyConfig};
pub use resolve::{Resolve, SystemResolver};
pub use rule::{BadHost, HostRule};
