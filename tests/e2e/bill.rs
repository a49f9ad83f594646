//! The bill of a real session: on the terminal, as JSON, as a page in a real browser; and why things were decided.

use std::path::Path;
use std::process::{Command, Stdio};

use protocol::{DECISION_NOTE, Decision, SessionId, Timestamp};
use serde_json::{Value, json};
use store::{NoteRecord, Store, Write};

use crate::support::{Desk, Ended, Sim, wait_until};

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
}

#[test]
fn a_page_is_written_whole_or_not_at_all() {
    let (desk, _sim, id) = session();
    let page = desk.base().join("cost.html");
    let name = page.display().to_string();
    let ended = desk.agent(&["cost", "--html", &name]).exits(0);
    assert_eq!(ended.out, "");
    ended.says(&["wrote", &name]);
    let first = std::fs::read_to_string(&page).unwrap();
    assert!(first.contains(&id) && first.ends_with("</html>\n"));
    // A page of all sessions takes its place.
    desk.agent(&["cost", "--all", "--html", &name, "--json"]).exits(0).json();
    assert_ne!(std::fs::read_to_string(&page).unwrap(), first);
    let folder = desk.base().display().to_string();
    desk.agent(&["cost", "--html", &folder]).exits(2).says(&[&folder, "is a folder"]);
    let beneath_a_file = format!("{name}/page.html");
    desk.agent(&["cost", "--html", &beneath_a_file]).exits(2).says(&[&name]);
    let names: Vec<_> = std::fs::read_dir(desk.base()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.iter().filter(|name| name.to_string_lossy().starts_with('.')).count(), 0, "{names:?}");
}

/// A browser without a screen, with a folder of its own, that asks nobody anything.
fn browser(desk: &Desk, arguments: &[&str], page: &Path) -> Ended {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let there = |name: &&&str| {
        let mut version = Command::new(name);
        version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    let name =
        names.iter().find(there).expect("the page is looked at in Chromium: `apt-get install chromium` puts it there");
    let mut command = desk.command(name);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", desk.base().join("browser").display()))
        .args(arguments)
        .arg(format!("file://{}", page.display()));
    Ended::of(command.output().unwrap())
}

/// The numbers of an attribute of all elements with a class within a drawing.
fn drawn(dom: &str, id: &str, class: &str) -> Vec<f64> {
    let (_, rest) = dom.split_once(&format!("<svg id=\"{id}\"")).unwrap_or_else(|| panic!("no {id} in {dom}"));
    let (svg, _) = rest.split_once("</svg>").unwrap();
    let shape =
        regex::Regex::new(&format!(r#"<(?:rect|circle) class="{class}"[^>]* data-value="([0-9.e-]+)""#)).unwrap();
    shape.captures_iter(svg).map(|found| found[1].parse().unwrap()).collect()
}

#[test]
fn a_browser_draws_every_call_with_the_values_of_the_bill() {
    let (desk, _sim, _) = session();
    let page = desk.base().join("cost.html");
    let bill = desk.agent(&["cost", "--json", "--html", &page.display().to_string()]).exits(0).json();
    let dom = browser(&desk, &["--dump-dom"], &page).exits(0).out;
    let usage = &bill["total"]["usage"];
    let calls = bill["total"]["calls"].as_u64().unwrap() as usize;
    let tokens = |field: &str| usage[field].as_u64().unwrap() as f64;
    let total = |id: &str, class: &str| drawn(&dom, id, class).iter().sum::<f64>();
    assert_eq!(total("tokens", "read"), tokens("cache_read"));
    assert_eq!(total("tokens", "write"), tokens("cache_write_short") + tokens("cache_write_long"));
    assert_eq!(total("tokens", "uncached"), tokens("input"));
    assert_eq!(total("tokens", "output"), tokens("output"));
    assert_eq!(drawn(&dom, "tokens", "output").len(), calls, "a bar for each call");
    let usd = bill["total"]["usd"].as_f64().unwrap();
    let dollars: f64 = ["read", "write", "uncached", "output"].iter().map(|kind| total("dollars", kind)).sum();
    assert!((dollars - usd).abs() < 1e-9, "{dollars} {usd}");
    assert_eq!(drawn(&dom, "contexts", "point agent-[01]").len(), calls);
    let agents = &bill["views"]["agent"];
    for (n, agent) in agents.as_array().unwrap().iter().enumerate() {
        let bar = total("agents", &format!("agent-{n}"));
        assert!((bar - agent["usd"].as_f64().unwrap()).abs() < 1e-9, "{agent}");
    }
    for table in ["by-agent", "by-brain", "by-purpose", "by-activity", "by-outcome", "calls"] {
        assert!(dom.contains(&format!("<table id=\"{table}\">")), "{table}");
    }
    // The browser had nothing to mend: what it shows is what was written.
    let written = std::fs::read_to_string(&page).unwrap();
    assert_eq!(dom.matches("<rect").count(), written.matches("<rect").count());
}

#[test]
fn a_browser_makes_a_picture_of_the_page_at_a_desk_and_on_a_phone() {
    let (desk, _sim, _) = session();
    let page = desk.base().join("cost.html");
    desk.agent(&["cost", "--html", &page.display().to_string()]).exits(0);
    for (width, height) in [(800_u32, 1_800_u32), (400, 1_800)] {
        let picture = desk.base().join(format!("{width}.png"));
        let size = format!("--window-size={width},{height}");
        let shot = format!("--screenshot={}", picture.display());
        browser(&desk, &["--hide-scrollbars", &size, &shot], &page).exits(0);
        wait_until("the picture", || picture.is_file());
        let bytes = std::fs::read(&picture).unwrap();
        assert_eq!(&bytes[1..4], b"PNG");
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((number(16), number(20)), (width, height));
        // A blank page of this size is a few kilobytes.
        assert!(bytes.len() > 20_000, "{} bytes", bytes.len());
    }
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
    let dom = browser(&desk, &["--dump-dom"], &page).exits(0).out;
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
    // The summary is written on the warm window; the next one reads at least tools and system prompt.
    assert_eq!(after, [("compaction", true), ("turn", true)], "{closed}");
}
