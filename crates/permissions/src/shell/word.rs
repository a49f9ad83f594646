//! A word of a command, read by the shell's own quoting rules.

/// Whether the shell looks for files with the word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Glob {
    /// It does not.
    #[default]
    None,
    /// Behind a beginning that stays as it is.
    Inside,
    /// From the first character on, or behind a `-`: what it finds may look like an option.
    Leading,
}

/// A word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// As written.
    pub(crate) raw: String,
    /// As the program gets it; none where that is only known when it runs.
    pub(crate) value: Option<String>,
    /// Wildcards.
    pub(crate) glob: Glob,
    /// It begins with `~` (or `~/`), which the shell replaces by the home folder; the value still holds the `~`.
    pub(crate) tilde: bool,
    /// Its unknown pieces are all plain variables: no command runs and no variable is set to find them out.
    pub(crate) variables: bool,
    /// Its unknown pieces are all numbers (`$?`).
    pub(crate) numbers: bool,
    /// What makes it unknown, in words.
    pub(crate) unknown: Option<&'static str>,
}

/// Reads a text that is nothing but words and blanks; none where it holds anything else.
pub(crate) fn words(text: &str) -> Option<Vec<Word>> {
    let mut reader = Reader { rest: text, start: true };
    let mut words = Vec::new();
    loop {
        reader.skip_blanks()?;
        if reader.rest.is_empty() {
            return Some(words);
        }
        words.push(reader.word()?);
    }
}

/// Reads a text that is exactly one word.
pub(super) fn single(text: &str) -> Option<Word> {
    let mut reader = Reader { rest: text, start: true };
    let word = reader.word()?;
    reader.rest.is_empty().then_some(word)
}

struct Reader<'a> {
    rest: &'a str,
    start: bool,
}

/// Opens what only running can tell.
const SUBSTITUTION: &str = "a command inside a word";
const EXPANSION: &str = "an expansion of a variable";
const QUOTING: &str = "a form of quoting that not every shell knows";

impl<'a> Reader<'a> {
    /// Blanks and continued lines; a line break ends a command and is none of the words' business.
    fn skip_blanks(&mut self) -> Option<()> {
        loop {
            let rest = self.rest.trim_start_matches([' ', '\t']);
            let rest = rest.strip_prefix("\\\n").unwrap_or(rest);
            if rest.len() == self.rest.len() {
                return Some(());
            }
            self.rest = rest;
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn word(&mut self) -> Option<Word> {
        let begin = self.rest;
        let mut word = Word { variables: true, numbers: true, ..Word::default() };
        let mut made = Made::default();
        self.start = true;
        while let Some(c) = self.rest.chars().next() {
            match c {
                ' ' | '\t' | '\n' => break,
                ';' | '&' | '|' | '<' | '>' | '(' | ')' => return None,
                '\'' => {
                    self.next();
                    let end = self.rest.find('\'')?;
                    made.push_str(&self.rest[..end], true);
                    self.rest = &self.rest[end + 1..];
                }
                '"' => {
                    self.next();
                    self.double_quotes(&mut word, &mut made)?;
                }
                '\\' => {
                    self.next();
                    match self.next()? {
                        '\n' => {}
                        c => {
                            // `\rm` is a way to write `rm`; `ok\nrm` reads as two lines and is one word.
                            if !self.start && matches!(c, 'n' | 'r') {
                                word.mark("a letter behind a `\\` that reads as a line break", false, false);
                            }
                            made.push(c, true);
                        }
                    }
                }
                '$' | '`' => {
                    if self.unknown(&mut word, &mut made, false)? {
                        break;
                    }
                }
                '#' if self.start => return None,
                '~' if self.start => {
                    self.next();
                    match self.rest.chars().next() {
                        None | Some('/' | ' ' | '\t' | '\n') => word.tilde = true,
                        _ => word.mark("a user's home folder", false, false),
                    }
                    made.push('~', false);
                }
                c => {
                    self.next();
                    made.push(c, false);
                }
            }
            self.start = false;
        }
        word.raw = begin[..begin.len() - self.rest.len()].to_owned();
        if word.raw.is_empty() {
            return None;
        }
        word.finish(made);
        Some(word)
    }

    fn double_quotes(&mut self, word: &mut Word, made: &mut Made) -> Option<()> {
        made.open();
        loop {
            match self.rest.chars().next()? {
                '"' => {
                    self.next();
                    return Some(());
                }
                '\\' => {
                    self.next();
                    match self.next()? {
                        '\n' => {}
                        c @ ('$' | '`' | '"' | '\\') => made.push(c, true),
                        c => {
                            made.push('\\', true);
                            made.push(c, true);
                        }
                    }
                }
                '$' | '`' => {
                    if self.unknown(word, made, true)? {
                        return Some(());
                    }
                }
                c => {
                    self.next();
                    made.push(c, true);
                }
            }
        }
    }

    /// A `$` or a backquote. True where the rest of the text cannot be told apart any more: the caller takes all of it.
    fn unknown(&mut self, word: &mut Word, made: &mut Made, quoted: bool) -> Option<bool> {
        if self.next()? == '`' {
            return Some(self.give_up(word, SUBSTITUTION));
        }
        let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        match self.rest.chars().next() {
            Some('(') => Some(self.give_up(word, SUBSTITUTION)),
            Some('\'' | '"') if !quoted => Some(self.give_up(word, QUOTING)),
            Some('[') => Some(self.give_up(word, EXPANSION)),
            Some('{') => {
                let end = self.rest.find('}')?;
                let inner = &self.rest[1..end];
                let plain = inner.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
                    && inner.chars().all(name);
                if !plain {
                    return Some(self.give_up(word, EXPANSION));
                }
                made.unknown();
                self.rest = &self.rest[end + 1..];
                word.mark("a variable", true, false);
                Some(false)
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let end = self.rest.find(|c| !name(c)).unwrap_or(self.rest.len());
                made.unknown();
                self.rest = &self.rest[end..];
                word.mark("a variable", true, false);
                Some(false)
            }
            Some(c) if c.is_ascii_digit() || "?#$!@*-".contains(c) => {
                self.next();
                made.unknown();
                word.mark("a variable", true, "?#$".contains(c));
                Some(false)
            }
            _ => {
                made.push('$', true);
                Some(false)
            }
        }
    }

    fn give_up(&mut self, word: &mut Word, why: &'static str) -> bool {
        word.mark(why, false, false);
        self.rest = "";
        true
    }
}

/// What a word is made of so far.
#[derive(Default)]
struct Made {
    text: String,
    /// For each character, whether the shell sees it as itself.
    quoted: Vec<bool>,
    opened: bool,
}

impl Made {
    fn push(&mut self, c: char, quoted: bool) {
        self.text.push(c);
        self.quoted.push(quoted);
    }

    fn push_str(&mut self, text: &str, quoted: bool) {
        self.opened = true;
        text.chars().for_each(|c| self.push(c, quoted));
    }

    fn open(&mut self) {
        self.opened = true;
    }

    /// A place-holder for what is only known when it runs.
    fn unknown(&mut self) {
        self.push('\u{fffd}', true);
    }

    fn bare(&self) -> impl Iterator<Item = (usize, char)> + '_ {
        self.text.chars().zip(&self.quoted).enumerate().filter(|(_, (_, quoted))| !**quoted).map(|(at, (c, _))| (at, c))
    }
}

impl Word {
    fn mark(&mut self, why: &'static str, variable: bool, number: bool) {
        self.variables &= variable;
        self.numbers &= number;
        self.unknown.get_or_insert(why);
    }

    fn finish(&mut self, made: Made) {
        let bare: Vec<(usize, char)> = made.bare().collect();
        let has = |wanted: char| bare.iter().any(|(_, c)| *c == wanted);
        if has('{') && has('}') && (has(',') || made.text.contains("..")) {
            self.mark("a brace expansion", false, false);
        }
        if matches!(bare.first(), Some((0, '='))) && made.text.len() > 1 && !made.text.starts_with("==") {
            self.mark("a word that begins with `=` (zsh takes it for a program)", false, false);
        }
        let bracket = has(']');
        if let Some((at, _)) = bare.iter().find(|(_, c)| matches!(c, '*' | '?') || (*c == '[' && bracket)) {
            // `--include=*.rs` can only become other values of the same option.
            let before: String = made.text.chars().take(*at).collect();
            let option = before.starts_with('-') && !(before.starts_with("--") && before.contains('='));
            let leading = *at == 0 || option || self.unknown.is_some();
            self.glob = if leading { Glob::Leading } else { Glob::Inside };
        }
        if self.unknown.is_none() {
            self.value = Some(made.text);
        }
        self.variables &= self.unknown.is_some();
        self.numbers &= self.unknown.is_some();
    }
}
