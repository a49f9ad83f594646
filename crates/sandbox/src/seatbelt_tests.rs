use std::path::PathBuf;

use super::{SeatbeltError, expression, text};
use crate::mode::Mode;
use crate::profile::{Limits, Network, Profile, Stage};

fn profile(mode: &str) -> Profile {
    Profile {
        mode: mode.parse().unwrap(),
        root: "/Users/me/work (1)".into(),
        writable: vec!["/Users/me/other".into()],
        readable: vec!["/Users/me/.ssh/known_hosts".into()],
        protected: vec![".git".into(), ".agent".into(), ".config/ä".into()],
        hidden: vec!["/Users/me/.ssh".into(), "/Users/me/.netrc".into()],
        network: Network::Loopback,
        session_tmp: "/Users/me/tmp".into(),
        state: "/Users/me/state".into(),
        stage: Stage { program: "/usr/local/bin/agent".into(), first: Vec::new(), bridge: Vec::new() },
        limits: Limits::default(),
    }
}

/// Rules in order, of the operations with this name.
fn rules<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.contains(word)).collect()
}

#[test]
fn nothing_is_allowed_that_is_not_said_and_parentheses_close() {
    let text = text(&profile("workspace"), None).unwrap();
    assert!(text.starts_with("(version 1)\n(deny default)\n"));
    // The workspace's own name has a pair of them.
    assert_eq!(text.matches('(').count(), text.matches(')').count());
    for forbidden in ["appleevent-send", "mach-register", "(allow default)", "(allow network*)", "iokit-open"] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn only_roots_are_written_and_not_what_configures_programs() {
    let text = text(&profile("workspace"), None).unwrap();
    let writes: Vec<&str> = rules(&text, "(allow file-write* (require-all");
    assert_eq!(writes.len(), 2);
    for write in &writes {
        assert_eq!(write.matches("(require-not (regex").count(), 3, "{write}");
    }
    assert!(writes[1].starts_with("(allow file-write* (require-all (subpath \"/Users/me/work (1)\") (require-not"));
    assert!(text.contains("(allow file-read* file-write* (subpath \"/Users/me/tmp\"))"));
}

#[test]
fn sec_21_protected_names_are_protected_in_every_case_of_their_letters() {
    let written = expression("/w(1)".as_ref(), ".git".as_ref()).unwrap();
    assert_eq!(written, "^/(w|W)[(]1[)]/[.](g|G)(i|I)(t|T)(/|$)");
    let pattern = regex::Regex::new(&written).unwrap();
    for path in ["/w(1)/.git", "/w(1)/.GIT/hooks/x", "/W(1)/.Git/config"] {
        assert!(pattern.is_match(path), "{path}");
    }
    for path in ["/w(1)/.gitignore", "/w(1)/xgit", "/w(1)/sub/.git", "/x/w(1)/.git"] {
        assert!(!pattern.is_match(path), "{path}");
    }
    assert!(regex::Regex::new(&expression("/a^b".as_ref(), "x".as_ref()).unwrap()).unwrap().is_match("/a^b/x"));
}

#[test]
fn credentials_and_our_own_state_are_hidden_after_reading_is_allowed() {
    let text = text(&profile("workspace"), None).unwrap();
    let all = text.find("(allow file-read*)\n").unwrap();
    for hidden in ["/Users/me/.ssh", "/Users/me/.netrc", "/Users/me/state"] {
        let rule = format!("(deny file-read* file-write* (subpath \"{hidden}\"))");
        assert!(text.find(&rule).unwrap() > all, "{rule}");
        assert!(
            text.rfind(&format!("(deny file-write* (subpath \"{hidden}\"))")).unwrap()
                > text.find("require-all").unwrap()
        );
    }
    assert!(text.contains("(allow file-read* (subpath \"/Users/me/.ssh/known_hosts\"))"));
    assert!(text.contains("docker.sock"));
}

#[test]
fn a_reading_mode_writes_to_its_own_folder_alone() {
    let text = text(&profile("read-only"), None).unwrap();
    let allowed = |rule: &&str| rule.starts_with("(allow") && !rule.contains("/dev/");
    let writes: Vec<&str> = rules(&text, "file-write*").into_iter().filter(allowed).collect();
    assert_eq!(writes, ["(allow file-read* file-write* (subpath \"/Users/me/tmp\"))"]);
}

#[test]
fn the_network_is_the_one_port_of_the_proxy_or_nothing() {
    let closed = text(&profile("workspace"), Some(4000)).unwrap();
    assert!(closed.contains("(deny network*)") && !closed.contains("(allow network"));
    let mut open = profile("workspace+net(a.test)");
    assert!(!text(&open, Some(4000)).unwrap().contains("(allow network"));
    open.network = Network::Proxy { socket: PathBuf::from("/x") };
    assert_eq!(
        rules(&text(&open, Some(4000)).unwrap(), "(allow network"),
        ["(allow network-outbound (remote ip \"localhost:4000\"))"]
    );
    assert_eq!(text(&open, None), Err(SeatbeltError::NoPort(open.mode.clone())));
}

#[test]
fn a_path_that_could_end_its_quotation_is_refused() {
    for bad in ["/a\"b", "/a\\b", "/a\nb", "relative"] {
        let mut profile = profile("workspace");
        profile.root = bad.into();
        assert!(matches!(text(&profile, None), Err(SeatbeltError::Path(_))), "{bad:?}");
    }
    let mut profile = profile("workspace");
    profile.mode = Mode::Off;
    assert_eq!(text(&profile, None), Err(SeatbeltError::Off));
}
