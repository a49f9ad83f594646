//! How far a command may go, as a word.

use std::fmt;
use std::str::FromStr;

use crate::net::HostRule;

/// How far commands may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// They read. Only the session's own temporary folder is written.
    ReadOnly,
    /// They write in the workspace and reach no network.
    Workspace,
    /// They write in the workspace and reach the hosts of the list.
    WorkspaceNet(Vec<HostRule>),
    /// There is no wall.
    Off,
}

/// A word that is none of the modes.
#[derive(Debug, thiserror::Error)]
#[error("sandbox mode `{found}`: {why}. Allowed: read-only, workspace, workspace+net(HOST[:PORT],...).")]
pub struct BadMode {
    found: String,
    why: String,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadOnly => f.write_str("read-only"),
            Self::Workspace => f.write_str("workspace"),
            Self::WorkspaceNet(hosts) => {
                let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
                write!(f, "workspace+net({})", hosts.join(","))
            }
            Self::Off => f.write_str("off"),
        }
    }
}

impl FromStr for Mode {
    type Err = BadMode;

    fn from_str(text: &str) -> Result<Self, BadMode> {
        let bad = |why: String| BadMode { found: text.to_owned(), why };
        match text {
            "read-only" => return Ok(Self::ReadOnly),
            "workspace" => return Ok(Self::Workspace),
            "off" => return Ok(Self::Off),
            _ => {}
        }
        let list = text
            .strip_prefix("workspace+net(")
            .and_then(|rest| rest.strip_suffix(')'))
            .ok_or_else(|| bad("there is no such mode".to_owned()))?;
        // An empty list is no network; it must not come out as one without limits.
        let hosts = list.split(',').map(str::trim).filter(|host| !host.is_empty());
        let hosts = hosts
            .map(|host| host.parse::<HostRule>().map_err(|error| bad(error.to_string())))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(if hosts.is_empty() { Self::Workspace } else { Self::WorkspaceNet(hosts) })
    }
}

#[cfg(test)]
mod tests {
    use super::Mode;

    #[test]
    fn a_mode_reads_back_as_it_is_written() {
        for text in ["read-only", "workspace", "off", "workspace+net(a.test,*.b.test:8443)"] {
            assert_eq!(text.parse::<Mode>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_empty_list_of_hosts_is_no_network() {
        assert_eq!("workspace+net()".parse::<Mode>().unwrap(), Mode::Workspace);
    }

    #[test]
    fn what_is_no_mode_says_which_there_are() {
        for text in ["", "Workspace", "workspace+net", "workspace+net(a.test", "none", "workspace+net(a b)"] {
            let error = text.parse::<Mode>().unwrap_err().to_string();
            assert!(error.contains("read-only, workspace, workspace+net"), "{error}");
        }
    }
}
