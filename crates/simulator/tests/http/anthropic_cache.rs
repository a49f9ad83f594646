//! The cache of the Messages API, asked over HTTP.

use std::time::Duration;

use crate::common::{
    Bench, Bill, HAIKU, OPUS, PLAIN, assistant, marked, marked_long, request, text, tool_result, tool_use, user, words,
};
use serde_json::{Value, json};

fn opening() -> Vec<Value> {
    vec![marked(text(words("system", 800)))]
}

fn conversation(blocks: usize) -> Value {
    let mut content: Vec<Value> = (0..blocks).map(|n| text(words(&format!("block{n}"), 20))).collect();
    let last = content.pop().unwrap();
    content.push(marked(last));
    request(OPUS, &[text(words("system", 800))], &[user(&content)])
}

#[tokio::test]
async fn a_second_identical_request_is_read_whole_and_every_bill_adds_up() {
    let bench = Bench::start(PLAIN).await;
    let body = request(OPUS, &opening(), &[user(&[marked(text("Hello there."))])]);
    let first = bench.bill(&body).await;
    let second = bench.bill(&body).await;
    assert_eq!(first.read, 0);
    assert!(first.short > 800);
    assert_eq!(second, Bill { read: first.short, short: 0, long: 0, input: first.input });
    let (status, counted) = counted(&bench, &body).await;
    assert_eq!((status, counted), (200, first.prompt()));
}

async fn counted(bench: &Bench, body: &Value) -> (u16, u64) {
    let response = bench.send("/v1/messages/count_tokens", body).await.unwrap();
    let status = response.status().as_u16();
    let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    (status, answer["input_tokens"].as_u64().unwrap())
}

#[tokio::test]
async fn what_is_appended_behind_a_cached_prefix_is_all_that_is_written() {
    let bench = Bench::start(PLAIN).await;
    let first = bench.bill(&request(OPUS, &opening(), &[user(&[marked(text("Hello there."))])])).await;
    let grown =
        [user(&[text("Hello there.")]), assistant(&[text("Very well.")]), user(&[marked(text(words("more", 50)))])];
    let second = bench.bill(&request(OPUS, &opening(), &grown)).await;
    assert_eq!(second.read, first.prompt());
    assert!(second.short > 50 && second.input == 0, "{second:?}");
}

#[tokio::test]
async fn a_marker_move_alone_is_a_full_hit() {
    let bench = Bench::start(PLAIN).await;
    let talk = |first: Value, last: Value| {
        request(OPUS, &[text(words("system", 800))], &[user(&[first]), assistant(&[text("Yes.")]), user(&[last])])
    };
    let first = bench.bill(&talk(text("One."), marked(text("Two.")))).await;
    let moved = bench.bill(&talk(marked(text("One.")), marked(text("Two.")))).await;
    assert_eq!(moved.read, first.short);
    assert_eq!(moved.input + moved.short, 0);
}

#[tokio::test]
async fn a_bare_string_and_one_text_block_are_the_same_bytes_to_the_cache() {
    let bench = Bench::start(PLAIN).await;
    let mut plain = request(OPUS, &opening(), &[]);
    plain["messages"] = json!([{"role": "user", "content": "Hello there."}, {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": [marked(text("And?"))]}]);
    let first = bench.bill(&plain).await;
    plain["messages"] =
        json!([user(&[text("Hello there.")]), assistant(&[text("Yes.")]), user(&[marked(text("And?"))])]);
    assert_eq!(bench.bill(&plain).await.read, first.short);
}

#[tokio::test]
async fn the_look_back_examines_twenty_positions_and_counts_the_breakpoint_itself() {
    let bench = Bench::start(PLAIN).await;
    let written = bench.bill(&conversation(1)).await;
    // The old end is the 21st position examined: nothing is read.
    assert_eq!(bench.bill(&conversation(1 + 20)).await.read, 0);
    let bench = Bench::start(PLAIN).await;
    bench.bill(&conversation(1)).await;
    // The old end is the 20th position examined.
    assert_eq!(bench.bill(&conversation(1 + 19)).await.read, written.short);
}

#[tokio::test]
async fn a_run_of_tool_calls_or_of_results_is_one_position() {
    let bench = Bench::start(PLAIN).await;
    let start = user(&[text(words("task", 800))]);
    let first = bench.bill(&request(OPUS, &[], &[user(&[marked(text(words("task", 800)))])])).await;
    let ids: Vec<String> = (0..30).map(|n| format!("toolu_{n}")).collect();
    let calls: Vec<Value> = ids.iter().map(|id| tool_use(id)).collect();
    let mut results: Vec<Value> = ids.iter().map(|id| tool_result(id)).collect();
    let last = results.pop().unwrap();
    results.push(marked(last));
    let second = bench.bill(&request(OPUS, &[], &[start, assistant(&calls), user(&results)])).await;
    assert_eq!(second.read, first.short);
}

#[tokio::test]
async fn another_model_or_another_effort_or_another_key_is_a_full_miss() {
    let bench = Bench::start(PLAIN).await;
    let body = request("claude-opus-4-8", &[marked(text(words("system", 1_500)))], &[user(&[text("Hello.")])]);
    assert!(bench.bill(&body).await.short > 0);
    assert!(bench.bill(&body).await.read > 0);
    let mut other = body.clone();
    other["model"] = json!("claude-sonnet-5");
    assert_eq!(bench.bill(&other).await.read, 0);
    let mut other = body.clone();
    other["output_config"] = json!({"effort": "low"});
    assert_eq!(bench.bill(&other).await.read, 0);
    let url = format!("{}/v1/messages", bench.running.base_url());
    let answer = bench.http.post(url).header("x-api-key", "another").body(body.to_string()).send().await.unwrap();
    let answer: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(Bill::of(&answer["usage"]).read, 0);
}

#[tokio::test]
async fn a_model_that_shares_its_cache_between_efforts_still_reads() {
    let bench = Bench::start(PLAIN).await;
    let mut body = request(OPUS, &opening(), &[user(&[text("Hello.")])]);
    let first = bench.bill(&body).await;
    body["output_config"] = json!({"effort": "low"});
    assert_eq!(bench.bill(&body).await.read, first.short);
}

#[tokio::test]
async fn a_change_of_tool_choice_loses_the_messages_but_not_tools_and_system() {
    let bench = Bench::start(PLAIN).await;
    let mut body = request(OPUS, &opening(), &[user(&[marked(text(words("task", 700)))])]);
    let first = bench.bill(&body).await;
    body["tool_choice"] = json!({"type": "none"});
    let second = bench.bill(&body).await;
    assert!(second.read > 0 && second.read < first.short, "{second:?}");
    assert_eq!(second.read + second.short, first.short);
}

#[tokio::test]
async fn a_prefix_below_the_model_s_minimum_is_silently_not_cached() {
    let bench = Bench::start(PLAIN).await;
    // 4,096 tokens is this model's minimum.
    let body = request(HAIKU, &[marked(text(words("system", 1_500)))], &[user(&[text("Hello.")])]);
    for _ in 0..2 {
        let bill = bench.bill(&body).await;
        assert_eq!((bill.read, bill.short), (0, 0));
    }
}

#[tokio::test]
async fn an_entry_expires_after_five_minutes_and_any_hit_renews_it() {
    let bench = Bench::start(PLAIN).await;
    let body = request(OPUS, &opening(), &[user(&[text("Hello.")])]);
    let first = bench.bill(&body).await;
    for _ in 0..3 {
        bench.later(Duration::from_secs(299));
        assert_eq!(bench.bill(&body).await.read, first.short);
    }
    bench.later(Duration::from_secs(300));
    assert_eq!(bench.bill(&body).await.read, 0);
}

#[tokio::test]
async fn a_deeper_hit_renews_the_entries_before_it() {
    let bench = Bench::start(PLAIN).await;
    let deep = request(OPUS, &opening(), &[user(&[marked(text(words("task", 100)))])]);
    let shallow = request(OPUS, &opening(), &[user(&[text("Something else.")])]);
    let first = bench.bill(&shallow).await;
    bench.bill(&deep).await;
    bench.later(Duration::from_secs(200));
    bench.bill(&deep).await;
    bench.later(Duration::from_secs(200));
    assert_eq!(bench.bill(&shallow).await.read, first.short);
}

#[tokio::test]
async fn lifetimes_are_billed_apart_and_the_long_one_outlives_the_short() {
    let bench = Bench::start(PLAIN).await;
    let body = request(OPUS, &[marked_long(text(words("system", 800)))], &[user(&[marked(text(words("task", 100)))])]);
    let first = bench.bill(&body).await;
    assert!(first.long > 800 && first.short > 100 && first.input == 0, "{first:?}");
    bench.later(Duration::from_secs(1_000));
    let second = bench.bill(&body).await;
    assert_eq!((second.read, second.short, second.long), (first.long, first.short, 0));
    bench.later(Duration::from_secs(3_600));
    assert_eq!(bench.bill(&body).await, first);
}

#[tokio::test]
async fn automatic_caching_marks_the_last_block() {
    let bench = Bench::start(PLAIN).await;
    let mut body = request(OPUS, &[text(words("system", 800))], &[user(&[text("Hello.")])]);
    body["cache_control"] = json!({"type": "ephemeral"});
    let first = bench.bill(&body).await;
    assert_eq!((first.read, first.input), (0, 0));
    assert_eq!(bench.bill(&body).await.read, first.short);
}

#[tokio::test]
async fn concurrent_identical_requests_both_write_because_nothing_streams_yet() {
    let yaml = PLAIN.replace("name: plain", "name: plain\nlatency: {first_token_ms: 1000}");
    let bench = Bench::start(&yaml).await;
    let body = request(OPUS, &opening(), &[user(&[text("Hello.")])]);
    let both = async { tokio::join!(bench.bill(&body), bench.bill(&body)) };
    let clock = async {
        // Time moves only once both have arrived.
        while bench.running.requests().len() < 2 {
            tokio::task::yield_now().await;
        }
        loop {
            bench.later(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    };
    let (one, two) = tokio::select! {
        bills = both => bills,
        () = clock => unreachable!(),
    };
    assert_eq!(one, two);
    assert_eq!(one.read, 0);
    assert!(one.short > 0);
}

#[tokio::test]
async fn a_request_with_no_output_allowed_only_warms_the_cache() {
    let bench = Bench::start(PLAIN).await;
    let mut body = request(OPUS, &opening(), &[user(&[text("Hello.")])]);
    body["max_tokens"] = json!(0);
    let (status, answer) = bench.messages(&body).await;
    assert_eq!((status, &answer["content"], &answer["stop_reason"]), (200, &json!([]), &json!("max_tokens")));
    body["max_tokens"] = json!(100);
    assert!(bench.bill(&body).await.read > 0);
}

#[tokio::test]
async fn the_same_prompt_costs_more_tokens_on_a_model_with_another_tokenizer() {
    let yaml = PLAIN.replace("{\"*\": 1.0}", "{\"claude-opus-*\": 1.27}");
    let bench = Bench::start(&yaml).await;
    let body = |model: &str| request(model, &[text(words("system", 2_000))], &[user(&[text("Hello.")])]);
    let (opus, luna) = (bench.bill(&body(OPUS)).await.prompt(), bench.bill(&body("gpt-of-some-kind")).await.prompt());
    let ratio = opus as f64 / luna as f64;
    assert!((ratio - 1.27).abs() < 0.001, "{ratio}");
}
