//! The user's rules: which commands are allowed, asked for or denied, by the words they begin with. A rule carries examples,
//! and one that its own examples contradict is not loaded.

mod pattern;
mod suggest;

use serde::{Deserialize, Serialize};

pub(crate) use pattern::{Fit, Pattern};
pub use suggest::suggestion;

use crate::shell;
use crate::verdict::Verdict;
use crate::views::{Token, Views, views};

/// A rules file larger than this is not read, bytes.
pub const LARGEST: usize = 1 << 20;

/// The section `permissions` of a policy file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesSpec {
    /// The rules, in any order: the strictest that fits holds.
    #[serde(default)]
    pub rules: Vec<RuleSpec>,
}

/// A rule as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// What happens.
    pub verdict: Verdict,
    /// The words that a command begins with, blanks between them: `git push *`. A `*` is one word of any content; at the end it
    /// is whatever follows, also nothing. Without one at the end the command has exactly these words.
    pub command: String,
    /// Lines that the rule has to fit; at least one.
    #[serde(rename = "match")]
    pub fits: Vec<String>,
    /// Lines that it must not fit.
    #[serde(default)]
    pub not_match: Vec<String>,
    /// Why, for those who are asked or refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What is wrong with rules, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {what}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct RuleError {
    /// Which file, as the reader calls it.
    pub file: String,
    /// Which line, where that is known; the first is 1.
    pub line: Option<usize>,
    /// Which rule, where it is one; the first is 0.
    pub rule: Option<usize>,
    /// What was found, what is allowed, what to do.
    pub what: String,
}

/// Where rules come from. A project's are the word of whoever wrote the repository: they may only make things stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The user's own file.
    User,
    /// A file of the repository.
    Project,
}

/// A rule that holds.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What happens.
    pub verdict: Verdict,
    /// Whose it is.
    pub source: Source,
    /// Its words, as written.
    pub command: String,
    /// Why.
    pub why: Option<String>,
    pattern: Pattern,
}

/// The rules in force.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    remarks: Vec<String>,
}

impl RuleSet {
    /// No rules.
    pub fn none() -> Self {
        Self::default()
    }

    /// Checks rules and adds them. A project's rules that allow something are left out, with a remark.
    ///
    /// # Errors
    /// The first rule that is not in order; nothing is added then.
    pub fn add(&mut self, spec: &RulesSpec, source: Source, file: &str) -> Result<(), RuleError> {
        let mut added: Vec<Rule> = Vec::new();
        for (at, rule) in spec.rules.iter().enumerate() {
            let wrong = |what: String| RuleError { file: file.to_owned(), line: None, rule: Some(at), what };
            let name = format!("rule {} (`{}`)", at + 1, rule.command);
            let pattern = Pattern::parse(&rule.command).map_err(|what| wrong(format!("{name}: {what}")))?;
            if added.iter().any(|other| other.pattern == pattern) {
                return Err(wrong(format!("{name}: the same command stands in an earlier rule; keep one of them")));
            }
            let checked =
                Rule { verdict: rule.verdict, source, command: rule.command.clone(), why: rule.why.clone(), pattern };
            checked.examples(rule).map_err(|what| wrong(format!("{name}: {what}")))?;
            added.push(checked);
        }
        for rule in added {
            if source == Source::Project && rule.verdict == Verdict::Allow {
                self.remarks.push(format!(
                    "{file}: the rule `allow {}` is not used: a project's rules may only ask or deny",
                    rule.command
                ));
                continue;
            }
            self.rules.push(rule);
        }
        Ok(())
    }

    /// Reads rules from YAML: the section `permissions` of a policy file, or a file with `rules` only.
    ///
    /// # Errors
    /// With the line, where something is not in order.
    pub fn read(&mut self, yaml: &str, source: Source, file: &str) -> Result<(), RuleError> {
        let wrong = |line: Option<usize>, what: String| RuleError { file: file.to_owned(), line, rule: None, what };
        if yaml.len() > LARGEST {
            return Err(wrong(None, format!("the file has {} bytes; allowed are {LARGEST}", yaml.len())));
        }
        let spec = section(yaml).map_err(|(line, what)| wrong(line, what))?;
        self.add(&spec, source, file).map_err(|error| {
            let line = error.rule.and_then(|rule| line_of_rule(yaml, rule));
            RuleError { line, ..error }
        })
    }

    /// Things that are not used, in words.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The rules in force.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// A rule asks or denies: what is not understood may be what it means.
    pub(crate) fn restricts(&self) -> bool {
        self.rules.iter().any(|rule| rule.verdict != Verdict::Allow)
    }

    /// The strictest rule that asks or denies, with whether it surely fits.
    pub(crate) fn restriction(&self, views: &Views) -> Option<(&Rule, Fit)> {
        let fitting = self.rules.iter().filter(|rule| rule.verdict != Verdict::Allow);
        fitting
            .map(|rule| (rule, rule.fit(views)))
            .filter(|(_, fit)| *fit != Fit::No)
            .max_by_key(|(rule, fit)| (*fit == Fit::Yes, rule.verdict))
    }

    /// The rule that allows a command by its own words.
    pub(crate) fn permission(&self, own: &[Token]) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.verdict == Verdict::Allow && rule.pattern.fit(own) == Fit::Yes)
    }
}

impl Rule {
    fn fit(&self, views: &Views) -> Fit {
        let fits = views.all.iter().map(|view| self.pattern.fit(view));
        let scattered = views.all.iter().any(|view| self.pattern.fits_scattered(view));
        let untold = views.opaque || scattered || views.loose.contains(self.pattern.program());
        fits.fold(if untold { Fit::Perhaps } else { Fit::No }, Fit::max)
    }

    /// An allowing rule fits a command by its own words; the others also by what it runs in turn.
    fn fits_line(&self, line: &str) -> Result<bool, String> {
        if let Some(why) = shell::unfit(line) {
            return Err(why);
        }
        Ok(shell::read(line).simples.iter().any(|simple| {
            let views = views(simple);
            match self.verdict {
                Verdict::Allow => views.all.first().is_some_and(|own| self.pattern.fit(own) == Fit::Yes),
                Verdict::Ask | Verdict::Deny => self.fit(&views) == Fit::Yes,
            }
        }))
    }

    fn examples(&self, spec: &RuleSpec) -> Result<(), String> {
        if spec.fits.is_empty() {
            return Err("`match` is empty; give at least one line that the rule is meant for".to_owned());
        }
        for line in &spec.fits {
            if !self.fits_line(line)? {
                return Err(format!("it does not fit its own example under `match`: `{line}`"));
            }
        }
        for line in &spec.not_match {
            if self.fits_line(line)? {
                return Err(format!("it fits an example under `not_match`: `{line}`"));
            }
        }
        Ok(())
    }
}

/// The rules in a text, or the line and what is wrong.
fn section(yaml: &str) -> Result<RulesSpec, (Option<usize>, String)> {
    let place = |error: serde_yaml::Error| (error.location().map(|place| place.line()), error.to_string());
    let page: serde_yaml::Value = serde_yaml::from_str(yaml).map_err(place)?;
    let Some(page) = page.as_mapping() else {
        return Err((
            Some(1),
            "holds no rules; allowed: `rules:` with a list, alone or under `permissions:`".to_owned(),
        ));
    };
    if page.contains_key("permissions") {
        #[derive(Deserialize)]
        struct Page {
            permissions: RulesSpec,
        }
        return serde_yaml::from_str::<Page>(yaml).map(|page| page.permissions).map_err(place);
    }
    if !page.contains_key("rules") {
        return Err((
            Some(1),
            "holds no rules; allowed: `rules:` with a list, alone or under `permissions:`".to_owned(),
        ));
    }
    serde_yaml::from_str(yaml).map_err(place)
}

/// The line on which a rule begins: the dashes of the list under `rules:`, counted.
fn line_of_rule(yaml: &str, rule: usize) -> Option<usize> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines = yaml.lines().enumerate().skip_while(|(_, line)| !line.trim_start().starts_with("rules:"));
    lines.next();
    let dashes: Vec<(usize, usize)> =
        lines.filter(|(_, line)| line.trim_start().starts_with("- ")).map(|(at, line)| (at, indent(line))).collect();
    let outer = dashes.first()?.1;
    dashes.into_iter().filter(|(_, indent)| *indent == outer).nth(rule).map(|(at, _)| at + 1)
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
