use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;
use tools::{ApprovalMode, run_check};

use crate::support::{Bench, text};

/// Commands of these tests are not on the list; the person says yes to all of them.
fn bench() -> Bench {
    Bench::with_mode(ApprovalMode::Ask)
}

async fn gone(pid_file: &Path) -> bool {
    let pid = std::fs::read_to_string(pid_file).unwrap();
    let process = Path::new("/proc").join(pid.trim());
    // A killed process is gone once its new parent has taken notice of its end.
    for _ in 0..200 {
        let state = std::fs::read_to_string(process.join("stat")).unwrap_or_default();
        if state.is_empty() || state.contains(") Z ") {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn output_comes_in_the_order_it_was_written_with_the_exit_code() {
    let bench = bench();
    let output = bench.run("bash", json!({"command": "echo out; echo err >&2; echo out again; exit 3"})).await.unwrap();
    assert_eq!(text(&output), "out\nerr\nout again\n[exit 3, 0.0 s]");
    assert!(output.is_error);
    assert_eq!(output.commands[0].exit_code, Some(3));
    assert_eq!(output.commands[0].command, "echo out; echo err >&2; echo out again; exit 3");
    assert!(!output.commands[0].check);
}

#[tokio::test]
async fn it_runs_in_the_workspace_without_input_and_without_a_terminal() {
    let bench = bench();
    let command = "pwd; cat; (echo x > /dev/tty) 2>/dev/null || echo no terminal; echo $TERM";
    let root = bench.root.display();
    assert_eq!(
        bench.text("bash", json!({"command": command})).await,
        format!("{root}\nno terminal\ndumb\n[exit 0, 0.0 s]")
    );
}

#[tokio::test]
async fn a_command_sees_only_the_listed_environment() {
    let bench = bench();
    let text = bench.text("bash", json!({"command": "env | cut -d= -f1 | sort"})).await;
    for name in text.lines().filter(|line| !line.starts_with('[')) {
        let known = [
            "PATH",
            "HOME",
            "TERM",
            "NO_COLOR",
            "PAGER",
            "GIT_PAGER",
            "GIT_TERMINAL_PROMPT",
            "DEBIAN_FRONTEND",
            "PYTHONDONTWRITEBYTECODE",
        ];
        let by_the_shell = ["PWD", "OLDPWD", "SHLVL", "_", "TANDEM_COMMAND"];
        assert!(known.contains(&name) || by_the_shell.contains(&name), "{name}");
    }
}

#[tokio::test]
async fn a_command_without_output_says_so() {
    let bench = bench();
    assert_eq!(bench.text("bash", json!({"command": "true"})).await, "(no output)\n[exit 0, 0.0 s]");
}

#[tokio::test]
async fn a_timeout_ends_the_whole_group_and_keeps_what_was_printed() {
    let bench = bench();
    let pid = bench.root.join("pid");
    let command = "echo begun; (trap '' TERM; sleep 60) & echo $! > pid; wait";
    let output = bench.run("bash", json!({"command": command, "timeout_s": 1})).await.unwrap();
    assert!(output.is_error);
    assert_eq!(output.commands[0].exit_code, None);
    let text = text(&output);
    assert!(text.starts_with("begun\n[timed out and was killed, 0.0 s (limit 1 s; "), "{text}");
    assert!(gone(&pid).await);
}

#[tokio::test]
async fn a_timeout_also_ends_what_has_left_the_group() {
    let bench = bench();
    let command = "setsid sh -c 'echo $$ > pid; sleep 60' & sleep 60";
    let output = bench.run("bash", json!({"command": command, "timeout_s": 1})).await.unwrap();
    assert!(output.is_error);
    assert!(gone(&bench.root.join("pid")).await);
}

#[tokio::test]
async fn a_child_that_left_the_group_and_holds_the_output_does_not_hold_the_call() {
    let bench = bench();
    let begun = std::time::Instant::now();
    let command = "setsid sh -c 'echo $$ > pid; sleep 60' & while [ ! -s pid ]; do :; done; echo done";
    let text = bench.text("bash", json!({"command": command})).await;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(
        text,
        "done\n[exit 0, 0.0 s]\n[a process it left behind was cut off; start servers with background true]"
    );
    // It ends with the session at the latest.
    let pid = bench.root.join("pid");
    bench.session.shutdown().await;
    assert!(gone(&pid).await);
}

#[tokio::test]
async fn what_stays_in_the_group_ends_with_the_command() {
    let bench = bench();
    bench.text("bash", json!({"command": "sleep 60 > /dev/null 2>&1 & echo $! > pid"})).await;
    assert!(gone(&bench.root.join("pid")).await);
}

#[tokio::test]
async fn a_cancelled_command_ends() {
    let bench = bench();
    let cancel = bench.cancel.clone();
    let pid = bench.root.join("pid");
    let (output, ()) = tokio::join!(bench.run("bash", json!({"command": "echo $$ > pid; sleep 60"})), async {
        while std::fs::read_to_string(&pid).unwrap_or_default().is_empty() {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
    });
    let output = output.unwrap();
    assert_eq!(text(&output), "(no output)\n[cancelled and killed, 0.0 s]");
    assert!(gone(&pid).await);
}

#[tokio::test]
async fn a_call_that_is_dropped_takes_its_processes_with_it() {
    let bench = bench();
    let pid = bench.root.join("pid");
    {
        let call = bench.run("bash", json!({"command": "sleep 60 & echo $! > pid; wait"}));
        let begun = async {
            while std::fs::read_to_string(&pid).unwrap_or_default().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! { _ = call => panic!("it ended"), () = begun => {} }
    }
    assert!(gone(&pid).await);
}

#[tokio::test]
async fn deny_refuses_and_ask_asks_with_the_whole_command() {
    let bench = bench();
    let command = "touch made && echo a long command";
    *bench.host.refuses.lock().unwrap() = Some("no".to_owned());
    let words = bench.error("bash", json!({"command": command})).await;
    assert!(words.starts_with("not allowed: no (a yes was needed: `touch"), "{words}");
    assert!(words.ends_with("Nothing was done. Do it another way, or say what you need"), "{words}");
    assert_eq!(bench.host.approvals.lock().unwrap()[0].what, command);
    bench.session.set_mode(ApprovalMode::Deny);
    assert!(bench.error("bash", json!({"command": command})).await.contains("approval mode deny"));
    assert!(!bench.root.join("made").exists());
    assert!(bench.text("bash", json!({"command": "echo reading is free"})).await.starts_with("reading is free\n"));
    assert_eq!(bench.host.approvals.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_server_runs_in_the_background_is_read_and_stopped() {
    let bench = bench();
    let command = "echo ready; while [ ! -e more ]; do sleep 0.01; done; echo more; touch told; sleep 60";
    let started = bench.text("bash", json!({"command": command, "background": true})).await;
    assert_eq!(started, format!("started p1\np1 [running for 0.0 s] {command}\nready"));
    bench.file("more", "");
    while !bench.root.join("told").exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The pipe is read by a task of its own: what was printed arrives soon, not at once.
    let mut news = String::new();
    while !news.ends_with("\nmore") {
        news = bench.text("processes", json!({"action": "read", "id": "p1"})).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(
        bench.text("processes", json!({"action": "read", "id": "p1"})).await,
        format!("p1 [running for 0.0 s] {command}\n(no new output)")
    );
    let stopped = bench.text("processes", json!({"action": "stop", "id": "p1"})).await;
    assert!(stopped.starts_with("p1 [cancelled and killed] "), "{stopped}");
    assert!(bench.text("processes", json!({"action": "list"})).await.starts_with("p1 [cancelled and killed]"));
}

#[tokio::test]
async fn a_server_that_cannot_start_is_told_at_once() {
    let bench = bench();
    let words = bench.error("bash", json!({"command": "echo port taken; exit 1", "background": true})).await;
    assert_eq!(words, "p1 ended at once: p1 [exit 1] echo port taken; exit 1\nport taken");
}

#[tokio::test]
async fn unknown_processes_and_actions_are_named_with_the_known_ones() {
    let bench = bench();
    assert_eq!(
        bench.error("processes", json!({"action": "read", "id": "p9"})).await,
        "processes: no process `p9`; known: there are none"
    );
    assert_eq!(
        bench.error("processes", json!({"action": "kill"})).await,
        "processes: `action` must be one of `list`, `read`, `stop`; found \"kill\""
    );
    assert_eq!(bench.text("processes", json!({"action": "list"})).await, "no background processes");
}

#[tokio::test]
async fn background_processes_end_with_the_session() {
    for by_force in [false, true] {
        let mut bench = bench();
        let command = "sleep 60 & echo $! > pid; wait";
        bench.text("bash", json!({"command": command, "background": true})).await;
        match by_force {
            false => bench.session.shutdown().await,
            // The session's tools are dropped, nobody asked them to end anything.
            true => bench.restart(),
        }
        assert!(gone(&bench.root.join("pid")).await);
    }
}

#[tokio::test]
async fn the_runtime_runs_a_check_by_itself() {
    let bench = bench();
    let cancel = CancellationToken::new();
    let passed = run_check(&bench.session, "echo fine", Duration::from_secs(20), &cancel).await;
    assert_eq!((passed.exit_code, passed.output.as_str()), (Some(0), "fine\n"));
    let failed = run_check(&bench.session, "echo bad; exit 7", Duration::from_secs(20), &cancel).await;
    assert_eq!((failed.exit_code, failed.output.as_str()), (Some(7), "bad\n"));
    let slow = run_check(&bench.session, "echo slow; sleep 60", Duration::from_millis(300), &cancel).await;
    assert_eq!((slow.exit_code, slow.output.as_str()), (None, "slow\n[timed out and was killed after 0.0 s]\n"));
}
