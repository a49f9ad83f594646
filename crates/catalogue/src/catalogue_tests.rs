use proptest::prelude::*;

use super::*;
use crate::builtin::PRICES;

const NOVEMBER: Timestamp = Timestamp(1_795_262_400_000); // Saturday 2026-11-21, 12:00 UTC

fn day(text: &str) -> Timestamp {
    let at: jiff::Timestamp = text.parse().unwrap();
    Timestamp(u64::try_from(at.as_millisecond()).unwrap())
}

fn usage(input: u64, cache_read: u64, short: u64, long: u64, output: u64) -> Usage {
    Usage { input, cache_read, cache_write_short: short, cache_write_long: long, output, reasoning: 0 }
}

#[test]
fn every_row_of_the_price_list_loads_under_its_own_name() {
    let catalogue = Catalogue::read_builtin().unwrap();
    assert_eq!(catalogue.models().count(), PRICES.lines().count() - 1);
    for model in catalogue.models() {
        let found = catalogue.model(&model.family, &model.name).unwrap();
        assert_eq!(found, model, "{model} hides behind another model");
        assert!(catalogue.provider(&model.family).is_some(), "{model} has no provider");
        assert!(model.context >= 100_000 && model.max_output > 0 && model.min_cacheable > 0, "{model}");
        let price = model.price(NOVEMBER, 1_000);
        assert!(price.input > 0 && price.output > price.input && price.cache_read < price.input, "{model}: {price:?}");
        assert!(price.cache_write_short >= price.input && price.cache_write_long >= price.cache_write_short, "{model}");
    }
}

/// Spot checks against the printed price table: input, output, short write, long write, read, in USD per million tokens.
#[test]
fn t23_list_prices_are_those_of_the_table() {
    let rows = [
        ("anthropic", "claude-fable-5-2", ["8", "40", "10", "16", "0.2"]),
        ("anthropic", "claude-opus-5-5", ["4", "20", "5", "8", "0.2"]),
        ("anthropic", "claude-haiku-5-5", ["0.1", "0.5", "0.125", "0.2", "0.01"]),
        ("openai", "gpt-6.1-sol", ["2", "10", "2.5", "5", "0.1"]),
        ("openai", "gpt-6-luna", ["0.1", "0.5", "0.125", "0.25", "0.01"]),
        ("openai", "gpt-5.4-mini", ["0.75", "4.5", "0.75", "0.75", "0.075"]),
        ("zai", "glm-5.3", ["1.4", "4.4", "1.4", "1.4", "0.26"]),
        ("xai", "grok-4.7", ["2", "6", "2", "2", "0.5"]),
        ("moonshot", "kimi-k3", ["3", "15", "3", "6", "0.3"]),
    ];
    let catalogue = Catalogue::builtin();
    for (provider, name, expected) in rows {
        let price = catalogue.model(provider, name).unwrap().price(NOVEMBER, 1_000);
        let printed = [price.input, price.output, price.cache_write_short, price.cache_write_long, price.cache_read];
        assert_eq!(printed.map(crate::decimal_of), expected.map(str::to_owned), "{name}");
    }
}

#[test]
fn a_prompt_above_the_tier_limit_re_prices_the_whole_request() {
    let catalogue = Catalogue::builtin();
    let cost = |usage| catalogue.cost("anthropic", "claude-haiku-5-5", &usage, NOVEMBER).unwrap();
    assert_eq!(cost(usage(100_000, 0, 0, 0, 0)), Usd::from_dollars(0.01));
    assert_eq!(cost(usage(100_001, 0, 0, 0, 0)), Usd::from_dollars(0.0500005));
    // All kinds of prompt tokens count towards the limit, and all are re-priced: 0.50, 0.05, 0.625, 1.00, 2.50.
    let large = usage(1_000, 100_000, 1_000, 1_000, 1_000);
    assert_eq!(cost(large), Usd::from_dollars(0.0005 + 0.005 + 0.000625 + 0.001 + 0.0025));
}

#[test]
fn a_price_change_holds_from_its_day_on() {
    let catalogue = Catalogue::builtin();
    let read = |at| catalogue.model("anthropic", "claude-sonnet-5-5").unwrap().price(at, 10).cache_read;
    assert_eq!(read(day("2026-10-06T23:59:59Z")), 200_000);
    assert_eq!(read(day("2026-10-07T00:00:00Z")), 100_000);
}

#[test]
fn deepseek_costs_half_outside_its_peak_hours() {
    let catalogue = Catalogue::builtin();
    let input = |at| catalogue.model("deepseek", "deepseek-v4-pro").unwrap().price(day(at), 10).input;
    let (peak, half) = (1_320_000, 660_000);
    // 2026-11-20 is a Friday.
    for at in ["2026-11-20T01:00:00Z", "2026-11-20T03:59:59Z", "2026-11-20T06:00:00Z", "2026-11-20T09:59:59Z"] {
        assert_eq!(input(at), peak, "{at}");
    }
    for at in ["2026-11-20T00:59:59Z", "2026-11-20T04:00:00Z", "2026-11-20T10:00:00Z", "2026-11-21T02:00:00Z"] {
        assert_eq!(input(at), half, "{at}");
    }
}

#[test]
fn a_model_is_found_under_the_names_that_providers_give_it() {
    let catalogue = Catalogue::builtin();
    let name = |provider, model| catalogue.model(provider, model).map(ToString::to_string);
    let some = |name: &str| Some(name.to_owned());
    assert_eq!(name("anthropic", "claude-opus-4-5-20251101"), some("anthropic/claude-opus-4-5"));
    assert_eq!(name("anthropic", "claude-opus-5-5[1m]"), some("anthropic/claude-opus-5-5"));
    assert_eq!(name("openrouter", "anthropic/claude-opus-5.5"), some("anthropic/claude-opus-5-5"));
    assert_eq!(name("openrouter", "z-ai/glm-5.3"), some("zai/glm-5.3"));
    assert_eq!(name("anthropic", "anthropic/claude-opus-5-5"), some("anthropic/claude-opus-5-5"));
    assert_eq!(name("openai", "gpt-5-2026-08-07"), some("openai/gpt-5"));
    assert_eq!(name("deepseek", "deepseek-flash"), some("deepseek/deepseek-flash"));
}

#[test]
fn what_is_not_listed_is_unknown_and_never_free() {
    let catalogue = Catalogue::builtin();
    for (provider, model) in [
        ("anthropic", "claude-opus-9"),
        ("nobody", "claude-opus-5-5"),
        ("local", "qwen/qwen3-coder-flash"),
        ("openrouter", "anthropic/claude-opus-5.5:free"),
        ("openai", "claude-opus-5-5"),
    ] {
        assert_eq!(catalogue.model(provider, model), None, "{provider}/{model}");
        assert_eq!(catalogue.cost(provider, model, &usage(1, 0, 0, 0, 1), NOVEMBER), None);
    }
}

#[test]
fn limits_are_those_of_the_vendors() {
    let catalogue = Catalogue::builtin();
    let limits = |provider, name| {
        let model = catalogue.model(provider, name).unwrap();
        (model.min_cacheable, model.ttl_short_s, model.ttl_long_s)
    };
    assert_eq!(limits("anthropic", "claude-opus-5-5"), (512, 300, Some(3_600)));
    assert_eq!(limits("anthropic", "claude-haiku-5-5"), (512, 300, Some(3_600)));
    assert_eq!(limits("anthropic", "claude-sonnet-4-6"), (1_024, 300, Some(3_600)));
    assert_eq!(limits("anthropic", "claude-opus-4-7"), (2_048, 300, Some(3_600)));
    assert_eq!(limits("anthropic", "claude-haiku-4-5"), (4_096, 300, Some(3_600)));
    assert_eq!(limits("openai", "gpt-6-luna"), (1_024, 1_800, Some(43_200)));
    assert_eq!(limits("google", "gemini-4-argon"), (4_096, 300, None));
}

#[test]
fn quirks_are_those_of_the_vendors() {
    let catalogue = Catalogue::builtin();
    let quirks = |provider, name| catalogue.model(provider, name).unwrap().quirks.clone();
    assert!(quirks("anthropic", "claude-opus-5-5").no_temperature);
    assert!(!quirks("anthropic", "claude-opus-5-5").effort_keyed);
    assert!(quirks("anthropic", "claude-opus-5").effort_keyed);
    assert!(!quirks("anthropic", "claude-opus-4-6").no_temperature);
    assert!(quirks("anthropic", "claude-sonnet-5-5").thinking_always_on);
    assert!(quirks("openai", "gpt-6.1-sol").no_tools_with_effort);
    assert!(!quirks("openai", "gpt-5").no_tools_with_effort);
}

#[test]
fn a_model_that_takes_no_effort_beside_tools_in_chat_is_asked_in_responses() {
    let catalogue = Catalogue::builtin();
    let dialect = |provider, model| catalogue.dialect_for(provider, model);
    assert_eq!(dialect("openai", "gpt-6.1-sol"), Some(Dialect::OpenaiResponses));
    assert_eq!(dialect("openai", "gpt-5.4-2026-03-05"), Some(Dialect::OpenaiResponses));
    assert_eq!(dialect("openai", "gpt-5"), Some(Dialect::OpenaiChat));
    assert_eq!(dialect("openai", "unheard-of"), Some(Dialect::OpenaiChat));
    assert_eq!(dialect("openrouter", "openai/gpt-6-luna"), Some(Dialect::OpenaiChat), "it speaks no Responses");
    assert_eq!(dialect("anthropic", "claude-opus-5-5"), Some(Dialect::AnthropicMessages));
    assert_eq!(dialect("nobody", "gpt-6.1-sol"), None);
}

#[test]
fn presets_name_models_that_are_known_except_at_a_local_server() {
    let catalogue = Catalogue::builtin();
    for provider in catalogue.providers() {
        let Some(presets) = catalogue.presets(&provider.name) else {
            assert_eq!(provider.name, "local");
            continue;
        };
        let price = |at: &ModelRef| {
            assert_eq!(at.provider, provider.name);
            catalogue.model(&at.provider, &at.model).unwrap_or_else(|| panic!("{at} is not listed")).price(NOVEMBER, 10)
        };
        assert!(price(&presets.fast).input < price(&presets.premium).input, "{}", provider.name);
    }
    let presets = catalogue.presets("openrouter").unwrap();
    assert_eq!(presets.premium.to_string(), "openrouter/anthropic/claude-opus-5.5");
}

#[test]
fn cache_markers_go_only_to_models_that_are_cached_at_markers() {
    let catalogue = Catalogue::builtin();
    assert!(catalogue.chat_flavor("openrouter", "anthropic/claude-haiku-5.5").cache_control);
    assert!(!catalogue.chat_flavor("openrouter", "openai/gpt-6-luna").cache_control);
    assert!(!catalogue.chat_flavor("openrouter", "nobody/nothing").cache_control);
    let newest = ChatFlavor { cache_breakpoints: true, ..ChatFlavor::default() };
    assert_eq!(catalogue.chat_flavor("openai", "gpt-6-luna"), newest);
    assert_eq!(catalogue.chat_flavor("openai", "gpt-5.4"), ChatFlavor::default());
    assert_eq!(catalogue.chat_flavor("openai", "unheard-of"), ChatFlavor::default());
    assert!(!catalogue.chat_flavor("openrouter", "openai/gpt-6-luna").cache_breakpoints);
}

#[test]
fn an_unknown_server_gets_what_any_local_one_understands() {
    let catalogue = Catalogue::builtin();
    let flavor = catalogue.chat_flavor("unknown", "model");
    assert_eq!(flavor, catalogue.chat_flavor("local", "model"));
    assert!(flavor.merge_user_messages && !flavor.cache_key && flavor.max_tokens_field == "max_tokens");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn costs_add_up_exactly_below_the_tier_limit(
        a in [0u64..20_000, 0u64..20_000, 0u64..5_000, 0u64..4_000, 0u64..9_000],
        b in [0u64..20_000, 0u64..20_000, 0u64..5_000, 0u64..4_000, 0u64..9_000],
        which in any::<prop::sample::Index>(),
    ) {
        let catalogue = Catalogue::builtin();
        let models: Vec<&Model> = catalogue.models().collect();
        let model = which.get(&models);
        let (a, b) = (usage(a[0], a[1], a[2], a[3], a[4]), usage(b[0], b[1], b[2], b[3], b[4]));
        let cost = |usage: Usage| catalogue.cost(&model.family, &model.name, &usage, NOVEMBER).unwrap();
        let (sum, parts) = (cost(a + b), cost(a) + cost(b));
        match model.prices.tier {
            Some(tier) if (a + b).prompt() > tier.above => prop_assert!(sum >= parts),
            _ => prop_assert_eq!(sum, parts),
        }
    }

    #[test]
    fn no_user_file_makes_the_reader_panic(text in "(models|aliases|providers|\\PC| |\n|:|-|\\{|\\[){0,60}") {
        let _ = Catalogue::default().overlay(&text, "models.yaml");
    }
}
