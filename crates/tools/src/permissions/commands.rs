//! Which commands run without asking. Two kinds: those that only read, whose every option is on a list (options are how a
//! reading command is made to write or to run something), and those that build, test or lint, which run the repository's
//! own code anyway.

use std::path::{Component, Path};

use super::line::{Words, split};

/// What an allowed command line may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Read beneath the workspace.
    ReadOnly,
    /// What the repository's own build and tests do, or what the team's file names.
    Listed,
}

/// Judges a whole line: the least harmless of its commands, or why it has to be asked for.
pub(super) fn judge(command: &str, root: &Path, allowed: &[String]) -> Result<Kind, String> {
    let command = command.trim();
    if allowed.iter().any(|line| line.trim() == command) {
        return Ok(Kind::Listed);
    }
    let commands = split(command)?;
    if commands.is_empty() {
        return Err("the line is empty".to_owned());
    }
    let allowed: Vec<Words> = allowed.iter().filter_map(|line| single(line)).collect();
    let mut kind = Kind::ReadOnly;
    for words in &commands {
        kind = kind.max(judge_one(words, root, &allowed)?);
    }
    Ok(kind)
}

/// A listed line that is one simple command may also stand as a part of a longer line.
fn single(line: &str) -> Option<Words> {
    match split(line).ok()?.as_slice() {
        [words] => Some(words.clone()),
        _ => None,
    }
}

fn judge_one(words: &Words, root: &Path, allowed: &[Words]) -> Result<Kind, String> {
    if allowed.contains(words) {
        return Ok(Kind::Listed);
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let ["cd", folder] = words.as_slice() {
        let inside = Path::new(folder).strip_prefix(root).unwrap_or(Path::new(folder));
        return match stays_inside(&inside.to_string_lossy()) && !folder.starts_with('-') {
            true => Ok(Kind::ReadOnly),
            false => Err(format!("`cd {folder}` leaves the workspace")),
        };
    }
    if reads_only(&words) {
        return Ok(Kind::ReadOnly);
    }
    if builds(&words) {
        return Ok(Kind::Listed);
    }
    Err(format!("`{}` is not on the list of allowed commands", words.join(" ")))
}

/// A reading command: how it begins, the letters allowed in its short options, its other options in full (one that ends in
/// `=` may go on in any way).
struct Reader(&'static [&'static str], &'static str, &'static [&'static str]);

const COLOR: &str = "--color=never";

const READERS: &[Reader] = &[
    Reader(&["pwd"], "LP", &[]),
    Reader(&["true"], "", &[]),
    Reader(&["echo"], "ne", &[]),
    Reader(&["ls"], "1aAdFghilLnoprRsStuXU", &["--all", COLOR]),
    Reader(&["cat"], "AbeEnstTv", &["--number"]),
    Reader(&["head"], "cnqv", &["--lines=", "--bytes="]),
    Reader(&["tail"], "cnqv", &["--lines=", "--bytes="]),
    Reader(&["wc"], "clLmw", &["--lines"]),
    Reader(&["nl"], "b", &[]),
    Reader(&["cut"], "bcdfs", &["--delimiter=", "--fields="]),
    Reader(&["tr"], "cds", &[]),
    Reader(&["basename"], "as", &[]),
    Reader(&["dirname"], "", &[]),
    Reader(&["diff"], "abBiNqruw", &[COLOR, "--brief"]),
    Reader(&["cmp"], "s", &[]),
    Reader(
        &["grep"],
        "abcCeEFhHilLmnoPqrsvwxAB",
        &["--include=", "--exclude=", "--exclude-dir=", COLOR, "--count", "--line-number"],
    ),
    Reader(
        &["rg"],
        "aABcCeFgiIlmnNoqsStTuUvwx",
        &[
            "--files",
            "--hidden",
            "--no-ignore",
            "--count",
            "--type=",
            "--glob=",
            "--no-heading",
            "--line-number",
            COLOR,
        ],
    ),
    Reader(
        &["find"],
        "",
        &[
            "-name",
            "-iname",
            "-path",
            "-ipath",
            "-type",
            "-maxdepth",
            "-mindepth",
            "-not",
            "-o",
            "-a",
            "-print",
            "-size",
            "-newer",
            "-mtime",
            "-empty",
        ],
    ),
    Reader(&["git", "status"], "bsuv", &["--short", "--branch", "--porcelain", "--ignored", "--porcelain=v1"]),
    Reader(&["git", "diff"], "bBMCUpuw", GIT_DIFF),
    Reader(&["git", "show"], "bBMCUpuws", GIT_DIFF),
    Reader(&["git", "log"], "bBMCUpuwnSGiL", GIT_DIFF),
    Reader(&["git", "blame"], "LwMCse", &[]),
    Reader(&["git", "ls-files"], "cdmos", &["--cached", "--others", "--exclude-standard", "--modified"]),
    Reader(&["git", "rev-parse"], "", &["--abbrev-ref", "--show-toplevel", "--short", "--verify"]),
];

const GIT_DIFF: &[&str] = &[
    "--cached",
    "--staged",
    "--stat",
    "--shortstat",
    "--numstat",
    "--name-only",
    "--name-status",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--word-diff",
    "--oneline",
    "--graph",
    "--all",
    "--decorate",
    "--follow",
    "--no-merges",
    "--reverse",
    "--patch",
    "--no-patch",
    "--format=",
    "--pretty=",
    "--since=",
    "--until=",
    "--author=",
    "--grep=",
    "--max-count=",
    "--unified=",
];

fn reads_only(words: &[&str]) -> bool {
    // `git --no-pager diff` is `git diff`.
    if let ["git", "--no-pager", rest @ ..] = words {
        let words: Vec<&str> = std::iter::once("git").chain(rest.iter().copied()).collect();
        return reads_only(&words);
    }
    if let ["sed", "-n", script, files @ ..] = words {
        return prints_lines(script) && files.iter().all(|file| !file.starts_with('-') && stays_inside(file));
    }
    READERS.iter().any(|Reader(command, letters, options)| {
        words.strip_prefix(*command).is_some_and(|rest| rest.iter().all(|word| harmless(word, letters, options)))
    })
}

fn harmless(word: &str, letters: &str, options: &[&str]) -> bool {
    let Some(option) = word.strip_prefix('-') else { return stays_inside(word) };
    let listed = |known: &&str| if known.ends_with('=') { word.starts_with(*known) } else { word == *known };
    // `-n20`, `-20`, `-C3`, `-d:` carry a value; `--` ends the options.
    let short = |c: char| letters.contains(c) || c.is_ascii_digit() || matches!(c, ',' | ':' | '.' | ' ');
    options.iter().any(listed)
        || (!letters.is_empty() && !option.starts_with('-') && option.chars().all(short))
        || word == "--"
}

/// `12p` or `3,40p` or `3,$p`: a sed script that prints lines and can do nothing else.
fn prints_lines(script: &str) -> bool {
    let Some(range) = script.strip_suffix('p') else { return false };
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match range.split_once(',') {
        Some((from, to)) => number(from) && (number(to) || to == "$"),
        None => number(range),
    }
}

/// A command that builds, tests or lints: how it begins, the options it may have (by which it cannot be told to run another
/// program, to read another configuration or to write elsewhere), and whether further words may follow. Where words name
/// further goals (`make test deploy`) they may not.
struct Builder(&'static [&'static str], &'static [&'static str], Further);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Further {
    Allowed,
    None,
}

const CARGO: &[&str] = &[
    "--all-targets",
    "--workspace",
    "--all",
    "--lib",
    "--bins",
    "--bin",
    "--tests",
    "--test",
    "--examples",
    "--example",
    "--benches",
    "--bench",
    "--doc",
    "--release",
    "--all-features",
    "--no-default-features",
    "--features",
    "--features=",
    "--package",
    "--package=",
    "-p",
    "--exclude",
    "-q",
    "--quiet",
    "-v",
    "--verbose",
    "--locked",
    "--offline",
    "--frozen",
    "--no-run",
    "--no-fail-fast",
    "--check",
    "--fix",
    "--allow-dirty",
    "--allow-staged",
    "--message-format=",
    "--color=",
    "--keep-going",
    "-j",
    "--no-deps",
    "--profile",
    "--depth",
    "-e",
    "-i",
];
/// Behind `--`: the test program's, rustfmt's and clippy's own.
const CARGO_INNER: &[&str] = &[
    "--nocapture",
    "--no-capture",
    "--exact",
    "--ignored",
    "--include-ignored",
    "--skip",
    "--list",
    "--show-output",
    "--test-threads=",
    "--test-threads",
    "--check",
    "-D",
    "-W",
    "-A",
    "-q",
];
const PYTEST: &[&str] =
    &["-q", "-v", "-vv", "-x", "-s", "-k", "-m", "--lf", "--ff", "--tb=", "--maxfail=", "-ra", "-rA", "--durations="];
const GO: &[&str] =
    &["-v", "-run", "-run=", "-race", "-count=", "-short", "-bench", "-bench=", "-timeout=", "-cover", "-failfast"];
const FEW: &[&str] = &["-q", "-v", "--quiet", "--verbose", "--silent", "--fix", "--check", "--color=", "--strict"];

const BUILDERS: &[Builder] = &[
    Builder(&["cargo", "test"], CARGO, Further::Allowed),
    Builder(&["cargo", "check"], CARGO, Further::Allowed),
    Builder(&["cargo", "build"], CARGO, Further::Allowed),
    Builder(&["cargo", "clippy"], CARGO, Further::Allowed),
    Builder(&["cargo", "fmt"], CARGO, Further::Allowed),
    Builder(&["cargo", "doc"], CARGO, Further::Allowed),
    Builder(&["cargo", "bench"], CARGO, Further::Allowed),
    Builder(&["cargo", "tree"], CARGO, Further::Allowed),
    Builder(&["cargo", "nextest", "run"], CARGO, Further::Allowed),
    Builder(&["cargo", "--version"], &[], Further::None),
    Builder(&["rustc", "--version"], &[], Further::None),
    Builder(&["npm", "test"], FEW, Further::None),
    Builder(&["npm", "run", "test"], FEW, Further::None),
    Builder(&["npm", "run", "lint"], FEW, Further::None),
    Builder(&["npm", "run", "build"], FEW, Further::None),
    Builder(&["npm", "run", "typecheck"], FEW, Further::None),
    Builder(&["pnpm", "test"], FEW, Further::None),
    Builder(&["pnpm", "lint"], FEW, Further::None),
    Builder(&["pnpm", "build"], FEW, Further::None),
    Builder(&["yarn", "test"], FEW, Further::None),
    Builder(&["yarn", "lint"], FEW, Further::None),
    Builder(&["yarn", "build"], FEW, Further::None),
    Builder(&["tsc", "--noEmit"], &[], Further::Allowed),
    Builder(&["eslint"], FEW, Further::Allowed),
    Builder(&["prettier", "--check"], &[], Further::Allowed),
    Builder(&["jest"], FEW, Further::Allowed),
    Builder(&["vitest", "run"], FEW, Further::Allowed),
    Builder(&["pytest"], PYTEST, Further::Allowed),
    Builder(&["python", "-m", "pytest"], PYTEST, Further::Allowed),
    Builder(&["python3", "-m", "pytest"], PYTEST, Further::Allowed),
    Builder(&["python", "-m", "unittest"], &["-v", "-q", "-k", "-f"], Further::Allowed),
    Builder(&["python3", "-m", "unittest"], &["-v", "-q", "-k", "-f"], Further::Allowed),
    Builder(&["ruff", "check"], FEW, Further::Allowed),
    Builder(&["ruff", "format"], FEW, Further::Allowed),
    Builder(&["mypy"], FEW, Further::Allowed),
    Builder(&["go", "test"], GO, Further::Allowed),
    Builder(&["go", "vet"], &["-v"], Further::Allowed),
    Builder(&["go", "build"], &["-v", "-race"], Further::Allowed),
    Builder(&["gofmt", "-l"], &[], Further::Allowed),
    Builder(&["make", "test"], &["-s", "-k"], Further::None),
    Builder(&["make", "check"], &["-s", "-k"], Further::None),
    Builder(&["make", "lint"], &["-s", "-k"], Further::None),
    Builder(&["make", "build"], &["-s", "-k"], Further::None),
    Builder(&["mvn", "test"], &["-q"], Further::None),
    Builder(&["gradle", "test"], &["-q"], Further::None),
    Builder(&["dotnet", "test"], FEW, Further::Allowed),
    Builder(&["dotnet", "build"], FEW, Further::Allowed),
    Builder(&["mix", "test"], &[], Further::Allowed),
    Builder(&["bundle", "exec", "rspec"], &[], Further::Allowed),
];

fn builds(words: &[&str]) -> bool {
    BUILDERS.iter().any(|Builder(command, options, more)| {
        words.strip_prefix(*command).is_some_and(|rest| {
            // Behind `--` cargo's arguments are those of the program that it runs.
            let own = rest.iter().position(|word| *word == "--" && command[0] == "cargo").unwrap_or(rest.len());
            rest[..own].iter().all(|word| unremarkable(word, options, *more))
                && rest[own..].iter().skip(1).all(|word| unremarkable(word, CARGO_INNER, Further::Allowed))
        })
    })
}

fn unremarkable(word: &str, options: &[&str], more: Further) -> bool {
    if !word.starts_with('-') {
        // `VAR=value` overrides what the build files say.
        return more == Further::Allowed && !word.contains('=') && stays_inside(word);
    }
    options.iter().any(|known| match known.strip_suffix('=') {
        Some(_) => word.strip_prefix(known).is_some_and(stays_inside),
        None => word == *known,
    })
}

/// Not an absolute path, not a home, and without a part that climbs.
fn stays_inside(word: &str) -> bool {
    !word.starts_with(['/', '~']) && Path::new(word).components().all(|part| !matches!(part, Component::ParentDir))
}
