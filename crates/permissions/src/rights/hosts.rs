//! Sets of network hosts.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Ports that a host without one stands for.
const USUAL: [u16; 2] = [80, 443];

/// Where a connection may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hosts {
    /// Anywhere: there is no wall.
    Any,
    /// To these; to none when it is empty.
    Only(BTreeSet<Host>),
}

impl Hosts {
    /// Nowhere.
    pub fn none() -> Self {
        Self::Only(BTreeSet::new())
    }

    /// Whether a connection may go there.
    pub fn cover(&self, name: &str, port: u16) -> bool {
        match self {
            Self::Any => true,
            Self::Only(hosts) => hosts.iter().any(|host| host.covers(name, port)),
        }
    }

    /// Whether all of these lie in those.
    pub fn within(&self, others: &Self) -> bool {
        match (self, others) {
            (_, Self::Any) => true,
            (Self::Any, Self::Only(_)) => false,
            (Self::Only(these), Self::Only(those)) => {
                these.iter().all(|host| those.iter().any(|other| host.meet(other).as_ref() == Some(host)))
            }
        }
    }

    /// What is in both.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Any, hosts) | (hosts, Self::Any) => hosts.clone(),
            (Self::Only(these), Self::Only(those)) => {
                let both = these.iter().flat_map(|host| those.iter().filter_map(|other| host.meet(other))).collect();
                Self::Only(widest(both))
            }
        }
    }
}

/// Without hosts that another one holds: a set that is met again and again does not grow.
fn widest(hosts: BTreeSet<Host>) -> BTreeSet<Host> {
    let held = |host: &Host| hosts.iter().any(|other| other != host && host.meet(other).as_ref() == Some(host));
    hosts.iter().filter(|host| !held(host)).cloned().collect()
}

/// A name, or one label below a name (`*.a.test`), with a port or the usual two (80 and 443).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Host {
    /// Lower case, without the last dot.
    name: String,
    /// Any one label stands before the name.
    wildcard: bool,
    port: Option<u16>,
}

/// What is no host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no host; allowed are `name.example`, `*.name.example`, and either with `:port`")]
pub struct HostMistake {
    /// What was found.
    pub found: String,
}

impl Host {
    fn covers(&self, name: &str, port: u16) -> bool {
        let name = tidy(name);
        let named = match self.wildcard {
            true => name.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest == self.name),
            false => name == self.name,
        };
        named && self.port.map_or(USUAL.contains(&port), |own| own == port)
    }

    /// What both allow.
    fn meet(&self, other: &Self) -> Option<Self> {
        let port = match (self.port, other.port) {
            (None, None) => None,
            (Some(port), None) | (None, Some(port)) => Some(port).filter(|port| USUAL.contains(port)).map(Some)?,
            (Some(one), Some(two)) => (one == two).then_some(Some(one))?,
        };
        let below = |wild: &Self, exact: &Self| {
            let rest = exact.name.split_once('.').map(|(_, rest)| rest);
            (rest == Some(wild.name.as_str())).then(|| Self { port, ..exact.clone() })
        };
        match (self.wildcard, other.wildcard) {
            (true, false) => below(self, other),
            (false, true) => below(other, self),
            _ => (self.name == other.name).then(|| Self { port, ..self.clone() }),
        }
    }
}

impl std::str::FromStr for Host {
    type Err = HostMistake;

    fn from_str(text: &str) -> Result<Self, HostMistake> {
        let mistake = || HostMistake { found: text.to_owned() };
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok().filter(|port| *port > 0).ok_or_else(mistake)?)),
            None => (text, None),
        };
        let (wildcard, name) = host.strip_prefix("*.").map_or((false, host), |name| (true, name));
        let name = tidy(name);
        let label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        if name.len() > 253 || !name.split('.').all(label) {
            return Err(mistake());
        }
        Ok(Self { name, wildcard, port })
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let star = if self.wildcard { "*." } else { "" };
        write!(f, "{star}{}", self.name)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl TryFrom<String> for Host {
    type Error = HostMistake;

    fn try_from(text: String) -> Result<Self, HostMistake> {
        text.parse()
    }
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        host.to_string()
    }
}

fn tidy(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}
