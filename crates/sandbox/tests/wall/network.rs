//! With the network off nothing leaves.

use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::time::Duration;

use sandbox::{Mode, Network};

use crate::ground::{Ground, open, run, run_in};

/// Each tries to send a byte to `PORT` on this machine, in its own way, or to open a socket of its own kind.
const WAYS: &[&str] = &[
    "curl -m 2 -s http://127.0.0.1:PORT/",
    "curl -m 2 -s http://[::1]:PORT/",
    "curl -m 2 -s http://ADDRESS:PORT/",
    "wget -q -t1 -T2 -O- http://127.0.0.1:PORT/",
    "nc -w 1 127.0.0.1 PORT </dev/null",
    "nc -u -w 1 127.0.0.1 PORT </etc/hostname",
    "ping -c1 -W1 127.0.0.1",
    "ping -c1 -W1 192.0.2.1",
    "dig +time=1 +tries=1 @127.0.0.1 -p PORT a.test",
    "host -W 1 a.test",
    "nslookup -timeout=1 a.test",
    "getent hosts a.test",
    "ssh -o ConnectTimeout=1 -o BatchMode=yes -p PORT 127.0.0.1 true",
    "git ls-remote http://127.0.0.1:PORT/x",
    "echo x > /dev/tcp/127.0.0.1/PORT",
    "python3 net.py tcp PORT",
    "python3 net.py tcp6 PORT",
    "python3 net.py raw PORT",
    "python3 net.py raw-tcp PORT",
    "python3 net.py icmp PORT",
    "python3 net.py netlink PORT",
    "python3 net.py vsock PORT",
    "python3 net.py packet PORT",
    "python3 net.py io_uring PORT",
    "python3 net.py alg PORT",
    "python3 net.py bluetooth PORT",
    "python3 net.py unix SOCKET",
    "python3 net.py unix-datagram SOCKET.d",
];

/// These send into the void of a network of their own: they may well end as if they had worked.
const INTO_THE_VOID: &[&str] =
    &["echo x > /dev/udp/127.0.0.1/PORT", "python3 net.py udp PORT", "python3 net.py udp6 PORT"];

const PROGRAM: &str = r#"
import socket, sys, ctypes
kind, where = sys.argv[1], sys.argv[2]
S = socket
def go(family, kind, protocol, address, data=b"x"):
    s = S.socket(family, kind, protocol); s.settimeout(1)
    if kind == S.SOCK_STREAM: s.connect(address); s.send(data)
    else: s.sendto(data, address)
if kind == "tcp": go(S.AF_INET, S.SOCK_STREAM, 0, ("127.0.0.1", int(where)))
elif kind == "tcp6": go(S.AF_INET6, S.SOCK_STREAM, 0, ("::1", int(where)))
elif kind == "udp": go(S.AF_INET, S.SOCK_DGRAM, 0, ("127.0.0.1", int(where)))
elif kind == "udp6": go(S.AF_INET6, S.SOCK_DGRAM, 0, ("::1", int(where)))
elif kind == "raw": go(S.AF_INET, S.SOCK_RAW, 255, ("127.0.0.1", 0), b"E" * 20)
elif kind == "raw-tcp": go(S.AF_INET, S.SOCK_RAW, 6, ("127.0.0.1", 0), b"E" * 20)
elif kind == "icmp": go(S.AF_INET, S.SOCK_DGRAM, 1, ("127.0.0.1", 0), b"\x08\0\0\0\0\0\0\0")
elif kind == "netlink": S.socket(S.AF_NETLINK, S.SOCK_RAW, 0).bind((0, 0))
elif kind == "vsock": go(40, S.SOCK_STREAM, 0, (2, int(where)))
elif kind == "packet": S.socket(17, S.SOCK_RAW, 3)
elif kind == "alg": S.socket(38, S.SOCK_SEQPACKET, 0)
elif kind == "bluetooth": S.socket(31, S.SOCK_RAW, 1)
elif kind == "io_uring":
    r = ctypes.CDLL(None).syscall(425, 8, ctypes.create_string_buffer(256))
    sys.exit(1 if r < 0 else 0)
elif kind == "unix": go(S.AF_UNIX, S.SOCK_STREAM, 0, where)
elif kind == "unix-datagram": go(S.AF_UNIX, S.SOCK_DGRAM, 0, where)
"#;

/// Everything that hears what leaves.
struct Listeners {
    tcp: Vec<TcpListener>,
    udp: Vec<UdpSocket>,
    unix: UnixListener,
    datagrams: UnixDatagram,
    port: u16,
}

impl Listeners {
    fn open(ground: &Ground) -> Self {
        let first = TcpListener::bind("0.0.0.0:0").unwrap();
        let port = first.local_addr().unwrap().port();
        let mut tcp = vec![first];
        tcp.extend(TcpListener::bind(("::1", port)).ok());
        let mut udp = vec![UdpSocket::bind(("0.0.0.0", port)).unwrap()];
        udp.extend(UdpSocket::bind(("::1", port)).ok());
        let unix = UnixListener::bind(ground.path("home/socket")).unwrap();
        let datagrams = UnixDatagram::bind(ground.path("home/socket.d")).unwrap();
        tcp.iter().for_each(|one| one.set_nonblocking(true).unwrap());
        udp.iter().for_each(|one| one.set_nonblocking(true).unwrap());
        unix.set_nonblocking(true).unwrap();
        datagrams.set_nonblocking(true).unwrap();
        Self { tcp, udp, unix, datagrams, port }
    }

    /// How many of them something reached.
    fn heard(&self) -> usize {
        let mut bytes = [0; 64];
        self.tcp.iter().filter(|one| one.accept().is_ok()).count()
            + self.udp.iter().filter(|one| one.recv(&mut bytes).is_ok()).count()
            + usize::from(self.unix.accept().is_ok())
            + usize::from(self.datagrams.recv(&mut bytes).is_ok())
    }

    fn fill_in(&self, way: &str, ground: &Ground) -> String {
        let address = own_address();
        way.replace("PORT", &self.port.to_string())
            .replace("ADDRESS", &address)
            .replace("SOCKET", &ground.path("home/socket").display().to_string())
    }
}

/// The address by which this machine would be known outside.
fn own_address() -> String {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    match socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr()) {
        Ok(address) => address.ip().to_string(),
        Err(_) => "127.0.0.2".to_owned(),
    }
}

#[test]
fn sec_35_with_the_network_off_no_way_of_sending_reaches_anything() {
    let ground = Ground::new();
    ground.put("net.py", PROGRAM);
    let listeners = Listeners::open(&ground);
    for network in [Network::None, Network::Loopback] {
        let mut profile = ground.profile(Mode::Workspace);
        profile.network = network.clone();
        let sandbox = open(profile);
        for way in WAYS.iter().chain(INTO_THE_VOID) {
            let line = listeners.fill_in(way, &ground);
            let ran = run_in(&sandbox, &ground.path("ws"), &line, Duration::from_secs(10));
            assert!(INTO_THE_VOID.contains(way) || ran.code != Some(0), "{network:?} {line}: {}", ran.output);
            assert!(ran.took < Duration::from_secs(4), "{network:?} {line} took {:?}", ran.took);
            assert_eq!(listeners.heard(), 0, "{network:?} {line}: {}", ran.output);
        }
    }
    // The same ways do reach the listeners where there is no wall.
    for way in [
        "python3 net.py tcp PORT",
        "python3 net.py udp PORT",
        "python3 net.py unix SOCKET",
        "python3 net.py unix-datagram SOCKET.d",
    ] {
        let line = listeners.fill_in(way, &ground);
        let status = std::process::Command::new("bash").args(["-c", &line]).current_dir(ground.path("ws")).status();
        assert!(status.unwrap().success(), "{line}");
        assert_eq!(listeners.heard(), 1, "{line}");
    }
}

#[test]
fn sec_37_sockets_of_the_desktop_of_agents_and_of_containers_are_out_of_reach() {
    let ground = Ground::new();
    // Where docker, gpg and our own control socket might have theirs, outside of /run.
    let names = ["home/docker.sock", "home/S.gpg-agent", "home/control.sock", "state/control.sock"];
    let listeners: Vec<UnixListener> =
        names.iter().map(|name| UnixListener::bind(ground.path(name)).unwrap()).collect();
    let run_name = format!("/run/tandem-test-37-{}", std::process::id());
    let in_run = UnixListener::bind(&run_name);
    // The display's socket lies in the machine's own /tmp.
    let in_tmp = std::env::temp_dir().join(format!("tandem-test-37-{}", std::process::id()));
    let _in_tmp = UnixListener::bind(&in_tmp).unwrap();
    let mut paths: Vec<String> = names.iter().map(|name| ground.path(name).display().to_string()).collect();
    paths.extend([run_name.clone(), in_tmp.display().to_string()]);
    for network in [Network::None, Network::Loopback] {
        let mut profile = ground.profile(Mode::Workspace);
        profile.network = network;
        let sandbox = open(profile);
        for path in &paths {
            let line = format!(
                "python3 -c 'import socket; s=socket.socket(socket.AF_UNIX); s.connect(\"{path}\"); print(\"reached\")'"
            );
            assert!(!run(&sandbox, &line).output.contains("reached\n"), "{path}");
        }
        let ran = run(&sandbox, "env; echo in run:; ls -A /run");
        for name in ["SSH_AUTH_SOCK", "DBUS_", "DISPLAY", "WAYLAND", "XDG_RUNTIME"] {
            assert!(!ran.output.contains(name), "{}", ran.output);
        }
        // A place of ours, where something of ours had to be bound, and nothing else.
        let in_run = ran.output.split_once("in run:\n").map(|(_, names)| names);
        assert!(matches!(in_run, Some("" | "tandem\n")), "{}", ran.output);
    }
    drop((listeners, in_run));
    let _ = std::fs::remove_file(run_name);
    let _ = std::fs::remove_file(in_tmp);
}

#[test]
fn a_test_may_serve_to_itself_where_the_network_is_loopback() {
    let ground = Ground::new();
    let line = "python3 -c '
import socket, threading
s = socket.create_server((\"127.0.0.1\", 0))
threading.Thread(target=lambda: s.accept()[0].sendall(b\"served\")).start()
print(socket.create_connection(s.getsockname()).recv(9))'";
    assert_eq!(run(&ground.open(Mode::Workspace), line).output, "b'served'\n");
}

#[test]
fn through_the_bridge_a_command_reaches_our_proxy_and_nothing_else() {
    use std::io::{BufRead, BufReader, Write};
    let ground = Ground::new();
    let socket = ground.path("state/proxy.sock");
    let proxy = UnixListener::bind(&socket).unwrap();
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = proxy.accept().unwrap();
        let lines: Vec<String> = BufReader::new(stream.try_clone().unwrap())
            .lines()
            .map(Result::unwrap)
            .take_while(|line| !line.is_empty())
            .collect();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\nthrough").unwrap();
        lines[0].clone()
    });
    let mut profile = ground.profile("workspace+net(a.test)".parse().unwrap());
    profile.network = Network::Proxy { socket };
    let listeners = Listeners::open(&ground);
    let sandbox = open(profile);
    let ran = run(&sandbox, "curl -s -m 5 http://a.test/x");
    assert_eq!((ran.output.as_str(), ran.ended.started), ("through", Ok(())));
    assert_eq!(asked.join().unwrap(), "GET http://a.test/x HTTP/1.1");
    let direct = listeners.fill_in("curl --noproxy '*' -s -m 2 http://127.0.0.1:PORT/", &ground);
    assert_ne!(run(&sandbox, &direct).code, Some(0));
    assert_eq!(listeners.heard(), 0);
}
