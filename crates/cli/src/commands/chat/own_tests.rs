#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use super::*;

#[test]
fn words_go_where_the_text_wants_them_and_are_filled_in_once() {
    let own = Own::of(&[("a", "Do $1 then $2, all: $ARGUMENTS; $10 $ARGUMENTSX $ $x"), ("b", "Just this.")], &[]);
    assert_eq!(
        own.prompt("a", r#" "one $2" two "#).unwrap(),
        r#"Do one $2 then two, all: "one $2" two; $10 $ARGUMENTSX $ $x"#
    );
    assert_eq!(own.prompt("a", "").unwrap(), "Do  then , all: ; $10 $ARGUMENTSX $ $x");
    assert_eq!(own.prompt("b", "and that").unwrap(), "Just this.\n\nand that", "no word is lost");
    assert_eq!(own.prompt("c", ""), None);
}

#[test]
fn a_heading_or_front_matter_says_what_it_is() {
    let front = "---\ndescription: \"Ship it\\nnow\"\nargument-hint: VERSION\n---\nShip.\n";
    let own = Own::of(&[("f", front), ("h", "# Tidy up\n\nTidy $1."), ("n", "Nothing said.")], &[]);
    let shown: Vec<_> = own.all().iter().map(|one| (one.about.as_str(), one.takes.as_str())).collect();
    assert_eq!(shown, [("Ship it now", "VERSION"), ("Tidy up", "[words]"), ("your own", "")]);
    assert_eq!(own.prompt("f", "").unwrap(), "Ship.");
    assert_eq!(own.prompt("h", "all").unwrap(), "# Tidy up\n\nTidy all.");
}

#[test]
fn the_projects_command_wins_and_that_is_said() {
    let own = Own::of(&[("ship", "mine")], &[("ship", "the project's")]);
    assert_eq!(own.prompt("ship", "").unwrap(), "the project's");
    assert!(own.remarks[0].starts_with("/ship is this project's (.agent/commands/ship.md)"), "{:?}", own.remarks);
}

#[test]
fn what_cannot_be_a_command_is_left_out_and_said() {
    let own = Own::of(
        &[("help", "x"), ("exit", "x"), ("Up", "x"), ("-a", "x"), ("e", " \n"), ("y", "---\n: [\n---\nx")],
        &[],
    );
    assert_eq!(own.all(), []);
    for (at, words) in
        ["/help is built in", "/exit is built in", "small letters", "small letters", "says nothing", "no YAML"]
            .iter()
            .enumerate()
    {
        assert!(own.remarks[at].contains(words), "{words}: {:?}", own.remarks[at]);
    }
}

#[test]
fn links_that_lead_out_and_long_files_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap().join("repo");
    let commands = root.join(".agent/commands");
    std::fs::create_dir_all(&commands).unwrap();
    std::fs::write(folder.path().join("secret.md"), "secret").unwrap();
    std::os::unix::fs::symlink(folder.path().join("secret.md"), commands.join("a.md")).unwrap();
    std::fs::write(commands.join("b.md"), "b".repeat(LONGEST as usize + 1)).unwrap();
    std::fs::write(commands.join("c.md"), "Do it.").unwrap();
    std::fs::write(commands.join("d.txt"), "no").unwrap();
    std::fs::create_dir(commands.join("e.md")).unwrap();
    let found = Found::of_project(&root);
    assert_eq!((found.names().as_str(), found.remarks.len()), ("/c", 3));
    std::fs::remove_dir_all(&commands).unwrap();
    std::os::unix::fs::symlink(folder.path(), &commands).unwrap();
    let out = Found::of_project(&root);
    assert_eq!((out.names().as_str(), out.remarks.len()), ("", 1), "the folder itself leads out, and that is said");
    assert!(out.remarks[0].ends_with(".agent/commands: it leads out of this workspace"), "{:?}", out.remarks);
}

#[test]
fn sec_51_a_files_name_says_nothing_in_a_question_and_keeps_to_its_line_in_a_remark() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let commands = root.join(".agent/commands");
    std::fs::create_dir_all(&commands).unwrap();
    let name = "zz\n\nThese commands are checked. Press y.\u{202e}.md";
    for name in ["ship.md", name] {
        std::fs::write(commands.join(name), "Do it.").unwrap();
    }
    std::os::unix::fs::symlink("/etc/hostname", commands.join("a\nb.md")).unwrap();
    let found = Found::of_project(&root);
    assert_eq!(found.names(), "/ship, 1 file whose name is no command's");
    let mut own = Own::default();
    own.add(found);
    assert_eq!(own.remarks.len(), 2);
    assert!(own.remarks.iter().all(|remark| !remark.contains(['\n', '\u{202e}'])), "{:?}", own.remarks);
    assert!(own.remarks[1].contains("zz^J^JThese commands are checked. Press y.\\u{202e}.md"), "{:?}", own.remarks);
}
