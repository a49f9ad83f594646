//! From a profile and what is there to the arguments of bubblewrap. Pure.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::mode::Mode;
use crate::profile::{Network, Profile};
use crate::snapshot::Snapshot;

/// Where our things lie inside.
pub(crate) const INSIDE: &str = "/run/tandem";

/// One command and what is ours for it.
#[derive(Clone, Debug)]
pub struct Command<'a> {
    /// The program and its arguments.
    pub line: &'a [OsString],
    /// Where it runs.
    pub folder: &'a Path,
    /// Its whole environment.
    pub environment: &'a [(String, String)],
    /// The program of the stage: the profile's, or a copy of it.
    pub stage: &'a Path,
    /// The file in which the stage reports, as it finds it.
    pub report: &'a Path,
    /// The session's temporary folder.
    pub tmp: &'a Path,
}

/// Something that is mounted at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mount {
    Write(PathBuf),
    Read(PathBuf),
    /// The session's own temporary folder.
    Own(PathBuf),
    /// An empty folder of the sandbox's own that is not written. One by its mode, not by its mount: a read-only mount costs a
    /// fifth of a millisecond each, and who changes the mode writes into something that vanishes with the command.
    Blank,
    /// An empty folder that anybody writes, and that is gone with the command.
    Scratch,
    /// An empty file.
    Null,
}

/// The arguments, with the stage and the command at their end.
#[must_use]
pub fn arguments(profile: &Profile, found: &Snapshot, command: &Command<'_>) -> Vec<OsString> {
    let mut all = Vec::with_capacity(160);
    namespaces(&mut all);
    environment(&mut all, profile, command);
    add(&mut all, &["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]);
    let mounts = mounts(profile, found, command);
    let program = stage_inside(&mounts, command.stage);
    let mounts = ordered(mounts);
    for (place, mount) in &mounts {
        match mount {
            Mount::Write(source) | Mount::Own(source) => {
                add(&mut all, &[OsString::from("--bind"), source.into(), place.into()])
            }
            Mount::Read(source) => add(&mut all, &[OsString::from("--ro-bind"), source.into(), place.into()]),
            Mount::Blank => {
                add(&mut all, &[OsString::from("--perms"), "0555".into(), "--tmpfs".into(), place.into()]);
            }
            Mount::Scratch => {
                add(&mut all, &[OsString::from("--perms"), "1777".into(), "--tmpfs".into(), place.into()]);
            }
            Mount::Null => add(&mut all, &[OsString::from("--ro-bind"), "/dev/null".into(), place.into()]),
        }
    }
    add(&mut all, &[OsString::from("--chdir"), command.folder.into(), "--".into()]);
    all.push(program.into());
    stage(&mut all, profile, found, command);
    all
}

fn add<T: Into<OsString> + Clone>(all: &mut Vec<OsString>, more: &[T]) {
    all.extend(more.iter().cloned().map(Into::into));
}

/// A host name can be set by nobody in here, and what a control group is called is no secret: namespaces for these two would cost every
/// command a quarter of a millisecond.
fn namespaces(all: &mut Vec<OsString>) {
    add(
        all,
        &[
            "--unshare-user",
            "--unshare-pid",
            "--unshare-ipc",
            "--unshare-net",
            "--disable-userns",
            "--die-with-parent",
            "--new-session",
            "--cap-drop",
            "ALL",
        ],
    );
}

/// bubblewrap itself gets none of it: a search path for libraries in the workspace must not reach what builds the wall.
fn environment(all: &mut Vec<OsString>, profile: &Profile, command: &Command<'_>) {
    add(all, &["--clearenv"]);
    let temporary = ["TMPDIR", "TMP", "TEMP"];
    for (name, value) in command.environment.iter().filter(|(name, _)| !temporary.contains(&name.as_str())) {
        add(all, &["--setenv", name, value]);
    }
    add(all, &["--setenv", "TMPDIR", "/tmp", "--setenv", "TANDEM_SANDBOX"]);
    add(all, &[profile.mode.to_string()]);
    // Go cannot build without a cache, and a cache shared with the user's own builds would be a way out.
    if !command.environment.iter().any(|(name, _)| name == "GOCACHE") {
        add(all, &["--setenv", "GOCACHE", "/tmp/go-build"]);
    }
}

fn mounts(profile: &Profile, found: &Snapshot, command: &Command<'_>) -> Vec<(PathBuf, Mount)> {
    let mut mounts: Vec<(PathBuf, Mount)> =
        vec![("/tmp".into(), Mount::Own(command.tmp.into())), ("/run".into(), Mount::Blank)];
    if found.var_tmp {
        mounts.push(("/var/tmp".into(), Mount::Scratch));
    }
    if let Network::Proxy { socket } = &profile.network {
        mounts.push((Path::new(INSIDE).join("net.sock"), Mount::Read(socket.clone())));
    }
    mounts.extend(found.readable.iter().map(|path| (path.clone(), Mount::Read(path.clone()))));
    mounts.extend(found.writable.iter().map(|path| (path.clone(), Mount::Write(path.clone()))));
    let kept = found.protected.iter().chain(&found.nested);
    mounts.extend(kept.map(|path| (path.clone(), Mount::Read(path.clone()))));
    mounts.extend(found.absent.iter().map(|path| (path.clone(), Mount::Blank)));
    for (path, folder) in &found.hidden {
        mounts.push((path.clone(), if *folder { Mount::Blank } else { Mount::Null }));
    }
    mounts.extend(found.sockets.iter().map(|path| (path.clone(), Mount::Null)));
    if stage_inside(&mounts, command.stage) != command.stage {
        mounts.push((Path::new(INSIDE).join("stage"), Mount::Read(command.stage.into())));
    }
    mounts
}

/// Where the stage is found inside: where it is, unless something of ours lies upon it. Each mount costs time.
fn stage_inside(mounts: &[(PathBuf, Mount)], stage: &Path) -> PathBuf {
    let covered = mounts.iter().any(|(place, _)| stage.starts_with(place));
    if covered { Path::new(INSIDE).join("stage") } else { stage.to_owned() }
}

/// Outer places first; of two mounts at one place the last stands, and what hides beneath something already empty is left
/// out: there is nothing left to hide.
fn ordered(mut mounts: Vec<(PathBuf, Mount)>) -> Vec<(PathBuf, Mount)> {
    mounts.sort_by_key(|(place, _)| place.components().count());
    let mut kept: Vec<(PathBuf, Mount)> = Vec::with_capacity(mounts.len());
    for (place, mount) in mounts {
        let around = kept.iter().rev().find(|(outer, _)| place.starts_with(outer)).map(|(_, mount)| mount);
        let emptied = matches!(around, Some(Mount::Blank | Mount::Scratch | Mount::Null | Mount::Own(_)));
        if emptied && matches!(mount, Mount::Blank | Mount::Null) {
            continue;
        }
        kept.retain(|(other, _)| *other != place);
        kept.push((place, mount));
    }
    kept
}

/// The stage's own arguments: what it allows from within.
fn stage(all: &mut Vec<OsString>, profile: &Profile, found: &Snapshot, command: &Command<'_>) {
    add(all, &profile.stage.first);
    add(all, &[OsString::from("--report"), command.report.into()]);
    if profile.mode != Mode::ReadOnly {
        for path in &found.writable {
            add(all, &[OsString::from("--write"), path.into()]);
        }
    }
    let network = match profile.network {
        Network::None => "none",
        Network::Loopback => "loopback",
        Network::Proxy { .. } => "proxy",
    };
    add(all, &["--network", network]);
    if matches!(profile.network, Network::Proxy { .. }) {
        for word in &profile.stage.bridge {
            add(all, &["--bridge", word]);
        }
    }
    let limits = &profile.limits;
    let numbers = [
        ("--open-files", limits.open_files),
        ("--processes", limits.processes),
        ("--memory", limits.memory),
        ("--file-size", limits.file_size),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            add(all, &[name.to_owned(), number.to_string()]);
        }
    }
    add(all, &["--"]);
    all.extend(command.line.iter().cloned());
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;
