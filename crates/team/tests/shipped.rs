//! The teams in `agents/` and `examples/teams/`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails panics")]
#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use std::path::{Path, PathBuf};

use catalogue::{Catalogue, ModelRef};
use protocol::{AgentId, Effort, Usd};
use team::{
    Audience, CompactAt, ContextMode, EscalateTo, KeepWarm, LoadOptions, Role, Team, builtin, builtin_names, load,
};

fn options() -> LoadOptions {
    let presets = Catalogue::builtin().presets("anthropic").unwrap();
    LoadOptions {
        aliases: [("premium".to_owned(), presets.premium), ("fast".to_owned(), presets.fast)].into(),
        ..LoadOptions::default()
    }
}

fn shipped(name: &str) -> Team {
    load(builtin(name).unwrap(), name, &options()).unwrap()
}

fn yaml_files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files
}

fn example(name: &str) -> Team {
    let file = yaml_files("examples/teams").into_iter().find(|file| file.ends_with(name)).unwrap();
    load(&std::fs::read_to_string(file).unwrap(), name, &options()).unwrap()
}

fn tools(team: &Team, agent: &str) -> Vec<String> {
    team.agent(&AgentId::from(agent)).unwrap().tools.clone()
}

#[test]
fn every_team_in_the_repository_loads_and_follows_its_schema() {
    let schema = jsonschema::validator_for(&team::json_schema()).unwrap();
    let files: Vec<PathBuf> = [yaml_files("agents"), yaml_files("examples/teams")].concat();
    assert!(files.len() >= builtin_names().len() + 3, "{files:?}");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        load(&text, &file.to_string_lossy(), &options()).unwrap_or_else(|error| panic!("{error}"));
        let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        let errors: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
    }
}

#[test]
fn every_team_in_the_agents_folder_is_built_in() {
    let names: Vec<String> =
        yaml_files("agents").iter().map(|file| file.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    let mut built_in = builtin_names().to_vec();
    built_in.sort_unstable();
    assert_eq!(names, built_in);
    assert_eq!(builtin("nothing"), None);
}

#[test]
fn the_default_team_has_the_grants_of_its_design() {
    let team = shipped("tandem");
    assert_eq!(
        tools(&team, "main"),
        [
            "read",
            "edit",
            "write",
            "bash",
            "git_diff",
            "git_status",
            "git_commit",
            "delegate",
            "take_over",
            "verify",
            "ask_user",
            "plan"
        ]
    );
    assert_eq!(team.main().takes_over, ["edit", "write", "bash"]);
    assert_eq!(
        tools(&team, "sidekick"),
        ["read", "list", "glob", "grep", "edit", "write", "bash", "processes", "git_diff", "git_status", "report"]
    );
    let sidekick = team.specialists().next().unwrap();
    assert!(sidekick.takes_over.is_empty());
    assert_eq!((sidekick.limits.steps, team.main().limits.steps), (15, 60));
    assert_eq!(team.main().brain.to_string(), "anthropic/claude-opus-5-5");
    assert_eq!(sidekick.brain.to_string(), "anthropic/claude-haiku-5-5");
    assert_eq!((team.main().audience, sidekick.audience), (Audience::Human, Audience::Agent));
    assert!(team.notes.is_empty(), "the default team states everything: {:?}", team.notes);
}

#[test]
fn solo_has_every_tool_that_needs_no_second_agent() {
    let team = shipped("solo");
    assert!(team.is_solo());
    assert_eq!(team.specialists().count(), 0);
    assert_eq!(
        tools(&team, "solo"),
        [
            "read",
            "list",
            "glob",
            "grep",
            "edit",
            "write",
            "bash",
            "processes",
            "git_diff",
            "git_status",
            "git_commit",
            "verify",
            "ask_user",
            "plan"
        ]
    );
    assert!(team.main().takes_over.is_empty());
}

#[test]
fn specialists_think_cheaply_unless_a_person_or_the_plan_depends_on_it() {
    let team = shipped("specialists");
    assert!(team.main().takes_over.is_empty(), "this coordinator writes code itself");
    assert!(tools(&team, "coordinator").contains(&"edit".to_owned()));
    let brains: Vec<String> = team.specialists().map(|agent| format!("{} {}", agent.id, agent.brain.model)).collect();
    assert_eq!(
        brains,
        [
            "explorer claude-haiku-5-5",
            "tester claude-haiku-5-5",
            "fact_checker claude-haiku-5-5",
            "writer claude-opus-5-5",
            "editor claude-opus-5-5",
            "reviewer claude-opus-5-5"
        ]
    );
    for reader in ["explorer", "reviewer", "fact_checker"] {
        assert!(!tools(&team, reader).contains(&"edit".to_owned()), "{reader} changes nothing");
    }
}

#[test]
fn a_file_without_agents_uses_those_of_the_default_team() {
    let team = example("minimal.yaml");
    assert_eq!(team.agents, shipped("tandem").agents);
    assert_eq!(team.name, "minimal");
    assert_eq!(team.verify.len(), 2);
    assert_eq!((team.verify[0].timeout_s, team.verify[1].timeout_s), (600, 300));
    assert_eq!(team.budget.usd, Some(Usd::from_dollars(2.5)));
}

#[test]
fn aliases_of_the_file_go_before_those_of_the_environment() {
    let team = example("two-providers.yaml");
    let sidekick = team.agent(&AgentId::from("sidekick")).unwrap();
    assert_eq!(sidekick.brain.to_string(), "openai/gpt-6-luna");
    assert_eq!(team.main().brain.max_tokens, 16_384, "what an alias sets holds for who uses it");
    let rungs: Vec<String> = sidekick.ladder.iter().map(ToString::to_string).collect();
    assert_eq!(rungs, ["openai/gpt-6-luna", "openai/gpt-6.1-sol"]);
}

#[test]
fn a_list_in_digitorns_shape_loads_as_it_is_and_says_what_was_filled_in() {
    let team = example("digitorn.yaml");
    assert_eq!(team.main().id.as_str(), "lead");
    assert_eq!(tools(&team, "lead"), ["read", "glob", "grep", "delegate"]);
    assert_eq!(tools(&team, "analyst"), ["read", "glob", "grep", "report"]);
    let analyst = team.specialists().next().unwrap();
    assert_eq!((analyst.role, analyst.brain.temperature), (Role::Specialist, Some(0.1)));
    insta::assert_snapshot!(team.notes.join("\n"));
}

#[test]
fn show_prints_every_field_with_where_it_came_from() {
    let mut team = example("digitorn.yaml");
    let check = team::VerifyEntry { name: "tests".to_owned(), command: "make test".to_owned(), timeout_s: 60 };
    team.merge_verify(vec![check], "--verify");
    let lines: Vec<String> =
        team.show().iter().map(|field| format!("{} = {}   ({})", field.path, field.value, field.origin)).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn show_names_the_alias_behind_a_brain() {
    let team = shipped("tandem");
    let origin = |path: &str| team.show().into_iter().find(|field| field.path == path).unwrap().origin;
    assert!(origin("agents.main.brain.model").ends_with(", alias premium"), "{}", origin("agents.main.brain.model"));
    let borrowed = example("minimal.yaml").show();
    let steps = borrowed.iter().find(|field| field.path == "agents.main.limits.steps").unwrap();
    assert_eq!(steps.origin, "built-in tandem");
}

#[test]
fn the_schema_is_the_one_editors_know() {
    insta::assert_json_snapshot!(team::json_schema());
}

#[test]
fn tools_from_elsewhere_can_be_granted_by_name() {
    let mut options = options();
    options.aliases.insert("fast".to_owned(), ModelRef::new("local", "coder"));
    options.known_tools = ["read", "report", "lookup", "delegate"].map(str::to_owned).to_vec();
    let text = "agents: [{id: a}, {id: b, modules: [lookup, filesystem]}]";
    let error = load(text, "t.yaml", &options).map(|team| tools(&team, "b"));
    assert_eq!(error.unwrap(), ["read", "report", "lookup"], "in the order in which the tools are known");
}

#[test]
fn a_model_chosen_for_the_run_goes_before_what_the_file_says() {
    let text = "version: 1\nmodels: {premium: openai/gpt-6.1-sol}\nagents:\n  - id: main\n    role: coordinator\n    \
                brain: {model: premium, max_tokens: 99}\n  - id: helper\n    brain: anthropic/claude-haiku-5-5\n";
    let brains = |options: &LoadOptions| -> Vec<String> {
        load(text, "t.yaml", options).unwrap().agents.iter().map(|agent| agent.brain.to_string()).collect()
    };
    assert_eq!(brains(&options()), ["openai/gpt-6.1-sol", "anthropic/claude-haiku-5-5"]);
    let mine = ModelRef::new("local", "mine");
    let alias = LoadOptions { chosen: [("premium".to_owned(), mine.clone().into())].into(), ..options() };
    assert_eq!(brains(&alias), ["local/mine", "anthropic/claude-haiku-5-5"]);
    let all = LoadOptions { chosen_for_all: Some(mine.into()), ..options() };
    assert_eq!(brains(&all), ["local/mine", "local/mine"]);
    assert_eq!(load(text, "t.yaml", &all).unwrap().main().brain.max_tokens, 99);
}

#[test]
fn what_a_file_leaves_out_about_windows_and_caches_is_decided_by_cost() {
    let team = shipped("tandem");
    assert_eq!((team.cache.keep_warm, team.cache.max_pings), (KeepWarm::Auto, 12));
    for agent in &team.agents {
        let windows = &agent.compaction;
        assert_eq!((windows.at, windows.keep_tail, windows.summary_max), (CompactAt::Auto, 10_000, 5_000));
        assert_eq!((&windows.summarizer, agent.context), (&None, ContextMode::Auto));
    }
    let escalates_to: Vec<EscalateTo> = team.agents.iter().map(|agent| agent.escalate_to).collect();
    assert_eq!(escalates_to, [EscalateTo::Person, EscalateTo::Main]);
}

/// A project's own file, with everything that can be said about windows and caches.
const WINDOWS: &str = "version: 1
compaction: {at: 90000, keep_tail: 8000, summarizer: fast}
cache: {keep_warm: always, max_pings: 12}
agents:
  - id: main
    compaction: {at_tokens: never}
  - id: side
    context: fresh
    keep_warm: off
    escalate_to: person
    compaction: {summary_max: 2000, summarizer: {model: premium, effort: low}}
";

#[test]
fn an_agent_says_otherwise_than_its_team_about_its_windows_field_by_field() {
    let team = load(WINDOWS, ".agent/team.yaml", &LoadOptions { from_project: true, ..options() }).unwrap();
    let [main, side] = &team.agents[..] else { panic!("two agents") };
    assert_eq!(team.compaction.at, CompactAt::Tokens(90_000));
    assert_eq!((main.compaction.at, main.compaction.keep_tail), (CompactAt::Never, 8_000));
    assert_eq!(main.compaction.summarizer.as_ref().unwrap().model, "claude-haiku-5-5");
    assert_eq!((side.compaction.at, side.compaction.summary_max), (CompactAt::Tokens(90_000), 2_000));
    let summarizer = side.compaction.summarizer.as_ref().unwrap();
    assert_eq!((summarizer.model.as_str(), summarizer.effort), ("claude-opus-5-5", Some(Effort::Low)));
    assert_eq!((side.context, side.escalate_to), (ContextMode::Fresh, EscalateTo::Person));
    assert_eq!((team.cache.keep_warm, team.cache.max_pings), (KeepWarm::Always, 12));
    assert_eq!((main.keep_warm, side.keep_warm), (KeepWarm::Always, KeepWarm::Off));
    assert_eq!(team.brains().count(), 4, "both agents' own, and both summarizers");
}

#[test]
fn show_says_whether_the_agent_or_its_team_set_a_window() {
    let team = load(WINDOWS, "team.yaml", &options()).unwrap();
    let line = |path: &str| {
        let field = team.show().into_iter().find(|field| field.path == path).unwrap();
        format!("{} ({})", field.value, field.origin)
    };
    assert_eq!(line("compaction.at_tokens"), "90000 (team.yaml:2)");
    assert_eq!(line("agents.main.compaction.at_tokens"), "never (team.yaml:6)");
    assert_eq!(line("agents.main.compaction.summary_max"), "5000 (default)");
    assert_eq!(line("agents.side.compaction.at_tokens"), "90000 (team.yaml:2)");
    assert_eq!(line("agents.side.compaction.summarizer"), "anthropic/claude-opus-5-5 (team.yaml:11)");
    assert_eq!(line("agents.side.context"), "fresh (team.yaml:8)");
    assert_eq!(line("agents.main.keep_warm"), "always (team.yaml:3)");
    assert_eq!(line("agents.side.keep_warm"), "off (team.yaml:9)");
    assert_eq!(line("cache.max_pings"), "12 (team.yaml:3)");
}

#[test]
fn an_agents_own_brain_stands_on_its_ladder_as_the_agent_uses_it() {
    let text = "agents:\n  - id: main\n    brain: {model: premium, effort: high, max_tokens: 16384}\n    \
                ladder: [fast, premium, {model: premium, effort: max}]\n";
    let team = load(text, "t.yaml", &options()).unwrap();
    let ladder = &team.main().ladder;
    assert_eq!(ladder[1], team.main().brain, "a rung without an effort is the brain with the agent's own");
    let efforts: Vec<Option<Effort>> = ladder.iter().map(|rung| rung.effort).collect();
    assert_eq!(efforts, [None, Some(Effort::High), Some(Effort::Max)]);
}
