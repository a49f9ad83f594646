//! Packs `examples/repos` and `examples/scenarios` for `agent demo`, which also runs from an installed binary. Packed, because
//! text shrinks to a quarter.
#![expect(clippy::disallowed_methods, reason = "a build script reads the sources and the variables that cargo sets")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// What building and running an example leaves behind.
const NOT_SOURCES: [&str; 4] = ["target", "__pycache__", "node_modules", ".git"];

fn main() -> Result<(), Box<dyn Error>> {
    let examples = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../../examples");
    let mut files = BTreeMap::new();
    for part in ["repos", "scenarios"] {
        collect(&examples.join(part), part, &mut files)?;
    }
    let packed = PathBuf::from(std::env::var("OUT_DIR")?).join("examples.gz");
    let mut out = GzEncoder::new(fs::File::create(packed)?, Compression::best());
    // Sorted, so that the same files give the same binary. A name, a length, then as many bytes of text.
    for (name, text) in files {
        write!(out, "{name}\n{}\n{text}", text.len())?;
    }
    out.finish()?;
    Ok(())
}

fn collect(folder: &Path, name: &str, files: &mut BTreeMap<String, String>) -> Result<(), Box<dyn Error>> {
    // Tells cargo of new and removed files too.
    writeln!(std::io::stdout(), "cargo::rerun-if-changed={}", folder.display())?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let own = entry.file_name().into_string().map_err(|name| format!("{name:?} is not UTF-8"))?;
        let path = entry.path();
        let below = format!("{name}/{own}");
        if !path.is_dir() {
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            writeln!(std::io::stdout(), "cargo::rerun-if-changed={}", path.display())?;
            files.insert(below, text);
        } else if !NOT_SOURCES.contains(&own.as_str()) {
            collect(&path, &below, files)?;
        }
    }
    Ok(())
}
