//! `agent policy`: which policy holds here, and what is wrong with a file.

use crate::support::{Desk, Ended};

#[track_caller]
fn prints(ended: &Ended, words: &[&str]) {
    for word in words {
        assert!(ended.out.contains(word), "`{word}` is missing in\n{}", ended.out);
    }
}

#[test]
fn show_prints_every_value_with_its_origin_and_the_hash() {
    let desk = Desk::new();
    let built_in = desk.agent(&["policy", "show", "--json"]).exits(0).json();
    assert_eq!(built_in["source"], "built-in policy");
    assert_eq!(built_in["not_in_use"], serde_json::Value::Null);
    let mine = desk.aside("mine.yaml", "# mine\nmonitor:\n  up: 6\n");
    let shown = desk.agent(&["policy", "show", &mine, "--json"]).exits(0).json();
    assert_ne!(shown["hash"], built_in["hash"]);
    let field = |path: &str| {
        let fields = shown["fields"].as_array().unwrap();
        fields.iter().find(|field| field["path"] == path).unwrap_or_else(|| panic!("{path} in {shown}")).clone()
    };
    assert_eq!(field("monitor.up")["value"], "6");
    assert_eq!(field("monitor.up")["origin"], format!("{mine}:3"));
    assert_eq!(field("monitor.down")["origin"], "built-in policy");
    let text = desk.agent(&["policy", "show"]).exits(0).out;
    assert!(
        text.contains(built_in["hash"].as_str().unwrap()) && text.contains("monitor.signals.error_streak.weight"),
        "{text}"
    );
}

#[test]
fn a_projects_policy_is_shown_before_it_is_trusted_and_said_not_to_be_in_use() {
    let desk = Desk::new();
    desk.file(".agent/policy.yaml", "monitor: {up: 6}\n");
    let shown = desk.agent(&["policy", "show", "--json"]).exits(0).json();
    assert_eq!(shown["source"], ".agent/policy.yaml");
    assert!(shown["not_in_use"].as_str().unwrap().contains("is not trusted yet"), "{shown}");
    desk.agent(&["policy", "check"]).exits(0);
}

#[test]
fn check_names_the_place_of_a_mistake_and_what_is_allowed() {
    let desk = Desk::new();
    desk.file(".agent/policy.yaml", "version: 1\nmonitor:\n  down: 9\n");
    desk.agent(&["policy", "check"]).exits(2).says(&[".agent/policy.yaml:3:9: monitor.down", "must be below `up`"]);
    let unknown = desk.aside("unknown.yaml", "lane: [fast, strong]\n");
    desk.agent(&["policy", "check", &unknown]).exits(2).says(&[":1:1: ", "`lane`", "did you mean `lanes`?"]);
    let fine = desk.aside("fine.yaml", "monitor: {up: 6}\n");
    let checked = desk.agent(&["policy", "check", &fine]).exits(0);
    assert!(checked.out.contains("fine.yaml: ok; hash "), "{}", checked.out);
}

#[test]
fn check_of_a_published_file_says_what_was_made_of_it_and_names_a_missing_variable_without_a_value() {
    let desk = Desk::new();
    let published = desk.aside(
        "published.yaml",
        "models: {fast: {model: haiku}, strong: {model: opus}, verifier: {model: opus}}\nrouting: {fast_max_score: 6, strong_min_score: 7}\n",
    );
    let checked = desk.agent(&["policy", "check", &published]).exits(0).says(&[
        "`no_checks`",
        "verifier: opus is also",
        "tries as often as our `strong_attempts` says",
    ]);
    assert!(checked.out.contains("published.yaml: ok; hash "), "{}", checked.out);
    let tiers = desk.aside(
        "litellm.yaml",
        "model_list:\n  - {model_name: a, litellm_params: {model: x/one, api_key: os.environ/X_KEY}}\n  - {model_name: b, litellm_params: {model: x/two}}\n",
    );
    desk.agent(&["policy", "check", &tiers]).exits(2).says(&["litellm.yaml:2:", "X_KEY is not set"]);
    let variables = [("X_KEY", "sk-very-secret")];
    let checked = desk.agent_with(&variables, &["policy", "show", &tiers, "--json"], "").exits(0);
    assert!(!checked.out.contains("very-secret") && checked.out.contains("x/one"), "{}", checked.out);
}

#[test]
fn diff_names_the_fields_that_a_file_changes_with_both_origins() {
    let desk = Desk::new();
    prints(&desk.agent(&["policy", "diff"]).exits(0), &["no field differs"]);
    let mine = desk.aside("mine.yaml", "monitor: {up: 6}\niterations:\n  main: 30\n");
    let other = desk.aside("other.yaml", "monitor: {up: 6}\n");
    let changes = |arguments: &[&str]| desk.agent(arguments).exits(0).json()["changes"].as_array().unwrap().clone();
    let of_mine = changes(&["policy", "diff", &mine, "--json"]);
    assert_eq!(of_mine.len(), 2);
    assert_eq!(of_mine[1]["path"], "iterations.main");
    assert_eq!(of_mine[1]["from"]["origin"], "built-in policy");
    assert_eq!(of_mine[1]["to"]["value"], "30");
    assert_eq!(of_mine[1]["to"]["origin"], format!("{mine}:3"));
    let between = changes(&["policy", "diff", &mine, &other, "--json"]);
    assert_eq!(between.len(), 1);
    assert_eq!((&between[0]["from"]["value"], &between[0]["to"]["value"]), (&"30".into(), &"60".into()));
    prints(
        &desk.agent(&["policy", "diff", &mine, &other]).exits(0),
        &["mine.yaml to ", "  - 30 (", "  + 60 (built-in"],
    );
    prints(&desk.agent(&["policy", "diff", &mine]).exits(0), &["iterations.main\n  - 60 (built-in policy)\n  + 30 ("]);
}

#[test]
fn drift_names_files_that_look_risky_and_that_no_rule_knows() {
    let desk = Desk::new();
    desk.file("src/session_store.rs", "");
    desk.file("src/auth/login.rs", "");
    desk.file("src/session/core.rs", "");
    desk.file("target/session_store.rs", "");
    desk.file(".gitignore", "target/\n");
    let drift = desk.agent(&["policy", "drift", "--json"]).exits(0).json();
    assert_eq!(drift["drift"], serde_json::json!([{ "path": "src/session_store.rs", "looks": ["auth"] }]));
    prints(&desk.agent(&["policy", "drift"]).exits(0), &["src/session_store.rs  looks like auth", "1 of "]);
    let knows = desk.aside("knows.yaml", "path_rules: [{name: sessions, patterns: [\"session_*\"]}]\n");
    prints(&desk.agent(&["policy", "drift", "--policy", &knows]).exits(0), &["0 of "]);
}

#[test]
fn check_says_in_json_too_what_is_wrong_with_a_file() {
    let desk = Desk::new();
    let wrong = desk.aside("wrong.yaml", "version: 1\nmonitor:\n  down: 9\n");
    let page = desk.agent(&["policy", "check", &wrong, "--json"]).exits(2).json();
    assert_eq!((&page["ok"], &page["source"]), (&false.into(), &wrong.as_str().into()));
    assert_eq!((&page["error"]["line"], &page["error"]["field"]), (&3.into(), &"monitor.down".into()));
    assert!(page["error"]["message"].as_str().unwrap().contains("must be below `up`"), "{page}");
    let page = desk.agent(&["policy", "check", "nowhere.yaml", "--json"]).exits(2).json();
    assert_eq!(
        (&page["ok"], &page["source"], &page["error"]["line"]),
        (&false.into(), &"nowhere.yaml".into(), &().into())
    );
}

#[test]
fn a_policy_that_is_not_there_is_named_with_what_to_do() {
    let desk = Desk::new();
    for arguments in
        [&["route", "Add a docstring.", "--policy", "nowhere.yaml"][..], &["policy", "check", "nowhere.yaml"]]
    {
        desk.agent(arguments).exits(2).says(&[
            "the policy nowhere.yaml cannot be read: no such file",
            "hint: name a file that is there; without --policy this folder's .agent/policy.yaml counts",
        ]);
    }
}

#[test]
fn a_provider_that_nobody_knows_is_a_mistake_with_its_place_and_an_unknown_model_is_warned_of() {
    let desk = Desk::new();
    let nobody = desk.aside(
        "nobody.yaml",
        "models:\n  fast: {provider: nobody, model: claude-haiku-5-5}\n  strong: {provider: anthropic, model: claude-opus-5-5}\n",
    );
    for arguments in [&["policy", "check", &nobody][..], &["route", "Add a docstring.", "--policy", &nobody]] {
        desk.agent(arguments)
            .exits(2)
            .says(&["nobody.yaml:2:20: models.fast.provider: there is no provider `nobody`; known are ", "anthropic"]);
    }
    let own = "lanes: [{name: fast}, {name: strong, brain: {provider: nobody, model: x}}]\n";
    desk.agent(&["policy", "check", &desk.aside("own.yaml", own)])
        .exits(2)
        .says(&["lanes[1].brain.provider: there is no"]);
    let models = desk.aside(
        "models.yaml",
        "providers:\n  - {name: nobody, base_url: \"http://127.0.0.1:9/v1\", dialect: openai_chat}\n",
    );
    let known = desk.agent(&["policy", "check", &nobody, "--models", &models]);
    assert!(!known.err.contains("there is no provider"), "{}", known.err);

    let nonsense = desk.aside("nonsense.yaml", "lanes: [{name: fast, brain: nonsense-model@low}, {name: strong}]\n");
    desk.agent(&["policy", "check", &nonsense]).exits(0).says(&["warning: lane fast: nonsense-model@low: no alias"]);
    let checked = desk.agent(&["policy", "check", &nonsense, "--json"]).exits(0).json();
    assert!(checked["remarks"].to_string().contains("nonsense-model@low"), "{checked}");
    // As a run with that key would say it.
    let key = [("ANTHROPIC_API_KEY", "sk-test-not-a-key")];
    desk.agent_with(&key, &["policy", "check", &nonsense], "")
        .exits(2)
        .says(&["anthropic has no model `nonsense-model`"]);
    let fine =
        desk.aside("fine.yaml", "lanes: [{name: fast, brain: claude-haiku-5-5@low}, {name: strong, brain: premium}]\n");
    let checked = desk.agent(&["policy", "check", &fine]).exits(0);
    assert!(!checked.err.contains("warning"), "{}", checked.err);
}
