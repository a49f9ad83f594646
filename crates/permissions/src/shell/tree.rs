//! The grammar of a line: which constructs are understood, and where the simple commands are.

use std::ops::ControlFlow;

use tree_sitter::{Node, ParseOptions, Parser, Tree};

use super::word::{single, words};
use super::{Direction, Reading, Redirect, Simple, Word};

/// Constructs inside one another, at most. What lies deeper is not understood.
const DEEPEST: usize = 40;

/// How often the parser may report progress before it is stopped: a line for which it needs more is not understood. An honest
/// line of the greatest length stays far below, and the whole is some ten milliseconds.
const EFFORT: usize = 600;

/// Pipes, redirections, backquotes and brackets together, at most: the parser's way out of an error takes the square of their
/// number.
const MOST_SIGNS: usize = 500;

pub(super) fn read(line: &str) -> Reading {
    let mut reader = Reader { line, reading: Reading::default() };
    let signs = line.matches(['|', '(', ')', '{', '}', '[', ']', '<', '>', '`']).count();
    let many = signs > MOST_SIGNS || line.matches(";;").count() > MOST_SIGNS / 10;
    match if many { None } else { parse(line) } {
        Some(tree) => reader.tree(&tree),
        None => reader.doubt("a line that takes the parser too long".to_owned()),
    }
    reader.reading
}

fn parse(line: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
    let mut effort = 0;
    let mut progress = |_: &tree_sitter::ParseState| {
        effort += 1;
        if effort > EFFORT { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let bytes = line.as_bytes();
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
}

struct Reader<'a> {
    line: &'a str,
    reading: Reading,
}

impl<'a> Reader<'a> {
    fn tree(&mut self, tree: &Tree) {
        let root = tree.root_node();
        if root.has_error() {
            self.doubt("a line that the parser cannot read to its end".to_owned());
            return self.gather(root);
        }
        let covered = self.blank(0, root.start_byte()) && self.blank(root.end_byte(), self.line.len());
        if root.kind() != "program" || !covered {
            self.doubt("a line that the parser reads in part only".to_owned());
            return self.gather(root);
        }
        self.statements(root, 0, &["\n", ";"]);
    }

    fn doubt(&mut self, what: String) {
        if !self.reading.doubts.contains(&what) {
            self.reading.doubts.push(what);
        }
    }

    fn text(&self, node: Node<'_>) -> &'a str {
        self.line.get(node.byte_range()).unwrap_or_default()
    }

    /// Nothing but blanks, line breaks and continued lines between two places.
    fn blank(&self, from: usize, to: usize) -> bool {
        let gap = self.line.get(from..to).unwrap_or("?").replace("\\\n", "");
        gap.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\n'))
    }

    /// At least one blank, and nothing else, between two words.
    fn separated(&self, from: usize, to: usize) -> bool {
        let gap = self.line.get(from..to).unwrap_or("?").replace("\\\n", "");
        !gap.is_empty() && gap.bytes().all(|byte| matches!(byte, b' ' | b'\t'))
    }

    /// The children of a construct: statements, and the tokens that belong to it. Between two statements stands a token or a
    /// line break.
    fn statements(&mut self, parent: Node<'_>, depth: usize, tokens: &[&str]) {
        if depth > DEEPEST {
            self.doubt(format!("constructs more than {DEEPEST} deep"));
            return self.gather(parent);
        }
        let mut end = parent.start_byte();
        let mut after_statement = false;
        for child in children(parent) {
            if !self.blank(end, child.start_byte()) {
                self.doubt("characters that the parser passes over".to_owned());
            }
            let broken =
                self.line.get(end..child.start_byte()).is_some_and(|gap| gap.replace("\\\n", "").contains('\n'));
            match child.kind() {
                "comment" => self.comment(child),
                "&" => {
                    self.doubt("`&`, which leaves a command running".to_owned());
                    after_statement = false;
                }
                token if !child.is_named() => {
                    if !tokens.contains(&token) {
                        self.doubt(format!("`{}`", token.escape_debug()));
                    }
                    after_statement = false;
                }
                _ => {
                    if after_statement && !broken {
                        self.doubt("commands with nothing between them".to_owned());
                    }
                    self.statement(child, depth + 1);
                    after_statement = true;
                }
            }
            end = child.end_byte();
        }
        if !self.blank(end, parent.end_byte()) {
            self.doubt("characters that the parser passes over".to_owned());
        }
    }

    fn comment(&mut self, node: Node<'_>) {
        let before = self.line.get(..node.start_byte()).and_then(|text| text.chars().next_back());
        let after = self.line.get(node.end_byte()..).and_then(|text| text.chars().next());
        let apart = before.is_none_or(|c| matches!(c, ' ' | '\t' | '\n' | ';' | '(' | ')' | '|' | '&'));
        if !apart || after.is_some_and(|c| c != '\n') || self.text(node).contains('\n') {
            self.doubt("a `#` that may or may not begin a comment".to_owned());
        }
    }

    fn statement(&mut self, node: Node<'_>, depth: usize) {
        match node.kind() {
            "command" => self.command(node),
            "test_command" => self.test(node),
            "list" => self.list(node, depth),
            "pipeline" => self.statements_joined(node, depth, &["|", "|&"]),
            "negated_command" => self.statements_joined(node, depth, &["!"]),
            "redirected_statement" => self.redirected(node, depth),
            "subshell" => self.statements(node, depth, &["(", ")", ";", "\n"]),
            "compound_statement" => self.statements(node, depth, &["{", "}", ";", "\n"]),
            "if_statement" => self.statements(node, depth, &["if", "then", "fi", ";", "\n"]),
            "elif_clause" => self.statements(node, depth, &["elif", "then", ";", "\n"]),
            "else_clause" => self.statements(node, depth, &["else", ";", "\n"]),
            "variable_assignment" => {
                self.reading.simples.push(Simple {
                    text: self.text(node).to_owned(),
                    assignments: vec![self.text(node).to_owned()],
                    ..Simple::default()
                });
                self.gather_below(node);
            }
            kind => {
                self.doubt(in_words(kind));
                self.gather(node);
            }
        }
    }

    /// Commands that one operator joins.
    fn statements_joined(&mut self, node: Node<'_>, depth: usize, tokens: &[&str]) {
        self.statements(node, depth, tokens);
    }

    /// `a && b || c`: the grammar nests these to the left, one level for each, so they are taken apart in a loop.
    fn list(&mut self, node: Node<'_>, depth: usize) {
        let mut rights = Vec::new();
        let mut left = node;
        while left.kind() == "list" {
            let inner = children(left);
            let [first, rest @ ..] = inner.as_slice() else { break };
            let mut end = first.end_byte();
            for child in rest {
                if !self.blank(end, child.start_byte()) {
                    self.doubt("characters that the parser passes over".to_owned());
                }
                end = child.end_byte();
            }
            rights.push(rest.to_vec());
            left = *first;
        }
        self.statement(left, depth + 1);
        for rest in rights.into_iter().rev() {
            for child in rest {
                match child.kind() {
                    "&&" | "||" => {}
                    "comment" => self.comment(child),
                    _ if child.is_named() => self.statement(child, depth + 1),
                    token => self.doubt(format!("`{}`", token.escape_debug())),
                }
            }
        }
    }

    fn redirected(&mut self, node: Node<'_>, depth: usize) {
        if depth > DEEPEST {
            self.doubt(format!("constructs more than {DEEPEST} deep"));
            return self.gather(node);
        }
        let first = self.reading.simples.len();
        let mut redirects = Vec::new();
        let mut end = node.start_byte();
        for child in children(node) {
            if !self.blank(end, child.start_byte()) {
                self.doubt("characters that the parser passes over".to_owned());
            }
            match child.kind() {
                "file_redirect" => redirects.extend(self.redirect(child)),
                "herestring_redirect" => redirects.extend(self.here_string(child)),
                "heredoc_redirect" => {
                    self.doubt("a here-document".to_owned());
                    self.gather(child);
                }
                _ => self.statement(child, depth + 1),
            }
            end = child.end_byte();
        }
        let last = self.reading.simples.len();
        match self.reading.simples.get_mut(first..last).and_then(<[Simple]>::last_mut) {
            Some(simple) if simple.redirects.is_empty() && last == first + 1 => {
                simple.text = self.line.get(node.byte_range()).unwrap_or_default().to_owned();
                simple.redirects = redirects;
            }
            Some(simple) => simple.redirects.extend(redirects),
            None => {
                self.reading.simples.push(Simple { text: self.text(node).to_owned(), redirects, ..Simple::default() })
            }
        }
    }

    fn redirect(&mut self, node: Node<'_>) -> Option<Redirect> {
        let parts = children(node);
        let text = self.text(node).to_owned();
        let mut operator = "";
        let mut targets = Vec::new();
        for part in &parts {
            match part.kind() {
                "file_descriptor" => self.descriptor(node, self.text(*part)),
                kind if !part.is_named() => operator = kind,
                _ => targets.push(*part),
            }
        }
        let after = self.line.get(node.end_byte()..).and_then(|text| text.chars().next());
        let ended =
            after.is_none_or(|c| matches!(c, ' ' | '\t' | '\n' | ';' | '|' | '&' | '(' | ')' | '<' | '>' | '\\'));
        if targets.len() > 1 || !ended || (operator.ends_with('-') && !targets.is_empty()) {
            self.doubt("words behind a redirection".to_owned());
        }
        if self.line.get(..node.start_byte()).is_some_and(|before| before.ends_with('}')) {
            self.doubt("a redirection of a named descriptor".to_owned());
        }
        if !parts.iter().any(|part| part.kind() == "file_descriptor") {
            self.number_before(node);
        }
        let target = targets.first().map(|target| {
            self.gather_below(*target);
            self.text(*target)
        });
        let word = target.and_then(single);
        if target.is_some() && word.is_none() {
            self.doubt(format!("the redirection `{}`", text.escape_debug()));
        }
        let number = word.as_ref().and_then(|word| word.value.as_deref()).is_some_and(|value| {
            value == "-" || (!value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()))
        });
        let direction = match operator {
            ">&" | "<&" if number => Direction::None,
            ">&-" | "<&-" => Direction::None,
            "<" => Direction::In,
            ">" | ">>" | ">|" | "&>" | "&>>" | ">&" => Direction::Out,
            _ => {
                self.doubt(format!("the redirection `{}`", text.escape_debug()));
                Direction::Out
            }
        };
        Some(Redirect { text, direction, target: word })
    }

    /// A number right before a redirection that the parser takes for a word is its descriptor to the shell.
    fn number_before(&mut self, node: Node<'_>) {
        let before = self.line.get(..node.start_byte()).unwrap_or_default();
        let rest = before.trim_end_matches(|c: char| c.is_ascii_digit());
        let alone = rest
            .chars()
            .next_back()
            .is_none_or(|c| matches!(c, ' ' | '\t' | '\n' | ';' | '|' | '&' | '(' | ')' | '<' | '>'));
        if rest.len() < before.len() && alone {
            self.doubt("a number that may be a word or a descriptor".to_owned());
        }
    }

    /// `2>f`: a number only where a blank or an operator stands before it.
    fn descriptor(&mut self, node: Node<'_>, text: &str) {
        let before = self.line.get(..node.start_byte()).and_then(|before| before.chars().next_back());
        let apart = before.is_none_or(|c| matches!(c, ' ' | '\t' | '\n' | ';' | '|' | '&' | '(' | ')' | '>'));
        if !apart || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            self.doubt("a redirection of a named descriptor".to_owned());
        }
    }

    fn here_string(&mut self, node: Node<'_>) -> Option<Redirect> {
        self.gather_below(node);
        let text = self.text(node);
        let word = text.strip_prefix("<<<").and_then(|rest| single(rest.trim_start_matches([' ', '\t'])));
        if word.as_ref().is_none_or(|word| word.value.is_none()) {
            self.doubt("a here-string that is only known when it runs".to_owned());
        }
        Some(Redirect { text: text.to_owned(), direction: Direction::None, target: None })
    }

    fn command(&mut self, node: Node<'_>) {
        let place = self.reading.simples.len();
        let mut simple = Simple { text: self.text(node).to_owned(), ..Simple::default() };
        // Its place comes before that of the commands inside its words.
        self.reading.simples.push(Simple::default());
        let mut end: Option<usize> = None;
        for child in children(node) {
            let redirect = matches!(child.kind(), "file_redirect" | "herestring_redirect");
            let apart = end.is_none_or(|end| match redirect {
                true => self.blank(end, child.start_byte()),
                false => self.separated(end, child.start_byte()),
            });
            if !apart {
                self.doubt("words with no blank between them".to_owned());
            }
            end = Some(child.end_byte());
            match child.kind() {
                "file_redirect" => simple.redirects.extend(self.redirect(child)),
                "herestring_redirect" => simple.redirects.extend(self.here_string(child)),
                "variable_assignment" => {
                    if !simple.words.is_empty() {
                        self.doubt("an assignment behind a command".to_owned());
                    }
                    simple.assignments.push(self.text(child).to_owned());
                    self.gather_below(child);
                }
                _ => {
                    self.gather_below(child);
                    simple.words.push(self.word(child));
                }
            }
        }
        self.place(place, simple);
    }

    /// A word of the tree, read a second time. Where the two readings differ, it is unknown.
    fn word(&mut self, node: Node<'_>) -> Word {
        let text = self.text(node);
        single(text).unwrap_or_else(|| {
            let known = has_substitution(node);
            if !known {
                self.doubt(format!("the word `{}`", text.escape_debug()));
            }
            Word { raw: text.to_owned(), unknown: Some("a command inside a word"), ..Word::default() }
        })
    }

    /// `[ … ]`, whose inside the grammar takes apart as an expression; to the shell it is a command like others.
    fn test(&mut self, node: Node<'_>) {
        let text = self.text(node);
        self.gather_below(node);
        let words = words(text).unwrap_or_default();
        let plain =
            words.first().is_some_and(|word| word.raw == "[") && words.last().is_some_and(|word| word.raw == "]");
        if !plain {
            self.doubt("`[[ … ]]`, `((…))` or a test that is not plain".to_owned());
        }
        self.reading.simples.push(Simple { text: text.to_owned(), words, ..Simple::default() });
    }

    fn place(&mut self, place: usize, simple: Simple) {
        if let Some(slot) = self.reading.simples.get_mut(place) {
            *slot = simple;
        }
    }

    /// The simple commands inside a construct that is not understood: they can still be denied. Without recursion, since the
    /// construct may be of any depth.
    fn gather(&mut self, node: Node<'_>) {
        self.gather_from(node, true);
    }

    fn gather_below(&mut self, node: Node<'_>) {
        if node.child_count() > 0 {
            self.gather_from(node, false);
        }
    }

    fn gather_from(&mut self, node: Node<'_>, itself: bool) {
        let mut open = if itself { vec![node] } else { reversed(node) };
        while let Some(node) = open.pop() {
            match node.kind() {
                "command" | "declaration_command" | "unset_command" => self.gathered(node),
                "file_redirect" if node.parent().is_none_or(|parent| parent.kind() != "command") => {
                    let redirects: Vec<Redirect> = self.redirect_quietly(node).into_iter().collect();
                    let text = self.text(node).to_owned();
                    self.reading.simples.push(Simple { text, redirects, ..Simple::default() });
                }
                _ => {}
            }
            if node.child_count() > 0 {
                open.extend(reversed(node));
            }
        }
    }

    fn redirect_quietly(&mut self, node: Node<'_>) -> Option<Redirect> {
        let target = children(node).into_iter().rfind(|child| child.is_named() && child.kind() != "file_descriptor")?;
        let text = self.text(node);
        let direction = if text.contains('>') { Direction::Out } else { Direction::In };
        let word = single(self.text(target));
        let plain = word
            .as_ref()
            .and_then(|word| word.value.as_deref())
            .is_some_and(|value| text.contains('&') && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'));
        let direction = if plain { Direction::None } else { direction };
        Some(Redirect { text: text.to_owned(), direction, target: word })
    }

    /// A command inside of what is not understood, as far as its words can be told.
    fn gathered(&mut self, node: Node<'_>) {
        let mut simple = Simple { text: self.text(node).to_owned(), ..Simple::default() };
        for child in children(node) {
            match child.kind() {
                "file_redirect" => simple.redirects.extend(self.redirect_quietly(child)),
                "herestring_redirect" | "heredoc_redirect" | "comment" => {}
                "variable_assignment" if simple.words.is_empty() => {
                    simple.assignments.push(self.text(child).to_owned());
                }
                _ => {
                    let text = self.text(child);
                    let unknown = || Word {
                        raw: text.to_owned(),
                        unknown: Some("a word that is not understood"),
                        ..Word::default()
                    };
                    simple.words.push(single(text).unwrap_or_else(unknown));
                }
            }
        }
        self.reading.simples.push(simple);
    }
}

fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children(&mut cursor).collect()
}

fn reversed<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut found = children(node);
    found.reverse();
    found
}

fn has_substitution(node: Node<'_>) -> bool {
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        if matches!(node.kind(), "command_substitution" | "process_substitution") {
            return true;
        }
        open.extend(children(node));
    }
    false
}

fn in_words(kind: &str) -> String {
    let words = match kind {
        "declaration_command" => "`export`, `declare` and the like, which set variables",
        "unset_command" => "`unset`, which changes variables",
        "for_statement" | "c_style_for_statement" => "a `for` loop",
        "while_statement" => "a `while` or `until` loop",
        "case_statement" => "`case`",
        "function_definition" => "a function",
        "ERROR" => "a line that the parser cannot read to its end",
        other => return format!("the construct `{other}`"),
    };
    words.to_owned()
}
