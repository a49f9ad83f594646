use super::may_last;

#[test]
fn sec_68_a_yes_for_the_session_is_never_offered_for_what_can_be_anything() {
    for line in [
        "bash -c ls",
        "python x.py",
        "node x.js",
        "git push",
        "env ls",
        "npm run build",
        "sudo ls",
        "/usr/bin/sudo ls",
        "rm -rf build",
        "timeout 1 rm x",
        "ls; ls",
        "ls && ls",
        "ls > x",
        "echo $HOME",
        "ls *",
        "FOO=1 ls",
        "./run.sh",
        "sh x",
        "xargs ls",
        "ls\nls",
        "mkfs.ext4 x",
    ] {
        assert!(!may_last("bash", line), "{line}");
    }
    assert!(may_last("bash", "cargo run --example tables"));
    assert!(may_last("bash", "touch made.txt"));
    assert!(!may_last("edit", "--- a/x\n+++ b/x"), "a diff is the same only once");
    assert!(!may_last("write", "x"));
}
