//! Secrets that are known by their looks.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What kind of secret stood there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A value that the program was told, in any of its encodings.
    Known,
    /// A model provider's or another vendor's key.
    ApiKey,
    /// A token of a code host.
    CodeHostToken,
    /// A key of a cloud.
    CloudKey,
    /// A token of a chat service.
    ChatToken,
    /// A token of our own gateway.
    GatewayToken,
    /// A signed JSON web token.
    Jwt,
    /// A private key.
    PrivateKey,
    /// A password in an address.
    UrlPassword,
    /// What an `authorization` or key header carries.
    Credential,
    /// The value of a variable whose name says that it is secret.
    Variable,
}

impl Kind {
    /// As it stands in the mark.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Known => "known value",
            Self::ApiKey => "API key",
            Self::CodeHostToken => "code host token",
            Self::CloudKey => "cloud key",
            Self::ChatToken => "chat token",
            Self::GatewayToken => "gateway token",
            Self::Jwt => "web token",
            Self::PrivateKey => "private key",
            Self::UrlPassword => "password in an address",
            Self::Credential => "credential",
            Self::Variable => "secret variable",
        }
    }
}

/// Group in the expression, kind, pattern. The group is what is taken out. Vendors' published formats, with a length that ordinary
/// words do not reach; the first alternative that fits counts.
const PATTERNS: [(&str, Kind, &str); 13] = [
    (
        "pem",
        Kind::PrivateKey,
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)",
    ),
    ("url", Kind::UrlPassword, r#"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@'"<>]*:(?<url>[^\s/@'"<>]+)@"#),
    (
        "header",
        Kind::Credential,
        r#"(?i:\b(?:(?:proxy-)?authorization|x-api-key|api-key|x-goog-api-key)\\?["']?\s*[:=]\s*\\?["']?(?:(?:bearer|basic|token|negotiate)\s+)?(?<header>[A-Za-z0-9._~+/=-]{8,}))"#,
    ),
    ("key", Kind::ApiKey, r"\b(?:sk|rk|pk)[-_](?:[A-Za-z0-9]+[-_]){0,4}[A-Za-z0-9_-]{16,}"),
    ("vendor", Kind::ApiKey, r"\b(?:gsk_|xai-|hf_|npm_|pypi-|AGE-SECRET-KEY-1|SG\.|dop_v1_)[A-Za-z0-9_.-]{20,}"),
    ("gateway", Kind::GatewayToken, r"\bagw-[A-Za-z0-9_-]{16,}"),
    (
        "host",
        Kind::CodeHostToken,
        r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{20,})",
    ),
    (
        "cloud",
        Kind::CloudKey,
        r"\b(?:(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_.-]{20,})",
    ),
    ("aws", Kind::CloudKey, r#"(?i:aws_secret_access_key\\?["']?\s*[:=]\s*\\?["']?)(?<aws>[A-Za-z0-9/+=]{40})"#),
    ("chat", Kind::ChatToken, r"\bx(?:ox[abeoprs]|app)-[A-Za-z0-9-]{10,}"),
    ("jwt", Kind::Jwt, r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    ("bearer", Kind::Credential, r"(?i:\bbearer\s+)(?<bearer>[A-Za-z0-9._~+/=-]{16,})"),
    (
        "variable",
        Kind::Variable,
        r#"\b(?:[A-Z][A-Z0-9]*_)*(?:SECRET|TOKEN|PASSWORD|PASSWD|APIKEY|API_KEY|ACCESS_KEY|PRIVATE_KEY|SECRET_KEY)=["']?(?<variable>[^\s"'\[$]{8,})"#,
    ),
];

/// One expression for all. None never: a test reads every pattern.
static EXPRESSION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&alternatives()).ok());

fn alternatives() -> String {
    let alternative = |(group, _, pattern): &(&str, Kind, &str)| {
        if pattern.contains(&format!("(?<{group}>")) { (*pattern).to_owned() } else { format!("(?<{group}>{pattern})") }
    };
    PATTERNS.iter().map(alternative).collect::<Vec<_>>().join("|")
}

/// Where secrets stand, in order, without overlaps.
pub(crate) fn find(text: &str) -> Vec<(Range<usize>, Kind)> {
    let Some(expression) = EXPRESSION.as_ref() else { return Vec::new() };
    expression.captures_iter(text).filter_map(|found| place(&found)).collect()
}

fn place(found: &Captures<'_>) -> Option<(Range<usize>, Kind)> {
    let (group, kind) = PATTERNS.iter().find_map(|(group, kind, _)| found.name(group).map(|group| (group, *kind)))?;
    // "bearer authentication-schemes" and "sk-learn-like-package-names" are words.
    let may_be_word = matches!(kind, Kind::Credential | Kind::ApiKey) && group.as_str().len() < 40;
    let is_word = !group.as_str().bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    (!(may_be_word && is_word)).then(|| (group.range(), kind))
}

#[cfg(test)]
#[path = "patterns_tests.rs"]
mod tests;
