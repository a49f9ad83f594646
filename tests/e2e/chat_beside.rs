//! What goes on beside a turn in a chat, at a terminal: commands, and shell commands of the person's own.

use std::os::unix::fs::PermissionsExt as _;

use crate::safety::terminal::{Terminal, a_moment};
use crate::support::{AGENT, Desk, Sim, wait_until};

/// How the two faces are asked for, and what is shown when they are ready.
const FACES: [(&str, &str); 2] = [("--plain", "\n> "), ("", "ready")];

fn chat(face: &str, more: &str) -> String {
    format!("exec '{AGENT}' chat --team solo --approve auto {face} {more}")
}

/// A `git` in front of the real one that waits for a file `go` where a tree is written, and says that it does.
fn slow_git(desk: &Desk) -> String {
    let git = desk.aside(
        "bin/git",
        &format!(
            "#!/bin/sh\ncase \" $* \" in *' write-tree '*) touch '{0}/waits'; until [ -e '{0}/go' ]; do sleep 0.05; done;; esac\n\
             PATH=\"${{PATH#*:}}\" exec git \"$@\"\n",
            desk.base().display()
        ),
    );
    std::fs::set_permissions(&git, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{}", desk.base().join("bin").display(), std::env::var("PATH").unwrap())
}

#[test]
fn a_diff_while_a_turn_runs_keeps_neither_from_its_end() {
    for (face, ready) in FACES {
        let steps = "- calls: [{tool: write, args: {path: new.txt, content: hello}}]\n- say: It is written.";
        let (desk, sim) = (Desk::new(), Sim::steps(steps));
        let path = slow_git(&desk);
        let variables = [&sim.variables()[..], &[("PATH", path.as_str())]].concat();
        let terminal = Terminal::new(&desk, &variables, &chat(face, ""));
        terminal.shows(ready);
        terminal.type_line("Write it.");
        wait_until("a tree is written", || desk.base().join("waits").exists());
        terminal.type_line("/diff");
        a_moment();
        std::fs::write(desk.base().join("go"), "").unwrap();
        terminal.shows("It is written.");
        terminal.type_line("/diff");
        terminal.shows("hello");
        terminal.shows("the last turn changed");
        terminal.type_line("/quit");
        wait_until("the end", || terminal.is_over());
    }
}

#[test]
fn a_command_of_ones_own_keeps_nothing_waiting_and_does_not_end_with_a_turn() {
    for (face, ready) in FACES {
        let steps = "- say: The first answer.\n- calls: [{tool: bash, args: {command: \"touch begun; sleep 1000\"}}]";
        let (desk, sim) = (Desk::new(), Sim::steps(steps));
        let terminal = Terminal::new(&desk, &sim.variables(), &chat(face, ""));
        terminal.shows(ready);
        terminal.type_line("!until [ -e own ]; do sleep 0.05; done; echo own-$((40+2))");
        a_moment();
        terminal.type_line("What is this?");
        terminal.shows("The first answer.");
        terminal.type_line("/approve ask");
        terminal.shows("mode ask");
        terminal.type_line("/approve auto");
        terminal.shows("mode auto");
        terminal.type_line("Begin.");
        wait_until("the call", || desk.root.join("begun").exists());
        terminal.ask(&["send-keys", if face.is_empty() { "Escape" } else { "C-c" }]);
        terminal.shows("interrupt");
        a_moment();
        desk.file("own", "");
        terminal.shows("own-42");
        // Who leaves ends them.
        terminal.type_line("!echo > last; exec sleep 1000");
        wait_until("the last one", || desk.root.join("last").exists());
        terminal.type_line("/quit");
        wait_until("the end", || terminal.is_over());
    }
}

#[test]
fn an_image_that_only_a_paste_names_does_not_go_along() {
    let (desk, sim) = (Desk::new(), Sim::free());
    desk.file("shot.png", "no picture at all");
    let terminal = Terminal::new(&desk, &sim.variables(), &chat("", ""));
    terminal.shows("ready");
    let lines: String = (0..81).map(|line| format!("line {line}, see @shot.png please\n")).collect();
    terminal.paste(&lines, true);
    terminal.shows("81 lines");
    terminal.ask(&["send-keys", "Enter"]);
    sim.wait_for(1);
    assert!(format!("{:?}", sim.requests()[0].request).contains("see @shot.png please"), "words they are");
    terminal.type_line("/quit");
    wait_until("the end", || terminal.is_over());
}
