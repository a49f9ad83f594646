//! CONNECT, and what the TLS inside says.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use sandbox::net::{Denied, Outcome};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::rig::Rig;

/// A real client's first words; `server` may be an address, for which TLS has no server name.
fn hello(server: &str) -> Vec<u8> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let name = ServerName::try_from(server.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).unwrap();
    bytes
}

/// Everything until the proxy closes.
async fn rest(stream: &mut UnixStream) -> String {
    let mut rest = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
    assert!(read.is_ok(), "the proxy did not close the tunnel");
    String::from_utf8_lossy(&rest).into_owned()
}

#[tokio::test]
async fn sec_36_a_tunnel_carries_tls_for_its_own_host_byte_for_byte() {
    for (target, name) in [("a.test:443", "a.test"), ("A.TEST.:443", "a.test"), ("a.test:443", "A.Test")] {
        let rig = Rig::with(&["a.test"], "server words").await;
        let (mut stream, head) = rig.tunnel(target).await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let mut words = hello(name);
        words.extend_from_slice(b"early data");
        // In pieces, as networks do.
        for piece in words.chunks(37) {
            stream.write_all(piece).await.unwrap();
            stream.flush().await.unwrap();
        }
        let mut reply = [0; 12];
        stream.read_exact(&mut reply).await.unwrap();
        assert_eq!(&reply, b"server words");
        stream.shutdown().await.unwrap();
        rest(&mut stream).await;
        assert_eq!(rig.friend.got(), words);
        rig.told(1).await;
        assert_eq!(rig.events()[0].outcome, Outcome::Allowed(rig.friend.address));
    }
}

#[tokio::test]
async fn sec_36_tls_for_another_host_or_for_none_is_cut_before_a_byte_goes_out() {
    for (server, named) in [
        ("evil.test", Some("evil.test")),
        ("a.test.evil.test", Some("a.test.evil.test")),
        ("xa.test", Some("xa.test")),
        ("127.0.0.1", None),
    ] {
        let rig = Rig::new(&["a.test"]).await;
        let (mut stream, head) = rig.tunnel("a.test:443").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        stream.write_all(&hello(server)).await.unwrap();
        assert_eq!(rest(&mut stream).await, "");
        rig.told(1).await;
        assert_eq!(rig.denied(), Denied::OtherName(named.map(str::to_owned)));
        rig.assert_nothing_left();
    }
}

#[tokio::test]
async fn sec_36_only_tls_goes_through_a_tunnel() {
    let endless = [&[22, 3, 1, 0x40, 0, 1, 0, 0xff, 0xff][..], &[0; 80_000]].concat();
    for words in [
        &b"GET / HTTP/1.1\r\nHost: evil.test\r\n\r\n"[..],
        b"SSH-2.0-x\r\n",
        b"\x80\x2e\x01\x03\x01 an old hello",
        b"\x16\x03\x01\x00\x05\x02\x00\x00\x01\x00 no hello",
        b"\x15\x03\x01\x00\x02\x02\x28",
        &endless,
    ] {
        let rig = Rig::new(&["a.test"]).await;
        let (mut stream, head) = rig.tunnel("a.test:80").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        stream.write_all(words).await.ok();
        assert_eq!(rest(&mut stream).await, "");
        rig.told(1).await;
        assert!(matches!(rig.denied(), Denied::NotTls(_)), "{:?}", rig.denied());
        rig.assert_nothing_left();
    }
}

#[tokio::test]
async fn sec_36_a_client_that_leaves_before_it_says_hello_is_told_of_too() {
    let rig = Rig::new(&["a.test"]).await;
    let (mut stream, _) = rig.tunnel("a.test:443").await;
    stream.write_all(&hello("a.test")[..20]).await.unwrap();
    stream.shutdown().await.unwrap();
    rest(&mut stream).await;
    rig.told(1).await;
    assert!(matches!(rig.denied(), Denied::NotTls(_)));
    rig.assert_nothing_left();
}

#[tokio::test]
async fn perm_02_a_host_that_is_taken_from_the_list_loses_its_open_tunnels() {
    let rig = Rig::with(&["a.test", "b.test"], "server words").await;
    let (mut stream, _) = rig.tunnel("a.test:443").await;
    stream.write_all(&hello("a.test")).await.unwrap();
    let mut reply = [0; 12];
    stream.read_exact(&mut reply).await.unwrap();
    // What stays on the list stays open.
    rig.proxy.allow(vec!["a.test".parse().unwrap()]);
    stream.write_all(b"more").await.unwrap();
    rig.proxy.allow(vec!["b.test".parse().unwrap()]);
    assert_eq!(rest(&mut stream).await, "");
    let (_, head) = rig.tunnel("a.test:443").await;
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
}

#[tokio::test]
async fn a_proxy_that_is_dropped_takes_its_tunnels_and_its_socket_with_it() {
    let rig = Rig::with(&["a.test"], "server words").await;
    let (mut stream, _) = rig.tunnel("a.test:443").await;
    stream.write_all(&hello("a.test")).await.unwrap();
    let mut reply = [0; 12];
    stream.read_exact(&mut reply).await.unwrap();
    let socket = rig.socket();
    drop(rig);
    assert_eq!(rest(&mut stream).await, "");
    assert!(!socket.exists());
}
