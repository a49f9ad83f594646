use protocol::Effort;

use super::*;

fn choice(name: &str) -> Choice {
    let (name, effort) = team::split_effort(name).unwrap();
    Choice { at: name.parse().unwrap(), effort }
}

fn brain(name: &str) -> Brain {
    let choice = choice(name);
    Brain { effort: choice.effort, ..Brain::new(choice.at.provider, choice.at.model) }
}

#[test]
fn a_rung_is_taken_as_the_ladder_has_it() {
    let low = Brain { max_tokens: 99, temperature: Some(0.3), ..brain("openai/gpt-5@low") };
    let high = Brain { max_tokens: 999, ..brain("openai/gpt-5@high") };
    let dear = Brain { max_tokens: 16_384, ..brain("anthropic/opus") };
    let like = Brain { temperature: Some(1.0), ..brain("anthropic/opus@max") };
    let own = [&low, &high, &dear];
    assert_eq!(as_brain(choice("openai/gpt-5@high"), like.clone(), &own), high);
    assert_eq!(as_brain(choice("openai/gpt-5"), like.clone(), &own), low, "the lowest that has the model");
    assert_eq!(as_brain(choice("anthropic/opus"), low.clone(), &own), dear);
    assert_eq!(as_brain(choice("anthropic/opus"), like.clone(), &own), like, "the same model keeps its effort");
}

#[test]
fn a_brain_that_is_no_rung_is_like_the_one_it_follows() {
    let headers = [("x-team".to_owned(), "blue".to_owned())];
    let like = Brain { max_tokens: 99, temperature: Some(0.3), headers: headers.into(), ..brain("openai/gpt-5@low") };
    let rung = brain("openai/gpt-5@high");
    let other = as_brain(choice("openai/gpt-6@max"), like.clone(), &[&rung]);
    assert_eq!(other, Brain { model: "gpt-6".to_owned(), effort: Some(Effort::Max), ..like.clone() });
    let elsewhere = as_brain(choice("anthropic/opus"), like, &[&rung]);
    assert_eq!((elsewhere.max_tokens, elsewhere.effort), (99, None));
    assert!(elsewhere.headers.is_empty(), "headers are a provider's own");
}

#[test]
fn a_model_that_costs_less_saves_and_has_nothing_to_pay_back() {
    let cents = |cents: i32| Usd::from_dollars(f64::from(cents) / 100.0);
    assert_eq!(
        price_words(cents(2), cents(-3), Some(1)),
        "against staying it costs $0.0200 more now, saves $0.0300 at the next compaction, paid back after 1 call"
    );
    assert_eq!(
        price_words(cents(-2), cents(0), None),
        "against staying it saves $0.0200 now, costs nothing more at the next compaction"
    );
    assert!(price_words(cents(2), cents(2), None).ends_with(", never paid back"));
}
