use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use super::Proxy;

/// A server that reads a request of four bytes and gives one answer.
fn server(answer: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4];
        stream.read_exact(&mut request).unwrap();
        stream.write_all(answer).unwrap();
    });
    address
}

fn ask(proxy: &Proxy) -> Vec<u8> {
    let mut stream = TcpStream::connect(proxy.address).unwrap();
    stream.write_all(b"ab").unwrap();
    stream.write_all(b"cd").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn an_accepted_request_is_timed_and_its_answer_comes_back_whole() {
    let proxy = Proxy::open(server(b"HTTP/1.1 200 OK\r\n\r\nyes")).unwrap();
    let before = std::time::Instant::now();
    assert_eq!(ask(&proxy), b"HTTP/1.1 200 OK\r\n\r\nyes");
    let arrived = proxy.first_accepted().unwrap();
    assert!(arrived >= before && arrived <= std::time::Instant::now());
}

#[test]
fn a_refused_request_does_not_count() {
    let proxy = Proxy::open(server(b"HTTP/1.1 400 Bad Request\r\n\r\nno")).unwrap();
    ask(&proxy);
    let error = proxy.first_accepted().unwrap_err().to_string();
    assert!(error.contains("400 Bad Request"), "{error}");
}
