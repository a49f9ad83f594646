use super::*;

#[test]
fn every_command_has_one_name_and_says_what_it_does() {
    for (at, command) in COMMANDS.iter().enumerate() {
        assert!(command.name.chars().all(|c| c.is_ascii_lowercase()) && !command.about.is_empty(), "{command:?}");
        assert_eq!(COMMANDS.iter().position(|other| other.kind == command.kind), Some(at), "{command:?}");
        assert_eq!(find(command.name), Some(command));
    }
    assert_eq!(find("exit"), find("quit"));
    assert_eq!(find("dance"), None);
}

#[test]
fn help_and_completion_name_all_commands_and_own_ones() {
    let own = Own::of(&[("ship", "# Ship it\n\nShip $1.")], &[]);
    let help = help(&own, "Type a task.");
    for command in candidates(&own) {
        assert!(help.contains(&format!("/{}", command.insert)) && help.contains(&command.about), "{command:?}\n{help}");
    }
    assert!(help.contains("Your own:") && help.contains("Ship it"), "{help}");
}

#[test]
fn the_guide_shows_the_same_table() {
    let mut table = "| command | does | while a turn runs |\n| --- | --- | --- |\n".to_owned();
    for command in &COMMANDS {
        let usage = format!("/{} {}", command.name, command.takes).trim_end().replace('|', "\\|");
        let when = if command.when == When::Always { "yes" } else { "no" };
        table.push_str(&format!("| `{usage}` | {} | {when} |\n", command.about));
    }
    let guide = crate::config::files::read(std::path::Path::new("../../docs/chat.md")).unwrap();
    assert!(guide.contains(&table), "docs/chat.md shows another table than\n{table}");
}
