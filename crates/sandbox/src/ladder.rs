//! Whether there can be a wall here, step by step, and what to do where there cannot.

use std::fmt;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is looked at.
    pub name: &'static str,
    /// Whether it is as it has to be.
    pub holds: bool,
    /// What was found.
    pub found: String,
    /// What to do, where there is something to be done.
    pub fix: Option<String>,
}

/// All steps up to the first that does not hold, which the later ones stand upon.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ladder {
    /// In order.
    pub steps: Vec<Step>,
}

impl Ladder {
    /// Whether there can be a wall.
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.steps.is_empty() && self.steps.iter().all(|step| step.holds)
    }

    pub(crate) fn up(&mut self, name: &'static str, found: impl Into<String>) {
        self.steps.push(Step { name, holds: true, found: found.into(), fix: None });
    }

    pub(crate) fn down(&mut self, name: &'static str, found: impl Into<String>, fix: impl Into<String>) {
        self.steps.push(Step { name, holds: false, found: found.into(), fix: Some(fix.into()) });
    }
}

impl fmt::Display for Ladder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.steps.iter().enumerate() {
            let between = if at == 0 { "" } else { "\n" };
            let answer = if step.holds { "yes" } else { "NO" };
            write!(f, "{between}{:<14} {answer:<4} {}", step.name, step.found)?;
            if let Some(fix) = &step.fix {
                write!(f, "\n{:<19} fix: {fix}", "")?;
            }
        }
        Ok(())
    }
}

/// There can be no wall here.
#[derive(Clone, Debug, thiserror::Error)]
pub struct Unavailable {
    /// How far it went.
    pub ladder: Ladder,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("commands cannot be kept in a sandbox here: ")?;
        match self.ladder.steps.iter().find(|step| !step.holds) {
            Some(Step { name, found, fix, .. }) => {
                write!(f, "{name}: {found}.")?;
                fix.as_ref().map_or(Ok(()), |fix| write!(f, " To mend it: {fix}."))
            }
            None => f.write_str("nothing was tested."),
        }
    }
}
