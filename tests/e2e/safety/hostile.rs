//! The program is started in a repository whose configuration names a program wherever git would start one.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::support::{Desk, Sim};

struct Hostile {
    desk: Desk,
    mark: PathBuf,
}

fn hostile() -> Hostile {
    let desk = Desk::new();
    let mark = desk.base().join("mark");
    let evil = desk.aside("evil.sh", &format!("#!/bin/sh\necho \"$0 $@\" >> {}\ncat\n", mark.display()));
    std::fs::set_permissions(&evil, std::fs::Permissions::from_mode(0o755)).unwrap();
    let hooks = desk.base().join("hooks");
    std::fs::create_dir(&hooks).unwrap();
    for hook in
        ["pre-commit", "post-commit", "post-index-change", "reference-transaction", "commit-msg", "post-checkout"]
    {
        std::fs::copy(&evil, hooks.join(hook)).unwrap();
    }
    desk.git(&["init", "--quiet", "-b", "work", "part"]);
    desk.file("part/p.rs", "1\n");
    desk.git(&["-C", "part", "add", "."]);
    let named = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
    desk.git(&[&["-C", "part"], &named[..], &["commit", "--quiet", "-m", "part"]].concat());
    desk.git(&["-c", "advice.addEmbeddedRepo=false", "add", "part"]);
    desk.git(&[&named[..], &["commit", "--quiet", "-m", "more"]].concat());
    let hooks = hooks.display().to_string();
    for (folder, name) in [(".", "x"), ("part", "inner")] {
        // As long as before, so that git has to read them.
        let file = if folder == "." { "README.md" } else { "part/p.rs" };
        desk.file(file, desk.read(file).to_uppercase().replace('1', "2"));
        desk.file(&format!("{folder}/.gitattributes"), format!("* filter={name} diff={name}\n"));
        desk.file(&format!("{folder}/more.config"), format!("[filter \"{name}\"]\n\tprocess = {evil}\n"));
        for (setting, value) in [
            (format!("filter.{name}.clean"), evil.as_str()),
            (format!("filter.{name}.smudge"), &evil),
            (format!("filter.{name}.required"), "true"),
            (format!("diff.{name}.textconv"), &evil),
            (format!("diff.{name}.command"), &evil),
            ("diff.external".to_owned(), &evil),
            ("diff.submodule".to_owned(), "diff"),
            ("core.pager".to_owned(), &evil),
            ("core.sshCommand".to_owned(), &evil),
            ("core.editor".to_owned(), &evil),
            ("gpg.program".to_owned(), &evil),
            ("log.showSignature".to_owned(), "true"),
            ("commit.gpgSign".to_owned(), "true"),
            ("alias.status".to_owned(), &evil),
            ("alias.log".to_owned(), &evil),
            ("status.submoduleSummary".to_owned(), "true"),
            ("include.path".to_owned(), "../more.config"),
            ("core.hooksPath".to_owned(), &hooks),
            ("core.fsmonitor".to_owned(), &evil),
        ] {
            desk.git(&[
                "-C",
                folder,
                "-c",
                "core.fsmonitor=false",
                "-c",
                "core.hooksPath=/dev/null",
                "config",
                &setting,
                value,
            ]);
        }
    }
    Hostile { desk, mark }
}

impl Hostile {
    #[track_caller]
    fn nothing_was_started(&self, by: &str) {
        let started = std::fs::read_to_string(&self.mark).unwrap_or_default();
        assert!(started.is_empty(), "{by} started {started}");
    }
}

#[test]
fn sec_25_no_command_starts_what_a_repository_names() {
    let hostile = hostile();
    hostile.nothing_was_started("the set-up");
    let desk = &hostile.desk;
    let steps = "- calls: [{tool: git_status, args: {}}, {tool: git_diff, args: {}}]
- calls: [{tool: edit, args: {path: src/lib.rs, edits: [{old: \"41\", new: \"42\"}]}}]
- calls: [{tool: git_diff, args: {stat: true}}]
- say: Done.";
    for arguments in [
        &["doctor"][..],
        &["route", "Add a docstring."],
        &["init"],
        &["team", "show"],
        &["policy", "show"],
        &["run", "Look around.", "--team", "solo"],
        &["sessions", "show"],
        &["outcome", "-", "--from-git"],
        &["sessions", "resume", "--task", "Again."],
        &["cost"],
        &["why"],
    ] {
        let sim = Sim::steps(steps);
        desk.ask(&sim, arguments);
        hostile.nothing_was_started(&arguments.join(" "));
        if arguments[0] == "run" {
            let told = sim.told().join("\n");
            assert!(told.contains("# SAMPLE") && told.contains("42"), "the tools worked: {told}");
        }
    }
    // The same configuration starts something where it is not switched off.
    desk.command("git").args(["diff", "HEAD"]).output().unwrap();
    assert!(hostile.mark.exists());
}

#[test]
fn sec_25_a_git_that_lies_in_the_repository_is_not_run_even_where_the_search_path_has_the_current_folder() {
    let desk = Desk::new();
    let mark = desk.base().join("mark");
    for name in ["git", "sh", "bash", "cargo", "rustc", "bwrap", "agent"] {
        for folder in ["", "bin/"] {
            let file = format!("{folder}{name}");
            desk.file(&file, format!("#!/bin/sh\necho {name} >> {}\n", mark.display()));
            std::fs::set_permissions(desk.root.join(&file), std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    let sim =
        Sim::steps("- calls: [{tool: git_status, args: {}}, {tool: bash, args: {command: git status}}]\n- say: Done.");
    let path = format!(".:bin:{}", std::env::var("PATH").unwrap());
    let variables = [&sim.variables()[..], &[("PATH", path.as_str())]].concat();
    for arguments in [&["doctor"][..], &["route", "Add a docstring."], &["run", "Look.", "--team", "solo"]] {
        desk.agent_with(&variables, arguments, "");
        let started = std::fs::read_to_string(&mark).unwrap_or_default();
        assert!(started.is_empty(), "{arguments:?} started {started}");
    }
    assert!(!sim.requests().is_empty());
}
