//! Keys, tokens and what was said are nowhere but where they belong.

use std::path::{Path, PathBuf};

use super::upstream::echoing;
use super::{Gateway, ask, body, rows};
use crate::support::{Desk, Sim};

const KEY: &str = "sk-canary-0123456789abcdef";
const WORDS: &str = "the canary sings of marmalade";

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

#[test]
fn gw_19_no_key_no_token_and_no_word_of_a_client_is_in_logs_metrics_pages_or_files() {
    let desk = Desk::new();
    let sim = Sim::steps("- {say: \"Marmalade is the answer.\"}\n");
    // One that repeats what it was sent, as some do.
    let (url, echo) = (sim.url().to_owned(), format!("{}/v1", echoing()));
    let variables = [
        ("ANTHROPIC_BASE_URL", url.as_str()),
        ("ANTHROPIC_API_KEY", KEY),
        ("OPENAI_BASE_URL", echo.as_str()),
        ("OPENAI_API_KEY", KEY),
        ("AGENT_LOG", "trace"),
    ];
    let gateway = Gateway::start(&desk, &variables, &[]);
    let token = gateway.token().to_owned();
    let mut seen = Vec::new();
    let mut see = |text: &str| seen.extend_from_slice(text.as_bytes());
    gateway.messages(&token, &body("claude-haiku-5-5", WORDS)).is(200);
    let refused = gateway.messages(&token, &body("openai/gpt-6", WORDS)).is(401);
    assert!(refused.text.contains("you sent: POST"), "{}", refused.text);
    see(&refused.text);
    see(&gateway.messages(KEY, &body("claude-haiku-5-5", "x")).is(401).text);
    see(&gateway.messages(&token, &body("no-such-model-anywhere", "x")).text);
    let both = [("x-api-key", token.as_str()), ("authorization", "Bearer agw-other")];
    let messages = format!("{}/v1/messages", gateway.url);
    see(&ask("POST", &messages, &both, Some(&body("claude-haiku-5-5", "x"))).is(401).text);
    for path in ["/", "/metrics", "/readyz", "/v1/models", "/debug", "/crash"] {
        see(&gateway.get(path, &[("x-api-key", &token)]).text);
    }
    let preview =
        ask("POST", &format!("{}/v1/route", gateway.url), &[("x-api-key", &token)], Some(&body("auto", WORDS)));
    see(&preview.text);
    assert!(rows(&desk, 2).len() >= 2);
    gateway.signal("TERM");
    let (code, out, err) = gateway.ended();
    assert_eq!(code, Some(0), "{err}");
    assert!(err.len() > 1_000, "everything is logged");
    see(&out);
    see(&err);
    let bare = token.strip_prefix("agw-").unwrap();
    for secret in [KEY, bare, &bare[..16], WORDS, "marmalade", "Marmalade"] {
        assert!(!holds(&seen, secret), "`{secret}` was said");
        for file in files(&desk.home) {
            assert!(!holds(&std::fs::read(&file).unwrap(), secret), "`{secret}` is in {}", file.display());
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn gw_19_the_process_leaves_no_core_file_and_its_memory_belongs_to_root() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let gateway = Gateway::start(&desk, &sim.variables(), &[]);
    let of = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", gateway.child.id())).unwrap();
    let limits = of("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().rev().nth(1), Some("0"), "{core}");
    use std::os::unix::fs::MetadataExt as _;
    let owner = std::fs::metadata(format!("/proc/{}/mem", gateway.child.id())).unwrap().uid();
    assert_eq!(owner, 0, "files of a process that is not dumpable belong to root");
}
