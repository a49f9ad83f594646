//! Images that a person puts into a prompt: read, and checked by their first bytes to be what models take. The person names the
//! files, so that they may lie anywhere.
#![expect(clippy::disallowed_methods, reason = "reads the images that the person names")]

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Most images of one prompt.
pub const MOST_IMAGES: usize = 8;
/// Most bytes of one image: what Anthropic's API takes, the least of all.
const MOST_BYTES: u64 = 5 * 1024 * 1024;
/// Most bytes of all images of a prompt: in base64 they have to fit a request of 32 MB beside everything else.
const MOST_TOGETHER: u64 = 16 * 1024 * 1024;

/// An image as a model is given it.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// As the person named it, in one line.
    pub name: String,
    /// For example `image/png`.
    pub media_type: String,
    /// The bytes, base64.
    pub data: String,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Image({}, {}, {} base64 bytes)", self.name, self.media_type, self.data.len())
    }
}

/// Reads images; a path is absolute, or relative to `root`.
///
/// # Errors
/// Which one cannot be used, what was found, what is allowed: a sentence for the person.
pub fn read_images(root: &Path, paths: &[PathBuf]) -> Result<Vec<Image>, String> {
    if paths.len() > MOST_IMAGES {
        return Err(format!("{} images are too many for one prompt: at most {MOST_IMAGES}", paths.len()));
    }
    let mut together = 0;
    let mut images = Vec::with_capacity(paths.len());
    for path in paths {
        let bytes = read(&root.join(path)).map_err(|problem| format!("{}: {problem}", shown(path)))?;
        together += bytes.len() as u64;
        if together > MOST_TOGETHER {
            return Err(format!(
                "{}: with it the images are larger than {} MB together, which is the most for one prompt",
                shown(path),
                MOST_TOGETHER / 1024 / 1024
            ));
        }
        let Some(media_type) = media_type(&bytes) else {
            return Err(format!("{}: not an image that models take; allowed: PNG, JPEG, GIF, WebP", shown(path)));
        };
        images.push(Image { name: shown(path), media_type: media_type.to_owned(), data: STANDARD.encode(&bytes) });
    }
    Ok(images)
}

/// A path in one line, without anything that moves a cursor.
fn shown(path: &Path) -> String {
    path.display().to_string().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let found = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => format!("it cannot be read: {error}"),
    })?;
    // A pipe in its place would never end.
    if !found.is_file() {
        return Err("it is not a file".to_owned());
    }
    let too_large = |bytes: u64| {
        let found = bytes as f64 / 1024.0 / 1024.0;
        format!("it has {found:.1} MB; at most {} MB are allowed: make it smaller", MOST_BYTES / 1024 / 1024)
    };
    if found.len() > MOST_BYTES {
        return Err(too_large(found.len()));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| format!("it cannot be read: {error}"))?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| format!("it cannot be read: {error}"))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(too_large(bytes.len() as u64));
    }
    Ok(bytes)
}

/// What the first bytes say; its name may say anything.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
#[path = "images_tests.rs"]
mod tests;
