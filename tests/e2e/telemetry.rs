//! Spans for OpenTelemetry as a collector receives them over HTTP.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span as Sent;
use prost::Message as _;
use serde_json::{Value, json};

use crate::support::{Desk, Ended, Sim};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const CAPTURE: &str = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
const TASK: &str = "Where is the marmalade number kept?";
const KEY: &str = "sk-test-not-a-key";

/// Far more than the end of a command may wait for a collector, far less than a collector's own time limits add up to.
const SOON: Duration = Duration::from_secs(15);

type Received = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A collector: takes whatever comes.
struct Collector {
    url: String,
    received: Received,
}

impl Collector {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let received = Received::default();
        let router = axum::Router::new().route("/v1/traces", axum::routing::post(take)).with_state(received.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), router).await.unwrap();
            });
        });
        Self { url, received }
    }

    fn header(&self, name: &str) -> BTreeSet<String> {
        let received = self.received.lock().unwrap();
        received.iter().map(|(headers, _)| headers[name].to_str().unwrap().to_owned()).collect()
    }

    /// Whether these words are anywhere in what came.
    fn knows(&self, words: &str) -> bool {
        let received = self.received.lock().unwrap();
        received.iter().any(|(_, body)| String::from_utf8_lossy(body).contains(words))
    }

    fn requests(&self) -> Vec<ExportTraceServiceRequest> {
        let received = self.received.lock().unwrap();
        let read = |(headers, body): &(HeaderMap, Bytes)| match headers["content-type"].to_str().unwrap() {
            "application/json" => serde_json::from_slice(body).unwrap(),
            "application/x-protobuf" => ExportTraceServiceRequest::decode(body.clone()).unwrap(),
            other => panic!("{other}"),
        };
        received.iter().map(read).collect()
    }

    fn spans(&self) -> Spans {
        let resources = self.requests().into_iter().flat_map(|request| request.resource_spans);
        let spans = resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans);
        Spans(spans.map(|sent| (sent.span_id.clone(), Span::of(sent))).collect())
    }

    fn service(&self) -> BTreeSet<String> {
        let resources = self.requests().into_iter().flat_map(|request| request.resource_spans);
        resources.map(|spans| attributes(&spans.resource.unwrap().attributes)["service.name"].to_string()).collect()
    }
}

async fn take(State(received): State<Received>, headers: HeaderMap, body: Bytes) -> StatusCode {
    received.lock().unwrap().push((headers, body));
    StatusCode::OK
}

/// What is asserted of a span.
#[derive(Clone, Debug)]
struct Span {
    name: String,
    trace: Vec<u8>,
    parent: Vec<u8>,
    failed: bool,
    attributes: BTreeMap<String, Value>,
}

impl Span {
    fn of(sent: Sent) -> Self {
        Self {
            name: sent.name,
            trace: sent.trace_id,
            parent: sent.parent_span_id,
            failed: sent.status.is_some_and(|status| status.code == 2),
            attributes: attributes(&sent.attributes),
        }
    }

    #[track_caller]
    fn get(&self, name: &str) -> &Value {
        self.attributes.get(name).unwrap_or_else(|| panic!("{name} is missing in {self:#?}"))
    }

    fn number(&self, name: &str) -> f64 {
        self.get(name).as_f64().unwrap()
    }
}

fn attributes(pairs: &[KeyValue]) -> BTreeMap<String, Value> {
    pairs.iter().map(|pair| (pair.key.clone(), pair.value.as_ref().map_or(Value::Null, value))).collect()
}

fn value(any: &AnyValue) -> Value {
    match any.value.as_ref().unwrap() {
        Any::StringValue(text) => json!(text),
        Any::BoolValue(yes) => json!(yes),
        Any::IntValue(number) => json!(number),
        Any::DoubleValue(number) => json!(number),
        Any::ArrayValue(array) => array.values.iter().map(value).collect(),
        other => panic!("{other:?}"),
    }
}

/// Everything that came, by id.
struct Spans(BTreeMap<Vec<u8>, Span>);

impl Spans {
    /// The spans whose names begin so.
    fn named(&self, start: &str) -> Vec<Span> {
        self.0.values().filter(|span| span.name.starts_with(start)).cloned().collect()
    }

    /// Names from a span up to its root.
    fn way_up(&self, span: &Span) -> Vec<String> {
        let parents = std::iter::successors(Some(span), |span| self.0.get(&span.parent));
        parents.map(|span| span.name.clone()).collect()
    }

    /// The sum of a number over all model calls.
    fn sum(&self, name: &str) -> f64 {
        self.named("chat ").iter().map(|chat| chat.number(name)).sum()
    }
}

/// A run in which main delegates, with these variables besides.
fn run(variables: &[(&str, &str)]) -> Ended {
    let (desk, sim) = (Desk::new(), Sim::free());
    let all = [&sim.variables()[..], variables].concat();
    desk.agent_with(&all, &["run", TASK, "--json"], "").exits(0)
}

fn steps(ended: &Ended, of: &str) -> f64 {
    ended.events("step.completed").iter().map(|step| step["usage"][of].as_f64().unwrap()).sum()
}

#[test]
fn a_delegation_is_a_tree_of_spans_that_adds_up_to_the_bill() {
    let collector = Collector::new();
    let ended = run(&[(ENDPOINT, &collector.url)]);
    assert_eq!(collector.header("content-type"), BTreeSet::from(["application/x-protobuf".to_owned()]));
    assert_eq!(collector.service(), BTreeSet::from(["\"tandem\"".to_owned()]));
    let spans = collector.spans();
    let traces: BTreeSet<&Vec<u8>> = spans.0.values().map(|span| &span.trace).collect();
    assert_eq!(traces.len(), 1, "one turn, one trace");

    let chats = spans.named("chat ");
    assert_eq!(chats.len(), ended.events("step.completed").len());
    for chat in &chats {
        let agent = chat.get("gen_ai.agent.name").as_str().unwrap();
        let way: &[&str] = match agent {
            "main" => &["invoke_agent main"],
            _ => &["invoke_agent sidekick", "execute_tool delegate", "invoke_agent main"],
        };
        assert_eq!(spans.way_up(chat)[1..], *way);
        assert_eq!(chat.attributes.contains_key("tandem.delegation"), agent != "main");
        assert_eq!(*chat.get("gen_ai.operation.name"), "chat");
        assert_eq!(*chat.get("gen_ai.provider.name"), "anthropic");
        assert_eq!(chat.name, format!("chat {}", chat.get("gen_ai.request.model").as_str().unwrap()));
        assert_eq!(*chat.get("gen_ai.conversation.id"), ended.session());
        assert_eq!(*chat.get("tandem.purpose"), "step");
        let reasons = chat.get("gen_ai.response.finish_reasons").as_array().unwrap();
        assert!(["stop", "tool_call"].contains(&reasons[0].as_str().unwrap()), "{reasons:?}");
        assert!(chat.number("gen_ai.request.max_tokens") > 0.0 && chat.number("tandem.step") > 0.0);
        assert!(chat.get("tandem.window").as_str().unwrap().contains(agent) && !chat.failed);
    }
    assert!(chats.iter().any(|chat| *chat.get("gen_ai.agent.name") == "sidekick"), "the sidekick worked");

    let billed = ended.completed()["usd"].as_f64().unwrap();
    assert!(billed > 0.0 && (spans.sum("tandem.cost_usd") - billed).abs() < 1e-9, "{billed}");
    let prompt = ["input", "cache_read", "cache_write_short", "cache_write_long"].map(|kind| steps(&ended, kind));
    assert_eq!(spans.sum("gen_ai.usage.input_tokens"), prompt.iter().sum::<f64>());
    assert_eq!(spans.sum("gen_ai.usage.output_tokens"), steps(&ended, "output"));
    assert_eq!(spans.sum("gen_ai.usage.cache_read.input_tokens"), prompt[1]);
    assert_eq!(spans.sum("gen_ai.usage.cache_creation.input_tokens"), prompt[2] + prompt[3]);

    let tools = spans.named("execute_tool ");
    let started: Vec<Value> = ended.events("tool.started").into_iter().map(|event| event["call"].clone()).collect();
    let called = |tool: &Span| started.contains(tool.get("gen_ai.tool.call.id"));
    assert!(tools.len() == started.len() && tools.iter().all(called), "{started:?}");
    let turn = &spans.named("invoke_agent main")[0];
    assert_eq!((turn.get("tandem.status"), turn.parent.len()), (&ended.completed()["status"], 0));
    assert_eq!(*spans.named("invoke_agent sidekick")[0].get("tandem.status"), "complete");
}

#[test]
fn a_decision_is_a_span_with_its_numbers_where_it_was_made() {
    let collector = Collector::new();
    let ended = run(&[(ENDPOINT, &collector.url)]);
    let spans = collector.spans();
    let told: BTreeSet<String> =
        ended.events("decision").iter().map(|event| format!("decision {}", event["kind"].as_str().unwrap())).collect();
    let decisions = spans.named("decision ");
    assert!(!decisions.is_empty() && decisions.len() == ended.events("decision").len());
    assert_eq!(decisions.iter().map(|span| span.name.clone()).collect::<BTreeSet<_>>(), told);
    for decision in &decisions {
        assert!(spans.way_up(decision).last().unwrap() == "invoke_agent main", "{decision:#?}");
        for name in ["tandem.decision.chosen", "tandem.decision.because", "gen_ai.agent.name", "tandem.window"] {
            assert!(!decision.get(name).as_str().unwrap().is_empty());
        }
    }
    let numbers =
        |span: &Span| span.attributes.keys().filter(|name| name.starts_with("tandem.decision.numbers.")).count();
    assert!(decisions.iter().any(|span| numbers(span) > 0), "{decisions:#?}");
}

/// A lane whose model changes nothing, and one whose model does what was asked.
const LANES: &str = "name: lanes
actors:
  - id: fast
    when: {model: claude-haiku-5-5}
    otherwise: {say: Low.}
  - id: strong
    when: {model: claude-opus-5-5}
    steps:
      - calls: [{tool: take_over, args: {reason: a number}}]
      - calls:
          - {tool: read, args: {files: [{path: src/lib.rs}]}}
          - {tool: edit, args: {path: src/lib.rs, edits: [{old: '41', new: '42'}]}}
    otherwise: {say: Done.}
";

const LANES_TEAM: &str = "version: 1
name: lanes
verify:
  - {name: answer, command: sh check.sh}
agents:
  - {id: main, role: coordinator, brain: {provider: anthropic, model: claude-opus-5-5}}
  - {id: sidekick, brain: {provider: anthropic, model: claude-haiku-5-5}}
";

/// The spans of a task's ways to a lane, by the number of the attempt.
fn routes(policy: &str, more: &[&str]) -> (Desk, Ended, Vec<Span>) {
    let (desk, sim, collector) = (Desk::new(), Sim::play(LANES), Collector::new());
    let team = desk.aside("team.yaml", LANES_TEAM);
    let variables = [&sim.variables()[..], &[(ENDPOINT, collector.url.as_str())]].concat();
    let policy = desk.aside("policy.yaml", &format!("version: 1\n{policy}"));
    let run = ["run", "Add a docstring to the answer.", "--json", "--team", &team, "--policy", &policy];
    let arguments = [&run[..], more].concat();
    let ended = desk.agent_with(&variables, &arguments, "").exits(0);
    let spans = collector.spans();
    let mut routes = spans.named("route ");
    for span in &routes {
        assert_eq!(spans.way_up(span)[1..], ["invoke_agent main"]);
    }
    routes.sort_by_key(|span| span.get("route.attempt").as_i64());
    let cost: f64 = routes.iter().map(|span| span.number("cost.usd")).sum();
    let tokens = |name: &str| routes.iter().map(|span| span.number(name)).sum::<f64>();
    let all = spans.sum("tandem.cost_usd");
    assert!((cost - all).abs() < 1e-9, "every call belongs to one attempt: {cost} of {all} in {routes:#?}");
    for name in ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.cache_read.input_tokens"] {
        assert_eq!(tokens(name), spans.sum(name), "{name}");
    }
    (desk, ended, routes)
}

#[test]
fn t33_every_way_to_a_lane_is_a_span_with_what_it_rests_on_and_what_it_cost() {
    let (desk, ended, routes) = routes("", &[]);
    let decided = ended.events("route.decided");
    assert_eq!((routes.len(), decided.len()), (2, 2), "{routes:#?}");
    for (span, event) in routes.iter().zip(&decided) {
        let route = &event["route"];
        assert_eq!(span.name, format!("route {}", route["lane"].as_str().unwrap()));
        assert_eq!(*span.get("route.task_type"), route["task_type"]);
        assert_eq!(*span.get("route.tier"), route["lane"]);
        assert_eq!(*span.get("route.model"), event["brain"]);
        assert_eq!(*span.get("route.policy_hash"), route["policy"]);
        let reasons: Vec<&str> = route["reasons"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        assert_eq!(*span.get("route.reason"), reasons.join(", "));
        assert_eq!((span.get("gen_ai.agent.name"), span.get("route.user_override")), (&json!("main"), &json!(false)));
        assert!(!span.attributes.contains_key("route.classifier_label"), "nobody asked the classifier");
    }
    let (fast, strong) = (&routes[0], &routes[1]);
    assert!(!fast.attributes.contains_key("route.fallback_from"));
    assert_eq!((fast.get("route.failure"), strong.get("route.passed")), (&json!("no_patch"), &json!(true)));
    assert_eq!(*strong.get("route.fallback_from"), "fast");
    assert!(strong.get("route.reason").as_str().unwrap().contains("escalated:fast:no_patch"));
    // The same tokens are dearer in the last lane, and in it they cost what they cost.
    assert!(fast.number("cost.baseline_usd") > 2.0 * fast.number("cost.usd"));
    assert!((strong.number("cost.baseline_usd") - strong.number("cost.usd")).abs() < 1e-9);
    assert_eq!(desk.read("src/lib.rs"), "pub fn answer() -> u32 {\n    42\n}\n");
}

#[test]
fn t33_a_person_who_names_the_lane_and_the_classifiers_word_are_in_the_span() {
    let (_, _, routes) = routes("classifier: {mode: shadow}\n", &["--lane", "strong"]);
    assert_eq!(routes.len(), 1);
    assert_eq!(*routes[0].get("route.classifier_label"), "low");
    assert_eq!(*routes[0].get("route.user_override"), true);
    assert!(routes[0].get("route.reason").as_str().unwrap().contains("forced:strong"));
}

#[test]
fn what_was_said_is_in_spans_only_when_it_is_asked_for() {
    let silent = Collector::new();
    let ended = run(&[(ENDPOINT, &silent.url), (CAPTURE, "false")]);
    let answer = ended.events("message").pop().unwrap()["text"].as_str().unwrap().to_owned();
    assert!(silent.knows("tandem.cost_usd") && !silent.knows("marmalade") && !silent.knows(&answer), "{answer}");

    let open = Collector::new();
    let variables = [(ENDPOINT, open.url.as_str()), (CAPTURE, "true"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")];
    let ended = run(&variables);
    assert_eq!(open.header("content-type"), BTreeSet::from(["application/json".to_owned()]));
    let spans = open.spans();
    // Of main: a brief says again what the user said.
    let said = |name: &str, words: &str| {
        let told = |span: &&Span| span.attributes.get(name).is_some_and(|text| text.as_str().unwrap().contains(words));
        spans.0.values().filter(|span| *span.get("gen_ai.agent.name") == "main").filter(told).count()
    };
    assert_eq!(said("gen_ai.input.messages", TASK), 1, "what a call adds, not the whole conversation");
    let answer = ended.events("message").pop().unwrap()["text"].as_str().unwrap().to_owned();
    let first_line = answer.lines().next().unwrap();
    assert!(said("gen_ai.output.messages", first_line) > 0, "{answer}");
    assert!(said("gen_ai.tool.call.arguments", "sidekick") > 0 && said("gen_ai.tool.call.result", "receipt") > 0);
    assert!(!open.knows(KEY) && !silent.knows(KEY));
}

#[test]
fn a_call_that_fails_says_why_without_the_providers_words() {
    let (desk, sim, collector) = (Desk::new(), Sim::faulty("- {kind: unauthorized}", ""), Collector::new());
    let variables = [&sim.variables()[..], &[(ENDPOINT, collector.url.as_str())]].concat();
    desk.agent_with(&variables, &["run", TASK, "--team", "solo"], "").exits(4);
    let spans = collector.spans();
    for name in ["chat ", "invoke_agent "] {
        let span = &spans.named(name)[0];
        assert!(span.failed && *span.get("error.type") == "auth", "{span:#?}");
    }
}

#[test]
fn a_call_that_was_tried_again_is_one_span() {
    let (desk, collector) = (Desk::new(), Collector::new());
    let sim = Sim::faulty("- {kind: http_529, times: 2, retry_after_ms: 1}", "");
    let variables = [&sim.variables()[..], &[(ENDPOINT, collector.url.as_str())]].concat();
    desk.agent_with(&variables, &["run", TASK, "--team", "solo"], "").exits(0);
    let chats = collector.spans().named("chat ");
    assert_eq!(chats.len(), 1);
    assert!(chats[0].number("tandem.retries") == 2.0 && !chats[0].failed, "{:#?}", chats[0]);
}

#[test]
fn nothing_is_sent_by_a_session_that_was_not_asked_for_spans() {
    let collector = Collector::new();
    for off in [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")] {
        assert_eq!(run(&[(ENDPOINT, &collector.url), off]).err.matches("telemetry").count(), 0);
    }
    // Named for logs only.
    run(&[("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", &collector.url), ("OTEL_TRACES_EXPORTER", "otlp")]);
    assert!(collector.received.lock().unwrap().is_empty());
}

#[test]
fn a_collector_that_is_away_or_silent_is_mentioned_once_and_changes_nothing_else() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = (silent.local_addr().unwrap(), Some(silent));
    let away = (TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap(), None);
    for (address, _listening) in [silent, away] {
        let url = format!("http://user:password@{address}/?key=hidden");
        let began = Instant::now();
        let ended = run(&[(ENDPOINT, &url)]);
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
        assert_eq!(ended.completed()["status"], "answered");
        let address = address.to_string();
        let ended = ended.says(&["telemetry: ", &address, "The command itself is not affected", ENDPOINT]);
        assert_eq!(ended.err.matches("telemetry: ").count(), 1, "{}", ended.err);
        assert!(!ended.err.contains("password") && !ended.err.contains("hidden"), "{}", ended.err);
    }
}

#[test]
fn a_protocol_that_is_not_spoken_is_said_and_the_work_is_done() {
    let ended = run(&[(ENDPOINT, "http://127.0.0.1:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
    ended.says(&["telemetry is off", "OTEL_EXPORTER_OTLP_PROTOCOL is `grpc`", "http/protobuf"]);
}

#[test]
fn the_collectors_key_reaches_the_collector_and_no_command() {
    let (desk, collector) = (Desk::new(), Collector::new());
    let sim = Sim::steps("- calls: [{tool: bash, args: {command: env}}]");
    let team = desk.solo_with_commands(&["env"]);
    let variables = [
        (ENDPOINT, collector.url.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20collector-secret"),
        ("OTEL_SERVICE_NAME", "a-service"),
    ];
    let all = [&sim.variables()[..], &variables].concat();
    let ended = desk.agent_with(&all, &["run", "Show it.", "--team", &team], "").exits(0);
    assert_eq!(collector.header("authorization"), BTreeSet::from(["Bearer collector-secret".to_owned()]));
    assert_eq!(collector.service(), BTreeSet::from(["\"a-service\"".to_owned()]));
    let told = sim.told().join("\n");
    assert!(told.contains("PATH=") && !told.contains("OTEL_") && !told.contains("collector-secret"), "{told}");
    assert!(!ended.err.contains("collector-secret") && !collector.knows("collector-secret"));
}
