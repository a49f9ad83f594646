//! Git, asked in a hostile repository: nothing that its configuration names is started, nothing elsewhere is shown, and no name is
//! taken for an option.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tools::snapshot::Snapshots;

use crate::support::Bench;

fn git(folder: &Path, arguments: &[&str]) -> String {
    let named =
        ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"];
    let quiet = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "advice.addEmbeddedRepo=false"];
    let done = Command::new("git")
        .args([&named[..], &quiet, arguments].concat())
        .current_dir(folder)
        .env_remove("GIT_DIR")
        .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")])
        .output()
        .unwrap();
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}

/// A repository in which every program that its configuration can name leaves a mark, with another one inside.
struct Hostile {
    bench: Bench,
    evil: PathBuf,
    mark: PathBuf,
}

/// Settings that name a program.
const PROGRAMS: [&str; 24] = [
    "core.fsmonitor",
    "core.pager",
    "core.editor",
    "core.sshCommand",
    "core.askPass",
    "core.gitProxy",
    "core.alternateRefsCommand",
    "diff.external",
    "diff.x.command",
    "diff.x.textconv",
    "merge.x.driver",
    "filter.x.clean",
    "filter.x.smudge",
    "filter.second one.process",
    "pager.diff",
    "pager.status",
    "gpg.program",
    "credential.helper",
    "alias.status",
    "alias.diff",
    "alias.commit",
    "interactive.diffFilter",
    "sequence.editor",
    "uploadpack.packObjectsHook",
];

impl Hostile {
    fn new() -> Self {
        let bench = Bench::new();
        let mark = bench.outside.join("mark");
        let evil = bench.outside.join("evil.sh");
        std::fs::write(&evil, format!("#!/bin/sh\necho \"$0 $@\" >> {}\ncat\n", mark.display())).unwrap();
        std::fs::set_permissions(&evil, std::fs::Permissions::from_mode(0o755)).unwrap();
        git(&bench.root, &["init", "-q"]);
        bench.file("a.txt", "one\n");
        bench.file("deep/b.txt", "one\n");
        git(&bench.root, &["add", "."]);
        git(&bench.root, &["commit", "-q", "-m", "first"]);
        bench.file("part/p.txt", "one\n");
        git(&bench.root.join("part"), &["init", "-q"]);
        git(&bench.root.join("part"), &["add", "."]);
        git(&bench.root.join("part"), &["commit", "-q", "-m", "part"]);
        git(&bench.root, &["add", "part"]);
        git(&bench.root, &["commit", "-q", "-m", "second"]);
        let hostile = Self { bench, evil, mark };
        hostile.arm(".", "x");
        // With names of its own: what is switched off in the one must not be all that saves the other.
        hostile.arm("part", "inner");
        hostile
    }

    fn root(&self) -> &Path {
        &self.bench.root
    }

    fn arm(&self, folder: &str, name: &str) {
        let at = self.root().join(folder);
        let program = self.evil.display().to_string();
        for setting in PROGRAMS {
            git(&at, &["config", &setting.replace(".x.", &format!(".{name}.")), &program]);
        }
        for (setting, value) in [
            (format!("filter.{name}.required"), "true"),
            ("commit.gpgSign".to_owned(), "true"),
            ("log.showSignature".to_owned(), "true"),
            ("diff.submodule".to_owned(), "diff"),
            ("status.submoduleSummary".to_owned(), "true"),
            ("submodule.recurse".to_owned(), "true"),
            ("core.hooksPath".to_owned(), self.hooks()),
            ("gc.auto".to_owned(), "1"),
        ]
        .iter()
        .map(|(setting, value)| (setting.clone(), value.to_owned().to_string()))
        {
            git(&at, &["config", &setting, &value]);
        }
        // More of the same from a file that the configuration takes in.
        let more = format!("[filter \"included-{name}\"]\n\tclean = {program}\n\tprocess = {program}\n");
        std::fs::write(at.join("more.config"), more).unwrap();
        git(&at, &["config", "include.path", "../more.config"]);
        let attributes = format!(
            "* filter={name} diff={name} merge={name}\ndeep/* filter=included-{name}\n*.md filter=second\\ one\n"
        );
        std::fs::write(at.join(".gitattributes"), attributes).unwrap();
        let file = if folder == "." { "a.txt" } else { "p.txt" };
        std::fs::write(at.join(file), "TWO\n").unwrap();
    }

    /// A folder of hooks, each of which leaves a mark.
    fn hooks(&self) -> &'static str {
        let folder = self.bench.outside.join("hooks");
        if !folder.exists() {
            std::fs::create_dir(&folder).unwrap();
            for hook in [
                "pre-commit",
                "commit-msg",
                "post-commit",
                "prepare-commit-msg",
                "post-index-change",
                "reference-transaction",
                "pre-auto-gc",
                "post-checkout",
            ] {
                std::fs::copy(&self.evil, folder.join(hook)).unwrap();
            }
        }
        Box::leak(folder.display().to_string().into_boxed_str())
    }

    #[track_caller]
    fn nothing_was_started(&self, by: &str) {
        let started = std::fs::read_to_string(&self.mark).unwrap_or_default();
        assert!(started.is_empty(), "{by} started {started}");
    }
}

#[tokio::test]
async fn sec_25_the_git_tools_start_nothing_that_a_repository_names() {
    let hostile = Hostile::new();
    hostile.nothing_was_started("the set-up");
    hostile.bench.file("new.md", "new\n");
    std::fs::write(hostile.root().join("deep/b.txt"), "TWO\n").unwrap();
    let diff = hostile.bench.text("git_diff", json!({})).await;
    hostile.nothing_was_started("git_diff");
    assert!(diff.contains("+TWO") && diff.contains("+new"), "{diff}");
    for arguments in [json!({"staged": true}), json!({"stat": true}), json!({"paths": ["part", "a.txt"]})] {
        hostile.bench.text("git_diff", arguments.clone()).await;
        hostile.nothing_was_started(&format!("git_diff {arguments}"));
    }
    let status = hostile.bench.text("git_status", json!({})).await;
    hostile.nothing_was_started("git_status");
    assert!(status.contains(" M a.txt") && status.contains("?? new.md"), "{status}");
    // The same configuration starts them where nothing is switched off.
    let status = Command::new("git").args(["status", "--short"]).current_dir(hostile.root()).output().unwrap();
    assert!(status.status.success() && hostile.mark.exists());
}

#[tokio::test]
async fn sec_25_snapshots_start_nothing_either_also_when_a_repository_inside_changed_since() {
    let hostile = Hostile::new();
    let snapshots = Snapshots::new(&hostile.bench.outside.join("state"), hostile.root());
    let before = snapshots.take().await.unwrap();
    hostile.nothing_was_started("the first snapshot");
    let part = hostile.root().join("part");
    std::fs::write(part.join("p.txt"), "three\n").unwrap();
    std::fs::write(hostile.root().join("a.txt"), "three\n").unwrap();
    let after = snapshots.take().await.unwrap();
    hostile.nothing_was_started("the second snapshot");
    let changes = snapshots.changes(&before, &after).await.unwrap();
    assert_eq!(changes.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(), ["a.txt"]);
    // Where its commit moved, that is a change; where it is gone, so is it.
    git(
        &part,
        &[
            "-c",
            "filter.inner.clean=",
            "-c",
            "filter.inner.required=false",
            "-c",
            "commit.gpgSign=false",
            "commit",
            "-q",
            "-a",
            "-m",
            "more",
        ],
    );
    let _ = std::fs::remove_file(&hostile.mark);
    let moved = snapshots.take().await.unwrap();
    let changes = snapshots.changes(&after, &moved).await.unwrap();
    assert_eq!(changes.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(), ["part"]);
    snapshots.diff(&after, &moved).await.unwrap();
    std::fs::remove_dir_all(part).unwrap();
    let gone = snapshots.take().await.unwrap();
    assert_eq!(snapshots.changes(&moved, &gone).await.unwrap()[0].path, "part");
    hostile.nothing_was_started("a snapshot of what moved and went");
}

#[tokio::test]
async fn sec_25_a_commit_starts_nothing_and_refuses_a_file_that_a_filter_of_the_repository_would_change() {
    let hostile = Hostile::new();
    git(hostile.root(), &["config", "user.name", "a"]);
    git(hostile.root(), &["config", "user.email", "a@b"]);
    let environment = [
        ("PATH".to_owned(), std::env::var("PATH").unwrap()),
        ("HOME".to_owned(), hostile.bench.outside.join("home").display().to_string()),
    ];
    let commit = async |paths: &[&str]| {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let commit = tools::Commit { paths: &paths, message: "made" };
        tools::commit(hostile.root(), &environment, commit, &hostile.bench.cancel).await
    };
    let refused = commit(&["a.txt"]).await.unwrap_err();
    assert!(refused.contains("a.txt goes through the filter `x`"), "{refused}");
    hostile.nothing_was_started("a commit that is refused");
    std::fs::write(hostile.root().join(".gitattributes"), "* diff=x merge=x\n").unwrap();
    std::fs::remove_file(hostile.root().join("deep/b.txt")).unwrap();
    commit(&["a.txt", "deep/b.txt", ".gitattributes", "part"]).await.unwrap();
    hostile.nothing_was_started("a commit");
    let names =
        git(hostile.root(), &["show", "--no-ext-diff", "--name-status", "--no-show-signature", "--format=%s", "HEAD"]);
    assert!(names.contains("made") && names.contains("M\ta.txt") && names.contains("D\tdeep/b.txt"), "{names}");
}

#[tokio::test]
async fn sec_25_objects_that_are_missing_are_not_fetched() {
    let hostile = Hostile::new();
    let root = hostile.root();
    std::fs::remove_file(root.join(".gitattributes")).unwrap();
    let blob = git(root, &["rev-parse", "HEAD:a.txt"]);
    let (folder, name) = blob.trim().split_at(2);
    std::fs::remove_file(root.join(".git/objects").join(folder).join(name)).unwrap();
    for url in ["/nowhere/else", "ssh://host.invalid/x", "ext::sh -c true"] {
        for (setting, value) in [
            ("remote.far.url", url),
            ("remote.far.promisor", "true"),
            ("remote.far.uploadpack", hostile.evil.to_str().unwrap()),
            ("protocol.ext.allow", "always"),
            ("protocol.allow", "always"),
            ("extensions.partialClone", "far"),
            ("core.repositoryFormatVersion", "1"),
        ] {
            git(root, &["config", setting, value]);
        }
        let _ = std::fs::remove_file(&hostile.mark);
        let words = hostile.bench.error("git_diff", json!({})).await;
        hostile.nothing_was_started(&format!("git_diff with a far side at {url}"));
        assert!(words.contains("git failed"), "{words}");
        let snapshots = Snapshots::new(&hostile.bench.outside.join("state"), root);
        snapshots.take().await.unwrap();
        hostile.nothing_was_started("a snapshot");
    }
}

#[tokio::test]
async fn sec_25_a_repository_that_says_its_files_lie_elsewhere_shows_nothing_from_there() {
    let hostile = Hostile::new();
    let elsewhere = hostile.bench.outside.join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::write(elsewhere.join("a.txt"), "canary\n").unwrap();
    git(hostile.root(), &["config", "core.worktree", elsewhere.to_str().unwrap()]);
    let diff = hostile.bench.text("git_diff", json!({})).await;
    assert!(!diff.contains("canary") && diff.contains("+TWO"), "{diff}");
    hostile.nothing_was_started("git_diff");
}

#[tokio::test]
async fn sec_25_a_folder_that_looks_like_a_bare_repository_is_none() {
    let mut hostile = Hostile::new();
    let bare = hostile.root().join("bare");
    std::fs::create_dir(&bare).unwrap();
    for part in ["objects", "refs"] {
        std::fs::create_dir(bare.join(part)).unwrap();
    }
    std::fs::write(bare.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    let config = format!(
        "[core]\n\tbare = false\n\tworktree = ..\n\tfsmonitor = {}\n\trepositoryformatversion = 0\n",
        hostile.evil.display()
    );
    std::fs::write(bare.join("config"), config).unwrap();
    hostile.bench.root = bare;
    for tool in ["git_diff", "git_status"] {
        let _ = hostile.bench.run(tool, json!({})).await;
        hostile.nothing_was_started(tool);
    }
}

#[tokio::test]
async fn sec_25_a_filter_that_cannot_be_switched_off_ends_the_tool_and_not_more() {
    let hostile = Hostile::new();
    git(hostile.root(), &["config", "filter.a=b.clean", hostile.evil.to_str().unwrap()]);
    for tool in ["git_diff", "git_status"] {
        let words = hostile.bench.error(tool, json!({})).await;
        assert!(words.contains("filter.a=b.clean"), "{words}");
    }
    hostile.nothing_was_started("git");
}

#[tokio::test]
async fn a_filter_of_the_users_own_is_run_as_git_would() {
    let bench = Bench::new();
    git(&bench.root, &["init", "-q"]);
    bench.file(".gitattributes", "*.txt filter=mine\n");
    bench.file("a.txt", "quiet\n");
    git(&bench.root, &["add", "."]);
    git(&bench.root, &["commit", "-q", "-m", "first"]);
    std::fs::write(bench.outside.join("home/.gitconfig"), "[filter \"mine\"]\n\tclean = tr A-Z a-z\n").unwrap();
    bench.file("a.txt", "QUIET\n");
    assert_eq!(bench.text("git_diff", json!({})).await, "no changes");
}

#[tokio::test]
async fn sec_24_no_value_that_a_model_gives_is_an_option_of_git() {
    let bench = Bench::new();
    git(&bench.root, &["init", "-q"]);
    bench.file("a.txt", "one\n");
    git(&bench.root, &["add", "."]);
    git(&bench.root, &["commit", "-q", "-m", "first"]);
    bench.file("a.txt", "two\n");
    for value in [
        "--output=x",
        "--ext-diff",
        "--upload-pack=touch x",
        "-c",
        "-h",
        "--no-index",
        ":(glob)**",
        ":!a.txt",
        "--",
        "HEAD",
        "-O",
    ] {
        let text = bench.text("git_diff", json!({"paths": [value]})).await;
        assert_eq!(text, "no changes", "{value}");
        bench.error("git_diff", json!({"paths": ["a.txt"], "ref": value})).await;
        bench.error("git_status", json!({"arguments": value})).await;
    }
    // A branch that is called like an option.
    std::fs::write(bench.root.join(".git/HEAD"), "ref: refs/heads/--output=x\n").unwrap();
    bench.text("git_status", json!({})).await;
    bench.text("git_diff", json!({})).await;
    assert!(!bench.root.join("x").exists());
}
