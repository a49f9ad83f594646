//! What a run leaves behind where asked: a commit, the text for a pull request.

use crate::support::{Desk, Sim};

const EDIT: &str = "- calls: [{tool: read, args: {files: [{path: README.md}]}}]
- calls: [{tool: write, args: {path: done.txt, content: \"done\\n\"}}]
- say: I wrote it down.
";

/// A repository whose git knows who commits.
fn named() -> Desk {
    let desk = Desk::new();
    desk.git(&["config", "user.name", "Sam"]);
    desk.git(&["config", "user.email", "sam@example.com"]);
    desk
}

fn team(desk: &Desk, check: &str) -> String {
    desk.aside(
        "checked.yaml",
        &format!("version: 1\nagents:\n  - {{id: solo, brain: premium}}\nverify:\n  - {{name: there, command: \"{check}\"}}\n"),
    )
}

#[test]
fn verified_work_becomes_one_commit_with_the_verification_in_its_message() {
    let (desk, sim) = (named(), Sim::steps(EDIT));
    let team = team(&desk, "test -f done.txt");
    desk.file("mine.txt", "not yet committed\n");
    desk.git(&["add", "mine.txt"]);
    let ended = desk.ask(&sim, &["run", "Write it down.", "--team", &team, "--commit", "--pr", "-"]).exits(0);
    let message = desk.git(&["log", "-1", "--format=%B"]);
    for words in ["Write it down.", "I wrote it down.", "- test -f done.txt: passed", "Tandem-Session: "] {
        assert!(message.contains(words), "{message}");
    }
    assert_eq!(desk.git(&["log", "-1", "--name-only", "--format="]).trim(), "done.txt", "nothing else goes in");
    assert!(desk.git(&["status", "--porcelain"]).contains("A  mine.txt"), "what was staged stays staged");
    for words in ["# Write it down.", "- `done.txt` (+1 -0)", "## Verification", "- test -f done.txt: passed"] {
        assert!(ended.out.contains(words), "{}", ended.out);
    }
}

#[test]
fn work_that_is_not_verified_is_not_committed() {
    let (desk, sim) = (named(), Sim::steps(&format!("{EDIT}- say: I am sure.\n- say: Quite sure.\n- say: Really.\n")));
    let before = desk.git(&["rev-parse", "HEAD"]);
    let team = team(&desk, "false");
    let ended = desk.ask(&sim, &["run", "Write it down.", "--team", &team, "--commit"]);
    assert_ne!(ended.code, 0);
    assert!(ended.err.contains("no commit"), "{}", ended.err);
    assert_eq!(desk.git(&["rev-parse", "HEAD"]), before);
}

#[test]
fn a_file_with_changes_of_the_users_is_not_committed_with_the_rest() {
    let steps = EDIT.replace("done.txt, content", "README.md, content");
    let (desk, sim) = (named(), Sim::steps(&steps));
    desk.file("README.md", "changed by hand\n");
    let team = team(&desk, "grep -q done README.md");
    let ended = desk.ask(&sim, &["run", "Write it down.", "--team", &team, "--commit"]).exits(2);
    assert!(ended.err.contains("README.md had changes of yours"), "{}", ended.err);
}

#[test]
fn a_commit_that_git_refuses_is_said_and_the_work_stays() {
    let (desk, sim) = (Desk::new(), Sim::steps(EDIT));
    let team = team(&desk, "test -f done.txt");
    let ended = desk.ask(&sim, &["run", "Write it down.", "--team", &team, "--commit"]).exits(2);
    assert!(ended.err.contains("not committed: git:"), "{}", ended.err);
    assert_eq!(desk.read("done.txt"), "done\n");
}
