//! The socket and its folder.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use sandbox::net::{NetError, Proxy, ProxyConfig};

use crate::rig::Rig;

fn start(folder: &Path) -> Result<Proxy, NetError> {
    Proxy::start(ProxyConfig::new(folder.to_owned(), Vec::new()))
}

#[tokio::test]
async fn sec_44_the_socket_is_for_its_owner_alone() {
    let rig = Rig::new(&[]).await;
    let socket = rig.socket();
    assert_eq!(socket.metadata().unwrap().mode() & 0o777, 0o600);
    assert_eq!(socket.parent().unwrap().metadata().unwrap().mode() & 0o777, 0o700);
}

#[tokio::test]
async fn sec_60_a_folder_that_was_put_there_by_others_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let mine = place.path().join("mine");
    std::fs::create_dir(&mine).unwrap();
    std::fs::set_permissions(&mine, Permissions::from_mode(0o755)).unwrap();
    assert!(start(&mine).unwrap_err().to_string().contains("its mode is 755"));
    std::fs::set_permissions(&mine, Permissions::from_mode(0o700)).unwrap();

    let link = place.path().join("link");
    symlink(&mine, &link).unwrap();
    assert!(start(&link).unwrap_err().to_string().contains("a link"));

    let file = place.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(start(&file), Err(NetError::Folder { .. })));

    std::fs::write(mine.join("net.sock"), "planted").unwrap();
    assert!(matches!(start(&mine), Err(NetError::Socket { .. })));
    assert_eq!(std::fs::read_to_string(mine.join("net.sock")).unwrap(), "planted");
}

#[tokio::test]
async fn sec_60_a_folder_of_another_user_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let theirs = place.path().join("theirs");
    std::fs::create_dir(&theirs).unwrap();
    std::fs::set_permissions(&theirs, Permissions::from_mode(0o700)).unwrap();
    // Only root can give a folder away; for others somebody else's folder is at hand.
    let theirs = match std::os::unix::fs::chown(&theirs, Some(12345), None) {
        Ok(()) => theirs,
        Err(_) => Path::new("/").to_owned(),
    };
    assert!(start(&theirs).unwrap_err().to_string().contains("it belongs to user"));
}

#[test]
fn outside_of_the_async_runtime_it_is_an_error_and_no_panic() {
    let place = tempfile::tempdir().unwrap();
    assert!(matches!(start(&place.path().join("net")), Err(NetError::Runtime)));
}
