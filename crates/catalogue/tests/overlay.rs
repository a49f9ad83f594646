//! A user's `models.yaml` over the built-in catalogue.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails panics")]

use catalogue::{Auth, Catalogue, ModelRef, decimal_of};
use protocol::{Dialect, Timestamp, Usage, Usd};

const NOW: Timestamp = Timestamp(1_795_262_400_000);

fn overlaid(text: &str) -> Catalogue {
    Catalogue::builtin().overlay(text, "models.yaml").unwrap()
}

fn refused(text: &str) -> String {
    Catalogue::builtin().overlay(text, "models.yaml").unwrap_err().to_string()
}

#[test]
fn a_price_in_the_users_file_changes_what_a_request_costs() {
    let usage = Usage { cache_read: 1_000_000, ..Usage::default() };
    let cost = |catalogue: &Catalogue| catalogue.cost("anthropic", "claude-opus-5-5", &usage, NOW).unwrap();
    let before = Catalogue::builtin();
    let after = overlaid("models:\n  anthropic/claude-opus-5-5:\n    prices: {cache_read: 0.45}\n");
    assert_eq!((cost(&before), cost(&after)), (Usd::from_dollars(0.2), Usd::from_dollars(0.45)));
    let input = |catalogue: &Catalogue| {
        decimal_of(catalogue.model("anthropic", "claude-opus-5-5").unwrap().price(NOW, 10).input)
    };
    assert_eq!(input(&before), input(&after), "what is not named stays");
}

#[test]
fn a_stated_price_ends_former_prices_and_cheaper_hours() {
    let catalogue = overlaid("models: {deepseek/deepseek-v4-pro: {prices: {input: 1}}}");
    let model = catalogue.model("deepseek", "deepseek-v4-pro").unwrap();
    assert_eq!(model.prices.off_peak, None);
    assert_eq!(model.price(NOW, 10).input, 1_000_000);
}

#[test]
fn a_model_and_a_server_of_ones_own_are_known_afterwards() {
    let catalogue = overlaid(
        "providers:\n  box:\n    base_url: http://10.0.0.5:8000/v1\n    key_env: [BOX_KEY]\nmodels:\n  box/coder-30b: {context: 65536, max_output: 8192, prices: {input: 0, output: 0}, quirks: {no_stop: true}}\naliases:\n  fast: cheap\n  cheap: box/coder-30b\n",
    );
    let provider = catalogue.provider("box").unwrap();
    assert_eq!((provider.dialect, provider.auth), (Dialect::OpenaiChat, Auth::Bearer));
    let model = catalogue.model("box", "coder-30b").unwrap();
    assert!(model.quirks.no_stop);
    assert_eq!(catalogue.cost("box", "coder-30b", &Usage { input: 9, ..Usage::default() }, NOW), Some(Usd::ZERO));
    assert_eq!(catalogue.aliases()["fast"], ModelRef::new("box", "coder-30b"));
}

#[test]
fn who_takes_images_is_known_of_three_makers_and_said_by_the_user_of_others() {
    let sees = |catalogue: &Catalogue, provider: &str, model: &str| catalogue.model(provider, model).unwrap().images;
    let built_in = Catalogue::builtin();
    assert!(sees(&built_in, "anthropic", "claude-haiku-5-5") && sees(&built_in, "openai", "gpt-6.1-sol"));
    assert!(sees(&built_in, "openrouter", "anthropic/claude-opus-5-5"), "through whoever sells it");
    assert!(!sees(&built_in, "deepseek", "deepseek-v4-pro"), "nobody says so");
    let catalogue = overlaid(
        "models:\n  deepseek/deepseek-v4-pro: {images: true}\n  anthropic/claude-haiku-5-5: {images: false}\n",
    );
    assert!(sees(&catalogue, "deepseek", "deepseek-v4-pro") && !sees(&catalogue, "anthropic", "claude-haiku-5-5"));
}

#[test]
fn a_provider_may_speak_more_than_one_dialect() {
    let also = |catalogue: &Catalogue, name: &str| catalogue.provider(name).unwrap().also.clone();
    let built_in = Catalogue::builtin();
    assert_eq!(also(&built_in, "openai"), [Dialect::OpenaiResponses]);
    assert!(also(&built_in, "anthropic").is_empty());
    let text = "providers: {box: {base_url: 'http://b', also: [openai_responses, openai_chat]}, openai: {also: []}}";
    let catalogue = overlaid(text);
    assert_eq!(also(&catalogue, "box"), [Dialect::OpenaiResponses], "the first one is not said twice");
    assert!(also(&catalogue, "openai").is_empty());
    assert_eq!(catalogue.dialect_for("openai", "gpt-6-luna"), Some(Dialect::OpenaiChat), "a user may take it away");
}

#[test]
fn a_known_provider_keeps_what_the_file_does_not_name() {
    let catalogue = overlaid("providers: {anthropic: {base_url: 'http://127.0.0.1:9', headers: {x-team: blue}}}");
    let provider = catalogue.provider("anthropic").unwrap();
    assert_eq!(provider.dialect, Dialect::AnthropicMessages);
    assert_eq!(provider.base_url, "http://127.0.0.1:9");
    assert_eq!(provider.headers, [("x-team".to_owned(), "blue".to_owned())]);
    assert_eq!(provider.key_env, ["ANTHROPIC_API_KEY"]);
}

#[test]
fn an_empty_file_changes_nothing() {
    assert_eq!(overlaid("").models().count(), overlaid("# nothing yet\n").models().count());
}

#[test]
fn every_mistake_is_named_with_its_line_and_column() {
    let cases = [
        ("modles: {}\n", "models.yaml:1:1: unknown field `modles`"),
        (
            "models:\n  anthropic/claude-opus-5-5:\n    context: big\n",
            "models.yaml:3:14: models.anthropic/claude-opus-5-5.context: invalid type",
        ),
        ("models:\n  anthropic/claude-opus-5-5:\n    prices: {input: -1}\n", "models.yaml:3:21: "),
        (
            "models:\n  anthropic/claude-opus-5-5: {}\n  anthropic/claude-opus-5-5: {}\n",
            "models.yaml:3:3: models: key `anthropic/claude-opus-5-5` stands here for the second time",
        ),
        ("models:\n  opus: {}\n", "models.yaml:2:3: models.opus: `opus` names no model at a provider"),
        (
            "models:\n  x/y: {context: 1}\n",
            "models.yaml:2:3: models.x/y: x/y is not in the built-in list, so `prices` has to be given",
        ),
        (
            "providers:\n  mine: {auth: bearer}\n",
            "models.yaml:2:3: providers.mine: a provider that the program does not know needs a `base_url`",
        ),
        (
            "providers:\n  mine:\n    base_url: http://h\n    api_key: sk-1\n",
            "models.yaml:4:5: providers.mine: `api_key`: keys are never read from a file",
        ),
        (
            "providers:\n  mine:\n    base_url: http://h\n    headers: {Authorization: Bearer x}\n",
            "models.yaml:4:15: providers.mine.headers: `Authorization`: keys are never read",
        ),
        ("aliases:\n  a: b\n  b: a\n", "models.yaml:2:3: aliases.a: the alias leads back to itself: a -> b -> a"),
        ("aliases:\n  a: nothing\n", "models.yaml:2:3: aliases.a: `nothing` names no model at a provider"),
        ("models: [\n", "models.yaml:2:1: "),
    ];
    for (text, expected) in cases {
        let found = refused(text);
        assert!(found.starts_with(expected), "\n   found {found}\nexpected {expected}");
    }
}
