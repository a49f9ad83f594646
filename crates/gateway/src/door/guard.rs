//! Which requests are not for this gateway, whoever sends them: wrong host (a site whose name was made to point here), a page of
//! another site in somebody's browser, a form, a request meant for a proxy.

use std::net::{IpAddr, SocketAddr};

use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use http::request::Parts;
use http::{Method, StatusCode};
use protocol::{ErrorKind, ProviderError};

/// Why a request is refused at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// As an error that a dialect can write.
    pub(crate) fn error(&self) -> ProviderError {
        let kind = match self.status.as_u16() {
            401 | 403 => ErrorKind::Auth,
            404 => ErrorKind::NotFound,
            408 => ErrorKind::Timeout,
            413 => ErrorKind::Overflow,
            429 => ErrorKind::RateLimit,
            503 => ErrorKind::Overloaded,
            500.. => ErrorKind::Server,
            _ => ErrorKind::InvalidRequest,
        };
        ProviderError { status: Some(self.status.as_u16()), ..ProviderError::new(kind, self.message.clone()) }
    }
}

/// Checks a head. `local` is the address that the client connected to, `names` are further names of the gateway.
///
/// # Errors
/// The refusal; nothing of the body has been read.
pub(crate) fn check(head: &Parts, local: SocketAddr, names: &[String], uri_bytes: usize) -> Result<(), Refusal> {
    let length = head.uri.path_and_query().map_or(0, |text| text.as_str().len());
    if length > uri_bytes {
        let message = format!("path and query have {length} bytes; {uri_bytes} are allowed");
        return Err(Refusal::new(StatusCode::URI_TOO_LONG, message));
    }
    if head.uri.authority().is_some() || head.method == Method::CONNECT {
        let message =
            "this is a gateway, not a proxy: send the path alone (`POST /v1/messages`), and set it as base URL";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, message));
    }
    let host = host(head)?;
    if !is_ours(host, local, names) {
        let message = "the Host header names another machine; call the gateway by its address or as `localhost`, or start it with that name";
        return Err(Refusal::new(StatusCode::FORBIDDEN, message));
    }
    browser(head, host)?;
    if head.headers.get_all(AUTHORIZATION).iter().nth(1).is_some() {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "there are several Authorization headers; one is allowed"));
    }
    Ok(())
}

/// The only value of the `Host` header.
fn host(head: &Parts) -> Result<&str, Refusal> {
    let mut hosts = head.headers.get_all(HOST).iter();
    match (hosts.next().map(|value| value.to_str()), hosts.next()) {
        (Some(Ok(host)), None) if !host.is_empty() => Ok(host),
        _ => Err(Refusal::new(StatusCode::FORBIDDEN, "one Host header is needed")),
    }
}

/// Whether a name with or without a port is one of the gateway's.
fn is_ours(host: &str, local: SocketAddr, names: &[String]) -> bool {
    let name = without_port(host);
    if let Ok(ip) = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        return ip.is_loopback() || ip == local.ip().to_canonical();
    }
    name.eq_ignore_ascii_case("localhost") || names.iter().any(|known| name.eq_ignore_ascii_case(without_port(known)))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // The colons of an address of version 6 without its brackets are none of a port.
        Some((name, _)) if name.contains(':') && !name.ends_with(']') => host,
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// What only browsers send: requests of our own pages may come in, others' not.
fn browser(head: &Parts, host: &str) -> Result<(), Refusal> {
    let foreign = || Err(Refusal::new(StatusCode::FORBIDDEN, "requests of other sites' pages are refused"));
    for origin in head.headers.get_all(ORIGIN) {
        let own = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.split_once("://"))
            .is_some_and(|(_, authority)| authority == host);
        if !own {
            return foreign();
        }
    }
    if let Some(site) = head.headers.get("sec-fetch-site")
        && !matches!(site.as_bytes(), b"same-origin" | b"none")
    {
        return foreign();
    }
    let form = |kind: &str| {
        ["text/plain", "multipart/form-data", "application/x-www-form-urlencoded"]
            .iter()
            .any(|form| kind.starts_with(form))
    };
    let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if head.method == Method::POST && form(&kind.to_ascii_lowercase()) {
        let message = "the body is declared as a form or as plain text; send `content-type: application/json`";
        return Err(Refusal::new(StatusCode::FORBIDDEN, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(build: impl FnOnce(http::request::Builder) -> http::request::Builder) -> u16 {
        let request = build(http::Request::builder().method("POST").uri("/v1/messages")).body(()).unwrap();
        let local = "127.0.0.1:8787".parse().unwrap();
        let result = check(&request.into_parts().0, local, &["box.lan".to_owned()], 100);
        result.map_or_else(|refusal| refusal.status.as_u16(), |()| 200)
    }

    #[test]
    fn only_our_own_names_come_in() {
        for host in ["127.0.0.1:8787", "localhost", "LOCALHOST:1", "[::1]:8787", "box.lan:80", "127.0.0.1"] {
            assert_eq!(checked(|request| request.header("host", host)), 200, "{host}");
        }
        for host in ["evil.test", "127.0.0.1.nip", "10.0.0.1", "localhost.evil.test", "", "box.lan.evil"] {
            assert_eq!(checked(|request| request.header("host", host)), 403, "{host}");
        }
        assert_eq!(checked(|request| request), 403, "HTTP/1.0 without a host");
        assert_eq!(checked(|request| request.header("host", "localhost").header("host", "evil.test")), 403);
    }

    #[test]
    fn pages_of_other_sites_stay_outside() {
        let from =
            |origin: &'static str| checked(|request| request.header("host", "localhost:8787").header("origin", origin));
        assert_eq!(from("http://localhost:8787"), 200);
        for origin in
            ["https://evil", "null", "http://localhost:9999", "http://127.0.0.1:8787", "http://localhost:8787.evil"]
        {
            assert_eq!(from(origin), 403, "{origin}");
        }
        let local = |name: &'static str, value: &'static str| {
            checked(|request| request.header("host", "localhost").header(name, value))
        };
        assert_eq!(local("sec-fetch-site", "cross-site"), 403);
        assert_eq!(local("sec-fetch-site", "none"), 200);
        assert_eq!(local("content-type", "text/plain;charset=UTF-8"), 403);
        assert_eq!(local("content-type", "application/json"), 200);
    }

    #[test]
    fn a_request_for_a_proxy_a_long_path_and_two_keys_are_refused() {
        assert_eq!(checked(|request| request.uri("http://evil.test/v1/messages").header("host", "localhost")), 400);
        let long = format!("/v1/messages?{}", "x".repeat(100));
        assert_eq!(checked(|request| request.uri(long).header("host", "localhost")), 414);
        let twice = checked(|request| {
            request.header("host", "localhost").header("authorization", "Bearer a").header("authorization", "Bearer b")
        });
        assert_eq!(twice, 401);
    }
}
