//! Which headers a request carries.

use protocol::{Dialect, ErrorKind, ProviderError};
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT,
};
use secrecy::ExposeSecret;

use crate::endpoint::{Auth, Endpoint};

/// The version of Anthropic's API that `wire` speaks.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// Who we are.
const AGENT: &str = concat!("tandem/", env!("CARGO_PKG_VERSION"));

/// Headers that belong to one connection, or that this client sets from what it sends. `accept-encoding` is among them
/// because answers are read uncompressed.
const OWN: [&str; 11] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The endpoint's headers, ready to be sent: defaults, then the user's, then the key.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] naming the header (never its value), [`ErrorKind::Auth`] for a key that cannot be sent.
pub(crate) fn base(endpoint: &Endpoint) -> Result<HeaderMap, ProviderError> {
    let mut headers = HeaderMap::new();
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    if endpoint.dialect == Dialect::AnthropicMessages {
        headers.insert("anthropic-version", HeaderValue::from_static(ANTHROPIC_VERSION));
    }
    add(&mut headers, &endpoint.headers, |_| false, &endpoint.name)?;
    if let Some((name, value)) = credential(endpoint)? {
        headers.insert(name, value);
    }
    Ok(headers)
}

/// The headers of one request: the endpoint's, overridden by the caller's. A caller's own credentials (a gateway's client
/// sent them to the gateway) are not passed on where the endpoint authenticates by itself.
///
/// # Errors
/// [`ErrorKind::InvalidRequest`] naming the header.
pub(crate) fn of_request(
    base: &HeaderMap,
    endpoint: &Endpoint,
    own: &[(String, String)],
) -> Result<HeaderMap, ProviderError> {
    let mut headers = base.clone();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let keeps_credentials = endpoint.auth == Auth::None;
    add(&mut headers, own, |name| !keeps_credentials && is_credential(name), &endpoint.name)?;
    Ok(headers)
}

/// The same for headers that are typed already, as a gateway forwards them: several of one name stay several.
pub(crate) fn of_forwarded(base: &HeaderMap, endpoint: &Endpoint, own: &HeaderMap) -> HeaderMap {
    let mut headers = base.clone();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let keeps_credentials = endpoint.auth == Auth::None;
    for name in own.keys() {
        if OWN.contains(&name.as_str()) || (!keeps_credentials && is_credential(name)) {
            continue;
        }
        headers.remove(name);
        for value in own.get_all(name) {
            let mut value = value.clone();
            value.set_sensitive(is_credential(name));
            headers.append(name.clone(), value);
        }
    }
    headers
}

fn add(
    headers: &mut HeaderMap,
    more: &[(String, String)],
    leave_out: impl Fn(&HeaderName) -> bool,
    provider: &str,
) -> Result<(), ProviderError> {
    for (name, value) in more {
        let wrong = |what: &str| {
            ProviderError::new(
                ErrorKind::InvalidRequest,
                format!("header `{}` for provider `{provider}`: {what}", name.escape_debug()),
            )
        };
        let key = HeaderName::from_bytes(name.trim().as_bytes())
            .map_err(|_| wrong("the name may only hold letters, digits and `-_.`"))?;
        if OWN.contains(&key.as_str()) || leave_out(&key) {
            continue;
        }
        let mut value = HeaderValue::from_str(value.trim())
            .map_err(|_| wrong("the value may only hold printable characters, no line breaks"))?;
        value.set_sensitive(is_credential(&key));
        headers.insert(key, value);
    }
    Ok(())
}

fn is_credential(name: &HeaderName) -> bool {
    [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION].contains(name) || matches!(name.as_str(), "x-api-key" | "api-key")
}

fn credential(endpoint: &Endpoint) -> Result<Option<(HeaderName, HeaderValue)>, ProviderError> {
    let Some(key) = &endpoint.key else { return Ok(None) };
    let key = key.expose_secret().trim();
    let (name, text) = match endpoint.auth {
        Auth::XApiKey => (HeaderName::from_static("x-api-key"), key.to_owned()),
        Auth::Bearer => (AUTHORIZATION, format!("Bearer {key}")),
        Auth::None => return Ok(None),
    };
    let mut value = HeaderValue::from_str(&text).map_err(|_| {
        ProviderError::new(
            ErrorKind::Auth,
            format!("the key of provider `{}` holds a line break or another character no key has", endpoint.name),
        )
    })?;
    value.set_sensitive(true);
    Ok(Some((name, value)))
}
