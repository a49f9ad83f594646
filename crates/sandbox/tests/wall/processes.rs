//! No process of a command outlives what started it.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use process_wrap::tokio::{CommandWrap, KillOnDrop, ProcessSession};
use sandbox::Mode;

use crate::ground::{Ground, STAGE, WALLED, environment, run};

/// Ways to get away, each a process that would run on for a long time under a name of its own.
fn stubborn(mark: u64) -> String {
    format!(
        "trap '' TERM HUP INT; setsid sleep {mark}1 & nohup sleep {mark}2 & (setsid bash -c 'trap \"\" TERM HUP; (sleep {mark}3 &) ; \
         while :; do sleep {mark}4; done' &) ; (sleep {mark}5 &); touch up; sleep {mark}6"
    )
}

fn survivors(mark: u64) -> Vec<String> {
    let mark = mark.to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(line) = fs::read(entry.path().join("cmdline")) else { continue };
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        // What is over but not yet waited for has no command line any more.
        if line.starts_with("sleep ") && line.contains(&mark) {
            found.push(line);
        }
    }
    found
}

/// What is left is asked for over and over, so only a machine with much other work takes this long.
const SOON: Duration = Duration::from_secs(5);

fn gone_within(mark: u64, limit: Duration) {
    let began = Instant::now();
    loop {
        let left = survivors(mark);
        if left.is_empty() {
            return;
        }
        assert!(began.elapsed() < limit, "{left:?}");
        std::thread::yield_now();
    }
}

fn wait_for(ground: &Ground, mark: u64) {
    let began = Instant::now();
    while !ground.ws("up").exists() || survivors(mark).len() < 6 {
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", survivors(mark));
        std::thread::yield_now();
    }
}

#[test]
fn sbx_05_when_the_agent_is_killed_nothing_of_its_commands_is_left_soon_after() {
    let ground = Ground::new();
    let mark = 71_000_000 + u64::from(std::process::id());
    let mut agent = Command::new(WALLED)
        .arg("run")
        .args([ground.path("state"), ground.path("ws"), ground.path("tmp")])
        .args([STAGE, &stubborn(mark)])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(&ground, mark);
    agent.kill().unwrap();
    agent.wait().unwrap();
    gone_within(mark, SOON);
}

#[test]
fn sbx_05_what_a_command_left_running_ends_with_it() {
    let ground = Ground::new();
    let mark = 72_000_000 + u64::from(std::process::id());
    let line = stubborn(mark).replace(&format!("touch up; sleep {mark}6"), "echo over");
    assert_eq!(run(&ground.open(Mode::Workspace), &line).output.trim(), "over");
    gone_within(mark, SOON);
}

#[tokio::test]
async fn sbx_05_killing_the_group_of_a_command_that_the_tools_started_ends_all_of_it() {
    let ground = Ground::new();
    let mark = 73_000_000 + u64::from(std::process::id());
    let sandbox = ground.open(Mode::Workspace);
    for by_drop in [false, true] {
        let line = ["/bin/bash".into(), "-c".into(), stubborn(mark).into()];
        let mut given = environment();
        given.push(("TANDEM_COMMAND".to_owned(), "a-1".to_owned()));
        let prepared = sandbox.prepare(&line, &ground.path("ws"), &given).unwrap();
        assert_eq!(prepared.environment, [("TANDEM_COMMAND".to_owned(), "a-1".to_owned())]);
        // As the shell tool does it.
        let mut command = tokio::process::Command::new(&prepared.program);
        command
            .args(&prepared.arguments)
            .env_clear()
            .envs(prepared.environment.clone())
            .current_dir(&prepared.folder)
            .stdin(Stdio::null());
        let mut command = CommandWrap::from(command);
        command.wrap(ProcessSession).wrap(KillOnDrop);
        let mut child = command.spawn().unwrap();
        let began = Instant::now();
        while !ground.ws("up").exists() || survivors(mark).len() < 6 {
            assert!(began.elapsed() < Duration::from_secs(20), "{:?}", survivors(mark));
            tokio::task::yield_now().await;
        }
        if by_drop {
            drop(child);
        } else {
            let id = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
            rustix::process::kill_process_group(id, rustix::process::Signal::KILL).unwrap();
            child.wait().await.unwrap();
        }
        gone_within(mark, SOON);
        assert_eq!(prepared.guard.finish().started, Ok(()));
        fs::remove_file(ground.ws("up")).unwrap();
    }
}

#[test]
fn a_command_ends_with_its_own_code() {
    let ground = Ground::new();
    let sandbox = ground.open(Mode::Workspace);
    for code in [0, 1, 7, 255] {
        assert_eq!(run(&sandbox, &format!("exit {code}")).code, Some(code));
    }
    assert_eq!(run(&sandbox, "kill -9 $$").code, Some(128 + 9));
}
