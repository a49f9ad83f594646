//! Commands of the shell itself, and those with a grammar of their own.

use super::paths::Folders;

/// `[ … ]` and `test …`. Some operators of `test` evaluate their operand (`-v 'a[$(…)]'`), so the operators are on a list, and
/// what is compared as a number has to be one.
pub(super) fn test(words: &[&str], folders: &Folders<'_>) -> Result<(), String> {
    let refused = |word: &str| Err(format!("`test {word}` is not on the list of what only looks"));
    let mut rest = words;
    loop {
        rest = match rest {
            [] => return Ok(()),
            ["!", more @ ..] if !more.is_empty() => {
                rest = more;
                continue;
            }
            [left, "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge", right, more @ ..] => {
                match number(left) && number(right) {
                    true => more,
                    false => return refused("with something else than numbers"),
                }
            }
            [_, "=" | "==" | "!=", _, more @ ..] => more,
            ["-z" | "-n", _, more @ ..] => more,
            ["-e" | "-f" | "-d" | "-s" | "-r" | "-w" | "-x" | "-L" | "-h", path, more @ ..] => {
                if !folders.readable(path) {
                    return Err(super::readers::outside("test", path));
                }
                more
            }
            [word] if !word.starts_with('-') => return Ok(()),
            [word, ..] => return refused(word),
        };
        rest = match rest {
            [] => return Ok(()),
            ["-a" | "-o", more @ ..] if !more.is_empty() => more,
            [word, ..] => return refused(word),
        };
    }
}

fn number(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `printf FORMAT …`: only formats for texts, since some shells evaluate what is printed as a number, and no `-v`.
pub(super) fn printf(rest: &[&str]) -> Result<(), String> {
    let Some((format, values)) = rest.split_first() else { return Ok(()) };
    if format.starts_with('-') {
        return Err(format!("`printf {format}` may set a variable"));
    }
    let mut letters = format.chars();
    while let Some(c) = letters.next() {
        if c != '%' {
            continue;
        }
        let conversion = letters.by_ref().find(|c| !matches!(c, '-' | '0'..='9' | '.' | '+' | ' ' | '#'));
        let numbers = values.iter().all(|value| number(value) || value.is_empty());
        match conversion {
            Some('s' | 'b' | '%') => {}
            Some('d' | 'i' | 'u' | 'x' | 'X' | 'o' | 'f') if numbers => {}
            _ => return Err("`printf` with a format that is not for texts".to_owned()),
        }
    }
    Ok(())
}

/// `set -e`, `set -euo pipefail`: how a script reacts to errors, and nothing else.
pub(super) fn set(rest: &[&str]) -> Result<(), String> {
    let mut words = rest.iter();
    let mut any = false;
    while let Some(word) = words.next() {
        any = true;
        let letters = word.strip_prefix(['-', '+']).unwrap_or_default();
        let fine = !letters.is_empty()
            && letters.chars().all(|c| "eux".contains(c) || c == 'o')
            && letters.matches('o').count() <= 1
            && (!letters.contains('o') || (letters.ends_with('o') && words.next() == Some(&"pipefail")));
        if !fine {
            return Err(format!("`set {word}` changes how the shell reads what follows"));
        }
    }
    match any {
        true => Ok(()),
        false => Err("`set` alone prints every variable".to_owned()),
    }
}

/// `exit`, `sleep`: a number of at most this many digits.
pub(super) fn brief_number(name: &str, rest: &[&str], digits: usize) -> Result<(), String> {
    let fine = |word: &str| {
        !word.is_empty() && word.len() <= digits && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    match rest {
        [] if name == "exit" => Ok(()),
        [word] if fine(word) => Ok(()),
        _ => Err(format!("`{name}` with these arguments is not on the list")),
    }
}
