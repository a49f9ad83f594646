//! The usual tools work behind the wall.

use std::fs;

use sandbox::Mode;

use crate::ground::{Ground, run};

fn works(ground: &Ground, line: &str, says: &str) {
    let ran = run(&ground.open(Mode::Workspace), line);
    assert_eq!(ran.code, Some(0), "{line}: {}", ran.output);
    assert!(ran.output.contains(says), "{line}: {}", ran.output);
    assert!(ran.ended.notices.is_empty(), "{:?}", ran.ended);
}

#[test]
fn sbx_09_cargo_tests_a_crate() {
    let ground = Ground::with_repository();
    ground.put("Cargo.toml", "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
    ground.put("src/lib.rs", "#[test]\nfn serves_itself() {\n    let server = std::net::TcpListener::bind(\"127.0.0.1:0\").unwrap();\n    std::net::TcpStream::connect(server.local_addr().unwrap()).unwrap();\n    std::fs::write(std::env::temp_dir().join(\"x\"), \"x\").unwrap();\n}\n");
    works(&ground, "cargo test --offline 2>&1", "1 passed");
}

#[test]
fn sbx_09_npm_runs_a_test() {
    let ground = Ground::new();
    ground.put("package.json", r#"{"name":"small","version":"1.0.0","scripts":{"test":"node test.js"}}"#);
    ground.put("test.js", "require('assert').equal(require('child_process').execSync('echo 1')+'', '1\\n'); console.log('fine', new Worker);\n".replace("new Worker", "1").as_str());
    works(&ground, "npm test", "fine");
}

#[test]
fn sbx_09_python_runs_tests_with_processes_and_temporary_files() {
    let ground = Ground::new();
    ground.put(
        "test_small.py",
        "import multiprocessing, tempfile, unittest\n\
         class Small(unittest.TestCase):\n    def test_pool(self):\n        with multiprocessing.Pool(2) as pool:\n            \
         self.assertEqual(pool.map(abs, [-1, -2]), [1, 2])\n    def test_file(self):\n        with tempfile.TemporaryDirectory() as folder:\n            \
         open(folder + '/x', 'w').write('x')\n",
    );
    works(&ground, "python3 -m unittest -v 2>&1", "Ran 2 tests");
}

#[test]
fn sbx_09_make_builds_in_parallel() {
    let ground = Ground::new();
    ground.put("Makefile", "all: a b c d\n%: %.in\n\tcp $< $@\n");
    for name in ["a.in", "b.in", "c.in", "d.in"] {
        ground.put(name, name);
    }
    works(&ground, "make -j2 && cat d", "d.in");
}

#[test]
fn sbx_09_git_reads_three_kinds_of_repositories() {
    let ground = Ground::with_repository();
    ground.put("new.txt", "x");
    works(&ground, "git status --short && git log --oneline && git diff HEAD", "?? new.txt");
    // A worktree, whose `.git` is a file.
    ground.git(&["worktree", "add", "-q", "../tree", "-b", "side"]);
    let mut profile = ground.profile(Mode::Workspace);
    profile.root = ground.path("tree");
    profile.readable.push(ground.path("ws/.git"));
    let ran = run(
        &crate::ground::open(profile),
        "echo y >> a.txt; git status --short; git log --oneline | wc -l; echo x > .git",
    );
    assert!(ran.output.starts_with(" M a.txt\n1\n"), "{}", ran.output);
    assert!(fs::read_to_string(ground.path("tree/.git")).unwrap().starts_with("gitdir: "));
    // One within another.
    fs::create_dir(ground.ws("sub")).unwrap();
    let made = std::process::Command::new("git").args(["init", "-q"]).current_dir(ground.ws("sub")).status().unwrap();
    assert!(made.success());
    works(&ground, "git -C sub status --short --branch", "No commits yet");
}

#[test]
fn sbx_09_tests_make_and_remove_repositories_of_their_own() {
    let ground = Ground::with_repository();
    let make = "git init -q t && cd t && git -c user.name=a -c user.email=a@b.test commit -q --allow-empty -m x && \
                git config user.name b && git remote add o https://a.test/x && git branch side && git log --oneline | wc -l";
    let sandbox = ground.open(Mode::Workspace);
    assert_eq!(run(&sandbox, make).output, "1\n");
    let ran =
        run(&sandbox, "git -C t status && rm -rf t && git init -q --bare bare.git && rm -rf bare.git && echo gone");
    assert!(ran.output.ends_with("gone\n"), "{}", ran.output);
    assert_eq!(ran.ended.notices, Vec::<String>::new());
}
