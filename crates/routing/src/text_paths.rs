//! Words of a task that look like paths.

/// Words that are looked at, paths that are found, and the longest of them, in bytes.
const MOST_WORDS: usize = 2_000;
const MOST_PATHS: usize = 200;
const LONGEST: usize = 400;

/// What looks like a path: a slash, a dot inside, or a name such as `Dockerfile`. Line numbers behind a colon are left off.
pub(crate) fn named_paths(text: &str) -> Vec<String> {
    let between = |c: char| c.is_whitespace() || "'\"`()[]{}<>,;|=".contains(c);
    let mut paths: Vec<String> = Vec::new();
    for word in text.split(between).filter(|word| !word.is_empty()).take(MOST_WORDS) {
        let word = without_line(word.trim_end_matches(['.', ':', '!', '?']));
        let looks = || word.contains(['/', '\\', '.']) || word.to_lowercase().ends_with("file");
        if paths.len() < MOST_PATHS && word.len() <= LONGEST && looks() && !paths.iter().any(|known| known == word) {
            paths.push(word.to_owned());
        }
    }
    paths
}

fn without_line(word: &str) -> &str {
    let mut word = word;
    while let Some((before, number)) = word.rsplit_once(':') {
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        word = before;
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_among_words() {
        let found =
            named_paths("Fix `src/auth/login.rs:12:3`, the Dockerfile and ..\\ci\\x. See (README.md). Nothing else!");
        assert_eq!(found, ["src/auth/login.rs", "Dockerfile", "..\\ci\\x", "README.md"]);
        assert!(named_paths("just words, and a sentence. another").is_empty());
    }
}
