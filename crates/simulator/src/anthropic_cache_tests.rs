use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::block::Reader;

fn key() -> Key {
    Key { workspace: String::new(), model: "m".into(), speed: None, effort: None }
}

/// A conversation of one message per entry: how many words, and whether a breakpoint stands behind it.
fn chain(reader: &Reader, blocks: &[(usize, bool)]) -> Chain {
    let messages: Vec<Value> = blocks
        .iter()
        .enumerate()
        .map(|(n, (words, marked))| {
            let mut block = json!({"type": "text", "text": format!("{n} {}", "word ".repeat(*words))});
            if *marked {
                block["cache_control"] = json!({"type": "ephemeral"});
            }
            json!({"role": if n % 2 == 0 { "user" } else { "assistant" }, "content": [block]})
        })
        .collect();
    let body = json!({"model": "m", "max_tokens": 1, "messages": messages}).to_string();
    Chain::new(&Prompt::read(&body, reader).unwrap(), &[], 1.27)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_kinds_of_a_bill_add_up_to_the_prompt_and_a_repetition_reads_what_was_written(
        blocks in prop::collection::vec((1usize..60, any::<bool>()), 1..30),
        minimum in 0u64..600,
        kept in 1usize..30,
    ) {
        let reader = Reader::default();
        let mut cache = AnthropicCache::default();
        let first = chain(&reader, &blocks[..kept.min(blocks.len())]);
        let (usage, writes) = cache.bill(key(), &first, minimum, Timestamp(0));
        prop_assert_eq!(usage.prompt(), first.total());
        prop_assert_eq!(usage.cache_read, 0);
        cache.commit(&writes, Timestamp(1));

        let (again, _) = cache.bill(key(), &first, minimum, Timestamp(2));
        prop_assert_eq!(again.cache_read, usage.cache_write());
        prop_assert_eq!(again.input, usage.input);

        let whole = chain(&reader, &blocks);
        let (longer, _) = cache.bill(key(), &whole, minimum, Timestamp(3));
        prop_assert_eq!(longer.prompt(), whole.total());
        prop_assert!(longer.cache_read <= usage.cache_write());
    }
}

#[test]
fn entries_cannot_be_read_before_the_answer_streams() {
    let reader = Reader::default();
    let mut cache = AnthropicCache::default();
    let prompt = chain(&reader, &[(500, true)]);
    let (first, writes) = cache.bill(key(), &prompt, 100, Timestamp(0));
    let (second, _) = cache.bill(key(), &prompt, 100, Timestamp(1));
    assert_eq!((first, second.cache_read), (second, 0));
    cache.commit(&writes, Timestamp(2));
    assert_eq!(cache.bill(key(), &prompt, 100, Timestamp(3)).0.cache_read, first.cache_write());
}
