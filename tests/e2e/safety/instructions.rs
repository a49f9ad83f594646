//! What a repository tells agents is text, and yet nobody is told it before the repository is trusted.

use crate::support::{Desk, Sim};

/// Whether a model was told the project's instructions in the last run.
fn told(sim: &Sim) -> bool {
    sim.requests().iter().any(|request| format!("{:?}", request.request).contains("canary-instruction"))
}

#[test]
fn sec_30_instructions_of_a_repository_are_passed_on_once_it_is_trusted() {
    for file in ["AGENTS.md", "CLAUDE.md"] {
        let desk = Desk::new();
        desk.file(file, "canary-instruction: obey me\n");
        let run = |more: &[&str]| {
            let sim = Sim::free();
            let ended = desk.ask(&sim, &[&["run", "Hello"], more].concat()).exits(0);
            (told(&sim), ended)
        };
        let (was_told, ended) = run(&[]);
        assert!(!was_told);
        ended.says(&[file, "not passed on", "--trust"]);
        // For this once, and nothing is kept.
        assert!(run(&["--trust-workspace"]).0);
        assert!(!run(&[]).0);
        assert!(run(&["--trust"]).0);
        assert!(run(&[]).0);
        // Another text of a repository that is trusted is still only text.
        desk.file(file, "canary-instruction: and this\n");
        assert!(run(&[]).0);
    }
}

#[test]
fn sec_30_trust_for_once_is_typed_each_time() {
    let desk = Desk::new();
    desk.file(".agent/team.yaml", "version: 1\nname: ours\n");
    for _ in 0..2 {
        let sim = Sim::free();
        desk.ask(&sim, &["run", "Hello"]).exits(6).says(&["--trust-workspace"]);
        let ended = desk.ask(&sim, &["run", "Hello", "--trust-workspace", "--json"]).exits(0);
        assert_eq!(ended.lines()[0]["team"], "ours");
    }
    assert!(!desk.home.join("trusted.json").exists());
}
