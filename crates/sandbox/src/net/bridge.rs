//! The way from inside the sandbox to the proxy: loopback on one side, the proxy's UNIX socket on the other.
//!
//! The stage calls [`start`] before it becomes the command; our program with `__netbridge SOCKET` calls [`run`]. The listener is open
//! when `start` comes back, so that a command finds it from its first moment. The bridge ends with the command.

#![expect(clippy::disallowed_methods, reason = "listens on the sandbox's own loopback and starts our program again")]

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpStream, UnixStream};
use tokio::sync::Semaphore;

use super::error::NetError;

/// Where it listens. Nobody else is in the network of the sandbox, so that it is free.
pub const PORT: u16 = 3128;

/// Connections at one time; more wait.
const CONNECTIONS: usize = 256;

/// How long no connection is taken after the system refused one.
const REST: Duration = Duration::from_millis(100);

/// What programs ask for the way out, in the spellings that they know. What a command itself serves on loopback is reached directly.
pub fn environment(port: u16) -> Vec<(String, String)> {
    let proxy = format!("http://127.0.0.1:{port}");
    let local = "localhost,127.0.0.1,::1".to_owned();
    let named = |names: &[&str], value: &str| -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), value.to_owned())).collect()
    };
    let mut all = named(&["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"], &proxy);
    all.extend(named(&["NO_PROXY", "no_proxy"], &local));
    // Node asks for none of these by itself.
    all.extend(named(&["NODE_USE_ENV_PROXY"], "1"));
    all
}

/// Opens the listener on [`PORT`] and starts `program first... SOCKET` behind it. To be called inside the sandbox's network, before
/// system calls are forbidden. The command needs [`environment`].
///
/// # Errors
/// When the port cannot be opened or the program not be started.
pub fn start(program: &Path, first: &[String], socket: &Path) -> Result<(), NetError> {
    let failed = |step| move |source| NetError::Bridge { step, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, PORT)).map_err(failed("opening its port"))?;
    Command::new(program)
        .args(first)
        .arg(socket)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::from(OwnedFd::from(listener)))
        // The command's own output ends when the command does.
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed("starting it"))?;
    Ok(())
}

/// Passes what comes in at the listener, which is standard input, to the proxy's socket. Ends with an error or by a signal only.
///
/// # Errors
/// When standard input is no listener.
pub fn run(socket: &Path) -> Result<(), NetError> {
    let failed = |step| move |source| NetError::Bridge { step, source };
    harden().map_err(failed("closing it to other programs"))?;
    let listener = TcpListener::from(io::stdin().as_fd().try_clone_to_owned().map_err(failed("taking its port"))?);
    listener.set_nonblocking(true).map_err(failed("taking its port"))?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed("starting its runtime"))?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed("taking its port"))?;
        listener.local_addr().map_err(failed("taking its port"))?;
        pass(listener, socket).await;
        Ok(())
    })
}

/// The bridge stands beside the command: it must end with it, and the command must not look into it.
#[cfg(target_os = "linux")]
fn harden() -> io::Result<()> {
    use rustix::process::{DumpableBehavior, Signal, set_dumpable_behavior, set_parent_process_death_signal};
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    set_parent_process_death_signal(Some(Signal::KILL))?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn harden() -> io::Result<()> {
    Ok(())
}

async fn pass(listener: tokio::net::TcpListener, socket: &Path) {
    let socket: Arc<Path> = Arc::from(socket);
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = room.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((client, _)) => {
                let socket = socket.clone();
                tokio::spawn(async move {
                    relay(client, &socket).await.ok();
                    drop(place);
                });
            }
            Err(_) => tokio::time::sleep(REST).await,
        }
    }
}

async fn relay(mut client: TcpStream, socket: &Path) -> io::Result<()> {
    let mut proxy = UnixStream::connect(socket).await?;
    tokio::io::copy_bidirectional(&mut client, &mut proxy).await?;
    Ok(())
}
