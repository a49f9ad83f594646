#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use super::*;

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

fn keeper() -> Keeper {
    Keeper::new(Ears::new(Arc::default()), Path::new("/"))
}

fn figures(usd: f64) -> anyhow::Result<Figures> {
    Ok(Figures { usd: Some(Usd::from_dollars(usd)), ..Figures::default() })
}

#[test]
fn until_there_is_a_turn_none_of_the_sessions_dollars_are_the_turns() {
    let mut keeper = keeper();
    keeper.figures = figures(3.0).unwrap();
    assert_eq!(keeper.usd_turn(), Some(Usd::ZERO), "a session that was resumed");
    keeper.before_turn = Some(keeper.figures.usd);
    keeper.figures = figures(4.5).unwrap();
    assert_eq!(keeper.usd_turn(), Some(Usd::from_dollars(1.5)));
    keeper.before_turn = Some(None);
    assert_eq!(keeper.usd_turn(), None, "what was before is not known");
}

#[tokio::test]
async fn what_changes_while_the_store_is_asked_is_asked_for_again() {
    let mut keeper = keeper();
    let (answer, answered) = std::sync::mpsc::channel();
    let changed = Event {
        v: 1,
        session: SessionId::from("s"),
        seq: 1,
        agent: None,
        body: EventBody::TurnStarted { input: String::new() },
    };
    keeper.ears.hear(&changed);
    keeper.ears.changed.notified().await;
    keeper.keep_up_with(move || answered.recv()?);
    // A step is committed while the answer is on its way; both are told of at once.
    keeper.ears.hear(&changed);
    answer.send(figures(1.0)).unwrap();
    while keeper.figures.usd == Some(Usd::ZERO) {
        keeper.ears.changed.notified().await;
        keeper.keep_up_with(|| figures(2.0));
    }
    while keeper.figures.usd != Some(Usd::from_dollars(2.0)) {
        let told = tokio::time::timeout(std::time::Duration::from_secs(20), keeper.ears.changed.notified());
        told.await.expect("it is asked again");
        keeper.keep_up_with(|| panic!("nothing changed any more"));
    }
}
