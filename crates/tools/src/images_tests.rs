//! Tests of reading images, with real files.
#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    folder
}

fn refusal(folder: &Path, name: &str) -> String {
    read_images(folder, &[name.into()]).unwrap_err()
}

#[test]
fn the_first_bytes_say_what_it_is_whatever_its_name_says() {
    let files: &[(&str, &[u8])] = &[
        ("a.txt", PNG),
        ("b", b"\xff\xd8\xff\xe0 more"),
        ("c.gif", b"GIF89a more"),
        ("d.webp", b"RIFF\x01\x02\x03\x04WEBPVP8 "),
    ];
    let folder = folder(files);
    let paths: Vec<PathBuf> = files.iter().map(|(name, _)| name.into()).collect();
    let images = read_images(folder.path(), &paths).unwrap();
    let types: Vec<&str> = images.iter().map(|image| image.media_type.as_str()).collect();
    assert_eq!(types, ["image/png", "image/jpeg", "image/gif", "image/webp"]);
    assert_eq!(images[0].name, "a.txt");
    assert_eq!(STANDARD.decode(&images[0].data).unwrap(), PNG);
}

#[test]
fn what_is_no_image_is_refused_with_its_name_and_what_is_allowed() {
    let folder = folder(&[("shot.png", b"<svg/>"), ("empty.png", b"")]);
    assert_eq!(
        refusal(folder.path(), "shot.png"),
        "shot.png: not an image that models take; allowed: PNG, JPEG, GIF, WebP"
    );
    assert!(refusal(folder.path(), "empty.png").contains("not an image"));
    assert_eq!(refusal(folder.path(), "gone.png"), "gone.png: there is no such file");
    assert_eq!(refusal(folder.path(), "."), ".: it is not a file");
}

#[test]
fn a_pipe_in_its_place_holds_nobody_up() {
    let folder = folder(&[]);
    let pipe = folder.path().join("pipe.png");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::from_raw_mode(0o600), 0)
        .unwrap();
    assert_eq!(refusal(folder.path(), "pipe.png"), "pipe.png: it is not a file");
}

#[test]
fn too_large_and_too_many_are_refused() {
    let mut large = PNG.to_vec();
    large.resize(MOST_BYTES as usize + 1, 0);
    let mut just = PNG.to_vec();
    just.resize(MOST_BYTES as usize, 0);
    let folder = folder(&[("large.png", &large), ("just.png", &just), ("a.png", PNG)]);
    assert!(refusal(folder.path(), "large.png").contains("at most 5 MB are allowed"));
    assert_eq!(read_images(folder.path(), &["just.png".into()]).unwrap().len(), 1);
    let many = vec![PathBuf::from("a.png"); MOST_IMAGES + 1];
    assert_eq!(read_images(folder.path(), &many).unwrap_err(), "9 images are too many for one prompt: at most 8");
    let together = vec![PathBuf::from("just.png"); 4];
    assert!(read_images(folder.path(), &together).unwrap_err().contains("larger than 16 MB together"));
}

#[test]
fn a_name_that_would_move_the_cursor_is_shown_without() {
    let folder = folder(&[("a\x1b[2J\n.png", PNG)]);
    let images = read_images(folder.path(), &["a\x1b[2J\n.png".into()]).unwrap();
    assert_eq!(images[0].name, "a\u{fffd}[2J\u{fffd}.png");
}
