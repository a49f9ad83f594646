//! The options of a command, checked against a list: options are how a reading command is made to write or to run something.

/// What a command takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape<'a> {
    /// Letters of short options without a value; they may be written together (`-la`).
    pub(crate) flags: &'a str,
    /// Letters of short options with a value, attached or as the next word.
    pub(crate) valued: &'a str,
    /// Other options, blanks between them: `--x`, `--x=` (a value attached), `--x:` (attached, or the next word).
    pub(crate) longs: &'a str,
    /// `-20` is a number of lines.
    pub(crate) digits: bool,
}

/// The words that are no options, in order, where every option is on the list; else the first one that is not. `--` ends the
/// options.
pub(crate) fn operands<'w>(words: &[&'w str], shape: &Shape<'_>) -> Result<Vec<&'w str>, &'w str> {
    let mut found = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--" => {
                found.extend(words);
                return Ok(found);
            }
            "-" => found.push(*word),
            long if long.starts_with("--") => match listed(shape.longs, long).ok_or(long)? {
                Value::Here => {}
                Value::Next => drop(words.next().ok_or(long)?),
            },
            short if short.starts_with('-') => {
                let number = shape.digits && short[1..].bytes().all(|byte| byte.is_ascii_digit());
                let whole = || listed(shape.longs, short);
                match (number, cluster(shape, &short[1..])) {
                    (true, _) | (_, Some(Value::Here)) => {}
                    (_, Some(Value::Next)) => drop(words.next().ok_or(short)?),
                    (_, None) => match whole().ok_or(short)? {
                        Value::Here => {}
                        Value::Next => drop(words.next().ok_or(short)?),
                    },
                }
            }
            operand => found.push(operand),
        }
    }
    Ok(found)
}

enum Value {
    Here,
    Next,
}

/// Whether an option that is written out is on a list, and where its value stands.
fn listed(longs: &str, word: &str) -> Option<Value> {
    let (name, value) = match word.split_once('=') {
        Some((name, _)) => (name, true),
        None => (word, false),
    };
    longs.split_whitespace().find_map(|known| {
        if let Some(known) = known.strip_suffix(':') {
            return (known == name).then_some(if value { Value::Here } else { Value::Next });
        }
        if let Some(known) = known.strip_suffix('=') {
            return (known == name && value).then_some(Value::Here);
        }
        (known == word).then_some(Value::Here)
    })
}

/// `-rnA3`: flags, then perhaps one option with its value.
fn cluster(shape: &Shape<'_>, letters: &str) -> Option<Value> {
    for (at, letter) in letters.char_indices() {
        if shape.valued.contains(letter) {
            let attached = at + letter.len_utf8() < letters.len();
            return Some(if attached { Value::Here } else { Value::Next });
        }
        if !shape.flags.contains(letter) {
            return None;
        }
    }
    Some(Value::Here)
}
