//! Long output costs no memory. Alone in its program, because it looks at the memory of the whole of it.
#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "tests touch real files and processes")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail like tests")]

use serde_json::json;
use tools::ApprovalMode;

#[allow(dead_code, reason = "shared with the other tests, which use all of it")]
#[path = "tools/support.rs"]
mod support;

use support::Bench;

#[tokio::test]
async fn a_hundred_megabytes_of_output_stay_on_disk() {
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap().to_owned();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    let bench = Bench::with_mode(ApprovalMode::Ask);
    let before = resident();
    let command = "yes 0123456789012345678901234567890123456789012345678 | head -c 100000000";
    let text = bench.text("bash", json!({"command": command})).await;
    assert!(resident() - before < 20_000, "{} kB more", resident() - before);
    let file = bench.output.join("output-0001.log");
    assert_eq!(file.metadata().unwrap().len(), 100_000_000);
    assert!(text.len() < 31_000, "{}", text.len());
    let note = format!("of 100000000 bytes (2000000 lines in all) left out; all of it: {}]", file.display());
    assert!(text.contains(&note), "{}", &text[9_000..11_000]);
    assert!(!bench.host.lines.lock().unwrap().is_empty());
}
