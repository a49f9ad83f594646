//! The disk is full while a session is saved: a clear error, an exit code from the table, and the session goes on once there
//! is room.

use std::process::Command;

use crate::support::{AGENT, Desk, Ended, Sim};

/// Runs in a mount namespace of its own: the program's folder is a tiny disk, filled up but for `$1` kB. Then the ballast is
/// thrown out and the session goes on. Each run's output is kept beside the repository.
const SCRIPT: &str = r#"
mount -t tmpfs -o size=8m,mode=0700 tmpfs "$AGENT_HOME" || exit 99
head -c "$((8192 - $1))k" /dev/zero > "$AGENT_HOME/ballast"
"$0" run "Look around." --json --team solo > "$2/full.out" 2> "$2/full.err"
echo "$?" > "$2/full.code"
rm "$AGENT_HOME/ballast"
"$0" sessions resume --json > "$2/again.out" 2> "$2/again.err"
echo "$?" > "$2/again.code"
"$0" sessions resume --json --task "Once more." > "$2/more.out" 2> "$2/more.err"
echo "$?" > "$2/more.code"
"$0" sessions show --json > "$2/show.out" 2> "$2/show.err"
echo "$?" > "$2/show.code"
"#;

/// Where mounting is not allowed: files cannot grow beyond `$1` kB, which is what the program sees of a full disk there.
const LIMITED: &str = r#"
( trap '' XFSZ; ulimit -f "$(($1 * 2))" || exit 99
"$0" run "Look around." --json --team solo > "$2/full.out" 2> "$2/full.err"
echo "$?" > "$2/full.code" )
"$0" sessions resume --json > "$2/again.out" 2> "$2/again.err"
echo "$?" > "$2/again.code"
"$0" sessions resume --json --task "Once more." > "$2/more.out" 2> "$2/more.err"
echo "$?" > "$2/more.code"
"$0" sessions show --json > "$2/show.out" 2> "$2/show.err"
echo "$?" > "$2/show.code"
"#;

/// A shell that may mount, if there is one.
fn mounter() -> Option<Vec<&'static str>> {
    let ways = [vec!["unshare", "--mount"], vec!["unshare", "--map-root-user", "--mount"]];
    ways.into_iter().find(|way| {
        let tried =
            Command::new(way[0]).args(&way[1..]).args(["sh", "-c", "mount -t tmpfs -o size=1m tmpfs /tmp"]).output();
        tried.is_ok_and(|output| output.status.success())
    })
}

struct Room {
    full: Ended,
    again: Ended,
    more: Ended,
    show: Ended,
    asked: usize,
    /// What has to be said. A limit on file sizes is no full disk to SQLite, only a write that failed.
    words: &'static str,
}

/// A session whose program folder has room for so many kB.
fn with_room(kilobytes: u32) -> Room {
    let steps: String = (0..12)
        .map(|n| format!("- {{say: \"step {n} {}\", calls: [{{tool: read, args: {{files: [{{path: README.md, limit: {}}}]}}}}]}}\n", "x".repeat(4_000), n + 1))
        .collect();
    let (desk, sim) = (Desk::new(), Sim::steps(&steps));
    let (mut shell, words) = match mounter() {
        Some(way) => {
            let mut shell = desk.command(way[0]);
            shell.args(&way[1..]).args(["sh", "-c", SCRIPT]);
            (shell, "is full, and the last write was not stored")
        }
        None => {
            let mut shell = desk.command("sh");
            shell.args(["-c", LIMITED]);
            (shell, "agent.db: ")
        }
    };
    let status = shell
        .args([AGENT, &kilobytes.to_string(), &desk.base().display().to_string()])
        .envs(sim.variables())
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
    let file = |name: &str| String::from_utf8_lossy(&std::fs::read(desk.base().join(name)).unwrap()).into_owned();
    let ended = |name: &str| Ended {
        code: file(&format!("{name}.code")).trim().parse().unwrap(),
        out: file(&format!("{name}.out")),
        err: file(&format!("{name}.err")),
    };
    Room {
        full: ended("full"),
        again: ended("again"),
        more: ended("more"),
        show: ended("show"),
        asked: sim.requests().len(),
        words,
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_that_was_saved_is_lost() {
    let mut died_in_the_middle = 0;
    for kilobytes in [16, 128, 320, 400, 440, 480] {
        let room = with_room(kilobytes);
        let full = room.full.exits(70);
        let said = format!("{}{}", full.out, full.err);
        assert!(said.contains(room.words), "{kilobytes}: {said}");
        let began = full.lines().iter().any(|event| event["type"] == "turn.started");
        if !began {
            // There was no room for the task itself: it says so, and the folder is as good as new. Or the task was saved and
            // nothing after it: then it is done now.
            assert!([0, 2].contains(&room.again.code), "{kilobytes}: {}", room.again.err);
            continue;
        }
        died_in_the_middle += 1;
        let again = room.again.exits(0);
        assert_eq!(again.completed()["status"], "answered");
        assert_eq!(again.events("message").pop().unwrap()["text"], "Done.");
        room.more.exits(0);
        // Every step that was shown as done is in the ledger, and none was asked twice once it was saved.
        let steps = room.show.exits(0).json()["steps"].as_array().unwrap().len();
        let shown = full.events("step.completed").len() + again.events("step.completed").len();
        assert_eq!(shown + 1, steps, "{kilobytes}");
        assert!(room.asked <= steps + 1, "{} {steps}", room.asked);
    }
    assert!(died_in_the_middle >= 2, "the disk was never full in the middle");
}
