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

#[test]
fn the_text_of_a_pull_request_replaces_no_file_and_makes_no_folder() {
    let (desk, sim) = (named(), Sim::steps(EDIT));
    let team = team(&desk, "test -f done.txt");
    let run = |pr: &[&str]| desk.ask(&sim, &[&["run", "Write it down.", "--team", &team], pr].concat());
    let deep = desk.base().join("deep/down/x.md");
    for (pr, words) in [
        (&["--pr", "README.md"][..], "--pr README.md: is there already"),
        (&["--pr", deep.to_str().unwrap()], "there is no folder"),
        (&["--pr", "src", "--force"], "--pr src: is a folder"),
        (&["--pr", "-", "--json"], "--pr - and --json both write to standard output"),
    ] {
        run(pr).exits(2).says(&[words]);
    }
    assert!(sim.requests().is_empty(), "nothing is spent before that is known");
    assert!(!deep.parent().unwrap().exists());
    assert!(desk.read("README.md").starts_with("# Sample"));
    run(&["--pr", "README.md", "--force"]).exits(0);
    assert!(desk.read("README.md").starts_with("# Write it down."));
}

#[test]
fn what_is_left_behind_is_an_event_before_the_session_is_over() {
    let (desk, sim) = (named(), Sim::steps(EDIT));
    let team = team(&desk, "test -f done.txt");
    let pr = desk.base().join("pr.md").display().to_string();
    let arguments = ["run", "Write it down.", "--team", &team, "--commit", "--pr", &pr, "--json"];
    let ended = desk.ask(&sim, &arguments).exits(0);
    let made = ended.events("artifact");
    let hash = desk.git(&["rev-parse", "--short", "HEAD"]);
    assert_eq!((&made[0]["kind"], &made[0]["at"]), (&"commit".into(), &hash.trim().into()));
    assert_eq!((&made[1]["kind"], &made[1]["at"]), (&"pull_request".into(), &pr.as_str().into()));
    assert_eq!(ended.completed()["exit_code"], 0);
    assert!(std::fs::read_to_string(&pr).unwrap().contains("## Verification"));
}

#[test]
fn a_commit_that_fails_ends_the_session_as_it_ends_the_process_and_the_text_is_written_all_the_same() {
    let (desk, sim) = (Desk::new(), Sim::steps(EDIT));
    let team = team(&desk, "test -f done.txt");
    let pr = desk.base().join("pr.md").display().to_string();
    let arguments = ["run", "Write it down.", "--team", &team, "--commit", "--pr", &pr, "--json"];
    let ended = desk.ask(&sim, &arguments).exits(2);
    let made = ended.events("artifact");
    assert_eq!(made[0]["at"], serde_json::Value::Null);
    assert!(made[0]["error"].as_str().unwrap().contains("not committed: git:"), "{made:?}");
    let completed = ended.completed();
    assert_eq!((&completed["exit_code"], &completed["status"]), (&2.into(), &"verified".into()));
    assert!(std::fs::read_to_string(&pr).unwrap().starts_with("# Write it down."));
    let failed = Sim::steps(&format!("{EDIT}- say: I am sure.\n- say: Quite sure.\n- say: Really.\n"));
    let team = self::team(&desk, "false");
    let ended = desk.ask(&failed, &["run", "Write it down.", "--team", &team, "--commit", "--json"]);
    assert!(ended.events("artifact")[0]["error"].as_str().unwrap().contains("not verified"), "{}", ended.out);
}
