//! Scripts of sed and awk that can do nothing but change what is printed.

use super::options::{Shape, operands};
use super::paths::Folders;
use super::readers::outside;

pub(super) fn sed(rest: &[&str], folders: &Folders<'_>) -> Result<(), String> {
    let shape = Shape {
        flags: "nErsuz",
        valued: "e",
        longs: "--quiet --silent --regexp-extended --expression: --version --help",
        digits: false,
    };
    let operands = operands(rest, &shape)
        .map_err(|option| format!("`sed {option}`: the option is not on the list of those that only read"))?;
    let mut scripts = expressions(rest);
    let files = match (scripts.is_empty(), operands.as_slice()) {
        (true, [script, files @ ..]) => {
            scripts.push(script);
            files
        }
        (true, []) => return Ok(()),
        (false, files) => files,
    };
    if let Some(script) = scripts.iter().find(|script| !sed_prints(script)) {
        return Err(format!("the sed script `{script}` is not one that only prints"));
    }
    match files.iter().find(|file| **file != "-" && !folders.readable(file)) {
        Some(file) => Err(outside("sed", file)),
        None => Ok(()),
    }
}

/// The values of `-e`: only where it stands alone or with `n`, `E`, `r` before it.
fn expressions<'w>(rest: &[&'w str]) -> Vec<&'w str> {
    let mut found = Vec::new();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        if *word == "--" {
            break;
        }
        let attached = word.strip_prefix("--expression=");
        let short =
            word.strip_prefix('-').filter(|_| !word.starts_with("--")).and_then(|letters| letters.split_once('e'));
        match (attached, *word, short) {
            (Some(script), ..) => found.push(script),
            (_, "--expression", _) => found.extend(words.next()),
            (_, _, Some((_, script))) => match script {
                "" => found.extend(words.next()),
                script => found.push(script),
            },
            _ => {}
        }
    }
    found
}

/// A script made of addresses and the commands `p d q Q = D P n N g G h H x s y` and blocks of them. `s` without the flags that
/// run or write.
fn sed_prints(script: &str) -> bool {
    let mut rest = script;
    let mut depth = 0_u32;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', ';']);
        if rest.is_empty() {
            return depth == 0;
        }
        if let Some(after) = rest.strip_prefix('}') {
            let Some(less) = depth.checked_sub(1) else { return false };
            depth = less;
            rest = after;
            continue;
        }
        let Some(after) = addresses(rest) else { return false };
        let after = after.trim_start_matches([' ', '!']);
        let Some(command) = after.chars().next() else { return false };
        let after = &after[command.len_utf8()..];
        let (after, ends) = match command {
            '{' => {
                depth += 1;
                rest = after;
                continue;
            }
            'p' | 'd' | '=' | 'D' | 'P' | 'n' | 'N' | 'g' | 'G' | 'h' | 'H' | 'x' => (Some(after), true),
            'q' | 'Q' => {
                (Some(after.trim_start_matches([' ', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])), true)
            }
            's' => (
                replace(after).map(|flags| {
                    flags.trim_start_matches(['g', 'p', 'i', 'I', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
                }),
                true,
            ),
            'y' => (replace(after), true),
            _ => return false,
        };
        let Some(after) = after else { return false };
        let next = after.trim_start_matches([' ', '\t']);
        if ends && !(next.is_empty() || next.starts_with([';', '\n', '}'])) {
            return false;
        }
        rest = next;
    }
}

/// `10`, `$`, `/re/`, `1~2`, one or two of them. What follows.
fn addresses(text: &str) -> Option<&str> {
    let Some(after) = address(text) else { return Some(text) };
    let after = after?;
    match after.trim_start_matches(' ').strip_prefix(',') {
        None => Some(after),
        Some(second) => {
            let second = second.trim_start_matches(' ');
            let second = second.strip_prefix(['+', '~']).unwrap_or(second);
            address(second)?
        }
    }
}

/// None where there is no address, `Some(None)` where it is not one that is understood.
fn address(text: &str) -> Option<Option<&str>> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    match text.chars().next()? {
        '$' => Some(Some(&text[1..])),
        '/' => Some(delimited(&text[1..], '/').map(|after| after.trim_start_matches('I'))),
        c if c.is_ascii_digit() => {
            let after = &text[digits(text)..];
            Some(Some(match after.strip_prefix('~') {
                Some(step) if digits(step) > 0 => &step[digits(step)..],
                _ => after,
            }))
        }
        _ => None,
    }
}

/// `/a/b/`: what follows. The delimiter is a sign, and does not stand inside of brackets, where programs differ.
fn replace(text: &str) -> Option<&str> {
    let delimiter = text.chars().next()?;
    if !delimiter.is_ascii_punctuation() || matches!(delimiter, '\\' | '[' | ']' | ';' | '}') {
        return None;
    }
    delimited(delimited(&text[1..], delimiter)?, delimiter)
}

fn delimited(text: &str, delimiter: char) -> Option<&str> {
    let mut chars = text.char_indices();
    let mut bracket = false;
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()?),
            '\n' => return None,
            '[' => bracket = true,
            ']' => bracket = false,
            c if c == delimiter && bracket => return None,
            c if c == delimiter => return Some(&text[at + c.len_utf8()..]),
            _ => {}
        }
    }
    None
}

pub(super) fn awk(rest: &[&str], folders: &Folders<'_>) -> Result<(), String> {
    let shape =
        Shape { flags: "", valued: "Fv", longs: "--version --help --field-separator: --assign:", digits: false };
    let operands = operands(rest, &shape)
        .map_err(|option| format!("`awk {option}`: the option is not on the list of those that only read"))?;
    let [script, files @ ..] = operands.as_slice() else { return Ok(()) };
    // Behind the script nothing is an option to awk.
    let at = rest.iter().position(|word| word == script).unwrap_or_default();
    if rest.iter().skip(at + 1).any(|word| word.starts_with('-') && *word != "-") {
        return Err("`awk` with options behind the script".to_owned());
    }
    if !awk_prints(script) {
        return Err(format!("the awk script `{script}` is not one that only prints to standard output"));
    }
    match files.iter().find(|file| **file != "-" && !folders.readable(file)) {
        Some(file) => Err(outside("awk", file)),
        None => Ok(()),
    }
}

/// Without a pipe, an output into a file, a command, an include, or another list of files. `>` also compares: that is asked for
/// too, since telling the two apart takes awk itself. What stands in a text or a regular expression counts as well.
fn awk_prints(script: &str) -> bool {
    let words =
        ["system", "getline", "ARGV", "ARGC", "ENVIRON", "PROCINFO", "SYMTAB", "FUNCTAB", "close", "fflush", "load"];
    let plain = script.replace("||", "").replace(">=", "");
    !plain.contains(['|', '>', '@', '`']) && !words.iter().any(|word| script.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sed_scripts_that_print_are_told_from_those_that_write_or_run() {
        for script in [
            "10,20p",
            "$p",
            "5q",
            "s/a/b/",
            "s/a/b/gI",
            "s|/x|/y|g",
            "/a/,/b/p",
            "/a/d;s/x/y/2p",
            "1~2p",
            "/x/!d",
            "10,+5p",
            "=",
            "/^func/{p;q}",
            "/a/{n;p;}",
            "y/abc/xyz/",
            "1!G;h;$!d",
            "s/\\//x/",
        ] {
            assert!(sed_prints(script), "{script}");
        }
        for script in [
            "1e rm f",
            "s/a/b/e",
            "w f",
            "s/a/b/w f",
            "r f",
            "R f",
            "W f",
            "1,2w f",
            "s/[/]/x/e",
            "/a/e",
            "a x",
            "{p",
            "}",
            "p}w x",
            "s/a/b/ge",
            "s/a/b",
            "\\xaxe rm",
            "F",
            "s\na\nb\ne",
            "e",
            "pe",
            "s/a/b/m;e",
            "/[/]/e",
            "y/a/b/e",
            "q5e",
            "10,20",
            "=e",
        ] {
            assert!(!sed_prints(script), "{script}");
        }
    }

    #[test]
    fn awk_scripts_that_print_are_told_from_those_that_write_or_run() {
        for script in ["{print $1}", "NR>=10 && NR<=20", "/a/ || /b/ {print NF}", "{s += $1} END {print s}"] {
            assert!(awk_prints(script), "{script}");
        }
        for script in [
            "{print > \"f\"}",
            "{print | \"sh\"}",
            "BEGIN{system(\"x\")}",
            "{\"x\" | getline}",
            "@load \"filefuncs\"",
            "|||",
        ] {
            assert!(!awk_prints(script), "{script}");
        }
    }
}
