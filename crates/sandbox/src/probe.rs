//! Finds bubblewrap and tests whether what it builds holds.
#![expect(clippy::disallowed_methods, reason = "runs bubblewrap, reads what the kernel says of itself")]

use std::ffi::OsString;
use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::arguments;
use crate::cache;
use crate::folders::{Folders, unique};
use crate::ladder::{Ladder, Unavailable};
use crate::mode::Mode;
use crate::points;
use crate::profile::{Network, Profile};
use crate::report::Report;
use crate::snapshot;
use crate::stage::{READY, TRIAL};
use crate::trial::ATTEMPTS;

/// Where a system keeps bubblewrap. It is taken from nowhere else: not from the search path, which a repository or a command
/// before may have changed, and not from the folder one is in.
pub const SYSTEM_FOLDERS: &[&str] = &["/usr/bin", "/bin", "/usr/sbin", "/run/current-system/sw/bin"];

/// The first that can forbid user namespaces inside.
const OLDEST: (u32, u32, u32) = (0, 8, 0);

const INSTALL: &str = "install bubblewrap: `apt install bubblewrap`, `dnf install bubblewrap`, `pacman -S bubblewrap` or \
                       `apk add bubblewrap`";

/// Where bubblewrap is looked for, and the rest of the machine as it is.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Folders in which bubblewrap may lie.
    pub folders: Vec<PathBuf>,
}

impl Default for Machine {
    fn default() -> Self {
        Self { folders: SYSTEM_FOLDERS.iter().map(PathBuf::from).collect() }
    }
}

/// A machine on which the wall holds.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) bwrap: PathBuf,
    pub(crate) ladder: Ladder,
}

/// All steps anew, whatever was found before: for `agent doctor`.
#[must_use]
pub fn ladder(profile: &Profile, machine: &Machine) -> Ladder {
    match climb(profile, machine, false) {
        Ok(found) => found.ladder,
        Err(unavailable) => unavailable.ladder,
    }
}

/// Goes up the ladder. `remembered`: the self-test is not run again if it held since the machine started, with the same
/// bubblewrap and the same stage.
pub(crate) fn climb(profile: &Profile, machine: &Machine, remembered: bool) -> Result<Found, Unavailable> {
    let mut ladder = Ladder::default();
    if !cfg!(target_os = "linux") {
        ladder.down("system", std::env::consts::OS, "none: the sandbox needs Linux");
        return Err(Unavailable { ladder });
    }
    ladder.up("system", kernel());
    let bwrap = match find(&machine.folders) {
        Ok(bwrap) => bwrap,
        Err((found, fix)) => {
            ladder.down("bubblewrap", found, fix);
            return Err(Unavailable { ladder });
        }
    };
    ladder.up("bubblewrap", bwrap.display().to_string());
    let memory = cache::Memory::new(profile, &bwrap);
    if remembered && memory.as_ref().is_some_and(cache::Memory::held) {
        ladder.up("self-test", "held since the machine started");
        return Ok(Found { bwrap, ladder });
    }
    let steps = version(&mut ladder, &bwrap)
        && namespaces(&mut ladder, &bwrap)
        && second_wall(&mut ladder, profile)
        && self_test(&mut ladder, profile, &bwrap);
    if !steps {
        return Err(Unavailable { ladder });
    }
    if let Some(memory) = memory {
        memory.keep();
    }
    Ok(Found { bwrap, ladder })
}

fn kernel() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("Linux {} on {}", release.trim(), std::env::consts::ARCH)
}

/// The first that only the system's administrator can have put there.
fn find(folders: &[PathBuf]) -> Result<PathBuf, (String, String)> {
    let mut doubtful = None;
    for folder in folders {
        let path = folder.join("bwrap");
        let Ok(real) = fs::canonicalize(&path) else { continue };
        match foreign(&real) {
            None => return Ok(real),
            Some(why) => doubtful = doubtful.or(Some((path, why))),
        }
    }
    match doubtful {
        Some((path, why)) => {
            Err((format!("{} is not trusted: {why}", path.display()), format!("remove it, and {INSTALL}")))
        }
        None => {
            let folders: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
            Err((format!("there is none in {}", folders.join(", ")), INSTALL.to_owned()))
        }
    }
}

/// Why somebody other than the administrator could have made this program or put another in its place.
fn foreign(program: &Path) -> Option<String> {
    for part in program.ancestors() {
        let Ok(found) = fs::symlink_metadata(part) else {
            return Some(format!("{} cannot be looked at", part.display()));
        };
        if found.uid() != 0 {
            return Some(format!("{} belongs to user {}, not to root", part.display(), found.uid()));
        }
        if found.mode() & 0o022 != 0 {
            return Some(format!("{} may be written by others than root", part.display()));
        }
    }
    if fs::metadata(program).is_ok_and(|found| found.is_file() && found.mode() & 0o111 != 0) {
        None
    } else {
        Some("it is no program".to_owned())
    }
}

fn version(ladder: &mut Ladder, bwrap: &Path) -> bool {
    let said = match plain(bwrap).arg("--version").output() {
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    match said.strip_prefix("bubblewrap ").and_then(parse) {
        Some(version) if version >= OLDEST => ladder.up("version", said),
        Some(_) => {
            let why = format!("{said} is older than 0.8.0 and cannot forbid user namespaces inside");
            ladder.down(
                "version",
                why,
                "install bubblewrap 0.8.0 or newer (Debian 12, Ubuntu 24.04, Fedora 38 have it)",
            );
            return false;
        }
        None => {
            ladder.down("version", format!("`bwrap --version` said `{said}`"), INSTALL);
            return false;
        }
    }
    true
}

fn parse(text: &str) -> Option<(u32, u32, u32)> {
    let mut numbers = text.split('.').map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??, numbers.next().flatten().unwrap_or_default()))
}

/// A start of bubblewrap that gets nothing of our environment.
fn plain(bwrap: &Path) -> Command {
    let mut command = Command::new(bwrap);
    command.env_clear().current_dir("/").stdin(Stdio::null());
    command
}

fn namespaces(ladder: &mut Ladder, bwrap: &Path) -> bool {
    let words = [
        "--unshare-user",
        "--unshare-pid",
        "--unshare-net",
        "--disable-userns",
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
    ];
    let tried = plain(bwrap).args(words).args(["/bin/sh", "-c", ":"]).output();
    match tried {
        Ok(output) if output.status.success() => {
            ladder.up("namespaces", "user, process and network namespaces can be made");
            true
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            ladder.down("namespaces", format!("bubblewrap said `{}`", said.trim()), way_to_namespaces());
            false
        }
        Err(error) => {
            ladder.down("namespaces", format!("bubblewrap cannot be started: {error}"), INSTALL);
            false
        }
    }
}

/// What forbids user namespaces here, as far as the kernel says it.
fn way_to_namespaces() -> String {
    let value =
        |name: &str| fs::read_to_string(Path::new("/proc/sys").join(name)).ok().map(|text| text.trim().to_owned());
    if value("user/max_user_namespaces").as_deref() == Some("0") {
        return "`sysctl -w user.max_user_namespaces=16384` as root".to_owned();
    }
    if value("kernel/unprivileged_userns_clone").as_deref() == Some("0") {
        return "`sysctl -w kernel.unprivileged_userns_clone=1` as root".to_owned();
    }
    if value("kernel/apparmor_restrict_unprivileged_userns").as_deref() == Some("1") {
        return "give bubblewrap its AppArmor profile: as root write `abi <abi/4.0>, include <tunables/global> profile bwrap \
                /usr/bin/bwrap flags=(unconfined) { userns, }` to /etc/apparmor.d/bwrap and run `apparmor_parser -r \
                /etc/apparmor.d/bwrap`"
            .to_owned();
    }
    "run the agent outside of this container or sandbox, or let it make user namespaces (containers: seccomp and AppArmor \
     profiles that allow them)"
        .to_owned()
}

/// The stage says itself what it could set.
fn second_wall(ladder: &mut Ladder, profile: &Profile) -> bool {
    let tried = plain(&profile.stage.program)
        .args(&profile.stage.first)
        .args(["--network", "none", "--", "/bin/sh", "-c", ":"])
        .output();
    match tried {
        Ok(output) if output.status.success() => {
            ladder.up("second wall", "Landlock and seccomp can be set");
            true
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            ladder.down(
                "second wall",
                said,
                "boot a kernel of 5.13 or newer with `landlock` among `lsm=` and with seccomp",
            );
            false
        }
        Err(error) => {
            let why = format!("{} cannot be started: {error}", profile.stage.program.display());
            ladder.down("second wall", why, "start the agent again: its program file was moved or replaced");
            false
        }
    }
}

fn self_test(ladder: &mut Ladder, profile: &Profile, bwrap: &Path) -> bool {
    match try_to_break_out(profile, bwrap) {
        Ok(broken) if broken.is_empty() => {
            ladder.up("self-test", format!("{} attempts to break out failed", ATTEMPTS.len()));
            true
        }
        Ok(broken) => {
            let fix = "do not run commands unattended on this machine, and report what the self-test said";
            ladder.down("self-test", broken.join("; "), fix);
            false
        }
        Err(error) => {
            ladder.down("self-test", error.to_string(), "look at what bubblewrap said");
            false
        }
    }
}

/// A workspace of its own in the system's temporary folder, with things around it that must stay as they are.
struct Scratch {
    folder: PathBuf,
    _socket: UnixListener,
    server: TcpListener,
}

impl Scratch {
    fn set_up() -> io::Result<Self> {
        let base = fs::canonicalize(std::env::temp_dir())?;
        let folder = base.join(format!("tandem-self-test-{}", unique()));
        // `create_dir` fails where something is there already: nobody prepares it for us.
        fs::create_dir(&folder)?;
        for name in ["root/.git", "outside", "tmp"] {
            fs::create_dir_all(folder.join(name))?;
        }
        fs::write(folder.join("root/.git/config"), "[core]\n")?;
        fs::write(folder.join("outside/canary"), "alive")?;
        fs::write(folder.join("outside/secret"), "secret")?;
        let socket = UnixListener::bind(folder.join("outside/socket"))?;
        let server = TcpListener::bind("127.0.0.1:0")?;
        server.set_nonblocking(true)?;
        Ok(Self { folder, _socket: socket, server })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What is wrong on this side of the wall.
    fn damage(&self, writes: bool) -> Vec<String> {
        let mut damage = Vec::new();
        for (name, content) in
            [("outside/canary", "alive"), ("outside/secret", "secret"), ("root/.git/config", "[core]\n")]
        {
            if fs::read_to_string(self.path(name)).ok().as_deref() != Some(content) {
                damage.push(format!("{name} was changed"));
            }
        }
        if self.path("root/.agent").exists() {
            damage.push("a folder .agent was left in the workspace".to_owned());
        }
        if self.path("root/written").exists() != writes {
            damage.push("the workspace is not as it should be".to_owned());
        }
        if self.server.accept().is_ok() {
            damage.push("a server of this machine was connected to".to_owned());
        }
        damage
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Runs all attempts through the same start as a command's. Gives what did not hold.
fn try_to_break_out(profile: &Profile, bwrap: &Path) -> io::Result<Vec<String>> {
    let scratch = Scratch::set_up()?;
    // Without the bridge: the wall is tested, not the proxy.
    let network = if profile.network == Network::None { Network::None } else { Network::Loopback };
    let tried = Profile {
        root: scratch.path("root"),
        writable: Vec::new(),
        readable: vec![scratch.path("outside")],
        protected: vec![".git".into(), ".agent".into()],
        hidden: vec![scratch.path("outside/secret")],
        session_tmp: scratch.path("tmp"),
        network,
        ..profile.clone()
    };
    let folders = Folders::open(&profile.state)?;
    let writes = profile.mode != Mode::ReadOnly;
    let mut report = Report::new(&tried.session_tmp)?;
    let port = scratch.server.local_addr()?.port().to_string();
    let sockets = if tried.network == Network::None { "none" } else { "sockets" };
    let words: Vec<OsString> = vec![
        tried.root.clone().into(),
        scratch.path("outside").into(),
        scratch.path("outside/secret").into(),
        port.into(),
        bwrap.into(),
        if writes { "writes" } else { "reads" }.into(),
        sockets.into(),
    ];
    let (found, held) = points::hold(&folders, |points| snapshot::take(&tried, points))?;
    let command = arguments::Command {
        line: &words,
        folder: &tried.root,
        environment: &[("PATH".to_owned(), "/usr/bin:/bin".to_owned())],
        stage: &tried.stage.program,
        report: &report.inside(),
        tmp: &tried.session_tmp,
    };
    let mut all = arguments::arguments(&tried, &found, &command);
    // The stage's last own argument stands before `--` and the words.
    let at = all.len() - words.len() - 1;
    all.insert(at, TRIAL.into());
    let output = plain(bwrap).args(&all).output()?;
    drop(held);
    let reported = report.read();
    let mut broken = judge(&output.stdout, &reported);
    if !reported.lines().any(|line| line == READY) {
        broken.push(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    broken.extend(scratch.damage(writes));
    Ok(broken)
}

/// What was not said to hold.
fn judge(output: &[u8], reported: &str) -> Vec<String> {
    let said = String::from_utf8_lossy(output);
    if !reported.lines().any(|line| line == READY) {
        return vec!["the stage did not come up".to_owned()];
    }
    let not_held = |name: &&&str| !said.lines().any(|line| line == format!("{name} held"));
    let of = |name: &&str| {
        let line = said.lines().find(|line| line.starts_with(&format!("{name} broken")));
        line.map_or_else(|| format!("{name} did not run"), ToOwned::to_owned)
    };
    ATTEMPTS.iter().filter(not_held).map(of).collect()
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
