//! The 400s of Responses, asked over HTTP.

use crate::common::{Bench, LUNA, PLAIN};
use crate::responses::{THINKER, answered, ask, body, user};
use serde_json::{Value, json};

/// Status and error object of a refusal.
async fn refusal(bench: &Bench, body: &Value) -> (u16, Value) {
    let (status, answer) = bench.responses(body).await;
    assert_eq!(answer["error"]["type"], "invalid_request_error", "{answer}");
    (status, answer["error"].clone())
}

fn call(call_id: &str) -> Value {
    json!({"type": "function_call", "call_id": call_id, "name": "read", "arguments": "{}"})
}

fn output(call_id: &str) -> Value {
    json!({"type": "function_call_output", "call_id": call_id, "output": "fine"})
}

#[tokio::test]
async fn calls_and_their_outputs_belong_together() {
    let bench = Bench::start(PLAIN).await;
    let cases = [
        (vec![user("Hi."), output("c1")], "No tool call found for function call output with call_id c1."),
        (vec![user("Hi."), call("c1"), user("Go on.")], "No tool output found for function call c1."),
        (
            vec![user("Hi."), call("c1"), output("c1"), output("c1")],
            "No tool call found for function call output with call_id c1.",
        ),
        (vec![user("Hi."), output("c1"), call("c1")], "No tool call found for function call output with call_id c1."),
    ];
    for (input, words) in cases {
        let (status, error) = refusal(&bench, &body(LUNA, input)).await;
        assert_eq!((status, &error["message"], &error["param"]), (400, &json!(words), &json!("input")));
        assert_eq!(error["code"], Value::Null);
    }
    // Other items may stand between them, in any order.
    ask(&bench, &body(LUNA, vec![user("Hi."), call("c1"), call("c2"), user("Wait."), output("c2"), output("c1")]))
        .await;
}

#[tokio::test]
async fn what_was_thought_goes_with_what_came_of_it() {
    let bench = Bench::start(THINKER).await;
    let answer = ask(&bench, &body(LUNA, "Hello.")).await;
    let items = answered(&answer);
    let [reasoning, message, rest @ ..] = &items[..] else { panic!("{items:?}") };
    let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
    let without: Vec<Value> = [user("Hello.")].into_iter().chain(rest.iter().cloned()).collect();
    let (status, error) = refusal(&bench, &body(LUNA, without.clone())).await;
    let words = format!(
        "Item '{}' of type 'function_call' was provided without its required 'reasoning' item: '{}'.",
        id(&rest[0]),
        id(reasoning)
    );
    assert_eq!((status, error["message"].as_str().unwrap(), &error["param"]), (400, words.as_str(), &json!("input")));
    let (_, error) = refusal(&bench, &body(LUNA, vec![user("Hello."), message.clone(), user("And?")])).await;
    assert!(
        error["message"].as_str().unwrap().contains("of type 'message' was provided without its required 'reasoning'")
    );
    // Whoever leaves the ids out as well is not known.
    let bare = without.into_iter().map(|mut item| {
        item.as_object_mut().unwrap().remove("id");
        item
    });
    ask(&bench, &body(LUNA, bare.collect::<Vec<_>>())).await;
    for alone in [vec![user("Hello."), reasoning.clone()], vec![reasoning.clone(), user("Hello.")]] {
        let (_, error) = refusal(&bench, &body(LUNA, alone)).await;
        let words =
            format!("Item '{}' of type 'reasoning' was provided without its required following item.", id(reasoning));
        assert_eq!(error["message"], words.as_str());
    }
    // The seal is enough without the id, as one client sends it.
    let mut nameless = reasoning.clone();
    nameless.as_object_mut().unwrap().remove("id");
    let all: Vec<Value> = [user("Hello."), nameless].into_iter().chain(items[1..].iter().cloned()).collect();
    ask(&bench, &body(LUNA, all)).await;
}

#[tokio::test]
async fn a_seal_that_is_not_the_vendor_s_is_refused() {
    let bench = Bench::start(THINKER).await;
    let answer = ask(&bench, &body(LUNA, "Hello.")).await;
    let mut items = answered(&answer);
    let genuine = items[0]["encrypted_content"].as_str().unwrap().to_owned();
    let turned: String = genuine.chars().rev().collect();
    for (sealed, words) in [("nonsense", "nons...ense"), (turned.as_str(), "...AAAg")] {
        items[0]["encrypted_content"] = json!(sealed);
        let input: Vec<Value> = [user("Hello.")].into_iter().chain(items.clone()).collect();
        let (status, error) = refusal(&bench, &body(LUNA, input)).await;
        let message = error["message"].as_str().unwrap();
        assert_eq!((status, &error["code"]), (400, &json!("invalid_encrypted_content")));
        assert!(message.contains(words) && message.ends_with("could not be decrypted or parsed."), "{message}");
    }
}

#[tokio::test]
async fn what_is_not_stored_is_not_found() {
    let bench = Bench::start(THINKER).await;
    let mut asked = body(LUNA, vec![user("Hello.")]);
    asked["previous_response_id"] = json!("resp_1");
    let (status, error) = refusal(&bench, &asked).await;
    assert_eq!(error["message"], "Previous response with id 'resp_1' not found.");
    assert_eq!(
        (status, &error["code"], &error["param"]),
        (400, &json!("previous_response_not_found"), &json!("previous_response_id"))
    );
    let named = json!({"type": "item_reference", "id": "rs_1"});
    let (status, error) = refusal(&bench, &body(LUNA, vec![named, user("Hello.")])).await;
    let words = "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.";
    assert!(status == 404 && error["message"].as_str().unwrap().starts_with(words), "{error}");
    // Reasoning without its seal is found again only where the request did not say that nothing is stored.
    let mut items = answered(&ask(&bench, &body(LUNA, "Hello.")).await);
    items[0].as_object_mut().unwrap().remove("encrypted_content");
    let mut asked = body(LUNA, [vec![user("Hello.")], items].concat());
    let (status, error) = refusal(&bench, &asked).await;
    assert!(status == 404 && error["message"].as_str().unwrap().contains("Items are not persisted"), "{error}");
    asked["store"] = json!(true);
    ask(&bench, &asked).await;
}

#[tokio::test]
async fn parameters_are_refused_in_the_vendor_s_words() {
    let bench = Bench::start(PLAIN).await;
    let long = "k".repeat(65);
    let strict = |schema: Value| json!([{"type": "function", "name": "read", "parameters": schema, "strict": true}]);
    let cases = [
        ("max_output_tokens", json!(15), "integer_below_min_value", "Expected a value >= 16, but got 15 instead."),
        (
            "include",
            json!(["reasoning.content"]),
            "invalid_value",
            "Invalid value: 'reasoning.content'. Supported values are: 'file_search",
        ),
        ("reasoning", json!({"effort": "huge"}), "invalid_value", "'xhigh', and 'max'."),
        ("reasoning", json!({"summary": "long"}), "invalid_value", "'auto', 'concise', and 'detailed'."),
        (
            "prompt_cache_key",
            json!(long),
            "string_above_max_length",
            "maximum length 64, but got a string with length 65",
        ),
        ("stop", json!(["x"]), "unknown_parameter", "Unknown parameter: 'stop'."),
        ("messages", json!([]), "unknown_parameter", "Unknown parameter: 'messages'."),
        ("max_tokens", json!(100), "unknown_parameter", "Unknown parameter: 'max_tokens'."),
        (
            "tools",
            json!([{"type": "function", "function": {"name": "read"}}]),
            "missing_required_parameter",
            "'tools[0].name'",
        ),
        ("tools", json!([{"type": "function", "name": "a.b"}]), "invalid_value", "'^[a-zA-Z0-9_-]+$'"),
        (
            "tools",
            strict(json!({"type": "object"})),
            "invalid_function_parameters",
            "In context=(), 'additionalProperties'",
        ),
        (
            "tools",
            strict(
                json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": [], "additionalProperties": false}),
            ),
            "invalid_function_parameters",
            "Missing 'a'.",
        ),
        ("input", Value::Null, "missing_required_parameter", "One of \"input\""),
    ];
    for (name, value, code, words) in cases {
        let mut asked = body(LUNA, vec![user("Hello.")]);
        asked[name] = value;
        let (status, answer) = bench.responses(&asked).await;
        let message = answer["error"]["message"].as_str().unwrap_or_default();
        assert_eq!(status, 400, "{name}: {answer}");
        assert!(message.contains(words), "{name}: {message}");
        assert_eq!(answer["error"]["code"], code, "{name}");
    }
}

#[tokio::test]
async fn ids_and_parts_are_checked_by_what_they_belong_to() {
    let bench = Bench::start(PLAIN).await;
    let with_id = |mut item: Value, id: &str| {
        item["id"] = json!(id);
        item
    };
    let say = |role: &str, part: Value| json!({"role": role, "content": [part]});
    let cases = [
        (
            vec![user("Hi."), with_id(call("c1"), "call_1"), output("c1")],
            "input[1].id",
            "Invalid 'input[1].id': 'call_1'. Expected an ID that begins with 'fc'.",
        ),
        (vec![with_id(user("Hi."), "item_1")], "input[0].id", "begins with 'msg'."),
        (vec![user("Hi."), call(&"c".repeat(65)), output(&"c".repeat(65))], "input[1].call_id", "string too long"),
        (
            vec![say("assistant", json!({"type": "input_text", "text": "x"})), user("Hi.")],
            "input[0].content[0]",
            "Supported values are: 'output_text' and 'refusal'.",
        ),
        (
            vec![say("user", json!({"type": "input_text", "text": "x", "cache_control": {"type": "ephemeral"}}))],
            "input[0].content[0].cache_control",
            "Unknown parameter: 'input[0].content[0].cache_control'.",
        ),
    ];
    for (input, param, words) in cases {
        let (status, error) = refusal(&bench, &body(LUNA, input)).await;
        assert_eq!((status, &error["param"]), (400, &json!(param)));
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_prompt_that_does_not_fit_is_refused_by_its_code() {
    let yaml = PLAIN
        .replace("name: plain", "name: plain\nfaults: [{kind: overflow}, {kind: unauthorized}, {kind: no_credit}]");
    let bench = Bench::start(&yaml).await;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let (status, answer) = bench.responses(&body(LUNA, "Hello.")).await;
        seen.push((status, answer["error"]["code"].as_str().unwrap().to_owned()));
    }
    let expected = [(400, "context_length_exceeded"), (401, "invalid_api_key"), (429, "insufficient_quota")];
    assert_eq!(seen, expected.map(|(status, code)| (status, code.to_owned())));
}
