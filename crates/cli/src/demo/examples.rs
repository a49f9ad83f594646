//! The example repositories and scenarios, packed into the binary by `build.rs`: the demo also runs from an installed binary.

use std::io::Read;

use anyhow::{Context as _, bail};
use flate2::read::GzDecoder;

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/examples.gz"));

/// The files of `examples/repos/NAME` as `(path below it, text)`, sorted by path.
pub(crate) fn repository(name: &str) -> anyhow::Result<Vec<(String, String)>> {
    let below = format!("repos/{name}/");
    let files: Vec<_> = unpacked()?
        .into_iter()
        .filter_map(|(path, text)| path.strip_prefix(&below).map(|path| (path.to_owned(), text)))
        .collect();
    if files.is_empty() {
        bail!("this program was built without examples/repos/{name}");
    }
    Ok(files)
}

/// The text of `examples/scenarios/NAME.yaml`.
pub(crate) fn scenario(name: &str) -> anyhow::Result<String> {
    let wanted = format!("scenarios/{name}.yaml");
    let mut files = unpacked()?.into_iter();
    let (_, text) = files
        .find(|(path, _)| *path == wanted)
        .with_context(|| format!("this program was built without examples/{wanted}"))?;
    Ok(text)
}

/// Everything, in the form that `build.rs` writes: a name, a length, then as many bytes of text.
fn unpacked() -> anyhow::Result<Vec<(String, String)>> {
    let mut all = String::new();
    GzDecoder::new(PACKED).read_to_string(&mut all).context("the packed examples cannot be read")?;
    let mut files = Vec::new();
    let mut rest = all.as_str();
    while !rest.is_empty() {
        let (name, text, behind) = first(rest).context("the packed examples are damaged")?;
        files.push((name.to_owned(), text.to_owned()));
        rest = behind;
    }
    Ok(files)
}

/// Name, text and what stands behind it.
fn first(rest: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = rest.split_once('\n')?;
    let (length, rest) = rest.split_once('\n')?;
    let (text, behind) = rest.split_at_checked(length.parse().ok()?)?;
    Some((name, text, behind))
}

#[cfg(test)]
#[path = "examples_tests.rs"]
mod tests;
