use std::io::Write as _;
use std::sync::{Arc, Mutex};

use tracing_subscriber::layer::SubscriberExt as _;

use super::{LONGEST, RedactingMakeWriter, RedactingWriter};
use crate::Redactor;

const CANARY: &str = "sk-CANARY-0f8fad5b-d9cb-469f-a165-70867728950e";

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn redactor() -> Redactor {
    let redactor = Redactor::default();
    redactor.learn(CANARY);
    redactor
}

#[test]
fn sec_40_a_secret_that_comes_byte_by_byte_is_found() {
    let sink = Sink::default();
    let mut writer = RedactingWriter::new(redactor(), sink.clone());
    for byte in format!("first {CANARY}\nsecond {CANARY} ä").bytes() {
        writer.write_all(&[byte]).unwrap();
        writer.flush().unwrap();
    }
    assert_eq!(sink.text(), "first [secret: known value]\n");
    drop(writer);
    assert_eq!(sink.text(), "first [secret: known value]\nsecond [secret: known value] ä");
}

#[test]
fn sec_40_a_private_key_is_held_back_until_it_is_whole() {
    let sink = Sink::default();
    let mut writer = RedactingWriter::new(redactor(), sink.clone());
    let marks = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");
    for line in ["a", marks.0, "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", marks.1, "b"] {
        writeln!(writer, "{line}").unwrap();
    }
    assert_eq!(sink.text(), "a\n[secret: private key]\nb\n");
}

#[test]
fn sec_40_a_line_without_an_end_is_bounded_and_never_cut_inside_a_secret() {
    for shift in [0, 10, 30, 45, 60] {
        let sink = Sink::default();
        let mut writer = RedactingWriter::new(redactor(), sink.clone());
        let before = "x ".repeat((LONGEST - super::TAIL - shift) / 2);
        writer.write_all(format!("{before}{CANARY} {}", "y ".repeat(super::TAIL)).as_bytes()).unwrap();
        assert!(!sink.text().is_empty());
        drop(writer);
        assert!(!sink.text().contains("CANARY") && sink.text().contains("[secret: known value]"), "{shift}");
    }
}

#[test]
fn sec_41_log_lines_go_out_without_keys() {
    let sink = Sink::default();
    let made = sink.clone();
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(RedactingMakeWriter::new(redactor(), move || made.clone()));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        tracing::error!(key = CANARY, reply = ?format!("x-api-key: {CANARY}"), "refused {CANARY}");
    });
    assert!(sink.text().contains("refused [secret: known value]"), "{}", sink.text());
    assert!(!sink.text().contains("CANARY"), "{}", sink.text());
}
