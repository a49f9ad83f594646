//! How an agent works: what part of its steps it spends on looking around itself. Folded over the transcript.

use protocol::{FragmentKind, Item};

use crate::fragments::EXPLORING_YOURSELF;

/// Tools that only look.
const LOOKING: [&str; 4] = ["read", "grep", "glob", "list"];

/// Steps from which a share means something.
const STEPS_NEEDED: u32 = 10;

/// Share of the lead's steps that it may explore by itself, in percent. Half of all calls of coding agents explore; a lead that
/// does as much itself pays its own price for what a specialist would do.
const SHARE_TOLD: u32 = 30;

/// What an agent has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Habits {
    steps: u32,
    exploring: u32,
    told: bool,
}

impl Habits {
    pub(crate) fn observe(&mut self, item: &Item) {
        match item {
            Item::Assistant { .. } => {
                self.steps += 1;
                let calls = item.tool_calls();
                if !calls.is_empty() && calls.iter().all(|(_, name, _)| LOOKING.contains(name)) {
                    self.exploring += 1;
                }
            }
            Item::Fragment { kind: FragmentKind::Drift, text } => self.told |= text.contains(EXPLORING_YOURSELF),
            _ => {}
        }
    }

    /// The share to tell the lead of, in percent: once, when it passes the limit.
    pub(crate) fn to_tell(&self) -> Option<u32> {
        let share = (self.exploring * 100).checked_div(self.steps)?;
        (!self.told && self.steps >= STEPS_NEEDED && share > SHARE_TOLD).then_some(share)
    }
}

#[cfg(test)]
mod tests {
    use protocol::{Block, StopReason};

    use super::*;

    fn step(tool: &str) -> Item {
        let call = Block::ToolCall { id: "1".into(), name: tool.into(), arguments: "{}".into() };
        Item::Assistant { blocks: vec![call], stop: StopReason::ToolUse }
    }

    #[test]
    fn a_lead_that_explores_by_itself_is_told_once() {
        let mut habits = Habits::default();
        (0..9).for_each(|_| habits.observe(&step("read")));
        assert_eq!(habits.to_tell(), None, "nine steps say nothing yet");
        habits.observe(&step("delegate"));
        assert_eq!(habits.to_tell(), Some(90));
        habits.observe(&crate::fragments::exploring(90));
        assert_eq!(habits.to_tell(), None);
    }

    #[test]
    fn a_lead_that_delegates_is_not_told() {
        let mut habits = Habits::default();
        (0..20).for_each(|at| habits.observe(&step(if at % 4 == 0 { "read" } else { "delegate" })));
        assert_eq!(habits.to_tell(), None);
    }
}
