//! Python: pytest, ruff or flake8, mypy or pyright, black, through the environment manager that the repository uses.

use super::check::{Finder, Found, Kind};
use super::repo::Repo;

/// Files by which a folder is a Python project.
const SIGNS: &[&str] = &[
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "tox.ini",
    "noxfile.py",
    "pytest.ini",
    "requirements.txt",
    "requirements-dev.txt",
    "Pipfile",
    "manage.py",
];

/// Where dependencies and environments of tests are named.
const NAMING: &[&str] = &[
    "pyproject.toml",
    "setup.cfg",
    "setup.py",
    "tox.ini",
    "noxfile.py",
    "requirements-dev.txt",
    "dev-requirements.txt",
    "requirements-test.txt",
    "requirements.txt",
    "Pipfile",
];

/// Lock files and how a program of the environment behind them is started.
const MANAGERS: &[(&str, &str)] = &[
    ("uv.lock", "uv run "),
    ("poetry.lock", "poetry run "),
    ("pdm.lock", "pdm run "),
    ("Pipfile.lock", "pipenv run "),
];

pub(super) fn find(repo: &Repo) -> Vec<Found> {
    let mut finder = Finder::new(repo, "python");
    if repo.first(SIGNS).is_none() {
        return finder.done();
    }
    let manager = MANAGERS.iter().find(|(file, _)| repo.has(file)).map_or("", |(_, start)| *start);
    let python = Python { repo, manager };
    python.tests(&mut finder);
    python.lint(&mut finder);
    python.types(&mut finder);
    finder.done()
}

struct Python<'a> {
    repo: &'a Repo,
    manager: &'static str,
}

impl Python<'_> {
    fn tests(&self, finder: &mut Finder<'_>) {
        let repo = self.repo;
        let pytest = repo
            .first(&["pytest.ini", "conftest.py", "tests/conftest.py"])
            .or_else(|| self.configured("tool.pytest"))
            .or_else(|| repo.mentions(NAMING, "pytest"));
        if let Some(sign) = pytest {
            let start = if self.manager.is_empty() { "python3 -m " } else { self.manager };
            finder.add(Kind::Tests, format!("{start}pytest -q"), sign);
        } else if repo.has("manage.py") {
            finder.add(Kind::Tests, format!("{}python3 manage.py test", self.manager), "manage.py");
        } else if repo.has("noxfile.py") {
            finder.add(Kind::Tests, "nox", "noxfile.py");
        } else if repo.has("tox.ini") {
            finder.add(Kind::Tests, "tox", "tox.ini");
        } else if repo.has_folder("tests") {
            finder.add(Kind::Tests, format!("{}python3 -m unittest discover -s tests", self.manager), "tests");
        }
    }

    fn lint(&self, finder: &mut Finder<'_>) {
        let repo = self.repo;
        let ruff = repo.first(&["ruff.toml", ".ruff.toml"]).or_else(|| self.configured("tool.ruff"));
        if let Some(sign) = ruff.or_else(|| repo.mentions(NAMING, "ruff")) {
            finder.add(Kind::Lint, self.run("ruff check ."), sign);
            let format = self.configured("tool.ruff.format");
            let format =
                format.or_else(|| repo.pipeline_runs("ruff format")).or_else(|| repo.pipeline_runs("ruff-format"));
            let why_not = "nothing says that this repository is formatted with ruff; run it once, then switch it on";
            if !self.black(finder) {
                finder.add_if(format, Kind::Format, &self.run("ruff format --check ."), sign, why_not);
            }
            return;
        }
        if let Some(sign) = repo.first(&[".flake8"]).or_else(|| self.configured("flake8")) {
            finder.add(Kind::Lint, self.run("flake8"), sign);
        }
        self.black(finder);
    }

    fn black(&self, finder: &mut Finder<'_>) -> bool {
        let sign = self.configured("tool.black");
        if let Some(sign) = sign {
            finder.add(Kind::Format, self.run("black --check ."), sign);
        }
        sign.is_some()
    }

    fn types(&self, finder: &mut Finder<'_>) {
        let repo = self.repo;
        let mypy = repo.first(&["mypy.ini", ".mypy.ini"]).or_else(|| self.configured("tool.mypy"));
        if let Some(sign) = mypy.or_else(|| self.configured("mypy")) {
            finder.add(Kind::Types, self.run("mypy ."), sign);
        } else if let Some(sign) = repo.first(&["pyrightconfig.json"]).or_else(|| self.configured("tool.pyright")) {
            finder.add(Kind::Types, self.run("pyright"), sign);
        }
    }

    fn run(&self, command: &str) -> String {
        format!("{}{command}", self.manager)
    }

    /// The file with a section of this name, or below it (`tool.ruff` also stands for `tool.ruff.lint`).
    fn configured(&self, section: &str) -> Option<&'static str> {
        let is_it = |name: &String| {
            name.strip_prefix(section).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ':']))
        };
        ["pyproject.toml", "setup.cfg", "tox.ini"].into_iter().find(|file| self.repo.sections(file).iter().any(is_it))
    }
}
