//! `agent gateway`: the server, from its configuration to its end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use gateway::account::{Books, Scoped, Settings, Tokens, tokens};
use gateway::ask::Reader;
use gateway::core::{Limits, Setup};
use gateway::pages::{Live, Site};
use gateway::route::{ConfigError, RouterConfig, Routers};
use gateway::{Running, serve};
use protocol::Clock;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::signals::{self, Said};
use super::{ServeArgs, disk, harden, reload, usage};
use crate::config::Context;
use crate::failure::Failure;
use crate::text;

/// Exit code of an end that was asked for twice.
const INTERRUPTED: u8 = 130;

/// Bytes in a mebibyte.
const MIB: usize = 1024 * 1024;

/// Serves until somebody ends it.
pub(super) async fn run(context: Context, asked: ServeArgs) -> anyhow::Result<u8> {
    check(&asked)?;
    let mut said = signals::listen()?;
    harden::process();
    let reload::Read { config, origins } = reload::config(&context, &asked)?;
    let mut lock = disk::Lock::take(&context.home.state)?;
    let tokens = Arc::new(Tokens::open(&context.home.state, asked.no_token).map_err(|error| usage(&error))?);
    let providers: Vec<String> = config.endpoints.iter().map(|endpoint| endpoint.name.clone()).collect();
    let built = Built::of(&context, &asked, config, &tokens)?;
    let running = serve(built.setup(&asked)).await.map_err(|error| Failure::usage(error.to_string()))?;
    lock.says(&address(&running))?;
    // Not before it listens: a token is shown once, and a start that fails shows none.
    let first = first_token(&context, &asked, &tokens)?;
    announce(&running, &asked, first.as_ref().map(|token| token.expose_secret()), &tokens, &origins);
    if !asked.listen.ip().is_loopback() {
        text::warn(&exposed(running.addr(), &providers));
    }
    let watched = CancellationToken::new();
    let watching = watch(tokens, built.clock.clone(), watched.clone());
    let code = until_the_end(running, &mut said, &context, &asked, &built.routers).await;
    watched.cancel();
    // Whether it was watched to the end changes nothing.
    let _ = watching.await;
    let books = built.books.clone();
    tokio::task::spawn_blocking(move || books.close()).await?;
    Ok(code)
}

/// What the flags rule out.
fn check(asked: &ServeArgs) -> anyhow::Result<()> {
    if asked.no_token && !asked.listen.ip().is_loopback() {
        return Err(Failure::usage_with(
            format!("--no-token with --listen {}: others could spend your keys", asked.listen),
            "leave --no-token out, or listen on an address of this machine (127.0.0.1, [::1])",
        ));
    }
    Ok(())
}

/// The token that the first start makes.
fn first_token(context: &Context, asked: &ServeArgs, known: &Tokens) -> anyhow::Result<Option<SecretString>> {
    let state = &context.home.state;
    if asked.no_token || tokens::path(state).exists() {
        return Ok(None);
    }
    let made = tokens::add(state, tokens::FIRST, None, std::collections::BTreeSet::new(), context.clock.now());
    let made = made.and_then(|token| known.look().map(|()| token));
    made.map(Some).map_err(|error| usage(&error))
}

/// The parts of a gateway.
struct Built {
    clock: Arc<dyn Clock>,
    tokens: Arc<Tokens>,
    routers: Arc<Routers>,
    books: Arc<Books>,
    draining: Arc<AtomicBool>,
}

impl Built {
    fn of(context: &Context, asked: &ServeArgs, config: RouterConfig, tokens: &Arc<Tokens>) -> anyhow::Result<Self> {
        let clock = context.clock.clone();
        let routers = Routers::new(config, clock.clone()).map_err(|error| {
            let flag = matches!(error, ConfigError::Lane { .. }).then_some(asked.lane.as_deref()).flatten();
            let flag = flag.map(|lane| format!("--lane {lane}: ")).unwrap_or_default();
            Failure::usage(format!("{flag}{error}"))
        })?;
        let routers = Arc::new(routers);
        let books = Books::open(Settings {
            store: context.store()?,
            catalogue: context.catalogue.clone(),
            clock: clock.clone(),
            tokens: tokens.clone(),
            routers: Some(routers.clone()),
        })?;
        Ok(Self { clock, tokens: tokens.clone(), routers, books: Arc::new(books), draining: Arc::default() })
    }

    fn setup(&self, asked: &ServeArgs) -> Setup {
        let status = Live::new(self.routers.clone(), self.draining.clone(), self.clock.clone());
        let loopback = asked.listen.ip().is_loopback();
        let site = Site::new(Arc::new(status), self.books.clone(), self.tokens.clone(), self.clock.clone(), loopback);
        Setup {
            listen: asked.listen,
            names: asked.hosts.clone(),
            limits: Limits { body_bytes: asked.max_body as usize * MIB, ..Limits::default() },
            clock: self.clock.clone(),
            gate: self.tokens.clone(),
            asks: Arc::new(Reader),
            router: Arc::new(Scoped::new(self.routers.clone(), self.tokens.clone())),
            accounts: self.books.clone(),
            pages: Arc::new(site),
            draining: self.draining.clone(),
        }
    }
}

fn watch(tokens: Arc<Tokens>, clock: Arc<dyn Clock>, cancel: CancellationToken) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move { tokens.watch(clock.as_ref(), &cancel).await })
}

/// An address that clients on this machine can use.
fn address(running: &Running) -> String {
    match running.addr() {
        SocketAddr::V4(addr) if addr.ip().is_unspecified() => format!("http://127.0.0.1:{}", addr.port()),
        SocketAddr::V6(addr) if addr.ip().is_unspecified() => format!("http://[::1]:{}", addr.port()),
        _ => running.base_url(),
    }
}

/// Says where it listens, the token once, and what to do next.
fn announce(running: &Running, asked: &ServeArgs, first: Option<&str>, tokens: &Tokens, origins: &str) {
    let url = address(running);
    let beyond = if running.addr().ip().is_unspecified() { " and every other address of this machine" } else { "" };
    text::line(&format!("listening on {url}{beyond}"));
    if let Some(token) = first {
        text::line(&format!("token for clients, shown this once: {token}"));
    } else if !asked.no_token && tokens.is_empty() {
        text::warn("there is no token, so that nobody is let in: `agent gateway token add NAME` makes one");
    }
    let url = if running.addr().port() == 8787 { String::new() } else { format!(" --url {url}") };
    text::note(&format!(
        "providers and their keys: {origins}\npoint a tool at it: agent gateway setup claude-code{url}   (codex, opencode, aider, cursor)"
    ));
}

/// What an address beyond this machine means.
fn exposed(addr: SocketAddr, providers: &[String]) -> String {
    format!(
        "{addr} can be reached from other machines. Whoever has a token spends your keys of {} there and sees the dashboard, the \
         metrics and the list of models; /healthz and /readyz need no token. Nothing is encrypted: put TLS in front of it",
        providers.join(", ")
    )
}

/// Waits for the end, and reads the configuration again when told to.
async fn until_the_end(
    running: Running,
    said: &mut mpsc::UnboundedReceiver<Said>,
    context: &Context,
    asked: &ServeArgs,
    routers: &Routers,
) -> u8 {
    let stop = running.stop_handle();
    let mut ended = std::pin::pin!(running.stopped());
    let mut ending = false;
    loop {
        tokio::select! {
            () = &mut ended => return 0,
            Some(said) = said.recv() => match said {
                Said::Again => again(context, asked, routers),
                Said::End if ending => {
                    stop.now();
                    ended.await;
                    return INTERRUPTED;
                }
                Said::End => {
                    ending = true;
                    stop.drain();
                    text::note("ending: open requests may end, for 30 s at most; once more to end at once");
                }
            },
        }
    }
}

/// Takes new keys and lanes for what comes next. What cannot be used changes nothing.
fn again(context: &Context, asked: &ServeArgs, routers: &Routers) {
    let done = reload::config(context, asked).and_then(|read| {
        routers.swap(read.config).map_err(|error| Failure::usage(error.to_string()))?;
        Ok(read.origins)
    });
    match done {
        Ok(origins) => text::note(&format!("read policy and keys again: they hold for new requests; {origins}")),
        Err(error) => text::warn(&format!("policy and keys stay as they were: {error}")),
    }
}
