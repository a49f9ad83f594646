//! Keys of providers in the system's keyring: service `tandem`, user the provider's name. Read only, and only by the program that the
//! system itself brings for it: a library for it would bring a D-Bus client and its runtime, some fifty packages, for one value.
//!
//! Linux: `secret-tool` (GNOME Keyring, KWallet, KeePassXC), attributes `service` and `username`. macOS: `security`, generic
//! passwords. Elsewhere there is no keyring.
#![expect(clippy::disallowed_methods, reason = "starts the system's program for its keyring")]

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::home::Environment;

/// What the items of the keyring are called.
const SERVICE: &str = "tandem";

/// How a key from here is told from one of the environment.
pub(crate) const ORIGIN: &str = "keyring";

/// Longest that the program may take; it usually takes 10 ms. A keyring that waits for somebody to unlock it is none for now.
const PATIENCE: Duration = Duration::from_secs(3);

/// All that the program is told of the environment: how it reaches the keyring.
const PASSED_ON: [&str; 4] = ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "HOME", "LANG"];

/// The keyring as it was found.
pub(crate) struct Keyring<'a> {
    environment: &'a Environment,
    program: Option<Program>,
    /// Users of its items, where they are known at once.
    users: Option<BTreeSet<String>>,
    /// Why no key can come from here.
    nothing: Option<&'static str>,
}

enum Program {
    SecretTool(PathBuf),
    Security(PathBuf),
}

/// What a program said before it ended.
struct Said {
    well: bool,
    out: SecretString,
    err: String,
}

impl<'a> Keyring<'a> {
    /// Looks whether there is one with items of ours.
    pub(crate) fn open(environment: &'a Environment) -> Self {
        let none = |why| Self { environment, program: None, users: None, nothing: Some(why) };
        match program(environment) {
            Err(why) => none(why),
            Ok(Program::SecretTool(path)) => {
                let Some(said) = ask(environment, &path, &["search", "--all", "service", SERVICE]) else {
                    return none("`secret-tool` does not answer");
                };
                match users(&said) {
                    Ok(users) => {
                        let program = Some(Program::SecretTool(path));
                        Self { environment, program, users: Some(users), nothing: None }
                    }
                    Err(why) => none(why),
                }
            }
            Ok(Program::Security(path)) => {
                // Without `-w` it says that there is one, and asks nobody.
                match ask(environment, &path, &["find-generic-password", "-s", SERVICE]) {
                    Some(said) if said.well => {
                        let program = Some(Program::Security(path));
                        Self { environment, program, users: None, nothing: None }
                    }
                    Some(_) => none(EMPTY),
                    None => none("`security` does not answer"),
                }
            }
        }
    }

    /// The key of a provider.
    pub(crate) fn key(&self, provider: &str) -> Option<SecretString> {
        if self.users.as_ref().is_some_and(|users| !users.contains(provider)) {
            return None;
        }
        let said = match self.program.as_ref()? {
            Program::SecretTool(path) => {
                ask(self.environment, path, &["lookup", "service", SERVICE, "username", provider])?
            }
            Program::Security(path) => {
                ask(self.environment, path, &["find-generic-password", "-s", SERVICE, "-a", provider, "-w"])?
            }
        };
        let key = said.out.expose_secret().trim_end_matches(['\r', '\n']);
        (said.well && !key.is_empty()).then(|| SecretString::from(key))
    }

    /// Why no key can come from here.
    pub(crate) fn nothing(&self) -> Option<&'static str> {
        self.nothing
    }
}

const EMPTY: &str = "it has no item of service `tandem`";

/// The program that reads the keyring, or why there is none.
fn program(environment: &Environment) -> Result<Program, &'static str> {
    if cfg!(target_os = "macos") {
        return Ok(Program::Security(PathBuf::from("/usr/bin/security")));
    }
    if !cfg!(target_os = "linux") {
        return Err("it is read on Linux and macOS only");
    }
    let socket = environment.get("XDG_RUNTIME_DIR").map(|folder| Path::new(folder).join("bus"));
    if environment.get("DBUS_SESSION_BUS_ADDRESS").is_none() && !socket.is_some_and(|socket| socket.exists()) {
        return Err("there is no desktop session (D-Bus) that it belongs to");
    }
    // A relative entry of the path would let the current folder, some repository, bring its own.
    let folders = environment.get("PATH").map(std::env::split_paths).into_iter().flatten();
    let mut found = folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join("secret-tool"));
    let path = found.find(|path| path.is_file());
    path.map(Program::SecretTool).ok_or("`secret-tool` reads it and is not installed (package libsecret-tools)")
}

/// The users of the items that were found. The attributes come on one output, the items on the other.
fn users(said: &Said) -> Result<BTreeSet<String>, &'static str> {
    let out = said.out.expose_secret();
    let user = |line: &str| line.strip_prefix("attribute.username = ").map(|user| user.trim().to_owned());
    let users: BTreeSet<String> = said.err.lines().chain(out.lines()).filter_map(user).collect();
    match () {
        () if !said.well => Err("`secret-tool` cannot reach it"),
        () if !users.is_empty() => Ok(users),
        () if out.trim().is_empty() => Err(EMPTY),
        // Of a locked item neither the attributes can be read nor the secret.
        () => Err("it is locked; unlock it and start again"),
    }
}

/// Runs the program with nothing of the environment but the way to the keyring. None where it cannot be started or does not end.
fn ask(environment: &Environment, program: &Path, arguments: &[&str]) -> Option<Said> {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.envs(PASSED_ON.iter().filter_map(|name| Some((*name, environment.get(name)?))));
    let mut child = command.spawn().ok()?;
    let (mut out, mut err) = (child.stdout.take()?, child.stderr.take()?);
    let (say, said) = channel();
    std::thread::spawn(move || {
        let (mut secret, mut words) = (String::new(), String::new());
        let read = out.read_to_string(&mut secret).and_then(|_| err.read_to_string(&mut words));
        // Nobody waits any more where this took too long.
        let _ = say.send(read.map(|_| (SecretString::from(secret), words)));
    });
    let read = said.recv_timeout(PATIENCE);
    if read.is_err() {
        // It may have ended in this moment.
        let _ = child.kill();
    }
    let well = child.wait().is_ok_and(|status| status.success());
    let (out, err) = read.ok()?.ok()?;
    Some(Said { well, out, err })
}

#[cfg(test)]
#[path = "keyring_tests.rs"]
mod tests;
