//! One request: read, judged, sent on or refused, and told.

#![expect(clippy::disallowed_methods, reason = "the proxy connects for commands, to hosts of the list only")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;

use super::address::is_public;
use super::audit::{Denied, NetEvent, Outcome};
use super::host::Host;
use super::proxy::Shared;
use super::{forward, tunnel};

/// How long one address may take to answer, and how many of a name are tried.
const CONNECT: Duration = Duration::from_secs(10);
const ADDRESSES: usize = 4;

/// How long names may take.
const RESOLVE: Duration = Duration::from_secs(10);

type Reply = Response<Either<Full<Bytes>, Incoming>>;

/// What a request asks for, and what was found.
struct Target {
    method: Method,
    host: Host,
    port: u16,
}

/// A place to which a connection stands.
struct Reached {
    stream: TcpStream,
    address: SocketAddr,
}

/// Answers one request. Never fails: what does not go out is answered with the reason.
pub(super) async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Reply, Infallible> {
    let method = request.method().as_str().to_owned();
    let target = request.uri().authority().map_or("-", Authority::as_str).to_owned();
    let told = |outcome| NetEvent { method, target: target.clone(), outcome };
    let done = match read(&request) {
        Ok(wanted) if wanted.method == Method::CONNECT => connect(request, wanted, &target, &shared).await,
        Ok(wanted) => plain(request, &wanted, &shared).await.map(|(reply, address)| (reply, Some(address))),
        Err(denied) => Err(denied),
    };
    Ok(match done {
        Ok((reply, address)) => {
            // A tunnel is told when the TLS inside is known.
            if let Some(address) = address {
                shared.tell(told(Outcome::Allowed(address)));
            }
            reply
        }
        Err(denied) => {
            let reply = refusal(&target, &denied, &shared);
            shared.tell(told(Outcome::Denied(denied)));
            reply
        }
    })
}

/// The host and port of a request, where it is one that a proxy takes.
fn read(request: &Request<Incoming>) -> Result<Target, Denied> {
    let unclear = |why: &str| Denied::Unclear(why.to_owned());
    let uri = request.uri();
    let authority = uri.authority().ok_or_else(|| unclear("it names no host; this is a proxy, not a server"))?;
    if authority.as_str().contains('@') {
        return Err(unclear("a user name or password in front of the host is not allowed"));
    }
    let method = request.method().clone();
    let is_tunnel = method == Method::CONNECT;
    if !is_tunnel && uri.scheme() != Some(&Scheme::HTTP) {
        return Err(unclear("only http:// addresses are fetched; for https:// open a tunnel with CONNECT"));
    }
    let host = authority.host().parse::<Host>().map_err(|error| Denied::Unclear(error.to_string()))?;
    let port = match authority.as_str().rsplit_once(':') {
        Some(_) => authority.port_u16().ok_or_else(|| unclear("the port is no number from 1 to 65535"))?,
        None if is_tunnel => return Err(unclear("CONNECT needs a port")),
        None => 80,
    };
    Ok(Target { method, host, port })
}

impl Shared {
    /// Connects, if the host may be reached. The name is asked for once; what is connected to was looked at.
    async fn reach(&self, target: &Target) -> Result<Reached, Denied> {
        let Target { host, port, .. } = target;
        if !self.allows(host, *port) {
            return Err(Denied::NotListed);
        }
        let unreachable = |error: std::io::Error| Denied::Unreachable(error.to_string());
        let late = |_| Denied::Unreachable("the name was not found in time".to_owned());
        let found = tokio::time::timeout(RESOLVE, self.resolver.resolve(host, *port)).await.map_err(late)?;
        let addresses = found.map_err(unreachable)?;
        // One private address among public ones is as bad: the next one to be tried may be it.
        let private = addresses.iter().find(|address| !is_public(address.ip()));
        if let Some(private) = private.filter(|_| !self.resolver.allows_private(host)) {
            return Err(Denied::NotPublic(private.ip()));
        }
        let mut last = Denied::Unreachable("the name has no address".to_owned());
        for address in addresses.into_iter().take(ADDRESSES) {
            match tokio::time::timeout(CONNECT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(Reached { stream, address }),
                Ok(Err(error)) => last = unreachable(error),
                Err(_) => last = Denied::Unreachable("nobody answers".to_owned()),
            }
        }
        Err(last)
    }
}

async fn connect(
    request: Request<Incoming>,
    target: Target,
    asked: &str,
    shared: &Arc<Shared>,
) -> Result<(Reply, Option<SocketAddr>), Denied> {
    let room = shared.tunnels.clone().try_acquire_owned().map_err(|_| Denied::TooMany)?;
    let reached = shared.reach(&target).await?;
    let (shared, asked) = (shared.clone(), asked.to_owned());
    tokio::spawn(async move {
        let closed = shared.forbidden(target.host.clone(), target.port);
        tokio::select! {
            () = carry(request, &target, asked, reached, &shared, room) => {}
            () = closed => {}
        }
    });
    Ok((Response::new(Either::Left(Full::default())), None))
}

/// Waits for the client to take its tunnel, looks at what it says first, and passes bytes.
async fn carry(
    request: Request<Incoming>,
    target: &Target,
    asked: String,
    mut reached: Reached,
    shared: &Shared,
    _room: OwnedSemaphorePermit,
) {
    let told = |outcome| NetEvent { method: Method::CONNECT.as_str().to_owned(), target: asked, outcome };
    let upgraded = match hyper::upgrade::on(request).await {
        Ok(upgraded) => upgraded,
        Err(error) => return shared.tell(told(Outcome::Denied(Denied::NotTls(error.to_string())))),
    };
    let mut client = TokioIo::new(upgraded);
    match tunnel::open(&mut client, &mut reached.stream, &target.host).await {
        Ok(()) => {
            shared.tell(told(Outcome::Allowed(reached.address)));
            tunnel::relay(&mut client, &mut reached.stream).await;
        }
        Err(denied) => shared.tell(told(Outcome::Denied(denied))),
    }
}

async fn plain(
    request: Request<Incoming>,
    target: &Target,
    shared: &Arc<Shared>,
) -> Result<(Reply, SocketAddr), Denied> {
    let reached = shared.reach(target).await?;
    let authority =
        if target.port == 80 { target.host.to_string() } else { format!("{}:{}", target.host, target.port) };
    let until = {
        let (shared, host, port) = (shared.clone(), target.host.clone(), target.port);
        async move { shared.forbidden(host, port).await }
    };
    let reply = forward::send(request, &authority, reached.stream, until).await?;
    Ok((reply.map(Either::Right), reached.address))
}

/// Says what happened, what is allowed and what to do; a header says it for machines.
fn refusal(target: &str, denied: &Denied, shared: &Shared) -> Reply {
    let status = match denied {
        Denied::Unclear(_) => StatusCode::BAD_REQUEST,
        Denied::Unreachable(_) => StatusCode::BAD_GATEWAY,
        Denied::TooMany => StatusCode::SERVICE_UNAVAILABLE,
        Denied::NotListed | Denied::NotPublic(_) | Denied::NotTls(_) | Denied::OtherName(_) => StatusCode::FORBIDDEN,
    };
    let mut words = format!("{target} was not reached: {denied}.\n");
    if *denied == Denied::NotListed {
        words.push_str(&format!(
            "Allowed: {}. Only the user can allow more, when the agent is started: --sandbox 'workspace+net(HOST,...)'.\n",
            shared.list()
        ));
    }
    let mut reply = Response::new(Either::Left(Full::from(words)));
    *reply.status_mut() = status;
    reply.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    reply.headers_mut().insert("x-tandem-denied", HeaderValue::from_static(denied.code()));
    reply
}
