//! A unified diff, taken apart: its files, and the lines of them that it shows.

/// One file of a diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileDiff {
    /// Its path after the change; before it where the file is gone.
    pub(crate) path: String,
    /// Its part of the diff, heading included.
    pub(crate) text: String,
    /// Lines that the hunks show, first and last, of the file after the change; before it where the file is gone.
    pub(crate) lines: Vec<(u32, u32)>,
}

impl FileDiff {
    /// Whether the diff shows this line of the file.
    pub(crate) fn shows(&self, line: u32) -> bool {
        self.lines.iter().any(|(first, last)| (*first..=*last).contains(&line))
    }
}

/// The files of a diff, in its order.
pub(crate) fn files(diff: &str) -> Vec<FileDiff> {
    let mut files: Vec<FileDiff> = Vec::new();
    let mut head = true;
    let mut left = (0, 0);
    for line in diff.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        // Within a hunk a line is content, whatever it looks like.
        let inside = left.0 > 0 || left.1 > 0;
        if !inside && let Some(names) = bare.strip_prefix("diff --git ") {
            files.push(FileDiff { path: path_of_names(names), text: String::new(), lines: Vec::new() });
            head = true;
        }
        let Some(file) = files.last_mut() else { continue };
        file.text.push_str(line);
        if inside {
            left = rest_of_hunk(bare, left);
        } else if let Some(hunk) = bare.strip_prefix("@@ ").and_then(Hunk::read) {
            head = false;
            left = (hunk.old.1, hunk.new.1);
            file.lines.extend(hunk.shown());
        } else if head {
            read_heading(file, bare);
        }
    }
    files
}

fn read_heading(file: &mut FileDiff, line: &str) {
    let named = |prefix: &str| line.strip_prefix(prefix).map(|path| unquoted(path.trim_end_matches('\t')));
    let path = named("+++ ").or_else(|| named("--- ")).filter(|path| path != "/dev/null");
    if let Some(path) = path {
        file.path = path.strip_prefix("b/").or_else(|| path.strip_prefix("a/")).unwrap_or(&path).to_owned();
    } else if let Some(path) = named("rename to ") {
        file.path = path;
    }
}

/// Lines of a hunk that are still to come, behind this one.
fn rest_of_hunk(line: &str, (old, new): (u32, u32)) -> (u32, u32) {
    match line.as_bytes().first() {
        Some(b'-') => (old.saturating_sub(1), new),
        Some(b'+') => (old, new.saturating_sub(1)),
        // "No newline at end of file" is no line of either.
        Some(b'\\') => (old, new),
        _ => (old.saturating_sub(1), new.saturating_sub(1)),
    }
}

struct Hunk {
    old: (u32, u32),
    new: (u32, u32),
}

impl Hunk {
    /// `-12,3 +14,7 @@ fn name()`, behind its first `@@ `.
    fn read(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let range = |word: &str, sign: char| {
            let word = word.strip_prefix(sign)?;
            match word.split_once(',') {
                Some((from, count)) => Some((from.parse().ok()?, count.parse().ok()?)),
                None => Some((word.parse().ok()?, 1)),
            }
        };
        Some(Self { old: range(words.next()?, '-')?, new: range(words.next()?, '+')? })
    }

    /// First and last line shown, of the file after the change where it has any.
    fn shown(&self) -> Option<(u32, u32)> {
        let (from, count) = if self.new.1 > 0 { self.new } else { self.old };
        (count > 0).then(|| (from, from.saturating_add(count - 1)))
    }
}

/// The path of `a/x b/x`, until a better heading comes: of files without hunks nothing else may.
fn path_of_names(names: &str) -> String {
    let half = names.len() / 2;
    let same = names.is_char_boundary(half).then(|| names.split_at(half));
    let path = match same {
        // Both halves are the same path: `a/x` and ` b/x`.
        Some((a, b)) if a.strip_prefix("a/") == b.strip_prefix(" b/") && a.starts_with("a/") => &a[2..],
        _ => names.rsplit(" b/").next().unwrap_or(names),
    };
    unquoted(path)
}

/// Git quotes names with characters that would not stand in a line.
fn unquoted(path: &str) -> String {
    let Some(inner) = path.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return path.to_owned() };
    inner.replace("\\\"", "\"").replace("\\\\", "\\")
}

#[cfg(test)]
#[path = "diff_tests.rs"]
mod tests;
