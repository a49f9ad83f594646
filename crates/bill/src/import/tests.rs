use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::activity::Activity;
use crate::flow::Call;

fn read(format: Format, files: &[&str]) -> Flow {
    let mut importer = Importer::new(format);
    for (n, text) in files.iter().enumerate() {
        importer.read(&format!("{n}.jsonl"), text.as_bytes()).unwrap();
    }
    importer.finish()
}

fn calls(flow: &Flow) -> Vec<&Call> {
    flow.calls().collect()
}

/// A line of an answer: its block, and the usage so far.
fn answer(uuid: &str, message: &str, block: &str, output: u64) -> String {
    format!(
        r#"{{"type":"assistant","uuid":"{uuid}","sessionId":"s","timestamp":"2026-01-07T12:42:39.200Z","message":{{"id":"{message}",
        "model":"claude-opus-4-5-20251101","role":"assistant","content":[{block}],"usage":{{"input_tokens":10,
        "cache_creation_input_tokens":300,"cache_read_input_tokens":2000,"output_tokens":{output},
        "cache_creation":{{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200}}}}}}}}"#
    )
    .replace('\n', " ")
}

const THOUGHT: &str = r#"{"type":"thinking","thinking":"hm","signature":"a very long signature that is no text"}"#;
const GREP: &str = r#"{"type":"tool_use","id":"t1","name":"Grep","input":{"pattern":"x"}}"#;
const FOUND: &str = r#"{"type":"user","uuid":"u9","sessionId":"s","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"12345"}],"is_error":true}]}}"#;

fn said(uuid: &str, words: &str) -> String {
    format!(r#"{{"type":"user","uuid":"{uuid}","sessionId":"s","message":{{"role":"user","content":"{words}"}}}}"#)
}

#[test]
fn an_answer_in_several_lines_counts_once_with_its_last_usage() {
    let lines = [said("u1", "go"), answer("a1", "m1", THOUGHT, 4), answer("a2", "m1", GREP, 40), FOUND.to_owned()];
    let flow = read(Format::ClaudeCode, &[&lines.join("\n")]);
    let [call] = calls(&flow)[..] else { panic!("{flow:?}") };
    assert_eq!((call.usage.input, call.usage.cache_read, call.usage.output), (10, 2_000, 40));
    assert_eq!((call.usage.cache_write_short, call.usage.cache_write_long), (100, 200), "lifetimes are told apart");
    assert!(call.human && !call.output_estimated);
    let [tool] = &call.tools[..] else { panic!("{:?}", call.tools) };
    assert_eq!((tool.activity, tool.result_chars, tool.error), (Activity::Explore, 5, true));
}

#[test]
fn output_that_was_logged_too_early_is_estimated_from_the_text() {
    let text = format!(r#"{{"type":"text","text":"{}"}}"#, "x".repeat(337));
    let flow = read(Format::ClaudeCode, &[&answer("a1", "m1", &text, 1)]);
    assert_eq!((calls(&flow)[0].usage.output, calls(&flow)[0].output_estimated), (100, true));
}

#[test]
fn a_resumed_session_does_not_count_its_history_twice() {
    let first = [said("u1", "go"), answer("a1", "m1", GREP, 40), FOUND.to_owned()].join("\n");
    let second =
        format!("{first}\n{}", answer("a3", "m2", THOUGHT, 7)).replace(r#""sessionId":"s""#, r#""sessionId":"t""#);
    let flow = read(Format::ClaudeCode, &[&first, &second]);
    assert_eq!(calls(&flow).iter().map(|call| call.usage.output).collect::<Vec<_>>(), [40, 7]);
    assert_eq!(flow.sessions.len(), 2);
    assert_eq!(flow.skipped["repeated record"], 3);
}

#[test]
fn sub_agents_have_calls_of_their_own_wherever_they_are_logged() {
    let side = |line: String, more: &str| line.replacen('{', &format!(r#"{{"isSidechain":true,{more}"#), 1);
    let named = side(answer("a1", "m1", THOUGHT, 4), r#""agentId":"x1","#);
    let root = side(said("r1", "look"), "");
    let chained = side(answer("a2", "m2", THOUGHT, 4), r#""parentUuid":"r1","#);
    let inner = answer("a3", "m3", THOUGHT, 4);
    let carried = format!(
        r#"{{"type":"progress","sessionId":"s","data":{{"type":"agent_progress","agentId":"x2","message":{inner}}}}}"#
    );
    let flow = read(Format::ClaudeCode, &[&[named, root, chained, carried, answer("a4", "m4", THOUGHT, 4)].join("\n")]);
    let names: Vec<Option<&str>> = flow.tracks().map(|track| track.sub_agent.as_deref()).collect();
    assert_eq!(names, [Some("x1"), Some("r1"), Some("x2"), None]);
}

#[test]
fn what_is_unknown_or_broken_is_counted_and_stops_nothing() {
    let odd = answer("a1", "m1", THOUGHT, 4).replacen('{', r#"{"newField":1,"#, 1);
    let synthetic = answer("a2", "m2", THOUGHT, 4).replace("claude-opus-4-5-20251101", "<synthetic>");
    let lines = ["{\"type\":\"assist", "[1]", r#"{"type":"hologram"}"#, r#"{"type":"summary"}"#, "", &odd, &synthetic];
    let flow = read(Format::ClaudeCode, &[&lines.join("\n")]);
    assert_eq!(calls(&flow).len(), 1);
    let skipped: Vec<(&str, u64)> = flow.skipped.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    let expected = [
        ("broken line", 2),
        ("field newField", 1),
        ("record hologram", 1),
        ("record summary", 1),
        ("synthetic answer", 1),
    ];
    assert_eq!(skipped, expected);
}

#[test]
fn a_gzipped_log_is_known_by_its_first_bytes() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(answer("a1", "m1", THOUGHT, 4).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let mut importer = Importer::new(Format::ClaudeCode);
    importer.read("a.log", &packed[..]).unwrap();
    assert_eq!(importer.finish().calls().count(), 1);
    let cut = Importer::new(Format::ClaudeCode).read("cut.gz", &packed[..packed.len() / 2]).unwrap_err();
    assert!(matches!(cut, ImportError::Read { .. }) && cut.to_string().starts_with("cut.gz: "), "{cut}");
}

#[test]
fn a_file_of_something_else_is_an_error_that_names_it() {
    for (format, text) in [
        (Format::ClaudeCode, "[package]\nname = \"x\""),
        (Format::Codex, r#"{"s":"a","model":"m","inp":1}"#),
        (Format::Calls, r#"{"type":"assistant"}"#),
        (Format::Calls, ""),
    ] {
        let error = Importer::new(format).read("notes.txt", text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("notes.txt: ") && error.contains(format.as_str()), "{error}");
    }
}

#[test]
fn a_rollout_gives_each_count_the_calls_before_it_and_their_results() {
    let flow = read(Format::Codex, &[include_str!("codex_sample.jsonl")]);
    let calls = calls(&flow);
    let usage =
        |n: usize| (calls[n].usage.input, calls[n].usage.cache_read, calls[n].usage.output, calls[n].usage.reasoning);
    assert_eq!(calls.len(), 3, "a count that is told twice is one call");
    assert_eq!(
        (usage(0), usage(1), usage(2)),
        ((9_000, 3_000, 250, 100), (700, 12_000, 120, 0), (800, 12_600, 90, 20))
    );
    assert!(calls.iter().all(|call| call.model == "gpt-5.3-codex"));
    assert_eq!(calls.iter().map(|call| call.human).collect::<Vec<_>>(), [true, false, false]);
    let tools: Vec<(Activity, u64, bool)> =
        calls.iter().flat_map(|call| &call.tools).map(|tool| (tool.activity, tool.result_chars, tool.error)).collect();
    assert_eq!(tools, [(Activity::Explore, 19, false), (Activity::Edit, 7, false), (Activity::Test, 11, true)]);
    assert_eq!(flow.skipped["event_msg task_started"], 1);
    assert_eq!(flow.skipped["repeated token_count"], 1);
}

#[test]
fn a_line_per_call_is_read_as_it_stands() {
    let text = r#"{"s":"a","i":0,"agent":"main","ts":"2026-01-23T00:41:53.727Z","model":"m","inp":1,"cw":2,"cr":3,"out_rep":5,"text":34,"think":30,"toolchars":3.4,"human":9,"odd":1,
        "tools":[{"name":"Bash","cls":"git","arg":"git add .","rchars":null,"err":null},{"name":"Read","cls":"explore","rchars":7,"err":false,"n":1}]}"#;
    let text = format!(
        "{}\n{}",
        text.replace('\n', " "),
        r#"{"s":"a","agent":"sub:1","model":"m","inp":1,"cw":0,"cr":0,"out_rep":1}"#
    );
    let flow = read(Format::Calls, &[&text]);
    let calls = calls(&flow);
    assert_eq!((calls[0].usage.output, calls[0].output_estimated), (20, true));
    assert_eq!(calls[0].usage.prompt(), 6);
    assert_eq!(calls[0].at.0, 1_769_128_913_727);
    assert_eq!(
        calls[0].tools.iter().map(|tool| tool.activity).collect::<Vec<_>>(),
        [Activity::Other, Activity::Explore]
    );
    assert_eq!(flow.sessions[0].tracks[1].sub_agent.as_deref(), Some("sub:1"));
    assert_eq!(flow.skipped.keys().collect::<Vec<_>>(), ["field n", "field odd"]);
}
