//! Whether a place that a report points to exists.
#![expect(clippy::disallowed_methods, reason = "reads the file that a report points to")]

use std::path::{Component, Path};

/// `path`, `path:line` or `path:from-to`, relative to the workspace. Paths that leave the workspace do not exist.
pub fn place_exists(root: &Path, at: &str) -> bool {
    let at = at.trim().trim_matches('`');
    let (path, line) = match at.rsplit_once(':') {
        Some((path, lines)) => match lines.split(['-', ':']).next_back().and_then(|last| last.parse::<usize>().ok()) {
            Some(line) => (path.split_once(':').map_or(path, |(path, _)| path), Some(line)),
            None => return false,
        },
        None => (at, None),
    };
    let relative = Path::new(path);
    if path.is_empty() || !relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return false;
    }
    let Ok(found) = root.join(relative).canonicalize() else { return false };
    if !found.starts_with(root) {
        return false;
    }
    match line {
        None => true,
        Some(0) => false,
        Some(line) => {
            std::fs::read(found).is_ok_and(|bytes| bytes.split_inclusive(|byte| *byte == b'\n').count() >= line)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::place_exists;

    #[test]
    fn a_place_needs_the_file_and_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::write(root.join("a.rs"), "one\ntwo\nthree").unwrap();
        for there in ["a.rs", "a.rs:1", "a.rs:3", "`a.rs:1-3`", "./a.rs:2", "a.rs:2:1"] {
            assert!(place_exists(&root, there), "{there}");
        }
        for missing in ["b.rs:1", "a.rs:4", "a.rs:0", "a.rs:1-9", "../a.rs:1", "/etc/passwd:1", "a.rs:x", ""] {
            assert!(!place_exists(&root, missing), "{missing}");
        }
    }
}
