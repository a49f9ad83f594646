//! What never goes out.

use sandbox::net::{Denied, Outcome};

use crate::rig::Rig;

/// Asks in both ways, and makes sure that each is refused with words and one line of audit.
async fn assert_refused(rig: &Rig, host: &str, port: u16) -> Vec<Denied> {
    let mut reasons = Vec::new();
    for request in [
        format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"),
        format!("GET http://{host}:{port}/secret HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n"),
    ] {
        let before = rig.events().len();
        let reply = rig.ask(request.as_bytes()).await;
        assert!(reply.starts_with("HTTP/1.1 4") || reply.starts_with("HTTP/1.1 5"), "{host}:{port} -> {reply}");
        rig.told(before + 1).await;
        reasons.push(rig.denied());
    }
    rig.assert_nothing_left();
    reasons
}

#[tokio::test]
async fn sec_36_an_empty_list_is_no_network() {
    let rig = Rig::new(&[]).await;
    for (host, port) in [("a.test", 443), ("a.test", 80), ("evil.test", 443)] {
        assert_eq!(assert_refused(&rig, host, port).await, [Denied::NotListed, Denied::NotListed]);
    }
    assert!(rig.get("http://a.test/").await.contains("Allowed: nothing. Only the user can allow more"));
    assert_eq!(rig.names.asked(), 0, "not even a name is asked for");
}

#[tokio::test]
async fn sec_36_names_that_only_look_like_an_allowed_one_are_refused() {
    let rig = Rig::new(&["a.test", "*.b.test"]).await;
    for other in
        ["a.test.evil.test", "xa.test", "x.a.test", "xn--80ak6aa92e.test", "b.test", "xb.test", "x.b.test.evil.test"]
    {
        rig.names.trust(other, rig.attacker.address);
        assert_eq!(assert_refused(&rig, other, 443).await, [Denied::NotListed, Denied::NotListed], "{other}");
    }
    for port in [444, 22, 8080, 8443] {
        assert_eq!(assert_refused(&rig, "a.test", port).await, [Denied::NotListed, Denied::NotListed], "{port}");
    }
    assert_eq!(rig.names.asked(), 0);
}

#[tokio::test]
async fn sec_36_homographs_and_other_bytes_that_are_no_name_are_refused() {
    let rig = Rig::new(&["evila.test", "a.test"]).await;
    for name in
        ["evi\u{43b}\u{430}.test", "a\u{200b}.test", "a.test\u{ff0e}", "a%2etest", "a.test..", "a..test", "*.test", "a"]
    {
        for reason in assert_refused(&rig, name, 443).await {
            assert!(matches!(reason, Denied::Unclear(_)), "{name} {reason:?}");
        }
    }
}

#[tokio::test]
async fn sec_36_addresses_are_refused_in_every_spelling() {
    let rig = Rig::new(&["a.test"]).await;
    let port = rig.attacker.address.port();
    for address in [
        "127.0.0.1",
        "[::1]",
        "169.254.169.254",
        "2130706433",
        "0x7f.1",
        "127.1",
        "[::ffff:127.0.0.1]",
        "0",
        "127.0.0.1.",
    ] {
        for reason in assert_refused(&rig, address, port).await {
            assert!(matches!(reason, Denied::Unclear(_)), "{address} {reason:?}");
        }
    }
}

#[tokio::test]
async fn sec_36_an_allowed_name_with_a_private_address_is_refused() {
    let rig = Rig::new(&["*.b.test"]).await;
    let attacker = rig.attacker.address;
    rig.names.add("loop.b.test", vec![attacker]);
    rig.names.add("meta.b.test", vec!["169.254.169.254:80".parse().unwrap()]);
    rig.names.add("lan.b.test", vec!["192.168.1.1:443".parse().unwrap()]);
    rig.names.add("six.b.test", vec!["[fd00:ec2::254]:80".parse().unwrap()]);
    // Two answers of which one is private: a second attempt would come out there.
    rig.names.add("two.b.test", vec!["93.184.216.34:443".parse().unwrap(), attacker]);
    for host in ["loop.b.test", "meta.b.test", "lan.b.test", "six.b.test", "two.b.test"] {
        for reason in assert_refused(&rig, host, 443).await {
            assert!(matches!(reason, Denied::NotPublic(_)), "{host} {reason:?}");
        }
    }
    assert!(rig.get("http://loop.b.test/").await.contains("its address 127.0.0.1 is not one of the public network"));
}

#[tokio::test]
async fn sec_36_what_was_looked_at_is_what_is_connected_to() {
    let rig = Rig::new(&["pin.test"]).await;
    rig.names.trust("pin.test", rig.friend.address);
    // A second question would be answered with the attacker.
    rig.names.add("pin.test", vec![rig.attacker.address]);
    assert!(rig.get("http://pin.test/").await.contains("hello"));
    assert_eq!((rig.names.asked(), rig.friend.connections(), rig.attacker.connections()), (1, 1, 0));
    assert_eq!(rig.events().last().unwrap().outcome, Outcome::Allowed(rig.friend.address));
}

#[tokio::test]
async fn sec_36_user_names_before_the_host_are_refused() {
    let rig = Rig::new(&["a.test"]).await;
    for target in ["a.test@evil.test", "a.test:443@evil.test", "evil.test@a.test"] {
        rig.names.trust("evil.test", rig.attacker.address);
        for reason in assert_refused(&rig, target, 443).await {
            assert!(matches!(reason, Denied::Unclear(_)), "{target} {reason:?}");
        }
    }
}

#[tokio::test]
async fn sec_36_what_is_no_request_to_a_proxy_is_refused() {
    let rig = Rig::new(&["a.test"]).await;
    for request in [
        "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
        "GET https://a.test/ HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
        "GET ftp://a.test/ HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
        "CONNECT a.test HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
        "CONNECT a.test:99999 HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
        "\u{16}\u{3}\u{1} not http at all\r\n\r\n",
    ] {
        let before = rig.events().len();
        let reply = rig.ask(request.as_bytes()).await;
        assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 400"), "{request:?} -> {reply}");
        rig.told(before + 1).await;
        assert!(matches!(rig.denied(), Denied::Unclear(_)));
    }
    rig.assert_nothing_left();
}

#[tokio::test]
async fn sec_36_a_refusal_says_why_what_is_allowed_and_what_to_do() {
    let rig = Rig::new(&["a.test", "*.b.test:8443"]).await;
    let reply = rig.get("http://evil.test/").await;
    assert!(reply.starts_with("HTTP/1.1 403"), "{reply}");
    assert!(reply.contains("x-tandem-denied: not-listed"), "{reply}");
    assert!(reply.contains("Allowed: a.test, *.b.test:8443."), "{reply}");
    rig.told(1).await;
    assert_eq!(
        rig.events().last().unwrap().to_string(),
        "GET evil.test denied: it is not on the list of hosts that commands may reach"
    );
}
