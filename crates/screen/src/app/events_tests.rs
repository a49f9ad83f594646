use protocol::delegation::{Brief, CommandReceipt, Evidence, Receipt, Report, ReportStatus};
use protocol::event::EventBody;
use protocol::ledger::Purpose;
use protocol::{AgentId, CallId, DecisionKind, Usage, Usd};

use super::desk::Desk;
use crate::feed::{Feed, Said};
use crate::text::Colors;

fn desk() -> Desk {
    let mut desk = Desk::new(Colors::None);
    desk.screen(80, 24);
    desk.history.clear();
    desk
}

pub(super) fn brief() -> Brief {
    Brief {
        objective: "Make the parser accept empty files".to_owned(),
        user_said: Some("do not touch the lexer".to_owned()),
        acceptance: vec!["cargo test -p parser".to_owned()],
        scope: Some("crates/parser".to_owned()),
        facts: vec!["the panic is at src/parse.rs:40".to_owned()],
        ..Brief::default()
    }
}

pub(super) fn finished(to: &str, verified: bool) -> EventBody {
    let report = Report {
        status: ReportStatus::Complete,
        summary: "Empty files parse to an empty tree.".to_owned(),
        changes: vec!["src/parse.rs: returns early".to_owned()],
        evidence: vec![Evidence { at: "src/parse.rs:40".to_owned(), note: "the early return".to_owned() }],
        doubts: Vec::new(),
        confidence: Some(90),
    };
    let command = CommandReceipt { command: "cargo test -p parser".into(), exit_code: Some(0), ms: 3_200, check: true };
    let receipt = Receipt { commands: vec![command], tool_calls: 5, steps: 4, verified, ..Receipt::default() };
    let usd = Some(Usd::from_dollars(0.0123));
    EventBody::DelegationFinished { to: AgentId::from(to), report: Some(report), receipt, usage: Usage::default(), usd }
}

pub(super) fn step(usd: f64) -> EventBody {
    EventBody::StepCompleted {
        brain: "anthropic/opus-5-5".to_owned(),
        purpose: Purpose::Step,
        usage: Usage::default(),
        usd: Some(Usd::from_dollars(usd)),
        predicted_cache_read: 0,
    }
}

#[test]
fn the_main_agents_words_stream_into_the_history_and_are_there_once() {
    let mut desk = desk();
    desk.begin();
    for piece in ["First ", "paragraph.\n", "\nSecond", " paragraph, which goes on"] {
        desk.says("main", piece);
    }
    desk.screen(80, 24);
    assert_eq!(desk.history.join("\n").trim(), "First paragraph.");
    assert!(desk.screen(80, 24).contains("Second paragraph, which goes on"), "what may change is in the viewport");
    desk.message("main", "First paragraph.\n\nSecond paragraph, which goes on");
    let history = desk.scrollback();
    assert_eq!(history.matches("Second paragraph").count(), 1, "{history}");
    assert!(desk.app.told.tail().is_empty());
}

#[test]
fn a_message_that_did_not_stream_is_shown_all_the_same() {
    let mut desk = desk();
    desk.message("main", "Here it is.");
    assert_eq!(desk.scrollback().trim(), "Here it is.");
}

#[test]
fn specialists_words_come_when_they_are_whole_with_their_name_and_folded() {
    let mut desk = desk();
    desk.begin().says("sidekick", "I will ");
    assert!(!desk.scrollback().contains("I will"));
    assert!(desk.screen(80, 24).contains("writing"));
    let words: String = (0..20).map(|line| format!("line {line}\n")).collect();
    desk.message("sidekick", &words);
    let history = desk.scrollback();
    assert!(history.contains("sidekick: line 0") && history.contains("3 of 20 lines · Ctrl-O opens [1]"), "{history}");
}

#[test]
fn words_of_several_agents_are_never_mixed_in_a_line() {
    let mut desk = desk();
    desk.begin().says("main", "A sentence of main");
    desk.message("sidekick", "A sentence of the sidekick");
    desk.says("main", " that ends here.").message("main", "");
    let history = desk.scrollback();
    assert!(history.contains("A sentence of main that ends here."), "{history}");
    assert!(history.contains("sidekick: A sentence of the sidekick"), "{history}");
}

#[test]
fn calls_that_only_read_stand_on_one_line_until_the_agent_does_something_else() {
    let mut desk = desk();
    desk.begin();
    for path in ["a.rs", "b.rs", "c.rs, d.rs"] {
        desk.call("sidekick", "read", path, 3, "text");
    }
    desk.call("sidekick", "grep", "fn main", 3, "hits");
    assert!(!desk.scrollback().contains("read"));
    desk.call("sidekick", "bash", "cargo test", 3_240, "ok");
    let history = desk.scrollback();
    assert!(
        history.contains("* sidekick  read 4 files, 1 search\n* sidekick  bash cargo test  3.2 s\n  ok"),
        "{history}"
    );
}

#[test]
fn a_call_that_failed_stands_alone_and_says_why() {
    let mut desk = desk();
    desk.begin().call("sidekick", "read", "a.rs", 3, "text");
    desk.started("sidekick", "read", "nowhere.rs").completed("sidekick", "read", 3, Some("there is no nowhere.rs"));
    let history = desk.scrollback();
    let wanted = "* sidekick  read a.rs\n* sidekick  read nowhere.rs  failed: there is no nowhere.rs";
    assert!(history.contains(wanted), "{history}");
}

#[test]
fn what_was_read_last_is_told_at_the_end_of_the_turn_at_the_latest() {
    let mut desk = desk();
    desk.begin().call("main", "read", "a.rs", 3, "text").feed(Feed::TurnEnded("answered".to_owned()));
    assert!(desk.scrollback().contains("* main  read a.rs"));
}

#[test]
fn output_of_a_failed_command_shows_more_of_its_lines_and_its_end() {
    let mut desk = desk();
    let long: String = (0..134).map(|line| format!("line {line}\n")).collect();
    desk.begin().started("main", "bash", "cargo test").completed("main", "bash", 5, Some("exit code 101"));
    desk.answer("main", &long);
    let history = desk.scrollback();
    assert!(history.contains("* main  bash cargo test  failed: exit code 101"), "{history}");
    assert!(history.contains("12 of 134 lines · Ctrl-O opens [1]") && history.contains("line 133"), "{history}");
}

#[test]
fn what_a_failed_command_said_first_is_said_once() {
    let mut desk = desk();
    desk.begin().started("main", "bash", "cargo test").completed("main", "bash", 5, Some("error: no such crate"));
    desk.answer("main", "error: no such crate\nand more\nto read\n");
    let history = desk.scrollback();
    let wanted = "* main  bash cargo test  failed: no such crate\n  and more\n  to read";
    assert!(history.ends_with(wanted), "{history}");
    desk.started("main", "bash", "ls")
        .completed("main", "bash", 5, Some("error: gone"))
        .answer("main", "error: gone\n");
    assert!(desk.scrollback().ends_with("* main  bash ls  failed: gone"), "{}", desk.scrollback());
    desk.key("ctrl-t").key("g");
    desk.key("/").typed("error: gone").key("enter");
    assert!(desk.screen(80, 24).contains("error: gone"), "all of it can be opened");
}

#[test]
fn a_long_line_that_is_cut_says_so_and_opens() {
    let mut desk = desk();
    let long = format!("begin{}end", "x".repeat(2_000));
    desk.begin().call("main", "bash", "cat data", 5, "older").call("main", "bash", "cat data", 5, &long);
    let history = desk.scrollback();
    assert!(history.contains("a part of a long line · Ctrl-O opens [2]") && !history.contains("xend"), "{history}");
    desk.key("ctrl-o");
    assert!(desk.screen(80, 40).contains("xend"), "{}", desk.screen(80, 40));
    desk.key("q").feed(Feed::Said(Said::Text(format!("short\n{long}"))));
    let history = desk.scrollback();
    assert!(history.contains("long lines are cut · Ctrl-O opens [3]"), "{history}");
}

#[test]
fn a_line_that_looks_like_the_head_of_a_diff_counts_as_a_change() {
    let mut desk = desk();
    let diff = "--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,2 @@\n--- one\n+++ two\n same\n";
    desk.event("main", EventBody::FileChanged { path: "q.sql".to_owned(), diff: diff.to_owned() });
    assert!(desk.scrollback().contains("changed q.sql (+1 -1)"), "{}", desk.scrollback());
}

#[test]
fn what_comes_while_the_viewer_hides_the_history_is_kept_to_a_limit() {
    let mut desk = desk();
    desk.says("main", "Before the viewer ").screen(80, 24);
    desk.key("ctrl-t");
    for number in 0..300 {
        desk.says("main", "and more.").message("main", "");
        desk.feed(Feed::Said(Said::Text(format!("number {number}\n{}", "y\n".repeat(5_000)))));
    }
    assert!(desk.app.told.waiting() < 2 << 20, "{}", desk.app.told.waiting());
    desk.key("q");
    let history = desk.scrollback();
    assert!(history.contains("number 299") && !history.contains("number 0\n"), "the newest are there");
    assert!(history.contains("things that came meanwhile are left out here: Ctrl-T shows"), "it is said");
    assert!(!desk.app.told.is_speaking() && desk.app.told.tail().is_empty());
}

#[test]
fn a_warning_is_called_so_once() {
    let mut desk = desk();
    desk.feed(Feed::Notice("warning: UNSANDBOXED: commands can write".to_owned()));
    assert_eq!(desk.scrollback().trim(), "warning: UNSANDBOXED: commands can write");
    let unguarded = Some("UNSANDBOXED: commands can write".to_owned());
    desk.feed(Feed::Status(Box::new(crate::feed::Status { unguarded, ..super::desk::status() })));
    let shown = desk.screen(80, 24);
    assert!(shown.lines().any(|line| line.trim() == "UNSANDBOXED: commands can write"), "{shown}");
}

#[test]
fn nothing_costs_nothing_before_anything_was_asked() {
    let mut desk = desk();
    let unknown = crate::feed::Status { usd: None, usd_turn: None, ..super::desk::status() };
    desk.feed(Feed::Status(Box::new(unknown.clone())));
    assert!(desk.screen(100, 30).contains("ask · $0.00"), "{}", desk.screen(100, 30));
    desk.begin();
    assert!(desk.screen(100, 30).contains("$0.00 · turn $0.00"), "{}", desk.screen(100, 30));
    let unpriced = match step(0.1) {
        EventBody::StepCompleted { brain, purpose, usage, predicted_cache_read, .. } => {
            EventBody::StepCompleted { brain, purpose, usage, usd: None, predicted_cache_read }
        }
        other => other,
    };
    desk.event("main", unpriced);
    assert!(desk.screen(100, 30).contains("$? · turn $?"), "{}", desk.screen(100, 30));
}

#[test]
fn the_second_row_takes_what_the_first_has_no_room_for_however_long_the_cache_lives() {
    for width in 60..140 {
        let mut desk = Desk::new(Colors::None);
        desk.begin();
        for _ in 0..6 {
            let shown = desk.screen(width, 24);
            let below: Vec<&str> = shown.lines().rev().take(2).collect();
            for part in ["opus-5-5", "main", "sandbox workspace", "$0.42", "context"] {
                assert!(below.iter().any(|row| row.contains(part)), "{part} at {width} columns: {shown}");
            }
            desk.wait(50_000);
        }
    }
}

#[test]
fn an_edit_is_a_diff_and_a_long_one_is_folded() {
    let mut desk = desk();
    let diff = "--- a/x.rs\n+++ b/x.rs\n@@ -1,2 +1,2 @@\n-old line\n+new line\n same\n";
    desk.event("sidekick", EventBody::FileChanged { path: "x.rs".to_owned(), diff: diff.to_owned() });
    let history = desk.scrollback();
    assert!(history.contains("* sidekick  changed x.rs (+1 -1)") && history.contains("new line"), "{history}");
    let added: String = (0..100).map(|line| format!("+added {line}\n")).collect();
    let diff = format!("--- /dev/null\n+++ b/y.txt\n@@ -0,0 +1,100 @@\n{added}");
    desk.event("sidekick", EventBody::FileChanged { path: "y.txt".to_owned(), diff });
    let history = desk.scrollback();
    assert!(history.contains("Ctrl-O opens [2]") && !history.contains("added 90"), "{history}");
    desk.key("ctrl-o").key("end");
    assert!(desk.screen(80, 24).contains("added 99"));
}

#[test]
fn a_delegation_is_told_from_its_brief_to_its_report_and_both_open() {
    let mut desk = desk();
    desk.begin().event("main", EventBody::DelegationStarted { to: AgentId::from("sidekick"), brief: brief() });
    let shown = desk.screen(80, 24);
    assert!(shown.contains("waiting for sidekick") && shown.contains("sidekick  thinking"), "{shown}");
    desk.event("main", finished("sidekick", true));
    let shown = desk.screen(80, 24);
    assert!(!shown.contains("sidekick  thinking"), "its row goes: {shown}");
    let history = desk.scrollback();
    assert!(history.contains("main -> sidekick: Make the parser accept empty files  [1]"), "{history}");
    assert!(history.contains("sidekick -> main: complete, verified, 4 steps, $0.0123  [2]"), "{history}");
    desk.key("ctrl-o");
    let page = desk.screen(80, 30);
    assert!(page.contains("src/parse.rs:40  the early return") && page.contains("exit code 0, 3.2 s"), "{page}");
    desk.key("p");
    assert!(desk.screen(80, 30).contains("the user said: do not touch the lexer"));
}

#[test]
fn a_report_that_nothing_verified_says_so() {
    let mut desk = desk();
    desk.begin().event("main", EventBody::DelegationStarted { to: AgentId::from("sidekick"), brief: brief() });
    desk.event("main", finished("sidekick", false));
    assert!(desk.scrollback().contains("complete, not verified, 4 steps"));
}

#[test]
fn checks_windows_escalations_budget_and_errors_are_told() {
    let mut desk = desk();
    let check = |exit_code| EventBody::VerificationFinished { command: "cargo test".to_owned(), exit_code, ms: 3_200 };
    desk.event("main", check(Some(0))).event("main", check(Some(101))).event("main", check(None));
    let window = |number| EventBody::WindowOpened {
        brain: "anthropic/haiku-5".to_owned(),
        reason: "compaction".to_owned(),
        number,
    };
    desk.event("main", window(1)).event("main", window(2));
    let decision = |kind, chosen: &str, because: &str| EventBody::Decision {
        kind,
        chosen: chosen.to_owned(),
        because: because.to_owned(),
    };
    desk.event("sidekick", decision(DecisionKind::Escalate, "up", "two checks failed: the next rung"));
    desk.event("main", decision(DecisionKind::Compact, "keep", "the summary was longer"));
    let (spent, limit) = (Usd::from_dollars(4.0), Usd::from_dollars(5.0));
    desk.event("main", EventBody::BudgetWarning { spent, limit });
    desk.event(
        "main",
        EventBody::Error {
            code: "rate_limit".into(),
            message: "too many requests".into(),
            hint: "wait a minute".into(),
        },
    );
    desk.feed(Feed::Notice("a price is unknown".to_owned()));
    let told = desk.scrollback();
    let wanted = [
        "check cargo test: passed, 3.2 s",
        "check cargo test: failed with exit code 101, 3.2 s",
        "check cargo test: killed, 3.2 s",
        "* main  goes on in window 2 with anthropic/haiku-5 (compaction)",
        "* sidekick  two checks failed: the next rung",
        "* main  the summary was longer",
        "budget: $4.00 of $5.00 spent",
        "error: too many requests",
        "  wait a minute",
        "note: a price is unknown",
    ];
    assert_eq!(told.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>(), wanted);
}

#[test]
fn the_end_of_a_turn_says_how_it_ended_how_long_it_took_and_what_it_cost() {
    let mut desk = desk();
    desk.begin().event("main", step(0.10)).event("sidekick", step(0.02)).wait(72_000);
    desk.feed(Feed::TurnEnded("verified".to_owned()));
    assert!(desk.scrollback().contains("-- verified · 1 m 12 s · $0.12"), "{}", desk.scrollback());
}

#[test]
fn lanes_count_steps_and_dollars_of_this_work_and_the_line_of_output_that_came_last() {
    let mut desk = desk();
    desk.begin().event("main", step(0.10)).event("main", step(0.15));
    desk.started("main", "bash", "cargo test");
    desk.feed(Feed::Progress {
        agent: AgentId::from("main"),
        call: CallId::new("main-bash"),
        line: "Compiling x".to_owned(),
    });
    desk.wait(12_000);
    let shown = desk.screen(100, 30);
    let lane = shown.lines().find(|line| line.contains("bash cargo test")).expect("main's lane");
    assert!(lane.contains("· Compiling x") && lane.contains("12 s") && lane.contains("2 steps"), "{lane}");
    assert!(lane.contains("$0.25"), "{lane}");
}

#[test]
fn more_lanes_than_rows_are_counted() {
    let mut desk = desk();
    desk.begin();
    for number in 0..9 {
        desk.says(&format!("explorer-{number}"), "x");
    }
    let shown = desk.screen(100, 30);
    assert!(shown.contains("explorer-4") && !shown.contains("explorer-5") && shown.contains("+4 more"), "{shown}");
}

#[test]
fn what_a_command_said_is_shown_as_what_it_is() {
    let mut desk = desk();
    desk.feed(Feed::Said(Said::Text("cost   $0.42".to_owned())));
    desk.feed(Feed::Said(Said::Markdown("**bold** words".to_owned())));
    desk.feed(Feed::Said(Said::Diff("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n".to_owned())));
    let hint = Some("/help names them".to_owned());
    desk.feed(Feed::Said(Said::Error { message: "there is no /cots".to_owned(), hint }));
    let history = desk.scrollback();
    assert!(history.contains("cost   $0.42") && history.contains("bold words"), "{history}");
    assert!(history.contains("error: there is no /cots\n  /help names them"), "{history}");
}

#[test]
fn a_resumed_session_shows_what_was_said() {
    let mut desk = desk();
    let said = |who: &str, text: &str| (AgentId::from(who), text.to_owned());
    desk.feed(Feed::Earlier(vec![said("user", "mend it"), said("main", "Done.")]));
    let history = desk.scrollback();
    assert!(history.contains("earlier in this session:") && history.contains("> mend it") && history.contains("Done."));
}

#[test]
fn another_session_begins_with_nobody_at_work() {
    let mut desk = desk();
    desk.begin().says("sidekick", "x");
    desk.feed(Feed::Session { id: "s-13".to_owned(), team: "small".to_owned(), agents: Vec::new() });
    let shown = desk.screen(100, 30);
    assert!(shown.contains("session s-13") && !shown.contains("writing"), "{shown}");
}

#[test]
fn drawn_history_is_given_out_once_and_not_kept() {
    let mut desk = desk();
    for number in 0..2_000 {
        desk.message("sidekick", &format!("word {number}"));
    }
    assert!(desk.app.take_history(80).len() >= 2_000);
    assert!(desk.app.take_history(80).is_empty());
}

#[test]
fn the_cache_life_counts_down_in_minutes_then_in_seconds_then_is_over() {
    let mut desk = desk();
    assert!(desk.screen(140, 30).contains("cache 97 % 5 m"));
    desk.wait(190_000);
    assert!(desk.screen(140, 30).contains("cache 97 % 60 s"));
    desk.wait(30_500);
    assert!(desk.screen(140, 30).contains("cache 97 % 30 s"));
    desk.wait(60_000);
    assert!(desk.screen(140, 30).contains("cache 97 % cold"));
}

#[test]
fn what_matters_less_goes_first_where_the_status_line_is_narrow() {
    let mut desk = desk();
    let wide = desk.screen(160, 30);
    for part in ["ask", "$0.42", "turn $0.10", "saved 62 %", "context 41k/118k 35 %", "opus-5-5", "main", "sandbox"] {
        assert!(wide.lines().last().is_some_and(|line| line.contains(part)), "{part} in {wide}");
    }
    let narrow = desk.screen(40, 10);
    let last = narrow.lines().last().expect("a status line");
    assert!(last.contains("$0.42") && last.contains("context") && !last.contains("sandbox"), "{last}");
}
