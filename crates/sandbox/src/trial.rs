//! Attempts to break out, from within both walls. The self-test before the first command runs them through the very start that
//! commands go through, and refuses on any surprise.
#![expect(clippy::disallowed_methods, reason = "tries what must fail")]

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

/// What must come out of each attempt, by its name.
pub(crate) const ATTEMPTS: &[&str] = &[
    "workspace",
    "outside",
    "git",
    "git-renamed",
    "absent",
    "absent-renamed",
    "hidden",
    "run",
    "unix-socket",
    "tcp",
    "udp",
    "userns",
    "processes",
    "rights",
];

/// Runs them all and says what came out, a line for each: `NAME held` or `NAME broken WHY`. The words are the workspace, a
/// folder outside, a hidden file, the host's port, bubblewrap itself, and whether sockets are allowed at all.
pub(crate) fn inside(words: &[OsString]) -> ExitCode {
    let text = |at: usize| words.get(at).map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    let (root, outside, hidden) = (text(0), text(1), text(2));
    let (root, outside, hidden) = (Path::new(&root), Path::new(&outside), Path::new(&hidden));
    let port: u16 = text(3).parse().unwrap_or_default();
    let writes = text(5) == "writes";
    let results = [
        ("workspace", workspace(root, writes)),
        ("outside", not_written(&outside.join("canary"))),
        ("git", not_written(&root.join(".git/config"))),
        ("git-renamed", must_fail("the folder was renamed", fs::rename(root.join(".git"), root.join("git")))),
        ("absent", not_written(&root.join(".agent/team.yaml"))),
        ("absent-renamed", must_fail("the folder was renamed", fs::rename(root.join(".agent"), root.join("agent")))),
        ("hidden", hidden_file(hidden)),
        ("run", run()),
        ("unix-socket", must_fail("it was connected to", UnixStream::connect(outside.join("socket")))),
        ("tcp", tcp(port, text(6) == "sockets")),
        ("udp", udp(text(6) == "sockets")),
        ("userns", userns(&text(4))),
        ("processes", processes()),
        ("rights", rights()),
    ];
    let mut all = String::new();
    for (name, result) in results {
        match result {
            Ok(()) => all.push_str(&format!("{name} held\n")),
            Err(why) => all.push_str(&format!("{name} broken {}\n", why.replace('\n', " "))),
        }
    }
    let written = io::stdout().write_all(all.as_bytes());
    if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn must_fail<T, E>(otherwise: &str, result: Result<T, E>) -> Result<(), String> {
    if result.is_ok() { Err(otherwise.to_owned()) } else { Ok(()) }
}

/// A wall through which no work is possible is wrong too.
fn workspace(root: &Path, writes: bool) -> Result<(), String> {
    let written = fs::write(root.join("written"), "x");
    match (writes, written) {
        (true, Err(error)) => Err(format!("the workspace cannot be written: {error}")),
        (false, Ok(())) => Err("the workspace was written".to_owned()),
        _ => Ok(()),
    }
}

fn not_written(path: &Path) -> Result<(), String> {
    let appended = fs::OpenOptions::new().append(true).create(true).open(path);
    must_fail(&format!("{} was opened for writing", path.display()), appended)?;
    must_fail(&format!("{} was removed", path.display()), fs::remove_file(path))
}

fn hidden_file(path: &Path) -> Result<(), String> {
    match fs::read(path) {
        Ok(bytes) if !bytes.is_empty() => Err(format!("{} was read", path.display())),
        _ => Ok(()),
    }
}

fn run() -> Result<(), String> {
    let listing = fs::read_dir("/run").map_err(|error| format!("/run: {error}"))?;
    for entry in listing.flatten() {
        if entry.file_name() != "tandem" {
            return Err(format!("/run has {}", entry.file_name().display()));
        }
    }
    Ok(())
}

fn tcp(port: u16, sockets: bool) -> Result<(), String> {
    let near = Duration::from_millis(500);
    let reached = TcpStream::connect_timeout(&([127, 0, 0, 1], port).into(), near);
    must_fail("a server of this machine was reached", reached)?;
    // A documentation address (RFC 5737): nobody is there, but it must fail for want of a way, not of an answer.
    match TcpStream::connect_timeout(&([192, 0, 2, 1], 80).into(), near) {
        Err(error) if error.kind() == io::ErrorKind::TimedOut => return Err("there is a way out".to_owned()),
        Ok(_) => return Err("an address outside was reached".to_owned()),
        Err(_) => {}
    }
    let own = TcpListener::bind("127.0.0.1:0");
    if sockets { own.map(drop).map_err(|error| error.to_string()) } else { must_fail("a socket was made", own) }
}

fn udp(sockets: bool) -> Result<(), String> {
    match UdpSocket::bind("0.0.0.0:0") {
        Ok(_) if !sockets => Err("a socket was made".to_owned()),
        Ok(socket) => must_fail("a packet was sent", socket.send_to(b"x", "192.0.2.1:53")),
        Err(_) => Ok(()),
    }
}

/// bubblewrap itself is the tool at hand that makes a user namespace.
fn userns(bwrap: &str) -> Result<(), String> {
    let nested = Command::new(bwrap)
        .args(["--unshare-user", "--ro-bind", "/", "/", "/bin/sh", "-c", ":"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match nested {
        Ok(status) if status.success() => Err("a user namespace was made inside".to_owned()),
        _ => Ok(()),
    }
}

fn processes() -> Result<(), String> {
    let listing = fs::read_dir("/proc").map_err(|error| format!("/proc: {error}"))?;
    let count = listing.flatten().filter(|entry| entry.file_name().to_string_lossy().parse::<u32>().is_ok()).count();
    if count > 4 { Err(format!("{count} processes are seen")) } else { Ok(()) }
}

fn rights() -> Result<(), String> {
    let status = fs::read_to_string("/proc/self/status").map_err(|error| error.to_string())?;
    for line in ["NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000"] {
        if !status.lines().any(|found| found == line) {
            return Err(format!("`{}` is not in /proc/self/status", line.replace('\t', " ")));
        }
    }
    Ok(())
}
