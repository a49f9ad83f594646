//! The program's own folder: nobody else's, and one project's sessions are not another's.

use std::os::unix::fs::{PermissionsExt, chown, symlink};

use crate::support::{Desk, Sim};

#[test]
fn sec_60_a_state_folder_that_somebody_else_may_have_put_there_is_refused() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let base = desk.base();
    let real = base.join("real");
    std::fs::create_dir(&real).unwrap();
    let link = base.join("link");
    symlink(&real, &link).unwrap();
    let sticky = base.join("sticky");
    std::fs::create_dir(&sticky).unwrap();
    std::fs::set_permissions(&sticky, std::fs::Permissions::from_mode(0o1777)).unwrap();
    // Only an administrator can give a folder away; everybody else has one that belongs to somebody else: the root.
    let foreign = base.join("foreign");
    std::fs::create_dir(&foreign).unwrap();
    let foreign = if chown(&foreign, Some(65_534), None).is_ok() { foreign } else { "/".into() };
    for (folder, why) in
        [(&link, "is a symbolic link"), (&sticky, "everybody can write in"), (&foreign, "belongs to another user")]
    {
        let named = folder.display().to_string();
        for arguments in [&["run", "Hello"][..], &["sessions", "list"], &["doctor"]] {
            let variables = [&sim.variables()[..], &[("AGENT_HOME", named.as_str())]].concat();
            let ended = desk.agent_with(&variables, arguments, "").exits(6);
            ended.says(&[&named, why, "AGENT_HOME"]);
        }
    }
    assert_eq!(sim.requests().len(), 0);
    assert_eq!(std::fs::read_dir(real).unwrap().count(), 0);
}

#[test]
fn sec_60_the_state_folder_is_the_users_alone() {
    let (desk, sim) = (Desk::new(), Sim::free());
    std::fs::set_permissions(&desk.home, std::fs::Permissions::from_mode(0o755)).unwrap();
    let session = desk.ask(&sim, &["run", "Hello", "--json"]).exits(0).session();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&desk.home), 0o700);
    assert_eq!(mode(&desk.home.join("agent.db")), 0o600);
    assert!(desk.home.join("sessions").join(session).exists());
    // One that is not there yet is made so.
    let new = desk.base().join("new/state");
    let variables = [&sim.variables()[..], &[("AGENT_HOME", new.to_str().unwrap())]].concat();
    desk.agent_with(&variables, &["run", "Hello"], "").exits(0);
    assert_eq!(mode(&new), 0o700);
}

#[test]
fn sec_59_projects_with_nearly_the_same_name_do_not_share_sessions() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let long = "x".repeat(250);
    let names = ["a_b", "a-b", "a b", "A_b", "a/b", &long, &format!("{}y", &long[1..])];
    let mut sessions = Vec::new();
    for name in names {
        let folder = desk.base().join("projects").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let folder = folder.display().to_string();
        let none = desk.agent(&["cost", "--cwd", &folder]).exits(2);
        none.says(&["there is no session in"]);
        sessions.push((desk.ask(&sim, &["run", "Hello", "--json", "--cwd", &folder]).exits(0).session(), folder));
    }
    for (session, folder) in sessions {
        let shown = desk.agent(&["sessions", "show", "--json", "--cwd", &folder]).exits(0);
        assert!(shown.out.contains(&session), "{folder}: {}", shown.out);
    }
}
