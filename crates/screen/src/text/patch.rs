//! Unified diffs, read. What is no part of one stays as it is: nothing is lost.

/// A part of a text with diffs in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// A line that belongs to no diff.
    Text(&'a str),
    /// What becomes of one file.
    File(File<'a>),
}

/// What becomes of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct File<'a> {
    /// Its path before; none for a new one.
    pub(crate) old: Option<String>,
    /// Its path afterwards; none for one that is deleted.
    pub(crate) new: Option<String>,
    /// What else happens to it, in words.
    pub(crate) notes: Vec<String>,
    /// Its changed places.
    pub(crate) hunks: Vec<Hunk<'a>>,
    /// `---` has been read.
    has_names: bool,
    /// The coded lines of a binary follow.
    is_coded: bool,
}

/// A changed place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hunk<'a> {
    /// Number of its first line before.
    pub(crate) old: usize,
    /// Number of its first line afterwards.
    pub(crate) new: usize,
    /// What stands behind the numbers: the function, for example.
    pub(crate) section: &'a str,
    /// Its lines.
    pub(crate) rows: Vec<Row<'a>>,
}

/// A line of a changed place, without its sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Row<'a> {
    /// Stays.
    Same(&'a str),
    /// Is taken out.
    Removed(&'a str),
    /// Is put in.
    Added(&'a str),
    /// The line before has no line break at its end.
    NoNewline,
}

impl File<'_> {
    /// Lines that are put in, and lines that are taken out.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let rows = || self.hunks.iter().flat_map(|hunk| &hunk.rows);
        let added = rows().filter(|row| matches!(row, Row::Added(_))).count();
        let removed = rows().filter(|row| matches!(row, Row::Removed(_))).count();
        (added, removed)
    }
}

/// Lines that a unified diff puts in, and lines that it takes out, of all its files. A changed line that looks like a file's name
/// (`--- one`, where `-- one` is taken out) counts as what it is.
pub fn changed_lines(unified: &str) -> (usize, usize) {
    let pieces = parse(unified);
    let files =
        pieces.iter().filter_map(|piece| if let Piece::File(file) = piece { Some(file.counts()) } else { None });
    files.fold((0, 0), |sum, of_one| (sum.0 + of_one.0, sum.1 + of_one.1))
}

/// What a diff of one file comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The file, as it is named afterwards; before, where it is deleted.
    pub(crate) path: String,
    /// Lines put in.
    pub(crate) added: usize,
    /// Lines taken out.
    pub(crate) removed: usize,
}

/// What a text comes to that is the unified diff of one file and nothing else, so that drawing it as one leaves nothing out; none for
/// any other text.
pub(crate) fn change(text: &str) -> Option<Change> {
    let [from, to] = [text.lines().next()?, text.lines().nth(1)?];
    // Behind a tab `diff -u` writes the time, which is not drawn: anything could stand there.
    let names = from.starts_with("--- ") && to.starts_with("+++ ") && !from.contains('\t') && !to.contains('\t');
    let pieces = parse(text);
    let [Piece::File(file)] = pieces.as_slice() else { return None };
    let rows: usize = file.hunks.iter().map(|hunk| 1 + hunk.rows.len()).sum();
    let whole =
        names && file.notes.is_empty() && rows + 2 == text.strip_suffix('\n').unwrap_or(text).split('\n').count();
    let path = file.new.as_ref().or(file.old.as_ref())?.clone();
    let (added, removed) = file.counts();
    whole.then_some(Change { path, added, removed })
}

/// Reads what `diff -u` or `git diff` wrote.
pub(crate) fn parse(text: &str) -> Vec<Piece<'_>> {
    let mut reader = Reader::default();
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        reader.line(line);
    }
    reader.end_file();
    reader.pieces
}

#[derive(Default)]
struct Reader<'a> {
    pieces: Vec<Piece<'a>>,
    file: Option<File<'a>>,
    /// Lines of the hunk that are still to come, of each side.
    left: [usize; 2],
}

impl<'a> Reader<'a> {
    fn line(&mut self, line: &'a str) {
        if self.row(line) {
            return;
        }
        self.left = [0, 0];
        let header = line.strip_suffix('\r').unwrap_or(line);
        if !self.header(header) {
            self.text(line);
        }
    }

    /// A line of the open hunk.
    fn row(&mut self, line: &'a str) -> bool {
        let Some(hunk) = self.file.as_mut().and_then(|file| file.hunks.last_mut()) else { return false };
        let [old, new] = &mut self.left;
        let (sign, rest) = match line.as_bytes().first() {
            // Some programs take blanks at the end of a line away, and so the sign of an empty one.
            None => (b' ', ""),
            Some(sign) => (*sign, line.get(1..).unwrap_or_default()),
        };
        match sign {
            b'\\' if !hunk.rows.is_empty() => hunk.rows.push(Row::NoNewline),
            b' ' if *old > 0 && *new > 0 => {
                (*old, *new) = (*old - 1, *new - 1);
                hunk.rows.push(Row::Same(rest));
            }
            b'-' if *old > 0 => {
                *old -= 1;
                hunk.rows.push(Row::Removed(rest));
            }
            b'+' if *new > 0 => {
                *new -= 1;
                hunk.rows.push(Row::Added(rest));
            }
            _ => return false,
        }
        true
    }

    fn header(&mut self, line: &'a str) -> bool {
        if let Some(paths) = line.strip_prefix("diff --git ") {
            self.end_file();
            let (old, new) = both(paths);
            self.file = Some(File { old, new, ..File::default() });
            return true;
        }
        if let Some(path) = line.strip_prefix("--- ") {
            if self.file.as_ref().is_none_or(|file| file.has_names || !file.hunks.is_empty()) {
                self.end_file();
            }
            let file = self.file.get_or_insert_default();
            file.has_names = true;
            file.old = name(path);
            return true;
        }
        if let Some(path) = line.strip_prefix("+++ ")
            && let Some(file) = self.file.as_mut().filter(|file| file.has_names && file.hunks.is_empty())
        {
            file.new = name(path);
            return true;
        }
        if let Some((hunk, left)) = hunk(line)
            && let Some(file) = &mut self.file
        {
            file.hunks.push(hunk);
            self.left = left;
            return true;
        }
        self.file.as_mut().is_some_and(|file| file.hunks.is_empty() && note(file, line))
    }

    fn text(&mut self, line: &'a str) {
        self.end_file();
        self.pieces.push(Piece::Text(line));
    }

    fn end_file(&mut self) {
        self.pieces.extend(self.file.take().map(Piece::File));
        self.left = [0, 0];
    }
}

/// The lines that git writes between the names and the changes.
fn note(file: &mut File<'_>, line: &str) -> bool {
    if file.is_coded {
        return true;
    }
    let value = |prefix: &str| line.strip_prefix(prefix).map(str::to_owned);
    if line.starts_with("new file mode ") {
        file.old = None;
    } else if line.starts_with("deleted file mode ") {
        file.new = None;
    } else if let Some(path) = value("rename from ").or_else(|| value("copy from ")) {
        file.old = Some(unquoted(&path));
        if line.starts_with("copy") {
            file.notes.push("a copy".to_owned());
        }
    } else if let Some(path) = value("rename to ").or_else(|| value("copy to ")) {
        file.new = Some(unquoted(&path));
    } else if let Some(mode) = value("old mode ") {
        file.notes.push(format!("mode {mode}"));
    } else if let (Some(mode), Some(before)) = (value("new mode "), file.notes.last_mut()) {
        *before = format!("{before} → {mode}");
    } else if line.starts_with("Binary files ") || line == "GIT binary patch" {
        file.notes.push("binary".to_owned());
        file.is_coded = line.starts_with("GIT");
    } else {
        return ["index ", "similarity index ", "dissimilarity index "].iter().any(|known| line.starts_with(known));
    }
    true
}

/// `@@ -1,2 +3,4 @@ section`, and how many lines each side has.
fn hunk(line: &str) -> Option<(Hunk<'_>, [usize; 2])> {
    let rest = line.strip_prefix("@@ -")?;
    let (ranges, section) = rest.split_once(" @@")?;
    let (old, new) = ranges.split_once(" +")?;
    let range = |text: &str| -> Option<(usize, usize)> {
        match text.split_once(',') {
            Some((first, count)) => Some((first.parse().ok()?, count.parse().ok()?)),
            None => Some((text.parse().ok()?, 1)),
        }
    };
    let ((old, old_count), (new, new_count)) = (range(old)?, range(new)?);
    Some((Hunk { old, new, section: section.trim(), rows: Vec::new() }, [old_count, new_count]))
}

/// The two paths behind `diff --git`; there is a blank between them and there may be more within.
fn both(paths: &str) -> (Option<String>, Option<String>) {
    // Two that are the same meet in the middle.
    let middle = paths.len() / 2;
    let same = || {
        let (old, new) = (name(paths.get(..middle)?)?, name(paths.get(middle..)?.strip_prefix(' ')?)?);
        (old == new).then_some(old)
    };
    match same() {
        Some(path) => (Some(path.clone()), Some(path)),
        // A rename, which says so itself.
        None => (Some(unquoted(paths)), Some(unquoted(paths))),
    }
}

/// A path as it is in the repository; none for `/dev/null`.
fn name(path: &str) -> Option<String> {
    let path = path.split('\t').next().unwrap_or(path);
    if path == "/dev/null" {
        return None;
    }
    let path = unquoted(path);
    let bare = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/"));
    Some(bare.unwrap_or(&path).to_owned())
}

/// A path without the quotes that git puts around odd ones.
fn unquoted(path: &str) -> String {
    let Some(quoted) = path.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return path.to_owned() };
    let mut bytes = Vec::with_capacity(quoted.len());
    let mut rest = quoted.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let mut code = 0_u32;
        let mut digits = 0;
        while let Some(digit) = rest.next_if(|digit| digits < 3 && matches!(digit, b'0'..=b'7')) {
            code = code * 8 + u32::from(digit - b'0');
            digits += 1;
        }
        match (digits, u8::try_from(code)) {
            (0, _) => bytes.extend(rest.next().map(|escaped| match escaped {
                b't' => b'\t',
                b'n' => b'\n',
                b'r' => b'\r',
                other => other,
            })),
            (_, Ok(byte)) => bytes.push(byte),
            (_, Err(_)) => bytes.push(b'?'),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
#[path = "patch_tests.rs"]
mod tests;
