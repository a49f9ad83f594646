//! A host that may be reached.

use std::fmt;
use std::str::FromStr;

use super::host::Host;

/// Ports that a rule without one means: HTTP and HTTPS.
const USUAL: [u16; 2] = [80, 443];

/// An exact host, or `*.` and a domain for all names beneath it, with a port or with the usual two (80 and 443).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostRule {
    host: Host,
    beneath: bool,
    port: Option<u16>,
}

/// A text that names no host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` cannot stand in the list of hosts: {why}. Write NAME, *.NAME, NAME:PORT or *.NAME:PORT", found.escape_debug())]
pub struct BadHost {
    found: String,
    why: String,
}

impl HostRule {
    /// Whether it lets a command reach this host on this port.
    pub fn allows(&self, host: &Host, port: u16) -> bool {
        let fits = if self.beneath { host.is_beneath(&self.host) } else { *host == self.host };
        fits && self.port.map_or_else(|| USUAL.contains(&port), |own| own == port)
    }
}

impl fmt::Display for HostRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.beneath {
            f.write_str("*.")?;
        }
        write!(f, "{}", self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl FromStr for HostRule {
    type Err = BadHost;

    fn from_str(text: &str) -> Result<Self, BadHost> {
        let bad = |why: &str| BadHost { found: text.to_owned(), why: why.to_owned() };
        if text.contains("//") || text.contains('/') {
            return Err(bad("it is an address of a page, not a host"));
        }
        let (name, port) = match text.split_once(':') {
            Some((name, port)) => (name, Some(port_of(port).ok_or_else(|| bad("a port is a number from 1 to 65535"))?)),
            None => (text, None),
        };
        let (beneath, name) = name.strip_prefix("*.").map_or((false, name), |name| (true, name));
        if name.contains('*') {
            return Err(bad("a star may stand for whole labels at the beginning only"));
        }
        let host = name.parse::<Host>().map_err(|error| bad(&error.to_string()))?;
        Ok(Self { host, beneath, port })
    }
}

/// Digits alone, none too many: `+1`, `0080` and `0` are no ports.
fn port_of(text: &str) -> Option<u16> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    is_plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::super::host::Host;
    use super::HostRule;

    fn allows(rule: &str, host: &str, port: u16) -> bool {
        rule.parse::<HostRule>().unwrap().allows(&host.parse::<Host>().unwrap(), port)
    }

    #[test]
    fn sec_36_a_name_allows_itself_on_the_usual_ports_and_nothing_else() {
        assert!(allows("a.test", "a.test", 443) && allows("a.test", "A.TEST.", 80));
        for (host, port) in [
            ("a.test", 444),
            ("b.a.test", 443),
            ("a.test.evil.test", 443),
            ("xa.test", 443),
            ("xn--evia-7ra.test", 443),
        ] {
            assert!(!allows("a.test", host, port), "{host}:{port}");
        }
        assert!(allows("a.test:8443", "a.test", 8443) && !allows("a.test:8443", "a.test", 443));
    }

    #[test]
    fn sec_36_a_star_allows_what_is_beneath_and_not_the_name_itself() {
        assert!(allows("*.a.test", "x.a.test", 443) && allows("*.a.test", "y.x.a.test", 443));
        for host in ["a.test", "xa.test", "x.a.test.evil.test"] {
            assert!(!allows("*.a.test", host, 443), "{host}");
        }
    }

    #[test]
    fn rules_read_back_as_they_are_written() {
        for text in ["a.test", "*.b.test:8443", "xn--80ak6aa92e.test"] {
            assert_eq!(text.parse::<HostRule>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn sec_36_a_rule_that_could_mean_more_than_it_says_is_refused() {
        for text in [
            "",
            "*",
            "*.",
            "*.test",
            "**.a.test",
            "a.*",
            "*a.test",
            "a*.test",
            "https://a.test",
            "a.test/x",
            "a.test:",
            "a.test:0",
            "a.test:+80",
            "a.test:080",
            "a.test:65536",
            "a.test:80:80",
            "127.0.0.1",
            "[::1]",
            "localhost",
            "u@a.test",
            " a.test",
            "evi\u{43b}a.test",
        ] {
            let error = text.parse::<HostRule>().unwrap_err().to_string();
            assert!(error.contains("Write NAME"), "{error}");
        }
    }
}
