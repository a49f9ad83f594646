//! The same wall for macOS, as the text of a Seatbelt profile for `sandbox-exec`.
//!
//! **Unverified**: it is generated and its text is tested, but it has never run under macOS. Whoever wires it in has to try to break
//! out of it first and to refuse it where that works, as on Linux. Two differences to Linux are known: there is no network of a
//! command's own, so that [`Network::Loopback`] is no network at all; and a new name of a protected folder's parent is refused only
//! beneath the workspace.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::mode::Mode;
use crate::profile::{Network, Profile};

/// The program that applies a profile: `sandbox-exec -p TEXT COMMAND...`. By its whole path only.
pub const PROGRAM: &str = "/usr/bin/sandbox-exec";

/// What programs need to start at all: processes of their own, facts about the system, terminals, and the few services that names and
/// certificates come from.
const BASE: &str = r#"(version 1)
(deny default)
(allow process-exec)
(allow process-fork)
(allow process-info* (target same-sandbox))
(allow signal (target same-sandbox))
(allow sysctl-read)
(allow user-preference-read)
(allow ipc-posix-sem)
(allow pseudo-tty)
(allow mach-lookup
  (global-name "com.apple.system.opendirectoryd.libinfo")
  (global-name "com.apple.system.logger")
  (global-name "com.apple.bsd.dirhelper"))
(allow file-ioctl (literal "/dev/tty") (regex #"^/dev/ttys[0-9]+$"))
(allow file-write* (literal "/dev/null") (literal "/dev/zero") (literal "/dev/tty") (literal "/dev/dtracehelper"))
"#;

/// A profile that cannot be written down.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeatbeltError {
    /// The path cannot stand in a profile.
    #[error("{}: a path with a quotation mark, a backslash or a control character, or one that is not UTF-8 or not absolute, cannot stand in a Seatbelt profile. Move the folder", .0.display())]
    Path(PathBuf),
    /// The mode has hosts, but there is no port at which the proxy is found.
    #[error("mode `{0}` needs the port of the proxy on loopback")]
    NoPort(Mode),
    /// There is no wall in this mode.
    #[error("mode `off` has no profile")]
    Off,
}

/// The profile's text. `proxy` is the loopback port at which the network proxy can be reached, where there is one; every other way out
/// is closed.
///
/// # Errors
/// For a path that would end its quotation, for a mode with hosts and no port, and for [`Mode::Off`].
pub fn text(profile: &Profile, proxy: Option<u16>) -> Result<String, SeatbeltError> {
    if profile.mode == Mode::Off {
        return Err(SeatbeltError::Off);
    }
    let mut text = BASE.to_owned();
    reading(&mut text, profile)?;
    writing(&mut text, profile)?;
    network(&mut text, profile, proxy)?;
    Ok(text)
}

/// Everything but what is hidden. The last rule that fits counts.
fn reading(text: &mut String, profile: &Profile) -> Result<(), SeatbeltError> {
    text.push_str("(allow file-read*)\n");
    for path in profile.hidden.iter().chain([&profile.state]) {
        writeln!(text, "(deny file-read* file-write* (subpath {}))", quoted(path)?).ok();
    }
    for path in &profile.readable {
        writeln!(text, "(allow file-read* (subpath {}))", quoted(path)?).ok();
    }
    for socket in ["/var/run/docker.sock", "/private/var/run/docker.sock"] {
        writeln!(text, "(deny file-read* file-write* (literal \"{socket}\"))").ok();
    }
    Ok(())
}

/// Only roots, and in the workspace not what configures other programs, in any case of its letters.
fn writing(text: &mut String, profile: &Profile) -> Result<(), SeatbeltError> {
    let roots = profile.writable.iter().chain([&profile.root]).filter(|_| profile.mode != Mode::ReadOnly);
    for root in roots {
        let mut rule = format!("(allow file-write* (require-all (subpath {})", quoted(root)?);
        for name in &profile.protected {
            write!(rule, " (require-not (regex #\"{}\"))", expression(&profile.root, name)?).ok();
        }
        writeln!(text, "{rule}))").ok();
    }
    // What is hidden stays so where it lies in a root.
    for path in profile.hidden.iter().chain([&profile.state]) {
        writeln!(text, "(deny file-write* (subpath {}))", quoted(path)?).ok();
    }
    // Last, because it may lie in our state folder.
    writeln!(text, "(allow file-read* file-write* (subpath {}))", quoted(&profile.session_tmp)?).ok();
    Ok(())
}

fn network(text: &mut String, profile: &Profile, proxy: Option<u16>) -> Result<(), SeatbeltError> {
    text.push_str("(deny network*)\n");
    let has_way_out = matches!(profile.network, Network::Proxy { .. });
    match (&profile.mode, proxy) {
        (Mode::WorkspaceNet(_), None) if has_way_out => Err(SeatbeltError::NoPort(profile.mode.clone())),
        (Mode::WorkspaceNet(_), Some(port)) if has_way_out => {
            writeln!(text, "(allow network-outbound (remote ip \"localhost:{port}\"))").ok();
            Ok(())
        }
        _ => Ok(()),
    }
}

fn plain(path: &Path) -> Result<&str, SeatbeltError> {
    let bad = || SeatbeltError::Path(path.to_owned());
    let text = path.to_str().ok_or_else(bad)?;
    let ends_quotation = text.chars().any(|c| matches!(c, '"' | '\\') || c.is_control());
    if ends_quotation { Err(bad()) } else { Ok(text) }
}

fn quoted(path: &Path) -> Result<String, SeatbeltError> {
    if !path.is_absolute() {
        return Err(SeatbeltError::Path(path.to_owned()));
    }
    Ok(format!("\"{}\"", plain(path)?))
}

/// The name beneath the workspace and all below it. The file system takes `.GIT` for `.git`, and so does this.
fn expression(root: &Path, name: &Path) -> Result<String, SeatbeltError> {
    if !root.is_absolute() || name.is_absolute() {
        return Err(SeatbeltError::Path(root.join(name)));
    }
    let mut expression = "^".to_owned();
    for c in plain(root)?.trim_end_matches('/').chars().chain(['/']).chain(plain(name)?.chars()) {
        let (small, large) = (c.to_lowercase().to_string(), c.to_uppercase().to_string());
        match c {
            _ if small != large => write!(expression, "({small}|{large})").ok(),
            '.' | '^' | '$' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' => {
                write!(expression, "[{c}]").ok()
            }
            _ => write!(expression, "{c}").ok(),
        };
    }
    Ok(expression.replace("[^]", "\\^") + "(/|$)")
}

#[cfg(test)]
#[path = "seatbelt_tests.rs"]
mod tests;
