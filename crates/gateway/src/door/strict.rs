//! Heads that two parsers could read as two different requests are read as none: lines that end in a bare line feed, and a length
//! beside a transfer encoding. Both are lawful to mend and were used to smuggle requests past whoever mended them differently.
//!
//! The parser of the HTTP library mends them, so they are spoilt for it before it sees them, and it answers 400 and closes.

/// Longest of the names that are looked for, with its colon.
const NAME: usize = b"transfer-encoding:".len();

/// Follows a connection's head, line by line, however it is cut.
#[derive(Debug, Default)]
pub(crate) struct Strict {
    /// The beginning of the line that has not ended.
    begin: [u8; NAME],
    /// Bytes of that line so far.
    length: usize,
    last: u8,
    has_length: bool,
    has_encoding: bool,
    /// A line with something in it was there.
    began: bool,
    /// The head has ended: what follows is a body.
    over: bool,
}

impl Strict {
    /// Looks at bytes that came in, and spoils what has more than one meaning.
    pub(crate) fn look(&mut self, bytes: &mut [u8]) {
        let mut at = 0;
        while !self.over && at < bytes.len() {
            let Some(length) = memchr::memchr(b'\n', &bytes[at..]) else {
                self.keep(&bytes[at..]);
                return;
            };
            self.keep(&bytes[at..at + length]);
            at += length;
            if !self.line_ends_well() {
                bytes[at] = 0;
                self.over = true;
            }
            at += 1;
        }
    }

    fn keep(&mut self, part: &[u8]) {
        let room = NAME.saturating_sub(self.length).min(part.len());
        if room > 0 {
            self.begin[self.length..self.length + room].copy_from_slice(&part[..room]);
        }
        self.length += part.len();
        self.last = part.last().copied().unwrap_or(self.last);
    }

    fn line_ends_well(&mut self) -> bool {
        let (length, last) = (std::mem::take(&mut self.length), std::mem::take(&mut self.last));
        if last != b'\r' {
            return false;
        }
        if length == 1 {
            // Empty lines before a head are none of it.
            self.over = self.began;
            return true;
        }
        self.began = true;
        let begins = |name: &[u8]| {
            self.begin[..length.min(NAME)].get(..name.len()).is_some_and(|it| it.eq_ignore_ascii_case(name))
        };
        self.has_length |= begins(b"content-length:");
        self.has_encoding |= begins(b"transfer-encoding:");
        !(self.has_length && self.has_encoding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head as the parser sees it, in pieces of this size.
    fn seen(head: &str, size: usize) -> String {
        let (mut strict, mut bytes) = (Strict::default(), head.as_bytes().to_vec());
        bytes.chunks_mut(size).for_each(|piece| strict.look(piece));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn clear_heads_and_all_bodies_go_on_as_they_are() {
        for head in [
            "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
            "\r\n\r\nPOST /v1 HTTP/1.1\r\ncontent-length: 9\r\nx: \r\n\r\na\nb\n\ncontent-length: 1\r\ntransfer-encoding: x\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nx-content-length: 1\r\n\r\n1\na\n0\n\n",
            "POST / HTTP/1.1\r\ncontent-lengths: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        ] {
            for size in [1, 2, 3, 17, 18, 19, 1_000] {
                assert_eq!(seen(head, size), head, "{size}");
            }
        }
    }

    #[test]
    fn bare_line_feeds_and_two_lengths_are_spoilt_wherever_they_are_cut() {
        for head in [
            "GET / HTTP/1.1\nhost: x\r\n\r\n",
            "GET / HTTP/1.1\r\nhost: x\n\r\n",
            "GET / HTTP/1.1\r\nhost: x\r\n\n",
            "\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\nx: y\r\ntransfer-encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nTRANSFER-ENCODING:chunked\r\ncontent-length:3\r\n\r\n",
        ] {
            for size in [1, 2, 3, 17, 18, 19, 1_000] {
                let seen = seen(head, size);
                assert_eq!(seen.matches('\0').count(), 1, "{size}: {seen:?}");
                assert_eq!(seen.len(), head.len());
            }
        }
    }
}
