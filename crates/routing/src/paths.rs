//! Path rules: which files carry a risk.

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};
use serde::{Serialize, Serializer};

/// Patterns of paths, as the policy lists them. Without `/` a pattern holds in every folder; with one at the end it is a folder
/// and all in it; with one elsewhere it begins at the workspace's root. Upper and lower case are the same everywhere: on some
/// file systems they are, and a rule can only raise a risk.
#[derive(Clone, Debug, Default)]
pub struct PathRules {
    patterns: Vec<String>,
    set: GlobSet,
}

impl PathRules {
    /// Compiles patterns.
    ///
    /// # Errors
    /// The index of the first pattern that is none, and what is wrong with it.
    pub fn new(patterns: Vec<String>) -> Result<Self, (usize, String)> {
        let mut set = GlobSetBuilder::new();
        for (index, pattern) in patterns.iter().enumerate() {
            if pattern.trim().is_empty() {
                return Err((index, "an empty pattern; write a path such as `migrations/`, or remove it".to_owned()));
            }
            let glob = GlobBuilder::new(&anchored(pattern)).literal_separator(true).case_insensitive(true).build();
            set.add(glob.map_err(|error| (index, format!("`{pattern}` is no pattern: {}", error.kind())))?);
        }
        let set = set.build().map_err(|error| (0, format!("these patterns are too many or too large: {error}")))?;
        Ok(Self { patterns, set })
    }

    /// The patterns as they were written.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// The first pattern, in the order of the policy, that a path of the workspace matches.
    pub fn matching(&self, path: &str) -> Option<&str> {
        let path = normal(path);
        let first = self.set.matches_candidate(&Candidate::new(&path)).into_iter().min()?;
        self.patterns.get(first).map(String::as_str)
    }
}

impl PartialEq for PathRules {
    fn eq(&self, other: &Self) -> bool {
        self.patterns == other.patterns
    }
}

impl Serialize for PathRules {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.patterns.serialize(serializer)
    }
}

/// The pattern as the matcher wants it: always from the root of the workspace.
fn anchored(pattern: &str) -> String {
    let folder = pattern.ends_with('/');
    let inner = pattern.trim_end_matches('/');
    let everywhere = if inner.contains('/') { "" } else { "**/" };
    let below = if folder { "/**" } else { "" };
    format!("{everywhere}{}{below}", inner.trim_start_matches('/'))
}

/// A path without `.`, `..` and backslashes, so that no spelling of it escapes a rule.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(patterns: &[&str], path: &str) -> bool {
        PathRules::new(patterns.iter().map(|pattern| (*pattern).to_owned()).collect()).unwrap().matching(path).is_some()
    }

    #[test]
    fn a_pattern_without_a_slash_holds_in_every_folder_and_no_further() {
        for path in [".env", "deep/down/.env", "a/.ENV"] {
            assert!(hit(&[".env"], path), "{path}");
        }
        for path in [".env.local", "x.env", ".env/readme"] {
            assert!(!hit(&[".env"], path), "{path}");
        }
        assert!(hit(&["*.pem"], "keys/server.pem"));
    }

    #[test]
    fn a_folder_is_all_that_is_in_it_and_not_a_file_of_that_name() {
        for path in ["migrations/1.sql", "db/migrations/deep/2.sql"] {
            assert!(hit(&["migrations/"], path), "{path}");
        }
        for path in ["migrations", "migrations.md", "my-migrations/1.sql"] {
            assert!(!hit(&["migrations/"], path), "{path}");
        }
    }

    #[test]
    fn a_slash_inside_ties_a_pattern_to_the_root() {
        assert!(hit(&[".github/workflows/"], ".github/workflows/ci.yml"));
        assert!(!hit(&[".github/workflows/"], "vendored/.github/workflows/ci.yml"));
        assert!(hit(&["**/.github/workflows/"], "vendored/.github/workflows/ci.yml"));
        assert!(hit(&["/Makefile"], "Makefile"));
        assert!(!hit(&["/Makefile"], "sub/Makefile"));
    }

    #[test]
    fn no_spelling_of_a_path_escapes_a_rule() {
        for path in [
            "src/../auth/login.rs",
            "./auth//login.rs",
            "AUTH/Login.rs",
            "auth\\login.rs",
            "../auth/x",
            "a/../../auth/x",
        ] {
            assert!(hit(&["auth/"], path), "{path}");
        }
        assert!(!hit(&["auth/"], "auth/../src/lib.rs"));
    }

    #[test]
    fn what_matched_is_named_in_the_order_of_the_policy() {
        let rules = PathRules::new(vec!["*.sql".to_owned(), "migrations/".to_owned()]).unwrap();
        assert_eq!(rules.matching("migrations/1.sql"), Some("*.sql"));
        assert_eq!(rules.matching("migrations/1.rb"), Some("migrations/"));
        assert_eq!(rules.matching("src/lib.rs"), None);
    }

    #[test]
    fn what_is_no_pattern_is_named_by_its_index() {
        let error = |patterns: &[&str]| PathRules::new(patterns.iter().map(|p| (*p).to_owned()).collect()).unwrap_err();
        assert_eq!(error(&["ok", "a[b"]).0, 1);
        assert_eq!(error(&[" "]).0, 0);
    }
}
