//! Plain HTTP, one request at a time.

use http::header::{
    CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::uri::PathAndQuery;
use http::{Request, Response, Uri, Version};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::audit::Denied;

/// Headers that are about one connection (RFC 9110, 7.6.1) or about the proxy.
const HOPS: [HeaderName; 7] =
    [CONNECTION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];
const OLD_HOPS: [&str; 2] = ["keep-alive", "proxy-connection"];

/// Sends a request on, to the host of its address whatever its `Host` header says. The reply comes back as it is: a redirect is the
/// client's own next request.
pub(super) async fn send(
    request: Request<Incoming>,
    authority: &str,
    upstream: TcpStream,
    until: impl Future<Output = ()> + Send + 'static,
) -> Result<Response<Incoming>, Denied> {
    let failed = |error: hyper::Error| Denied::Unreachable(error.to_string());
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(upstream)).await.map_err(failed)?;
    tokio::spawn(async move {
        tokio::select! {
            _ = connection => {}
            () = until => {}
        }
    });
    let request = rewritten(request, authority)?;
    let mut reply = sender.send_request(request).await.map_err(failed)?;
    strip(reply.headers_mut());
    Ok(reply)
}

/// As the server expects it.
fn rewritten(mut request: Request<Incoming>, authority: &str) -> Result<Request<Incoming>, Denied> {
    let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    let host = HeaderValue::from_str(authority).map_err(|error| Denied::Unclear(error.to_string()))?;
    *request.uri_mut() = Uri::from(path);
    *request.version_mut() = Version::HTTP_11;
    strip(request.headers_mut());
    // Replaces all there were.
    request.headers_mut().insert(HOST, host);
    Ok(request)
}

/// Removes what is meant for the proxy, and what the sender says is.
fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOPS) {
        headers.remove(name);
    }
    for name in OLD_HOPS {
        headers.remove(name);
    }
}
