#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use super::{may_write, repository_above};
use crate::failure::Failure;

#[test]
fn an_existing_file_stays_unless_it_is_said_to_replace_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".agent").join("team.yaml");
    may_write(&path, false).unwrap();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "mine").unwrap();
    let error = may_write(&path, false).unwrap_err();
    let failure = error.downcast_ref::<Failure>().unwrap();
    assert_eq!(failure.code, 2);
    assert!(failure.hint.as_deref().unwrap_or_default().contains("--force"));
    may_write(&path, true).unwrap();
}

#[cfg(unix)]
#[test]
fn a_link_out_of_the_repository_is_not_written_through_even_by_force() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join(".agent")).unwrap();
    let error = may_write(&folder.path().join(".agent").join("team.yaml"), true).unwrap_err();
    assert!(error.to_string().contains("symbolic link"), "{error}");
}

#[test]
fn the_repository_above_a_folder_is_named_and_one_that_begins_here_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("crates").join("a");
    std::fs::create_dir_all(&below).unwrap();
    std::fs::create_dir_all(folder.path().join(".git")).unwrap();
    assert_eq!(repository_above(&below), Some(folder.path()));
    assert_eq!(repository_above(folder.path()), None);
}
