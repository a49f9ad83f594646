//! Every state of a protected path against every way to change it.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;

use sandbox::Mode;

use crate::ground::{Ground, open, run};

type SetUp = fn(&Ground) -> &'static str;

/// Each makes a workspace and gives the protected file, as a command would name it.
const STATES: &[(&str, SetUp)] = &[
    ("exists", |ground| {
        ground.put(".agent/team.yaml", "ours");
        ".agent/team.yaml"
    }),
    ("absent", |_| ".agent/team.yaml"),
    ("absent-file", |_| ".envrc"),
    ("symlink", |ground| {
        ground.put("conf/team.yaml", "ours");
        symlink("conf", ground.ws(".agent")).unwrap();
        ".agent/team.yaml"
    }),
    ("parent-absent", |_| ".github/workflows/ci.yml"),
    ("parent-symlink", |ground| {
        ground.put("conf/workflows/ci.yml", "ours");
        symlink("conf", ground.ws(".github")).unwrap();
        ".github/workflows/ci.yml"
    }),
    ("case-variant", |ground| {
        ground.put(".Agent/team.yaml", "ours");
        ".Agent/team.yaml"
    }),
    ("worktree", |ground| {
        ground.put("kept/config", "[core]\n");
        ground.put(".git", "gitdir: kept\n");
        "kept/config"
    }),
];

const WAYS: &[(&str, &str)] = &[
    ("write", "mkdir -p \"$(dirname $P)\"; echo evil > $P; echo evil >> $P; cp /etc/hostname $P"),
    ("rename", "echo evil > e; mv -f e $P; mv $P away"),
    ("rename-parent", "T=${P%%/*}; mv $T away; mkdir -p \"$(dirname $P)\"; echo evil > $P; mv \"$PWD\" \"$PWD-2\""),
    ("unlink", "rm -rf $P; rm -rf ${P%%/*}; mkdir -p \"$(dirname $P)\"; echo evil > $P"),
    ("hard-link", "ln $P link && echo evil >> link; echo evil > e; ln -f e $P"),
    ("truncate", "truncate -s 0 $P; truncate -s 9 $P; : > $P"),
    ("chmod", "chmod 777 $P; chmod 700 ${P%%/*}; chmod -R 777 ${P%%/*}"),
    (
        "link-instead",
        "ln -sfn /nowhere ${P%%/*}; ln -sf /etc/hostname $P; mkdir -p elsewhere; ln -sfn elsewhere ${P%%/*}",
    ),
];

/// All that can be seen of a tree: kinds, modes, links and contents.
fn picture(path: &Path) -> String {
    let Ok(found) = fs::symlink_metadata(path) else { return "absent".to_owned() };
    if found.is_symlink() {
        let behind = fs::canonicalize(path).map(|target| picture(&target)).unwrap_or_default();
        return format!("-> {} [{behind}]", fs::read_link(path).unwrap().display());
    }
    if !found.is_dir() {
        return format!("{:o} {} {:?}", found.mode(), found.nlink(), fs::read(path).unwrap());
    }
    let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let parts: Vec<String> = names.iter().map(|name| format!("{}: {}", name.display(), picture(name))).collect();
    format!("{:o} {{{}}}", found.mode(), parts.join(", "))
}

#[test]
fn sbx_02_no_way_changes_a_protected_path_in_any_state() {
    for (state, set_up) in STATES {
        let ground = Ground::new();
        let path = set_up(&ground);
        let top = path.split('/').next().unwrap();
        let places = [ground.ws(top), ground.ws(".git"), ground.ws(".agent"), ground.ws(".Agent")];
        let before: Vec<String> = places.iter().map(|place| picture(place)).collect();
        let sandbox = ground.open(Mode::Workspace);
        for (way, line) in WAYS {
            let ran = run(&sandbox, &format!("P={path}; {line}; true"));
            assert_eq!(ran.ended.started, Ok(()), "{state}, {way}: {}", ran.output);
            let after: Vec<String> = places.iter().map(|place| picture(place)).collect();
            assert_eq!(before, after, "{state}, {way}: {}", ran.output);
        }
        ground.assert_unharmed();
    }
}

#[test]
fn sbx_02_the_same_ways_do_change_what_is_not_protected() {
    for (way, line) in WAYS {
        let ground = Ground::new();
        ground.put("plain/team.yaml", "ours");
        let before = picture(&ground.path("ws"));
        run(&ground.open(Mode::Workspace), &format!("P=plain/team.yaml; {line}"));
        assert_ne!(before, picture(&ground.path("ws")), "{way} changes nothing anywhere: it tests nothing");
    }
}

#[test]
fn sbx_02_a_name_in_another_case_is_taken_away_again() {
    let ground = Ground::with_repository();
    let ran = run(&ground.open(Mode::Workspace), "mkdir .GIT .Agent && echo evil > .Agent/team.yaml && echo made");
    assert_eq!(ran.output, "made\n");
    assert!(!ground.ws(".GIT").exists() && !ground.ws(".Agent").exists());
    assert_eq!(ran.ended.denials.len(), 2, "{:?}", ran.ended);
}

#[test]
fn sec_32_nothing_that_configures_anything_comes_into_being_by_a_command() {
    let ground = Ground::with_repository();
    let sandbox = ground.open(Mode::Workspace);
    let names = permissions::places::MOUNTED.join(" ");
    let line = format!(
        "for n in {names}; do mkdir -p $n/hooks; echo evil > $n; echo evil > $n/config; echo evil > $n/settings.json; \
         ln -sfn /tmp $n; mv $n gone-$n; done; git config core.fsmonitor ./e; git config --global x.y z; \
         echo evil > .git/hooks/pre-commit; git submodule add ./x y; echo x > made"
    );
    let ran = run(&sandbox, &line);
    assert_eq!(ran.ended.started, Ok(()));
    let mut left: Vec<_> = fs::read_dir(ground.path("ws")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".git", "a.txt", "made"], "{}", ran.output);
    assert!(!fs::read_to_string(ground.ws(".git/config")).unwrap().contains("fsmonitor"));
    assert!(!ground.ws(".git/hooks/pre-commit").exists());
    // The user may still make them meanwhile.
    fs::create_dir(ground.ws(".vscode")).unwrap();
    fs::write(ground.ws(".vscode/settings.json"), "{}").unwrap();
    run(&sandbox, "echo evil > .vscode/settings.json; mv .vscode x; mkdir .vscode");
    assert_eq!(fs::read_to_string(ground.ws(".vscode/settings.json")).unwrap(), "{}");
}

#[test]
fn sec_32_writable_folders_besides_the_workspace_keep_what_configures_things_too() {
    let ground = Ground::new();
    fs::create_dir_all(ground.path("second/.git/hooks")).unwrap();
    let mut profile = ground.profile(Mode::Workspace);
    profile.writable.push(ground.path("second"));
    let second = ground.path("second").display().to_string();
    let ran = run(&open(profile), &format!("cd {second}; echo x > fine; echo evil > .git/hooks/pre-commit; mv .git g"));
    assert!(ground.path("second/fine").exists(), "{}", ran.output);
    assert_eq!(fs::read_dir(ground.path("second/.git/hooks")).unwrap().count(), 0);
}
