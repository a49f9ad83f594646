//! What holds for every request, and how fast.

use gateway::route::{REQUESTED, Refusal};
use proptest::prelude::*;

use super::*;

fn any_ask() -> impl Strategy<Value = Ask> {
    let text = prop_oneof![
        Just("Find all callers.".to_owned()),
        Just("Refactor the auth code in src/login.rs.".to_owned()),
        Just("You are a title generator.".to_owned()),
        Just("Your task is to create a detailed summary of it".to_owned()),
        ".{0,80}",
    ];
    let model = prop_oneof![
        Just("auto".to_owned()),
        Just("lane:fast".to_owned()),
        Just("claude-opus-5-5[1m]".to_owned()),
        Just("openai/gpt-6-luna".to_owned()),
        "[a-z/:.-]{1,20}",
    ];
    let header = prop_oneof![
        Just(("x-agent-hint-files".to_owned(), "12".to_owned())),
        Just(("x-agent-hint-lane".to_owned(), "strong".to_owned())),
        Just(("x-agent-force-lane".to_owned(), "fast".to_owned())),
        Just(("x-openai-subagent".to_owned(), "review".to_owned())),
        ("x-agent-(hint-[a-z]{1,9}|force-lane)", "[ -~]{0,20}"),
    ];
    let path = prop::sample::select(vec![
        "/v1/messages",
        "/v1/messages/count_tokens",
        "/v1/chat/completions",
        "/v1/responses",
    ]);
    (path, model, text, prop::collection::vec(header, 0..4), any::<bool>(), 0usize..12, 0u8..4).prop_map(
        |(path, model, text, headers, has_tools, more, session)| {
            let mut body = body(&model, &text, more);
            if path == "/v1/responses" {
                body["input"] = body["messages"].take();
            }
            if !has_tools {
                body.as_object_mut().unwrap().remove("tools");
                body["max_tokens"] = json!(1);
            }
            let session = session.to_string();
            let mut pairs: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            pairs.push(("x-session-id", &session));
            asks(path, &pairs, &body)
        },
    )
}

/// Everything that a decision says.
fn told(result: &Result<Plan, Refusal>) -> String {
    match result {
        Ok(plan) => {
            let names: Vec<&str> = plan.bindings.iter().map(|binding| binding.name.as_str()).collect();
            format!("{} {names:?} {:?} {:?} {}", plan.lane, plan.places, plan.reasons, plan.fresh)
        }
        Err(refusal) => format!("{} {refusal}", refusal.reason),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn gw_22_every_request_gets_one_decision_with_a_reason(asks in prop::collection::vec(any_ask(), 1..12), lanes: bool, minutes in prop::collection::vec(0u64..90, 12)) {
        let router = Router::new(ready(lanes), clock()).unwrap();
        let mut now = NOW;
        for (ask, minutes) in asks.iter().zip(minutes) {
            now = now.plus(Duration::from_secs(60 * minutes));
            let sessions = router.sessions();
            match router.plan(ask, now) {
                Ok(plan) => {
                    prop_assert!(!plan.bindings.is_empty() && !plan.reasons.is_empty(), "{plan:?}");
                    prop_assert_eq!(plan.bindings.len(), plan.places.len());
                    prop_assert_eq!(&*plan.places[0].lane, &plan.lane);
                    prop_assert!(plan.bindings.iter().all(|binding| binding.client(ask.dialect).is_some()));
                    let known = plan.lane == REQUESTED || router.config().policy.lanes.iter().any(|lane| lane.name == plan.lane);
                    prop_assert!(known, "{plan:?}");
                }
                Err(refusal) => prop_assert!(!refusal.message.is_empty() && (400..=503).contains(&refusal.status)),
            }
            prop_assert!(ask.class.is_session() || router.sessions() == sessions, "{:?} wrote", ask.class);
        }
    }

    #[test]
    fn gw_23_the_same_requests_get_the_same_decisions(asks in prop::collection::vec(any_ask(), 1..8), lanes: bool) {
        let new = || Router::new(ready(lanes), clock()).unwrap();
        let (one, other) = (new(), new());
        for (at, ask) in asks.iter().enumerate() {
            let now = after(30 * at as u64);
            // What is looked at beforehand changes nothing, and is what then happens.
            let seen = told(&other.preview(ask, now));
            let (first, second) = (told(&one.plan(ask, now)), told(&other.plan(ask, now)));
            prop_assert_eq!(&first, &second);
            prop_assert_eq!(&first, &seen);
        }
    }

    #[test]
    fn whatever_is_pasted_behind_a_task_its_lane_is_not_below(task in prop::sample::select(vec!["Find all callers.", "Refactor the parser.", "Fix the crash."]), pasted in ".{0,300}") {
        let router = Router::new(ready(true), clock()).unwrap();
        let lane = |text: &str| router.preview(&ask("auto", text), NOW).unwrap().lane;
        let with = format!("{task}\n{pasted}");
        prop_assert!(lane(task) == "fast" || lane(&with) == "strong");
    }
}

/// Not in a debug build: `cargo test --release -p gateway --test route gw_23 -- --nocapture`.
#[test]
fn gw_23_a_decision_by_rules_takes_less_than_a_tenth_of_a_millisecond() {
    let router = router(&format!("{LANES}gateway: {{sessions: 500}}\n"));
    let task =
        "Add a retry to the client in src/http/client.rs. It fails with a timeout after a while, and the log says so. ";
    let fresh: Vec<Ask> = (0..2_000)
        .map(|number| {
            asks("/v1/messages", &[("x-session-id", &format!("s{number}"))], &body("auto", &task.repeat(20), 1))
        })
        .collect();
    let next = asks("/v1/messages", &[("x-session-id", "s1999")], &body("auto", &task.repeat(20), 2));
    let took = |name: &str, asks: &mut dyn Iterator<Item = &Ask>| {
        let mut times: Vec<f64> = asks
            .map(|ask| {
                let began = std::time::Instant::now();
                router.plan(ask, NOW).unwrap();
                began.elapsed().as_secs_f64() * 1e6
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let at = |share: f64| times[(times.len() as f64 * share) as usize];
        println!("{name}: p50 {:.1} us, p99 {:.1} us", at(0.5), at(0.99));
        at(0.99)
    };
    let first = took("a new session", &mut fresh.iter());
    let stays = took("one that stays", &mut std::iter::repeat_n(&next, 2_000));
    assert!(cfg!(debug_assertions) || (first < 100.0 && stays < 100.0), "{first} us, {stays} us");
}
