//! The agent cannot write what configures the agent, nor what makes other programs run something, without a person who says yes
//! to exactly that.

use std::os::unix::fs::symlink;

use serde_json::json;
use tools::ApprovalMode;

use crate::support::Bench;

/// Files of these kinds, some of them in a folder below.
const FILES: [&str; 22] = [
    ".agent/team.yaml",
    ".agent/policy.yaml",
    ".agent/deep/down.yaml",
    ".git/config",
    ".git/hooks/pre-commit",
    ".gitmodules",
    ".gitattributes",
    ".vscode/tasks.json",
    ".idea/workspace.xml",
    ".husky/pre-commit",
    ".cargo/config.toml",
    ".mcp.json",
    ".envrc",
    ".npmrc",
    ".bashrc",
    ".zshenv",
    ".claude/settings.json",
    ".devcontainer/devcontainer.json",
    "vendored/.git/hooks/post-checkout",
    "vendored/.agent/policy.yaml",
    "vendored/.cargo/config.toml",
    "sub/.envrc",
];

/// Answers every question with no, as a run without a person does.
fn refusing() -> Bench {
    let bench = Bench::new();
    *bench.host.refuses.lock().unwrap() = Some("nobody is here to say yes".to_owned());
    bench
}

/// Why questions were asked, and what they would have allowed.
fn asked(bench: &Bench) -> Vec<(String, String)> {
    bench.host.approvals.lock().unwrap().drain(..).map(|asked| (asked.why, asked.what)).collect()
}

#[tokio::test]
async fn sec_32_guarded_files_are_asked_for_by_edit_and_write_whether_they_are_there_or_not() {
    for there in [false, true] {
        let bench = refusing();
        for path in FILES {
            if there {
                bench.file(path, "old\n");
                bench.text("read", json!({"files": [{"path": path}]})).await;
                bench.error("edit", json!({"path": path, "edits": [{"old": "old", "new": "new"}]})).await;
            }
            let words = bench.error("write", json!({"path": path, "content": "new\n"})).await;
            assert!(
                words.contains("nobody is here to say yes") && words.contains("Nothing was done"),
                "{path}: {words}"
            );
            let asked = asked(&bench);
            assert_eq!(asked.len(), 1 + usize::from(there), "{path}");
            for (why, what) in asked {
                assert!(why.starts_with("protected: "), "{path}: {why}");
                assert!(what.contains("+new") && what.contains(path), "the whole change is shown: {what}");
            }
            match there {
                true => assert_eq!(bench.content(path), "old\n", "{path}"),
                false => assert!(!bench.root.join(path).exists(), "{path}"),
            }
        }
        if !there {
            // Not even a folder of it.
            assert_eq!(std::fs::read_dir(&bench.root).unwrap().count(), 0);
        }
    }
}

#[tokio::test]
async fn sec_32_a_guarded_file_is_asked_for_under_every_name_that_leads_to_it() {
    let bench = refusing();
    bench.file(".git/config", "old\n");
    bench.file("conf/team.yaml", "old\n");
    bench.file("meta/hooks/x", "old\n");
    bench.file("part/.git/config", "old\n");
    symlink(".git/config", bench.root.join("innocent.txt")).unwrap();
    symlink(".git", bench.root.join("docs")).unwrap();
    symlink("conf", bench.root.join(".agent")).unwrap();
    bench.file("sub/x", "");
    symlink("../docs", bench.root.join("sub/docs")).unwrap();
    let paths = [
        "innocent.txt",
        "docs/config",
        "docs/hooks/pre-commit",
        "sub/docs/config",
        ".agent/team.yaml",
        "conf/team.yaml",
        "conf/policy.yaml",
        "src/../.git/config",
        "./part/.git/config",
    ];
    for path in paths {
        if bench.root.join(path).exists() {
            bench.text("read", json!({"files": [{"path": path}]})).await;
        }
        bench.error("write", json!({"path": path, "content": "new\n"})).await;
        let asked = asked(&bench);
        assert!(asked.len() == 1 && asked[0].0.starts_with("protected: "), "{path}: {asked:?}");
    }
    // A repository whose folder lies beside it under another name.
    std::fs::remove_dir_all(bench.root.join(".git")).unwrap();
    bench.file(".git", "gitdir: meta\n");
    bench.text("read", json!({"files": [{"path": "meta/hooks/x"}]})).await;
    bench.error("write", json!({"path": "meta/hooks/x", "content": "new\n"})).await;
    assert!(asked(&bench)[0].0.starts_with("protected: .git "));
    assert_eq!(bench.content("meta/hooks/x"), "old\n");
    assert_eq!(bench.content("conf/team.yaml"), "old\n");
}

#[tokio::test]
async fn sec_21_another_case_or_letters_that_nobody_sees_make_no_other_file() {
    let bench = refusing();
    for path in [
        ".Agent/team.yaml",
        ".GIT/hooks/pre-commit",
        ".git./config",
        ".g\u{200c}it/config",
        ".huſky/x",
        ".VSCode/tasks.json",
        "GIT~1/config",
    ] {
        bench.error("write", json!({"path": path, "content": "new\n"})).await;
        let asked = asked(&bench);
        assert!(asked.len() == 1 && asked[0].0.starts_with("protected: "), "{path}: {asked:?}");
    }
    assert_eq!(std::fs::read_dir(&bench.root).unwrap().count(), 0);
}

#[tokio::test]
async fn sec_33_what_configures_the_agent_has_a_warning_of_its_own_and_no_mode_goes_without_it() {
    for mode in [ApprovalMode::Auto, ApprovalMode::Ask] {
        let bench = Bench::with_mode(mode);
        *bench.host.refuses.lock().unwrap() = Some("no".to_owned());
        for path in [".agent/policy.yaml", ".agent/team.yaml"] {
            let words = bench.error("write", json!({"path": path, "content": "permissions: [{allow: '*'}]\n"})).await;
            assert!(words.contains("configures this agent itself"), "{words}");
        }
        assert!(asked(&bench).iter().all(|(why, _)| why.contains("configures this agent itself")));
        assert!(!bench.root.join(".agent").exists());
    }
    let bench = Bench::with_mode(ApprovalMode::Deny);
    let words = bench.error("write", json!({"path": ".agent/policy.yaml", "content": "x"})).await;
    assert!(words.contains("this session only reads") && asked(&bench).is_empty(), "{words}");
}

#[tokio::test]
async fn sec_33_a_yes_to_one_change_is_none_to_the_next() {
    let bench = Bench::new();
    bench.text("write", json!({"path": ".agent/team.yaml", "content": "version: 1\n"})).await;
    bench.text("write", json!({"path": ".agent/team.yaml", "content": "version: 1\nverify: []\n"})).await;
    assert_eq!(asked(&bench).len(), 2);
}
