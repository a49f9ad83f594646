//! Responses, asked over HTTP: what is answered and what it costs.

use std::time::Duration;

use crate::common::{Bench, LUNA, PLAIN, words};
use async_openai::types::responses::{OutputItem, Response, ResponseStreamEvent, TokenCountsResource};
use protocol::{Block, Dialect, StopReason, StreamEvent};
use serde_json::{Value, json};

pub(crate) const THINKER: &str = r#"
name: thinker
token_factor: {"*": 1.0}
actors:
  - id: thinker
    when: {any: true}
    steps:
      - thinking: "Two files at once, because neither needs the other."
        say: "I read both."
        calls:
          - {tool: read, args: {path: "src/first.rs", note: "ünïcode"}}
          - {tool: read, args: {path: "src/second.rs"}}
      - thinking: "That was all there was to see."
        say: "Both are fine."
    otherwise: {say: "That is all."}
"#;

pub(crate) fn user(text: impl Into<String>) -> Value {
    json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text.into()}]})
}

fn developer(text: impl Into<String>) -> Value {
    json!({"role": "developer", "content": text.into()})
}

pub(crate) fn body(model: &str, input: impl Into<Value>) -> Value {
    json!({
        "model": model,
        "store": false,
        "include": ["reasoning.encrypted_content"],
        "tools": [{"type": "function", "name": "read", "description": "Reads.", "parameters": {"type": "object"}, "strict": false}],
        "input": input.into(),
    })
}

/// The items of an answer and the answers to its calls.
pub(crate) fn answered(answer: &Value) -> Vec<Value> {
    let items = answer["output"].as_array().unwrap();
    let results = items
        .iter()
        .filter(|item| item["type"] == "function_call")
        .map(|call| json!({"type": "function_call_output", "call_id": call["call_id"], "output": "fine"}));
    items.iter().cloned().chain(results).collect()
}

pub(crate) async fn ask(bench: &Bench, body: &Value) -> Value {
    let (status, answer) = bench.responses(body).await;
    assert_eq!(status, 200, "{answer}");
    serde_json::from_value::<Response>(answer.clone()).unwrap();
    answer
}

/// (prompt, cached, written), inclusive as the API reports them.
async fn bill(bench: &Bench, body: &Value) -> (u64, u64, u64) {
    let answer = ask(bench, body).await;
    let usage = &answer["usage"];
    let detail = |key: &str| usage["input_tokens_details"][key].as_u64().unwrap();
    (usage["input_tokens"].as_u64().unwrap(), detail("cached_tokens"), detail("cache_write_tokens"))
}

async fn removed(bench: &Bench, body: &Value) -> Vec<String> {
    ask(bench, body).await;
    bench.running.requests().pop().unwrap().removed
}

#[tokio::test]
async fn an_answer_has_reasoning_text_and_parallel_calls_whole_and_streamed() {
    let bench = Bench::start(THINKER).await;
    let mut asked = body(LUNA, "Hello.");
    asked["reasoning"] = json!({"effort": "high", "summary": "auto"});
    let answer = ask(&bench, &asked).await;
    let response: Response = serde_json::from_value(answer.clone()).unwrap();
    let [
        OutputItem::Reasoning(reasoning),
        OutputItem::Message(_),
        OutputItem::FunctionCall(first),
        OutputItem::FunctionCall(second),
    ] = &response.output[..]
    else {
        panic!("{answer}")
    };
    assert!(reasoning.encrypted_content.as_deref().unwrap().starts_with("gAAAAA"));
    assert_eq!(answer["output"][0]["summary"][0]["text"], "Two files at once, because neither needs the other.");
    assert_eq!((first.call_id.as_str(), second.call_id.as_str()), ("toolu_thinker_0_0", "toolu_thinker_0_1"));
    assert_eq!(first.arguments, r#"{"path":"src/first.rs","note":"ünïcode"}"#);
    let details = &answer["usage"]["output_tokens_details"];
    assert!(details["reasoning_tokens"].as_u64().unwrap() > 5);
    let (reply, events) = bench.streamed(Dialect::OpenaiResponses, &asked).await.unwrap();
    assert_eq!(reply.stop, StopReason::ToolUse);
    assert!(events.iter().filter(|event| matches!(event, StreamEvent::ThinkingDelta { .. })).count() > 1);
    let record = bench.running.requests().pop().unwrap();
    assert_eq!(reply.usage, record.usage);
    assert!(matches!(&reply.blocks[2], Block::ToolCall { id, .. } if id == "toolu_thinker_0_0"));
}

#[tokio::test]
async fn every_event_of_a_stream_is_the_vendor_s_and_an_item_keeps_its_id_to_the_end() {
    let bench = Bench::start(THINKER).await;
    for summary in [Value::Null, json!("auto")] {
        let mut asked = body(LUNA, "Hello.");
        asked["stream"] = json!(true);
        asked["reasoning"] = json!({"summary": summary});
        let text = bench.send("/v1/responses", &asked).await.unwrap().text().await.unwrap();
        let (mut begun, mut done, mut ended) = (Vec::new(), Vec::new(), 0);
        for (number, data) in text.lines().filter_map(|line| line.strip_prefix("data: ")).enumerate() {
            serde_json::from_str::<ResponseStreamEvent>(data).unwrap_or_else(|error| panic!("{error}: {data}"));
            let event: Value = serde_json::from_str(data).unwrap();
            assert_eq!(event["sequence_number"], number);
            match event["type"].as_str().unwrap() {
                "response.output_item.added" => begun.push(event["item"]["id"].clone()),
                "response.output_item.done" => done.push(event["item"]["id"].clone()),
                "response.completed" => ended += 1,
                _ => {}
            }
        }
        assert_eq!((begun.len(), ended), (4, 1));
        assert_eq!(begun, done);
    }
}

#[tokio::test]
async fn reasoning_is_shown_and_sealed_only_where_it_was_asked_for() {
    let bench = Bench::start(THINKER).await;
    let mut asked = body("gpt-5.4", "Hello.");
    asked["include"] = json!([]);
    let plain = ask(&bench, &asked).await;
    assert_eq!((&plain["output"][0]["type"], &plain["output"][0]["summary"]), (&json!("reasoning"), &json!([])));
    assert!(plain["output"][0].get("encrypted_content").is_none());
    // Newer models seal what nobody stores.
    asked["model"] = json!(LUNA);
    assert!(ask(&bench, &asked).await["output"][0]["encrypted_content"].is_string());
    asked["reasoning"] = json!({"effort": "none"});
    let silent = ask(&bench, &asked).await;
    assert_eq!(silent["output"][0]["type"], "message");
    assert_eq!(silent["usage"]["output_tokens_details"]["reasoning_tokens"], 0);
}

#[tokio::test]
async fn a_conversation_goes_on_over_replayed_items_and_reads_its_own_cache() {
    let bench = Bench::start(THINKER).await;
    let mut talk = vec![developer(words("system", 1_500)), user("Where is the price?")];
    let answer = ask(&bench, &body(LUNA, talk.clone())).await;
    let first = answer["usage"]["input_tokens"].as_u64().unwrap();
    talk.extend(answered(&answer));
    let (prompt, cached, written) = bill(&bench, &body(LUNA, talk.clone())).await;
    let thought = answer["usage"]["output_tokens_details"]["reasoning_tokens"].as_u64().unwrap();
    assert_eq!((cached, written), (first, prompt - first));
    assert!(prompt - first > thought, "what was thought is part of the prompt");
    let record = bench.running.requests().pop().unwrap();
    assert_eq!((record.step, record.removed), (1, vec![]));
    assert_eq!(bill(&bench, &body(LUNA, talk)).await, (prompt, prompt, 0));
}

#[tokio::test]
async fn ids_and_short_forms_are_no_part_of_the_prefix_and_all_else_is() {
    let bench = Bench::start(PLAIN).await;
    let talk = vec![developer(words("system", 1_500)), user("Hello.")];
    let first = body(LUNA, talk.clone());
    let (prompt, ..) = bill(&bench, &first).await;
    let mut same = first.clone();
    same["input"][1] = json!({"role": "user", "content": "Hello.", "id": "msg_1", "status": "completed"});
    same["include"] = json!([]);
    same["max_output_tokens"] = json!(100);
    assert_eq!(bill(&bench, &same).await, (prompt, prompt, 0));
    let changes = [
        ("tools", json!([])),
        ("model", json!("gpt-6-sol")),
        ("reasoning", json!({"effort": "low"})),
        ("text", json!({"verbosity": "low"})),
        ("prompt_cache_key", json!("another")),
        ("instructions", json!("Be brief.")),
        ("service_tier", json!("flex")),
    ];
    for (name, value) in changes {
        let mut other = first.clone();
        other[name] = value;
        assert_eq!(bill(&bench, &other).await.1, 0, "{name}");
    }
    let url = format!("{}/v1/responses", bench.running.base_url());
    let answer = bench.http.post(url).header("authorization", "Bearer other").body(first.to_string()).send().await;
    let answer: Value = serde_json::from_str(&answer.unwrap().text().await.unwrap()).unwrap();
    assert_eq!(answer["usage"]["input_tokens_details"]["cached_tokens"], 0);
}

#[tokio::test]
async fn older_models_read_in_steps_of_128_and_forget_what_they_thought_before_the_last_user_s_words() {
    let bench = Bench::start(THINKER).await;
    let mut talk = vec![developer(words("system", 1_500)), user("Hello.")];
    let answer = ask(&bench, &body("gpt-5.4", talk.clone())).await;
    let prompt = answer["usage"]["input_tokens"].as_u64().unwrap();
    assert_eq!(bill(&bench, &body("gpt-5.4", talk.clone())).await, (prompt, prompt / 128 * 128, 0));
    talk.extend(answered(&answer));
    assert!(removed(&bench, &body("gpt-5.4", talk.clone())).await.is_empty());
    talk.push(user("Go on."));
    assert_eq!(removed(&bench, &body("gpt-5.4", talk)).await, ["input[2]: turn_boundary"]);
}

#[tokio::test]
async fn a_marked_place_is_read_by_another_ending_and_a_fifth_mark_is_refused() {
    let bench = Bench::start(PLAIN).await;
    let part =
        |text: String| json!({"type": "input_text", "text": text, "prompt_cache_breakpoint": {"mode": "explicit"}});
    let talk = |end: &str| {
        let system = json!({"role": "developer", "content": [part(words("system", 1_500))]});
        vec![system, user(words("task", 300)), user(end)]
    };
    let (prompt, cached, written) = bill(&bench, &body(LUNA, talk("One."))).await;
    assert_eq!((cached, written), (0, prompt));
    let (prompt, cached, _) = bill(&bench, &body(LUNA, talk("Another."))).await;
    assert!(cached > 1_400 && cached < prompt, "{cached} of {prompt}");
    bench.later(Duration::from_secs(1_801));
    assert_eq!(bill(&bench, &body(LUNA, talk("Another."))).await.1, 0);
    let marks: Vec<Value> = (0..5).map(|n| part(format!("Part {n}."))).collect();
    let (status, answer) = bench.responses(&body(LUNA, vec![json!({"role": "user", "content": marks})])).await;
    assert_eq!(status, 400);
    assert!(answer["error"]["message"].as_str().unwrap().contains("found 5"), "{answer}");
}

#[tokio::test]
async fn reasoning_of_another_model_account_or_conversation_is_left_out_and_noted() {
    let bench = Bench::start(THINKER).await;
    let mut talk = vec![user("Hello.")];
    let answer = ask(&bench, &body(LUNA, talk.clone())).await;
    talk.extend(answered(&answer));
    assert!(removed(&bench, &body(LUNA, talk.clone())).await.is_empty());
    assert_eq!(removed(&bench, &body("gpt-6-sol", talk.clone())).await, ["input[1]: model_mismatch"]);
    let mut changed = talk.clone();
    changed[0] = user("Hello!");
    assert_eq!(removed(&bench, &body(LUNA, changed)).await, ["input[1]: prefix_mismatch"]);
    let url = format!("{}/v1/responses", bench.running.base_url());
    let asked = body(LUNA, talk).to_string();
    let answer = bench.http.post(url).header("authorization", "Bearer other").body(asked).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(bench.running.requests().pop().unwrap().removed, ["input[1]: organization_mismatch"]);
}

#[tokio::test]
async fn an_output_limit_and_a_refusal_leave_an_answer_incomplete() {
    let yaml = THINKER
        .replace("otherwise: {say: \"That is all.\"}", "otherwise: {say: \"I would rather not.\", stop: refusal}");
    let bench = Bench::start(&yaml).await;
    let mut asked = body(LUNA, "Hello.");
    asked["max_output_tokens"] = json!(16);
    let answer = ask(&bench, &asked).await;
    assert_eq!(
        (&answer["status"], &answer["incomplete_details"]["reason"]),
        (&json!("incomplete"), &json!("max_output_tokens"))
    );
    assert_eq!(answer["usage"]["output_tokens"], 16);
    let talk: Vec<Value> =
        (0..3).flat_map(|_| [user("Hi."), json!({"role": "assistant", "content": "Yes."})]).collect();
    let asked = body(LUNA, [talk, vec![user("And?")]].concat());
    let (reply, _) = bench.streamed(Dialect::OpenaiResponses, &asked).await.unwrap();
    assert_eq!(reply.stop, StopReason::Refusal);
    let answer = ask(&bench, &asked).await;
    assert_eq!(answer["incomplete_details"]["reason"], "content_filter");
}

#[tokio::test]
async fn a_tool_of_plain_text_is_called_in_plain_text() {
    let yaml = r#"
name: patcher
actors:
  - id: patcher
    when: {has_tool: apply_patch}
    steps: [{thinking: "A patch.", calls: [{tool: apply_patch, args: {input: "*** Begin Patch"}}]}]
"#;
    let bench = Bench::start(yaml).await;
    let mut asked = body(LUNA, "Hello.");
    asked["tools"] = json!([{"type": "custom", "name": "apply_patch", "description": "", "format": {"type": "text"}}]);
    let answer = ask(&bench, &asked).await;
    let call = &answer["output"][1];
    assert_eq!((&call["type"], &call["input"]), (&json!("custom_tool_call"), &json!("*** Begin Patch")));
    let output = json!({"type": "custom_tool_call_output", "call_id": call["call_id"], "output": "Done!"});
    // Without its reasoning the call is known by its id.
    asked["input"] = json!([user("Hello."), call, output]);
    let (status, refusal) = bench.responses(&asked).await;
    assert_eq!(status, 400);
    assert!(refusal["error"]["message"].as_str().unwrap().contains("of type 'custom_tool_call' was provided without"));
    asked["input"] = json!([user("Hello."), answer["output"][0], call, output]);
    ask(&bench, &asked).await;
}

#[tokio::test]
async fn images_are_counted_and_billed_in_every_dialect() {
    let yaml = PLAIN.replace("Very well.", "I see {{images}}.");
    let bench = Bench::start(&yaml).await;
    let png = "data:image/png;base64,iVBORw0KGgo=";
    let image = json!({"type": "input_image", "image_url": png});
    let call = json!({"type": "function_call", "call_id": "c1", "name": "read", "arguments": "{}"});
    let shown = json!({"type": "function_call_output", "call_id": "c1", "output": [image]});
    let answer = ask(&bench, &body(LUNA, vec![json!({"role": "user", "content": [image]}), call, shown])).await;
    assert_eq!(answer["output"][0]["content"][0]["text"], "I see 2.");
    assert!(answer["usage"]["input_tokens"].as_u64().unwrap() > 3_200);
    let content = json!([{"type": "image_url", "image_url": {"url": png}}]);
    let (_, answer) = bench.chat(&json!({"model": LUNA, "messages": [{"role": "user", "content": content}]})).await;
    assert_eq!(answer["choices"][0]["message"]["content"], "I see 1.");
    let source = json!({"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="});
    let content = json!([{"type": "image", "source": source}, {"type": "image", "source": source}]);
    let asked =
        json!({"model": "claude-opus-5-5", "max_tokens": 99, "messages": [{"role": "user", "content": content}]});
    let (_, answer) = bench.messages(&asked).await;
    assert_eq!(answer["content"][0]["text"], "I see 2.");
    assert_eq!(bench.running.requests().iter().map(|record| record.images).collect::<Vec<_>>(), [2, 1, 2]);
}

#[tokio::test]
async fn input_tokens_are_counted_for_free_and_match_the_bill() {
    let bench = Bench::start(PLAIN).await;
    let asked = body(LUNA, vec![developer(words("system", 300)), user("Hello.")]);
    let counted = bench.send("/v1/responses/input_tokens", &asked).await.unwrap().text().await.unwrap();
    let counted: TokenCountsResource = serde_json::from_str(&counted).unwrap();
    assert_eq!(counted.object, "response.input_tokens");
    assert_eq!(u64::from(counted.input_tokens), bill(&bench, &asked).await.0);
    assert_eq!(bench.running.requests().len(), 1, "a count is no request to a model");
}

#[tokio::test]
async fn models_are_listed_in_the_shape_that_the_headers_ask_for() {
    let bench = Bench::start(PLAIN).await;
    let get = async |path: &str, header: (&'static str, &'static str)| {
        let url = format!("{}{path}", bench.running.base_url());
        let answer = bench.http.get(url).header(header.0, header.1).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_str::<Value>(&answer.text().await.unwrap()).unwrap())
    };
    let openai = ("authorization", "Bearer any");
    let anthropic = ("anthropic-version", "2023-06-01");
    let (_, list) = get("/v1/models", openai).await;
    assert_eq!((&list["object"], &list["data"][0]["object"]), (&json!("list"), &json!("model")));
    let (_, list) = get("/v1/models", anthropic).await;
    assert_eq!((&list["has_more"], &list["data"][0]["type"]), (&json!(false), &json!("model")));
    assert_eq!(list["first_id"], list["data"][0]["id"]);
    let (_, one) = get("/v1/models/gpt-6-luna", openai).await;
    assert_eq!((&one["id"], &one["owned_by"]), (&json!(LUNA), &json!("simulator")));
    let (status, lost) = get("/v1/models/gpt-0", openai).await;
    assert_eq!((status, &lost["error"]["code"]), (404, &json!("model_not_found")));
    let (status, lost) = get("/v1/models/claude-0", anthropic).await;
    assert_eq!((status, &lost["error"]["type"]), (404, &json!("not_found_error")));
}

#[tokio::test]
async fn a_record_shows_where_a_request_came_to_and_its_headers_but_no_key() {
    let bench = Bench::start(PLAIN).await;
    let url = format!("{}/v1/responses?beta=true", bench.running.base_url());
    let asked = bench.http.post(url).header("authorization", "Bearer secret").header("x-beta", "one, two");
    assert_eq!(asked.body(body(LUNA, "Hello.").to_string()).send().await.unwrap().status(), 200);
    let record = bench.running.requests().pop().unwrap();
    assert_eq!(record.target, "/v1/responses?beta=true");
    assert!(record.headers.contains(&("x-beta".to_owned(), "one, two".to_owned())));
    assert!(!format!("{:?}", record.headers).contains("secret"));
}
