//! Whether there can be a wall, where there can and where there cannot.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use sandbox::probe::{self, Machine};
use sandbox::{Mode, Sandbox};

use crate::ground::{Ground, STAGE, WALLED, run};

#[test]
fn sbx_07_here_every_step_holds() {
    let ground = Ground::new();
    for mode in [Mode::Workspace, Mode::ReadOnly] {
        let ladder = probe::ladder(&ground.profile(mode), &Machine::default());
        assert!(ladder.holds(), "install bubblewrap 0.8 or newer (apt install bubblewrap)\n{ladder}");
        let names: Vec<&str> = ladder.steps.iter().map(|step| step.name).collect();
        assert_eq!(names, ["system", "bubblewrap", "version", "namespaces", "second wall", "self-test"]);
    }
    ground.assert_unharmed();
    assert_eq!(fs::read_dir(ground.path("ws")).unwrap().count(), 0);
}

#[test]
fn sbx_07_where_no_user_namespaces_can_be_made_it_refuses_and_says_so() {
    let ground = Ground::new();
    let output = Command::new("bwrap")
        .args(["--unshare-user", "--disable-userns", "--dev-bind", "/", "/", "--proc", "/proc", "--", WALLED, "ladder"])
        .args([ground.path("state"), ground.path("ws"), ground.path("tmp")])
        .arg(STAGE)
        .output()
        .expect("install bubblewrap: apt install bubblewrap");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains("namespaces     NO") && said.contains("fix: "), "{said}");
}

#[test]
fn sbx_07_where_there_is_no_landlock_it_refuses_and_says_so() {
    let ground = Ground::new();
    // For this thread and what it starts, the kernel is one without Landlock.
    let error = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                without(&[libc::SYS_landlock_create_ruleset], libc::ENOSYS);
                Sandbox::open(ground.profile(Mode::Workspace)).unwrap_err()
            })
            .join()
            .unwrap()
    });
    let said = error.to_string();
    assert!(said.contains("second wall") && said.contains("Landlock") && said.contains("lsm="), "{said}");
}

#[test]
fn sbx_07_where_seccomp_is_not_there_it_refuses() {
    let ground = Ground::new();
    let error = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                without(&[libc::SYS_seccomp], libc::ENOSYS);
                Sandbox::open(ground.profile(Mode::Workspace)).unwrap_err()
            })
            .join()
            .unwrap()
    });
    assert!(error.to_string().contains("seccomp"), "{error}");
}

fn without(calls: &[i64], error: i32) {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    let rules = calls.iter().map(|call| (*call, Vec::new())).collect();
    let action = SeccompAction::Errno(error.unsigned_abs());
    let arch = std::env::consts::ARCH.try_into().unwrap();
    let filter: BpfProgram = SeccompFilter::new(rules, SeccompAction::Allow, action, arch).unwrap().try_into().unwrap();
    seccompiler::apply_filter(&filter).unwrap();
}

#[test]
fn sec_66_a_missing_bubblewrap_is_refused_with_what_to_install() {
    let ground = Ground::new();
    let machine = Machine { folders: vec![ground.path("outside")] };
    let error = Sandbox::open_on(ground.profile(Mode::Workspace), &machine).unwrap_err();
    assert!(error.to_string().contains("apt install bubblewrap"), "{error}");
    assert!(!error.to_string().contains('\n'), "one line: {error}");
}

#[test]
fn sec_66_a_bubblewrap_that_somebody_else_could_have_put_there_is_not_run() {
    let ground = Ground::new();
    let fake = ground.path("home/bwrap");
    fs::write(&fake, format!("#!/bin/sh\ntouch {}\necho bubblewrap 0.9.0\n", ground.path("outside/PWN").display()))
        .unwrap();
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
    let machine = Machine { folders: vec![ground.path("home")] };
    let error = Sandbox::open_on(ground.profile(Mode::Workspace), &machine).unwrap_err();
    assert!(error.to_string().contains("is not trusted"), "{error}");
    ground.assert_unharmed();
}

#[test]
fn sec_66_neither_the_folder_one_is_in_nor_the_search_path_is_asked_for_bubblewrap() {
    let ground = Ground::new();
    let marker = ground.path("outside/PWN").display().to_string();
    ground.put("bwrap", &format!("#!/bin/sh\ntouch {marker}\nexit 0\n"));
    fs::set_permissions(ground.ws("bwrap"), fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new(WALLED)
        .arg("run")
        .args([ground.path("state"), ground.path("ws"), ground.path("tmp")])
        .args([STAGE, "echo walled"])
        .current_dir(ground.path("ws"))
        .env("PATH", ground.path("ws"))
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "walled\n");
    ground.assert_unharmed();
    assert!(probe::SYSTEM_FOLDERS.iter().all(|folder| PathBuf::from(folder).is_absolute()));
}

#[test]
fn the_self_test_is_remembered_for_the_same_programs_only() {
    let ground = Ground::new();
    drop(ground.open(Mode::Workspace));
    let kept = fs::read_to_string(ground.path("state/sandbox/self-test")).unwrap();
    drop(ground.open(Mode::Workspace));
    assert_eq!(fs::read_to_string(ground.path("state/sandbox/self-test")).unwrap(), kept);
    drop(ground.open(Mode::ReadOnly));
    assert_eq!(fs::read_to_string(ground.path("state/sandbox/self-test")).unwrap().lines().count(), 2);
    // Another stage is tested anew: this one is none.
    let mut profile = ground.profile(Mode::Workspace);
    profile.stage.program = "/bin/false".into();
    assert!(Sandbox::open(profile).is_err());
}

#[test]
fn a_stage_that_sets_no_wall_is_found_out() {
    let ground = Ground::new();
    // It runs what stands behind `--`, as the stage does, and says that it is ready, but sets nothing.
    let stage = ground.path("outside/stage");
    let script = "#!/bin/bash\nr=/dev/null\nwhile [ \"$1\" != -- ]; do [ \"$1\" = --report ] && r=$2; [ \"$1\" = --trial ] && T=1; shift; done\nshift\necho ready >> $r\n[ \"$T\" ] && exit 0\nexec \"$@\"\n";
    fs::write(&stage, script).unwrap();
    fs::set_permissions(&stage, fs::Permissions::from_mode(0o755)).unwrap();
    let mut profile = ground.profile(Mode::Workspace);
    profile.stage.program = stage;
    let error = Sandbox::open(profile).unwrap_err();
    assert!(error.to_string().contains("self-test"), "{error}");
}

#[test]
fn a_workspace_that_is_the_system_is_refused() {
    let ground = Ground::new();
    for root in ["/", "/etc", "/proc/self", "/tmp"] {
        let mut profile = ground.profile(Mode::Workspace);
        profile.root = root.into();
        assert!(Sandbox::open(profile).unwrap_err().to_string().contains("folder of your own"), "{root}");
    }
    assert!(Sandbox::open(ground.profile(Mode::Off)).is_err());
}

#[test]
fn what_the_session_keeps_in_its_temporary_folder_is_there_for_the_next_command() {
    let ground = Ground::new();
    let sandbox = ground.open(Mode::Workspace);
    run(&sandbox, "echo kept > /tmp/a; echo gone > /var/tmp/b; cat /var/tmp/b > /tmp/b; echo kept > $TMPDIR/c");
    assert_eq!(run(&sandbox, "cat /tmp/a /tmp/b /tmp/c; ls -A /var/tmp").output, "kept\ngone\nkept\n");
}
