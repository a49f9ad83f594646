#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use protocol::Usage;

use super::*;

fn ears() -> Ears {
    Ears::new(&AgentId::from("main"), Arc::default())
}

fn event(agent: &str, body: EventBody) -> Event {
    Event { v: 1, session: SessionId::from("s"), seq: 1, agent: Some(AgentId::from(agent)), body }
}

fn step(agent: &str, purpose: Purpose, read: u64) -> Event {
    let usage = Usage { input: 10, cache_read: read, output: 5, ..Usage::default() };
    let brain = "a/b".to_owned();
    event(agent, EventBody::StepCompleted { brain, purpose, usage, usd: None, predicted_cache_read: 0 })
}

#[tokio::test]
async fn steps_of_main_move_its_context_and_those_of_others_do_not() {
    let ears = ears();
    ears.hear(&step("sidekick", Purpose::Step, 900));
    assert_eq!(known(&ears), (None, None, false));
    ears.hear(&step("main", Purpose::Step, 100));
    assert_eq!(known(&ears), (Some(115), None, true));
    ears.hear(&event("main", EventBody::WindowOpened { brain: "c/d".into(), reason: "full".into(), number: 2 }));
    assert_eq!(known(&ears), (None, Some("c/d".to_owned()), true));
    ears.changed.notified().await;
}

/// Context, brain and warmth as they are known.
fn known(ears: &Ears) -> (Option<u64>, Option<String>, bool) {
    let live = ears.live();
    (live.context, live.brain.clone(), live.warmed)
}

#[test]
fn the_branch_is_read_off_the_repository_and_off_a_linked_working_tree() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("repo");
    let git = root.join(".git");
    std::fs::create_dir_all(git.join("worktrees/linked")).unwrap();
    std::fs::write(git.join("HEAD"), "ref: refs/heads/feature/x\n").unwrap();
    std::fs::write(git.join("worktrees/linked/HEAD"), "0123456789abcdef\n").unwrap();
    let linked = folder.path().join("linked");
    std::fs::create_dir(&linked).unwrap();
    std::fs::write(linked.join(".git"), format!("gitdir: {}\n", git.join("worktrees/linked").display())).unwrap();
    std::fs::create_dir(root.join("deeper")).unwrap();
    assert_eq!(branch(&root.join("deeper")).as_deref(), Some("feature/x"));
    assert_eq!(branch(&linked).as_deref(), Some("0123456"));
}
