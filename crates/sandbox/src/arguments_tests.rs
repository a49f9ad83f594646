use super::*;
use crate::profile::{Limits, Stage};

fn profile(mode: Mode, network: Network) -> Profile {
    Profile {
        mode,
        root: "/home/u/ws".into(),
        writable: Vec::new(),
        readable: Vec::new(),
        protected: Vec::new(),
        hidden: Vec::new(),
        network,
        session_tmp: "/tmp/s".into(),
        state: "/home/u/.state".into(),
        stage: Stage {
            program: "/opt/agent".into(),
            first: vec!["__stage".into()],
            bridge: vec!["__netbridge".into()],
        },
        limits: Limits { open_files: Some(1024), ..Limits::default() },
    }
}

fn build(profile: &Profile, found: &Snapshot) -> String {
    build_with(profile, found, "/opt/agent")
}

fn build_with(profile: &Profile, found: &Snapshot, stage: &str) -> String {
    let line = ["/bin/bash".into(), "-c".into(), "echo a".into()];
    let environment = [("PATH".to_owned(), "/bin".to_owned()), ("TMPDIR".to_owned(), "/elsewhere".to_owned())];
    let command = Command {
        line: &line,
        folder: Path::new("/home/u/ws/src"),
        environment: &environment,
        stage: Path::new(stage),
        report: Path::new("/tmp/.tandem-report-1"),
        tmp: Path::new("/tmp/s"),
    };
    let words: Vec<String> =
        arguments(profile, found, &command).iter().map(|word| word.to_string_lossy().into_owned()).collect();
    words.join(" ")
}

fn workspace() -> Snapshot {
    Snapshot { writable: vec!["/home/u/ws".into()], ..Snapshot::default() }
}

fn position(all: &str, part: &str) -> usize {
    all.find(part).unwrap_or_else(|| panic!("`{part}` is not in {all}"))
}

#[test]
fn a_usual_command_looks_so() {
    let mut found = workspace();
    found.protected.push("/home/u/ws/.git".into());
    found.absent.push("/home/u/ws/.agent".into());
    found.hidden = vec![("/home/u/.ssh".into(), true), ("/home/u/.netrc".into(), false)];
    let all = build(&profile(Mode::Workspace, Network::Loopback), &found);
    assert_eq!(
        all,
        "--unshare-user --unshare-pid --unshare-ipc --unshare-net --disable-userns \
         --die-with-parent --new-session --cap-drop ALL --clearenv --setenv PATH /bin --setenv TMPDIR /tmp --setenv \
         TANDEM_SANDBOX workspace --setenv GOCACHE /tmp/go-build --ro-bind / / --dev /dev --proc /proc \
         --bind /tmp/s /tmp --perms 0555 --tmpfs /run --bind /home/u/ws /home/u/ws --perms 0555 --tmpfs /home/u/.ssh \
         --ro-bind /dev/null /home/u/.netrc --ro-bind /home/u/ws/.git /home/u/ws/.git --perms 0555 \
         --tmpfs /home/u/ws/.agent --chdir /home/u/ws/src -- /opt/agent __stage --report /tmp/.tandem-report-1 --write /home/u/ws --network loopback \
         --open-files 1024 -- /bin/bash -c echo a"
    );
}

#[test]
fn what_lies_in_a_hidden_or_private_folder_is_bound_back_behind_it() {
    let mut found = Snapshot { writable: vec!["/tmp/x/ws".into()], ..Snapshot::default() };
    found.hidden = vec![("/tmp/x/ws/.env".into(), false), ("/home/u".into(), true), ("/home/u/.ssh".into(), true)];
    found.readable = vec!["/home/u/tools".into()];
    let all = build(&profile(Mode::Workspace, Network::Loopback), &found);
    assert!(position(&all, "--bind /tmp/s /tmp ") < position(&all, "--bind /tmp/x/ws /tmp/x/ws"));
    assert!(position(&all, "--bind /tmp/x/ws /tmp/x/ws") < position(&all, "--ro-bind /dev/null /tmp/x/ws/.env"));
    assert!(position(&all, "--tmpfs /home/u ") < position(&all, "--ro-bind /home/u/tools /home/u/tools"));
    assert!(!all.contains(".ssh"), "there is nothing left to hide: {all}");
}

#[test]
fn sockets_in_private_folders_need_no_mask_and_others_do() {
    let mut found = workspace();
    found.sockets =
        ["/run/docker.sock", "/tmp/.X11-unix/X0", "/home/u/s.sock", "/home/u/ws/dev.sock"].map(Into::into).to_vec();
    let all = build(&profile(Mode::Workspace, Network::Loopback), &found);
    assert!(!all.contains("docker.sock") && !all.contains("X0"), "{all}");
    assert!(
        all.contains("--ro-bind /dev/null /home/u/s.sock") && all.contains("--ro-bind /dev/null /home/u/ws/dev.sock")
    );
}

#[test]
fn in_mode_read_only_nothing_but_our_own_is_bound_for_writing() {
    let found = Snapshot { readable: vec!["/home/u/ws".into()], ..Snapshot::default() };
    let all = build(&profile(Mode::ReadOnly, Network::None), &found);
    let writes: Vec<&str> = all.split(" --").filter(|part| part.starts_with("bind ")).collect();
    assert_eq!(writes, ["bind /tmp/s /tmp"]);
    assert!(!all.contains("--write") && all.contains("--network none"), "{all}");
}

#[test]
fn a_proxy_comes_with_its_socket_and_the_bridge() {
    let mode = Mode::WorkspaceNet(vec!["a.test".parse().unwrap()]);
    let network = Network::Proxy { socket: "/home/u/.state/net.sock".into() };
    let all = build(&profile(mode, network), &workspace());
    assert!(all.contains("--ro-bind /home/u/.state/net.sock /run/tandem/net.sock"), "{all}");
    assert!(all.contains("--network proxy --bridge __netbridge") && all.contains("--unshare-net"), "{all}");
    assert!(all.contains("--setenv TANDEM_SANDBOX workspace+net(a.test)"), "{all}");
}

#[test]
fn a_stage_that_something_lies_upon_is_bound_to_a_place_of_its_own() {
    let mut found = workspace();
    found.hidden = vec![("/home/u/.state".into(), true)];
    for stage in ["/tmp/build/agent", "/home/u/.state/sandbox/stage-1", "/home/u/ws/target/agent"] {
        let all = build_with(&profile(Mode::Workspace, Network::Loopback), &found, stage);
        assert!(all.contains(&format!("--ro-bind {stage} /run/tandem/stage")), "{all}");
        assert!(all.contains("-- /run/tandem/stage __stage"), "{all}");
    }
}
