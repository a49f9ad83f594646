//! Ways out of a sandbox, tried one after the other.

use std::fs;

use sandbox::{Mode, Network};

use crate::ground::{Ground, open, run};

/// System calls by number that must be refused, as Python sees them. x86_64 and aarch64 share those above 424.
const CALLS: &str = r#"
import ctypes, ctypes.util, errno, platform
libc = ctypes.CDLL(None, use_errno=True)
x86 = platform.machine() == "x86_64"
calls = {
    "ptrace": 101 if x86 else 117, "process_vm_readv": 310 if x86 else 270, "keyctl": 250 if x86 else 219,
    "add_key": 248 if x86 else 217, "request_key": 249 if x86 else 218, "bpf": 321 if x86 else 280,
    "perf_event_open": 298 if x86 else 241, "userfaultfd": 323 if x86 else 282, "mount": 165 if x86 else 40,
    "umount2": 166 if x86 else 39, "pivot_root": 155 if x86 else 41, "chroot": 161 if x86 else 51,
    "setns": 308 if x86 else 268, "open_by_handle_at": 304 if x86 else 265, "kexec_load": 246 if x86 else 104,
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "mount_setattr": 442, "pidfd_getfd": 438, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
}
unshare = 272 if x86 else 97
for name, number in calls.items():
    result = libc.syscall(number, 0, 0, 0, 0, 0)
    print(name, "refused" if result == -1 and ctypes.get_errno() == errno.EPERM else ("NOT REFUSED", result, ctypes.get_errno()))
for flag in (0x10000000, 0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x20000000, 0x40000000, 0x80):
    result = libc.syscall(unshare, flag)
    print("unshare", hex(flag), "refused" if result == -1 and ctypes.get_errno() == errno.EPERM else "NOT REFUSED")
print("clone3", "refused" if libc.syscall(435, 0, 0) == -1 and ctypes.get_errno() == errno.ENOSYS else "NOT REFUSED")
clone = 56 if x86 else 220
result = libc.syscall(clone, 0x10000000 | 17, 0, 0, 0, 0)
print("clone", "refused" if result == -1 and ctypes.get_errno() == errno.EPERM else "NOT REFUSED")
if x86:
    for name, number in (("x32 ptrace", 521), ("x32 io_uring_setup", 425), ("x32 mount", 165)):
        result = libc.syscall(0x40000000 | number, 0, 0, 0, 0, 0)
        print(name, "refused" if result == -1 else "NOT REFUSED")
"#;

#[test]
fn sec_65_every_forbidden_system_call_is_refused() {
    let ground = Ground::new();
    ground.put("calls.py", CALLS);
    for mode in [Mode::Workspace, Mode::ReadOnly] {
        let ran = run(&ground.open(mode), "python3 calls.py");
        let refused = ran.output.lines().filter(|line| line.ends_with("refused")).count();
        assert_eq!(refused, ran.output.lines().count(), "{}", ran.output);
        assert!(refused >= 35, "{}", ran.output);
    }
}

#[test]
fn sec_65_tools_that_lead_out_of_sandboxes_fail() {
    let ground = Ground::with_repository();
    let outside = ground.path("outside").display().to_string();
    let host = std::process::id();
    let lines = [
        "unshare -U true".to_owned(),
        "unshare -r -m true".to_owned(),
        "bwrap --unshare-user --ro-bind / / true".to_owned(),
        "mount -o remount,rw /".to_owned(),
        format!("mount -o remount,rw,bind {outside}"),
        format!("mount --bind /tmp {outside}"),
        "umount /run".to_owned(),
        "umount .git".to_owned(),
        "umount -l /proc".to_owned(),
        "echo 1 > /proc/sys/kernel/printk".to_owned(),
        "echo 99999 > /proc/sys/user/max_user_namespaces".to_owned(),
        "echo c > /proc/sysrq-trigger".to_owned(),
        "echo x > /sys/fs/cgroup/cgroup.procs".to_owned(),
        "mkdir /sys/fs/cgroup/unified/x".to_owned(),
        "mkdir /sys/fs/cgroup/pids/x".to_owned(),
        "echo $$ > /sys/fs/cgroup/unified/cgroup.procs".to_owned(),
        format!("cat /proc/{host}/environ"),
        format!("kill -0 {host}"),
        "cat /proc/1/root/etc/../run/tandem/../../proc/self/root/run/docker.sock".to_owned(),
        format!("touch /proc/1/root{outside}/x"),
        format!("touch /proc/self/root{outside}/x"),
        format!("ln {outside}/canary hard && echo x > hard"),
        "mknod dev b 8 0 && cat dev".to_owned(),
        "mknod dev c 1 1 && cat dev".to_owned(),
        "ls /dev/sda /dev/vda /dev/mem /dev/kmsg".to_owned(),
        "chroot / true".to_owned(),
        "nsenter -t 1 -m true".to_owned(),
        "setpriv --reuid 4321 --clear-groups true".to_owned(),
        "su nobody -s /bin/true".to_owned(),
        "modprobe loop".to_owned(),
        "hostname evil".to_owned(),
        "echo x > /dev/tty".to_owned(),
        "script -qc true /dev/tty".to_owned(),
        "python3 -c 'import fcntl; fcntl.ioctl(0, 0x5412, b\"x\")'".to_owned(),
    ];
    let sandbox = ground.open(Mode::Workspace);
    for line in lines {
        let ran = run(&sandbox, &line);
        assert_ne!(ran.code, Some(0), "{line}: {}", ran.output);
        assert_eq!(ran.ended.started, Ok(()), "{line}");
        ground.assert_unharmed();
    }
}

#[test]
fn sec_65_a_program_with_the_right_to_be_another_user_has_no_such_right_inside() {
    let ground = Ground::new();
    fs::copy("/usr/bin/id", ground.ws("id")).unwrap();
    fs::set_permissions(ground.ws("id"), std::os::unix::fs::PermissionsExt::from_mode(0o6755)).unwrap();
    let ran = run(
        &ground.open(Mode::Workspace),
        "./id; cat /proc/self/status | grep -E 'NoNewPrivs|Cap(Eff|Prm|Bnd|Inh|Amb)'",
    );
    assert!(ran.output.contains("NoNewPrivs:\t1"), "{}", ran.output);
    assert_eq!(ran.output.matches("0000000000000000").count(), 5, "{}", ran.output);
}

#[test]
fn sec_65_names_that_are_in_no_folder_lead_nowhere() {
    use std::os::linux::net::SocketAddrExt;
    let name = format!("tandem-test-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind_addr(&address).unwrap();
    let ground = Ground::new();
    let line = format!(
        "python3 -c 'import socket; s=socket.socket(socket.AF_UNIX); s.connect(\"\\0{name}\"); print(\"reached\")'"
    );
    for network in [Network::None, Network::Loopback] {
        let mut profile = ground.profile(Mode::Workspace);
        profile.network = network;
        assert!(!run(&open(profile), &line).output.contains("reached\n"));
    }
}

#[test]
fn sec_39_the_agent_is_not_seen_from_inside() {
    let ground = Ground::new();
    let host = std::process::id();
    let sandbox = ground.open(Mode::Workspace);
    let ran = run(
        &sandbox,
        &format!(
            "cat /proc/{host}/environ /proc/{host}/mem /proc/{host}/cmdline && echo seen; ps aux | wc -l; ls -d /proc/[0-9]* | wc -l; ulimit -c"
        ),
    );
    assert!(!ran.output.contains("seen"), "{}", ran.output);
    let numbers: Vec<u32> = ran.output.lines().filter_map(|line| line.trim().parse().ok()).collect();
    assert!(numbers.len() == 3 && numbers[0] <= 6 && numbers[1] <= 6 && numbers[2] == 0, "{}", ran.output);
}

#[test]
fn sec_39_a_process_that_keeps_itself_private_is_not_read_by_its_own_user() {
    // The super-user reads everything: the test looks at what the kernel was told.
    sandbox::harden::keep_private().unwrap();
    assert_eq!(rustix::process::dumpable_behavior().unwrap(), rustix::process::DumpableBehavior::NotDumpable);
    assert_eq!(rustix::process::getrlimit(rustix::process::Resource::Core).current, Some(0));
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert!(core.contains(" 0 "), "{core}");
}

#[test]
fn credentials_and_our_own_state_are_not_seen() {
    let ground = Ground::new();
    let (home, state) = (ground.path("home").display().to_string(), ground.path("state").display().to_string());
    let sandbox = ground.open(Mode::Workspace);
    let ran = run(
        &sandbox,
        &format!(
            "ls -A {home}/.ssh {state}; cat {home}/.ssh/id {home}/.netrc; echo x > {home}/.ssh/x; cat {home}/.netrc | wc -c"
        ),
    );
    assert!(!ran.output.contains("secret") && !ran.output.contains("points"), "{}", ran.output);
    assert!(ran.output.ends_with("0\n"), "{}", ran.output);
    ground.assert_unharmed();
}

#[test]
fn a_stage_that_is_built_in_the_workspace_is_not_the_one_that_commands_can_write() {
    let ground = Ground::new();
    fs::copy(crate::ground::STAGE, ground.ws("stage")).unwrap();
    let mut profile = ground.profile(Mode::Workspace);
    profile.stage.program = ground.ws("stage");
    let sandbox = open(profile);
    let script = "printf '#!/bin/sh\\necho taken over\\n' > stage.new; chmod +x stage.new; mv -f stage.new stage";
    assert_eq!(run(&sandbox, script).code, Some(0));
    assert_eq!(run(&sandbox, "echo walled").output, "walled\n");
    drop(sandbox);
    let left = fs::read_dir(ground.path("state/sandbox")).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.filter(|name| name.to_string_lossy().starts_with("stage-")).count(), 0);
}
