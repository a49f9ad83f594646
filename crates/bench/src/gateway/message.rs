//! Where an HTTP/1.1 message ends. Just enough for a client and a server that know each other: what is measured stands between.

/// Length of head and of the whole request, once all of it is there.
pub(crate) fn request_end(bytes: &[u8]) -> Option<(usize, usize)> {
    let head = head_end(bytes)?;
    let end = head + content_length(&bytes[..head]).unwrap_or_default();
    (bytes.len() >= end).then_some((head, end))
}

/// Length of the answer, once all of it is there.
pub(crate) fn response_end(bytes: &[u8]) -> Option<usize> {
    let head = head_end(bytes)?;
    match content_length(&bytes[..head]) {
        Some(length) => (bytes.len() >= head + length).then_some(head + length),
        // One request at a time: what ends with the last chunk is over.
        None => bytes[head..].ends_with(b"0\r\n\r\n").then_some(bytes.len()),
    }
}

fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

fn content_length(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?;
    let of = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    };
    head.lines().find_map(of)
}

/// Whether these bytes stand anywhere in those.
pub(crate) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_ends_where_its_length_or_its_last_chunk_says() {
        assert_eq!(request_end(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"), Some((38, 40)));
        assert_eq!(request_end(b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{"), None);
        assert_eq!(response_end(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx"), Some(39));
        assert_eq!(response_end(b"HTTP/1.1 200 OK\r\n\r\n1\r\nx\r\n"), None);
        assert_eq!(response_end(b"HTTP/1.1 200 OK\r\n\r\n1\r\nx\r\n0\r\n\r\n"), Some(30));
    }
}
