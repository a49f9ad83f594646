use super::*;

#[test]
fn what_was_said_of_this_folder_does_not_go_along_to_another_session() {
    let wall = "workspace+net(crates.example)".parse().unwrap();
    let flags = Flags {
        team: TeamArgs {
            trust_workspace: true,
            base_url: Some("http://127.0.0.1:1".to_owned()),
            ..TeamArgs::default()
        },
        session: SessionArgs {
            sandbox: SandboxArgs { sandbox: Some(wall), no_sandbox: true },
            max_steps: Some(3),
            ..SessionArgs::default()
        },
        without_commands: None,
    };
    let other = flags.of_another();
    assert!(!other.team.trust_workspace && other.team.base_url.is_none());
    assert!(!other.session.sandbox.no_sandbox && other.session.sandbox.sandbox.is_none());
    assert_eq!(other.session.max_steps, Some(3), "limits hold for each session");
}
