//! Which headers go on, in both directions.

use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// By which a provider knows that two attempts are one request.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Headers of one connection, or made anew on the next.
const OF_ONE_CONNECTION: [HeaderName; 10] = [
    CONNECTION,
    CONTENT_LENGTH,
    EXPECT,
    HOST,
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Credentials for the gateway itself. They go nowhere else.
const CREDENTIALS: [&str; 3] = ["x-api-key", "api-key", "x-goog-api-key"];

/// What a request in another dialect still carries of its client's.
const OF_EVERY_DIALECT: [&str; 3] = ["user-agent", "traceparent", "tracestate"];

/// Takes out what belongs to the connection alone, also what its `Connection` header names.
pub(crate) fn drop_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&OF_ONE_CONNECTION) {
        headers.remove(name);
    }
    headers.remove("keep-alive");
    headers.remove("proxy-connection");
}

/// Takes out the client's keys, all of them: which one the gateway looked at is not the upstream's business.
pub(crate) fn drop_credentials(headers: &mut HeaderMap) {
    headers.remove(AUTHORIZATION);
    headers.remove(COOKIE);
    CREDENTIALS.iter().for_each(|name| {
        headers.remove(*name);
    });
}

/// The client's headers for an upstream of its own dialect: all that are left but those to the gateway. An answer is asked for
/// uncompressed, because its usage is read on the way.
pub(crate) fn same(client: &HeaderMap, id: &str) -> HeaderMap {
    let mut headers = client.clone();
    headers.remove(ACCEPT_ENCODING);
    let ours: Vec<HeaderName> = headers.keys().filter(|name| is_ours(name)).cloned().collect();
    for name in ours {
        headers.remove(name);
    }
    with_idempotency_key(headers, client, id)
}

/// The few that mean the same to an upstream of another dialect.
pub(crate) fn other(client: &HeaderMap, id: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in OF_EVERY_DIALECT {
        if let Some(value) = client.get(name) {
            headers.insert(name, value.clone());
        }
    }
    with_idempotency_key(headers, client, id)
}

/// All attempts of a request carry one key: the client's, else the request's id.
fn with_idempotency_key(mut headers: HeaderMap, client: &HeaderMap, id: &str) -> HeaderMap {
    let key = client.get(IDEMPOTENCY_KEY).cloned().or_else(|| HeaderValue::from_str(id).ok());
    if let Some(key) = key {
        headers.insert(IDEMPOTENCY_KEY, key);
    }
    headers
}

/// An upstream's headers for the client. What speaks of the upstream's connections or promises for its host does not go on.
pub(crate) fn answer(mut upstream: HeaderMap) -> HeaderMap {
    drop_hop_by_hop(&mut upstream);
    upstream.remove("alt-svc");
    upstream.remove("strict-transport-security");
    upstream
}

/// Those of an answer that is written anew: about limits and ids, not about the bytes.
pub(crate) fn answer_other(upstream: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in upstream {
        let kept = matches!(
            name.as_str(),
            "request-id" | "x-request-id" | "retry-after" | "retry-after-ms" | "x-should-retry"
        ) || name.as_str().contains("ratelimit");
        if kept {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

fn is_ours(name: &HeaderName) -> bool {
    name.as_str().starts_with("x-agent-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap()))
            .collect()
    }

    #[test]
    fn what_belongs_to_one_connection_stays_on_it() {
        let mut headers =
            map(&[("connection", "close, X-Mine"), ("x-mine", "1"), ("te", "trailers"), ("anthropic-beta", "a")]);
        drop_hop_by_hop(&mut headers);
        assert_eq!(headers, map(&[("anthropic-beta", "a")]));
    }

    #[test]
    fn unknown_headers_go_on_and_keys_and_hints_do_not() {
        let mut client = map(&[
            ("x-api-key", "secret"),
            ("authorization", "Bearer secret"),
            ("x-agent-hint-risk", "high"),
            ("anthropic-beta", "a"),
            ("x-new", "b"),
            ("accept-encoding", "gzip"),
        ]);
        client.append("anthropic-beta", HeaderValue::from_static("c"));
        drop_credentials(&mut client);
        let sent = same(&client, "req_1");
        let mut expected = map(&[("anthropic-beta", "a"), ("x-new", "b"), ("idempotency-key", "req_1")]);
        expected.append("anthropic-beta", HeaderValue::from_static("c"));
        assert_eq!(sent, expected);
        assert_eq!(other(&client, "req_1"), map(&[("idempotency-key", "req_1")]));
    }
}
