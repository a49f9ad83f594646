//! The bill of a real session, on the terminal and as JSON; and why things were decided.

pub(crate) mod page;

use protocol::{DECISION_NOTE, Decision, SessionId, Timestamp};
use serde_json::{Value, json};
use store::{NoteRecord, Store, Write};

use crate::support::{Desk, Sim};

/// A session of the default team, played by the free play.
fn session() -> (Desk, Sim, String) {
    let (desk, sim) = (Desk::new(), Sim::free());
    let id = desk.ask(&sim, &["run", "What is this?", "--json"]).exits(0).session();
    (desk, sim, id)
}

const READ: &str = "- calls: [{tool: read, args: {files: [{path: README.md}]}}]";

fn keys(groups: &Value) -> Vec<&str> {
    groups.as_array().unwrap().iter().map(|group| group["key"].as_str().unwrap()).collect()
}

fn sum(groups: &Value, field: &str) -> f64 {
    groups.as_array().unwrap().iter().map(|group| group[field].as_f64().unwrap()).sum()
}

#[test]
fn every_view_of_a_bill_adds_up_to_what_the_ledger_says() {
    let (desk, _sim, id) = session();
    let bill = desk.agent(&["cost", "--json"]).exits(0).json();
    assert_eq!((&bill["session"], &bill["sessions"]), (&Value::from(id.as_str()), &Value::from(1)));
    let ledger = desk.agent(&["sessions", "show", "--json"]).exits(0).json();
    let spent = sum(&ledger["steps"], "usd");
    for view in ["agent", "brain", "purpose", "activity", "outcome"] {
        let groups = &bill["views"][view];
        assert!((sum(groups, "usd") - spent).abs() < 1e-9, "{view}: {groups}");
        assert_eq!(desk.agent(&["cost", "--by", view, "--json"]).exits(0).json()["groups"], *groups);
    }
    assert_eq!(keys(&bill["views"]["purpose"]), ["turn", "delegation"]);
    assert_eq!(keys(&bill["views"]["outcome"]), ["answered"]);
    assert!(keys(&bill["views"]["activity"]).contains(&"exploration"), "{bill}");
    assert_eq!((&bill["waste"], &bill["wasted_usd"]), (&Value::from(Vec::<u8>::new()), &Value::from(0.0)));
    let baseline = &bill["baseline"];
    assert_eq!(baseline["kind"], "estimated");
    let saved = baseline["usd"].as_f64().unwrap() - spent;
    assert!((bill["saved_usd"].as_f64().unwrap() - saved).abs() < 1e-9, "{bill}");
}

#[test]
fn the_page_on_the_terminal_names_all_views_and_fits_it() {
    let (desk, _sim, id) = session();
    let text = desk.agent(&["cost"]).exits(0).out;
    for word in
        [&id, "sidekick", "anthropic/claude-haiku-5-5", "delegation", "exploration", "answered", "Waste: none", "alone"]
    {
        assert!(text.contains(word), "`{word}` is missing in\n{text}");
    }
    let activity = desk.agent(&["cost", "--by", "activity"]).exits(0).out;
    assert!(activity.contains("exploration") && !activity.contains("haiku"), "{activity}");
    let total = activity.lines().find(|line| line.contains("= total")).unwrap_or_else(|| panic!("{activity}"));
    let whole = desk.agent(&["cost", "--json"]).exits(0).json();
    let steps = whole["total"]["steps"].as_u64().unwrap().to_string();
    assert_eq!(total.split_whitespace().nth(2), Some(steps.as_str()), "each step once: {activity}");
}

#[test]
fn reading_the_same_file_twice_is_named_as_waste_with_its_price() {
    let (desk, sim) = (Desk::new(), Sim::steps(&format!("{READ}\n{READ}\n- say: Read.")));
    desk.file("README.md", "A line of the manual.\n".repeat(400));
    desk.ask(&sim, &["run", "Read it.", "--team", "solo"]).exits(0);
    let bill = desk.agent(&["cost", "--json"]).exits(0).json();
    let waste = &bill["waste"][0];
    assert_eq!(
        (&waste["kind"], &waste["name"], &waste["times"]),
        (&"repeat".into(), &"read".into(), &1.into()),
        "{bill}"
    );
    // 400 lines of five tokens or more, written to the cache of a model at five dollars a million.
    assert!(waste["tokens"].as_u64().unwrap() > 2_000, "{waste}");
    assert!((0.005..0.1).contains(&waste["usd"].as_f64().unwrap()), "{waste}");
    assert_eq!(bill["wasted_usd"], waste["usd"]);
    let text = desk.agent(&["cost"]).exits(0).out;
    assert!(text.contains("repeated: read, once") && text.contains("nothing edited in between"), "{text}");
}

#[test]
fn a_span_of_time_is_about_all_sessions_unless_one_is_named() {
    let (desk, sim, first) = session();
    desk.ask(&sim, &["run", "And this?", "--team", "solo"]).exits(0);
    let all = desk.agent(&["cost", "--all", "--json"]).exits(0).json();
    let day = desk.agent(&["cost", "--since", "1d", "--json"]).exits(0).json();
    assert_eq!((&day["session"], &day["sessions"]), (&Value::Null, &Value::from(2)));
    assert_eq!(day["total"], all["total"]);
    assert!(day["since_ms"].is_u64());
    let one = desk.agent(&["cost", &first, "--since", "1d", "--json"]).exits(0).json();
    assert_eq!(one["sessions"], 1);
    assert!(one["total"]["calls"].as_u64() < day["total"]["calls"].as_u64());
    let none = desk.agent(&["cost", "--since", "2999-01-01"]).exits(0);
    none.says(&["no model was called in that time"]);
    desk.agent(&["cost", "--since", "yesterday"]).exits(2).says(&["yesterday", "7d", "2026-11-01"]);
    desk.agent(&["cost", "--since", "-3d"]).exits(2).says(&["'-3d'", "--since", "write 3d", "2026-11-01"]);
}

#[test]
fn a_saving_over_several_sessions_says_over_which_of_them_it_is() {
    let (desk, sim, first) = session();
    // One model alone has nothing to be compared with.
    desk.ask(&sim, &["run", "And this?", "--team", "solo"]).exits(0);
    let one = desk.agent(&["cost", &first, "--json"]).exits(0).json();
    for span in [&["--all"][..], &["--since", "1d"]] {
        let ask = |more: &[&str]| desk.agent(&[&["cost"], span, more].concat()).exits(0);
        let text = ask(&[]).out;
        assert!(text.contains("Over 1 of 2 sessions (with specialists"), "{text}");
        let json = ask(&["--json"]).json();
        assert_eq!((&json["baseline_sessions"], &json["saved_usd"]), (&Value::from(1), &one["saved_usd"]));
        let page = ask(&["--html", "-"]).out;
        assert!(page.contains("alone in 1 of 2 sessions"), "{page:.3000}");
    }
    assert!(!desk.agent(&["cost", &first]).exits(0).out.contains("Over "));
    desk.ask(&sim, &["run", "And that?"]).exits(0);
    let listed = desk.agent(&["sessions", "list", "--json"]).exits(0).json();
    desk.agent(&["sessions", "rm", listed["sessions"][1]["id"].as_str().unwrap()]).exits(0);
    let text = desk.agent(&["cost", "--all"]).exits(0).out;
    assert!(text.contains("Over all 2 sessions: "), "{text}");
}

#[test]
fn a_hyphen_is_the_last_session_wherever_one_is_named() {
    let (desk, sim, id) = session();
    for command in [&["cost", "-"][..], &["why", "-"], &["sessions", "show", "-"], &["whatif", "-"]] {
        let out = desk.agent(command).exits(0).out;
        assert!(out.contains(&id), "{command:?}: {out}");
    }
    desk.ask(&sim, &["sessions", "resume", "-", "--task", "And now?"]).exits(0);
    desk.agent(&["sessions", "rm", "-"]).exits(0).says(&[&id]);
}

#[test]
fn every_model_that_an_agent_had_is_named_with_its_effort() {
    let (desk, sim) = (Desk::new(), Sim::steps("- say: Yes."));
    let team = "version: 1\nname: one\nagents: [{id: solo, brain: {model: premium, effort: high}}]\n";
    desk.ask(&sim, &["run", "Hello", "--team", &desk.aside("team.yaml", team)]).exits(0);
    let shown = desk.agent(&["sessions", "show"]).exits(0).out;
    assert!(shown.contains("solo: 1 step on anthropic/claude-opus-5-5@high, "), "{shown}");
    let id = desk.agent(&["sessions", "show", "--json"]).exits(0).json()["session"].as_str().unwrap().to_owned();
    // A second model, as after a switch.
    let store = Store::open(&desk.home).unwrap();
    let mut row = store.ledger(&SessionId::from(id.as_str())).unwrap().remove(0);
    row.brain.model = "claude-sonnet-5-5".to_owned();
    row.step += 1;
    store.commit(&SessionId::from(id.as_str()), &[Write::Ledger(row)]).unwrap();
    let (both, models) = (
        "2 steps on anthropic/claude-opus-5-5@high, anthropic/claude-sonnet-5-5@high",
        ["anthropic/claude-opus-5-5@high", "anthropic/claude-sonnet-5-5@high"],
    );
    let shown = desk.agent(&["sessions", "show"]).exits(0).out;
    assert!(shown.contains(both), "{shown}");
    assert_eq!(desk.agent(&["sessions", "show", "--json"]).exits(0).json()["agents"][0]["brains"], json!(models));
    assert_eq!(keys(&desk.agent(&["cost", "--by", "brain", "--json"]).exits(0).json()["groups"]), models);
    let whatif = desk.agent(&["whatif", "--json"]).exits(0).json();
    assert_eq!(whatif["agents"][0]["recorded_brains"], json!(models));
    let whatif = desk.agent(&["whatif"]).exits(0).out;
    assert!(whatif.contains("claude-opus-5-5@high") && whatif.contains("claude-sonnet-5-5@high"), "{whatif}");
    let page = desk.agent(&["cost", "--html", "-"]).exits(0).out;
    assert!(page.contains("claude-sonnet-5-5@high"), "the table of all calls");
}

/// A decision as the runtime notes it.
fn decision(kind: &str, agent: &str, step: u32, because: &str) -> Decision {
    let json = json!({
        "kind": kind, "agent": agent, "step": step, "window": "w", "chosen": "keep", "because": because,
        "formula": "saved_usd = lost_tokens * price_usd",
        "numbers": {"saved_usd": 0.25, "lost_tokens": 50_000.0, "price_usd": 0.000_005, "chance_share": 0.5},
    });
    serde_json::from_value(json).unwrap()
}

/// A played session with two decisions written beside what the runtime decided itself, at steps that it has not.
fn decided() -> (Desk, String) {
    let (desk, _sim, id) = session();
    let store = Store::open(&desk.home).unwrap();
    let note = |decision: Decision| {
        let agent = Some(decision.agent.clone());
        let json = serde_json::to_string(&decision).unwrap();
        Write::Note(NoteRecord { agent, kind: DECISION_NOTE.to_owned(), json, at: Timestamp(u64::MAX >> 12) })
    };
    let early = decision("compact", "main", 0, "the context is small");
    let late = decision("escalate", "sidekick", 77, "checks \u{1b}[31mfailed");
    store.commit(&SessionId::from(id.as_str()), &[note(early), note(late)]).unwrap();
    (desk, id)
}

#[test]
fn why_tells_decisions_in_order_with_their_numbers_and_what_came_next() {
    let (desk, id) = decided();
    let brief = desk.agent(&["why"]).exits(0).out;
    let at = |text: &str, word: &str| text.find(word).unwrap_or_else(|| panic!("`{word}` is missing in\n{text}"));
    assert!(brief.contains(&id));
    assert!(at(&brief, "compact -> keep: the context is small") < at(&brief, "escalate -> keep"), "{brief}");
    assert!(!brief.contains("$0.2500") && !brief.contains('\u{1b}'), "{brief}");
    assert!(brief.contains("the first at main's step 1"), "{brief}");
    let step = desk.agent(&["why", &id, "0"]).exits(0).out;
    for word in
        ["saved_usd = lost_tokens * price_usd", "$0.2500 = 50 000 * $0.000005", "chance_share = 50.0 %", "step 1, turn"]
    {
        assert!(step.contains(word), "`{word}` is missing in\n{step}");
    }
    assert!(!step.contains("escalate"), "{step}");
    let late = desk.agent(&["why", "-", "77"]).exits(0).out;
    assert!(late.contains("nothing yet") && !late.contains("compact"), "{late}");
    assert!(step.lines().all(|line| line.chars().count() <= 80), "{step}");
}

#[test]
fn why_as_json_has_every_decision_its_aftermath_and_the_metrics() {
    let (desk, id) = decided();
    let json = desk.agent(&["why", &id, "--json"]).exits(0).json();
    let decisions = json["decisions"].as_array().unwrap();
    let own = decisions.iter().find(|one| one["because"] == "the context is small").unwrap();
    assert_eq!((&own["kind"], &own["agent"], &own["step"]), (&"compact".into(), &"main".into(), &0.into()));
    assert_eq!(own["filled"], "$0.2500 = 50 000 * $0.000005");
    assert_eq!(own["numbers"]["lost_tokens"], 50_000.0);
    let next = &own["after"]["calls"][0];
    assert_eq!((&next["step"], &next["outcome"]), (&1.into(), &"answered".into()), "{own}");
    assert!(next["usd"].as_f64().is_some_and(|usd| usd > 0.0), "{own}");
    let metrics = &json["metrics"];
    let expected =
        [("main_steps", 2), ("delegations", 1), ("first_handoff_step", 1), ("rereads", 0), ("corrective_edits", 0)];
    for (name, value) in expected {
        assert_eq!(metrics[name], value, "{name}: {metrics}");
    }
    assert_eq!((&metrics["rounds_per_delegation"], &metrics["own_exploration_share"]), (&3.0.into(), &0.0.into()));
}

#[test]
fn why_of_what_does_not_exist_names_what_does() {
    let (desk, id) = decided();
    desk.agent(&["why", &id, "78"]).exits(2).says(&["step 78", &id, "main 0", "77"]);
    desk.agent(&["why", "19990101"]).exits(2).says(&["19990101", "sessions list"]);
    desk.agent(&["why", &id, "soon"]).exits(2).says(&["soon"]);
    // A step in the place of a session.
    desk.agent(&["why", "0"]).exits(2).says(&["no session begins with `0`", "agent why - 0"]);
}

/// Main asks the sidekick for this, and then says that it is done.
fn asking(brief: &str) -> Sim {
    Sim::play(&format!(
        "name: ask\nactors:\n  - id: main\n    when: {{has_tool: delegate}}\n    steps:\n      \
         - calls: [{{tool: delegate, args: {{agent: sidekick, objective: make it, {brief}}}}}]\n    \
         otherwise: {{say: Done.}}\n"
    ))
}

fn refused(desk: &Desk) -> Value {
    let why = desk.agent(&["why", "--json"]).exits(0).json();
    let mut all: Vec<Value> = why["decisions"].as_array().unwrap().clone();
    all.retain(|one| one["kind"] == "refuse");
    assert_eq!(all.len(), 1, "{why}");
    let text = desk.agent(&["why"]).exits(0).out;
    assert!(text.contains("refuse -> refused: the brief for `sidekick`"), "{text}");
    assert!(desk.agent(&["why", "-", "1"]).exits(0).out.contains("refused"));
    all.remove(0)
}

#[test]
fn a_brief_whose_check_may_not_be_run_is_kept_as_refused_with_the_reason() {
    let (desk, sim) = (Desk::new(), asking("acceptance: [\"curl example.com\"]"));
    let run = desk.ask(&sim, &["run", "Make it.", "--json", "--no-sandbox"]);
    assert_eq!(run.events("delegation.started").len(), 0, "{}", run.out);
    let kept = refused(&desk);
    assert_eq!((&kept["agent"], &kept["step"], &kept["chosen"]), (&"main".into(), &1.into(), &"refused".into()));
    assert!(kept["because"].as_str().unwrap().contains("curl example.com"), "{kept}");
    let window = run.events("window.opened");
    assert!(window.is_empty() || !kept["window"].as_str().unwrap().is_empty(), "{kept}");
    assert!(run.events("decision").iter().any(|event| event["kind"] == "refuse"), "{}", run.out);
}

#[test]
fn a_brief_for_which_no_dollar_is_left_is_kept_as_refused_with_the_numbers() {
    let (desk, sim) = (Desk::new(), asking("explore: true"));
    desk.ask(&sim, &["run", "Look.", "--max-usd", "0.001"]).exits(3);
    let kept = refused(&desk);
    assert_eq!(kept["numbers"]["budget_usd"], 0.001);
    assert!(kept["numbers"]["spent_usd"].as_f64() > kept["numbers"]["budget_usd"].as_f64(), "{kept}");
    assert!(kept["filled"].as_str().unwrap().contains(">= $0.0010"), "{kept}");
}

#[test]
fn a_negative_limit_is_refused_with_what_is_allowed() {
    let desk = Desk::new();
    desk.agent(&["run", "Hello", "--max-usd", "-1"]).exits(2).says(&["'-1'", "--max-usd", "above 0"]);
    desk.agent(&["run", "Hello", "--max-steps", "-1"]).exits(2).says(&["-1", "--max-steps", "1.."]);
}

#[test]
fn a_session_in_which_nothing_was_decided_says_so() {
    let (desk, sim) = (Desk::new(), Sim::steps("- say: Yes."));
    desk.ask(&sim, &["run", "Are you there?", "--team", "solo"]).exits(0);
    let why = desk.agent(&["why"]).exits(0);
    assert!(why.out.contains("delegation: none"), "{}", why.out);
    let json = desk.agent(&["why", "--json"]).exits(0).json();
    assert_eq!(
        (&json["decisions"], &json["metrics"]["first_handoff_step"]),
        (&Value::from(Vec::<u8>::new()), &Value::Null)
    );
    why.says(&["no decision was recorded"]);
    desk.agent(&["why", "-", "1"]).exits(2).says(&["no decision was recorded"]);
}

/// Reads two files into a window that holds one, which is closed by a summary, and is done.
const LONG: &str = "name: long
actors:
  - id: summary
    when: {last_user_contains: \"<compaction>\"}
    otherwise: {say: \"## Goal\\nRead.\\n## Decisions\\nnone\\n## Done\\nread\\n## Findings\\nlong\\n## Open\\nnone\"}
  - id: reader
    when: {any: true}
    otherwise:
      cases:
        - if: {all_results: \"<summary window\"}
          say: Read.
        - if: {all_results: \"something about a\"}
          calls: [{tool: read, args: {files: [{path: b.txt}]}}]
        - calls: [{tool: read, args: {files: [{path: a.txt}]}}]
";

#[test]
fn a_summary_that_was_of_no_use_is_waste_and_closed_no_window() {
    let useless = LONG.replace("## ", "");
    let (desk, sim) = (Desk::new(), Sim::play(&useless));
    for name in ["a", "b"] {
        desk.file(&format!("{name}.txt"), format!("A line that says something about {name}.\n").repeat(500));
    }
    let team = "version: 1\nname: one\nagents: [{id: solo, brain: premium}]\n\
                compaction: {at_tokens: 9000, keep_tail: 1000, summary_max: 1000}\n";
    let team = desk.aside("team.yaml", team);
    desk.ask(&sim, &["run", "Read both.", "--team", &team, "--max-steps", "12"]);
    let bill = desk.agent(&["cost", "--json"]).exits(0).json();
    let waste = bill["waste"].as_array().unwrap();
    let found = waste.iter().find(|one| one["kind"] == "discarded").unwrap_or_else(|| panic!("{bill}"));
    let groups = bill["views"]["purpose"].as_array().unwrap();
    let paid = groups.iter().find(|group| group["key"] == "compaction").unwrap();
    assert_eq!((&found["times"], &found["usd"]), (&paid["calls"], &paid["usd"]), "all that was paid for summaries");
    let text = desk.agent(&["cost"]).exits(0).out;
    assert!(text.contains("discarded: summary"), "{text}");
    let whatif = desk.agent(&["whatif", "--json"]).exits(0).json();
    assert_eq!(whatif["compactions"], json!({"recorded": 0, "whatif": 0}));
}

#[test]
fn a_window_that_was_closed_is_on_the_bill_on_the_page_and_explained() {
    let (desk, sim) = (Desk::new(), Sim::play(LONG));
    for name in ["a", "b"] {
        desk.file(&format!("{name}.txt"), format!("A line that says something about {name}.\n").repeat(500));
    }
    let team = "version: 1\nname: one\nagents: [{id: solo, brain: premium}]\n\
                compaction: {at_tokens: 9000, keep_tail: 1000, summary_max: 1000}\n";
    let team = desk.aside("team.yaml", team);
    let run = desk.ask(&sim, &["run", "Read both.", "--json", "--team", &team]).exits(0);
    assert!(run.events("window.opened").len() > 1, "{}", run.out);
    let page = desk.base().join("cost.html");
    let bill = desk.agent(&["cost", "--json", "--html", &page.display().to_string()]).exits(0).json();
    assert!(keys(&bill["views"]["purpose"]).contains(&"compaction"), "{bill}");
    let dom = page::browser(&desk, &["--dump-dom"], &page).exits(0).out;
    let windows = run.events("window.opened").len();
    assert_eq!(dom.matches("<g class=\"window agent-0\"").count(), windows - 1, "a mark for each but the first");
    let why = desk.agent(&["why", "--json"]).exits(0).json();
    let closed = why["decisions"].as_array().unwrap().iter().find(|one| one["kind"] == "compact").unwrap();
    let after: Vec<(&str, bool)> = closed["after"]["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| (call["purpose"].as_str().unwrap(), call["cache_read"].as_u64().unwrap() > 0))
        .collect();
    assert_eq!(bill["waste"].as_array().unwrap().iter().filter(|one| one["kind"] == "discarded").count(), 0, "{bill}");
    let whatif = desk.agent(&["whatif", "--json"]).exits(0).json();
    assert_eq!(whatif["compactions"]["recorded"], windows - 1, "{whatif}");
    // The summary is written on the warm window; the next one reads at least tools and system prompt.
    assert_eq!(after, [("compaction", true), ("turn", true)], "{closed}");
}
