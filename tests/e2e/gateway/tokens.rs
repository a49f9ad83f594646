//! Who may come in, what it may cost, and what is told to everybody.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Answered, Gateway, ask, body, rows, try_ask};
use crate::support::{Desk, Sim};

const HAIKU: &str = "claude-haiku-5-5";

#[test]
fn gw_17_the_first_start_shows_a_token_once_and_only_who_has_one_comes_in() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let gateway = Gateway::start(&desk, &sim.variables(), &[]);
    let token = gateway.token().to_owned();
    assert!(token.starts_with("agw-"), "{token}");
    let answer = gateway.messages(&token, &body(HAIKU, "Look around.")).is(200);
    let said = ["x-agent-route", "x-agent-model"].map(|name| answer.header(name));
    assert_eq!(said, [Some("requested"), Some("anthropic/claude-haiku-5-5")]);
    let row = rows(&desk, 1).remove(0);
    assert_eq!(
        (Some(row.request.as_str()), row.token.as_deref()),
        (answer.header("x-agent-request-id"), Some("default"))
    );
    let refused = gateway.messages("agw-wrong", &body(HAIKU, "Look around.")).is(401);
    assert_eq!(refused.json()["error"]["type"], "authentication_error");
    let chat = format!("{}/v1/chat/completions", gateway.url);
    let refused = ask("POST", &chat, &[], Some(&body("gpt-6", "x"))).is(401);
    assert!(refused.json()["error"]["message"].as_str().unwrap().contains("token"), "{}", refused.text);
    for path in ["/metrics", "/v1/models"] {
        gateway.get(path, &[]).is(401);
        gateway.get(path, &[("authorization", &format!("Bearer {token}"))]).is(200);
    }
    // Nothing of what was refused reached the provider.
    assert_eq!(sim.requests().len(), 1);
    drop(gateway);
    let again = Gateway::start(&desk, &sim.variables(), &[]);
    assert_eq!(again.token, None, "shown once");
    again.messages(&token, &body(HAIKU, "Look around.")).is(200);
}

#[test]
fn gw_17_a_token_is_made_limited_and_revoked_while_the_gateway_runs() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let gateway = Gateway::start(&desk, &sim.variables(), &[]);
    let made = desk.agent(&["gateway", "token", "add", "ci", "--model", "claude-haiku-*"]).exits(0);
    let ci = made.out.trim().to_owned();
    let comes_in = |status: u16| gateway.messages(&ci, &body(HAIKU, "Look around.")).status == status;
    let soon = |status: u16| {
        let began = Instant::now();
        while !comes_in(status) {
            assert!(began.elapsed() < Duration::from_secs(1), "a second has passed");
        }
    };
    soon(200);
    let refused = gateway.messages(&ci, &body("claude-opus-5-5", "Look around.")).is(403);
    assert!(refused.text.contains("claude-haiku-*"), "{}", refused.text);
    let listed = desk.agent(&["gateway", "token", "list", "--json"]).exits(0).json();
    assert_eq!((listed[0]["name"].as_str(), listed[1]["name"].as_str()), (Some("default"), Some("ci")));
    desk.agent(&["gateway", "token", "revoke", "ci"]).exits(0);
    soon(401);
    gateway.messages(gateway.token(), &body(HAIKU, "Look around.")).is(200);
    desk.agent(&["gateway", "token", "revoke", "ci"]).exits(2).says(&["there is no token `ci`", "token list"]);
    desk.agent(&["gateway", "token", "add", "a b"]).exits(2).says(&["`a b` is no name"]);
    desk.agent(&["gateway", "token", "add", "default"]).exits(2).says(&["already"]);
}

#[test]
fn gw_17_a_token_for_some_models_is_shown_those_only_and_told_so_before_it_asks() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let policy = desk.aside(
        "lanes.yaml",
        "lanes:\n  - {name: fast, brain: anthropic/claude-haiku-5-5}\n  - {name: strong, brain: anthropic/claude-opus-5-5}\n\
         gateway: {models: {small: fast, big: strong, mine: anthropic/claude-opus-5-5}}\n",
    );
    let add = |name: &str, models: &str| {
        desk.agent(&["gateway", "token", "add", name, "--model", models]).exits(0).out.trim().to_owned()
    };
    let (haiku, nobody, all) = (add("haiku", "claude-haiku-*"), add("nobody", "gpt-9"), add("all", "anthropic/*"));
    let gateway = Gateway::start(&desk, &sim.variables(), &["--policy", &policy]);
    let listed = |token: &str| -> Vec<String> {
        let list = gateway.get("/v1/models", &[("x-api-key", token)]).is(200).json();
        list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect()
    };
    let seen = listed(&haiku);
    for id in ["auto", "lane:fast", "small", HAIKU] {
        assert!(seen.iter().any(|seen| seen == id), "{id}: {seen:?}");
    }
    for id in ["lane:strong", "big", "mine", "claude-opus-5-5"] {
        assert!(!seen.iter().any(|seen| seen == id), "{id}: {seen:?}");
        let path = format!("/v1/models/{id}");
        gateway.get(&path, &[("x-api-key", &haiku)]).is(404);
        gateway.get(&path, &[("x-api-key", &all)]).is(200);
    }
    assert_eq!(listed(&nobody), [""; 0]);
    let route = |token: &str, model: &str| {
        ask("POST", &format!("{}/v1/route", gateway.url), &[("x-api-key", token)], Some(&body(model, "Look around.")))
    };
    let bindings = |answered: Answered| answered.is(200).json()["bindings"].as_array().unwrap().len();
    assert_eq!(bindings(route(&haiku, HAIKU)), 1);
    assert_eq!(bindings(route(&all, "big")), 1);
    // The policy would send this to the other lane; the token's own model is what it gets.
    assert_eq!(route(&all, HAIKU).is(200).json()["lane"], "strong");
    assert_eq!(route(&haiku, HAIKU).is(200).json()["lane"], "requested");
    for (token, model) in [(&haiku, "big"), (&haiku, "auto"), (&haiku, "claude-opus-5-5"), (&nobody, HAIKU)] {
        let refused = route(token, model).is(403);
        assert!(refused.text.contains("may not use") && !refused.text.contains("opus"), "{}", refused.text);
    }
    assert_eq!(sim.requests().len(), 0, "nothing was sent");
    let answered = gateway.messages(&haiku, &body(HAIKU, "Look around.")).is(200);
    assert_eq!(answered.header("x-agent-model"), Some("anthropic/claude-haiku-5-5"));
}

#[test]
fn gw_18_a_token_spends_its_budget_and_no_more_also_over_a_restart() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let token = desk.agent(&["gateway", "token", "add", "ci", "--budget", "0.0001"]).exits(0).out.trim().to_owned();
    let gateway = Gateway::start(&desk, &sim.variables(), &[]);
    assert_eq!(gateway.token, None, "there is a token already");
    let mut served = 0;
    let refused = loop {
        let answer = gateway.messages(&token, &body("claude-opus-5-5", "Look around."));
        if answer.status != 200 {
            break answer;
        }
        served += 1;
        assert!(served < 100, "nobody is refused");
    };
    assert!(served > 0 && refused.text.contains("budget of token `ci` is used up"), "{}", refused.text);
    let stored = rows(&desk, served);
    let spent: protocol::Usd = stored.iter().filter_map(|row| row.usd).sum();
    let most = stored.iter().filter_map(|row| row.usd).max().unwrap();
    assert!(spent.dollars() >= 0.0001 && spent.dollars() < 0.0001 + most.dollars(), "{spent}");
    drop(gateway);
    let again = Gateway::start(&desk, &sim.variables(), &[]);
    again.messages(&token, &body("claude-opus-5-5", "Look around.")).is(refused.status);
    let listed = desk.agent(&["gateway", "token", "list"]).exits(0).out;
    assert!(listed.contains("$0.000100"), "{listed}");
}

#[test]
fn w71_models_counts_and_greetings_are_answered_for_every_kind_of_client() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let gateway = Gateway::start(&desk, &sim.variables(), &[]);
    assert_eq!(ask("HEAD", &format!("{}/api/hello", gateway.url), &[], None).is(200).text, "");
    gateway.get("/healthz", &[]).is(200);
    gateway.get("/readyz", &[]).is(200);
    let key = ("x-api-key", gateway.token());
    let ids = |list: &Value| -> Vec<String> {
        list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap().to_owned()).collect()
    };
    let openai = gateway.get("/v1/models", &[key]).is(200).json();
    let anthropic = gateway.get("/v1/models?limit=1000", &[key, ("anthropic-version", "2023-06-01")]).is(200).json();
    assert_eq!((openai["object"].as_str(), anthropic["has_more"].as_bool()), (Some("list"), Some(false)));
    assert_eq!(ids(&openai), ids(&anthropic));
    assert!(ids(&openai).iter().any(|id| id == HAIKU), "{openai}");
    let count = format!("{}/v1/messages/count_tokens?beta=true", gateway.url);
    let counted = ask("POST", &count, &[key, ("anthropic-version", "2023-06-01")], Some(&body(HAIKU, "Look around.")));
    assert!(counted.is(200).json()["input_tokens"].as_u64().unwrap() > 0);
}

#[test]
fn without_tokens_it_listens_on_this_machine_only() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let ended = desk.agent_with(&sim.variables(), &["gateway", "--no-token", "--listen", "0.0.0.0:0"], "");
    ended.exits(2).says(&["--no-token", "0.0.0.0:0", "127.0.0.1"]);
    let gateway = Gateway::start(&desk, &sim.variables(), &["--no-token"]);
    assert_eq!(gateway.token, None);
    assert!(try_ask("GET", &format!("{}/v1/models", gateway.url), &[], None).unwrap().status == 200);
    gateway.signal("TERM");
    let (code, _, err) = gateway.ended();
    assert_eq!(code, Some(0), "{err}");
    let beyond = Gateway::start(&desk, &sim.variables(), &["--listen", "0.0.0.0:0"]);
    assert!(beyond.token.is_some());
    assert!(beyond.url.starts_with("http://127.0.0.1:"), "an address that clients can use: {}", beyond.url);
    beyond.get("/", &[]).is(401);
    beyond.signal("TERM");
    let (_, _, err) = beyond.ended();
    assert!(err.contains("can be reached from other machines") && err.contains("anthropic"), "{err}");
}

#[test]
fn without_a_provider_it_says_what_to_set() {
    Desk::new().agent(&["gateway"]).exits(2).says(&["ANTHROPIC_API_KEY", "OPENAI_API_KEY"]);
}
