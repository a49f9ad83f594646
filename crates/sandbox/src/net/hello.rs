//! The name that a TLS client asks for.

use std::io::Read as _;

use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::audit::Denied;

/// Most bytes of a ClientHello (a handshake message has at most 64 KiB by RFC 8446, with the heads of its records).
const LONGEST: usize = 72 * 1024;

/// First byte of a handshake record.
const HANDSHAKE: u8 = 22;

/// How a TLS connection begins.
#[derive(Debug)]
pub(super) struct Hello {
    /// All bytes that were read, to be sent on as they are.
    pub(super) bytes: Vec<u8>,
    /// The server name; none where there is none.
    pub(super) name: Option<String>,
}

/// Reads until the ClientHello is whole.
pub(super) async fn read(client: &mut (impl AsyncRead + Unpin)) -> Result<Hello, Denied> {
    let mut acceptor = Acceptor::default();
    let mut bytes = Vec::new();
    let mut piece = vec![0; 8192];
    loop {
        let count = client.read(&mut piece).await.map_err(|error| Denied::NotTls(error.to_string()))?;
        let new = piece.get(..count).unwrap_or_default();
        if new.is_empty() {
            return Err(Denied::NotTls("it ended before the client said hello".to_owned()));
        }
        bytes.extend_from_slice(new);
        if bytes.first() != Some(&HANDSHAKE) {
            return Err(Denied::NotTls("it does not begin with a handshake".to_owned()));
        }
        if let Some(name) = feed(&mut acceptor, new)? {
            return Ok(Hello { bytes, name });
        }
        if bytes.len() > LONGEST {
            return Err(Denied::NotTls("the hello has no end".to_owned()));
        }
    }
}

/// The name when the hello is whole. What comes behind it is the client's first words to the server.
fn feed(acceptor: &mut Acceptor, mut new: &[u8]) -> Result<Option<Option<String>>, Denied> {
    while !new.is_empty() {
        let taken = acceptor.read_tls(&mut new.by_ref()).map_err(|error| Denied::NotTls(error.to_string()))?;
        match acceptor.accept() {
            Ok(Some(accepted)) => return Ok(Some(accepted.client_hello().server_name().map(str::to_owned))),
            Ok(None) if taken == 0 => return Err(Denied::NotTls("the hello has no end".to_owned())),
            Ok(None) => {}
            Err((error, _)) => return Err(Denied::NotTls(error.to_string())),
        }
    }
    Ok(None)
}
