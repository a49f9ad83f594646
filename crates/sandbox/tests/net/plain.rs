//! Plain HTTP through the proxy.

use std::process::Command;

use crate::rig::Rig;

#[tokio::test]
async fn sec_36_an_allowed_host_is_reached_in_any_spelling_of_its_name() {
    let rig = Rig::new(&["a.test"]).await;
    for address in ["http://a.test/x?y=1", "http://A.TEST./x?y=1", "http://a.test:80/x?y=1"] {
        let reply = rig.get(address).await;
        assert!(reply.starts_with("HTTP/1.1 200") && reply.ends_with("hello"), "{reply}");
    }
    assert_eq!(rig.friend.text().matches("GET /x?y=1 HTTP/1.1\r\n").count(), 3, "{}", rig.friend.text());
    assert!(rig.events()[0].to_string().starts_with("GET a.test allowed, connected to 127.0.0.1"));
}

#[tokio::test]
async fn sec_36_the_address_decides_and_not_the_host_header() {
    let rig = Rig::new(&["a.test"]).await;
    let request = "POST http://a.test/ HTTP/1.1\r\nHost: evil.test\r\nProxy-Authorization: Basic c2VjcmV0\r\nConnection: close, x-hop\r\n\
                   X-Hop: 1\r\nX-Own: 2\r\nContent-Length: 4\r\n\r\nbody";
    assert!(rig.ask(request.as_bytes()).await.ends_with("hello"));
    let got = rig.friend.text().to_lowercase();
    assert!(got.contains("host: a.test\r\n") && got.contains("x-own: 2") && got.ends_with("body"), "{got}");
    for gone in ["evil.test", "c2vjcmv0", "x-hop"] {
        assert!(!got.contains(gone), "{got}");
    }
}

#[tokio::test]
async fn sec_36_a_redirect_is_the_clients_own_next_request() {
    let reply = "HTTP/1.1 302 Found\r\nlocation: http://evil.test/\r\ncontent-length: 0\r\n\r\n";
    let rig = Rig::with(&["a.test"], reply).await;
    rig.names.trust("evil.test", rig.attacker.address);
    let first = rig.get("http://a.test/").await;
    assert!(first.starts_with("HTTP/1.1 302") && first.contains("location: http://evil.test/"), "{first}");
    assert_eq!(rig.friend.connections(), 1);
    assert!(rig.get("http://evil.test/").await.starts_with("HTTP/1.1 403"));
    assert_eq!(rig.attacker.connections(), 0);
}

#[tokio::test]
async fn sec_36_a_second_request_on_one_connection_is_judged_anew() {
    let rig = Rig::new(&["a.test"]).await;
    rig.names.trust("evil.test", rig.attacker.address);
    let one = "GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n";
    let two = "GET http://evil.test/ HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
    let reply = rig.ask(format!("{one}{two}").as_bytes()).await;
    assert!(reply.contains("HTTP/1.1 200") && reply.contains("HTTP/1.1 403"), "{reply}");
    rig.told(2).await;
    assert_eq!(rig.attacker.connections(), 0);
}

#[tokio::test]
async fn an_unknown_name_and_a_closed_port_are_said_to_be_unreachable() {
    let rig = Rig::new(&["*.b.test"]).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    rig.names.trust("closed.b.test", closed);
    for address in ["http://unknown.b.test/", "http://closed.b.test/"] {
        let reply = rig.get(address).await;
        assert!(reply.starts_with("HTTP/1.1 502") && reply.contains("x-tandem-denied: unreachable"), "{reply}");
    }
}

const MARK: &str = "TANDEM_TEST_PROXY_ENVIRONMENT";

#[test]
fn sec_46_proxies_named_in_the_environment_are_not_used() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let rig = Rig::new(&["a.test"]).await;
        if std::env::var(MARK).is_ok() {
            // In the program below, where the environment names an attacker.
            assert!(rig.get("http://a.test/").await.ends_with("hello"));
            return;
        }
        let attacker = format!("http://{}", rig.attacker.address);
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["plain::sec_46_proxies_named_in_the_environment_are_not_used", "--exact"]).env(MARK, "1");
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
            again.env(name, &attacker);
        }
        let output = tokio::task::spawn_blocking(move || again.output().unwrap()).await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && said.contains("1 passed"), "{said}");
        assert_eq!(rig.attacker.connections(), 0);
    });
}
