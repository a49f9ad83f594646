//! Runs what the judge allows, in a place where it can do no harm, and compares the programs that were started with those that
//! the judge has seen. The place: bubblewrap without network and capabilities, where every program but the shell itself is a
//! stub that writes down how it was called.

#![allow(
    dead_code,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test tool that starts processes"
)]

pub(crate) mod grammar;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use permissions::{Judgement, Verdict};

/// A line that did what the judge did not see.
#[derive(Debug)]
pub(crate) struct Counterexample {
    pub(crate) line: String,
    pub(crate) shell: &'static str,
    pub(crate) what: String,
}

/// What a hunt found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) generated: usize,
    pub(crate) run: usize,
    pub(crate) started: usize,
    pub(crate) counterexamples: Vec<Counterexample>,
}

/// Programs that have a stub: what the grammar names, and what a slip of a letter may make of it.
const STUBS: &[&str] = &[
    "ls", "cat", "head", "tail", "wc", "grep", "sed", "sort", "uniq", "cut", "find", "git", "rg", "awk", "tr", "stat",
    "du", "date", "diff", "which", "basename", "jq", "xxd", "tree", "rm", "touch", "curl", "sh", "bash", "dash", "zsh",
    "tee", "xargs", "env", "nohup", "time", "printf", "echo", "test", "[", "true", "false", "pwd", "cp", "mv", "ln",
    "hi", "a", "b", "x", "src", "a.txt", "b.txt", "new", "-n", "-l", "f", "0", "1", "E", "c", "ca", "l", "s", "gi",
];

/// Lines per sandbox.
const BATCH: usize = 4_000;

/// Generates lines until so many have been judged, and runs those that are allowed.
pub(crate) fn hunt(lines: usize, seed: u64, judge: &dyn Fn(&str) -> Judgement) -> Report {
    let mut dice = grammar::Dice(seed);
    let mut report = Report::default();
    let mut batch = Vec::new();
    let place = Place::build();
    while report.generated < lines {
        let line = grammar::line(&mut dice);
        report.generated += 1;
        let judgement = judge(&line);
        if judgement.verdict == Verdict::Allow && !line.contains('\0') {
            batch.push((line, judgement));
        }
        if batch.len() == BATCH || report.generated == lines {
            place.run(&batch, &mut report);
            batch.clear();
        }
    }
    report
}

/// The workspace that the judge is told of.
pub(crate) const ROOT: &str = "/ws";

struct Place {
    folder: tempfile::TempDir,
}

const STUB: &str = "#!/real/dash\nIFS='\u{1f}'\nprintf '%s\u{1e}' \"$RUN\u{1f}$#\u{1f}${0##*/}\u{1f}$*\" >> /out/log\n";

/// Runs each line in both shells, and looks after each whether anything is different.
const DRIVER: &str = r#"
setup() {
  for name in a.txt b.txt src/c.txt; do printf 'x:y\nz\n' > "/ws/$name"; done
  for name in -delete --pre=x --output=new 'a b' '*'; do : > "/ws/$name"; done
}
look() {
  set -- /ws/* /ws/.* /ws/src/* /ws/src/.* /tmp/* /tmp/.*
  seen="$*"
  for name in a.txt b.txt src/c.txt -delete --pre=x --output=new 'a b' '*'; do
    IFS= read -r -d '' text < "/ws/$name"
    seen="$seen|$text"
  done
}
mkdir /ws/src
setup
look
before="$seen"
run=0
while IFS= read -r -d '' line; do
  for shell in bash dash; do
    (cd /ws && RUN=$run exec /real/$shell -c "$line") < /dev/null > /dev/null 2>&1
    look
    if [ "$seen" != "$before" ]; then
      printf '%s\037\034%s\036' $run "$seen" >> /out/log
      ( shopt -s dotglob; for name in /ws/* /ws/src/* /tmp/*; do [ -d "$name" ] || /real/rm -f -- "$name"; done )
      setup
    fi
    run=$((run + 1))
  done
done < /in/lines
printf '%s\037\035\036' $run >> /out/log
"#;

impl Place {
    fn build() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["stubs", "in", "out"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        for name in STUBS {
            let file = folder.path().join("stubs").join(name);
            std::fs::write(&file, STUB).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        std::fs::write(folder.path().join("in/driver"), DRIVER).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, batch: &[(String, Judgement)], report: &mut Report) {
        let lines: String = batch.iter().flat_map(|(line, _)| [line.as_str(), "\0"]).collect();
        std::fs::write(self.path("in/lines"), lines).unwrap();
        std::fs::write(self.path("out/log"), "").unwrap();
        let ended = self.sandbox().output().expect("bubblewrap (bwrap) has to be installed for this test");
        assert!(ended.status.success(), "the sandbox failed: {}", String::from_utf8_lossy(&ended.stderr));
        let log = String::from_utf8_lossy(&std::fs::read(self.path("out/log")).unwrap()).into_owned();
        report.run += batch.len() * 2;
        let mut ended = false;
        for record in log.split_terminator('\u{1e}') {
            // Each record bears the number of its run: what a pipeline leaves behind may write late.
            let (run, record) = record.split_once('\u{1f}').expect("a number in front");
            let run: usize = run.parse().expect("a number in front");
            if record == "\u{1d}" {
                ended = run == batch.len() * 2;
                continue;
            }
            report.started += 1;
            let (line, judgement) = &batch[run / 2];
            if let Some(what) = unseen(record, line, judgement) {
                let shell = ["bash", "dash"][run % 2];
                report.counterexamples.push(Counterexample { line: line.clone(), shell, what });
            }
        }
        assert!(ended, "the driver did not come to its end");
    }

    fn sandbox(&self) -> Command {
        let mut command = Command::new("bwrap");
        command.args(["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]);
        command.args(["--setenv", "PATH", "/usr/bin:/bin", "--setenv", "HOME", "/tmp"]);
        for library in ["/usr/lib", "/usr/lib64", "/lib", "/lib64"] {
            let path = Path::new(library);
            match std::fs::read_link(path) {
                Ok(target) => drop(command.arg("--symlink").arg(target).arg(path)),
                Err(_) if path.is_dir() => drop(command.args(["--ro-bind", library, library])),
                Err(_) => {}
            }
        }
        command.arg("--ro-bind").arg(self.path("stubs")).arg("/usr/bin");
        command.args(["--symlink", "usr/bin", "/bin"]);
        for (program, name) in [("/bin/bash", "/real/bash"), ("/bin/dash", "/real/dash"), ("/bin/rm", "/real/rm")] {
            command.arg("--ro-bind").arg(std::fs::canonicalize(program).unwrap()).arg(name);
        }
        command.arg("--ro-bind").arg(self.path("in")).arg("/in");
        command.arg("--bind").arg(self.path("out")).arg("/out");
        command.args(["--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/ws", "--remount-ro", "/", "--chdir", "/ws"]);
        command.args(["--", "/real/bash", "/in/driver"]).stdin(Stdio::null());
        command
    }
}

/// What a record of the log says that the judge did not.
fn unseen(record: &str, line: &str, judgement: &Judgement) -> Option<String> {
    if let Some(seen) = record.strip_prefix('\u{1c}') {
        return Some(format!("files changed: {seen:?}"));
    }
    // A stub that got no arguments writes an empty list, as one does that got an empty one.
    let (count, called) = record.split_once('\u{1f}').expect("a count in front");
    let mut called: Vec<&str> = called.split('\u{1f}').collect();
    if count == "0" {
        called.truncate(1);
    }
    let expands = |word: &String| word.contains(['*', '?', '[', '~', '$']);
    let fits = judgement.parts.iter().filter_map(|part| part.argv.as_ref()).any(|argv| {
        argv.iter().map(String::as_str).eq(called.iter().copied())
            || (argv.first().map(String::as_str) == called.first().copied() && argv.iter().any(expands))
    });
    // Where a number stands for `$?` the words are not known beforehand, but the program is.
    let numbered = judgement.parts.iter().any(|part| {
        let text = part.text.replace(['"', '\'', '\\', '\n'], "");
        part.argv.is_none() && called.first().is_some_and(|name| text.contains(name)) && line.contains('$')
    });
    (!fits && !numbered).then(|| format!("started: {called:?}"))
}
