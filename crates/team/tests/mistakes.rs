//! What the loader says about files that cannot be used.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails panics")]

use catalogue::ModelRef;
use proptest::prelude::*;
use team::{LoadOptions, TeamErrorKind, builtin, builtin_names, load};

fn options() -> LoadOptions {
    let alias = |name: &str, model: &str| (name.to_owned(), ModelRef::new("anthropic", model));
    LoadOptions {
        aliases: [alias("premium", "claude-opus-5-5"), alias("fast", "claude-haiku-5-5")].into(),
        ..LoadOptions::default()
    }
}

/// A mistake, its kind, and the file that makes it.
const CASES: &[(&str, TeamErrorKind, &str)] = &[
    ("not YAML", TeamErrorKind::Syntax, "agents:\n  - id: [main\n"),
    ("two documents", TeamErrorKind::Syntax, "version: 1\n---\nversion: 1\n"),
    ("not a team", TeamErrorKind::Shape, "just words\n"),
    ("unknown field of the team", TeamErrorKind::Shape, "version: 1\nagent:\n  - id: main\n"),
    ("unknown field of an agent", TeamErrorKind::Shape, "agents:\n  - id: main\n    rolle: coordinator\n"),
    ("another program's field", TeamErrorKind::Shape, "agents:\n  - id: main\n    system_prompt: hello\n"),
    ("wrong type", TeamErrorKind::Shape, "agents:\n  - id: main\n    limits: {steps: soon}\n"),
    ("list where fields belong", TeamErrorKind::Shape, "agents:\n  - id: main\n    limits: [1]\n"),
    ("unknown role", TeamErrorKind::Shape, "agents:\n  - id: main\n    role: coordinater\n"),
    ("missing id", TeamErrorKind::Shape, "agents:\n  - role: coordinator\n"),
    ("provider without model", TeamErrorKind::Shape, "agents:\n  - id: main\n    brain: {provider: openai}\n"),
    ("unknown effort", TeamErrorKind::Shape, "agents:\n  - id: main\n    brain: {model: premium, effort: hihg}\n"),
    ("module of a wrong type", TeamErrorKind::Shape, "agents:\n  - id: main\n    modules: [3]\n"),
    (
        "key twice in an agent",
        TeamErrorKind::DuplicateKey,
        "agents:\n  - id: main\n    role: coordinator\n    id: lead\n",
    ),
    (
        "alias twice",
        TeamErrorKind::DuplicateKey,
        "models:\n  a: openai/gpt-5\n  b: openai/gpt-5\n  a: openai/gpt-6-luna\n",
    ),
    (
        "a key in the file",
        TeamErrorKind::Forbidden,
        "agents:\n  - id: main\n    brain: {model: premium, api_key: sk-123}\n",
    ),
    (
        "a key in a header",
        TeamErrorKind::Forbidden,
        "models:\n  x:\n    provider: openai\n    model: gpt-5\n    headers: {Authorization: Bearer abc}\n",
    ),
    ("a base URL", TeamErrorKind::Forbidden, "agents:\n  - id: main\n    brain:\n      base_url: http://evil\n"),
    ("an approval mode", TeamErrorKind::Forbidden, "approve: auto\n"),
    ("a tag", TeamErrorKind::Forbidden, "agents:\n  - id: !env MAIN\n"),
    ("version of the future", TeamErrorKind::Version, "version: 2\nagents: [{id: main}]\n"),
    (
        "unknown tool",
        TeamErrorKind::UnknownTool,
        "agents:\n  - id: main\n  - id: side\n    modules:\n      - filesystem: [read, gerp]\n",
    ),
    ("unknown module", TeamErrorKind::UnknownTool, "agents:\n  - id: main\n    modules: [plan, filesytem]\n"),
    (
        "unknown module with tools",
        TeamErrorKind::UnknownTool,
        "agents:\n  - id: main\n    modules:\n      - web: [search]\n",
    ),
    (
        "delegating specialist",
        TeamErrorKind::ToolNotForRole,
        "agents:\n  - id: main\n  - id: side\n    modules:\n      - agents: [delegate]\n",
    ),
    (
        "reporting coordinator",
        TeamErrorKind::ToolNotForRole,
        "agents:\n  - id: main\n    modules: [report]\n  - id: side\n",
    ),
    ("take-over in a team of one", TeamErrorKind::ToolNotForRole, "agents:\n  - id: main\n    modules: [take_over]\n"),
    (
        "specialist with specialists",
        TeamErrorKind::ToolNotForRole,
        "agents:\n  - id: main\n    delegates_to: [a]\n  - id: a\n    delegates_to: [b]\n  - id: b\n",
    ),
    (
        "unknown agent",
        TeamErrorKind::UnknownAgent,
        "agents:\n  - id: main\n    delegates_to: [sidekik]\n  - id: sidekick\n",
    ),
    ("unknown alias", TeamErrorKind::UnknownModel, "agents:\n  - id: main\n    brain: premuim\n"),
    (
        "unknown alias in full",
        TeamErrorKind::UnknownModel,
        "agents:\n  - id: main\n    brain: {model: gpt-6-luna, max_tokens: 5}\n",
    ),
    (
        "alias of nothing",
        TeamErrorKind::UnknownModel,
        "models:\n  strong: strongest\nagents: [{id: main, brain: strong}]\n",
    ),
    (
        "aliases in a circle",
        TeamErrorKind::Cycle,
        "models:\n  a: b\n  b: {model: c}\n  c: a\nagents: [{id: main, brain: a}]\n",
    ),
    ("delegation in a circle", TeamErrorKind::Cycle, "agents:\n  - id: main\n  - id: a\n    delegates_to: [main]\n"),
    (
        "delegation among specialists in a circle",
        TeamErrorKind::Cycle,
        "agents:\n  - id: main\n  - id: a\n    delegates_to: [b]\n  - id: b\n    delegates_to: [a]\n",
    ),
    ("delegation to oneself", TeamErrorKind::Cycle, "agents:\n  - id: main\n    delegates_to: [main]\n  - id: a\n"),
    ("the same id twice", TeamErrorKind::DuplicateName, "agents:\n  - id: main\n  - id: side\n  - id: side\n"),
    (
        "the same check twice",
        TeamErrorKind::DuplicateName,
        "verify:\n  - {name: t, command: a}\n  - {name: t, command: b}\n",
    ),
    (
        "the same rung twice",
        TeamErrorKind::DuplicateName,
        "agents:\n  - id: main\n    ladder: [fast, premium, premium]\n",
    ),
    (
        "two coordinators",
        TeamErrorKind::Coordinator,
        "agents:\n  - {id: a, role: coordinator}\n  - id: b\n    role: coordinator\n",
    ),
    (
        "no coordinator",
        TeamErrorKind::Coordinator,
        "agents:\n  - {id: a, role: specialist}\n  - {id: b, role: specialist}\n",
    ),
    ("a specialist alone", TeamErrorKind::Coordinator, "agents:\n  - {id: a, role: specialist}\n"),
    ("no agents", TeamErrorKind::Coordinator, "version: 1\nagents: []\n"),
    ("a name with spaces", TeamErrorKind::Value, "agents:\n  - id: my agent\n"),
    ("no steps", TeamErrorKind::Value, "agents:\n  - id: main\n    limits:\n      steps: 0\n"),
    ("free of charge", TeamErrorKind::Value, "budget:\n  usd: 0\n"),
    ("too hot", TeamErrorKind::Value, "agents:\n  - id: main\n    brain: {model: premium, temperature: 3.5}\n"),
    ("no tokens", TeamErrorKind::Value, "models:\n  x: {model: premium, max_tokens: 0}\n"),
    ("a ladder without rungs", TeamErrorKind::Value, "agents:\n  - id: main\n    ladder: []\n"),
    ("an effort that there is not", TeamErrorKind::Value, "agents:\n  - id: main\n    brain: premium@hgh\n"),
    (
        "an effort that there is not, on a ladder",
        TeamErrorKind::Value,
        "agents:\n  - id: main\n    ladder: [fast@low, premium@extreme]\n",
    ),
    ("an effort that there is not, in an alias", TeamErrorKind::Value, "models:\n  x: openai/gpt-6.1-sol@hard\n"),
    ("an effort twice", TeamErrorKind::Value, "agents:\n  - id: main\n    brain: {model: premium@high, effort: low}\n"),
    (
        "the same rung with the same effort twice, in short",
        TeamErrorKind::DuplicateName,
        "agents:\n  - id: main\n    ladder: [premium, premium@high, {model: premium, effort: high}]\n",
    ),
    ("off the ladder", TeamErrorKind::Value, "agents:\n  - id: main\n    ladder: [fast, openai/gpt-6.1-sol]\n"),
    ("an empty module", TeamErrorKind::Value, "agents:\n  - id: main\n    modules:\n      - filesystem: []\n"),
    ("a check without a command", TeamErrorKind::Value, "verify:\n  - name: tests\n    command: ''\n"),
    (
        "the same rung with the same effort twice",
        TeamErrorKind::DuplicateName,
        "agents:\n  - id: main\n    ladder:\n      - {model: premium, effort: high}\n      - {model: premium, effort: high}\n",
    ),
    (
        "on the ladder with another effort",
        TeamErrorKind::Value,
        "agents:\n  - id: main\n    brain: {model: premium, effort: low}\n    ladder: [fast, {model: premium, effort: high}]\n",
    ),
    ("windows that never open", TeamErrorKind::Value, "compaction:\n  at_tokens: 12000\n"),
    ("windows that never open, by the older name", TeamErrorKind::Value, "compaction:\n  at: 12000\n"),
    (
        "an agent's windows that never open",
        TeamErrorKind::Value,
        "compaction: {at_tokens: 40000}\nagents:\n  - id: main\n    compaction: {keep_tail: 40000}\n",
    ),
    ("a threshold by both names", TeamErrorKind::Value, "compaction: {at_tokens: 90000, at: 80000}\n"),
    ("a threshold in words", TeamErrorKind::Shape, "compaction: {at_tokens: sometimes}\n"),
    ("an empty summary", TeamErrorKind::Value, "compaction: {summary_max: 0}\n"),
    ("a summarizer that nobody knows", TeamErrorKind::UnknownModel, "compaction: {summarizer: quick}\n"),
    (
        "an unknown field of compaction",
        TeamErrorKind::Shape,
        "agents:\n  - id: main\n    compaction: {at_token: 90000}\n",
    ),
    ("a fresh coordinator", TeamErrorKind::Value, "agents:\n  - id: main\n    context: fresh\n  - id: side\n"),
    ("a context in other words", TeamErrorKind::Shape, "agents:\n  - id: main\n  - id: side\n    context: keep\n"),
    (
        "a coordinator that escalates to itself",
        TeamErrorKind::Value,
        "agents:\n  - id: main\n    escalate_to: main\n  - id: side\n",
    ),
    ("escalation to nobody", TeamErrorKind::Shape, "agents:\n  - id: main\n  - id: side\n    escalate_to: boss\n"),
    ("warmth in other words", TeamErrorKind::Shape, "cache: {keep_warm: on}\n"),
    ("no pings at all", TeamErrorKind::Value, "cache: {keep_warm: always, max_pings: 0}\n"),
    ("a tail that outlives its prefix", TeamErrorKind::Value, "cache: {prefix: short, tail: long}\n"),
];

#[test]
fn every_mistake_is_named_with_its_place_and_what_is_allowed() {
    let mut report = String::new();
    for (what, kind, text) in CASES {
        let error = load(text, "team.yaml", &options()).expect_err(what);
        assert_eq!(error.kind, *kind, "{what}: {error}");
        report += &format!("# {what}\n{text}=> {error}\n\n");
    }
    insta::assert_snapshot!(report);
}

#[test]
fn an_alias_of_the_environment_can_be_given_settings_under_its_own_name() {
    let text = "models:\n  premium: {model: premium, max_tokens: 1000}\nagents: [{id: main}]\n";
    let brain = load(text, "team.yaml", &options()).unwrap().main().brain.clone();
    assert_eq!((brain.to_string().as_str(), brain.max_tokens), ("anthropic/claude-opus-5-5", 1_000));
}

#[test]
fn a_projects_own_file_may_not_set_headers() {
    let text = "agents:\n  - id: main\n    brain:\n      model: premium\n      headers: {x-trace: '1'}\n";
    assert!(load(text, "team.yaml", &options()).is_ok());
    let error = load(text, ".agent/team.yaml", &LoadOptions { from_project: true, ..options() }).unwrap_err();
    assert_eq!(error.kind, TeamErrorKind::Forbidden);
    assert!(error.to_string().starts_with(".agent/team.yaml:5:7: agents[0].brain: `headers`"), "{error}");
}

#[test]
fn without_a_provider_the_missing_alias_is_named() {
    let error = load(builtin("tandem").unwrap(), "tandem", &LoadOptions::default()).unwrap_err();
    assert_eq!(error.kind, TeamErrorKind::UnknownModel);
    assert!(error.problem.contains("`premium` is no alias"), "{error}");
    let error = load("budget: {usd: 1}", "team.yaml", &LoadOptions::default()).unwrap_err();
    assert_eq!((error.line, error.column, error.kind), (1, 1, TeamErrorKind::UnknownModel));
}

fn shipped() -> impl Strategy<Value = &'static str> {
    prop::sample::select(builtin_names().to_vec()).prop_map(|name| builtin(name).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_makes_the_loader_panic(text in "([ \\n:,-]|\\[|\\]|\\{|\\}|'|\"|#|&a|\\*a|!t|<<|\\||>|agents|id|brain|models|modules|filesystem|verify|0|\\PC){0,80}") {
        let _ = load(&text, "t.yaml", &options());
    }

    #[test]
    fn a_shipped_team_with_a_piece_cut_or_doubled_loads_or_is_refused_with_a_place(
        text in shipped(), from in any::<prop::sample::Index>(), length in 0usize..40, double in any::<bool>(),
    ) {
        let chars: Vec<char> = text.chars().collect();
        let from = from.index(chars.len());
        let to = (from + length).min(chars.len());
        let kept = if double { to } else { from };
        let rest = if double { from } else { to };
        let changed: String = chars[..kept].iter().chain(&chars[rest..]).collect();
        if let Err(error) = load(&changed, "t.yaml", &options()) {
            prop_assert!(error.line >= 1 && error.column >= 1);
            prop_assert!(error.line <= changed.lines().count() + 1, "{}", error);
            prop_assert!(!error.problem.is_empty());
        }
    }
}

#[test]
fn a_provider_that_nobody_knows_is_named_with_those_there_are() {
    let known = ["anthropic", "openai", "custom"].map(str::to_owned).to_vec();
    let options = LoadOptions { known_providers: known, ..options() };
    let full = "agents:\n  - id: main\n    brain: {provider: antropic, model: claude-opus-5-5}\n";
    let name = "agents:\n  - id: main\n    brain: antropic/claude-opus-5-5\n";
    let alias = "models:\n  best: {provider: antropic, model: claude-opus-5-5}\nagents: [{id: main}]\n";
    for (text, line, field) in
        [(full, 3, "agents[0].brain.provider"), (name, 3, "agents[0].brain"), (alias, 2, "models.best.provider")]
    {
        let error = load(text, "team.yaml", &options).unwrap_err();
        assert_eq!((error.kind, error.line, error.field.as_str()), (TeamErrorKind::UnknownModel, line, field));
        assert!(error.problem.contains("unknown provider `antropic`; known: anthropic, openai, custom"), "{error}");
        assert!(error.problem.ends_with("did you mean `anthropic`?"), "{error}");
    }
    for provider in ["openai", "custom"] {
        assert!(load(&full.replace("antropic", provider), "team.yaml", &options).is_ok(), "{provider}");
    }
}

#[test]
fn the_aliases_of_a_file_are_those_it_defines_and_those_its_agents_go_by() {
    let text = "models:\n  strong: {provider: openai, model: gpt-5}\nagents:\n  - id: main\n    brain: strong\n  \
                - id: side\n    brain: {model: quick}\n    ladder: [openai/gpt-5, quick]\n";
    let names = team::alias_names(text, "team.yaml", false).unwrap();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["fast", "premium", "quick", "strong"]);
}
