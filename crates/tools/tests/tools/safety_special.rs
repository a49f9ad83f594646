//! Files that are no files, files that are too large, names that look like commands, and places that are not shown.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Value, json};
use tools::ToolError;

use crate::support::{Bench, text};

/// Longest that a look at something that is no file may take, and most memory that it may cost, bytes.
const SOON: Duration = Duration::from_secs(10);

fn calls(path: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("read", json!({"files": [{"path": path}]})),
        ("grep", json!({"pattern": "x", "path": path})),
        ("glob", json!({"pattern": "*", "path": path})),
        ("list", json!({"path": path})),
        ("edit", json!({"path": path, "edits": [{"old": "a", "new": "b"}]})),
        ("write", json!({"path": path, "content": "x"})),
    ]
}

/// What a tool says, refused or not.
async fn said(bench: &Bench, tool: &str, arguments: Value) -> (bool, String) {
    match tokio::time::timeout(SOON, bench.run(tool, arguments.clone())).await {
        Err(_) => panic!("{tool} {arguments} did not end"),
        Ok(Ok(output)) => (!output.is_error, text(&output)),
        Ok(Err(ToolError::RespondToModel(words))) => (false, words),
        Ok(Err(fatal)) => panic!("{tool} {arguments}: {fatal}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sec_20_pipes_sockets_and_devices_are_refused_at_once() {
    let bench = Bench::new();
    let _socket = UnixListener::bind(bench.root.join("socket")).unwrap();
    mknodat(CWD, bench.root.join("fifo"), FileType::Fifo, Mode::from_raw_mode(0o666), 0).unwrap();
    // A device of its own: only an administrator can make one. Elsewhere a link to it has to do, and that leads out.
    let device = bench.root.join("zero");
    if mknodat(CWD, &device, FileType::CharacterDevice, Mode::from_raw_mode(0o666), rustix::fs::makedev(1, 5)).is_err()
    {
        symlink("/dev/zero", &device).unwrap();
    }
    for link in ["/dev/zero", "/dev/tty", "/proc/self/environ", "/proc/kmsg"] {
        symlink(link, bench.root.join(format!("to{}", link.replace('/', "-")))).unwrap();
    }
    for path in
        ["fifo", "socket", "zero", "to-dev-zero", "to-dev-tty", "to-proc-self-environ", "to-proc-kmsg", "/dev/zero"]
    {
        for (tool, arguments) in calls(path) {
            let begun = Instant::now();
            let (worked, words) = said(&bench, tool, arguments).await;
            // Looking for names, or for words, finds none there; everything else is refused.
            let found_nothing = words.contains("no match") || words.contains("no file matches") || words == path;
            assert!(!worked || found_nothing, "{tool} {path}: {words}");
            assert!(begun.elapsed() < SOON, "{tool} {path} took {:?}", begun.elapsed());
        }
    }
    // What is around them is found all the same.
    bench.file("plain.txt", "x\n");
    for (tool, arguments) in
        [("grep", json!({"pattern": "x"})), ("list", json!({})), ("glob", json!({"pattern": "*.txt"}))]
    {
        let (_, words) = said(&bench, tool, arguments).await;
        assert!(words.contains("plain.txt"), "{tool}: {words}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sec_20_a_pipe_in_place_of_an_ignore_file_holds_nobody_up() {
    let bench = Bench::new();
    bench.file("plain.txt", "x\n");
    bench.file("sub/inner.txt", "x\n");
    for ignore in [".gitignore", "sub/.ignore"] {
        mknodat(CWD, bench.root.join(ignore), FileType::Fifo, Mode::from_raw_mode(0o666), 0).unwrap();
        for (tool, arguments) in
            [("grep", json!({"pattern": "x"})), ("list", json!({})), ("glob", json!({"pattern": "*.txt"}))]
        {
            let (_, words) = said(&bench, tool, arguments).await;
            assert!(words.contains("plain.txt"), "{tool}: {words}");
        }
    }
    let (_, words) = said(&bench, "list", json!({"path": "sub"})).await;
    assert!(words.contains("inner.txt"), "{words}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sec_20_ten_gigabytes_of_nothing_are_not_read() {
    let bench = Bench::new();
    std::fs::File::create(bench.root.join("sparse")).unwrap().set_len(10 << 30).unwrap();
    for (tool, arguments) in calls("sparse") {
        let begun = Instant::now();
        let (_, words) = said(&bench, tool, arguments).await;
        assert!(words.len() < 1_000, "{tool}: {} bytes", words.len());
        assert!(begun.elapsed() < Duration::from_secs(5), "{tool} took {:?}", begun.elapsed());
    }
    assert_eq!(bench.root.join("sparse").metadata().unwrap().len(), 10 << 30, "nobody wrote into it");
    // The most that this process ever held.
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().trim_end_matches(" kB");
    assert!(peak.parse::<u64>().unwrap() < 1_500_000, "{peak} kB");
}

/// Names that a shell, or a program that takes options, would take for something else.
const NAMES: [&str; 9] = [
    "$(touch PWN).rs",
    ";touch PWN",
    "-rf",
    "--output=PWN",
    "a\nb",
    "`touch PWN`",
    "| touch PWN",
    "-delete",
    "-c core.pager=touch",
];

#[tokio::test]
async fn sec_62_names_of_files_are_data_for_every_tool() {
    let bench = Bench::new();
    let git = |arguments: &[&str]| {
        let named = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
        let done = Command::new("git").args(named).args(arguments).current_dir(&bench.root).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    git(&["init", "-q"]);
    for name in NAMES {
        bench.text("write", json!({"path": name, "content": "needle\n"})).await;
    }
    for name in NAMES {
        for (tool, arguments) in calls(name) {
            let (_, words) = said(&bench, tool, arguments).await;
            assert!(!words.contains("No such file"), "{tool} {name}: {words}");
        }
        let diff = bench.text("git_diff", json!({"paths": [name]})).await;
        assert!(diff.contains("new file"), "{name}: {diff}");
    }
    let found = bench.text("grep", json!({"pattern": "x", "mode": "files"})).await;
    assert!(NAMES.iter().all(|name| found.contains(name)), "{found}");
    bench.text("git_status", json!({})).await;
    let paths: Vec<String> = NAMES.iter().map(|name| (*name).to_owned()).collect();
    let environment = [
        ("PATH".to_owned(), std::env::var("PATH").unwrap()),
        ("HOME".to_owned(), bench.outside.join("home").display().to_string()),
    ];
    git(&["config", "user.name", "a"]);
    git(&["config", "user.email", "a@b"]);
    let commit = tools::Commit { paths: &paths, message: "--amend $(touch PWN)" };
    tools::commit(&bench.root, &environment, commit, &bench.cancel).await.unwrap();
    let snapshots = tools::snapshot::Snapshots::new(&bench.outside.join("state"), &bench.root);
    snapshots.take().await.unwrap();
    for folder in [&bench.root, &bench.outside] {
        assert!(!folder.join("PWN").exists());
    }
}

#[test]
fn sec_62_one_place_in_the_program_starts_a_shell() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![crates];
    let (mut looked_at, mut starts) = (0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let shown = path.display().to_string();
            if path.is_dir() {
                // What only developers start is no part of the program.
                if !["/tests", "/bench", "/examples", "/target"].iter().any(|end| shown.ends_with(end)) {
                    folders.push(path);
                }
                continue;
            }
            if !shown.ends_with(".rs") || shown.ends_with("tests.rs") {
                continue;
            }
            looked_at += 1;
            let source = std::fs::read_to_string(&path).unwrap();
            let code = source.split("#[cfg(test)]").next().unwrap();
            for shell in ["sh", "bash", "zsh", "dash", "/bin/sh", "/bin/bash", "/usr/bin/env"] {
                assert!(!code.contains(&format!("Command::new(\"{shell}\")")), "{shown} starts {shell}");
            }
            if code.contains(".shell()") {
                starts.push(shown.rsplit("/crates/").next().unwrap().replace("tools/../", ""));
            }
        }
    }
    assert!(looked_at > 200, "{looked_at} files");
    assert!(starts.iter().all(|path| path.contains("tools/src/shell/")) && !starts.is_empty(), "{starts:?}");
}

#[tokio::test]
async fn sbx_08_places_with_credentials_are_shown_by_no_tool() {
    let mut bench = Bench::new();
    // The workspace is the user's home folder, and a repository.
    bench.make_root_the_home();
    let key = bench.file(".ssh/id_ed25519", "canary-key\n");
    bench.file(".config/gh/hosts.yml", "canary-token\n");
    bench.file("elsewhere/credentials", "canary-aws\n");
    bench.file("notes.txt", "canary of no harm\n");
    symlink("elsewhere", bench.root.join(".aws")).unwrap();
    symlink(".ssh", bench.root.join("link")).unwrap();
    let done = Command::new("git").args(["init", "-q"]).current_dir(&bench.root).status().unwrap();
    assert!(done.success());
    for path in [
        ".ssh/id_ed25519",
        "link/id_ed25519",
        ".ssh",
        ".config/gh/hosts.yml",
        ".aws/credentials",
        "elsewhere/credentials",
    ] {
        for (tool, arguments) in calls(path) {
            let (worked, words) = said(&bench, tool, arguments).await;
            assert!(!worked && words.contains("the user's credentials"), "{tool} {path}: {words}");
        }
        let (worked, words) = said(&bench, "git_diff", json!({"paths": [path]})).await;
        assert!(!worked && words.contains("the user's credentials"), "git_diff {path}: {words}");
    }
    for (tool, arguments) in [
        ("grep", json!({"pattern": "canary"})),
        ("list", json!({"depth": 5})),
        ("glob", json!({"pattern": "**"})),
        ("git_diff", json!({})),
    ] {
        let (worked, words) = said(&bench, tool, arguments).await;
        assert!(worked && words.contains("notes.txt"), "{tool}: {words}");
        for canary in ["canary-", "id_ed25519", "hosts.yml", "credentials"] {
            assert!(!words.contains(canary), "{tool} shows {canary}: {words}");
        }
    }
    assert_eq!(std::fs::read_to_string(key).unwrap(), "canary-key\n");
}
