//! A gateway with one fixed plan, and recorders that remember what it told the rest of the program.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use brains::{Auth, Client, Endpoint, Policy};
use bytes::Bytes;
use catalogue::Catalogue;
use gateway::account::Ending;
use gateway::ask::{Ask, Reader};
use gateway::core::{
    Account, Accounts, Asks, Denied, Gate, Incoming, Limits, Outcome, Page, PageRequest, Pages, Preview, Router, Setup,
};
use gateway::route::{Binding, Plan, REQUESTED};
use gateway::{Running, serve};
use http::HeaderMap;
use protocol::{Clock, Dialect, ErrorKind, ManualClock, ProviderError, Timestamp, Usd};

/// A gateway, and what it told.
pub(crate) struct Rig {
    pub(crate) running: Running,
    pub(crate) addr: SocketAddr,
    pub(crate) books: Arc<Books>,
}

/// What a rig is made of.
pub(crate) struct Make {
    pub(crate) bindings: Vec<Arc<Binding>>,
    pub(crate) limits: Limits,
    pub(crate) retries: u32,
    pub(crate) attempts: u32,
    pub(crate) deadline: Duration,
    pub(crate) catalogue: Option<Arc<Catalogue>>,
}

impl Make {
    pub(crate) fn new(bindings: Vec<Arc<Binding>>) -> Self {
        let limits = Limits { linger: Duration::from_millis(100), ..Limits::default() };
        Self { bindings, limits, retries: 0, attempts: 4, deadline: Duration::from_secs(600), catalogue: None }
    }

    pub(crate) async fn rig(self) -> Rig {
        let books = Arc::new(Books::default());
        // Pauses between attempts pass at once, and are seen in the time that has passed.
        let clock = Arc::new(ManualClock::jumping(Timestamp(1_000_000)));
        let plan = Fixed {
            bindings: self.bindings,
            retries: self.retries,
            attempts: self.attempts,
            deadline: self.deadline,
            catalogue: self.catalogue,
            books: Arc::clone(&books),
        };
        let setup = Setup {
            listen: "127.0.0.1:0".parse().expect("an address"),
            names: Vec::new(),
            limits: self.limits,
            clock: clock as Arc<dyn Clock>,
            gate: Arc::new(OneToken),
            asks: Arc::new(Fragile),
            router: Arc::new(plan),
            accounts: Arc::new(Keeper(Arc::clone(&books))),
            pages: Arc::new(Hello),
            draining: Arc::new(AtomicBool::new(false)),
        };
        let running = serve(setup).await.expect("a free port");
        Rig { addr: running.addr(), running, books }
    }
}

/// A gateway in front of one upstream.
pub(crate) async fn in_front_of(dialect: Dialect, url: &str) -> Rig {
    Make::new(vec![binding("up", dialect, url)]).rig().await
}

/// A binding with a client of its own; the model is `up-model`.
pub(crate) fn binding(name: &str, dialect: Dialect, url: &str) -> Arc<Binding> {
    binding_with(name, dialect, url, Policy { max_retries: 0, ..Policy::default() })
}

pub(crate) fn binding_with(name: &str, dialect: Dialect, url: &str, policy: Policy) -> Arc<Binding> {
    let endpoint = Endpoint {
        name: name.to_owned(),
        dialect,
        base_url: url.to_owned(),
        key: Some("sk-upstream-key".to_owned().into()),
        auth: if dialect == Dialect::AnthropicMessages { Auth::XApiKey } else { Auth::Bearer },
        headers: Vec::new(),
    };
    let clock = Arc::new(ManualClock::jumping(Timestamp(1_000_000)));
    let client = Client::new(endpoint, policy, clock, Some(7)).expect("a usable address");
    let clients = vec![(dialect, Arc::new(client))];
    Arc::new(Binding::new(name, "provider", "up-model", clients, &gateway::route::Limits::default()))
}

/// Sends everything to the same bindings.
struct Fixed {
    bindings: Vec<Arc<Binding>>,
    retries: u32,
    attempts: u32,
    deadline: Duration,
    catalogue: Option<Arc<Catalogue>>,
    books: Arc<Books>,
}

impl Router for Fixed {
    fn plan(&self, ask: &Ask) -> Result<Plan, Box<ProviderError>> {
        self.books.asked.lock().expect("not poisoned").push(ask.clone());
        Ok(Plan {
            lane: REQUESTED.to_owned(),
            bindings: self.bindings.clone(),
            places: Vec::new(),
            reasons: vec!["fixed".to_owned()],
            route: None,
            fresh: true,
            retries: self.retries,
            attempts: self.attempts,
            deadline: self.deadline,
        })
    }

    fn admit(&self, _: &Arc<Binding>) -> Result<(), Box<ProviderError>> {
        self.books.admitted.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn ended(&self, binding: &Arc<Binding>, attempt: &Outcome<'_>) {
        let error = attempt.error.map(|error| error.kind);
        self.books.ended.lock().expect("not poisoned").push((binding.name.clone(), attempt.status, error));
    }

    fn catalogue(&self) -> Option<Arc<Catalogue>> {
        self.catalogue.clone()
    }

    fn preview(&self, asked: &Preview<'_>) -> Result<Vec<u8>, Box<ProviderError>> {
        Ok(format!("{{\"bytes\":{}}}", asked.body.len()).into_bytes())
    }
}

/// Words of a request at which a part of the gateway fails as no part should.
pub(crate) const FAULT: &str = "fail-while-reading";
/// The same once the answer is over.
pub(crate) const LATE_FAULT: &str = "fail-at-the-end";

/// Reads requests as the gateway does, and panics at [`FAULT`].
struct Fragile;

impl Asks for Fragile {
    fn read(&self, incoming: Incoming) -> Result<Ask, Box<ProviderError>> {
        assert!(!holds(&incoming.body, FAULT), "a fault of the gateway");
        Reader.read(incoming)
    }
}

fn holds(body: &[u8], words: &str) -> bool {
    memchr::memmem::find(body, words.as_bytes()).is_some()
}

/// Lets `let-me-in` in, and everybody without a credential.
struct OneToken;

impl Gate for OneToken {
    fn admit(&self, headers: &HeaderMap) -> Result<Option<Arc<str>>, Denied> {
        match headers.get("x-api-key").or(headers.get("authorization")).map(|value| value.as_bytes()) {
            None => Ok(None),
            Some(b"let-me-in" | b"Bearer let-me-in") => Ok(Some("tester".into())),
            Some(_) => Err(Denied { kind: ErrorKind::Auth, message: "this is not a token of the gateway".to_owned() }),
        }
    }
}

struct Hello;

impl Pages for Hello {
    fn page(&self, request: &PageRequest) -> Option<Page> {
        (request.path == "/healthz").then(|| Page { body: Bytes::from_static(b"ok"), ..Page::default() })
    }
}

/// Remembers what the gateway tells.
#[derive(Default)]
pub(crate) struct Books {
    asked: Mutex<Vec<Ask>>,
    admitted: AtomicUsize,
    ended: Mutex<Vec<(String, u16, Option<ErrorKind>)>>,
    endings: Mutex<Vec<Ending>>,
    open: AtomicUsize,
    refused: Mutex<Vec<u16>>,
}

impl Books {
    pub(crate) fn asked(&self) -> Vec<Ask> {
        self.asked.lock().expect("not poisoned").clone()
    }

    /// Binding, status and error of each attempt.
    pub(crate) fn ended(&self) -> Vec<(String, u16, Option<ErrorKind>)> {
        self.ended.lock().expect("not poisoned").clone()
    }

    pub(crate) fn endings(&self) -> Vec<Ending> {
        self.endings.lock().expect("not poisoned").clone()
    }

    pub(crate) fn refused(&self) -> Vec<u16> {
        self.refused.lock().expect("not poisoned").clone()
    }

    /// Forgets what it was told so far: attempts that ended, and how many of them failed.
    pub(crate) fn forget(&self) -> (usize, usize) {
        let take = |of: &Mutex<Vec<Ending>>| std::mem::take(&mut *of.lock().expect("not poisoned"));
        let endings = take(&self.endings);
        self.asked.lock().expect("not poisoned").clear();
        self.refused.lock().expect("not poisoned").clear();
        self.admitted.fetch_sub(std::mem::take(&mut *self.ended.lock().expect("not poisoned")).len(), Ordering::SeqCst);
        (endings.len(), endings.iter().filter(|ending| ending.error.is_some()).count())
    }

    /// Waits until so many attempts are over and no account is open any more.
    pub(crate) async fn settled(&self, attempts: usize) -> Vec<Ending> {
        let settled = async {
            while self.endings().len() < attempts || self.open.load(Ordering::SeqCst) > 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), settled).await.expect("every account is closed in the end");
        assert_eq!(
            self.admitted.load(Ordering::SeqCst),
            self.ended().len(),
            "each attempt that was let through ends once"
        );
        self.endings()
    }
}

struct Keeper(Arc<Books>);

impl Accounts for Keeper {
    fn open(&self, ask: &Arc<Ask>, _: &Plan) -> Result<Box<dyn Account>, Box<ProviderError>> {
        self.0.open.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(OpenAccount { books: Arc::clone(&self.0), fails: holds(&ask.body, LATE_FAULT) }))
    }

    fn refused(&self, status: u16) {
        self.0.refused.lock().expect("not poisoned").push(status);
    }
}

struct OpenAccount {
    books: Arc<Books>,
    fails: bool,
}

impl Account for OpenAccount {
    fn attempt(&mut self, _: &Arc<Binding>, ending: &Ending) -> Option<Usd> {
        self.books.endings.lock().expect("not poisoned").push(ending.clone());
        assert!(!self.fails, "a fault of the gateway");
        (ending.usage.output > 0).then(|| Usd::from_picos(1_500_000))
    }
}

impl Drop for OpenAccount {
    fn drop(&mut self) {
        self.books.open.fetch_sub(1, Ordering::SeqCst);
    }
}
