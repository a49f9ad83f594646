//! The proxy on the host, behind a UNIX socket.

#![expect(clippy::disallowed_methods, reason = "removes its own socket")]

use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};

use super::audit::{Denied, NetEvent, Outcome};
use super::error::NetError;
use super::host::Host;
use super::request;
use super::resolve::{Resolve, SystemResolver};
use super::rule::HostRule;

/// Connections of clients that are served, and tunnels that are open, at one time. Further clients wait, further tunnels are refused.
const CLIENTS: usize = 256;
const TUNNELS: usize = 256;

/// Longest head of a request in bytes, and how long it may take to come.
const HEAD: usize = 64 * 1024;
const HEAD_TIME: Duration = Duration::from_secs(30);

/// How long no connection is taken after the system refused one (too many files are open).
const REST: Duration = Duration::from_millis(100);

/// Name of the socket in its folder.
const SOCKET: &str = "net.sock";

/// How a proxy is started.
#[derive(Clone)]
pub struct ProxyConfig {
    /// Folder for the socket, for this proxy alone and out of the reach of commands. Made with 0700 where it is not there.
    pub folder: PathBuf,
    /// What may be reached. Empty: nothing.
    pub rules: Vec<HostRule>,
    /// Finds addresses.
    pub resolver: Arc<dyn Resolve>,
    /// Is told of each request. Must not block.
    pub audit: Arc<dyn Fn(NetEvent) + Send + Sync>,
}

impl ProxyConfig {
    /// With the system's resolver and nobody who listens.
    pub fn new(folder: PathBuf, rules: Vec<HostRule>) -> Self {
        Self { folder, rules, resolver: Arc::new(SystemResolver), audit: Arc::new(|_| {}) }
    }
}

/// Lets commands reach the hosts of a list, and nothing else. Takes neither addresses nor credentials from the environment: it
/// connects directly. Ends, with all that goes through it, when it is dropped; its socket is removed then.
#[derive(Debug)]
pub struct Proxy {
    socket: PathBuf,
    rules: watch::Sender<Vec<HostRule>>,
}

/// What all requests need.
pub(super) struct Shared {
    rules: watch::Receiver<Vec<HostRule>>,
    pub(super) resolver: Arc<dyn Resolve>,
    audit: Arc<dyn Fn(NetEvent) + Send + Sync>,
    pub(super) tunnels: Arc<Semaphore>,
}

impl Proxy {
    /// Opens the socket (0600) and serves it on the current async runtime.
    ///
    /// # Errors
    /// When the folder is not ours alone, when something stands where the socket should, or outside of a runtime.
    pub fn start(config: ProxyConfig) -> Result<Self, NetError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| NetError::Runtime)?;
        make_folder(&config.folder)?;
        let socket = config.folder.join(SOCKET);
        let failed = |source| NetError::Socket { socket: socket.clone(), source };
        // Nobody can connect before the mode is set: the folder is closed to others.
        let listener = UnixListener::bind(&socket).map_err(failed)?;
        std::fs::set_permissions(&socket, Permissions::from_mode(0o600)).map_err(failed)?;
        let (rules, watched) = watch::channel(config.rules);
        let tunnels = Arc::new(Semaphore::new(TUNNELS));
        let shared = Shared { rules: watched, resolver: config.resolver, audit: config.audit, tunnels };
        runtime.spawn(accept(listener, Arc::new(shared)));
        Ok(Self { socket, rules })
    }

    /// Where it listens.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Replaces the list, at once: tunnels to hosts that are no longer on it are cut.
    pub fn allow(&self, rules: Vec<HostRule>) {
        self.rules.send_replace(rules);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The folder may be gone already, with everything in it.
        std::fs::remove_file(&self.socket).ok();
    }
}

impl Shared {
    pub(super) fn allows(&self, host: &Host, port: u16) -> bool {
        self.rules.borrow().iter().any(|rule| rule.allows(host, port))
    }

    /// The list in words.
    pub(super) fn list(&self) -> String {
        let list: Vec<String> = self.rules.borrow().iter().map(ToString::to_string).collect();
        if list.is_empty() { "nothing".to_owned() } else { list.join(", ") }
    }

    pub(super) fn tell(&self, event: NetEvent) {
        (self.audit)(event);
    }

    /// Comes back when the host may no longer be reached, at the latest when the proxy ends.
    pub(super) async fn forbidden(&self, host: Host, port: u16) {
        let mut rules = self.rules.clone();
        let allowed = |rules: &Vec<HostRule>| rules.iter().any(|rule| rule.allows(&host, port));
        // An error is the end of the proxy.
        rules.wait_for(|rules| !allowed(rules)).await.ok();
    }

    /// Comes back when the proxy ends.
    async fn ended(&self) {
        let mut rules = self.rules.clone();
        while rules.changed().await.is_ok() {}
    }
}

/// A folder that is ours and closed to others.
fn make_folder(folder: &Path) -> Result<(), NetError> {
    let bad = |why: String| NetError::Folder { folder: folder.to_owned(), why };
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(bad(error.to_string())),
        Ok(()) | Err(_) => {}
    }
    let found = std::fs::symlink_metadata(folder).map_err(|error| bad(error.to_string()))?;
    if !found.is_dir() {
        return Err(bad("it is no folder, or a link to one".to_owned()));
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(bad(format!("it belongs to user {}", found.uid())));
    }
    if found.mode() & 0o077 != 0 {
        return Err(bad(format!("its mode is {:o}", found.mode() & 0o777)));
    }
    Ok(())
}

async fn accept(listener: UnixListener, shared: Arc<Shared>) {
    let clients = Arc::new(Semaphore::new(CLIENTS));
    loop {
        let Ok(room) = clients.clone().acquire_owned().await else { return };
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.ended() => return,
        };
        match stream {
            Ok((stream, _)) => {
                let shared = shared.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        () = serve(stream, &shared) => {}
                        () = shared.ended() => {}
                    }
                    drop(room);
                });
            }
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
}

/// Serves one client until it leaves or asks for a tunnel.
async fn serve(stream: UnixStream, shared: &Arc<Shared>) {
    let service = service_fn(|request| request::answer(request, shared.clone()));
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
    if let Err(error) = served.as_ref()
        && error.is_parse()
    {
        let denied = Denied::Unclear(error.to_string());
        shared.tell(NetEvent { method: "-".to_owned(), target: "-".to_owned(), outcome: Outcome::Denied(denied) });
    }
}
