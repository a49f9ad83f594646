//! Names of hosts as they are compared.

use std::fmt;
use std::str::FromStr;

/// Longest name and longest label, in bytes (RFC 1035).
const NAME: usize = 253;
const LABEL: usize = 63;

/// A DNS name with at least two labels, in lower case and without the dot at the end. Never an address, and never anything but ASCII:
/// `eviла.test` and `evila.test` cannot be mistaken for each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Host(String);

/// A text that is no name of a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no host name: {why}", found.escape_debug())]
pub struct BadName {
    found: String,
    why: &'static str,
}

impl Host {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `other` or beneath it, label by label.
    pub(crate) fn is_beneath(&self, other: &Self) -> bool {
        self.0.strip_suffix(other.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Host {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let bad = |why| BadName { found: text.to_owned(), why };
        if !text.is_ascii() {
            return Err(bad("only ASCII is allowed; write an international name in its xn-- form"));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        if name.is_empty() || name.len() > NAME {
            return Err(bad("a name has 1 to 253 characters"));
        }
        let labels: Vec<&str> = name.split('.').collect();
        if !labels.iter().all(|label| is_label(label)) {
            return Err(bad("letters, digits, - and _ are allowed between the dots, with no - at either end"));
        }
        if is_number(labels.last().copied().unwrap_or_default()) {
            return Err(bad("addresses are not allowed, only names"));
        }
        if labels.len() < 2 {
            return Err(bad("a name needs a dot in it; hosts of the local network are not reachable"));
        }
        Ok(Self(name))
    }
}

fn is_label(label: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !label.is_empty()
        && label.len() <= LABEL
        && label.bytes().all(plain)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// What programs read as the last part of an IPv4 address: `1`, `0x7f`, `017` (WHATWG, "ends in a number").
fn is_number(label: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    digits(label) || label.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::Host;

    #[test]
    fn case_and_a_dot_at_the_end_make_no_other_host() {
        let host: Host = "A.Test.".parse().unwrap();
        assert_eq!(host.as_str(), "a.test");
    }

    #[test]
    fn sec_36_what_is_no_name_is_refused() {
        for text in [
            "",
            ".",
            "a",
            "localhost",
            "a..test",
            ".a.test",
            "a.test..",
            "evi\u{43b}a.test",
            "a\u{200b}.test",
            "a.test\n",
            "a b.test",
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "1.0x7f",
            "2130706433",
            "[::1]",
            "::1",
            "a.test:1",
            "x@a.test",
            "-a.test",
            "a-.test",
            "a/b.test",
            "a%2e.test",
            "*.a.test",
            "a.1",
        ] {
            assert!(text.parse::<Host>().is_err(), "{text:?}");
        }
        assert!(format!("{}.test", "a".repeat(64)).parse::<Host>().is_err());
        assert!(format!("{}test", "abcdefg.".repeat(32)).parse::<Host>().is_err());
    }

    #[test]
    fn names_are_beneath_others_by_whole_labels() {
        let host = |text: &str| text.parse::<Host>().unwrap();
        assert!(host("x.a.test").is_beneath(&host("a.test")));
        assert!(host("y.x.a.test").is_beneath(&host("a.test")));
        for other in ["a.test", "xa.test", "a.test.evil.test", "b.test"] {
            assert!(!host(other).is_beneath(&host("a.test")), "{other}");
        }
    }
}
