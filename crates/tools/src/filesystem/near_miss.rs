//! What a text that an edit did not find was probably meant to be.

use similar::TextDiff;

use crate::arguments::cut;

/// Most lines of the file that are shown.
const SHOWN: usize = 12;
/// Longest shown line, bytes.
const LONGEST: usize = 200;
/// In longer files only exact lines are looked for.
const COMPARE_LINES: usize = 5_000;
/// How like a line has to be to be worth showing, 0 to 1.
const LIKE: f32 = 0.6;

/// Words that show the place in `body` that is most like `old`, or say that there is none.
pub(crate) fn explain(body: &str, old: &str) -> String {
    if old.strip_suffix('\n').is_some_and(|old| !body.ends_with('\n') && body.ends_with(old)) {
        return "the file ends there without a line break: leave it out of `old` and `new`".to_owned();
    }
    let lines: Vec<&str> = body.lines().collect();
    let wanted: Vec<&str> = old.lines().collect();
    let Some(first) = closest(&lines, &wanted) else {
        return "nothing in the file is like it; read the file again".to_owned();
    };
    let last = (first + wanted.len().min(SHOWN)).min(lines.len());
    let shown: Vec<String> =
        (first..last).map(|index| format!("{}\t{}", index + 1, cut(lines[index], LONGEST))).collect();
    let same_but_spaces = last - first == wanted.len()
        && lines[first..last].iter().zip(&wanted).all(|(line, wanted)| squeezed(line) == squeezed(wanted));
    let hint = if same_but_spaces { " (it differs only in white space)" } else { "" };
    format!("most like it{hint}:\n{}", shown.join("\n"))
}

/// The line (from 0) where the most similar stretch begins.
fn closest(lines: &[&str], wanted: &[&str]) -> Option<usize> {
    // Lines that are the same but for white space at the ends vote for where the stretch begins.
    let equal = |start: usize| {
        let same = |(offset, wanted): (usize, &&str)| {
            !wanted.trim().is_empty() && lines.get(start + offset).is_some_and(|line| line.trim() == wanted.trim())
        };
        wanted.iter().enumerate().filter(|pair| same(*pair)).count()
    };
    let best = (0..lines.len()).map(|start| (equal(start), start)).filter(|(score, _)| *score > 0);
    // The first of equals: `max_by_key` would take the last.
    if let Some((_, start)) = best.min_by_key(|(score, start)| (usize::MAX - score, *start)) {
        return Some(start);
    }
    let (offset, anchor) = wanted.iter().enumerate().max_by_key(|(_, line)| line.trim().len())?;
    let anchor = anchor.trim();
    if anchor.is_empty() || lines.len() > COMPARE_LINES {
        return None;
    }
    let likeness = |line: &str| {
        let (line, anchor) = (cut(line.trim(), LONGEST), cut(anchor, LONGEST));
        // No ratio can be high between texts of very different length.
        if line.len() * 3 < anchor.len() || anchor.len() * 3 < line.len() {
            return 0.0;
        }
        TextDiff::from_chars(line.as_str(), anchor.as_str()).ratio()
    };
    let best = lines.iter().enumerate().map(|(index, line)| (likeness(line), index));
    let (score, index) = best.max_by(|(one, a), (other, b)| one.total_cmp(other).then(b.cmp(a)))?;
    (score >= LIKE).then(|| index.saturating_sub(offset))
}

fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "fn main() {\n    let total = sum(&numbers);\n    print(total);\n}\n";

    #[test]
    fn a_difference_in_white_space_is_called_that() {
        assert_eq!(
            explain(FILE, "let total = sum(&numbers);\nprint(total);"),
            "most like it (it differs only in white space):\n2\t    let total = sum(&numbers);\n3\t    print(total);"
        );
    }

    #[test]
    fn the_most_similar_line_is_shown() {
        assert_eq!(explain(FILE, "let total = add(&numbers);"), "most like it:\n2\t    let total = sum(&numbers);");
    }

    #[test]
    fn nothing_similar_is_said_plainly() {
        assert_eq!(explain(FILE, "import numpy"), "nothing in the file is like it; read the file again");
    }

    #[test]
    fn a_final_line_break_that_the_file_lacks_is_named() {
        assert!(explain("a\nb", "b\n").starts_with("the file ends there without a line break"));
    }
}
