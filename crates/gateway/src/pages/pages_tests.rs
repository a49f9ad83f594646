use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;

use catalogue::Catalogue;
use http::{HeaderMap, HeaderValue};
use protocol::{ManualClock, Usage, Usd};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use store::Store;

use super::*;
use crate::account::{Added, Settings, tokens};
use crate::core::Gate as _;

/// A server and a router as the pages see them, as the test says.
#[derive(Default)]
struct Said(Mutex<(bool, Vec<BindingView>, bool)>);

impl Status for Said {
    fn draining(&self) -> bool {
        self.0.lock().unwrap().0
    }

    fn bindings(&self) -> Vec<BindingView> {
        self.0.lock().unwrap().1.clone()
    }

    fn models(&self) -> Vec<ModelView> {
        let view = |id: &str, owner: &str| ModelView {
            id: id.to_owned(),
            owner: owner.to_owned(),
            shown: id.to_owned(),
            served_by: vec![ModelRef::new(owner, id)],
        };
        vec![view("auto", "gateway"), view("claude-haiku-5-5", "anthropic"), view("org/model", "local")]
    }

    fn can_serve(&self) -> bool {
        !self.0.lock().unwrap().2
    }
}

struct Desk {
    site: Site,
    said: Arc<Said>,
    books: Arc<Books>,
    tokens: Arc<Tokens>,
    token: String,
    _state: tempfile::TempDir,
}

fn desk(loopback: bool) -> Desk {
    let state = tempfile::tempdir().unwrap();
    let now = Timestamp(1_795_219_200_000);
    let token = tokens::add(state.path(), "ci", None, BTreeSet::new(), now).unwrap().expose_secret().to_owned();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(now));
    let tokens = Arc::new(Tokens::open(state.path(), false).unwrap());
    let settings = Settings {
        store: Store::open(Path::new(state.path())).unwrap(),
        catalogue: Arc::new(Catalogue::builtin()),
        clock: clock.clone(),
        tokens: tokens.clone(),
        routers: None,
    };
    let books = Arc::new(Books::open(settings).unwrap());
    let said = Arc::new(Said::default());
    let site = Site::new(said.clone(), books.clone(), tokens.clone(), clock, loopback);
    Desk { site, said, books, tokens, token, _state: state }
}

impl Desk {
    fn get(&self, path: &str, headers: &[(&'static str, &str)]) -> (u16, String, Page) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let admitted = self.tokens.admit(&map);
        let request = PageRequest {
            method: Method::GET,
            path: path.to_owned(),
            query: None,
            headers: map,
            body: Bytes::new(),
            admitted,
        };
        let page = self.site.page(&request).unwrap_or_default();
        (page.status, String::from_utf8(page.body.to_vec()).unwrap(), page)
    }

    fn with_token(&self, path: &str) -> (u16, String, Page) {
        self.get(path, &[("x-api-key", &self.token)])
    }
}

fn binding(name: &str, breaker: Breaker) -> BindingView {
    BindingView { name: name.to_owned(), breaker, error_rate: Some(0.5), latency_ms: Some(120) }
}

#[test]
fn health_is_for_everybody_and_readiness_says_what_is_missing() {
    let desk = desk(false);
    assert_eq!(desk.get("/healthz", &[]).0, 200);
    assert_eq!(desk.get("/readyz", &[]).0, 200, "nobody was asked yet");
    desk.said.0.lock().unwrap().1 = vec![binding("a", Breaker::Open), binding("b", Breaker::HalfOpen)];
    assert_eq!(desk.get("/readyz", &[]).0, 200);
    desk.said.0.lock().unwrap().1 = vec![binding("a", Breaker::Open)];
    assert!(matches!(desk.get("/readyz", &[]), (503, text, _) if text.contains("every provider")));
    desk.said.0.lock().unwrap().2 = true;
    assert!(matches!(desk.get("/readyz", &[]), (503, text, _) if text.contains("no provider")));
    desk.said.0.lock().unwrap().0 = true;
    assert!(matches!(desk.get("/readyz", &[]), (503, text, _) if text.contains("draining")));
    assert_eq!(desk.get("/healthz", &[]).0, 200, "alive all the same");
    assert_eq!(desk.get("/nothing", &[]).0, 0);
}

#[test]
fn w71_models_are_listed_in_the_form_that_the_client_reads_and_somebody_says_hello() {
    let desk = desk(false);
    assert_eq!(desk.get("/api/hello", &[]).0, 200);
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let openai = json(&desk.with_token("/v1/models").1);
    assert_eq!(openai["object"], "list");
    assert_eq!(
        openai["data"][1],
        json(r#"{"id":"claude-haiku-5-5","object":"model","created":0,"owned_by":"anthropic"}"#)
    );
    let version = [("x-api-key", desk.token.as_str()), ("anthropic-version", "2023-06-01")];
    let anthropic = json(&desk.get("/v1/models", &version).1);
    assert_eq!(
        (&anthropic["first_id"], &anthropic["last_id"], &anthropic["has_more"]),
        (&Value::from("auto"), &Value::from("org/model"), &Value::from(false))
    );
    assert_eq!(anthropic["data"][1]["type"], "model");
    assert_eq!(json(&desk.with_token("/v1/models/org%2Fmodel").1)["id"], "org/model");
    assert_eq!(json(&desk.get("/v1/models/auto", &version).1)["display_name"], "auto");
    let (status, text, _) = desk.get("/v1/models/none", &version);
    assert_eq!((status, &json(&text)["error"]["type"]), (404, &Value::from("not_found_error")));
    let (status, text, _) = desk.get("/v1/models", &[]);
    assert!(status == 401 && json(&text)["error"]["message"].as_str().unwrap().contains("token is missing"), "{text}");
    let (status, text, _) = desk.get("/v1/models", &[("anthropic-version", "2023-06-01")]);
    assert_eq!((status, &json(&text)["error"]["type"]), (401, &Value::from("authentication_error")));
}

#[test]
fn metrics_and_dashboard_want_a_token_that_a_browser_can_give_too() {
    let desk = desk(false);
    for path in ["/", "/metrics"] {
        let (status, _, page) = desk.get(path, &[]);
        assert_eq!(status, 401, "{path}");
        assert!(page.headers.iter().any(|(name, _)| *name == "www-authenticate"));
        assert_eq!(desk.get(path, &[("authorization", "Basic dXNlcjp3cm9uZw==")]).0, 401);
        assert_eq!(desk.with_token(path).0, 200, "{path}");
        use base64::Engine as _;
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("me:{}", desk.token));
        assert_eq!(desk.get(path, &[("authorization", &format!("Basic {basic}"))]).0, 200, "{path}");
        assert_eq!(desk.get(path, &[("authorization", &format!("Basic {basic}x,"))]).0, 401, "{path}");
    }
}

#[test]
fn reachable_from_this_machine_only_the_dashboard_is_open_and_metrics_are_not() {
    let desk = desk(true);
    assert_eq!(desk.get("/", &[]).0, 200);
    assert_eq!(desk.get("/metrics", &[]).0, 401);
    assert_eq!(desk.get("/v1/models", &[]).0, 401);
}

#[test]
fn the_dashboard_shows_sums_and_escapes_whatever_names_come() {
    let desk = desk(true);
    desk.said.0.lock().unwrap().1 = vec![binding("anthropic/<b>&\"", Breaker::Open)];
    let usage = Usage { input: 10, cache_read: 30, output: 7, ..Usage::default() };
    desk.books.tally().add(&Added {
        requested: "<script>alert('x')</script>",
        binding: "anthropic/<b>&\"",
        failed: false,
        usage,
        usd: Some(Usd::from_dollars(1.0)),
        requested_usd: Some(Usd::from_dollars(2.5)),
        first_byte_ms: Some(100),
        ms: 900,
    });
    let (_, text, page) = desk.get("/", &[]);
    assert!(!text.contains("<script") && !text.contains("<b>"), "{text}");
    assert!(text.contains("&lt;script&gt;"));
    for shown in ["75 %", "$1.00", "$2.50 (2.50x)", ">open<", "50 %"] {
        assert!(text.contains(shown), "{shown} is missing in {text}");
    }
    let policy = &page.headers.iter().find(|(name, _)| *name == "content-security-policy").unwrap().1;
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    for elsewhere in ["http://", "https://", "src=", "href=", "url(", "@import"] {
        assert!(!text.contains(elsewhere), "{elsewhere}");
    }
}
