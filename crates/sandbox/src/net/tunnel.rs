//! What goes through after CONNECT.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::audit::Denied;
use super::hello;
use super::host::Host;

/// How long a client may take to say hello.
const HELLO: Duration = Duration::from_secs(10);

/// Makes sure that the TLS inside is for the host that the tunnel was opened for; then its first bytes go out. Nothing is sent before.
pub(super) async fn open(
    client: &mut (impl AsyncRead + Unpin),
    upstream: &mut TcpStream,
    host: &Host,
) -> Result<(), Denied> {
    let late = |_| Denied::NotTls("the client did not say hello in time".to_owned());
    let hello = tokio::time::timeout(HELLO, hello::read(client)).await.map_err(late)??;
    let same = hello.name.as_deref().is_some_and(|name| name.parse::<Host>().is_ok_and(|name| name == *host));
    if !same {
        return Err(Denied::OtherName(hello.name));
    }
    upstream.write_all(&hello.bytes).await.map_err(|error| Denied::Unreachable(error.to_string()))
}

/// Passes bytes both ways until both sides are done.
pub(super) async fn relay(client: &mut (impl AsyncRead + AsyncWrite + Unpin), upstream: &mut TcpStream) {
    // Whoever leaves in the middle is no error of ours.
    tokio::io::copy_bidirectional(client, upstream).await.ok();
}
