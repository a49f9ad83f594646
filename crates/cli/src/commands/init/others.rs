//! Go, JVM, Ruby, PHP, Elixir, Deno, CMake: a few lines each.

use super::check::{Finder, Found, Kind};
use super::repo::Repo;

pub(super) fn go(repo: &Repo) -> Vec<Found> {
    let mut finder = Finder::new(repo, "go");
    if repo.has("go.mod") {
        finder.add(Kind::Tests, "go test ./...", "go.mod");
        match repo.first(&[".golangci.yml", ".golangci.yaml", ".golangci.toml", ".golangci.json"]) {
            Some(sign) => finder.add(Kind::Lint, "golangci-lint run", sign),
            None => finder.add(Kind::Lint, "go vet ./...", "go.mod"),
        }
        // gofmt ends with 0 whatever it finds: what counts is that it finds nothing. All Go code is expected to pass.
        finder.add(Kind::Format, "test -z \"$(gofmt -l .)\"", "go.mod");
        finder.offer(Kind::Build, "go build ./...", "go.mod", "vet and the tests build it anyway");
    }
    finder.done()
}

pub(super) fn jvm(repo: &Repo) -> Vec<Found> {
    let mut finder = Finder::new(repo, "jvm");
    if repo.has("pom.xml") {
        let start = if repo.has("mvnw") { "./mvnw" } else { "mvn" };
        finder.add(Kind::Tests, format!("{start} -q test"), "pom.xml");
        if repo.mentions(&["pom.xml"], "spotless-maven-plugin").is_some() {
            finder.add(Kind::Format, format!("{start} -q spotless:check"), "pom.xml");
        }
    } else if let Some(sign) = repo.first(&["build.gradle.kts", "build.gradle"]) {
        let start = if repo.has("gradlew") { "./gradlew" } else { "gradle" };
        finder.add(Kind::Tests, format!("{start} test"), sign);
        if repo.mentions(&[sign], "spotless").is_some() {
            finder.add(Kind::Format, format!("{start} spotlessCheck"), sign);
        }
        finder.offer(Kind::Build, format!("{start} build"), sign, "slow: it does everything, the tests included");
    }
    finder.done()
}

pub(super) fn ruby(repo: &Repo) -> Vec<Found> {
    let mut finder = Finder::new(repo, "ruby");
    if repo.has("Gemfile") {
        if repo.has(".rspec") || repo.has_folder("spec") {
            finder.add(Kind::Tests, "bundle exec rspec", if repo.has(".rspec") { ".rspec" } else { "spec" });
        } else if repo.has("bin/rails") {
            finder.add(Kind::Tests, "bin/rails test", "bin/rails");
        } else if repo.has("Rakefile") {
            finder.add(Kind::Tests, "bundle exec rake test", "Rakefile");
        }
        if let Some(sign) = repo.first(&[".rubocop.yml"]) {
            finder.add(Kind::Lint, "bundle exec rubocop", sign);
        }
    }
    finder.done()
}

pub(super) fn php(repo: &Repo) -> Vec<Found> {
    let mut finder = Finder::new(repo, "php");
    let Some(composer) = repo.json("composer.json") else { return finder.done() };
    let script = |name: &str| !composer["scripts"][name].is_null();
    if script("test") {
        finder.add(Kind::Tests, "composer test", "composer.json, script test");
    } else if let Some(sign) = repo.first(&["phpunit.xml", "phpunit.xml.dist"]) {
        finder.add(Kind::Tests, "vendor/bin/phpunit", sign);
    }
    if script("lint") {
        finder.add(Kind::Lint, "composer lint", "composer.json, script lint");
    } else if let Some(sign) = repo.first(&["phpstan.neon", "phpstan.neon.dist", "phpstan.dist.neon"]) {
        finder.add(Kind::Lint, "vendor/bin/phpstan analyse", sign);
    }
    finder.done()
}

pub(super) fn elixir(repo: &Repo) -> Vec<Found> {
    let mut finder = Finder::new(repo, "elixir");
    if repo.has("mix.exs") {
        finder.add(Kind::Tests, "mix test", "mix.exs");
        if repo.has(".credo.exs") {
            finder.add(Kind::Lint, "mix credo", ".credo.exs");
        }
        if repo.has(".formatter.exs") {
            finder.add(Kind::Format, "mix format --check-formatted", ".formatter.exs");
        }
    }
    finder.done()
}

pub(super) fn deno(repo: &Repo) -> Vec<Found> {
    let mut finder = Finder::new(repo, "deno");
    let Some(file) = repo.first(&["deno.json", "deno.jsonc"]) else { return finder.done() };
    // One with comments is not JSON; its tasks are not needed to name the program's own commands.
    let tasks = if file == "deno.json" { repo.json(file) } else { None };
    let has_task = tasks.is_some_and(|file| !file["tasks"]["test"].is_null());
    finder.add(Kind::Tests, if has_task { "deno task test" } else { "deno test" }, file);
    finder.add(Kind::Lint, "deno lint", file);
    let why_not = "nothing says that this repository is formatted; run it once, then switch it on";
    finder.add_if(repo.pipeline_runs("deno fmt"), Kind::Format, "deno fmt --check", file, why_not);
    finder.done()
}

pub(super) fn cmake(repo: &Repo) -> Vec<Found> {
    let mut finder = Finder::new(repo, "cmake");
    let Some(text) = repo.text("CMakeLists.txt") else { return finder.done() };
    let build = "cmake -S . -B build && cmake --build build";
    let lower = text.to_ascii_lowercase();
    if lower.contains("enable_testing") || lower.contains("include(ctest") {
        let tests = format!("{build} && ctest --test-dir build --output-on-failure");
        finder.add(Kind::Tests, tests, "CMakeLists.txt");
    } else {
        finder.add(Kind::Build, build, "CMakeLists.txt");
    }
    finder.done()
}
