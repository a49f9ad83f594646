//! The gateway as its users meet it: the program, its signals, its tokens, and clients that talk HTTP to it.

mod dashboard;
mod door;
mod ends;
mod keys;
mod secrets;
mod settings;
mod spans;
mod tokens;
mod upstream;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{AGENT, Desk, wait_until};

/// Longer than any answer takes, even on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// A gateway that runs. Killed when dropped.
struct Gateway {
    child: Child,
    url: String,
    /// The token that the first start shows.
    token: Option<String>,
    out: Receiver<String>,
    err: std::thread::JoinHandle<String>,
}

impl Gateway {
    /// Starts one for this desk's folder.
    fn start(desk: &Desk, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = desk.command(AGENT);
        command.args(["gateway"]).args(arguments).envs(variables.iter().copied());
        if !arguments.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        Self::of(&mut command)
    }

    fn of(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let err = child.stderr.take().unwrap();
        let err = std::thread::spawn(move || std::io::read_to_string(err).unwrap());
        let (say, out) = channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| say.send(line)));
        let mut gateway = Self { child, url: String::new(), token: None, out, err };
        let first = gateway.out.recv_timeout(PATIENCE);
        let Ok(first) = first else { panic!("it does not listen: {}", gateway.killed().1) };
        gateway.url = first.split(' ').nth(2).unwrap_or_else(|| panic!("{first}")).to_owned();
        // The token, where there is one, comes with the address.
        if let Ok(second) = gateway.out.recv_timeout(Duration::from_millis(300)) {
            gateway.token = second.rsplit_once(' ').map(|(_, token)| token.to_owned());
        }
        gateway
    }

    fn token(&self) -> &str {
        self.token.as_deref().expect("the first start shows a token")
    }

    fn port(&self) -> &str {
        self.url.rsplit_once(':').unwrap().1
    }

    /// Sends a signal by its name.
    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for its end; exit code, standard output after the first lines, standard error.
    fn ended(mut self) -> (Option<i32>, String, String) {
        let code = self.child.wait().unwrap().code();
        let out: Vec<String> = self.out.iter().collect();
        let err = std::mem::replace(&mut self.err, std::thread::spawn(String::new)).join().unwrap();
        (code, out.join("\n"), err)
    }

    fn killed(mut self) -> (Option<i32>, String) {
        self.child.kill().unwrap();
        let (code, _, err) = self.ended();
        (code, err)
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answered {
        ask("GET", &format!("{}{path}", self.url), headers, None)
    }

    /// A request of a client that speaks Anthropic's dialect.
    fn messages(&self, token: &str, body: &Value) -> Answered {
        let headers = [("x-api-key", token), ("anthropic-version", "2023-06-01")];
        ask("POST", &format!("{}/v1/messages?beta=true", self.url), &headers, Some(body))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer.
#[derive(Debug)]
struct Answered {
    status: u16,
    headers: Vec<(String, String)>,
    text: String,
}

impl Answered {
    #[track_caller]
    fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

fn client() -> &'static reqwest::Client {
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
        brains::tls::init();
        let builder = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(PATIENCE);
        // A connection of its own for each request: gateways come and go on the same port.
        builder.pool_max_idle_per_host(0).build().unwrap()
    });
    &CLIENT
}

/// Asks, or says why there is no answer.
fn try_ask(method: &str, url: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Result<Answered, String> {
    RUNTIME.block_on(async {
        let mut request = client().request(method.parse().unwrap(), url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.map_err(|error| format!("{error:?}"))?;
        let headers = answer.headers().iter();
        let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let status = answer.status().as_u16();
        let text = answer.bytes().await.map_err(|error| format!("{error:?}"))?;
        Ok(Answered { status, headers, text: String::from_utf8_lossy(&text).into_owned() })
    })
}

#[track_caller]
fn ask(method: &str, url: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answered {
    try_ask(method, url, headers, body).unwrap_or_else(|error| panic!("{method} {url}: {error}"))
}

/// A short conversation.
fn body(model: &str, words: &str) -> Value {
    json!({ "model": model, "max_tokens": 100, "messages": [{ "role": "user", "content": words }] })
}

/// Rows of requests in the store of a desk, once there are so many.
fn rows(desk: &Desk, count: usize) -> Vec<store::GatewayRequest> {
    let store = store::Store::open(&desk.home).unwrap();
    let read = || store.gateway_requests(protocol::Timestamp(0), 10_000).unwrap();
    wait_until("the rows", || read().len() >= count);
    read()
}
