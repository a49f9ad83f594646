//! What is left when a command has ended: nothing.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sandbox::Mode;

use crate::ground::{Ground, STAGE, WALLED, run};

fn walled(ground: &Ground, line: &str) -> Child {
    Command::new(WALLED)
        .arg("run")
        .args([ground.path("state"), ground.path("ws"), ground.path("tmp")])
        .args([STAGE, line])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn wait_for(what: &str, mut there: impl FnMut() -> bool) {
    let began = Instant::now();
    while !there() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what} did not come");
        std::thread::yield_now();
    }
}

fn names(ground: &Ground) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(ground.path("ws"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn sbx_03_git_sees_the_same_before_and_after_commands_that_change_nothing() {
    let ground = Ground::with_repository();
    ground.put("untracked.txt", "x");
    let before = ground.git(&["status", "--porcelain", "--ignored"]);
    let sandbox = ground.open(Mode::Workspace);
    for line in ["true", "ls -la", "git status", "false", "cat a.txt | wc -l", "kill -9 $$", "exit 3"] {
        let ran = run(&sandbox, line);
        assert_eq!(ran.ended.started, Ok(()), "{line}");
        assert_eq!(ground.git(&["status", "--porcelain", "--ignored"]), before, "{line}");
        assert_eq!(names(&ground), [".git", "a.txt", "untracked.txt"]);
    }
    // From within it looks the same too.
    assert_eq!(run(&sandbox, "git status --porcelain --ignored").output, before);
}

#[test]
fn sbx_03_a_mount_point_stays_until_the_last_command_that_needs_it_has_ended() {
    let ground = Ground::new();
    let sandbox = ground.open(Mode::Workspace);
    std::thread::scope(|scope| {
        let long = scope.spawn(|| {
            run(&sandbox, "touch running; while [ ! -e go ]; do :; done; mkdir .agent/x || echo held; echo x > .envrc || echo held")
        });
        wait_for("the long command", || ground.ws("running").exists());
        for _ in 0..5 {
            run(&sandbox, "true");
        }
        assert!(ground.ws(".agent").is_dir(), "the long command still needs it");
        fs::write(ground.ws("go"), "").unwrap();
        let ran = long.join().unwrap();
        assert_eq!(ran.output.matches("held").count(), 2, "{}", ran.output);
    });
    assert_eq!(names(&ground), ["go", "running"]);
}

#[test]
fn sbx_03_many_commands_at_once_in_two_processes_leave_nothing() {
    let ground = Ground::with_repository();
    let sandbox = ground.open(Mode::Workspace);
    let mut others: Vec<Child> =
        (0..4).map(|at| walled(&ground, &format!("echo evil > .envrc; mkdir .agent/a; echo {at} > o{at}"))).collect();
    std::thread::scope(|scope| {
        for at in 0..6 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let ran = run(sandbox, &format!("echo evil > .mcp.json; mkdir .vscode/a; echo {at} > t{at}"));
                assert_eq!(ran.ended.started, Ok(()), "{}", ran.output);
            });
        }
    });
    for other in &mut others {
        assert!(other.wait().unwrap().success());
    }
    let expected = [".git", "a.txt", "o0", "o1", "o2", "o3", "t0", "t1", "t2", "t3", "t4", "t5"];
    assert_eq!(names(&ground), expected);
    assert_eq!(fs::read_dir(ground.path("state/sandbox/points")).unwrap().count(), 0);
    let reports = fs::read_dir(ground.path("tmp")).unwrap().flatten();
    assert_eq!(reports.filter(|entry| entry.file_name().to_string_lossy().contains("report")).count(), 0);
}

#[test]
fn sbx_03_what_a_killed_process_left_is_removed_at_the_next_start() {
    let ground = Ground::with_repository();
    let mut killed = walled(&ground, "touch running; while :; do :; done");
    wait_for("its command", || ground.ws("running").exists());
    // The user fills one of them meanwhile: that one is the user's.
    fs::write(ground.ws(".vscode/settings.json"), "{}").unwrap();
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(ground.ws(".agent").is_dir(), "nobody was there to remove it");
    let sandbox = ground.open(Mode::Workspace);
    assert_eq!(names(&ground), [".git", ".vscode", "a.txt", "running"]);
    drop(sandbox);
    assert_eq!(fs::read_dir(ground.path("state/sandbox/points")).unwrap().count(), 0);
}
