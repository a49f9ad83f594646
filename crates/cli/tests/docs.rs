//! What the documents show is what the program does.
#![allow(clippy::disallowed_methods, reason = "tests touch real files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cache::economics::{Prices, Work, estimate};
use catalogue::Catalogue;
use protocol::{Event, Timestamp, Usage, Usd};
use routing::Policy;
use simulator::Scenario;
use team::LoadOptions;

/// When the prices in the documents were in force: 2026-11-21.
const NOW: Timestamp = Timestamp(1_795_219_200_000);

/// A fenced block of a document.
struct Block {
    /// `README.md:12`
    at: String,
    /// What stands behind the fence.
    kind: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// README.md, AGENTS.md and everything in docs/.
fn documents() -> Vec<String> {
    let mut names = vec!["README.md".to_owned(), "AGENTS.md".to_owned()];
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            names.push(format!("docs/{name}"));
        }
    }
    names.sort();
    names
}

fn blocks(document: &str) -> Vec<Block> {
    let text = read(document);
    let mut blocks = Vec::new();
    let mut open: Option<(String, Block)> = None;
    for (number, line) in text.lines().enumerate() {
        let ticks = line.chars().take_while(|c| *c == '`').count();
        open = match open {
            Some((fence, block)) if line == fence => {
                blocks.push(block);
                None
            }
            Some((fence, mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                Some((fence, block))
            }
            None if ticks >= 3 => {
                let kind = line[ticks..].trim().to_owned();
                let block = Block { at: format!("{document}:{}", number + 1), kind, text: String::new() };
                Some(("`".repeat(ticks), block))
            }
            None => None,
        };
    }
    assert!(open.is_none(), "{document}: a fence is not closed");
    blocks
}

fn options() -> LoadOptions {
    let presets = Catalogue::builtin().presets("anthropic").unwrap();
    let aliases = BTreeMap::from([("premium".to_owned(), presets.premium), ("fast".to_owned(), presets.fast)]);
    LoadOptions { aliases, ..LoadOptions::default() }
}

#[test]
fn every_yaml_block_loads_as_what_it_is() {
    let mut teams = 0;
    let all = documents().into_iter().flat_map(|document| blocks(&document));
    for Block { at, kind, text } in all.filter(|block| block.kind.starts_with("yaml")) {
        let outcome = match kind.as_str() {
            "yaml" => {
                teams += 1;
                team::load(&text, &at, &options()).map(|_| ()).map_err(|error| error.to_string())
            }
            "yaml models" => Catalogue::builtin().overlay(&text, &at).map(|_| ()).map_err(|error| error.to_string()),
            "yaml scenario" => Scenario::from_yaml(&text, &at).map(|_| ()).map_err(|error| error.to_string()),
            "yaml policy" => Policy::load(&text, &at).map(|_| ()).map_err(|error| error.to_string()),
            other => Err(format!("`{other}` is no kind of YAML that documents show")),
        };
        if let Err(problem) = outcome {
            panic!("{at}: {problem}");
        }
    }
    assert!(teams >= 4, "only {teams} team files are shown");
}

#[test]
fn every_event_is_shown_by_a_line_that_can_be_read() {
    let shown: BTreeSet<String> = blocks("docs/events.md")
        .iter()
        .filter(|block| block.kind == "json")
        .map(|block| {
            let event: Event =
                serde_json::from_str(&block.text).unwrap_or_else(|error| panic!("{}: {error}", block.at));
            serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned()
        })
        .collect();
    let mut known = BTreeSet::new();
    constants_of(&protocol::event::json_schema(), "type", &mut known);
    assert!(known.contains("session.started"), "the schema could not be read: {known:?}");
    assert_eq!(shown, known);
}

/// The constants that a property has anywhere in a schema.
fn constants_of(schema: &serde_json::Value, property: &str, found: &mut BTreeSet<String>) {
    match schema {
        serde_json::Value::Object(fields) => {
            let constant = schema.pointer(&format!("/properties/{property}/const"));
            found.extend(constant.and_then(|value| value.as_str()).map(str::to_owned));
            fields.values().for_each(|field| constants_of(field, property, found));
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| constants_of(item, property, found)),
        _ => {}
    }
}

#[test]
fn the_prompts_that_are_shown_are_those_that_are_sent() {
    let shown: Vec<String> = blocks("docs/prompts.md").into_iter().map(|block| block.text).collect();
    let sent = ["main", "specialist", "solo", "compaction"]
        .map(|name| read(&format!("crates/runtime/src/prompts/{name}.md")).trim_end().to_owned() + "\n");
    assert_eq!(shown, sent);
}

#[test]
fn the_team_reference_names_every_field() {
    let reference = read("docs/team.md");
    let mut fields = BTreeSet::new();
    properties_of(&team::json_schema(), &mut fields);
    assert!(fields.contains("delegates_to"), "the schema could not be read: {fields:?}");
    let missing: Vec<&String> = fields.iter().filter(|field| !reference.contains(&format!("`{field}`"))).collect();
    assert!(missing.is_empty(), "docs/team.md does not name {missing:?}");
}

fn properties_of(schema: &serde_json::Value, found: &mut BTreeSet<String>) {
    if let Some(fields) = schema.get("properties").and_then(|properties| properties.as_object()) {
        found.extend(fields.keys().cloned());
    }
    if let Some(parts) = schema.get("$defs").and_then(|parts| parts.as_object()) {
        parts.values().for_each(|part| properties_of(part, found));
    }
}

#[test]
fn the_page_of_models_names_every_provider_with_its_variables() {
    let page = read("docs/models.md");
    for provider in Catalogue::builtin().providers() {
        let names = provider.key_env.iter().chain(&provider.base_url_env).chain([&provider.name]);
        let missing: Vec<&String> = names.filter(|name| !page.contains(&format!("`{name}`"))).collect();
        assert!(missing.is_empty(), "docs/models.md does not name {missing:?}");
    }
}

#[test]
fn every_command_is_in_the_list_of_commands() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_agent")).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let (_, rest) = help.split_once("Commands:\n").unwrap();
    let page = read("docs/commands.md");
    let lines = rest.lines().take_while(|line| !line.is_empty());
    // Deeper lines go on with what is said above them.
    let commands: Vec<&str> = lines
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() >= 10, "the help could not be read:\n{help}");
    let missing: Vec<&&str> =
        commands.iter().filter(|command| !page.contains(&format!("| `agent {command}"))).collect();
    assert!(missing.is_empty(), "docs/commands.md does not list {missing:?}");
}

#[test]
fn every_status_is_shown_with_its_exit_code() {
    let page = read("docs/commands.md");
    for name in ["verified", "unverified", "answered", "failed", "blocked", "budget", "unavailable", "interrupted"] {
        let status: protocol::event::SessionStatus = serde_json::from_value(name.into()).unwrap();
        let row = page.lines().find(|line| line.starts_with(&format!("| {} |", status.exit_code())));
        assert!(row.is_some_and(|row| row.contains(&format!("`{name}`"))), "{name} is not in the row {row:?}");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)]+)\)").unwrap();
    let mut links = 0;
    for document in documents() {
        let text = read(&document);
        for target in link.captures_iter(&text).map(|found| found.extract::<1>().1[0]) {
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let own = root().join(&document);
            let path = if file.is_empty() { own } else { own.parent().unwrap().join(file) };
            assert!(path.exists(), "{document}: {target} does not exist");
            let heading = |line: &str| line.starts_with('#') && anchor_of(line) == anchor;
            let there = anchor.is_empty() || std::fs::read_to_string(path).unwrap().lines().any(heading);
            assert!(there, "{document}: there is no heading for {target}");
            links += 1;
        }
    }
    assert!(links > 20, "only {links} links were found");
}

/// The name by which a heading can be linked to.
fn anchor_of(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    words.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

#[test]
fn the_bills_in_the_readme_are_their_tokens_at_list_prices() {
    let catalogue = Catalogue::builtin();
    let readme = read("README.md");
    // Numbers have a gap in every thousand; columns are at least two spaces apart.
    let row = regex::Regex::new(
        r"(?m)^ \w+ +(claude-[a-z0-9-]+) +\d+ {2,}([\d ]+?) {2,}([\d ]+?) {2,}([\d ]+?) {2,}([\d ]+?) {2,}(\$[\d.]+)",
    )
    .unwrap();
    let mut rows = 0;
    for found in row.captures_iter(&readme) {
        let number = |group: usize| found[group].replace(' ', "").parse::<u64>().unwrap();
        let usage = Usage {
            input: number(2),
            cache_read: number(3),
            cache_write_short: number(4),
            output: number(5),
            ..Usage::default()
        };
        // A sum of requests has no prompt size of its own: these models have one price for all sizes.
        let price = catalogue.model("anthropic", &found[1]).unwrap().price(NOW, 0);
        assert_eq!(price.cost(&usage).to_string(), found[6], "{}", &found[0]);
        rows += 1;
    }
    assert_eq!(rows, 6, "rows of agents in the tables of README.md");
}

#[test]
fn the_worked_example_is_what_the_formula_gives() {
    let catalogue = Catalogue::builtin();
    let prices = |model: &str| {
        let price = catalogue.model("anthropic", model).unwrap().price(NOW, 0);
        Prices {
            input: price.input,
            output: price.output,
            write: price.cache_write_short,
            write_long: price.cache_write_long,
            read: price.cache_read,
        }
    };
    let (main, sidekick) = (prices("claude-opus-5-5"), prices("claude-haiku-5-5"));
    let mut text = "work        steps  tokens in  tokens out     alone  overhead  specialist       gain\n".to_owned();
    for (name, steps, entered, output) in
        [("look-up", 1, 300, 50), ("small", 3, 1_500, 300), ("usual", 8, 20_000, 3_200), ("large", 20, 80_000, 15_000)]
    {
        let work = Work {
            steps,
            entered,
            output,
            brief: 400,
            report: 500,
            caller_context: 5_000,
            specialist_context: 3_000,
            remaining_calls: 6,
        };
        let worth = estimate(&main, &sidekick, &work);
        let dollars = |usd: Usd| format!("{}${:.4}", if usd < Usd::ZERO { "-" } else { "" }, usd.dollars().abs());
        text.push_str(&format!(
            "{name:<12}{steps:>5}{entered:>11}{output:>12}{:>10}{:>10}{:>12}{:>11}\n",
            dollars(worth.alone),
            dollars(worth.overhead),
            dollars(worth.specialist),
            dollars(worth.gain())
        ));
    }
    println!("{text}");
    assert!(
        read("docs/cost.md").contains(&format!("```text\n{text}```")),
        "docs/cost.md shows another table than\n{text}"
    );
}

#[test]
fn the_page_for_contributors_is_short() {
    let lines = read("AGENTS.md").lines().count();
    assert!(lines <= 60, "AGENTS.md has {lines} lines; 60 are allowed");
}
