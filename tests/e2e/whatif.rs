//! `agent whatif`: sessions of this program under another team and other prices, and other agents' logs.

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::support::{Desk, Ended, Sim};

fn file(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name).canonicalize().unwrap().display().to_string()
}

fn import(format: &str, files: &[&str], more: &[&str]) -> Ended {
    Desk::new().agent(&[&["whatif", "--import", format], files, more].concat())
}

fn log(format: &str) -> String {
    file(&format!("tests/e2e/logs/{format}.jsonl"))
}

#[track_caller]
fn near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
}

#[test]
fn billed_dollars_are_the_sum_of_the_columns_at_the_list_prices() {
    let told = import("calls", &[&log("calls")], &["--json"]).exits(0);
    assert_eq!(told.out.lines().count(), 1);
    let told = told.json();
    // Input, output, write, read in dollars per million tokens, written down apart from the price list.
    let (opus, haiku) = ([5.0, 25.0, 6.25, 0.5], [1.0, 5.0, 1.25, 0.1]);
    let mut sum = 0.0;
    let text = std::fs::read_to_string(log("calls")).unwrap();
    for call in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let number = |field: &str| call[field].as_f64().unwrap();
        let price = if call["model"].as_str().unwrap().contains("haiku") { haiku } else { opus };
        let written = (number("text") + number("think") + number("toolchars")) / 3.37;
        let output = number("out_rep").max(written.round());
        let tokens = [number("inp"), output, number("cw"), number("cr")];
        sum += tokens.iter().zip(price).map(|(tokens, price)| tokens * price).sum::<f64>() / 1e6;
    }
    near(&told["billed_usd"], sum);
    assert_eq!((&told["sessions"], &told["calls"]), (&2.into(), &4.into()));
    let activities: Vec<&String> = told["activity"].as_object().unwrap().keys().collect();
    assert_eq!(activities, ["explore", "edit", "test", "plan", "other"]);
    for key in ["perfect_cache_usd", "ttl5m_usd", "solo_usd", "delegated_usd", "delegated_with_edits_usd"] {
        assert!(told[key].as_f64().unwrap() > 0.0, "{key}: {told}");
    }
    assert!(told["assumptions"].as_array().unwrap().len() >= 4 && told["skipped"].is_object(), "{told}");
}

#[test]
fn the_page_shows_what_is_printed() {
    let page = std::fs::read_to_string(file("docs/whatif.md")).unwrap();
    let command = "$ agent whatif --import claude-code tests/e2e/logs/claude-code.jsonl | head -27\n";
    let (_, shown) = page.split_once(command).expect("the page shows no such command");
    let (shown, _) = shown.split_once("```").unwrap();
    let printed = import("claude-code", &[&log("claude-code")], &[]).exits(0).out;
    let head: String = printed.lines().take(27).map(|line| format!("{line}\n")).collect();
    assert_eq!(shown, head);
}

#[test]
fn logs_are_read_plain_and_gzipped_and_together() {
    let desk = Desk::new();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&std::fs::read(log("claude-code")).unwrap()).unwrap();
    desk.file("packed.gz", packed.finish().unwrap());
    let other =
        std::fs::read_to_string(log("claude-code")).unwrap().replace("5b1e0d1c", "other").replace("msg_", "other_");
    desk.file("other.jsonl", other.replace("00000000-", "11111111-").replace("toolu_", "other_tool_"));
    let told = |files: &[&str]| {
        let told = desk.agent(&[&["whatif", "--json", "--import", "claude-code"], files].concat()).exits(0).json();
        (told["sessions"].as_u64().unwrap(), told["calls"].as_u64().unwrap(), told["billed_usd"].as_f64().unwrap())
    };
    let (plain, packed) = (told(&[&log("claude-code")]), told(&["packed.gz"]));
    assert_eq!(plain, packed);
    assert_eq!(told(&["packed.gz", &log("claude-code")]), plain, "the same session twice is one");
    let both = told(&["packed.gz", "other.jsonl"]);
    assert_eq!((both.0, both.1), (2, 2 * plain.1));
    assert!((both.2 - 2.0 * plain.2).abs() < 1e-9);
}

#[test]
fn a_rollout_of_codex_is_priced() {
    let told = import("codex", &[&log("codex")], &["--json"]).exits(0).json();
    // gpt-5.3-codex: 1.75 and 14 dollars, reads at a tenth, no fee for writes.
    near(&told["billed_usd"], (10_500.0 * 1.75 + 27_600.0 * 0.175 + 460.0 * 14.0) / 1e6);
    assert_eq!(told["models"]["gpt-5.3-codex"]["priced_as"], "openai/gpt-5.3-codex");
    assert_eq!(told["skipped"]["repeated token_count"], 1);
}

#[test]
fn a_model_without_a_price_is_said_and_can_be_given_one() {
    let desk = Desk::new();
    let line = r#"{"s":"a","agent":"main","model":"house-9","inp":1000000,"cw":0,"cr":0,"out_rep":0}"#;
    desk.file("calls.jsonl", line);
    let ask = |more: &[&str]| desk.agent(&[&["whatif", "--import", "calls", "calls.jsonl"], more].concat());
    let told = ask(&["--json"]).exits(0).json();
    assert_eq!((&told["billed_usd"], &told["models"]["house-9"]["priced_as"]), (&Value::Null, &Value::Null));
    let text = ask(&[]).exits(0).out;
    assert!(text.contains("unknown") && text.contains("--price-as"), "{text}");
    near(&ask(&["--json", "--price-as", "claude-opus-4-8"]).exits(0).json()["billed_usd"], 5.0);
    let prices = "models:\n  house/house-9: {context: 100000, max_output: 8000, prices: {input: 2, output: 3}}\n";
    let prices = desk.aside("prices.yaml", prices);
    near(&ask(&["--json", "--catalogue", &prices]).exits(0).json()["billed_usd"], 2.0);
    ask(&["--price-as", "nobody"]).exits(2).says(&["`nobody`", "agent models"]);
    ask(&["--sidekick", "nobody"]).exits(2).says(&["`nobody`"]);
    let missing = ["--catalogue missing.yaml: there is no such file", "the format of models.yaml", "agent models"];
    ask(&["--catalogue", "missing.yaml"]).exits(2).says(&missing);
}

#[test]
fn what_is_no_log_is_refused_with_its_name() {
    import("claude-code", &[], &[]).exits(2).says(&["needs the logs", "--import claude-code"]);
    let missing = ["nothing.jsonl: there is no such file", "--import codex expects", "~/.codex/sessions"];
    import("codex", &["nothing.jsonl"], &[]).exits(2).says(&missing);
    import("calls", &["src"], &[]).exits(2).says(&["src: is a folder"]);
    import("calls", &["README.md"], &[]).exits(2).says(&["README.md", "`calls`"]);
    import("codex", &[&log("calls")], &[]).exits(2).says(&["calls.jsonl", "--import claude-code and calls"]);
    import("cursor", &["README.md"], &[]).exits(2).says(&["claude-code"]);
    Desk::new().agent(&["whatif", "one", "two"]).exits(2).says(&["one session at a time", "--import"]);
}

/// A session of the default team in the lane of main's own model, played by the free play.
fn session() -> (Desk, Sim, String) {
    let (desk, sim) = (Desk::new(), Sim::free());
    let id = desk.ask(&sim, &["run", "What is this?", "--json", "--lane", "strong"]).exits(0).session();
    (desk, sim, id)
}

#[test]
fn a_session_is_priced_under_another_team_and_at_other_prices() {
    let (desk, _sim, id) = session();
    let ask = |more: &[&str]| desk.agent(&[&["whatif", &id, "--json"], more].concat()).exits(0).json();
    let same = ask(&["--team", "tandem"]);
    near(&same["whatif_usd"], same["recorded_usd"].as_f64().unwrap());
    near(&same["replayed_usd"], same["recorded_usd"].as_f64().unwrap());
    let solo = ask(&["--team", "solo"]);
    assert!(solo["whatif_usd"].as_f64() > same["whatif_usd"].as_f64(), "{solo}");
    assert_eq!(solo["agents"][1]["context"], "main");
    let prices = "models:\n  anthropic/claude-haiku-5-5: {prices: {input: 10, output: 50, cache_write_short: 12.5, cache_read: 1}}\n";
    let prices = desk.aside("prices.yaml", prices);
    let dear = ask(&["--catalogue", &prices]);
    let parts = |told: &Value| [0, 1].map(|n| told["agents"][n]["whatif_usd"].as_f64().unwrap());
    let ([main, side], [main_before, side_before]) = (parts(&dear), parts(&same));
    assert!((main - main_before).abs() < 1e-9 && (side - 100.0 * side_before).abs() < 1e-9, "{dear}");
    let text = desk.agent(&["whatif", "-", "--team", "solo"]).exits(0).out;
    let percent = |told: &Value| told["change_share"].as_f64().unwrap() * 100.0;
    let (wanted, replayed) = (&solo["whatif_usd"], &solo["replayed_usd"]);
    near(&solo["change_share"], wanted.as_f64().unwrap() / replayed.as_f64().unwrap() - 1.0);
    let headline = format!("Team solo: {:.0} % more than the session as it was, $", percent(&solo));
    let words = [
        id.as_str(),
        "= total",
        "in main",
        &headline,
        "both by the same method. Recorded were $",
        "the method is 0 % off",
        "Assumptions",
    ];
    for word in words {
        assert!(text.contains(word), "`{word}` is missing in\n{text}");
    }
    let text = desk.agent(&["whatif", "-", "--team", "tandem"]).exits(0).out;
    assert!(text.contains("Team tandem: as much as the session as it was, $"), "{text}");
    assert_eq!(percent(&same).abs().round(), 0.0);
}

#[test]
fn a_team_that_does_not_fit_the_session_is_refused_with_what_is_missing() {
    let (desk, _sim, id) = session();
    let team = |specialist: &str, model: &str| {
        format!(
            "version: 1\nname: odd\nagents:\n  - {{id: main, role: coordinator, brain: {{model: premium}}}}\n  \
             - {{id: {specialist}, role: specialist, brain: {{model: {model}}}}}\n"
        )
    };
    let lacking = desk.aside("lacking.yaml", &team("helper", "fast"));
    desk.agent(&["whatif", &id, "--team", &lacking]).exits(2).says(&["team odd", "`sidekick`", "main, helper"]);
    let unknown = desk.aside("unknown.yaml", &team("sidekick", "anthropic/nobody-1"));
    desk.agent(&["whatif", &id, "--team", &unknown]).exits(2).says(&[
        "anthropic/nobody-1",
        "`sidekick`",
        "--catalogue",
    ]);
    desk.agent(&["whatif", "zzz", "--team", "solo"]).exits(2).says(&["no session begins with `zzz`"]);
    desk.agent(&["whatif", &id, "--team", "nobody"]).exits(2).says(&["no team `nobody`"]);
    for (team, what) in [("not/there.yaml", "there is no such file"), ("src", "is a folder")] {
        let words = [&format!("--team {team}: {what}"), "a team file or a built-in team is expected", "team list"];
        desk.agent(&["whatif", &id, "--team", team]).exits(2).says(&words);
    }
    desk.agent(&["whatif", &id, "--price-as", "claude-opus-5"]).exits(2).says(&["--import"]);
}
