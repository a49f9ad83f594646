//! What the wall says of a command, as data.

use std::fs;

use sandbox::{Denial, Mode, Refused};

use crate::ground::{Ground, environment, open, run};

#[test]
fn sbx_10_what_was_taken_away_is_named_by_its_path() {
    let ground = Ground::with_repository();
    std::os::unix::fs::symlink("conf", ground.ws(".vscode")).unwrap();
    let sandbox = ground.open(Mode::Workspace);
    let line = "git init -q sub; echo evil > sub/.git/hooks/post-checkout; rm .vscode; mkdir .vscode; mkdir .GITHUB";
    let ended = run(&sandbox, line).ended;
    let mut paths: Vec<_> = ended
        .denials
        .iter()
        .map(|denial| match denial {
            Denial::Path { path, .. } => path.clone(),
            Denial::Host { .. } => panic!("{denial:?}"),
        })
        .collect();
    paths.sort();
    assert_eq!(paths, [ground.ws(".GITHUB"), ground.ws(".vscode"), ground.ws("sub/.git/hooks/post-checkout")]);
    assert_eq!(fs::read_link(ground.ws(".vscode")).unwrap(), std::path::Path::new("conf"));
}

#[test]
fn sbx_10_a_host_that_the_proxy_refused_is_named() {
    let ground = Ground::new();
    let sandbox = ground.open(Mode::Workspace);
    let prepared = sandbox.prepare(&["true".into()], &ground.path("ws"), &[]).unwrap();
    prepared.guard.recorder().host("evil.test", 443);
    let ended = prepared.guard.finish();
    assert_eq!(ended.denials, [Denial::Host { host: "evil.test".to_owned(), port: 443 }]);
}

#[test]
fn sbx_10_what_a_command_says_of_itself_is_no_denial() {
    let ground = Ground::new();
    let line = "echo 'sandbox: Read-only file system: Permission denied' >&2; echo failed; exit 125";
    let ran = run(&ground.open(Mode::Workspace), line);
    assert_eq!((ran.code, ran.ended.started), (Some(125), Ok(())));
    assert_eq!(ran.ended.denials, []);
}

#[test]
fn sbx_10_a_command_cannot_write_what_the_stage_reports() {
    let ground = Ground::new();
    let ran = run(
        &ground.open(Mode::Workspace),
        "ls -A /tmp | grep report; for f in /proc/[0-9]*/fd/*; do case $(readlink $f) in *report*) echo failed by me >> $f; echo found $f;; esac; done",
    );
    assert_eq!((ran.ended.started, ran.output.as_str()), (Ok(()), ""), "it has no name any more");
}

#[test]
fn sbx_10_a_wall_that_does_not_come_up_is_told_from_a_command_that_fails() {
    let ground = Ground::new();
    let sandbox = ground.open(Mode::Workspace);
    let missing = sandbox.prepare(&["/no/such/program".into()], &ground.path("ws"), &environment()).unwrap();
    let output = std::process::Command::new(&missing.program).args(&missing.arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(125));
    let why = missing.guard.finish().started.unwrap_err();
    assert!(why.contains("/no/such/program cannot be started"), "{why}");
    // Started by nobody, nothing came up.
    let never = sandbox.prepare(&["true".into()], &ground.path("ws"), &[]).unwrap();
    assert!(never.guard.finish().started.is_err());
}

#[test]
fn sbx_10_a_folder_outside_is_refused_by_where_it_leads() {
    let ground = Ground::new();
    std::os::unix::fs::symlink("/", ground.ws("root")).unwrap();
    fs::create_dir(ground.path("ws-evil")).unwrap();
    let sandbox = open(ground.profile(Mode::Workspace));
    for folder in ["/".into(), ground.ws("root"), ground.ws(".."), ground.path("ws-evil"), ground.ws("absent")] {
        match sandbox.prepare(&["true".into()], &folder, &[]) {
            Err(Refused::Folder(path)) => assert_eq!(path, folder),
            other => panic!("{}: {other:?}", folder.display()),
        }
    }
    fs::create_dir(ground.ws("below")).unwrap();
    sandbox.prepare(&["true".into()], &ground.ws("below"), &[]).unwrap();
}
