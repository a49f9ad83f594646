//! What is told of each request.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// One request of a command, as it was decided. One for each, whatever came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetEvent {
    /// `CONNECT` or the method; `-` where the request could not be read.
    pub method: String,
    /// Host and port as they were asked for, in printable ASCII; `-` where there were none.
    pub target: String,
    /// What was decided.
    pub outcome: Outcome,
}

/// What was decided about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Connected to this address.
    Allowed(SocketAddr),
    /// Nothing of it left the machine.
    Denied(Denied),
}

/// Why a request did not go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// It is no request that a proxy can take, or names no host.
    Unclear(String),
    /// The host and port are not on the list.
    NotListed,
    /// The name belongs to an address outside of the public network.
    NotPublic(IpAddr),
    /// The tunnel carries something other than TLS.
    NotTls(String),
    /// The TLS inside asks for another host (or none) than the tunnel was opened for.
    OtherName(Option<String>),
    /// The name has no address, or nobody answers at it.
    Unreachable(String),
    /// Too many tunnels are open.
    TooMany,
}

impl Denied {
    /// One word for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unclear(_) => "unclear",
            Self::NotListed => "not-listed",
            Self::NotPublic(_) => "not-public",
            Self::NotTls(_) => "not-tls",
            Self::OtherName(_) => "other-name",
            Self::Unreachable(_) => "unreachable",
            Self::TooMany => "too-many",
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unclear(why) => write!(f, "the request cannot be taken: {why}"),
            Self::NotListed => f.write_str("it is not on the list of hosts that commands may reach"),
            Self::NotPublic(address) => {
                write!(f, "its address {address} is not one of the public network, and such are never reached")
            }
            Self::NotTls(why) => write!(f, "only TLS goes through a tunnel, and this is none ({why})"),
            Self::OtherName(Some(name)) => write!(f, "the TLS inside the tunnel asks for another host, {name}"),
            Self::OtherName(None) => f.write_str("the TLS inside the tunnel names no host"),
            Self::Unreachable(why) => write!(f, "it cannot be reached: {why}"),
            Self::TooMany => f.write_str("too many connections are open"),
        }
    }
}

impl fmt::Display for NetEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, target, outcome } = self;
        match outcome {
            Outcome::Allowed(address) => write!(f, "{method} {target} allowed, connected to {}", address.ip()),
            Outcome::Denied(why) => write!(f, "{method} {target} denied: {why}"),
        }
    }
}
