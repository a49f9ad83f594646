use std::fs;

use super::*;

fn look(root: &Path, names: &[&str], others: &BTreeSet<PathBuf>) -> Snapshot {
    let absent = names.iter().map(|name| root.join(name)).filter(|path| !path.exists() || others.contains(path));
    Snapshot { absent: absent.collect(), ..Snapshot::default() }
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn points_are_gone_when_the_last_that_holds_them_lets_go() {
    let ground = tempfile::tempdir().unwrap();
    let root = ground.path().join("ws");
    fs::create_dir(&root).unwrap();
    let folders = Folders::open(&ground.path().join("state")).unwrap();
    let (_, first) = hold(&folders, |others| look(&root, &["a", "b"], others)).unwrap();
    let (found, second) = hold(&folders, |others| look(&root, &["b", "c"], others)).unwrap();
    assert_eq!(found.absent, [root.join("b"), root.join("c")]);
    drop(first);
    assert_eq!(entries(&root).len(), 2);
    drop(second);
    assert_eq!((count(&root), count(&folders.points)), (0, 0));
    // They are used again, not made again.
    assert_eq!(count(&folders.pool), 3);
    let (_, third) = hold(&folders, |others| look(&root, &["a"], others)).unwrap();
    assert_eq!((count(&root), count(&folders.pool)), (1, 2));
    drop(third);
}

#[test]
fn what_somebody_put_something_into_stays() {
    let ground = tempfile::tempdir().unwrap();
    let root = ground.path().join("ws");
    fs::create_dir(&root).unwrap();
    let folders = Folders::open(&ground.path().join("state")).unwrap();
    let (_, held) = hold(&folders, |others| look(&root, &["a", "b"], others)).unwrap();
    fs::write(root.join("a/x"), "x").unwrap();
    fs::remove_dir(root.join("b")).unwrap();
    fs::write(root.join("b"), "").unwrap();
    drop(held);
    assert_eq!((root.join("a/x").exists(), root.join("b").is_file()), (true, true));
}

#[test]
fn what_is_there_already_and_nobodys_point_is_protected_as_it_is() {
    let ground = tempfile::tempdir().unwrap();
    let root = ground.path().join("ws");
    fs::create_dir_all(root.join("a")).unwrap();
    let folders = Folders::open(&ground.path().join("state")).unwrap();
    // As on a file system that ignores case: looked for in vain, and yet there.
    let absent = Snapshot { absent: vec![root.join("a")], ..Snapshot::default() };
    let (found, held) = hold(&folders, |_| absent).unwrap();
    assert_eq!((found.protected, found.absent.len()), (vec![root.join("a")], 0));
    drop(held);
    assert!(root.join("a").is_dir());
}

#[test]
fn records_of_processes_that_are_no_more_are_swept_and_torn_ones_remove_nothing_else() {
    let ground = tempfile::tempdir().unwrap();
    let root = ground.path().join("ws");
    fs::create_dir_all(root.join("left")).unwrap();
    fs::create_dir_all(root.join("le")).unwrap();
    let folders = Folders::open(&ground.path().join("state")).unwrap();
    let mut record = root.join("left").into_os_string().into_encoded_bytes();
    record.push(0);
    // The last name was cut off in its middle.
    record.extend(root.join("le").into_os_string().into_encoded_bytes());
    fs::write(folders.points.join("4194999-5-0"), record).unwrap();
    sweep(&folders).unwrap();
    assert_eq!(entries(&root), [root.join("le")]);
    assert_eq!(count(&folders.points), 0);
}
