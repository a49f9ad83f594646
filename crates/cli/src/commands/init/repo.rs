//! A repository as `init` sees it: whether files are there, and the text of a few of them. Nothing is run, and no text of
//! the repository becomes part of a command.

use std::cell::RefCell;
use std::path::PathBuf;

use crate::config::files;

/// Where a pipeline or a hook says what has to pass. Their names are the usual ones; the folder is not listed.
const PIPELINES: &[&str] = &[
    ".github/workflows/ci.yml",
    ".github/workflows/ci.yaml",
    ".github/workflows/test.yml",
    ".github/workflows/test.yaml",
    ".github/workflows/tests.yml",
    ".github/workflows/lint.yml",
    ".github/workflows/check.yml",
    ".github/workflows/build.yml",
    ".github/workflows/main.yml",
    ".github/workflows/rust.yml",
    ".github/workflows/go.yml",
    ".github/workflows/node.js.yml",
    ".github/workflows/python-package.yml",
    ".gitlab-ci.yml",
    ".ci/run",
    ".pre-commit-config.yaml",
    "Makefile",
    "justfile",
];

/// The repository, or a folder directly below its top.
pub(super) struct Repo {
    top: PathBuf,
    /// Name of the folder; empty for the top.
    pub(super) folder: &'static str,
    problems: RefCell<Vec<String>>,
}

impl Repo {
    /// The top.
    pub(super) fn new(top: PathBuf) -> Self {
        Self { top, folder: "", problems: RefCell::default() }
    }

    /// A folder below the top.
    pub(super) fn below(&self, folder: &'static str) -> Self {
        Self { top: self.top.clone(), folder, problems: RefCell::default() }
    }

    /// A file of this name is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.path(name).is_file()
    }

    /// A folder of this name is there.
    pub(super) fn has_folder(&self, name: &str) -> bool {
        self.path(name).is_dir()
    }

    /// The first of these files that is there.
    pub(super) fn first<'a>(&self, names: &[&'a str]) -> Option<&'a str> {
        names.iter().copied().find(|name| self.has(name))
    }

    /// A file's text. One that cannot be read is as good as missing, and is spoken of at the end.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match files::read_if_there(&self.path(name)) {
            Ok(text) => text,
            Err(error) => {
                self.problem(name, &error.to_string());
                None
            }
        }
    }

    /// A JSON file.
    pub(super) fn json(&self, name: &str) -> Option<serde_json::Value> {
        let text = self.text(name)?;
        match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(name, &format!("not JSON ({error})"));
                None
            }
        }
    }

    /// Names of the sections of a TOML or INI file: lines that are `[name]` or `[[name]]` and nothing else. Enough to see which
    /// tools are configured; a section inside a multi-line string would be a proposal too many, not a mistake.
    pub(super) fn sections(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.lines()
            .filter_map(|line| {
                let line = line.split(" #").next().unwrap_or_default().trim();
                let inner = line.strip_prefix('[')?.strip_suffix(']')?;
                Some(inner.trim_matches(['[', ']', ' ']).to_owned())
            })
            .collect()
    }

    /// The first of these files that contains a text.
    pub(super) fn mentions<'a>(&self, names: &[&'a str], wanted: &str) -> Option<&'a str> {
        names.iter().copied().find(|name| self.text(name).is_some_and(|text| text.contains(wanted)))
    }

    /// The pipeline, hook or build file of the top that runs something: a sign that it passes here.
    pub(super) fn pipeline_runs(&self, wanted: &str) -> Option<&'static str> {
        Self::new(self.top.clone()).mentions(PIPELINES, wanted)
    }

    /// Something worth saying to the user.
    pub(super) fn problem(&self, name: &str, problem: &str) {
        let shown = self.shown(name);
        let problem = format!(
            "{shown}: {}",
            problem.strip_prefix(&format!("{}: ", self.path(name).display())).unwrap_or(problem)
        );
        let mut problems = self.problems.borrow_mut();
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }

    /// What was said, in order.
    pub(super) fn problems(self) -> Vec<String> {
        self.problems.into_inner()
    }

    /// A file's name as seen from the top.
    pub(super) fn shown(&self, name: &str) -> String {
        if self.folder.is_empty() { name.to_owned() } else { format!("{}/{name}", self.folder) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.top.join(self.folder).join(name)
    }
}
