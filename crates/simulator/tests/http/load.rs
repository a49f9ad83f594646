//! Many clients at once.

use std::sync::Arc;

use crate::common::{Bench, LUNA, PLAIN};
use futures::future::join_all;
use serde_json::json;

#[tokio::test]
async fn a_thousand_streams_are_open_at_the_same_time_and_all_end_well() {
    // They wait on a clock that stands until all of them are there.
    let yaml = PLAIN.replace("name: plain", "name: plain\nlatency: {per_chunk_ms: 1000}");
    let bench = Arc::new(Bench::start(&yaml).await);
    let body = json!({"model": LUNA, "store": false, "stream": true, "input": "Hello."});
    let ask = || async {
        let answer = bench.send("/v1/responses", &body).await.unwrap();
        answer.text().await.unwrap().contains("response.completed")
    };
    let all = join_all((0..1_000).map(|_| ask()));
    let clock = async {
        while bench.running.open() < 1_000 {
            tokio::task::yield_now().await;
        }
        loop {
            bench.later(std::time::Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
    };
    let ended = tokio::select! {
        ended = all => ended,
        () = clock => unreachable!(),
    };
    assert_eq!(ended.iter().filter(|ended| **ended).count(), 1_000);
    assert_eq!(bench.running.abandoned(), 0);
    assert_eq!(bench.running.requests().len(), 1_000);
}
