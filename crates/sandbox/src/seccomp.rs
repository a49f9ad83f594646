//! System calls that no command needs and that have been ways out.

use std::collections::BTreeMap;

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, sock_filter,
};

/// Which sockets there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sockets {
    /// UNIX sockets that connect to nothing: pairs.
    Pairs,
    /// UNIX sockets, TCP and UDP.
    Local,
}

/// One number higher than the last: `open_tree_attr`, which the table of numbers may lack. The same on all architectures.
const OPEN_TREE_ATTR: i64 = 467;

/// Refused whatever their arguments are.
const REFUSED: &[i64] = &[
    // Work through io_uring passes by every filter of system calls.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // Other processes' memory.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    // Keys of the kernel are not in any namespace.
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    // Large and often broken parts of the kernel.
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    // Mounts and namespaces.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_open_tree,
    libc::SYS_mount_setattr,
    OPEN_TREE_ATTR,
    libc::SYS_setns,
    // Files by number instead of by name.
    libc::SYS_open_by_handle_at,
    // The machine itself.
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_quotactl,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    libc::SYS_fanotify_init,
];

#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[i64] = &[libc::SYS_kexec_file_load, libc::SYS_iopl, libc::SYS_ioperm];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[i64] = &[];

/// The second set of numbers on x86_64 (x32) begins here. Nothing uses it, and filters by number would miss it.
const OTHER_SET: u32 = 0x4000_0000;

/// Namespaces that `clone` and `unshare` can make: mount, cgroup, uts, ipc, user, pid, net, time.
const NAMESPACES: &[u64] = &[
    libc::CLONE_NEWNS as u64,
    libc::CLONE_NEWCGROUP as u64,
    libc::CLONE_NEWUTS as u64,
    libc::CLONE_NEWIPC as u64,
    libc::CLONE_NEWUSER as u64,
    libc::CLONE_NEWPID as u64,
    libc::CLONE_NEWNET as u64,
];
const NEW_TIME: u64 = 0x80;

/// Bits of a socket's type that are not its kind.
const KIND: u64 = 0xf;

/// The filter. It allows what it does not name. One and not one for each answer: when a filter is set the kernel tries each number
/// once, and every command waits for that.
pub(crate) fn filter(sockets: Sockets) -> Result<BpfProgram, BackendError> {
    let refused = SeccompFilter::new(
        refused(sockets)?,
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM.unsigned_abs()),
        std::env::consts::ARCH.try_into()?,
    )?;
    let mut program = missing();
    program.extend(BpfProgram::try_from(refused)?);
    Ok(program)
}

/// Calls that are as if they were not there. The flags of `clone3` lie in memory, where no filter sees them: its callers fall
/// back to `clone`, which they would not if it were forbidden. What is another call runs on behind the end: jumps are relative.
fn missing() -> BpfProgram {
    const LOAD_WORD: u16 = 0x20;
    const EQUAL: u16 = 0x15;
    const AT_LEAST: u16 = 0x35;
    const RETURN: u16 = 0x06;
    let step = |code, jt, jf, k| sock_filter { code, jt, jf, k };
    let missing = u32::from(SeccompAction::Errno(libc::ENOSYS.unsigned_abs()));
    // From linux/seccomp.h: the number stands first in what a filter sees.
    let last = if cfg!(target_arch = "x86_64") { OTHER_SET } else { u32::MAX };
    vec![step(LOAD_WORD, 0, 0, 0), step(EQUAL, 1, 0, CLONE3), step(AT_LEAST, 0, 1, last), step(RETURN, 0, 0, missing)]
}

/// The same number on all architectures.
const CLONE3: u32 = 435;

fn refused(sockets: Sockets) -> Result<BTreeMap<i64, Vec<SeccompRule>>, BackendError> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        REFUSED.iter().chain(REFUSED_HERE).map(|number| (*number, Vec::new())).collect();
    let any_namespace = || -> Result<Vec<SeccompRule>, BackendError> {
        NAMESPACES.iter().map(|bit| rule(vec![bits(0, *bit, *bit)?])).collect()
    };
    rules.insert(libc::SYS_clone, any_namespace()?);
    let mut unshare = any_namespace()?;
    // In `clone` this bit is part of the signal.
    unshare.push(rule(vec![bits(0, NEW_TIME, NEW_TIME)?])?);
    rules.insert(libc::SYS_unshare, unshare);
    let typed_into_terminals = [libc::TIOCSTI, libc::TIOCLINUX];
    let ioctl = typed_into_terminals.iter().map(|call| rule(vec![is(1, SeccompCmpOp::Eq, *call)?]));
    rules.insert(libc::SYS_ioctl, ioctl.collect::<Result<_, _>>()?);
    match sockets {
        Sockets::Pairs => {
            rules.insert(libc::SYS_socket, vec![rule(vec![is(0, SeccompCmpOp::Ne, libc::AF_UNIX as u64)?])?]);
            rules.insert(libc::SYS_connect, Vec::new());
        }
        Sockets::Local => {
            rules.insert(libc::SYS_socket, local_sockets()?);
        }
    }
    rules.insert(libc::SYS_socketpair, vec![rule(vec![is(0, SeccompCmpOp::Ne, libc::AF_UNIX as u64)?])?]);
    Ok(rules)
}

/// Everything but UNIX sockets, and TCP and UDP over IP: no netlink, no vsock (which is in no namespace), no raw packets.
fn local_sockets() -> Result<Vec<SeccompRule>, BackendError> {
    let (unix, v4, v6) = (libc::AF_UNIX as u64, libc::AF_INET as u64, libc::AF_INET6 as u64);
    let other_family =
        rule(vec![is(0, SeccompCmpOp::Ne, unix)?, is(0, SeccompCmpOp::Ne, v4)?, is(0, SeccompCmpOp::Ne, v6)?])?;
    let mut rules = vec![other_family];
    for family in [v4, v6] {
        let of_family = || is(0, SeccompCmpOp::Eq, family);
        // Kinds above datagram: raw, and what nobody uses.
        for kind in [0, 3, 4, 5, 6, 10] {
            rules.push(rule(vec![of_family()?, bits(1, KIND, kind)?])?);
        }
        let usual = [libc::IPPROTO_IP, libc::IPPROTO_TCP, libc::IPPROTO_UDP];
        let mut other_protocol = vec![of_family()?];
        for protocol in usual {
            other_protocol.push(is(2, SeccompCmpOp::Ne, protocol.unsigned_abs().into())?);
        }
        rules.push(rule(other_protocol)?);
    }
    Ok(rules)
}

fn rule(conditions: Vec<SeccompCondition>) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(conditions)
}

fn is(argument: u8, how: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, how, value)
}

fn bits(argument: u8, mask: u64, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask), value)
}
