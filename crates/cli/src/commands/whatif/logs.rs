//! The logs that `agent whatif --import` is given. They are read and nothing else.
#![expect(clippy::disallowed_methods, reason = "logs of other tools, named by the user, are opened here")]

use std::fs::File;
use std::io::ErrorKind;

use bill::flow::Flow;
use bill::import::{Format, ImportError, Importer};

use super::import::usual_place;
use crate::failure::Failure;

/// Reads logs into one flow.
pub(super) fn read(format: Format, files: &[String]) -> anyhow::Result<Flow> {
    let mut importer = Importer::new(format);
    for name in files {
        let unreadable = |error| Failure::usage(format!("{name}: cannot be read: {error}"));
        let file = File::open(name).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Failure::usage_with(
                format!("{name}: there is no such file; --import {} expects logs of that tool", format.as_str()),
                format!("they usually are {}", usual_place(format)),
            ),
            _ => unreadable(error),
        })?;
        if file.metadata().map_err(unreadable)?.is_dir() {
            return Err(Failure::usage_with(
                format!("{name}: is a folder"),
                "name the logs in it, for example with the shell: DIR/*.jsonl",
            ));
        }
        importer.read(name, file).map_err(|error| not_a_log(format, &error))?;
    }
    Ok(importer.finish())
}

fn not_a_log(format: Format, error: &ImportError) -> anyhow::Error {
    let others = Format::ALL.into_iter().filter(|other| *other != format).map(Format::as_str).collect::<Vec<_>>();
    Failure::usage_with(error.to_string(), format!("of another tool? There are --import {}", others.join(" and ")))
}
