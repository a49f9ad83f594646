use std::os::unix::fs::PermissionsExt;

use super::*;

/// A program that prints this.
fn fake(folder: &Path, says: &str) -> PathBuf {
    let path = folder.join("bwrap");
    fs::write(&path, format!("#!/bin/sh\necho '{says}'\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn sec_66_a_bubblewrap_that_is_too_old_is_refused_with_what_is_new_enough() {
    let folder = tempfile::tempdir().unwrap();
    for (says, holds) in [
        ("bubblewrap 0.8.0", true),
        ("bubblewrap 0.11.0", true),
        ("bubblewrap 1.0", true),
        ("bubblewrap 0.7.9", false),
        ("bubblewrap 0.4.1", false),
        ("something else", false),
        ("", false),
    ] {
        let mut ladder = Ladder::default();
        assert_eq!(version(&mut ladder, &fake(folder.path(), says)), holds, "{says}");
        assert_eq!(ladder.holds(), holds);
        assert!(holds || ladder.steps[0].fix.as_ref().unwrap().contains("install bubblewrap"), "{ladder}");
    }
}

#[test]
fn sec_66_only_what_root_alone_can_have_written_is_trusted() {
    let system = ["/bin/sh", "/usr/bin/env"].map(|path| fs::canonicalize(path).unwrap());
    for program in system {
        assert_eq!(foreign(&program), None, "{}", program.display());
    }
    let folder = tempfile::tempdir().unwrap();
    let why = foreign(&fake(folder.path(), "bubblewrap 0.9.0")).unwrap();
    assert!(why.contains("may be written by others") || why.contains("belongs to user"), "{why}");
    assert!(foreign(Path::new("/usr/bin")).unwrap().contains("no program"));
}

#[test]
fn an_attempt_that_nothing_was_heard_of_did_not_hold() {
    let all: String = ATTEMPTS.iter().map(|name| format!("{name} held\n")).collect();
    assert!(judge(all.as_bytes(), READY).is_empty());
    assert_eq!(judge(all.as_bytes(), ""), ["the stage did not come up"]);
    let one_less = all.replace("udp held\n", "");
    assert_eq!(judge(one_less.as_bytes(), READY), ["udp did not run"]);
    let broken = all.replace("udp held\n", "udp broken a packet was sent\n");
    assert_eq!(judge(broken.as_bytes(), READY), ["udp broken a packet was sent"]);
}
