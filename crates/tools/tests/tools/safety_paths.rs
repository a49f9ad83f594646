//! No path leads out of the workspace: the same answer from every tool, whatever the path looks like and whoever changes the
//! folders meanwhile.

use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use serde_json::{Value, json};
use tools::ToolError;

use crate::support::{Bench, text};

const CANARY: &str = "canary-b7e1";

/// One call of each tool that takes a path.
fn calls(path: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("read", json!({"files": [{"path": path}]})),
        ("list", json!({"path": path})),
        ("glob", json!({"pattern": "**", "path": path})),
        ("grep", json!({"pattern": "canary", "path": path})),
        ("git_diff", json!({"paths": [path]})),
        ("edit", json!({"path": path, "edits": [{"old": "canary", "new": "x"}]})),
        ("write", json!({"path": path, "content": "x"})),
    ]
}

/// What lies outside, with a neighbour whose name begins with the workspace's.
struct Outside {
    bench: Bench,
    folder: PathBuf,
}

fn outside() -> Outside {
    let bench = Bench::new();
    let folder = bench.outside.join("repo-evil");
    std::fs::create_dir_all(folder.join("deep")).unwrap();
    for file in ["secret", "deep/secret"] {
        std::fs::write(folder.join(file), CANARY).unwrap();
    }
    let git = std::process::Command::new("git").args(["init", "-q"]).current_dir(&bench.root).status().unwrap();
    assert!(git.success());
    Outside { bench, folder }
}

impl Outside {
    /// Every file outside with its content.
    fn untouched(&self) {
        let names: Vec<_> = std::fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
        for file in ["secret", "deep/secret"] {
            assert_eq!(std::fs::read_to_string(self.folder.join(file)).unwrap(), CANARY);
        }
    }

    /// Calls every tool with a path and gives what each said; none may show the canary.
    async fn all(&self, path: &str) -> Vec<(&'static str, Result<String, String>)> {
        let mut answers = Vec::new();
        for (tool, arguments) in calls(path) {
            let answer = match self.bench.run(tool, arguments).await {
                Ok(output) if output.is_error => Err(text(&output)),
                Ok(output) => Ok(text(&output)),
                Err(ToolError::RespondToModel(words)) => Err(words),
                Err(fatal) => panic!("{tool} {path}: {fatal}"),
            };
            let said = match &answer {
                Ok(text) | Err(text) => text,
            };
            assert!(!said.contains(CANARY), "{tool} {path}: {said}");
            answers.push((tool, answer));
        }
        answers
    }
}

#[tokio::test]
async fn sec_16_no_spelling_of_a_path_leads_out_and_the_refusal_names_the_workspace() {
    let outside = outside();
    let evil = outside.folder.display();
    for path in [
        "../x".to_owned(),
        "../repo-evil/secret".to_owned(),
        "./../repo-evil/secret".to_owned(),
        ".//..//repo-evil/secret/".to_owned(),
        "a/../../repo-evil/secret".to_owned(),
        format!("{evil}/secret"),
        format!("{}/../repo-evil/secret", outside.bench.root.display()),
        format!("/{evil}/secret"),
        format!("{}-evil/secret", outside.bench.root.display()),
        format!("/proc/self/cwd/{evil}/secret"),
        "/etc/passwd".to_owned(),
    ] {
        for (tool, answer) in outside.all(&path).await {
            let words = answer.expect_err(&format!("{tool} {path}"));
            assert!(words.contains("leaves the workspace"), "{tool} {path}: {words}");
            assert!(words.contains(&outside.bench.root.display().to_string()), "{tool} {path}: {words}");
        }
    }
    outside.untouched();
}

#[tokio::test]
async fn sec_16_letters_that_mean_something_elsewhere_are_only_letters_here() {
    let outside = outside();
    for path in
        ["%2e%2e/repo-evil/secret", "..\\repo-evil\\secret", "/REPO/x", "..%2frepo-evil", "file:///etc/passwd", "a\0b"]
    {
        for (tool, answer) in outside.all(path).await {
            // What may be written is a new file inside; a diff of what is not there is empty.
            assert!(answer.is_err() || ["write", "git_diff"].contains(&tool), "{tool} {path:?}: {answer:?}");
        }
    }
    // What was written has the letters in its name.
    assert!(outside.bench.root.join("%2e%2e/repo-evil/secret").exists());
    assert!(outside.bench.root.join("..\\repo-evil\\secret").exists());
    outside.untouched();
}

#[tokio::test]
async fn sec_17_symlinks_out_are_refused_by_every_tool_alike() {
    let outside = outside();
    let root = &outside.bench.root;
    symlink(&outside.folder, root.join("absolute")).unwrap();
    symlink("../repo-evil", root.join("relative")).unwrap();
    symlink("../repo-evil/secret", root.join("file")).unwrap();
    symlink("/proc/self/root", root.join("proc-root")).unwrap();
    symlink("/proc/self/cwd", root.join("proc-cwd")).unwrap();
    let held = std::fs::File::open(&outside.folder).unwrap();
    let by_handle = format!("/proc/{}/fd/{}", std::process::id(), std::os::fd::AsRawFd::as_raw_fd(&held));
    symlink(by_handle, root.join("handle")).unwrap();
    symlink("../repo-evil", root.join("chain-0")).unwrap();
    for n in 1..40 {
        symlink(format!("chain-{}", n - 1), root.join(format!("chain-{n}"))).unwrap();
    }
    symlink("circle-b", root.join("circle-a")).unwrap();
    symlink("circle-a", root.join("circle-b")).unwrap();
    let inside_proc = format!("proc-root{}/secret", outside.folder.display());
    for path in [
        "absolute",
        "absolute/secret",
        "absolute/deep/secret",
        "relative/secret",
        "file",
        "handle",
        "handle/secret",
        "chain-39",
        "chain-5/secret",
        "circle-a",
        "circle-a/secret",
        "proc-cwd/Cargo.toml",
        &inside_proc,
    ] {
        for (tool, answer) in outside.all(path).await {
            // Git looks at links, never behind them: there is nothing to say of such a path.
            if tool == "git_diff" {
                continue;
            }
            let words = answer.expect_err(&format!("{tool} {path}"));
            assert!(words.contains("leaves the workspace") || words.contains("circle"), "{tool} {path}: {words}");
        }
    }
    // The links themselves are shown as what they are; nothing behind them is.
    assert!(outside.bench.text("list", json!({})).await.contains("absolute@"));
    let globbed = outside.bench.text("glob", json!({"pattern": "**/secret"})).await;
    assert!(globbed.contains("no file matches"), "{globbed}");
    let found = outside.bench.text("grep", json!({"pattern": "canary"})).await;
    assert!(found.contains("no match"), "{found}");
    outside.untouched();
}

/// Parts of paths, some of which are links out.
fn part() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("in"),
        Just("out"),
        Just("out-file"),
        Just("up"),
        Just(".."),
        Just("."),
        Just("deep"),
        Just("secret"),
        Just("a.txt"),
        Just(""),
        Just("back")
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sec_17_what_one_tool_refuses_as_outside_every_tool_refuses(parts in proptest::collection::vec(part(), 1..6)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let outside = outside();
        let root = &outside.bench.root;
        std::fs::create_dir_all(root.join("in/deep")).unwrap();
        std::fs::write(root.join("in/deep/a.txt"), "inside").unwrap();
        symlink(&outside.folder, root.join("out")).unwrap();
        symlink("../repo-evil/secret", root.join("out-file")).unwrap();
        symlink("..", root.join("in/up")).unwrap();
        symlink("../../repo-evil", root.join("in/back")).unwrap();
        let path = parts.join("/");
        let answers = runtime.block_on(outside.all(&path));
        let leaves = |answer: &Result<String, String>| matches!(answer, Err(words) if words.contains("leaves the workspace"));
        let by_read = leaves(&answers[0].1);
        for (tool, answer) in &answers {
            let git = *tool == "git_diff";
            prop_assert!(git || leaves(answer) == by_read, "{} of {:?}: {:?} but read: {:?}", tool, path, answer, answers[0].1);
        }
        outside.untouched();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sec_18_ten_thousand_writes_while_the_folder_turns_into_a_link_leave_the_outside_alone() {
    let outside = outside();
    let root = outside.bench.root.clone();
    std::fs::create_dir(root.join("real")).unwrap();
    symlink("real", root.join("folder")).unwrap();
    *outside.bench.host.refuses.lock().unwrap() = Some("no".to_owned());
    let over = Arc::new(AtomicBool::new(false));
    let swapper = {
        let (over, root, evil) = (over.clone(), root.clone(), outside.folder.clone());
        std::thread::spawn(move || {
            // What the file tools see as `folder` is by turns a link out, a link to a folder, and a link to what is guarded.
            let links = [evil.clone(), root.join("real"), PathBuf::from("../repo-evil"), PathBuf::from(".git/hooks")];
            let mut swaps = 0_u32;
            while !over.load(Ordering::Relaxed) {
                let link = &links[swaps as usize % links.len()];
                let _ = std::fs::remove_file(root.join("new"));
                symlink(link, root.join("new")).unwrap();
                std::fs::rename(root.join("new"), root.join("folder")).unwrap();
                swaps += 1;
                if swaps.is_multiple_of(3) {
                    std::thread::sleep(std::time::Duration::from_micros(200));
                }
            }
            swaps
        })
    };
    let (mut written, mut refused) = (0, 0);
    for n in 0..10_000 {
        let arguments = json!({"path": format!("folder/f{}", n % 50), "content": format!("{n}")});
        match outside.bench.run("write", arguments).await {
            Ok(_) => written += 1,
            Err(ToolError::RespondToModel(_)) => refused += 1,
            Err(fatal) => panic!("{fatal}"),
        }
    }
    over.store(true, Ordering::Relaxed);
    let swaps = swapper.join().unwrap();
    outside.untouched();
    // What reached the guarded folder was asked for, and the answer was no.
    let hooks = std::fs::read_dir(root.join(".git/hooks")).unwrap().flatten();
    let planted: Vec<_> =
        hooks.map(|entry| entry.file_name()).filter(|name| name.to_string_lossy().starts_with('f')).collect();
    assert!(planted.iter().all(|name| name.to_string_lossy().contains('-')), "{planted:?}");
    let asked = outside.bench.host.approvals.lock().unwrap().iter().filter(|asked| asked.why.contains(".git")).count();
    assert!(asked > 100, "{asked} asked");
    assert!(written > 20 && refused > 100 && swaps > 1_000, "written {written}, refused {refused}, swaps {swaps}");
}

#[tokio::test]
async fn sec_18_a_folder_that_becomes_a_link_to_a_guarded_one_while_a_person_is_asked_is_not_written_through() {
    let outside = outside();
    let root = outside.bench.root.clone();
    std::fs::create_dir(root.join("src")).unwrap();
    let bench = &outside.bench;
    // Approval mode `ask`: the question is the moment in which the folder is swapped.
    bench.session.set_mode(tools::ApprovalMode::Ask);
    *bench.host.meanwhile.lock().unwrap() = Some(Box::new(move || {
        std::fs::remove_dir(root.join("src")).unwrap();
        symlink(".git/hooks", root.join("src")).unwrap();
    }));
    let words = bench.error("write", json!({"path": "src/pre-commit", "content": "#!/bin/sh\n"})).await;
    assert!(!bench.root.join(".git/hooks/pre-commit").exists(), "{words}");
    assert_eq!(bench.host.approvals.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn sec_19_a_hard_link_to_a_file_outside_is_cut_by_a_change_and_the_outside_stays() {
    let outside = outside();
    let root = &outside.bench.root;
    for name in ["edited", "written"] {
        std::fs::hard_link(outside.folder.join("secret"), root.join(name)).unwrap();
    }
    outside.bench.text("edit", json!({"path": "edited", "edits": [{"old": CANARY, "new": "mine"}]})).await;
    outside.bench.text("read", json!({"files": [{"path": "written"}]})).await;
    outside.bench.text("write", json!({"path": "written", "content": "mine"})).await;
    for name in ["edited", "written"] {
        assert_eq!(outside.bench.content(name), "mine");
        assert_eq!(root.join(name).metadata().unwrap().nlink(), 1, "{name}");
    }
    outside.untouched();
}

#[tokio::test]
async fn sec_22_a_call_cannot_say_where_it_runs() {
    let outside = outside();
    for (tool, arguments) in [
        ("bash", json!({"command": "pwd"})),
        ("read", json!({"files": [{"path": "a"}]})),
        ("write", json!({"path": "a", "content": ""})),
        ("grep", json!({"pattern": "a"})),
    ] {
        for field in ["cwd", "workdir", "root", "directory", "writable_roots"] {
            let mut arguments = arguments.clone();
            arguments[field] = json!("/");
            let words = outside.bench.error(tool, arguments).await;
            assert!(words.contains(field), "{tool} {field}: {words}");
        }
    }
    symlink(&outside.folder, outside.bench.root.join("out")).unwrap();
    // Asked for, and then run where it was: in the workspace.
    let shown = outside.bench.text("bash", json!({"command": "pwd"})).await;
    assert!(shown.starts_with(&format!("{}\n", outside.bench.root.display())), "{shown}");
    outside.untouched();
}

#[tokio::test]
async fn sec_23_a_change_that_names_a_place_outside_is_refused_whole_and_opens_nothing() {
    let outside = outside();
    let bench = &outside.bench;
    let file = bench.file("a.txt", "one\ntwo\n");
    let absolute = outside.folder.join("planted").display().to_string();
    for path in ["../../etc/x", "../repo-evil/planted", &absolute, "/tmp/a"] {
        let edits = json!([{"old": "one", "new": "1"}]);
        bench.error("edit", json!({"path": path, "edits": edits})).await;
        bench.error("write", json!({"path": path, "content": "x"})).await;
        // A diff in the text of a file is text.
        let patch = format!("--- a/{path}\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n");
        let output = bench.run("write", json!({"path": format!("p{}.diff", path.len()), "content": patch})).await;
        assert!(output.is_ok());
        // The refusal opened nothing: the same path is refused again.
        bench.error("write", json!({"path": path, "content": "x"})).await;
    }
    // One edit of several that does not fit: nothing of the others is written.
    let edits = json!([{"old": "one", "new": "1"}, {"old": "three", "new": "3"}]);
    bench.error("edit", json!({"path": "a.txt", "edits": edits})).await;
    assert_eq!(std::fs::read_to_string(file).unwrap(), "one\ntwo\n");
    outside.untouched();
}

#[test]
fn sec_16_the_file_tools_open_files_in_one_place_and_compare_no_paths_as_text() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/filesystem");
    let mut looked_at = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.ends_with(".rs") || name.ends_with("_tests.rs") {
            continue;
        }
        looked_at += 1;
        let source = std::fs::read_to_string(&path).unwrap();
        let code = source.split("#[cfg(test)]").next().unwrap();
        for word in ["std::fs::", "File::open", "File::create", "tokio::fs", "OpenOptions"] {
            let allowed = name == "grep.rs"
                && code.matches(word).count() == code.matches("std::fs::Metadata::").count()
                || code.matches(word).count() == code.matches(&format!("use {word}")).count();
            assert!(allowed, "{name} uses {word}: files are opened by `Base` only");
        }
        // `Path::starts_with` and `strip_prefix` compare whole names; texts do not.
        for word in ["to_string_lossy().starts_with", "display().to_string().starts_with", "as_str().starts_with(root"]
        {
            assert!(!code.contains(word), "{name} compares a path as text: {word}");
        }
    }
    assert!(looked_at > 12, "{looked_at}");
}
