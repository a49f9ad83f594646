//! Keys stay where they belong, whoever repeats them: what is looked through is everything that the program wrote or said.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use crate::support::{AGENT, Desk, Ended, Sim, wait_until};

/// In the environment.
const KEY: &str = "sk-CANARY-0d9f6c1e-52ab-4c7e-9b1d-3f8a7e6d5c4b";
/// In the keyring.
const KEPT: &str = "sk-CANARY-7b3e1f90-8c6d-4a2f-a5e4-1c0b9d8f7e6a";
/// What every form of both begins with, long before it is the whole of one.
const BEGINNINGS: [&str; 2] = ["sk-CANARY-0d9f", "sk-CANARY-7b3e"];

/// A server that takes everything, answers this, and keeps what it was sent.
struct Ear {
    url: String,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Ear {
    fn new(answer: fn(head: &str) -> String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard = Arc::<Mutex<Vec<u8>>>::default();
        let ears = heard.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut head, mut line) = (String::new(), String::new());
                while reader.read_line(&mut line).is_ok_and(|read| read > 0) && line != "\r\n" {
                    head.push_str(&std::mem::take(&mut line));
                }
                let length = head.to_lowercase();
                let length = length.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                let mut body = vec![0; length.unwrap_or(0)];
                reader.read_exact(&mut body).ok();
                ears.lock().unwrap().extend([head.as_bytes(), &body].concat());
                stream.write_all(answer(&head).as_bytes()).ok();
            }
        });
        Self { url, heard }
    }

    /// A collector of spans.
    fn collector() -> Self {
        Self::new(|_| "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned())
    }

    /// A provider that repeats what it was sent, in its error and in its headers.
    fn echo() -> Self {
        Self::new(|head| {
            let key = head.lines().find_map(|line| line.strip_prefix("x-api-key: ")).unwrap_or("none").trim();
            let message = format!("invalid x-api-key {key}. You sent: {head}");
            let error =
                serde_json::json!({"type": "error", "error": {"type": "authentication_error", "message": message}});
            let body = error.to_string();
            format!(
                "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\nrequest-id: req-{key}\r\nx-echo: {key}\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            )
        })
    }

    fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap().clone()
    }
}

/// A desk with a key in the keyring, and the path on which its program is found.
fn desk_with_keyring() -> (Desk, String) {
    let desk = Desk::new();
    let script = format!(
        "#!/bin/sh\ncase \"$1\" in\nsearch) echo \"[/1]\"; echo \"secret = {KEPT}\"; echo \"attribute.username = openai\" >&2;;\n\
         lookup) case \"$5\" in openai) printf %s '{KEPT}';; *) exit 1;; esac;;\nesac\n"
    );
    let tool = desk.aside("ring/secret-tool", &script);
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", Path::new(&tool).parent().unwrap().display(), std::env::var("PATH").unwrap());
    (desk, path)
}

/// All that was said and written.
#[derive(Default)]
struct Seen(Vec<(String, Vec<u8>)>);

impl Seen {
    fn said(&mut self, name: &str, ended: &Ended) {
        self.0.push((format!("{name}: standard output"), ended.out.clone().into_bytes()));
        self.0.push((format!("{name}: standard error"), ended.err.clone().into_bytes()));
    }

    /// Every file below a folder.
    fn folder(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            match path.symlink_metadata().unwrap() {
                kind if kind.is_dir() => self.folder(&path),
                kind if kind.is_file() => self.0.push((path.display().to_string(), std::fs::read(&path).unwrap())),
                _ => {}
            }
        }
    }

    #[track_caller]
    fn nowhere(&self, secret: &str) {
        for (name, bytes) in &self.0 {
            let found = bytes.windows(secret.len()).position(|window| window == secret.as_bytes());
            let around = |at: usize| {
                String::from_utf8_lossy(&bytes[at.saturating_sub(200)..(at + 100).min(bytes.len())]).into_owned()
            };
            assert!(found.is_none(), "`{secret}` is in {name}: {}", around(found.unwrap()));
        }
    }

    fn holds(&self, name: &str, words: &str) -> bool {
        let named = self.0.iter().filter(|(of, _)| of.contains(name));
        named.into_iter().any(|(_, bytes)| bytes.windows(words.len()).any(|window| window == words.as_bytes()))
    }
}

/// Tools that repeat the keys in every way that tools have: output, long output, a diff, an error, a server's output.
const REPEATS: &str = r#"- calls: [{tool: read, args: {files: [{path: notes.txt}]}}]
- calls: [{tool: bash, args: {command: "cat notes.txt >&2; base64 -w0 notes.txt"}}]
- calls: [{tool: bash, args: {command: "for n in 1 2 3 4 5 6 7 8 9; do cat long.txt; done"}}]
- calls: [{tool: bash, args: {command: "cat notes.txt; false"}}]
- calls: [{tool: bash, args: {command: "cat notes.txt; sleep 30", background: true}}]
- calls: [{tool: edit, args: {path: notes.txt, edits: [{old: "one line", new: "another line"}]}}]
- calls: [{tool: edit, args: {path: notes.txt, edits: [{old: "no such line", new: "x"}]}}]
- say: "I have looked at it."
"#;

#[test]
fn sec_41_a_key_that_tools_and_providers_repeat_is_in_no_file_no_output_and_no_telemetry() {
    let (desk, path) = desk_with_keyring();
    desk.file("notes.txt", format!("one line\nkey: {KEY}\nkept: {KEPT}\nas url: {}\n", KEY.replace('-', "%2D")));
    desk.file("long.txt", format!("key: {KEY}\nkept: {KEPT}\n").repeat(60));
    let (sim, echo, collector) = (Sim::steps(REPEATS), Ear::echo(), Ear::collector());
    let variables = |provider: &str| {
        [
            ("PATH", path.clone()),
            ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere".to_owned()),
            ("ANTHROPIC_BASE_URL", provider.to_owned()),
            ("ANTHROPIC_API_KEY", KEY.to_owned()),
            ("MY_OTHER_TOKEN", KEPT.to_owned()),
            ("AGENT_LOG", "trace".to_owned()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.clone()),
            ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true".to_owned()),
            ("RUST_BACKTRACE", "full".to_owned()),
        ]
    };
    let mut seen = Seen::default();
    let mut agent = |name: &str, provider: &str, arguments: &[&str], code: i32| {
        let variables = variables(provider);
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let ended = desk.agent_with(&variables, arguments, "").exits(code);
        seen.said(name, &ended);
        ended
    };
    // Verified by a check that repeats them too.
    let team = "version: 1\nname: solo\nagents:\n  - {id: solo, brain: {model: premium}}\nverify:\n  - {name: see, command: cat notes.txt}\n";
    let team = desk.aside("team.yaml", team);
    let pr = desk.base().join("pr.md").display().to_string();
    let run = ["run", "Look at it.", "--json", "--team", &team, "--pr", &pr];
    let ended = agent("run --json", sim.url(), &run, 0);
    let tools = ended.events("tool.completed").len();
    assert_eq!(tools, 7, "{}", ended.out);
    // The models saw marks where the keys stand.
    let told = sim.told().join("\n");
    assert!(told.matches("[secret: known value]").count() > 8, "{told}");
    assert!(BEGINNINGS.iter().all(|beginning| !told.contains(beginning)), "{told}");
    agent("run", &echo.url, &["run", "Look at it.", "--team", "solo"], 4);
    agent("run --json, refused", &echo.url, &["run", "Look at it.", "--team", "solo", "--json"], 4);
    let id = ended.session();
    let page = desk.base().join("cost.html").display().to_string();
    for (name, arguments) in [
        ("doctor", &["doctor"][..]),
        ("doctor --json", &["doctor", "--json"]),
        ("doctor --online", &["doctor", "--online", "--json"]),
        ("cost", &["cost", &id, "--html", &page]),
        ("why", &["why", &id]),
        ("sessions", &["sessions", "show", &id, "--json"]),
    ] {
        let provider = if name == "doctor --online" { &echo.url } else { sim.url() };
        let variables = variables(provider);
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let ended = desk.agent_with(&variables, arguments, "");
        assert!(!ended.out.is_empty() || name == "cost", "{name}: {}", ended.err);
        seen.said(name, &ended);
    }
    // It is the key that was sent, and the log that was written.
    let sent = String::from_utf8_lossy(&echo.heard()).into_owned();
    assert!(sent.contains(KEY));
    assert!(seen.holds("run: standard error", "[secret") || seen.holds("run: standard error", "[key]"));
    assert!(seen.holds("run --json: standard output", "[secret: known value]"));
    for folder in [&desk.home, &desk.base().join("user"), &desk.base().join("tmp")] {
        seen.folder(folder);
    }
    assert!(seen.holds("output-0001.log", "[secret: known value]"), "long output was kept");
    assert!(seen.holds("process-01-01.log", "[secret: known value]"), "and that of a process");
    for file in [&pr, &page] {
        seen.0.push((file.clone(), std::fs::read(file).unwrap()));
    }
    seen.0.push(("telemetry".to_owned(), collector.heard()));
    assert!(seen.holds("telemetry", "notes.txt") && seen.holds("telemetry", "[secret: known value]"));
    BEGINNINGS.iter().for_each(|beginning| seen.nowhere(beginning));
    let encoded = desk.command("base64").args(["-w0", &desk.aside("key", KEY)]).output().unwrap();
    seen.nowhere(&String::from_utf8(encoded.stdout).unwrap()[4..40]);
}

#[test]
fn sec_40_what_looks_like_a_secret_reaches_the_model_and_no_log_page_artifact_or_telemetry() {
    let tokens = [
        ["ghp_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5"].concat(),
        ["sk-proj-", "a1B2c3D4e5F6g7H8i9J0k1L2"].concat(),
        ["AKIA", "IOSFODNN7EXAMPLE"].concat(),
        ["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0NTY3ODkwIn0", ".c2lnbmF0dXJlc2ln"].concat(),
        "swordfish-9".to_owned(),
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC".to_owned(),
    ];
    let lines = format!(
        "host {}\nkey {}\ncloud {}\nweb {}\nurl https://u:{}@db.test/x\n-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        tokens[0], tokens[1], tokens[2], tokens[3], tokens[4], tokens[5]
    );
    let desk = Desk::new();
    desk.file("fixture.txt", &lines);
    let say = serde_json::Value::from(format!("Found:\n{lines}"));
    let sim = Sim::steps(&format!(
        "- calls: [{{tool: read, args: {{files: [{{path: fixture.txt}}]}}}}]\n- calls: [{{tool: write, args: {{path: a.txt, content: b}}}}]\n- say: {say}\n"
    ));
    let collector = Ear::collector();
    let pr = desk.base().join("pr.md").display().to_string();
    let team = "version: 1\nname: solo\nagents:\n  - {id: solo, brain: {model: premium}}\nverify:\n  - {name: there, command: test -f a.txt}\n";
    let team = desk.aside("team.yaml", team);
    let variables = [
        &sim.variables()[..],
        &[
            ("AGENT_LOG", "trace"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url),
            ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true"),
        ],
    ]
    .concat();
    let task = format!("Rotate {}", tokens[0]);
    let ended = desk.agent_with(&variables, &["run", &task, "--json", "--team", &team, "--pr", &pr], "").exits(0);
    let told = sim.told().join("\n");
    assert!(tokens.iter().all(|token| told.contains(token)), "a model sees a file as it is: {told}");
    let page = desk.agent(&["cost", &ended.session(), "--html", "-"]).exits(0).out;
    assert!(page.contains("Rotate [secret: code host token]"), "{page:.2000}");
    let mut seen = Seen::default();
    seen.0.push(("log".to_owned(), ended.err.into_bytes()));
    seen.0.push(("page".to_owned(), page.into_bytes()));
    seen.0.push(("pull request".to_owned(), std::fs::read(&pr).unwrap()));
    seen.0.push(("telemetry".to_owned(), collector.heard()));
    for (name, words) in [("pull request", "Found:"), ("telemetry", "Found:"), ("log", "TRACE")] {
        assert!(seen.holds(name, words), "{name}");
    }
    tokens.iter().for_each(|token| seen.nowhere(token));
}

/// A chat of two turns, watched: every call by which it or a child of it reached for the network, as strace writes it.
fn reached_for(desk: &Desk, sim: &Sim, flags: &[&str]) -> Vec<String> {
    let trace = desk.base().join("trace");
    let mut command = desk.command("strace");
    command.args(["-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o"]).arg(&trace).arg(AGENT);
    command.args(["chat", "--team", "solo"]).args(flags).envs(sim.variables());
    let ended = assert_cmd::Command::from_std(command).write_stdin("What is this?\nAnd that?\n/quit\n").output();
    let ended = Ended::of(ended.expect("it is watched with strace: `apt-get install strace` puts it there")).exits(0);
    assert!(ended.out.contains("One."), "{}", ended.out);
    assert!(sim.requests().len() >= 3);
    let trace = std::fs::read_to_string(trace).unwrap();
    trace.lines().filter(|line| line.contains("sa_family=AF_INET")).map(str::to_owned).collect()
}

const LOOK: &str =
    "- calls: [{tool: read, args: {files: [{path: README.md}]}}, {tool: bash, args: {command: git log --oneline}}]
- say: One.
";

#[test]
fn sec_69_a_session_speaks_to_its_provider_and_to_nobody_else() {
    for flags in [&["--no-sandbox"][..], &[]] {
        let (desk, sim) = (Desk::new(), Sim::steps(LOOK));
        let port = format!("sin_port=htons({})", sim.url().rsplit(':').next().unwrap());
        let all = reached_for(&desk, &sim, flags);
        let (to_provider, others): (Vec<&String>, Vec<&String>) =
            all.iter().partition(|call| call.contains(&port) && call.contains("inet_addr(\"127.0.0.1\")"));
        assert!(!to_provider.is_empty(), "{all:#?}");
        if flags.is_empty() {
            // The sandbox tries itself: what it reaches for has no way there.
            let tried = |call: &&String| call.contains("ENETUNREACH") || call.contains("inet_addr(\"127.0.0.1\")");
            assert!(others.iter().any(tried) && others.iter().all(tried), "{others:#?}");
        } else {
            assert!(others.is_empty(), "{others:#?}");
        }
    }
}

#[test]
fn sec_52_the_page_of_a_bill_shows_hostile_words_as_text_and_fetches_nothing() {
    let attacker = Ear::collector();
    let hostile = format!(
        "<script>fetch('{url}/a')</script><img src={url}/b onerror=alert(1)> ![x]({url}/c) [y](javascript:alert(1)) </p><iframe src={url}>",
        url = attacker.url
    );
    let desk = Desk::new();
    let sim = Sim::steps(&format!("- say: {}\n", serde_json::Value::from(hostile.as_str())));
    let session = desk.ask(&sim, &["run", &hostile, "--team", "solo", "--json"]).exits(0).session();
    let page = desk.base().join("cost.html");
    desk.agent(&["cost", &session, "--html", &page.display().to_string()]).exits(0);
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("&lt;script&gt;fetch("), "{html:.3000}");
    let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';";
    assert!(html.find(policy).unwrap() < html.find("<title>").unwrap(), "before anything that is not ours");
    for markup in ["<script", "<img", "<iframe", "<a ", "javascript:alert(1)\"", "src=\"", "href="] {
        assert!(!html.contains(markup), "{markup}");
    }
    let shown = crate::bill::page::browser(&desk, &["--dump-dom"], &page).exits(0).out;
    assert!(!shown.contains("<script") && !shown.contains("<img"));
    assert_eq!(attacker.heard(), Vec::<u8>::new(), "nothing was fetched");
    // The attacker would have heard it.
    Command::new("curl").args(["-s", &attacker.url]).status().expect("curl");
    wait_until("the request", || !attacker.heard().is_empty());
}

#[test]
fn an_export_holds_no_secret_in_either_format() {
    let (token, key) = (format!("ghp_{}", "aB3dE5fG7hI9jK1lM3nO5pQ7".repeat(2)), format!("AKIA{}", "IOSFODNN7EXAMPLE"));
    let (desk, sim) = (Desk::new(), Sim::steps(&format!("- say: \"It is {token}.\"\n")));
    let id = desk.ask(&sim, &["run", &format!("Keep \"{token}\" and {key}."), "--json", "--team", "solo"]).session();
    for format in ["md", "json"] {
        let page = desk.agent(&["sessions", "export", &id, "--format", format]).exits(0).out;
        assert!(page.contains("Keep ") && !page.contains(&token) && !page.contains(&key), "{page}");
    }
    let page = desk.agent(&["sessions", "export", &id, "--format", "json"]).exits(0).json();
    assert_eq!(page["session"]["id"], id.as_str());
}
