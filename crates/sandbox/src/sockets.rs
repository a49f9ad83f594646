//! UNIX sockets of this machine. A read-only mount does not keep a command from connecting to one.
#![cfg_attr(target_os = "linux", expect(clippy::disallowed_methods, reason = "reads /proc/net/unix"))]

use std::path::{Path, PathBuf};

/// Sockets that have a path, wherever they lie. The kernel lists those of our own network: what commands make is in networks
/// of their own.
#[cfg(target_os = "linux")]
pub(crate) fn of_this_machine() -> Vec<PathBuf> {
    let Ok(listing) = std::fs::read_to_string("/proc/net/unix") else { return Vec::new() };
    bound(&listing).iter().filter(|path| is_socket(path)).filter_map(|path| std::fs::canonicalize(path).ok()).collect()
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn of_this_machine() -> Vec<PathBuf> {
    Vec::new()
}

#[cfg(target_os = "linux")]
fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket())
}

/// `Num RefCount Protocol Flags Type St Inode Path`, from the second line on; names that are not in the file system begin
/// with `@`. Every command has a `/dev` of its own.
#[cfg(target_os = "linux")]
fn bound(listing: &str) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = listing
        .lines()
        .skip(1)
        .filter_map(|line| line.find(" /").map(|at| PathBuf::from(&line[at + 1..])))
        .filter(|path| !path.starts_with("/dev"))
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn sockets_without_a_path_and_those_in_dev_are_left_out() {
        let listing = "Num       RefCount Protocol Flags    Type St Inode Path\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 1 /dev/log\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 2 @/tmp/abstract\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 3\n\
            0000000000000000: 00000002 00000000 00010000 0001 01 4 /home/u/a b.sock\n\
            0000000000000000: 00000003 00000000 00000000 0001 03 5 /home/u/a b.sock\n";
        assert_eq!(bound(listing), [Path::new("/home/u/a b.sock")]);
    }
}
