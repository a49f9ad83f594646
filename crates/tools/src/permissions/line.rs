//! Takes a shell's command line apart, as far as that is safe: plain words, quotes without expansion, and the operators
//! that join commands. Everything else (variables, substitution, grouping, redirection into files, background, escapes) is
//! not understood, by intent: what is not understood is asked for.

/// Longer lines are not looked at, bytes.
const LONGEST: usize = 10_000;

/// A command and its arguments, quotes removed.
pub(super) type Words = Vec<String>;

/// The simple commands of a line, in order.
pub(super) fn split(line: &str) -> Result<Vec<Words>, String> {
    if line.len() > LONGEST {
        return Err(format!("the line has {} bytes, more than the {LONGEST} that are looked at", line.len()));
    }
    if let Some(strange) = line.chars().find(|c| is_strange(*c)) {
        return Err(format!("it holds the character {:?}", strange));
    }
    let mut splitter = Splitter {
        rest: line.chars().peekable(),
        commands: Vec::new(),
        words: Vec::new(),
        word: None,
        dangling: false,
    };
    splitter.run()?;
    Ok(splitter.commands)
}

/// Characters that a terminal or a reader may take for something else than the shell does.
fn is_strange(c: char) -> bool {
    let invisible =
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    invisible || (c.is_control() && c != '\n' && c != '\t')
}

struct Splitter<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    commands: Vec<Words>,
    words: Words,
    /// The word being read; an empty pair of quotes makes an empty word.
    word: Option<String>,
    /// The last operator still wants a command behind it.
    dangling: bool,
}

impl Splitter<'_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.rest.next() {
            match c {
                ' ' | '\t' => self.end_word(),
                '\n' => self.end_command(),
                ';' if self.rest.peek() != Some(&';') => self.operator(false)?,
                '|' => {
                    let double = self.rest.next_if_eq(&'|').is_some();
                    if !double && self.rest.peek() == Some(&'&') {
                        return Err("`|&` is not understood".to_owned());
                    }
                    self.operator(true)?;
                }
                '&' if self.rest.next_if_eq(&'&').is_some() => self.operator(true)?,
                '>' => self.redirection()?,
                '\'' => self.single_quotes()?,
                '"' => self.double_quotes()?,
                '#' if self.word.is_none() => return Err("comments are not understood".to_owned()),
                '~' if self.word.is_none() => return Err("`~` leads out of the workspace".to_owned()),
                '*' | '?' | '[' if !self.globs_safely() => {
                    return Err("a word that begins with a wildcard may become an option".to_owned());
                }
                ';' | '&' | '$' | '`' | '(' | ')' | '<' | '{' | '}' | '\\' | '!' => {
                    return Err(format!("`{c}` outside quotes is not understood"));
                }
                c => self.word.get_or_insert_default().push(c),
            }
        }
        self.end_command();
        if self.dangling { Err("a command is missing behind an operator".to_owned()) } else { Ok(()) }
    }

    /// A wildcard is harmless behind a beginning that cannot make an option, or a `..`, of what it finds.
    fn globs_safely(&self) -> bool {
        let word = self.word.as_deref().unwrap_or_default();
        let begins = word.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '.' || c == '_');
        begins && !word.rsplit('/').next().is_some_and(|part| part.starts_with('.'))
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn end_command(&mut self) {
        self.end_word();
        if !self.words.is_empty() {
            self.commands.push(std::mem::take(&mut self.words));
            self.dangling = false;
        }
    }

    fn operator(&mut self, wants_more: bool) -> Result<(), String> {
        self.end_word();
        if self.words.is_empty() {
            return Err("a command is missing before an operator".to_owned());
        }
        self.end_command();
        self.dangling = wants_more;
        Ok(())
    }

    /// Only `2>&1`, `>/dev/null` and `2>/dev/null`: they write nowhere.
    fn redirection(&mut self) -> Result<(), String> {
        let from = self.word.take();
        if !matches!(from.as_deref(), None | Some("1" | "2")) {
            return Err("a redirection that is not understood".to_owned());
        }
        while self.rest.next_if_eq(&' ').is_some() {}
        let mut target = String::new();
        while let Some(c) = self.rest.next_if(|c| !matches!(c, ' ' | '\t' | '\n' | ';' | '|')) {
            target.push(c);
        }
        match target.as_str() {
            "/dev/null" | "&1" | "&2" => Ok(()),
            _ => Err(format!("`>{target}` writes where the shell is told to")),
        }
    }

    fn single_quotes(&mut self) -> Result<(), String> {
        let word = self.word.get_or_insert_default();
        for c in self.rest.by_ref() {
            if c == '\'' {
                return Ok(());
            }
            word.push(c);
        }
        Err("a quote is not closed".to_owned())
    }

    fn double_quotes(&mut self) -> Result<(), String> {
        let word = self.word.get_or_insert_default();
        for c in self.rest.by_ref() {
            match c {
                '"' => return Ok(()),
                '$' | '`' | '\\' => return Err(format!("`{c}` within double quotes is not understood")),
                c => word.push(c),
            }
        }
        Err("a quote is not closed".to_owned())
    }
}
