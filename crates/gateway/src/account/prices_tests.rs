use super::*;

const NOW: Timestamp = Timestamp(1_795_219_200_000);

fn prices() -> Prices {
    Prices::new(Arc::new(Catalogue::builtin()))
}

#[test]
fn the_answers_limit_is_found_where_it_is_a_field_and_not_where_it_is_said() {
    assert_eq!(most_output(br#"{"max_tokens": 300, "messages": []}"#), Some(300));
    assert_eq!(most_output(br#"{"max_output_tokens":12,"x":"\"max_tokens\":999999"}"#), Some(12));
    assert_eq!(most_output(br#"{"tools":[{"max_tokens":{"type":"integer"}}],"max_completion_tokens":7}"#), Some(7));
    assert_eq!(most_output(br#"{"messages":[]}"#), None);
    assert_eq!(most_output(br#"{"max_tokens":null}"#), None);
    assert_eq!(most_output(br#"{"max_tokens""#), None);
}

#[test]
fn the_model_that_was_asked_for_is_priced_by_whatever_name_a_client_gives_it() {
    let prices = prices();
    let usage = Usage { input: 1_000, output: 10, ..Usage::default() };
    let own = prices.cost("anthropic", "claude-opus-5-5", &usage, NOW);
    assert!(own.is_some());
    for name in ["claude-opus-5-5", "claude-opus-5-5[1m]", "anthropic/claude-opus-5-5"] {
        for dialect in [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::OpenaiResponses] {
            assert_eq!(prices.requested(dialect, name, &usage, NOW), own, "{name}");
        }
    }
    for unknown in ["auto", "lane:fast", "", "no-such-model"] {
        assert_eq!(prices.requested(Dialect::OpenaiChat, unknown, &usage, NOW), None, "{unknown}");
    }
}

#[test]
fn an_estimate_is_never_below_what_a_cold_prompt_and_the_longest_answer_cost() {
    let prices = prices();
    let estimate = prices.estimate("anthropic", "claude-opus-5-5", 10_000, Some(1_000), NOW);
    let cold = Usage { cache_write_short: 10_000, output: 1_000, ..Usage::default() };
    assert_eq!(Some(estimate), prices.cost("anthropic", "claude-opus-5-5", &cold, NOW));
    let endless = prices.estimate("anthropic", "claude-opus-5-5", 10_000, Some(u64::from(u32::MAX)), NOW);
    assert!(endless > estimate && endless < Usd::from_dollars(20.0), "no longer than the model's longest: {endless}");
    assert_eq!(prices.estimate("nobody", "nothing", 10_000, Some(1_000), NOW), Usd::ZERO);
}

#[test]
fn names_that_clients_make_up_are_not_remembered_without_end() {
    let prices = prices();
    for n in 0..2_000 {
        assert_eq!(prices.requested(Dialect::OpenaiChat, &format!("made-up-{n}"), &Usage::default(), NOW), None);
    }
    let known = prices.known.read().unwrap();
    assert!(known.values().map(HashMap::len).sum::<usize>() <= REMEMBERED);
}
