//! Where the page of a bill goes.

use std::io::ErrorKind;
use std::path::Path;

use crate::config::files;
use crate::failure::Failure;
use crate::text;

/// Stands for standard output in place of a file.
pub(super) const STANDARD_OUTPUT: &str = "-";

/// Refuses a place that a page cannot or must not be written to, before anything is computed: what is there already is replaced
/// only if it is such a page, or where `force` says so.
pub(super) fn check(named: &Path, force: bool) -> anyhow::Result<()> {
    if named == Path::new(STANDARD_OUTPUT) {
        return Ok(());
    }
    let path = std::path::absolute(named)?;
    let wrong = |what: &str, hint: &str| Err(Failure::usage_with(format!("--html {}: {what}", named.display()), hint));
    if path.is_dir() {
        return wrong("is a folder", "name the file that the page is to be written to, for example cost.html");
    }
    let folder = path.parent().unwrap_or(Path::new("/"));
    if !folder.is_dir() {
        return wrong(
            &format!("there is no folder {}", folder.display()),
            "make it first, or name a file in a folder that is there, for example cost.html",
        );
    }
    if !path.exists() {
        return Ok(());
    }
    if !path.is_file() {
        return wrong("is no plain file", "name a file, for example cost.html; `--html -` writes to standard output");
    }
    if !force && !files::read(&path).is_ok_and(|text| bill::page::is_page(&text)) {
        return wrong(
            "is there already and is no page of this program's, so it is not overwritten",
            "name another file; --force replaces this one",
        );
    }
    Ok(())
}

/// Writes the page in one step: an earlier one stays until this one is whole.
pub(super) fn write(named: &Path, page: &str) -> anyhow::Result<()> {
    if named == Path::new(STANDARD_OUTPUT) {
        text::part(page);
        return Ok(());
    }
    let path = std::path::absolute(named)?;
    files::write(&path, page).map_err(|error| unwritable(named, error))?;
    text::note(&format!("wrote {}", path.display()));
    Ok(())
}

/// A place that cannot be written is the user's to mend; a disk that is full is not.
fn unwritable(named: &Path, error: anyhow::Error) -> anyhow::Error {
    let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded];
    if error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>()).any(|io| full.contains(&io.kind())) {
        return error;
    }
    let why = error.root_cause();
    Failure::usage_with(
        format!("--html {}: cannot be written: {why}", named.display()),
        "name a file in a folder that you may write to; `--html -` writes to standard output",
    )
}
