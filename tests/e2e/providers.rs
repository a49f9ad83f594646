//! Providers: none, unknown ones, and known ones in trouble.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::Value;

use crate::support::{Desk, Sim};

const KEYS: [&str; 3] = ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY"];

#[test]
fn without_a_key_run_and_chat_say_what_they_looked_for_and_what_else_there_is() {
    let desk = Desk::new();
    for arguments in [&["run", "Hello"][..], &["chat"], &[]] {
        let ended = desk.agent(arguments).exits(2);
        let ended = ended.says(&KEYS).says(&["OPENAI_BASE_URL", "--base-url", "http://localhost:11434/v1", "--model"]);
        ended.says(&["agent demo"]);
    }
    // An empty variable is no key.
    desk.agent_with(&[("ANTHROPIC_API_KEY", "")], &["run", "Hello"], "").exits(2).says(&KEYS);
}

#[test]
fn any_server_of_either_dialect_works_with_nothing_but_a_base_url_and_a_model() {
    for (dialect, path) in [("openai", "/v1"), ("anthropic", "")] {
        let (desk, sim) = (Desk::new(), Sim::free());
        let url = format!("{}{path}", sim.url());
        let base = ["run", "What is this?", "--base-url", &url, "--model", "home-grown-7b"];
        let arguments =
            |more: &[&'static str]| base.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>().join("\n");
        let run = |more: &[&'static str]| {
            let joined = arguments(more);
            let words: Vec<&str> = joined.split('\n').collect();
            // `openai` is what a server speaks when nothing is said.
            if dialect == "openai" {
                desk.agent(&words)
            } else {
                desk.agent(&[&words[..], &["--dialect", dialect]].concat())
            }
        };
        let ended = run(&["--json"]).exits(0);
        let completed = ended.completed();
        assert_eq!((&completed["status"], &completed["usd"]), (&Value::from("answered"), &Value::Null), "{dialect}");
        for agent in completed["agents"].as_array().unwrap() {
            assert_eq!(agent["usd"], Value::Null);
            assert_eq!(agent["brain"], "custom/home-grown-7b");
        }
        assert!(ended.events("step.completed").iter().all(|step| step["usd"] == Value::Null));
        assert_eq!(ended.events("delegation.finished").len(), 1, "{dialect}: the sidekick worked");
        let plain = run(&[]).exits(0);
        plain.clone().says(&["cost unknown"]);
        assert!(!plain.err.contains("$0.00"), "{}", plain.err);
        assert!(plain.out.contains("rehearsal"), "{}", plain.out);
        let cost = desk.agent(&["cost", "--json"]).exits(0).json();
        assert_eq!(cost["groups"][0]["usd"], Value::Null, "{cost}");
        assert!(desk.agent(&["cost"]).exits(0).out.contains("unknown"));
        assert!(desk.agent(&["sessions", "list"]).exits(0).out.contains("cost unknown"));
        let keys = sim.requests().iter().all(|request| request.model == "home-grown-7b" && request.status == 200);
        assert!(keys, "{:?}", sim.requests().iter().map(|request| &request.label).collect::<Vec<_>>());
    }
}

#[test]
fn a_session_with_an_unknown_server_is_resumed_without_naming_the_server_again() {
    let (desk, sim) = (Desk::new(), Sim::steps("- say: First.\n- say: Second."));
    let url = format!("{}/v1", sim.url());
    desk.agent(&["run", "Hello", "--team", "solo", "--base-url", &url, "--model", "home-grown-7b"]).exits(0);
    let ended = desk.agent(&["sessions", "resume", "--json", "--task", "More."]).exits(0);
    assert_eq!(ended.events("message")[0]["text"], "Second.");
    assert_eq!(sim.requests()[1].model, "home-grown-7b");
}

#[test]
fn a_base_url_without_a_model_says_what_is_missing() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let url = sim.url();
    desk.agent(&["run", "Hello", "--base-url", url]).exits(2).says(&["--base-url needs --model"]);
    desk.agent(&["run", "Hello", "--model", "x", "--base-url", "not a url"]).exits(2).says(&["not a url"]);
    desk.agent(&["run", "Hello", "--key-env", "X"]).exits(2).says(&["--base-url"]);
}

#[test]
fn a_base_url_from_the_environment_and_a_key_for_it_work_for_openai_too() {
    let (desk, sim) = (Desk::new(), Sim::steps(""));
    let url = format!("{}/v1", sim.url());
    let variables = [("OPENAI_BASE_URL", url.as_str()), ("OPENAI_API_KEY", "sk-any")];
    let ended = desk.agent_with(&variables, &["run", "Hello", "--json", "--team", "solo"], "").exits(0);
    let completed = ended.completed();
    assert!(completed["usd"].as_f64().unwrap() > 0.0, "a known model has a price: {completed}");
    assert!(sim.requests()[0].model.starts_with("gpt-"));
}

#[test]
fn a_model_that_is_asked_for_by_name_is_the_one_that_serves() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let models = ["--model", "premium=claude-sonnet-5-5", "--model", "fast=claude-haiku-4-5"];
    let ended = desk.ask(&sim, &[&["run", "Hello", "--json"][..], &models].concat()).exits(0);
    let brains: Vec<Value> =
        ended.completed()["agents"].as_array().unwrap().iter().map(|a| a["brain"].clone()).collect();
    assert_eq!(brains, ["anthropic/claude-sonnet-5-5", "anthropic/claude-haiku-4-5"]);
}

/// A port that nobody listens on.
fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn a_provider_that_is_down_is_named_and_the_session_goes_on_when_it_is_back() {
    let (desk, sim) = (Desk::new(), Sim::steps("- say: Here I am again."));
    let url = closed_port();
    let down = [("ANTHROPIC_BASE_URL", url.as_str()), ("ANTHROPIC_API_KEY", "any")];
    let ended = desk.agent_with(&down, &["run", "Hello", "--team", "solo"], "").exits(4);
    ended.says(&[url.trim_start_matches("http://"), "hint:", "base URL", "agent sessions resume"]);
    let json = desk.agent_with(&down, &["sessions", "resume", "--json"], "").exits(4);
    let error = json.events("error").pop().unwrap();
    assert_eq!(error["code"], "transport");
    assert!(!error["hint"].as_str().unwrap().is_empty());
    let completed = json.completed();
    assert_eq!((&completed["status"], &completed["exit_code"]), (&Value::from("unavailable"), &Value::from(4)));
    let back = desk.ask(&sim, &["sessions", "resume"]).exits(0);
    assert_eq!(back.out, "Here I am again.\n");
    assert!(String::from_utf8_lossy(&sim.requests()[0].body).contains("Hello"));
}

#[test]
fn a_refused_key_is_not_tried_again() {
    let (desk, sim) = (Desk::new(), Sim::faulty("- {kind: unauthorized, times: 9}", ""));
    let ended = desk.ask(&sim, &["run", "Hello", "--team", "solo"]).exits(4);
    ended.clone().says(&["auth", "401", "hint:", "key"]);
    assert!(!ended.err.contains("sk-test-not-a-key"), "{}", ended.err);
    assert_eq!(sim.requests().len(), 1);
}

fn outcomes(desk: &Desk) -> Vec<Value> {
    let show = desk.agent(&["sessions", "show", "--json"]).exits(0).json();
    show["steps"].as_array().unwrap().iter().map(|step| step["outcome"].clone()).collect()
}

#[test]
fn an_overloaded_provider_is_tried_again_and_the_ledger_says_so() {
    for (kind, name) in [("http_529", "overloaded"), ("http_429", "rate_limit"), ("http_500", "server")] {
        let fault = format!("- {{on: {{nth_request: 1}}, kind: {kind}, retry_after_ms: 1}}");
        let (desk, sim) = (Desk::new(), Sim::faulty(&fault, ""));
        let ended = desk.ask(&sim, &["run", "Hello", "--json", "--team", "solo"]).exits(0);
        assert_eq!(ended.completed()["agents"][0]["steps"], 1, "a step is one step however often it is tried");
        assert_eq!(outcomes(&desk), [serde_json::json!({"retried": name}), Value::from("ok")]);
        let plain = desk.agent(&["sessions", "show"]).exits(0).out;
        assert!(plain.contains(&format!("retried after: {name}")), "{plain}");
        assert_eq!(sim.requests().len(), 2);
    }
}

#[test]
fn a_provider_that_stays_overloaded_is_left_after_three_attempts() {
    let (desk, sim) = (Desk::new(), Sim::faulty("- {kind: http_529, times: 3, retry_after_ms: 1}", ""));
    desk.ask(&sim, &["run", "Hello", "--team", "solo"]).exits(4).says(&["overloaded", "529", "wait"]);
    assert_eq!(sim.requests().len(), 3);
    assert_eq!(desk.ask(&sim, &["sessions", "resume"]).exits(0).out, "Done.\n");
}

#[test]
fn a_stream_that_breaks_before_anything_was_shown_is_asked_for_again() {
    for kind in ["truncated", "error_event", "reset"] {
        let fault = format!("- {{on: {{nth_request: 1}}, kind: {kind}, after_chunks: 1}}");
        let (desk, sim) = (Desk::new(), Sim::faulty(&fault, "- say: Whole."));
        let ended = desk.ask(&sim, &["run", "Hello", "--team", "solo"]).exits(0);
        assert_eq!(ended.out, "Whole.\n", "{kind}");
        assert_eq!(outcomes(&desk).len(), 2, "{kind}");
    }
}

const SAID: &str = "A long sentence that comes in several pieces, so that the stream can break in the middle of it. ";

#[test]
fn a_stream_that_breaks_after_something_was_shown_is_asked_for_again_and_nothing_of_it_is_kept() {
    let said = SAID.repeat(4);
    let fault = "- {on: {nth_request: 1}, kind: truncated, after_chunks: 5}";
    let (desk, sim) = (Desk::new(), Sim::faulty(fault, &format!("- say: \"{said}\"")));
    let ended = desk.ask(&sim, &["run", "Hello", "--json", "--team", "solo"]).exits(0);
    assert_eq!(ended.events("message")[0]["text"].as_str().unwrap().trim(), said.trim());
    assert_eq!(outcomes(&desk), [serde_json::json!({"failed": "truncated"}), serde_json::json!("ok")]);
    let requests = sim.requests();
    assert_eq!(requests[0].request.messages, requests[1].request.messages);
}

#[test]
fn a_stream_that_breaks_each_time_is_a_failure_not_an_answer() {
    let said = SAID.repeat(4);
    let fault = "- {on: {every: 1}, kind: truncated, after_chunks: 5, times: 3}";
    let (desk, sim) = (Desk::new(), Sim::faulty(fault, &format!("- say: \"{said}\"")));
    let ended = desk.ask(&sim, &["run", "Hello", "--json", "--team", "solo"]).exits(4);
    assert_eq!(ended.events("message").len(), 0, "half an answer is none");
    assert_eq!(ended.events("error")[0]["code"], "truncated");
    let again = desk.ask(&sim, &["sessions", "resume", "--json"]).exits(0);
    assert_eq!(again.events("message")[0]["text"].as_str().unwrap().trim(), said.trim());
    let requests = sim.requests();
    assert_eq!(requests[0].request.messages, requests[3].request.messages, "nothing of a broken answer was kept");
}

/// Answers every request with the same bytes until it is dropped with the process.
fn answers(response: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut seen = Vec::new();
            let mut piece = [0; 4096];
            // The body ends the request; every body here is one JSON object.
            while !seen.ends_with(b"}") {
                match stream.read(&mut piece) {
                    Ok(0) | Err(_) => break,
                    Ok(read) => seen.extend_from_slice(&piece[..read]),
                }
            }
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{response}",
                response.len()
            );
        }
    });
    url
}

#[test]
fn an_answer_that_is_not_the_dialect_is_a_provider_that_cannot_be_used() {
    for response in ["<html><body>Welcome to the hotel network</body></html>", "{\"hello\": \"world\"}", ""] {
        let desk = Desk::new();
        let url = answers(response);
        for dialect in ["anthropic", "openai"] {
            let arguments =
                ["run", "Hello", "--json", "--team", "solo", "--base-url", &url, "--dialect", dialect, "--model", "x"];
            let ended = desk.agent(&arguments).exits(4);
            let error = ended.events("error").pop().expect("an error event");
            let code = error["code"].as_str().unwrap();
            assert!(["malformed", "truncated"].contains(&code), "{dialect} {response}: {error}");
            assert_eq!(ended.completed()["status"], "unavailable");
        }
    }
}

#[test]
fn a_conversation_that_is_too_long_needs_a_person() {
    let (desk, sim) = (Desk::new(), Sim::faulty("- {kind: overflow}", ""));
    let ended = desk.ask(&sim, &["run", "Hello", "--json", "--team", "solo"]).exits(5);
    assert_eq!(ended.events("error")[0]["code"], "overflow");
    assert_eq!(ended.completed()["status"], "blocked");
}

#[test]
fn a_specialist_without_a_provider_does_not_lose_the_session() {
    let yaml = "name: child
faults:
  - {on: {actor: sidekick}, kind: unauthorized, times: 1}
actors:
  - id: sidekick
    when: {system_contains: \"You are `sidekick`\"}
    otherwise:
      calls: [{tool: report, args: {status: complete, summary: seen, evidence: [{at: \"README.md:1\"}]}}]
  - id: main
    when: {any: true}
    steps:
      - calls: [{tool: delegate, args: {agent: sidekick, objective: look, explore: true}}]
    otherwise: {say: \"That is it.\"}
";
    let (desk, sim) = (Desk::new(), Sim::play(yaml));
    let ended = desk.ask(&sim, &["run", "Look.", "--json"]);
    assert!([0, 4].contains(&ended.code), "{} {}", ended.out, ended.err);
    let show = desk.agent(&["sessions", "show", "--json"]).exits(0).json();
    let failed = show["steps"].as_array().unwrap().iter().any(|step| step["outcome"]["failed"] == "auth");
    assert!(failed, "{show}");
    desk.ask(&sim, &["sessions", "resume", "--task", "Again."]).exits(0);
}
