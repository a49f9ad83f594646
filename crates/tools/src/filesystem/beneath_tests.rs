#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use std::io::Read;
use std::os::unix::fs::symlink;

use super::*;

struct Sandbox {
    _folder: tempfile::TempDir,
    outside: PathBuf,
    base: Base,
}

fn sandbox() -> Sandbox {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().canonicalize().unwrap();
    let root = top.join("repo");
    std::fs::create_dir_all(root.join("src")).unwrap();
    std::fs::write(root.join("src/a.txt"), "inside").unwrap();
    // A neighbour whose name begins with the root's: a comparison of strings would let it in.
    let outside = top.join("repo-evil");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(outside.join("secret"), "outside").unwrap();
    Sandbox { base: Base::open(&root).unwrap(), outside, _folder: folder }
}

/// Both ways of opening must give the same answer.
fn read(sandbox: &Sandbox, path: &str) -> Result<String, Errno> {
    let text = |fd: OwnedFd| {
        let mut text = String::new();
        std::fs::File::from(fd).read_to_string(&mut text).unwrap();
        text
    };
    let by_kernel = sandbox.base.open_at(Path::new(path), OFlags::RDONLY, Mode::empty()).map(text);
    let checked = sandbox.base.open_checked(Path::new(path), OFlags::RDONLY, Mode::empty()).map(text);
    assert_eq!(by_kernel.is_ok(), checked.is_ok(), "{path}: {by_kernel:?} against {checked:?}");
    by_kernel
}

#[test]
fn a_file_and_symlinks_that_stay_inside_are_opened() {
    let sandbox = sandbox();
    symlink("src/a.txt", sandbox.base.path.join("relative")).unwrap();
    symlink(sandbox.base.path.join("src"), sandbox.base.path.join("absolute")).unwrap();
    for path in ["src/a.txt", "relative", "absolute/a.txt"] {
        assert_eq!(read(&sandbox, path).unwrap(), "inside", "{path}");
    }
}

#[test]
fn symlinks_that_lead_out_are_refused_however_they_do_it() {
    let sandbox = sandbox();
    let root = &sandbox.base.path;
    symlink(sandbox.outside.join("secret"), root.join("absolute")).unwrap();
    symlink("../repo-evil/secret", root.join("relative")).unwrap();
    symlink("../../repo-evil", root.join("src/folder")).unwrap();
    symlink("src/folder", root.join("chain")).unwrap();
    for path in ["absolute", "relative", "src/folder/secret", "chain/secret"] {
        assert_eq!(read(&sandbox, path), Err(Errno::XDEV), "{path}");
    }
}

#[test]
fn a_symlink_that_points_at_itself_is_an_error_and_not_a_hang() {
    let sandbox = sandbox();
    symlink("loop", sandbox.base.path.join("loop")).unwrap();
    assert_eq!(read(&sandbox, "loop"), Err(Errno::LOOP));
}

#[test]
fn folders_are_made_beneath_and_never_through_a_symlink_out() {
    let sandbox = sandbox();
    sandbox.base.make_folder(Path::new("new/deep/er")).unwrap();
    assert!(sandbox.base.path.join("new/deep/er").is_dir());
    symlink(&sandbox.outside, sandbox.base.path.join("way_out")).unwrap();
    // No symlink is followed there: the path was resolved before.
    assert_eq!(sandbox.base.make_folder(Path::new("way_out/planted")).unwrap_err(), Errno::NOTDIR);
    assert!(!sandbox.outside.join("planted").exists());
}

#[test]
fn the_real_place_of_a_path_that_does_not_exist_yet_is_known() {
    let sandbox = sandbox();
    symlink("src", sandbox.base.path.join("link")).unwrap();
    assert_eq!(sandbox.base.real(Path::new("link/new/file")).unwrap(), PathBuf::from("src/new/file"));
}
