//! Commands that show what there is.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{AGENT, Desk, Ended, Sim};

/// A session of the default team in the lane of main's own model, played by the free play.
fn session() -> (Desk, Sim, String) {
    let (desk, sim) = (Desk::new(), Sim::free());
    let id = desk.ask(&sim, &["run", "What is this?", "--json", "--lane", "strong"]).exits(0).session();
    (desk, sim, id)
}

#[test]
fn cost_groups_the_ledger_by_agent_by_brain_and_by_purpose() {
    let (desk, _sim, id) = session();
    let total = |by: &str| {
        let cost = desk.agent(&["cost", "--by", by, "--json"]).exits(0).json();
        assert_eq!(cost["session"], id);
        let groups = cost["groups"].as_array().unwrap().clone();
        let keys: Vec<String> = groups.iter().map(|group| group["key"].as_str().unwrap().to_owned()).collect();
        (keys, groups.iter().map(|group| group["usd"].as_f64().unwrap()).sum::<f64>())
    };
    let (agents, usd) = total("agent");
    assert_eq!(agents, ["main", "sidekick"]);
    assert!(usd > 0.0);
    let (brains, same) = total("brain");
    assert!(brains.iter().any(|brain| brain.contains("claude-opus-5-5")), "{brains:?}");
    assert!((usd - same).abs() < 1e-9);
    let (purposes, same) = total("purpose");
    assert_eq!(purposes, ["turn", "delegation"]);
    assert!((usd - same).abs() < 1e-9);
    let table = desk.agent(&["cost"]).exits(0).out;
    for word in ["main", "sidekick", "uncached", "cache read", "cache write", "output", "hit rate", "$", &id] {
        assert!(table.contains(word), "`{word}` is missing in\n{table}");
    }
    let all = desk.agent(&["cost", "--all", "--json"]).exits(0).json();
    assert_eq!(all["session"], Value::Null);
    desk.agent(&["cost", &id, "--all"]).exits(2);
    // The first characters are enough.
    desk.agent(&["cost", &id[..id.len() - 2]]).exits(0);
}

#[test]
fn sessions_show_names_agent_and_model_of_every_step() {
    let (desk, _sim, id) = session();
    let shown = desk.agent(&["sessions", "show"]).exits(0).out;
    assert!(shown.contains(&id) && shown.contains("What is this?"), "{shown}");
    let steps: Vec<(&str, &str)> = shown
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            words.next().filter(|first| first.ends_with('.') && first.trim_end_matches('.').parse::<u32>().is_ok())?;
            Some((words.next()?, words.next()?))
        })
        .collect();
    let (main, side) = (("main", "anthropic/claude-opus-5-5"), ("sidekick", "anthropic/claude-haiku-5-5"));
    assert_eq!(steps, [main, side, side, side, main], "in the order they were taken:\n{shown}");
    let json = desk.agent(&["sessions", "show", &id, "--json"]).exits(0).json();
    let rows = json["steps"].as_array().unwrap();
    assert_eq!(rows.len(), 5);
    for row in rows {
        assert!(
            row["agent"].is_string() && row["brain"]["model"].is_string() && row["usage"]["output"].is_u64(),
            "{row}"
        );
    }
}

#[test]
fn sessions_are_listed_newest_first_and_can_be_removed() {
    let (desk, sim, first) = session();
    let second = desk.ask(&sim, &["run", "And this?", "--json", "--team", "solo"]).exits(0).session();
    let list = |desk: &Desk| -> Vec<String> {
        let json = desk.agent(&["sessions", "list", "--json"]).exits(0).json();
        json["sessions"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(list(&desk), [second.clone(), first.clone()]);
    let plain = desk.agent(&["sessions", "list"]).exits(0).out;
    assert!(plain.contains("answered") && plain.contains("And this?"), "{plain}");
    assert_eq!(desk.agent(&["sessions", "list", "--limit", "1"]).exits(0).out.lines().count(), 1);
    desk.agent(&["sessions", "rm", &first]).exits(0).says(&[&first]);
    assert_eq!(list(&desk), [second]);
    desk.agent(&["sessions", "show", &first]).exits(2);
    assert!(!desk.home.join("sessions").join(&first).exists());
}

#[test]
fn an_empty_list_says_how_to_begin() {
    let desk = Desk::new();
    desk.agent(&["sessions", "list"]).exits(0).says(&["no sessions yet"]);
    assert_eq!(desk.agent(&["sessions", "list", "--json"]).exits(0).json(), json!({"sessions": []}));
    desk.agent(&["cost"]).exits(2).says(&["there is no session in"]);
}

#[test]
fn models_are_listed_with_prices_and_the_users_own_are_among_them() {
    let desk = Desk::new();
    let table = desk.agent(&["models"]).exits(0).out;
    for model in ["anthropic/claude-opus-5-5", "anthropic/claude-haiku-5-5", "openai/gpt-6-luna"] {
        assert!(table.contains(model), "{model}");
    }
    let file = desk.aside("models.yaml", "models:\n  anthropic/claude-opus-5-5: {prices: {input: 123}}\n");
    let json = desk.agent(&["models", "opus-5-5", "--json", "--models", &file]).exits(0).json();
    let models = json["models"].as_array().unwrap();
    assert_eq!(models.len(), 1, "{json}");
    assert_eq!(models[0]["usd_per_million"]["input"], 123.0);
    assert!(models[0]["min_cacheable"].as_u64().unwrap() > 0);
    let none = desk.agent(&["models", "no-such-model"]).exits(0);
    none.says(&["no-such-model", "unknown"]);
}

#[test]
fn a_team_shows_every_field_and_where_it_came_from() {
    let desk = Desk::new();
    let json = desk.agent(&["team", "show", "--json"]).exits(0).json();
    assert_eq!(json["team"], "tandem");
    let fields = json["fields"].as_array().unwrap();
    let field = |path: &str| {
        let found = fields.iter().find(|field| field["path"].as_str().unwrap().contains(path));
        found.unwrap_or_else(|| panic!("{path}: {fields:#?}")).clone()
    };
    assert!(field("limits.steps")["origin"].as_str().is_some_and(|origin| !origin.is_empty()));
    assert!(fields.iter().all(|field| field["origin"].as_str().is_some_and(|origin| !origin.is_empty())));
    let plain = desk.agent(&["team", "show", "solo"]).exits(0).out;
    assert!(plain.contains("solo") && plain.contains("claude-opus-5-5"), "{plain}");
}

#[test]
fn a_list_of_agents_in_the_published_shape_loads_as_it_is() {
    let desk = Desk::new();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/teams/digitorn.yaml");
    let checked = desk.agent(&["team", "check", file]).exits(0).out;
    assert!(checked.contains("lead") && checked.contains("analyst"), "{checked}");
    let shown = desk.agent(&["team", "show", file]).exits(0).out;
    assert!(shown.contains("0.2"), "{shown}");
    assert!(shown.contains("role") || shown.contains("default"), "what was left out comes from the role: {shown}");
}

#[test]
fn teams_are_listed_and_their_schema_is_one() {
    let desk = Desk::new();
    let json = desk.agent(&["team", "list", "--json"]).exits(0).json();
    let names: Vec<&str> =
        json["teams"].as_array().unwrap().iter().map(|team| team["name"].as_str().unwrap()).collect();
    for name in ["tandem", "specialists", "solo"] {
        assert!(names.contains(&name), "{names:?}");
        desk.agent(&["team", "check", name]).exits(0);
    }
    let schema = desk.agent(&["team", "schema"]).exits(0).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(validator.is_valid(&json!({"version": 1, "agents": [{"id": "main", "brain": "premium"}]})));
    assert!(!validator.is_valid(&json!({"version": 1, "agentz": []})));
}

#[test]
fn completions_are_printed_for_every_usual_shell() {
    let desk = Desk::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = desk.agent(&["completions", shell]).exits(0).out;
        assert!(script.contains("agent") && script.contains("sessions"), "{shell}");
    }
    desk.agent(&["completions", "tcsh"]).exits(2).says(&["bash"]);
}

#[test]
fn help_has_examples_and_the_version_is_quick_to_ask() {
    let desk = Desk::new();
    let help = desk.agent(&["--help"]).exits(0).out;
    for word in ["agent demo", "Exit codes", "130 interrupted"] {
        assert!(help.contains(word), "{word}: {help}");
    }
    for command in [
        "chat",
        "run",
        "demo",
        "init",
        "models",
        "cost",
        "why",
        "simulate",
        "doctor",
        "completions",
        "team",
        "sessions",
    ] {
        let help = desk.agent(&[command, "--help"]).exits(0).out;
        assert!(help.contains("Example"), "{command}: {help}");
    }
    assert!(desk.agent(&["--version"]).exits(0).out.starts_with("agent "));
    desk.agent(&["fly"]).exits(2).says(&["fly"]);
}

#[test]
fn a_served_scenario_answers_another_process_until_it_is_interrupted() {
    let desk = Desk::new();
    let scenario = desk
        .aside("mine.yaml", "name: mine\nactors:\n  - {id: a, when: {any: true}, otherwise: {say: \"Scripted.\"}}\n");
    let mut server = desk
        .command(AGENT)
        .args(["simulate", &scenario])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line}")).to_owned();
    let variables = [("ANTHROPIC_BASE_URL", url.as_str()), ("ANTHROPIC_API_KEY", "any")];
    let ended = desk.agent_with(&variables, &["run", "Hello", "--team", "solo"], "").exits(0);
    assert_eq!(ended.out, "Scripted.\n");
    let chat = format!("{url}/v1");
    let ended = desk.agent(&["run", "Hello", "--team", "solo", "--base-url", &chat, "--model", "any"]).exits(0);
    assert_eq!(ended.out, "Scripted.\n");
    let kill = desk.command("kill").args(["-INT", &server.id().to_string()]).status();
    assert!(kill.unwrap().success());
    Ended::of(server.wait_with_output().unwrap()).exits(0);
}
