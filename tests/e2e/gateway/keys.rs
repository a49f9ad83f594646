//! Where keys of providers come from.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::upstream::Slow;
use super::{Gateway, body};
use crate::support::{Desk, wait_until};

const HAIKU: &str = "claude-haiku-5-5";

/// A keyring that holds this key for Anthropic, as the system's own program shows it; the PATH by which it is found.
fn keyring(desk: &Desk, key: &str) -> (PathBuf, String) {
    let folder = desk.base().join("bin");
    std::fs::create_dir(&folder).unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let file = folder.join("secret-tool");
    hold(&file, key);
    (file, path)
}

/// Not written by this process: what another test starts in that moment would hold it open, and nothing that is written to runs.
fn hold(file: &Path, key: &str) {
    let script = format!(
        "#!/bin/sh\ncase \"$1\" in\n  search) echo '[/1]'; echo 'attribute.username = anthropic' >&2;;\n  lookup) [ \"$5\" = anthropic ] && \
         printf '{key}';;\nesac\n"
    );
    let mut writer = Command::new("sh");
    writer
        .args(["-c", "cat > \"$0.new\" && chmod 755 \"$0.new\" && mv \"$0.new\" \"$0\""])
        .arg(file)
        .stdin(Stdio::piped());
    let mut writer = writer.spawn().unwrap();
    writer.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
}

#[test]
fn a_key_that_no_variable_holds_comes_from_the_keyring_and_the_start_says_so() {
    let (desk, slow) = (Desk::new(), Slow::new());
    slow.go_on();
    let (file, path) = keyring(&desk, "sk-in-the-ring");
    let variables = [
        ("PATH", path.as_str()),
        ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere"),
        ("ANTHROPIC_BASE_URL", &slow.url),
        ("OPENAI_API_KEY", "sk-canary-openai"),
    ];
    let gateway = Gateway::start(&desk, &variables, &[]);
    let mut streamed = body(HAIKU, "Say it.");
    streamed["stream"] = serde_json::json!(true);
    gateway.messages(gateway.token(), &streamed).is(200);
    assert!(slow.heads()[0].contains("x-api-key: sk-in-the-ring\r\n"), "{}", slow.heads()[0]);
    // Another one, while it runs.
    hold(&file, "sk-another");
    gateway.signal("HUP");
    wait_until("the new key", || {
        gateway.messages(gateway.token(), &streamed).is(200);
        slow.heads().last().unwrap().contains("sk-another")
    });
    gateway.signal("TERM");
    let (_, out, err) = gateway.ended();
    assert!(err.contains("anthropic (keyring, ANTHROPIC_BASE_URL), openai (OPENAI_API_KEY)"), "{err}");
    assert!(!err.contains("sk-") && !out.contains("sk-"), "{out}{err}");
    // A variable comes first, for every command.
    let shown = |more: &[(&str, &str)]| desk.agent_with(&[&variables[..], more].concat(), &["doctor"], "").out;
    assert!(shown(&[]).contains("(from keyring, ANTHROPIC_BASE_URL)"), "{}", shown(&[]));
    assert!(shown(&[("ANTHROPIC_API_KEY", "sk-x")]).contains("(from ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL)"));
}

#[test]
fn a_key_of_the_file_is_said_to_be_of_the_file() {
    let (desk, slow) = (Desk::new(), Slow::new());
    let keys = desk.aside("keys", "ANTHROPIC_API_KEY=sk-file\nSECOND=sk-second\n");
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o600)).unwrap();
    let policy = desk.aside(
        "two.yaml",
        "gateway:\n  bindings:\n    anthropic/claude-haiku-5-5:\n      - {provider: anthropic}\n      - {provider: anthropic, key_env: SECOND}\n",
    );
    let variables = [("ANTHROPIC_BASE_URL", slow.url.as_str()), ("OPENAI_API_KEY", "sk-canary")];
    let gateway = Gateway::start(&desk, &variables, &["--keys", &keys, "--policy", &policy]);
    gateway.signal("TERM");
    let (_, _, err) = gateway.ended();
    let said = format!(
        "anthropic (ANTHROPIC_API_KEY of {keys}, ANTHROPIC_BASE_URL), openai (OPENAI_API_KEY), bindings (SECOND)"
    );
    assert!(err.contains(&said) && !err.contains("sk-"), "{err}");
}

#[test]
fn without_any_key_it_says_why_the_keyring_gave_none() {
    let desk = Desk::new();
    desk.agent(&["gateway"]).exits(2).says(&["in the system's keyring: there is no desktop session"]);
    let bus = [("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere"), ("PATH", "/nowhere")];
    desk.agent_with(&bus, &["gateway"], "").exits(2).says(&["`secret-tool`", "not installed", "libsecret-tools"]);
}

#[test]
fn wrong_inputs_say_what_to_do() {
    let desk = Desk::new();
    let key = [("ANTHROPIC_API_KEY", "sk-canary")];
    let gateway = |more: &[&str]| {
        let all: Vec<&str> = ["gateway"].iter().chain(more).copied().collect();
        let ended = desk.agent_with(&key, &all, "").exits(2);
        assert!(!ended.err.contains("canary"), "{}", ended.err);
        ended
    };
    let missing =
        gateway(&["--policy", "nothing.yaml"]).says(&["nothing.yaml cannot be read", "your policy.yaml counts"]);
    assert!(!missing.err.contains(".agent/"), "a repository's policy never counts here: {}", missing.err);
    let folder = desk.base().display().to_string();
    gateway(&["--policy", &folder]).says(&[&folder, "it is a folder"]);
    gateway(&["--keys", &folder]).says(&["--keys", "is no file", "NAME=VALUE"]);
    gateway(&["--keys", "nothing.env"]).says(&["nothing.env", "NAME=VALUE"]);
    gateway(&["--lane", "nolane"]).says(&["--lane nolane", "there is no lane", "lanes are"]);
    gateway(&["--listen", "localhost"]).says(&["--listen", "127.0.0.1:8787"]);
    gateway(&["--listen", "192.0.2.1:8787"]).says(&["192.0.2.1:8787", "--listen"]);
    gateway(&["--base-url", "nowhere"]).says(&["nowhere", "http://"]);
    gateway(&["--base-url", "http://127.0.0.1:1/v1", "--key-env", "NOT_SET"]).says(&["NOT_SET", "is not set"]);
    gateway(&["--max-body", "0"]).says(&["--max-body", "1..=1024"]);
    gateway(&["--host", "http://box.lan/"]).says(&["--host", "gateway.example"]);
    gateway(&["token", "add", "x", "--model", ","]).says(&["--model names no model", "claude-haiku-*"]);
}
