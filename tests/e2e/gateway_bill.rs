//! What an agent that speaks OpenAI's dialects pays at an Anthropic upstream behind the gateway. Such an agent sets no cache
//! breakpoints, because its own vendor needs none: whoever translates it has to set them.
//!
//! The arithmetic, by the published rules (in units of an uncached prompt token: written to the cache 1.25, read from it 0.1). Let
//! P1 ... P11 be the prompts of a session in which each request holds all of the one before it:
//!
//! - ideal: everything old is read, everything new is written: 1.25 P1 + sum over k of (0.1 P(k-1) + 1.25 (P(k) - P(k-1)))
//!   = 1.25 P11 + 0.1 (P1 + ... + P10).
//! - without breakpoints nothing is cached: P1 + ... + P11.
//!
//! Here P1 = 7,728 and each request adds 386: P11 = 11,588, P1 + ... + P10 = 94,650, all of them 106,238. Ideal: 1.25 x 11,588 +
//! 0.1 x 94,650 = 14,485 + 9,465 = 23,950 units. Without breakpoints 106,238, 4.4 times as much. This is the shape of a session of
//! codex (105.9k tokens, ideal 23.5k units, 4.5 times).

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use protocol::Usage;
use serde_json::{Value, json};

use crate::support::{AGENT, Desk, Sim};

/// Requests of the session: ten that are answered with a call, and the last.
const REQUESTS: usize = 11;

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// A gateway with the simulator in Anthropic's place. Killed when dropped.
struct Gateway {
    child: Child,
    url: String,
}

impl Gateway {
    fn before(desk: &Desk, sim: &Sim) -> Self {
        let mut command: Command = desk.command(AGENT);
        command.args(["gateway", "--listen", "127.0.0.1:0", "--no-token"]).envs(sim.variables());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let url = first.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{first}")).to_owned();
        Self { child, url }
    }

    /// The whole of an answer.
    fn ask(&self, path: &str, body: &Value) -> String {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]);
        brains::tls::init();
        RUNTIME.block_on(async {
            let request = client.build().unwrap().post(format!("{}{path}", self.url)).body(body.to_string());
            let request = request.header("content-type", "application/json").header("anthropic-version", "2023-06-01");
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            let text = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
            assert_eq!(status, 200, "{text}");
            text
        })
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Ten steps, each with some words and one call.
fn sim() -> Sim {
    let step = |n: usize| {
        format!(
            "      - {{say: \"I look at part {n}.\", calls: [{{tool: tool_3, args: {{path: \"src/part_{n}.rs\"}}}}]}}\n"
        )
    };
    let steps: String = (1..REQUESTS).map(step).collect();
    Sim::play(&format!(
        "name: session\ntoken_factor: {{\"*\": 1.0}}\nactors:\n  - id: agent\n    when: {{any: true}}\n    steps:\n{steps}    \
         otherwise: {{say: That was all of it.}}\n"
    ))
}

fn prose(lines: usize, about: &str) -> String {
    (0..lines)
        .map(|n| format!("{n}. When {about} is number {n}, look at it before you change anything in it.\n"))
        .collect()
}

/// Name, description and schema of each tool, about 1,900 tokens together.
fn tools() -> Vec<(String, String, Value)> {
    let schema = json!({"type": "object", "properties": {"path": {"type": "string", "description": "A file."}}, "required": ["path"]});
    (0..8).map(|n| (format!("tool_{n}"), prose(10, &format!("the file of tool {n}")), schema.clone())).collect()
}

/// What a tool answers, about 330 tokens.
fn result(n: usize) -> String {
    prose(17, &format!("line {n}"))
}

/// An agent of one of OpenAI's dialects.
trait Agent {
    const PATH: &'static str;

    fn body(&self) -> Value;

    /// Takes an answer into the history; what was called, and the prompt and its cached part as the client is told.
    fn hear(&mut self, answer: &str) -> (Option<String>, u64, u64);

    fn reply(&mut self, call: &str, result: String);
}

/// The `data` lines of a stream.
fn events(answer: &str) -> impl Iterator<Item = Value> {
    let lines = answer.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    lines.map(|data| serde_json::from_str(data).unwrap())
}

/// Chat Completions.
struct Chat(Vec<Value>);

impl Agent for Chat {
    const PATH: &'static str = "/v1/chat/completions";

    fn body(&self) -> Value {
        let function = |(name, description, parameters)| json!({"type": "function", "function": {"name": name, "description": description, "parameters": parameters}});
        json!({
            "model": "claude-opus-5-5", "stream": true, "stream_options": {"include_usage": true}, "messages": self.0,
            "tools": tools().into_iter().map(function).collect::<Vec<_>>(),
        })
    }

    fn hear(&mut self, answer: &str) -> (Option<String>, u64, u64) {
        let (mut said, mut call, mut arguments) = (String::new(), Value::Null, String::new());
        let mut usage = Value::Null;
        for event in events(answer) {
            let delta = &event["choices"][0]["delta"];
            said += delta["content"].as_str().unwrap_or_default();
            if let Some(part) = delta["tool_calls"].get(0) {
                arguments += part["function"]["arguments"].as_str().unwrap_or_default();
                if part["id"].is_string() {
                    call = part.clone();
                }
            }
            if event["usage"].is_object() {
                usage = event["usage"].clone();
            }
        }
        let mut message = json!({"role": "assistant", "content": said});
        if call.is_object() {
            call["function"]["arguments"] = arguments.into();
            call.as_object_mut().unwrap().remove("index");
            message["tool_calls"] = json!([call]);
        }
        self.0.push(message);
        let count = |at: &str| usage.pointer(at).and_then(Value::as_u64).unwrap_or_else(|| panic!("{at} in {usage}"));
        (call["id"].as_str().map(str::to_owned), count("/prompt_tokens"), count("/prompt_tokens_details/cached_tokens"))
    }

    fn reply(&mut self, call: &str, result: String) {
        self.0.push(json!({"role": "tool", "tool_call_id": call, "content": result}));
    }
}

/// Responses, with nothing stored at the server.
struct Responses(Vec<Value>);

impl Agent for Responses {
    const PATH: &'static str = "/v1/responses";

    fn body(&self) -> Value {
        let function = |(name, description, parameters)| json!({"type": "function", "name": name, "description": description, "parameters": parameters, "strict": false});
        json!({
            "model": "claude-opus-5-5", "stream": true, "store": false, "input": self.0,
            "tools": tools().into_iter().map(function).collect::<Vec<_>>(),
        })
    }

    fn hear(&mut self, answer: &str) -> (Option<String>, u64, u64) {
        let done =
            events(answer).find(|event| event["type"] == "response.completed").unwrap_or_else(|| panic!("{answer}"));
        let output = done["response"]["output"].as_array().unwrap();
        self.0.extend(output.iter().cloned());
        let call = output.iter().find(|item| item["type"] == "function_call");
        let count = |at: &str| done.pointer(&format!("/response/usage{at}")).and_then(Value::as_u64).unwrap();
        let call = call.and_then(|call| call["call_id"].as_str()).map(str::to_owned);
        (call, count("/input_tokens"), count("/input_tokens_details/cached_tokens"))
    }

    fn reply(&mut self, call: &str, result: String) {
        self.0.push(json!({"type": "function_call_output", "call_id": call, "output": result}));
    }
}

/// How an agent's history begins: its instructions, about 5,800 tokens, and the task.
fn beginning() -> Vec<Value> {
    vec![
        json!({"role": "system", "content": prose(277, "a rule")}),
        json!({"role": "user", "content": "Look at all ten parts and tell me what they have in common."}),
    ]
}

/// Plays the session and gives what the upstream billed for each request.
fn session<A: Agent>(mut agent: A, gateway: &Gateway, sim: &Sim) -> Vec<Usage> {
    for n in 1..=REQUESTS {
        let (call, prompt, cached) = agent.hear(&gateway.ask(A::PATH, &agent.body()));
        let billed = sim.requests().last().unwrap().usage;
        assert_eq!(
            (prompt, cached),
            (billed.prompt(), billed.cache_read),
            "request {n}: the client is told what was billed"
        );
        match call {
            Some(call) => agent.reply(&call, result(n)),
            None => assert_eq!(n, REQUESTS),
        }
    }
    bills(sim)
}

fn bills(sim: &Sim) -> Vec<Usage> {
    let requests = sim.requests();
    assert_eq!(requests.len(), REQUESTS);
    assert!(
        requests.iter().all(|request| request.dialect == protocol::Dialect::AnthropicMessages && request.status == 200)
    );
    requests.iter().map(|request| request.usage).collect()
}

#[expect(clippy::cast_precision_loss, reason = "tokens of a test")]
fn units(bills: &[Usage]) -> f64 {
    let each = |usage: &Usage| {
        assert_eq!(usage.cache_write_long, 0, "an hour costs 2.0 for each token");
        usage.input as f64 + 0.1 * usage.cache_read as f64 + 1.25 * usage.cache_write_short as f64
    };
    bills.iter().map(each).sum()
}

/// Everything old read, everything new written.
#[expect(clippy::cast_precision_loss, reason = "tokens of a test")]
fn ideal(bills: &[Usage]) -> f64 {
    let prompts: Vec<f64> = bills.iter().map(|usage| usage.prompt() as f64).collect();
    let (last, before) = prompts.split_last().unwrap();
    1.25 * last + 0.1 * before.iter().sum::<f64>()
}

/// The figures of the head of this file, to a percent: how a translation frames a message may move a token or two.
#[track_caller]
fn has_its_shape(bills: &[Usage]) {
    let prompts: Vec<u64> = bills.iter().map(Usage::prompt).collect();
    let is_about = |tokens: u64, figure: u64| tokens.abs_diff(figure) * 100 <= figure;
    assert!(is_about(prompts[0], 7_728) && is_about(prompts[REQUESTS - 1], 11_588), "{prompts:?}");
    assert!(is_about(prompts.iter().sum(), 106_238), "{prompts:?}");
    let ideal = ideal(bills);
    assert!((ideal / 23_950.0 - 1.0).abs() < 0.01, "{ideal}");
}

#[track_caller]
fn is_near_the_ideal(bills: &[Usage]) {
    has_its_shape(bills);
    let ratio = units(bills) / ideal(bills);
    assert!((0.95..1.05).contains(&ratio), "{ratio:.4} of the ideal: {bills:#?}");
}

#[test]
fn an_agent_of_chat_completions_pays_the_ideal_at_an_anthropic_upstream() {
    let (desk, sim) = (Desk::new(), sim());
    is_near_the_ideal(&session(Chat(beginning()), &Gateway::before(&desk, &sim), &sim));
}

#[test]
fn an_agent_of_responses_pays_the_ideal_at_an_anthropic_upstream() {
    let (desk, sim) = (Desk::new(), sim());
    is_near_the_ideal(&session(Responses(beginning()), &Gateway::before(&desk, &sim), &sim));
}

/// The session as Anthropic gets it from a gateway that sets no breakpoints: the same bodies with the markers taken out. They are
/// in the upstream's dialect then, and pass through unchanged.
#[test]
fn the_same_session_without_breakpoints_costs_more_than_four_times_as_much() {
    let (desk, marked) = (Desk::new(), sim());
    let paid = session(Chat(beginning()), &Gateway::before(&desk, &marked), &marked);
    let (desk, unmarked) = (Desk::new(), sim());
    let gateway = Gateway::before(&desk, &unmarked);
    for request in marked.requests() {
        let mut body: Value = serde_json::from_slice(&request.body).unwrap();
        assert!(without_markers(&mut body) > 0, "the gateway has set none: {body}");
        gateway.ask("/v1/messages", &body);
    }
    let unpaid = bills(&unmarked);
    has_its_shape(&unpaid);
    assert!(unpaid.iter().all(|usage| usage.cache_read == 0 && usage.cache_write() == 0), "{unpaid:#?}");
    let (against_ideal, against_paid) = (units(&unpaid) / ideal(&unpaid), units(&unpaid) / units(&paid));
    assert!((4.2..4.7).contains(&against_ideal), "{against_ideal:.3}");
    assert!((4.0..4.7).contains(&against_paid), "{against_paid:.3}");
}

/// Takes cache markers out, wherever they stand; how many there were.
fn without_markers(value: &mut Value) -> usize {
    match value {
        Value::Object(fields) => {
            let own = usize::from(fields.remove("cache_control").is_some());
            own + fields.values_mut().map(without_markers).sum::<usize>()
        }
        Value::Array(items) => items.iter_mut().map(without_markers).sum(),
        _ => 0,
    }
}
