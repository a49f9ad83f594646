//! Names of files that are more than files: by some, other programs or this one are made to run something; in others, credentials
//! are kept.

use std::path::{Component, Path, PathBuf};

use permissions::places::{CREDENTIALS, PROTECTED, protected_among};

use crate::filesystem::beneath::Base;

/// The part of a path that is guarded.
pub(crate) fn guarded(path: &Path) -> Option<&'static str> {
    let parts = path.components().filter_map(|part| {
        let Component::Normal(part) = part else { return None };
        Some(match fold(&part.to_string_lossy()).as_str() {
            // What Windows calls them where names have to be short.
            "git~1" => ".git".to_owned(),
            "github~1" => ".github".to_owned(),
            part => part.to_owned(),
        })
    });
    protected_among(&parts.collect::<Vec<_>>())
}

/// Why a person is asked before a guarded file is written.
pub(crate) fn warning(part: &str) -> String {
    match part {
        ".agent" => {
            "protected: .agent configures this agent itself, what it may do and which commands it runs without asking. \
                     No task needs an agent to change that; say yes only if you asked for it"
                .to_owned()
        }
        part => format!("protected: {part} can make other programs run commands"),
    }
}

/// The guarded path that a change would reach: by what it is called, by where it leads, or because a guarded name leads to where
/// it lies. `relative` is as it was called, `real` has its symlinks resolved.
pub(crate) fn reached(root: &Base, relative: &Path, real: &Path) -> Option<PathBuf> {
    if let Some(path) = [relative, real].into_iter().find(|path| guarded(path).is_some()) {
        return Some(path.to_owned());
    }
    PROTECTED.iter().find_map(|name| {
        let lies = leads_to(root, name)?;
        (!lies.as_os_str().is_empty() && real.starts_with(&lies)).then(|| Path::new(name).to_owned())
    })
}

/// Where a guarded name at the top of the workspace leads, if it leads to another place inside.
fn leads_to(root: &Base, name: &str) -> Option<PathBuf> {
    let is_link = |part: &Path| root.path.join(part).is_symlink();
    if Path::new(name).ancestors().any(|part| !part.as_os_str().is_empty() && is_link(part)) {
        return root.real(Path::new(name)).ok().filter(|real| real != Path::new(name));
    }
    let kind = root.path.join(name).symlink_metadata().ok()?.file_type();
    // A working tree or part of another repository: the file says where the repository is.
    let text = if name == ".git" && kind.is_file() { root.small_text(Path::new(name))? } else { return None };
    let folder = root.path.join(text.trim().strip_prefix("gitdir:")?.trim());
    Some(folder.canonicalize().ok()?.strip_prefix(&root.path).ok()?.to_owned())
}

/// The form in which two names are the same for a file system that knows no case: those of Linux, macOS and Windows, all at once.
/// Code points that such file systems leave out of a comparison are left out, and so is what Windows leaves off at the end.
fn fold(name: &str) -> String {
    let seen: String = name.chars().filter(|c| !is_ignorable(*c)).collect();
    // First up, then down: `ſ` is an `s` then.
    let folded = seen.to_uppercase().to_lowercase();
    let folded = folded.split(':').next().unwrap_or_default();
    folded.trim_end_matches(['.', ' ']).to_owned()
}

/// Default_Ignorable_Code_Point of Unicode, by blocks.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The places beneath the workspace that no tool shows, relative to it: those with credentials, and `kept`, which commands do not see
/// either. `home` is the user's, as commands see it.
pub(crate) fn hidden(root: &Path, home: Option<&Path>, kept: &[PathBuf]) -> Vec<PathBuf> {
    let mut all = credentials(root, home);
    // A workspace within such a place was opened by the user, and commands see it.
    let inside = kept.iter().flat_map(|place| spellings(root.join(place)));
    all.extend(inside.filter_map(|place| place.strip_prefix(root).ok().map(Path::to_owned)));
    all.sort();
    all.dedup();
    all
}

/// A place, and where it is a symlink or lies behind one, what it leads to.
fn spellings(place: PathBuf) -> impl Iterator<Item = PathBuf> {
    let real = place.canonicalize().ok().filter(|real| *real != place);
    [Some(place), real].into_iter().flatten()
}

/// The places with credentials that lie beneath the workspace; or the workspace itself, as an empty path, where it lies within such a
/// place.
fn credentials(root: &Path, home: Option<&Path>) -> Vec<PathBuf> {
    let Some(home) = home.and_then(|home| home.canonicalize().ok()) else { return Vec::new() };
    if !home.starts_with(root) && !root.starts_with(&home) {
        return Vec::new();
    }
    let beneath = |place: &&str| {
        spellings(home.join(place)).filter_map(|place| match place.strip_prefix(root) {
            Ok(inside) => Some(inside.to_owned()),
            Err(_) => root.starts_with(&place).then(PathBuf::new),
        })
    };
    CREDENTIALS.iter().flat_map(|place| beneath(place).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "tests touch real files")]

    use super::*;

    #[test]
    fn sec_21_names_are_guarded_in_every_form_in_which_a_file_system_may_know_them() {
        for name in [
            ".git",
            ".GIT",
            ".Git",
            ".gİt",
            ".huſky",
            ".g\u{200c}it",
            ".GIT.",
            ".git ",
            "GIT~1",
            ".git::$INDEX_ALLOCATION",
        ] {
            let path = Path::new("sub").join(name).join("hooks/x");
            // A dotted capital I is another letter on all of them.
            assert_eq!(guarded(&path).is_some(), name != ".gİt", "{name:?}");
        }
        for path in [
            ".github/workflows/ci.yml",
            "sub/.GitHub/Workflows ./x",
            "GITHUB~1/workflows",
            ".github/actions",
            ".circleci",
        ] {
            assert!(guarded(Path::new(path)).is_some(), "{path}");
        }
        for name in [
            "git",
            ".github",
            ".github/CODEOWNERS",
            "workflows/ci.yml",
            ".gitignore",
            ".gitkeep",
            "agent",
            ".agents.md",
            ".env.example",
        ] {
            assert_eq!(guarded(Path::new(name)), None, "{name}");
        }
    }

    #[test]
    fn credentials_are_hidden_where_the_workspace_is_the_home_folder_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        assert!(hidden(&home, Some(&home), &[]).contains(&PathBuf::from(".ssh")));
        assert_eq!(hidden(&home.join(".ssh/keys"), Some(&home), &[]), [PathBuf::new()]);
        assert_eq!(hidden(&home.join("work"), Some(&home), &[]), Vec::<PathBuf>::new());
        assert_eq!(hidden(&home, None, &[]), Vec::<PathBuf>::new());
    }

    #[test]
    fn sbx_08_what_is_kept_from_commands_is_kept_from_tools_by_its_name_and_by_where_it_leads() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["lies/deep", "private"] {
            std::fs::create_dir_all(root.join(name)).unwrap();
        }
        std::os::unix::fs::symlink("lies/deep", root.join("diary")).unwrap();
        let kept = ["diary", "private", "later"].map(|name| root.join(name));
        assert_eq!(hidden(&root, None, &kept), ["diary", "later", "lies/deep", "private"].map(PathBuf::from));
        // Elsewhere, or around a workspace that the user has opened, it hides nothing.
        let inside = root.join("private");
        assert_eq!(hidden(&inside, None, &[root.clone(), root.join("diary")]), Vec::<PathBuf>::new());
        // The workspace itself is hidden from commands, too.
        assert_eq!(hidden(&inside, None, std::slice::from_ref(&inside)), [PathBuf::new()]);
    }

    #[test]
    fn what_a_workflow_folder_leads_to_is_guarded_even_before_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("conf")).unwrap();
        std::os::unix::fs::symlink("conf", root.join(".github")).unwrap();
        let base = Base::open(&root).unwrap();
        let reach = |path: &str| reached(&base, Path::new(path), Path::new(path));
        assert_eq!(reach("conf/workflows/ci.yml"), Some(PathBuf::from(".github/workflows")));
        assert_eq!(reach("conf/notes.md"), None);
    }
}
