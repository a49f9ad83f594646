//! The stage: started inside by bubblewrap, it sets the second wall around itself and becomes the command. Every command waits
//! for it, so it does nothing that it need not.
#![expect(clippy::disallowed_methods, reason = "reports in a file, starts the bridge and becomes the command")]

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use rustix::process::{Resource, Rlimit};

use crate::trial;

/// How the stage ends where it could not become the command.
pub(crate) const FAILED: u8 = 125;
/// What it reports at the last moment before it becomes the command.
pub(crate) const READY: &str = "ready";
/// Asks for attempts to break out in place of a command.
pub(crate) const TRIAL: &str = "--trial";

/// What it was told.
#[derive(Debug, Default)]
struct Told {
    report: Option<PathBuf>,
    write: Vec<PathBuf>,
    network: Option<String>,
    bridge: Vec<OsString>,
    limits: Vec<(Resource, u64)>,
    trial: bool,
    line: Vec<OsString>,
}

/// Sets the wall and becomes the command; returns only if it could not. `arguments` are those behind the word that makes the
/// program the stage.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let told = match read(arguments) {
        Ok(told) => told,
        Err(why) => return fail(None, &why),
    };
    let mut report = match told.report.as_deref().map(open_report) {
        Some(Ok(file)) => Some(file),
        Some(Err(error)) => return fail(None, &format!("the report cannot be opened: {error}")),
        None => None,
    };
    match enter(&told) {
        Ok(said) => {
            if let Some(file) = &mut report
                && let Err(error) = file.write_all(format!("{said}\n{READY}\n").as_bytes())
            {
                return fail(None, &format!("the report cannot be written: {error}"));
            }
        }
        Err(why) => return fail(report.as_mut(), &why),
    }
    if told.trial {
        return trial::inside(&told.line);
    }
    let error = become_command(&told);
    let program = told.line.first().map(|program| program.to_string_lossy().into_owned()).unwrap_or_default();
    fail(report.as_mut(), &format!("{program} cannot be started: {error}"))
}

/// Takes the report's name away once it is open: what the command finds by no name, it cannot write.
fn open_report(path: &Path) -> io::Result<File> {
    let no_links = i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default();
    let file = std::fs::OpenOptions::new().append(true).custom_flags(no_links).open(path)?;
    std::fs::remove_file(path)?;
    Ok(file)
}

fn read(mut arguments: impl Iterator<Item = OsString>) -> Result<Told, String> {
    let mut told = Told::default();
    while let Some(word) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{} needs a value", word.display()));
        match word.to_str() {
            Some("--report") => told.report = Some(value()?.into()),
            Some("--write") => told.write.push(value()?.into()),
            Some("--network") => told.network = Some(value()?.to_string_lossy().into_owned()),
            Some("--bridge") => told.bridge.push(value()?),
            Some("--open-files") => told.limits.push((Resource::Nofile, number(&value()?)?)),
            Some("--processes") => told.limits.push((Resource::Nproc, number(&value()?)?)),
            Some("--memory") => told.limits.push((Resource::As, number(&value()?)?)),
            Some("--file-size") => told.limits.push((Resource::Fsize, number(&value()?)?)),
            Some(TRIAL) => told.trial = true,
            Some("--") => {
                told.line = arguments.collect();
                break;
            }
            _ => return Err(format!("the stage knows no `{}`", word.display())),
        }
    }
    if told.line.is_empty() {
        return Err("no command was given behind `--`".to_owned());
    }
    Ok(told)
}

fn number(text: &OsStr) -> Result<u64, String> {
    text.to_str().and_then(|text| text.parse().ok()).ok_or_else(|| format!("{} is no number", text.display()))
}

/// The standard error is the command's own: there the user sees it, and the report says it to the program.
fn fail(report: Option<&mut File>, why: &str) -> ExitCode {
    if let Some(file) = report {
        let _ = file.write_all(format!("failed {why}\n").as_bytes());
    }
    let _ = writeln!(io::stderr(), "sandbox: {why}");
    ExitCode::from(FAILED)
}

/// Limits, Landlock, seccomp, in this order. Says what was set.
fn enter(told: &Told) -> Result<String, String> {
    limit(&told.limits).map_err(|error| format!("a limit cannot be set: {error}"))?;
    // Should memory run out, it is not the agent that goes.
    let _ = std::fs::write("/proc/self/oom_score_adj", "500");
    if !told.bridge.is_empty() {
        bridge(&told.bridge).map_err(|error| format!("the bridge to the network cannot be started: {error}"))?;
    }
    walls(told)
}

fn limit(limits: &[(Resource, u64)]) -> io::Result<()> {
    rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    for (resource, number) in limits {
        let most = rustix::process::getrlimit(*resource).maximum.unwrap_or(u64::MAX);
        let number = Some((*number).min(most));
        rustix::process::setrlimit(*resource, Rlimit { current: number, maximum: number })?;
    }
    Ok(())
}

fn bridge(words: &[OsString]) -> Result<(), crate::net::NetError> {
    let own = std::env::current_exe().map_err(|source| crate::net::NetError::Bridge { step: "finding it", source })?;
    let socket = Path::new(crate::arguments::INSIDE).join("net.sock");
    let words: Vec<String> = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    crate::net::bridge::start(&own, &words, &socket)
}

fn become_command(told: &Told) -> io::Error {
    let Some((program, arguments)) = told.line.split_first() else {
        return io::Error::from(io::ErrorKind::InvalidInput);
    };
    let mut command = Command::new(program);
    command.args(arguments);
    if !told.bridge.is_empty() {
        command.envs(crate::net::bridge::environment(crate::net::bridge::PORT));
    }
    command.exec()
}

#[cfg(target_os = "linux")]
fn walls(told: &Told) -> Result<String, String> {
    use crate::seccomp::{Sockets, filter};

    let alone = told.network.as_deref() != Some("loopback") && told.network.as_deref() != Some("proxy");
    rustix::thread::set_no_new_privs(true).map_err(|error| format!("no_new_privs cannot be set: {error}"))?;
    let said = landlock(&told.write, alone)?;
    let sockets = if alone { Sockets::Pairs } else { Sockets::Local };
    let filter = filter(sockets).map_err(|error| format!("seccomp: {error}"))?;
    seccompiler::apply_filter(&filter).map_err(|error| format!("seccomp: {error}"))?;
    Ok(said)
}

#[cfg(not(target_os = "linux"))]
fn walls(_told: &Told) -> Result<String, String> {
    Err("there is no stage on this system".to_owned())
}

/// As much as this kernel knows of what is asked for; a kernel without Landlock is refused.
#[cfg(target_os = "linux")]
fn landlock(write: &[PathBuf], alone: bool) -> Result<String, String> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus,
        Scope,
    };
    // What is asked for at most. The library leaves out what the kernel does not know.
    const NEWEST: ABI = ABI::V9;
    let why = |error: &dyn std::fmt::Display| format!("Landlock: {error}");
    let mut ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))
        .and_then(|ruleset| ruleset.scope(Scope::from_all(NEWEST)))
        .map_err(|error| why(&error))?;
    if alone {
        ruleset = ruleset.handle_access(AccessNet::from_all(NEWEST)).map_err(|error| why(&error))?;
    }
    let mut ruleset = ruleset.create().map_err(|error| why(&error))?;
    let read = PathFd::new("/").map_err(|error| why(&error))?;
    ruleset = ruleset.add_rule(PathBeneath::new(read, AccessFs::from_read(NEWEST))).map_err(|error| why(&error))?;
    let own = ["/tmp", "/var/tmp", "/dev"].map(Path::new);
    for folder in own.into_iter().chain(write.iter().map(PathBuf::as_path)) {
        let Ok(folder) = PathFd::new(folder) else { continue };
        let rule = PathBeneath::new(folder, AccessFs::from_all(NEWEST));
        ruleset = ruleset.add_rule(rule).map_err(|error| why(&error))?;
    }
    let status = ruleset.restrict_self().map_err(|error| why(&error))?;
    if status.ruleset == RulesetStatus::NotEnforced {
        return Err(format!(
            "Landlock is not there ({:?}); the second wall needs Linux 5.13 or newer with it",
            status.landlock
        ));
    }
    Ok(format!("landlock {:?} {:?}", status.ruleset, status.landlock))
}
