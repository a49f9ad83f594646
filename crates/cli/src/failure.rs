//! Errors of commands, with the exit code they lead to.

use std::process::ExitCode;

/// A command that did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    /// The process's exit code, from the table in `docs/`.
    pub(crate) code: u8,
    /// What happened, where, what is allowed.
    pub(crate) message: String,
    /// What to do.
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// Usage or configuration (2).
    pub(crate) fn usage(message: impl Into<String>) -> anyhow::Error {
        Self { code: 2, message: message.into(), hint: None }.into()
    }

    /// Usage or configuration (2), with what to do.
    pub(crate) fn usage_with(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self { code: 2, message: message.into(), hint: Some(hint.into()) }.into()
    }

    /// Refused: folder not trusted, permission floor (6).
    pub(crate) fn refused(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self { code: 6, message: message.into(), hint: Some(hint.into()) }.into()
    }
}

/// The exit code that an error leads to.
pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    error.downcast_ref::<Failure>().map_or_else(|| code_of(error), |failure| failure.code)
}

/// Says what went wrong and gives the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        crate::text::complain(&failure.message);
        if let Some(hint) = &failure.hint {
            crate::text::hint(hint);
        }
        return ExitCode::from(failure.code);
    }
    if let Some(error) = error.downcast_ref::<std::io::Error>()
        && error.kind() == std::io::ErrorKind::BrokenPipe
    {
        return ExitCode::SUCCESS;
    }
    crate::text::complain(&with_causes(error));
    ExitCode::from(code_of(error))
}

/// The error and its causes, each said once: many errors have their cause in their own words already.
fn with_causes(error: &anyhow::Error) -> String {
    error
        .chain()
        .skip(1)
        .map(ToString::to_string)
        .fold(error.to_string(), |said, cause| if said.contains(&cause) { said } else { format!("{said}: {cause}") })
}

/// Exit code of an error that carries none: configuration errors are the user's to mend, the rest is ours.
fn code_of(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<runtime::RuntimeError>() {
        // A session that cannot even be opened as it is configured.
        Some(runtime::RuntimeError::Setup(_)) => return 2,
        Some(error) => return error.status().exit_code(),
        None => {}
    }
    let configuration = error.is::<team::TeamError>()
        || error.is::<catalogue::CatalogueError>()
        || error.is::<simulator::ScenarioError>()
        // An address that is taken or not this machine's.
        || error.is::<simulator::SimulatorError>();
    if configuration || is_wrong_place(error) { 2 } else { 70 }
}

/// A folder that was named, or stands in the environment, and cannot be used: a database in it that is damaged, or a full
/// disk, is another matter.
fn is_wrong_place(error: &anyhow::Error) -> bool {
    use std::io::ErrorKind as Kind;
    use store::StoreError;
    if let Some(error) = error.downcast_ref::<StoreError>() {
        return matches!(error, StoreError::ReadOnly { .. } | StoreError::Open { .. });
    }
    let wrong = [Kind::PermissionDenied, Kind::ReadOnlyFilesystem, Kind::NotADirectory, Kind::AlreadyExists];
    error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>()).any(|cause| wrong.contains(&cause.kind()))
}

#[cfg(test)]
mod tests {
    use super::code_of;
    use crate::config::files;

    #[test]
    fn a_file_where_a_folder_belongs_is_the_users_to_mend_and_a_damaged_database_is_not() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        files::write(&file, "text").unwrap();
        assert_eq!(code_of(&files::write(&file.join("team.yaml"), "").unwrap_err()), 2);
        assert_eq!(code_of(&store::Store::open(&file).unwrap_err().into()), 2);
        assert_eq!(code_of(&store::Store::open(&file.join("deeper")).unwrap_err().into()), 2);
        let damaged = store::StoreError::Corrupt { path: file, detail: String::new() };
        assert_eq!(code_of(&damaged.into()), 70);
    }
}
