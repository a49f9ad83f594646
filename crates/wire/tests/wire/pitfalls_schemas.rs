//! Known pitfalls of tool schemas.

use protocol::{ErrorKind, ProviderError};
use serde_json::{Value, json};
use wire::translate::{blames_schema, degrade_schemas, prepare};

use crate::support::{A, C, json, read, sent, target, write};

fn asked(schema: &Value) -> String {
    let tool = json!({"name": "read", "input_schema": schema});
    json!({"model": "m", "max_tokens": 9, "tools": [tool], "messages": [{"role": "user", "content": "x"}]}).to_string()
}

/// A schema as it is sent after a server has refused the first one.
fn degraded(schema: &Value) -> Value {
    let mut request = read(A, &asked(schema)).unwrap();
    prepare(&mut request, A, &target(C)).unwrap();
    degrade_schemas(&mut request);
    json(write(C, &request).as_bytes())["tools"][0]["function"]["parameters"].clone()
}

#[test]
fn w35_a_schema_is_sent_as_it_is_never_strict_and_with_properties() {
    let free = json!({"type": "object", "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}], "pattern": "^(?!x)"}}});
    let found = sent(A, &asked(&free), C)["tools"][0]["function"].clone();
    assert_eq!((&found["parameters"], found.get("strict")), (&free, None));
    assert_eq!(
        sent(A, &asked(&json!({"type": "object"})), C)["tools"][0]["function"]["parameters"],
        json!({"type": "object", "properties": {}})
    );
    // Strictness that a client asked for stays within its dialect: elsewhere the same schema could be refused.
    let strict = r#"{"model":"m","tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"},"strict":true}}],"messages":[]}"#;
    assert_eq!(sent(C, strict, C)["tools"][0]["function"]["strict"], true);
    assert_eq!(sent(C, strict, A)["tools"][0].get("strict"), None);
}

#[test]
fn w36_a_degraded_schema_is_one_that_every_server_takes() {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "x-vendor": 1,
        "additionalProperties": false, "required": ["path", "gone", "node"],
        "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "name": {"type": "string"}}}},
        "properties": {
            "path": {"type": ["string", "null"], "format": "uri", "pattern": "^(?!x)", "description": "Where."},
            "count": {"type": "integer", "exclusiveMinimum": 0, "enum": [1, 2]},
            "mode": {"enum": ["a", "b"]}, "kind": {"const": "k"},
            "list": {"type": "array", "items": false}, "pair": {"type": "array", "items": [{"type": "string"}]},
            "anything": true, "either": {"oneOf": [{"type": "null"}, {"type": "number"}], "description": "One."},
            "node": {"$ref": "#/$defs/node"},
            "properties": {"type": "string"}, "required": {"type": "boolean"},
        },
    });
    let found = degraded(&schema);
    let property = |name: &str| found["properties"][name].clone();
    assert_eq!((&found["required"], &found["type"]), (&json!(["path", "node"]), &json!("object")));
    assert_eq!(property("path"), json!({"type": "string", "description": "Where."}));
    assert_eq!(property("count"), json!({"type": "integer"}));
    assert_eq!(property("mode"), json!({"type": "string", "enum": ["a", "b"]}));
    assert_eq!(property("kind"), json!({"type": "string", "enum": ["k"]}));
    assert_eq!(property("list"), json!({"type": "array", "items": {"type": "string"}}));
    assert_eq!(property("pair"), property("list"));
    assert_eq!(property("either"), json!({"type": "number", "description": "One."}));
    assert_eq!((property("properties"), property("required")), (json!({"type": "string"}), json!({"type": "boolean"})));
    assert_eq!(property("node")["properties"]["name"], json!({"type": "string"}));
    let text = found.to_string();
    for word in
        ["$ref", "$defs", "$schema", "x-vendor", "additionalProperties", "exclusiveMinimum", "oneOf", "pattern\""]
    {
        assert!(!text.contains(word), "{word} in {text}");
    }
    assert_eq!(
        degraded(&json!({"anyOf": [{"type": "object", "properties": {"a": {"type": "string"}}}]}))["properties"]["a"],
        json!({"type": "string"})
    );
    assert_eq!(degraded(&json!({"type": "object"})), json!({"type": "object", "properties": {}}));
}

#[test]
fn w37_a_refused_schema_is_known_by_its_words_and_degraded_the_same_way_each_time_and_once() {
    let blamed = |text: &str| blames_schema(&ProviderError::new(ErrorKind::InvalidRequest, text));
    for text in [
        "Invalid schema for function 'read': 'object' is not valid under any of the given schemas",
        "tools.0.custom.input_schema: JSON schema is invalid",
        "GenerateContentRequest.tools[0].function_declarations[0].parameters.properties: should be non-empty",
        "Invalid 'tools[3].function.parameters': unsupported keyword",
    ] {
        assert!(blamed(text), "{text}");
    }
    assert!(!blamed("messages: roles must alternate") && !blamed("temperature is not supported"));
    assert!(!blames_schema(&ProviderError::new(ErrorKind::RateLimit, "schema")));
    let schema =
        json!({"type": "object", "properties": {"b": {"type": "string", "pattern": "x"}, "a": {"type": "string"}}});
    assert_eq!(degraded(&schema).to_string(), degraded(&schema).to_string());
    let mut request = read(A, &asked(&schema)).unwrap();
    assert!(degrade_schemas(&mut request));
    assert!(!degrade_schemas(&mut request), "what is plain already cannot be helped by sending it again");
    let names: Vec<&String> = request.tools[0].schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["b", "a"]);
}
