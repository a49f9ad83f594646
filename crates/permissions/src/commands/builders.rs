//! Commands that build, test or lint. They run the repository's own code, so they are for sessions that are allowed to.

use std::path::{Component, Path};

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
const GO: &[&str] = &[
    "-v",
    "-run",
    "-run=",
    "-race",
    "-count=",
    "-short",
    "-bench",
    "-bench=",
    "-timeout=",
    "-timeout",
    "-tags",
    "-tags=",
    "-cover",
    "-failfast",
    "-parallel",
    "-parallel=",
    "-p",
];
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
    Builder(&["go", "doc"], &["-all", "-src", "-short", "-u"], Further::Allowed),
    Builder(&["gofmt", "-l"], &["-d"], Further::Allowed),
    Builder(&["gofmt", "-d"], &["-l"], Further::Allowed),
    Builder(&["golangci-lint", "run"], FEW, Further::Allowed),
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

/// Whether a command builds, tests or lints, and nothing else.
pub(super) fn builds(words: &[&str]) -> bool {
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
