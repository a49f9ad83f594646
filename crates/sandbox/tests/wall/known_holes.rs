//! What walls of this kind are known to let through, one by one.

use std::fs;
use std::os::unix::net::UnixListener;
use std::process::Command;

use sandbox::{Mode, Network};

use crate::ground::{Ground, STAGE, open, run};

/// The second wall alone, on the host, without bubblewrap.
fn second_wall(ground: &Ground, network: &str, line: &str) -> std::process::Output {
    Command::new(STAGE)
        .args(["--network", network, "--write"])
        .arg(ground.path("ws"))
        .args(["--", "/bin/bash", "-c", line])
        .current_dir(ground.path("ws"))
        .output()
        .unwrap()
}

#[test]
fn sbx_01_the_second_wall_alone_keeps_writes_signals_and_sockets_in() {
    let ground = Ground::new();
    // Not in /tmp, which the second wall lets be written.
    let built = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let home = std::path::PathBuf::from(std::env::var("HOME").unwrap());
    let elsewhere = tempfile::tempdir_in(if built.starts_with("/tmp") { &home } else { built }).unwrap();
    fs::write(elsewhere.path().join("canary"), "alive").unwrap();
    let victim = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let script = format!(
        "cd {}; echo x > canary; echo x >> canary; rm canary; mv canary b; ln canary l; truncate -s0 canary; mkdir d; \
         kill -9 {}; echo done; echo ok > {}/inside",
        elsewhere.path().display(),
        victim.id(),
        ground.path("ws").display()
    );
    let output = second_wall(&ground, "none", &script);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(fs::read_to_string(elsewhere.path().join("canary")).unwrap(), "alive");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(ground.ws("inside")).unwrap(), "ok\n");
    let mut victim = victim;
    assert!(victim.try_wait().unwrap().is_none(), "a process outside was killed");
    victim.kill().unwrap();
    victim.wait().unwrap();
}

#[test]
fn sbx_01_udp_which_landlock_lets_through_is_stopped_by_seccomp() {
    let ground = Ground::new();
    let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.set_nonblocking(true).unwrap();
    let port = udp.local_addr().unwrap().port();
    let line = format!("echo x > /dev/udp/127.0.0.1/{port}");
    assert!(!second_wall(&ground, "none", &line).status.success());
    assert!(udp.recv(&mut [0; 8]).is_err());
    // The same line reaches the port without a wall: it is the wall that stops it.
    assert!(Command::new("bash").args(["-c", &line]).status().unwrap().success());
    udp.set_nonblocking(false).unwrap();
    assert_eq!(udp.recv(&mut [0; 8]).unwrap(), 2);
}

#[test]
fn sbx_01_io_uring_which_passes_by_socket_filters_is_not_there() {
    let ground = Ground::new();
    let line = "python3 -c 'import ctypes,os; l=ctypes.CDLL(None,use_errno=True); \
                r=[l.syscall(n,8,ctypes.create_string_buffer(256)) for n in (425,426,427)]; print(r, ctypes.get_errno())'";
    let output = run(&ground.open(Mode::Workspace), line).output;
    assert_eq!(output.trim(), "[-1, -1, -1] 1", "EPERM for all three");
}

#[test]
fn sbx_01_a_sockets_folder_and_sockets_elsewhere_cannot_be_reached_although_reading_is_allowed() {
    let ground = Ground::new();
    let _here = UnixListener::bind(ground.path("outside/socket")).unwrap();
    let run_socket = format!("/run/tandem-test-{}.sock", std::process::id());
    let in_run = UnixListener::bind(&run_socket).ok();
    for network in [Network::None, Network::Loopback] {
        let mut profile = ground.profile(Mode::Workspace);
        profile.network = network;
        let sandbox = open(profile);
        for path in [ground.path("outside/socket").display().to_string(), run_socket.clone()] {
            let line = format!(
                "python3 -c 'import socket; s=socket.socket(socket.AF_UNIX); s.connect(\"{path}\"); print(\"reached\")'"
            );
            let ran = run(&sandbox, &line);
            assert!(ran.code != Some(0) && !ran.output.contains("reached"), "{path}: {}", ran.output);
        }
    }
    drop(in_run);
    let _ = fs::remove_file(run_socket);
}

#[test]
fn sbx_01_a_protected_folder_cannot_be_renamed_away_and_planted_anew() {
    let ground = Ground::with_repository();
    ground.put(".agent/team.yaml", "ours\n");
    let sandbox = ground.open(Mode::Workspace);
    let ran = run(
        &sandbox,
        "mv .agent x; mv .git y; mkdir .agent .vscode; echo evil > .agent/team.yaml; echo evil > .vscode/tasks.json",
    );
    assert_ne!(ran.code, Some(0));
    assert_eq!(fs::read_to_string(ground.ws(".agent/team.yaml")).unwrap(), "ours\n");
    assert!(!ground.ws(".vscode").exists());
    assert!(ground.ws(".git/HEAD").exists());
}

#[test]
fn sbx_01_a_nested_repository_is_read_only_and_what_a_rename_above_it_plants_is_taken_away() {
    let ground = Ground::with_repository();
    ground.put("a/sub/x.txt", "x\n");
    let made = Command::new("git").args(["init", "-q"]).current_dir(ground.ws("a/sub")).status().unwrap();
    assert!(made.success());
    let sandbox = ground.open(Mode::Workspace);
    let ran = run(
        &sandbox,
        "echo evil > a/sub/.git/hooks/pre-commit || echo kept; git -C a/sub config core.fsmonitor ./e || echo kept",
    );
    assert_eq!(ran.output.matches("kept").count(), 2, "{}", ran.output);
    // The mount goes with a renamed parent, and what stands in its place then is new.
    let ran = run(
        &sandbox,
        "mv a b; mkdir -p a/sub/.git/hooks; cp -r b/sub/.git/. a/sub/.git/; echo evil > a/sub/.git/hooks/pre-commit; \
         chmod +x a/sub/.git/hooks/pre-commit; printf '[core]\\n\\tfsmonitor = ./e\\n' >> a/sub/.git/config",
    );
    assert!(!ground.ws("a/sub/.git/hooks/pre-commit").exists(), "{}", ran.output);
    assert!(!ground.ws("a/sub/.git/config").exists());
    assert!(ground.ws("a/sub/.git/hooks/pre-commit.quarantined").exists());
    assert_eq!(ran.ended.notices.len(), 2, "{:?}", ran.ended.notices);
}

#[test]
fn sbx_01_an_absent_name_is_protected_and_leaves_nothing_behind() {
    let ground = Ground::new();
    let sandbox = ground.open(Mode::Workspace);
    let ran =
        run(&sandbox, "mkdir -p .agent/x; echo x > .envrc; echo x > .mcp.json; rmdir .husky; echo x > fine; ls -A");
    assert!(ran.output.contains("fine"));
    let left: Vec<_> = fs::read_dir(ground.path("ws")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["fine"], "{}", ran.output);
}

#[test]
fn sbx_01_a_protected_link_does_not_keep_commands_from_starting() {
    let ground = Ground::new();
    ground.put("conf/editor/settings.json", "{}");
    std::os::unix::fs::symlink("conf/editor", ground.ws(".vscode")).unwrap();
    std::os::unix::fs::symlink("/nowhere", ground.ws(".idea")).unwrap();
    let ran = run(&ground.open(Mode::Workspace), "echo started; echo x > .vscode/settings.json");
    assert!(ran.output.contains("started"));
    assert_eq!(ran.ended.started, Ok(()));
    assert_eq!(fs::read_to_string(ground.ws("conf/editor/settings.json")).unwrap(), "{}");
}

#[test]
fn sbx_01_the_environment_is_only_what_was_given() {
    let ground = Ground::new();
    let sandbox = ground.open(Mode::Workspace);
    let line = ["/usr/bin/env".into()];
    let prepared = sandbox.prepare(&line, &ground.path("ws"), &[("A".to_owned(), "b c".to_owned())]).unwrap();
    let output = Command::new(&prepared.program)
        .args(&prepared.arguments)
        .env("LEAKED", "1")
        .env("LD_LIBRARY_PATH", ground.path("ws"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let mut names: Vec<&str> = said.lines().map(|line| line.split('=').next().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["A", "GOCACHE", "PWD", "TANDEM_SANDBOX", "TMPDIR"]);
}

#[test]
fn sbx_01_the_super_user_inside_has_no_power_over_files_of_others() {
    let ground = Ground::new();
    ground.put("theirs", "x");
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(ground.ws("theirs"), Some(4321), Some(4321)).unwrap();
    }
    fs::set_permissions(ground.ws("theirs"), std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    let ran = run(&ground.open(Mode::Workspace), "cat theirs");
    assert!(ran.output.contains("Permission denied"), "{}", ran.output);
}

#[test]
fn sbx_01_changes_of_mode_and_time_outside_fail() {
    let ground = Ground::new();
    let before = fs::metadata(ground.path("outside/canary")).unwrap();
    let canary = ground.path("outside/canary").display().to_string();
    let ran = run(
        &ground.open(Mode::Workspace),
        &format!("chmod 777 {canary} && echo a; touch -d 2001-01-01 {canary} && echo b"),
    );
    assert!(!ran.output.lines().any(|line| line == "a" || line == "b"), "{}", ran.output);
    let after = fs::metadata(ground.path("outside/canary")).unwrap();
    assert_eq!((before.permissions(), before.modified().unwrap()), (after.permissions(), after.modified().unwrap()));
}

#[test]
fn sbx_01_in_mode_read_only_the_workspace_is_read_and_not_written() {
    let ground = Ground::with_repository();
    let sandbox = ground.open(Mode::ReadOnly);
    let ran = run(
        &sandbox,
        "cat a.txt; git log --oneline | wc -l; echo x > new; echo x >> a.txt; echo x > /tmp/own && cat /tmp/own",
    );
    assert!(ran.output.starts_with("a\n1\n") && ran.output.ends_with("x\n"), "{}", ran.output);
    assert_eq!(ground.git(&["status", "--porcelain"]), "");
}
