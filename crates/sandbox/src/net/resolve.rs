//! Names to addresses.

use std::io;
use std::net::SocketAddr;

use futures::future::BoxFuture;

use super::host::Host;

/// Finds the addresses of a host. The proxy asks once per request and connects to what it was told, never to what a second question
/// would say.
pub trait Resolve: Send + Sync {
    /// Addresses to connect to, the best first.
    fn resolve<'a>(&'a self, host: &'a Host, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;

    /// Whether addresses outside of the public network are meant. Only a resolver that is made for one place and knows its names may
    /// say so; the system's never does, whatever is allowed.
    fn allows_private(&self, host: &Host) -> bool {
        let _ = host;
        false
    }
}

/// The system's own resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a Host, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move {
            // The dot keeps search domains out: they would make another host of the name.
            let found = tokio::net::lookup_host((format!("{host}."), port)).await?;
            Ok(found.collect())
        })
    }
}
