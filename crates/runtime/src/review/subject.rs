//! What a reviewer is shown: a task, what checks said, a diff. Fitted to the room there is, with a note at each place where something
//! is left out.

use crate::fragments::cut;

/// What a reviewer looks at.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// The task in the user's words; empty where there is none.
    pub(crate) task: String,
    /// Checks that the runtime ran, a line each; none where nothing of them is said.
    pub(crate) receipts: Option<String>,
    /// What changed.
    pub(crate) diff: String,
    /// Most bytes of the diff that are shown.
    pub(crate) most: usize,
}

/// Bytes that the note on what was left out takes at most.
const NOTE: usize = 40;

impl Subject {
    /// The words that the reviewer is given.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        if !self.task.trim().is_empty() {
            text.push_str(&format!("# Task\n{}\n\n", self.task));
        }
        if let Some(receipts) = &self.receipts {
            text.push_str(&format!("# Checks that the runtime ran\n{receipts}\n"));
        }
        text + &format!("# Diff\n```diff\n{}\n```", self.diff)
    }

    /// Cut to so many tokens, each place with a note of what is left out. A review is never left out because there is too much to review:
    /// whoever writes a long text would decide that.
    pub(crate) fn fitted(&self, room: u64, count: impl Fn(&str) -> u64) -> Self {
        // No text has more tokens than bytes: there is an end to it.
        let least = usize::try_from(room).unwrap_or(usize::MAX);
        let mut bytes = usize::MAX;
        loop {
            let fitted = self.cut_to(bytes);
            let text = fitted.text();
            let tokens = count(&text).max(1);
            if tokens <= room || bytes <= least {
                return fitted;
            }
            let share = room as f64 / tokens as f64;
            bytes = ((text.len() as f64 * share * 0.95) as usize).max(least);
        }
    }

    /// The same to so many bytes: a quarter of the room is the task's at least, the rest the diff's.
    fn cut_to(&self, bytes: usize) -> Self {
        let frame = self.text().len() - self.task.len() - self.diff.len() + 2 * NOTE;
        let room = bytes.saturating_sub(frame);
        let for_task = (room / 4).max(room.saturating_sub(self.diff.len().min(self.most)));
        let task = cut(&self.task, for_task);
        let diff = cut(&self.diff, self.most.min(room.saturating_sub(task.len())));
        Self { task, diff, receipts: self.receipts.clone(), most: self.most }
    }

    /// Bytes of task and diff.
    pub(crate) fn len(&self) -> usize {
        self.task.len() + self.diff.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(task: usize, diff: usize) -> Subject {
        let receipts = Some("- `cargo test`: passed\n".to_owned());
        Subject { task: "t".repeat(task), receipts, diff: "d".repeat(diff), most: 60_000 }
    }

    /// Four bytes a token.
    fn quarter(text: &str) -> u64 {
        text.len() as u64 / 4
    }

    #[test]
    fn what_fits_the_reviewers_prompt_is_shown_whole() {
        let fitted = subject(1_000, 10_000).fitted(120_000, quarter);
        assert_eq!((fitted.task.len(), fitted.diff.len()), (1_000, 10_000));
    }

    #[test]
    fn what_does_not_fit_is_cut_with_a_note() {
        for (task, diff) in [(100, 50_000), (50_000, 100), (50_000, 50_000)] {
            let whole = subject(task, diff);
            let fitted = whole.fitted(2_000, quarter);
            assert!(quarter(&fitted.text()) <= 2_000, "{task} {diff}: {}", fitted.text().len());
            assert!(fitted.text().contains("bytes left out]"));
            assert!(fitted.text().contains("`cargo test`: passed"), "what the checks said is never left out");
            assert_ne!(fitted.len(), whole.len());
            assert!(fitted.text().len() > 6_000, "no more than needed: {}", fitted.text().len());
        }
    }

    #[test]
    fn a_diff_without_a_task_is_a_diff_alone() {
        let alone = Subject { task: String::new(), receipts: None, diff: "+x".to_owned(), most: usize::MAX };
        assert_eq!(alone.text(), "# Diff\n```diff\n+x\n```");
    }
}
