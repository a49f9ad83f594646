//! Scenarios played over HTTP: which step is answered follows from the request alone.

use std::sync::Arc;
use std::time::Duration;

use crate::common::{Bench, OPUS, assistant, request, text, user};
use protocol::{Clock, ManualClock, Timestamp};
use serde_json::{Value, json};

const SCRIPT: &str = r#"
name: script
actors:
  - id: main
    when: {system_contains: "You are `main`", model: "claude-opus-*"}
    steps:
      - say: "I look first."
        calls:
          - {tool: grep, args: {pattern: "price"}}
          - {tool: list, args: {path: "."}}
      - capture:
          line: {from: last_result, regex: "cart.rs:(\\d+)"}
          word: {from: all_results, regex: "price\\w*"}
        cases:
          - if: {last_result: "FAILED|panicked"}
            say: "It fails."
          - say: "It stands in line {{line}}; {{unknown}} and {braces} stay."
            calls: [{tool: read, args: {files: [{path: cart.rs, offset: "{{line}}"}], note: "{{word}}"}}]
    otherwise: {say: "That is all."}
  - id: sidekick
    when: {system_contains: "You are `sidekick`"}
    otherwise: {say: "Here."}
"#;

fn ask(messages: &[Value]) -> Value {
    request(OPUS, &[text("You are `main`.")], messages)
}

fn result(id: &str, content: &str, is_error: bool) -> Value {
    json!({"type": "tool_result", "tool_use_id": id, "content": content, "is_error": is_error})
}

/// The results of all calls of an answer.
fn results(answer: &Value, content: &str, is_error: bool) -> Value {
    user(&calls(answer).iter().map(|call| result(call["id"].as_str().unwrap(), content, is_error)).collect::<Vec<_>>())
}

fn calls(answer: &Value) -> Vec<Value> {
    let blocks = answer["content"].as_array().unwrap();
    blocks.iter().filter(|block| block["type"] == "tool_use").cloned().collect()
}

fn said(answer: &Value) -> &str {
    let blocks = answer["content"].as_array().unwrap();
    blocks.iter().find_map(|block| block["text"].as_str()).unwrap_or_default()
}

fn back(answer: &Value) -> Value {
    json!({"role": "assistant", "content": answer["content"]})
}

async fn play(bench: &Bench, messages: &[Value]) -> Value {
    let (status, answer) = bench.messages(&ask(messages)).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

#[tokio::test]
async fn the_step_follows_from_the_request_alone_and_captures_fill_words_and_arguments() {
    let bench = Bench::start(SCRIPT).await;
    let hello = user(&[text("Where is the price?")]);
    let first = play(&bench, std::slice::from_ref(&hello)).await;
    assert_eq!(said(&first), "I look first.");
    let ids: Vec<_> = calls(&first).iter().map(|call| call["id"].clone()).collect();
    assert_eq!(ids, ["toolu_main_0_0", "toolu_main_0_1"]);
    let talk = [hello.clone(), back(&first), results(&first, "cart.rs:42 prices", false)];
    // A simulator that has seen nothing gives the same answer as one that has seen the session.
    let fresh = Bench::start(SCRIPT).await;
    for bench in [&bench, &fresh] {
        let second = play(bench, &talk).await;
        assert_eq!(said(&second), "It stands in line 42; {{unknown}} and {braces} stay.");
        let input = &calls(&second)[0]["input"];
        assert_eq!(input, &json!({"files": [{"path": "cart.rs", "offset": "42"}], "note": "price"}));
    }
    let failed = [hello.clone(), back(&first), results(&first, "cart.rs:1 panicked at", false)];
    assert_eq!(said(&play(&bench, &failed).await), "It fails.");
    let records = bench.running.requests();
    assert_eq!(records.iter().map(|record| record.step).collect::<Vec<_>>(), [0, 1, 1]);
    assert_eq!(records[0].actor.as_deref(), Some("main"));
    assert!(
        records[1].label.starts_with("main opus: tools[1] system[1] user assistant(grep,list) results[2] | read 0")
    );
}

#[tokio::test]
async fn an_interrupted_round_does_not_count_and_its_calls_are_asked_again_under_new_ids() {
    let bench = Bench::start(SCRIPT).await;
    let hello = user(&[text("Where is the price?")]);
    let mut talk = vec![hello];
    let first = play(&bench, &talk).await;
    let gone = "interrupted, effects unknown: the process was stopped";
    talk.extend([back(&first), results(&first, gone, true)]);
    let again = play(&bench, &talk).await;
    let asked = |answer: &Value| {
        calls(answer).iter().map(|call| (call["name"].clone(), call["input"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(asked(&again), asked(&first));
    assert_eq!(calls(&again)[0]["id"], "toolu_main_0_0_r1");
    // Interrupted once more, then answered: the script goes on where it would have been.
    talk.extend([back(&again), results(&again, gone, true)]);
    let third = play(&bench, &talk).await;
    assert_eq!(calls(&third)[0]["id"], "toolu_main_0_0_r2");
    talk.extend([back(&third), results(&third, "cart.rs:7", false)]);
    let next = play(&bench, &talk).await;
    assert!(said(&next).contains("line 7"));
    assert_eq!(calls(&next)[0]["id"], "toolu_main_1_0");
    assert_eq!(bench.running.requests().iter().map(|record| record.step).collect::<Vec<_>>(), [0, 0, 0, 1]);
}

#[tokio::test]
async fn a_script_that_is_used_up_says_so() {
    let bench = Bench::start(SCRIPT).await;
    let mut talk = vec![user(&[text("Hello.")])];
    for _ in 0..2 {
        talk.extend([assistant(&[text("Yes.")]), user(&[text("cart.rs:1 prices")])]);
    }
    assert_eq!(said(&play(&bench, &talk).await), "That is all.");
}

#[tokio::test]
async fn a_request_that_nobody_answers_or_a_capture_without_a_match_is_a_clear_400() {
    let bench = Bench::start(SCRIPT).await;
    let refusal = bench.refusal(&request(OPUS, &[text("You are `explorer`.")], &[user(&[text("Hello.")])])).await;
    assert!(refusal.contains("no actor of scenario `script` answers this request"), "{refusal}");
    assert!(refusal.contains("You are `explorer`.") && refusal.contains("main, sidekick"), "{refusal}");
    let talk = [user(&[text("Hello.")]), assistant(&[text("Yes.")]), user(&[text("Nothing here.")])];
    let refusal = bench.refusal(&ask(&talk)).await;
    assert!(refusal.contains("actor `main`, step 1: capture `line` found nothing"), "{refusal}");
}

fn tool(name: &str, schema: Value) -> Value {
    json!({"name": name, "description": "", "input_schema": schema})
}

/// A free-play request of an agent with these tools.
fn agent(tools: &[Value], messages: &[Value]) -> Value {
    let mut body = request("some-model", &[], messages);
    body["tools"] = json!(tools);
    body
}

#[tokio::test]
async fn free_play_lets_any_coordinator_delegate_and_then_answer_turn_after_turn() {
    let bench = Bench::with(simulator::free_play(), Arc::new(ManualClock::new(Timestamp(0)))).await;
    let agents = json!({"type": "object", "properties": {"agent": {"type": "string", "enum": ["scout", "tester"]}}});
    let tools = [tool("delegate", agents), tool("read", json!({"type": "object"}))];
    let mut talk = vec![user(&[text("Tidy up.")])];
    for turn in 0..2 {
        let (_, answer) = bench.messages(&agent(&tools, &talk)).await;
        let call = calls(&answer)[0].clone();
        assert_eq!(
            (&call["name"], &call["input"]["agent"], &call["input"]["explore"]),
            (&json!("delegate"), &json!("scout"), &json!(true))
        );
        assert!(call["input"]["objective"].as_str().unwrap().ends_with("The user asked: Tidy up."), "turn {turn}");
        talk.extend([back(&answer), results(&answer, "There is a README.", false)]);
        let (_, answer) = bench.messages(&agent(&tools, &talk)).await;
        assert!(calls(&answer).is_empty() && said(&answer).contains("There is a README."));
        talk.extend([back(&answer), user(&[text("Tidy up.")])]);
    }
}

#[tokio::test]
async fn free_play_lets_any_specialist_look_read_and_report_with_evidence() {
    let bench = Bench::with(simulator::free_play(), Arc::new(ManualClock::new(Timestamp(0)))).await;
    let object = || json!({"type": "object"});
    let tools = [tool("list", object()), tool("read", object()), tool("report", object())];
    let mut talk = vec![user(&[text("Look around.")])];
    let mut names = Vec::new();
    let mut last = Value::Null;
    for said in ["docs/\nREADME.txt\nsrc/", "1: Hello", "thank you"] {
        let (status, answer) = bench.messages(&agent(&tools, &talk)).await;
        assert_eq!(status, 200, "{answer}");
        last = calls(&answer)[0].clone();
        names.push(last["name"].as_str().unwrap().to_owned());
        talk.extend([back(&answer), results(&answer, said, false)]);
    }
    assert_eq!(names, ["list", "read", "report"]);
    assert_eq!(last["input"]["evidence"][0]["at"], "README.txt:1");
    // Whatever tools it lacks, it still ends with a report.
    let tools = [tool("report", object())];
    let (_, answer) = bench.messages(&agent(&tools, &[user(&[text("Look around.")])])).await;
    assert_eq!(calls(&answer)[0]["name"], "report");
}

#[tokio::test]
async fn free_play_answers_an_agent_without_any_tools() {
    let bench = Bench::with(simulator::free_play(), Arc::new(ManualClock::new(Timestamp(0)))).await;
    let (_, answer) = bench.messages(&agent(&[], &[user(&[text("What is this?")])])).await;
    assert!(said(&answer).ends_with("I would answer: What is this?"));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "tests touch real files")]
fn every_scenario_in_the_examples_is_read() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/scenarios");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = std::fs::read_to_string(&path).unwrap();
            simulator::Scenario::from_yaml(&text, &path.display().to_string())
                .unwrap_or_else(|error| panic!("{error}"));
            read += 1;
        }
    }
    assert!(read > 0);
}

#[tokio::test]
async fn chat_completions_play_the_same_script_and_replay_interrupted_calls() {
    let bench = Bench::start(&SCRIPT.replace("claude-opus-*", "gpt-6-*")).await;
    let mut talk = vec![
        json!({"role": "system", "content": "You are `main`."}),
        json!({"role": "user", "content": "Where is the price?"}),
    ];
    let mut ids = Vec::new();
    for content in ["Error: interrupted, effects unknown: the program was stopped", "cart.rs:42 prices"] {
        let (status, answer) = bench.chat(&json!({"model": "gpt-6-luna", "messages": talk})).await;
        assert_eq!(status, 200, "{answer}");
        let message = answer["choices"][0]["message"].clone();
        let asked = message["tool_calls"].as_array().unwrap().clone();
        talk.push(message);
        for call in asked {
            ids.push(call["id"].as_str().unwrap().to_owned());
            talk.push(json!({"role": "tool", "tool_call_id": call["id"], "content": content}));
        }
    }
    assert_eq!(ids, ["toolu_main_0_0", "toolu_main_0_1", "toolu_main_0_0_r1", "toolu_main_0_1_r1"]);
    let (_, answer) = bench.chat(&json!({"model": "gpt-6-luna", "messages": talk})).await;
    assert!(answer["choices"][0]["message"]["content"].as_str().unwrap().contains("line 42"), "{answer}");
}

#[tokio::test]
async fn an_actor_can_be_chosen_by_what_was_said_last() {
    let yaml = r#"
name: summaries
actors:
  - {id: summariser, when: {last_user_contains: "Summarise this conversation"}, otherwise: {say: "A summary."}}
  - {id: main, when: {any: true}, otherwise: {say: "An answer."}}
"#;
    let bench = Bench::start(yaml).await;
    let hello = user(&[text("Hello.")]);
    let answer = play(&bench, std::slice::from_ref(&hello)).await;
    assert_eq!(said(&answer), "An answer.");
    let answer = play(&bench, &[hello, back(&answer), user(&[text("Summarise this conversation.")])]).await;
    assert_eq!(said(&answer), "A summary.");
}

const TIMED: &str = r#"
name: timed
actors:
  - id: slow
    when: {system_contains: "You are `main`"}
    advance_ms: 30000
    otherwise:
      cases:
        - if: {last_result: "second", all_results: "first file"}
          say: "Both are there."
        - if: {lacks: "first file"}
          say: "The first is missing."
          advance_ms: 0
        - say: "Only the first is there."
"#;

#[tokio::test]
async fn an_answer_takes_what_its_actor_is_scripted_to_take_unless_the_caller_cut_it() {
    let bench = Bench::start(TIMED).await;
    let began = bench.clock.now();
    play(&bench, &[user(&[text("first file")])]).await;
    assert_eq!(bench.clock.now().since(began), Duration::from_secs(30));
    let mut ping = ask(&[user(&[text("first file")])]);
    ping["max_tokens"] = json!(1);
    assert_eq!(bench.messages(&ping).await.0, 200);
    assert_eq!(bench.clock.now().since(began), Duration::from_secs(30), "one token takes no time");
}

#[tokio::test]
async fn a_case_can_ask_for_what_was_ever_told_and_for_what_never_was() {
    let bench = Bench::start(TIMED).await;
    let asked = user(&[text("first file")]);
    let answer = play(&bench, std::slice::from_ref(&asked)).await;
    assert_eq!(said(&answer), "Only the first is there.");
    let later = play(&bench, &[asked, back(&answer), user(&[text("the second")])]).await;
    assert_eq!(said(&later), "Both are there.");
    let before = bench.clock.now();
    assert_eq!(said(&play(&bench, &[user(&[text("the second")])]).await), "The first is missing.");
    assert_eq!(bench.clock.now(), before, "this case takes no time of its own");
}
