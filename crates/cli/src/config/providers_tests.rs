use super::*;
use crate::config::teams::{TeamText, check_chosen};

fn set_up(keys: &[&str]) -> Providers {
    let environment = Environment::of(keys.iter().map(|name| ((*name).to_owned(), "any".to_owned())));
    Providers::find(&environment, &Catalogue::builtin(), &TeamArgs::default())
}

fn model(keys: &[&str], text: &str) -> Result<String, String> {
    set_up(keys).model_ref("--model", text).map(|at| at.to_string()).map_err(|error| error.to_string())
}

#[test]
fn a_model_of_a_known_provider_without_its_key_says_that_the_key_is_missing() {
    let missing = Err("--model openai/gpt-5: no key for `openai` is set".to_owned());
    assert_eq!(model(&["ANTHROPIC_API_KEY"], "openai/gpt-5"), missing);
    assert_eq!(model(&["ANTHROPIC_API_KEY", "OPENROUTER_API_KEY"], "openai/gpt-5"), missing);
}

#[test]
fn slashes_in_a_models_name_are_its_own_where_no_known_provider_is_meant() {
    assert_eq!(model(&["MISTRAL_API_KEY"], "home/grown").as_deref(), Ok("mistral/home/grown"));
    // There the maker is part of every model's name.
    let resold = model(&["OPENROUTER_API_KEY"], "anthropic/claude-opus-5.5");
    assert_eq!(resold.as_deref(), Ok("openrouter/anthropic/claude-opus-5.5"));
}

#[test]
fn without_a_provider_every_key_is_named_and_the_usual_ones_first() {
    let error = set_up(&[]).nothing_set_up().to_string();
    assert!(error.contains("a key in ANTHROPIC_API_KEY, OPENAI_API_KEY, OPENROUTER_API_KEY, "), "{error}");
    for provider in Catalogue::builtin().providers() {
        assert!(provider.key_env.iter().all(|name| error.contains(name.as_str())), "{}: {error}", provider.name);
    }
}

#[test]
fn a_model_for_an_alias_that_nobody_goes_by_is_refused_with_those_there_are() {
    let text = "agents:\n  - id: main\n    brain: strong\n".to_owned();
    let text = TeamText { text, source: "team.yaml".to_owned(), from_project: false };
    let chosen = |alias: &str| Chosen {
        aliases: BTreeMap::from([(alias.to_owned(), ModelRef::new("openai", "gpt-5").into())]),
        for_all: None,
    };
    let known = BTreeMap::from([("mine".to_owned(), ModelRef::new("openai", "gpt-5"))]);
    for alias in ["premium", "fast", "strong", "mine"] {
        assert!(check_chosen(&text, &chosen(alias), &known).is_ok(), "{alias}");
    }
    let error = check_chosen(&text, &chosen("prmium"), &known).unwrap_err();
    let hint = error.downcast_ref::<Failure>().and_then(|failure| failure.hint.clone());
    assert_eq!(hint.as_deref(), Some("aliases there are: fast, mine, premium, strong"));
}

/// What each provider is asked in when `OPENAI_BASE_URL` is this.
fn spoken_at(url: &str) -> Vec<Dialect> {
    let variables = [("OPENAI_API_KEY", "any"), ("OPENAI_BASE_URL", url)];
    let environment = Environment::of(variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter());
    let providers = Providers::find(&environment, &Catalogue::builtin(), &TeamArgs::default());
    let clock: Arc<dyn Clock> = Arc::new(protocol::ManualClock::new(protocol::Timestamp(0)));
    let clients = providers.clients([Brain::new("openai", "gpt-6-luna")].iter(), &clock).unwrap();
    let at = ModelRef::new("openai", "gpt-6-luna");
    let best = providers.dialect_for(&Catalogue::builtin(), &at);
    best.into_iter().chain(clients.of("openai").iter().map(|client| client.dialect())).collect()
}

#[test]
fn a_provider_has_a_client_for_each_dialect_unless_its_address_names_one() {
    let (chat, responses) = (Dialect::OpenaiChat, Dialect::OpenaiResponses);
    assert_eq!(spoken_at("https://proxy.example/v1"), [responses, chat, responses]);
    assert_eq!(spoken_at("https://proxy.example/v1/chat/completions"), [chat, chat]);
}

#[test]
fn an_address_of_ones_own_speaks_what_is_said_and_nothing_else() {
    let flags = TeamArgs {
        base_url: Some("http://localhost:9".to_owned()),
        dialect: DialectArg::OpenaiResponses,
        ..TeamArgs::default()
    };
    let providers = Providers::find(&Environment::default(), &Catalogue::builtin(), &flags);
    let at = ModelRef::new(CUSTOM, "gpt-oss");
    assert_eq!(providers.dialect_for(&Catalogue::builtin(), &at), Some(Dialect::OpenaiResponses));
    assert_eq!(providers.in_each_dialect(CUSTOM).len(), 1);
}
