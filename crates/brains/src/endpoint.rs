//! Where a provider is, and how its addresses are made.

use std::net::IpAddr;

use protocol::{Dialect, ErrorKind, ProviderError};
use reqwest::Url;
use secrecy::SecretString;

/// How the key is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// `x-api-key: KEY` (Anthropic).
    XApiKey,
    /// `authorization: Bearer KEY` (OpenAI and most others).
    Bearer,
    /// Not at all.
    None,
}

/// A provider as a client needs it.
#[derive(Clone)]
pub struct Endpoint {
    /// The provider's name, for errors: `anthropic`, `local`, ...
    pub name: String,
    /// What it speaks.
    pub dialect: Dialect,
    /// Base URL, with or without a version at its end (`https://api.openai.com` and `https://api.openai.com/v1` are the
    /// same). One that ends with the whole path (`.../chat/completions`, `.../messages`) is taken as it is.
    pub base_url: String,
    /// The key, where one is needed.
    pub key: Option<SecretString>,
    /// How the key is sent.
    pub auth: Auth,
    /// Headers sent with every request.
    pub headers: Vec<(String, String)>,
}

impl Endpoint {
    /// The same provider in another of its dialects, at the same address and with the same key. None where the base URL names
    /// the whole path of another dialect: nothing else is served there.
    pub fn in_dialect(&self, dialect: Dialect) -> Option<Self> {
        let base = self.base_url.split(['?', '#']).next().unwrap_or_default().trim().trim_end_matches('/');
        let names_another = DIALECTS.into_iter().any(|other| other != dialect && base.ends_with(whole_path(other)));
        (!names_another).then(|| Self { dialect, ..self.clone() })
    }

    /// The base URL as it may be shown: without what may be secret in it.
    pub fn shown_url(&self) -> String {
        without_secrets(&self.base_url)
    }
}

/// Values of headers can be secrets of gateways in between, so that only their names are shown; the key never is.
impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Endpoint")
            .field("name", &self.name)
            .field("dialect", &self.dialect)
            .field("base_url", &without_secrets(&self.base_url))
            .field("key", &self.key.as_ref().map(|_| "[secret]"))
            .field("auth", &self.auth)
            .field("headers", &names)
            .finish()
    }
}

/// A base URL that was understood.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    url: Url,
    /// Path before the part that a request adds, without a slash at the end.
    prefix: String,
    /// The base names a version already: `/v1` of a request's path is left out.
    versioned: bool,
}

impl Base {
    /// Reads the base URL.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`], saying what is wrong with which provider's URL.
    pub(crate) fn parse(endpoint: &Endpoint) -> Result<Self, ProviderError> {
        let text = endpoint.base_url.trim();
        let wrong = |what: String| {
            let shown = without_secrets(text);
            ProviderError::new(
                ErrorKind::InvalidRequest,
                format!(
                    "base URL of provider `{}` is `{shown}`: {what}; expected something like `https://host` or \
                     `http://localhost:11434/v1`",
                    endpoint.name
                ),
            )
        };
        if text.is_empty() {
            return Err(wrong("it is empty".to_owned()));
        }
        if !text.contains("://") {
            return Err(wrong("`http://` or `https://` is missing in front".to_owned()));
        }
        let url = Url::parse(text).map_err(|error| wrong(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong(format!("scheme `{}` is not `http` or `https`", url.scheme())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it carries a user name or password; give the key as the provider's key".to_owned()));
        }
        if url.fragment().is_some() {
            return Err(wrong("it has a `#` part, which is never sent".to_owned()));
        }
        let (prefix, versioned) = split_prefix(url.path(), endpoint.dialect);
        Ok(Self { url, prefix, versioned })
    }

    /// The address of a path such as `/v1/messages?beta=true`. Query parameters of the base are kept, in front.
    pub(crate) fn join(&self, path_and_query: &str) -> Url {
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let path = match path.strip_prefix("/v1") {
            Some(rest) if self.versioned && rest.starts_with('/') => rest,
            _ => path,
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        let mut url = self.url.clone();
        url.set_path(&format!("{}{slash}{path}", self.prefix));
        let queries: Vec<&str> = self.url.query().into_iter().chain(query).filter(|part| !part.is_empty()).collect();
        url.set_query((!queries.is_empty()).then(|| queries.join("&")).as_deref());
        url
    }

    /// Whether TLS is spoken.
    pub(crate) fn is_tls(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether the server is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        let host = self.url.host_str().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        // `0.0.0.0` is what servers print as their own address.
        let here = |ip: IpAddr| ip.is_loopback() || ip.is_unspecified();
        host == "localhost" || host.ends_with(".localhost") || bare.parse().is_ok_and(here)
    }
}

/// An address as it may be shown: without query, which can hold keys.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}

/// The path before what a request adds, and whether it names a version.
///
/// Anthropic's SDKs take the base without a version and OpenAI's with one; users copy either. A version at the end
/// counts for both. A version further in front (`/v1beta/openai`) counts for OpenAI's dialect only: their SDK would add
/// nothing to it.
fn split_prefix(path: &str, dialect: Dialect) -> (String, bool) {
    let path = path.trim_end_matches('/');
    if let Some(prefix) = path.strip_suffix(whole_path(dialect)) {
        return (prefix.to_owned(), true);
    }
    let versioned = match dialect {
        Dialect::AnthropicMessages => path.rsplit('/').next().is_some_and(is_version),
        Dialect::OpenaiChat | Dialect::OpenaiResponses => path.split('/').any(is_version),
    };
    (path.to_owned(), versioned)
}

const DIALECTS: [Dialect; 3] = [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::OpenaiResponses];

/// How a base URL ends that names the whole path.
fn whole_path(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::AnthropicMessages => "/messages",
        Dialect::OpenaiChat => "/chat/completions",
        Dialect::OpenaiResponses => "/responses",
    }
}

/// `v1`, `v4`, `v1beta`.
fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// A URL as typed, without what may be secret in it: user information, query and fragment.
fn without_secrets(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
    let end_of_host = rest.find('/').unwrap_or(rest.len());
    // The last `@` before the path ends the user information.
    let host = rest[..end_of_host].rsplit('@').next().unwrap_or_default();
    let separator = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{separator}{host}{}", &rest[end_of_host..])
}

#[cfg(test)]
#[path = "endpoint_tests.rs"]
mod tests;
