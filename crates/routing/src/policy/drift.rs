//! Paths that look risky and that no rule knows: where the policy has fallen behind the repository.

use serde::{Deserialize, Serialize};

use super::Policy;

/// Words of paths that look like a risk. Wider than any rule: what they find is for a person to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DriftWords {
    /// What kind of risk.
    pub name: String,
    /// Words, as in [`crate::Phrases`].
    pub words: Vec<String>,
}

/// A path that looks risky and matches no rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// The path.
    pub path: String,
    /// Which kinds of risk it looks like.
    pub looks: Vec<String>,
}

impl Policy {
    /// Of a repository's paths those that look risky and match no path rule, in the order given.
    pub fn drift<'a>(&self, paths: impl IntoIterator<Item = &'a str>) -> Vec<Drift> {
        let known = |path: &str| self.path_rules.iter().any(|rule| rule.matches(path));
        paths
            .into_iter()
            .filter_map(|path| {
                let groups = self.drift_table.found_in_path(path);
                let looks: Vec<String> = groups
                    .into_iter()
                    .filter_map(|group| self.drift.get(group))
                    .map(|entry| entry.name.clone())
                    .collect();
                (!looks.is_empty() && !known(path)).then(|| Drift { path: path.to_owned(), looks })
            })
            .collect()
    }
}
