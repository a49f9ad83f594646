//! Who knocks at the gateway's door with what it must not take, byte by byte.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{Gateway, PATIENCE, ask, body};
use crate::support::{Desk, Sim};

const HAIKU: &str = "claude-haiku-5-5";

/// Sends bytes and gives all that comes back until the gateway closes.
fn knock(gateway: &Gateway, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(gateway.url.trim_start_matches("http://")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    // Whoever is refused early may not get rid of everything.
    let _ = socket.write_all(bytes);
    let (mut said, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        match socket.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => said.extend_from_slice(&piece[..read]),
            // Closed over bytes that nobody wanted to read.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("it neither answers nor closes: {error}: {}", String::from_utf8_lossy(bytes)),
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}

fn status(said: &str) -> u16 {
    said.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status in {said:?}"))
}

/// A whole request for a model with these lines in its head.
fn request(line: &str, head: &[&str], token: Option<&str>) -> Vec<u8> {
    let body = body(HAIKU, "Look around.").to_string();
    let mut text = format!("{line}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    if !head.iter().any(|line| line.to_lowercase().starts_with("content-type")) {
        text += "content-type: application/json\r\n";
    }
    for line in head.iter().map(|line| (*line).to_owned()).chain(token.map(|token| format!("x-api-key: {token}"))) {
        text += &line;
        text += "\r\n";
    }
    (text + "\r\n" + &body).into_bytes()
}

const POST: &str = "POST /v1/messages HTTP/1.1";
const HOST: &str = "Host: 127.0.0.1";

/// Somebody to whom nothing may ever come.
struct Trap {
    url: String,
    came: Arc<AtomicUsize>,
}

impl Trap {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let came = Arc::new(AtomicUsize::new(0));
        let count = came.clone();
        std::thread::spawn(move || {
            listener.incoming().map_while(Result::ok).for_each(|_| {
                count.fetch_add(1, Ordering::SeqCst);
            });
        });
        Self { url, came }
    }

    #[track_caller]
    fn is_alone(&self) {
        assert_eq!(self.came.load(Ordering::SeqCst), 0, "somebody came to {}", self.url);
        // It would have noticed.
        TcpStream::connect(self.url.trim_start_matches("http://")).unwrap();
        crate::support::wait_until("the visit", || self.came.swap(0, Ordering::SeqCst) == 1);
    }
}

#[test]
fn sec_42_pages_of_other_sites_wrong_names_and_missing_tokens_get_nothing_done() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let gateway = Gateway::start(&desk, &sim.variables(), &[]);
    let token = gateway.token();
    let port = format!("Host: 127.0.0.1:{}", gateway.port());
    let other_end = if token.ends_with('0') { '1' } else { '0' };
    let wrong = format!("x-api-key: {}{other_end}", &token[..token.len() - 1]);
    let in_query = format!("POST /v1/messages?key={token}&x-api-key={token} HTTP/1.1");
    let good = Some(token);
    let cases: [(&str, &[&str], Option<&str>, u16); 17] = [
        (POST, &[&port, "Origin: https://evil.test"], good, 403),
        (POST, &[&port, "Origin: null"], good, 403),
        (POST, &[&port, "Origin: http://127.0.0.1:1"], good, 403),
        (POST, &[&port], None, 401),
        (POST, &[&port, &wrong], None, 401),
        (POST, &[&port, "authorization: Basic YTpi"], None, 401),
        (&in_query, &[&port], None, 401),
        (POST, &["Host: evil.test"], good, 403),
        (POST, &["Host: 127.0.0.1.nip"], good, 403),
        (POST, &["Host: localhost", "Host: evil.test"], good, 403),
        (POST, &[&port, "Sec-Fetch-Site: cross-site"], good, 403),
        (POST, &[&port, "Content-Type: text/plain"], good, 403),
        (POST, &[&port, "Content-Type: application/x-www-form-urlencoded"], good, 403),
        (
            "OPTIONS /v1/messages HTTP/1.1",
            &[&port, "Origin: https://evil.test", "Access-Control-Request-Method: POST"],
            None,
            403,
        ),
        (
            "GET /v1/responses HTTP/1.1",
            &[
                &port,
                "Origin: https://evil.test",
                "Upgrade: websocket",
                "Sec-WebSocket-Key: eA==",
                "Sec-WebSocket-Version: 13",
            ],
            good,
            403,
        ),
        ("POST /v1/messages HTTP/1.0", &[], good, 403),
        ("GET /v1/models HTTP/1.1", &[&port], None, 401),
    ];
    for (line, head, token, expected) in cases {
        let said = knock(&gateway, &request(line, head, token));
        assert_eq!(status(&said), expected, "{line} {head:?}: {said}");
        assert!(!said.to_lowercase().contains("access-control-"), "{said}");
        assert!(!said.contains("evil") && !said.contains("agw-"), "{said}");
    }
    // Nobody else's page, and nobody without the token, may change protocols either.
    let upgrade = request("GET /v1/responses HTTP/1.1", &[&port, "Upgrade: websocket"], good);
    assert_eq!(status(&knock(&gateway, &upgrade)), 405);
    assert_eq!(sim.requests().len(), 0, "nothing of all this reached the provider");
    assert_eq!(status(&knock(&gateway, &request(POST, &[&port], good))), 200);
}

#[test]
fn sec_43_beyond_this_machine_it_listens_only_with_tokens_and_then_asks_everybody_for_one() {
    let (desk, sim) = (Desk::new(), Sim::free());
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let ended = desk.agent_with(&sim.variables(), &["gateway", "--no-token", "--listen", listen], "");
        ended.exits(2).says(&["--no-token", listen, "others could spend your keys"]);
    }
    let gateway = Gateway::start(&desk, &sim.variables(), &["--listen", "0.0.0.0:0"]);
    for path in ["/", "/metrics", "/v1/models"] {
        gateway.get(path, &[]).is(401);
    }
    gateway.messages("agw-wrong", &body(HAIKU, "x")).is(401);
    for path in ["/healthz", "/readyz", "/api/hello"] {
        gateway.get(path, &[]).is(200);
    }
    gateway.messages(gateway.token(), &body(HAIKU, "Look around.")).is(200);
    gateway.signal("TERM");
    let (_, _, err) = gateway.ended();
    assert!(err.contains("can be reached from other machines") && err.contains("Nothing is encrypted"), "{err}");
}

#[cfg(target_os = "linux")]
#[test]
fn sec_44_other_users_of_this_machine_need_the_token_and_cannot_read_where_it_is_kept() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let (desk, sim) = (Desk::new(), Sim::free());
    let gateway = Gateway::start(&desk, &sim.variables(), &[]);
    let folder = desk.home.join("gateway");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().mode() & 0o077;
    assert_eq!((mode(&folder), mode(&folder.join("tokens.json"))), (0, 0), "for the user alone");
    // As somebody else, where the test may become that; the folders above are open, so that only the gateway's own rights count.
    let root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    for folder in [desk.base(), desk.home.clone()] {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let reads = |path: &std::path::Path| {
        let mut command = std::process::Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "cat"]).arg(path);
        command.output().unwrap().status.success()
    };
    if root {
        assert!(reads(std::path::Path::new("/proc/self/status")), "it can read what is everybody's");
        let process = format!("/proc/{}/environ", gateway.child.id());
        assert!(!reads(&folder.join("tokens.json")) && !reads(std::path::Path::new(&process)));
    }
    // A port has no owner: whoever comes without a token is refused.
    assert_eq!(status(&knock(&gateway, &request(POST, &[HOST], None))), 401);
    assert_eq!(sim.requests().len(), 0);
}

#[test]
fn sec_45_nothing_in_a_request_says_where_it_goes() {
    let (desk, sim, trap) = (Desk::new(), Sim::free(), Trap::new());
    let gateway = Gateway::start(&desk, &sim.variables(), &[]);
    let token = Some(gateway.token());
    let host = trap.url.trim_start_matches("http://").to_owned();
    let absolute = format!("POST {}/v1/messages HTTP/1.1", trap.url);
    assert_eq!(status(&knock(&gateway, &request(&absolute, &[HOST], token))), 400);
    assert_eq!(status(&knock(&gateway, &request(&format!("CONNECT {host} HTTP/1.1"), &[HOST], token))), 400);
    assert_eq!(status(&knock(&gateway, &request(POST, &["Host: trap.test"], token))), 403);
    // What is not understood is not obeyed: it goes to the provider that is set up, or nowhere.
    let names = [
        "x-forwarded-host",
        "forwarded",
        "x-portkey-custom-host",
        "helicone-target-url",
        "x-base-url",
        "x-agent-base-url",
    ];
    let lines: Vec<String> = names.iter().map(|name| format!("{name}: {}", trap.url)).collect();
    let mut head: Vec<&str> = lines.iter().map(String::as_str).collect();
    head.push(HOST);
    assert_eq!(status(&knock(&gateway, &request(POST, &head, token))), 200);
    let mut wish = body(HAIKU, "Look around.");
    for name in ["api_base", "base_url", "api_key", "custom_llm_provider", "endpoint"] {
        wish[name] = json!(trap.url);
    }
    let answered = gateway.messages(gateway.token(), &wish);
    assert!(answered.status == 200 || answered.status == 400, "{}", answered.text);
    let mut named = body(&format!("{}/m", trap.url), "Look around.");
    gateway.messages(gateway.token(), &named);
    named["model"] = json!("http://evil.test/m");
    gateway.messages(gateway.token(), &named);
    trap.is_alone();
}

#[test]
fn sec_46_redirects_are_not_followed_and_proxies_are_not_asked_for_this_machine() {
    let (desk, trap) = (Desk::new(), Trap::new());
    let redirecting = redirecting(&trap.url);
    let variables = [
        ("ANTHROPIC_BASE_URL", redirecting.as_str()),
        ("ANTHROPIC_API_KEY", "sk-canary"),
        ("HTTP_PROXY", &trap.url),
        ("http_proxy", &trap.url),
        ("HTTPS_PROXY", &trap.url),
        ("ALL_PROXY", &trap.url),
    ];
    let gateway = Gateway::start(&desk, &variables, &[]);
    for code in [301, 302, 303, 307, 308] {
        let answered = gateway.messages(gateway.token(), &body(HAIKU, &format!("status {code}")));
        assert!(answered.status >= 300, "{}", answered.text);
        assert_eq!(answered.header("location"), None, "a client would follow it with its token");
        assert_eq!(answered.json()["type"], "error", "{}", answered.text);
    }
    trap.is_alone();
}

/// A provider that sends everybody elsewhere, with the status that the request names.
fn redirecting(to: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, to) = (format!("http://{}", listener.local_addr().unwrap()), to.to_owned());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let (mut asked, mut piece) = (Vec::new(), [0; 4096]);
            while !asked.ends_with(b"}") {
                let Ok(read @ 1..) = stream.read(&mut piece) else { break };
                asked.extend_from_slice(&piece[..read]);
            }
            let asked = String::from_utf8_lossy(&asked).into_owned();
            let code = asked.split("status ").nth(1).and_then(|rest| rest.get(..3)).unwrap_or("302").to_owned();
            let head = format!("HTTP/1.1 {code} Elsewhere\r\nlocation: {to}/v1/messages\r\n");
            // Who has left does not want it.
            stream.write_all(format!("{head}content-length: 0\r\nconnection: close\r\n\r\n").as_bytes()).ok();
        }
    });
    url
}

#[test]
fn sec_47_odd_credentials_are_refused_and_repeated_nowhere() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let gateway = Gateway::start(&desk, &sim.variables(), &[]);
    let token = gateway.token().to_owned();
    let bearer = format!("authorization: Bearer {token}");
    let long = format!("authorization: Bearer canary{}", "x".repeat(60_000));
    let too_long = format!("authorization: Bearer canary{}", "x".repeat(70_000));
    let with_tail = format!("x-api-key: {token} canary");
    let cases: [(&[&str], u16); 12] = [
        (&["authorization: Bearer ' OR 1=1 --canary"], 401),
        (&["x-api-key: ' OR '1'='1 canary"], 401),
        (&["x-api-key: ${jndi:ldap://canary}"], 401),
        (&["x-api-key: "], 401),
        (&[&long], 401),
        (&[&too_long], 431),
        (&["authorization: Bearer can\0ary"], 400),
        (&[&bearer, &bearer], 401),
        (&[&bearer, "authorization: Bearer canary"], 401),
        (&[&bearer, "x-api-key: canary"], 401),
        (&["authorization: Bearer canary\u{e9}"], 401),
        (&[&with_tail], 401),
    ];
    for (head, expected) in cases {
        let head: Vec<&str> = [HOST].iter().chain(head).copied().collect();
        let said = knock(&gateway, &request(POST, &head, None));
        let shown: String = format!("{head:?}").chars().take(100).collect();
        assert_eq!(status(&said), expected, "{shown}: {said}");
        assert!(!said.contains("canary") && !said.contains(&token), "{said}");
    }
    let metrics = gateway.get("/metrics", &[("x-api-key", &token)]).is(200).text;
    assert!(metrics.contains("refused_total{status=\"401\"}") && !metrics.contains("canary"), "{metrics}");
    assert_eq!(sim.requests().len(), 0);
    gateway.signal("TERM");
    let (_, out, err) = gateway.ended();
    assert!(!out.contains("canary") && !err.contains("canary"), "{err}");
}

#[test]
fn sec_48_what_has_two_meanings_is_refused_and_nothing_is_smuggled_behind_it() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let gateway = Gateway::start(&desk, &sim.variables(), &[]);
    let smuggled = String::from_utf8(request(POST, &[HOST], Some(gateway.token()))).unwrap();
    let token = format!("x-api-key: {}", gateway.token());
    let head = format!("{POST}\r\n{HOST}\r\ncontent-type: application/json\r\n{token}\r\n");
    let many: String = (0..10_000).map(|number| format!("x-{number}: y\r\n")).collect();
    let large = format!("x-large: {}\r\n", "y".repeat(1024 * 1024));
    let extension = format!("1;{}\r\n{{\r\n0\r\n\r\n", "e".repeat(1024 * 1024));
    let length = smuggled.len();
    let cases: [(&str, String, &[u16]); 14] = [
        (
            "CL+TE",
            format!("{head}content-length: {length}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"),
            &[400],
        ),
        ("TE+CL", format!("{head}transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n{smuggled}"), &[400]),
        ("two CL", format!("{head}content-length: 2\r\ncontent-length: {length}\r\n\r\n{{}}{smuggled}"), &[400]),
        ("CL list", format!("{head}content-length: 2, {length}\r\n\r\n{{}}{smuggled}"), &[400]),
        ("CL sign", format!("{head}content-length: +2\r\n\r\n{{}}{smuggled}"), &[400]),
        (
            "obs-fold",
            format!("{head}x-a: b\r\n content-length: 2\r\ncontent-length: {length}\r\n\r\n{smuggled}"),
            &[400],
        ),
        ("space before colon", format!("{head}content-length : {length}\r\n\r\n{smuggled}"), &[400]),
        ("bare LF", format!("{}\n{smuggled}", head.replace("\r\n", "\n")), &[400]),
        ("one bare LF", format!("{head}x-a: b\ncontent-length: {length}\r\n\r\n{smuggled}"), &[400]),
        ("xchunked", format!("{head}transfer-encoding: xchunked\r\n\r\n0\r\n\r\n{smuggled}"), &[400]),
        ("chunked, identity", format!("{head}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{smuggled}"), &[400]),
        ("chunk extension", format!("{head}transfer-encoding: chunked\r\n\r\n{extension}{smuggled}"), &[400]),
        ("large header", format!("{head}{large}content-length: {length}\r\n\r\n{smuggled}"), &[431]),
        ("10,000 headers", format!("{head}{many}content-length: {length}\r\n\r\n{smuggled}"), &[431]),
    ];
    for (name, bytes, allowed) in cases {
        let said = knock(&gateway, bytes.as_bytes());
        assert!(allowed.contains(&status(&said)), "{name}: {said}");
        assert_eq!(said.matches("HTTP/1.1 ").count(), 1, "{name}: one answer, then it is closed: {said}");
        assert_eq!(sim.requests().len(), 0, "{name}: nothing reached the provider");
    }
    let answered: Value = ask(
        "POST",
        &format!("{}/v1/messages", gateway.url),
        &[("x-api-key", gateway.token())],
        Some(&body(HAIKU, "Look around.")),
    )
    .is(200)
    .json();
    assert_eq!(answered["type"], "message");
}
