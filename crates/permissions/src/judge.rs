//! The judgement of a line: each simple command alone, and the worst of them for the whole.

use crate::commands::{Folders, is_docile, known};
use crate::floor::{self, Floor};
use crate::ground::{Ground, Profile, Program};
use crate::places;
use crate::rules::Fit;
use crate::shell::{self, Direction, Glob, Redirect, Simple, Word};
use crate::verdict::{Judgement, Kind, Part, Redirection, Verdict};
use crate::views::{Views, views};

/// Says what happens to a command line, without running anything. What is not understood asks.
pub fn judge(line: &str, ground: &Ground<'_>) -> Judgement {
    if let Some(why) = shell::unfit(line) {
        let (verdict, reasons) = (Verdict::Ask, vec![why]);
        return Judgement { verdict, firm: true, floor: false, kind: None, parts: Vec::new(), reasons };
    }
    let reading = shell::read(line);
    let mut judge = Judge { ground, folders: Folders::new(ground), firm: false, floor: false, kind: Kind::Reads };
    let mut parts: Vec<Part> = Vec::with_capacity(reading.simples.len());
    for simple in &reading.simples {
        parts.push(judge.part(simple));
    }
    let mut reasons: Vec<String> = reading.doubts.iter().map(|doubt| format!("not understood: {doubt}")).collect();
    if parts.is_empty() && reasons.is_empty() {
        reasons.push("the line holds no command".to_owned());
    }
    if !reading.doubts.is_empty() && ground.rules.restricts() {
        judge.firm = true;
    }
    let own = if reasons.is_empty() { Verdict::Allow } else { Verdict::Ask };
    let mut verdict = parts.iter().map(|part| part.verdict).max().unwrap_or_default().max(own);
    for reason in parts.iter().flat_map(|part| &part.reasons) {
        if !reasons.contains(reason) {
            reasons.push(reason.clone());
        }
    }
    let mut kind = (verdict == Verdict::Allow).then_some(judge.kind);
    // What the team's file names is allowed as it stands, unless a rule or the floor is against it.
    if !judge.firm && ground.listed.iter().any(|listed| listed.trim() == line.trim()) {
        verdict = Verdict::Allow;
        kind = Some(Kind::Listed);
        reasons.clear();
    }
    Judgement { verdict, firm: judge.firm, floor: judge.floor, kind, parts, reasons }
}

struct Judge<'g> {
    ground: &'g Ground<'g>,
    folders: Folders<'g>,
    firm: bool,
    floor: bool,
    kind: Kind,
}

/// What has been found against a part.
#[derive(Default)]
struct Found {
    verdict: Option<Verdict>,
    reasons: Vec<String>,
}

impl Found {
    fn against(&mut self, verdict: Verdict, why: String) {
        self.verdict = self.verdict.max(Some(verdict));
        // A reason is one line wherever it is shown.
        self.reasons.push(why.replace('\n', "\\n").replace('\t', " "));
    }
}

impl Judge<'_> {
    fn part(&mut self, simple: &Simple) -> Part {
        let views = views(simple);
        let mut found = Found::default();
        self.floor(&views, &mut found);
        self.rules(&views, &mut found);
        let redirections = simple.redirects.iter().map(|redirect| self.redirect(redirect, &mut found)).collect();
        if let Some(assignment) = simple.assignments.first() {
            let name = assignment.split(['=', '+', '[']).next().unwrap_or_default();
            found.against(
                Verdict::Ask,
                format!("it sets the variable `{name}`, by which programs can be made to run others"),
            );
        }
        if !simple.words.is_empty()
            && let Err(why) = self.command(simple, &views)
            && found.verdict != Some(Verdict::Deny)
        {
            found.against(Verdict::Ask, why);
        }
        let argv = simple.words.iter().map(|word| word.value.clone()).collect::<Option<Vec<String>>>();
        Part {
            text: simple.text.clone(),
            argv: argv.filter(|argv| !argv.is_empty()),
            assignments: simple.assignments.clone(),
            redirections,
            verdict: found.verdict.unwrap_or(Verdict::Allow),
            reasons: found.reasons,
        }
    }

    fn floor(&mut self, views: &Views, found: &mut Found) {
        match floor::check(views, &self.folders, self.ground) {
            Some(Floor::Refused(why)) => {
                self.firm = true;
                self.floor = true;
                found.against(Verdict::Deny, why);
            }
            Some(Floor::Asked(why)) => {
                self.firm = true;
                found.against(Verdict::Ask, why);
            }
            None => {}
        }
    }

    fn rules(&mut self, views: &Views, found: &mut Found) {
        let Some((rule, fit)) = self.ground.rules.restriction(views) else { return };
        self.firm = true;
        let why = rule.why.as_deref().map(|why| format!(": {why}")).unwrap_or_default();
        match fit {
            Fit::Yes => {
                found.against(
                    rule.verdict,
                    format!("the rule `{} {}` says so{why}", rule.verdict.as_str(), rule.command),
                );
            }
            _ => found.against(
                Verdict::Ask,
                format!(
                    "only running it tells whether the rule `{} {}` fits{why}",
                    rule.verdict.as_str(),
                    rule.command
                ),
            ),
        }
    }

    fn redirect(&mut self, redirect: &Redirect, found: &mut Found) -> Redirection {
        let text = redirect.text.clone();
        let value = redirect.target.as_ref().and_then(|word| word.value.clone());
        let quiet = matches!(value.as_deref(), Some("/dev/null" | "/dev/stdout" | "/dev/stderr"));
        if redirect.direction == Direction::None || quiet {
            return Redirection { text, writes: false, target: None };
        }
        let writes = redirect.direction == Direction::Out;
        let globs = redirect.target.as_ref().is_some_and(|word| word.glob != Glob::None);
        let Some(value) = value.filter(|_| !globs) else {
            found.against(Verdict::Ask, format!("`{text}`: which file that is, only running it tells"));
            return Redirection { text, writes, target: None };
        };
        let targets = self.folders.resolve(&value);
        let target = targets.last().cloned();
        if writes {
            let guarded = targets.iter().find_map(|path| places::protected(path));
            let secret = targets.iter().any(|path| places::is_credential(path, self.ground.home));
            if value.starts_with("/dev/") {
                self.firm = true;
                found.against(Verdict::Ask, format!("`{text}` writes to a device"));
            } else if let Some(place) = guarded.or(secret.then_some("where credentials are kept")) {
                self.firm = true;
                found.against(
                    Verdict::Deny,
                    format!("`{text}` writes {place}, by which programs are made to run something; use the edit tool, which asks"),
                );
            } else {
                found.against(Verdict::Ask, format!("`{text}` writes a file"));
            }
        } else if !self.folders.readable(&value) {
            found.against(Verdict::Ask, format!("`{text}` reads what is not in the workspace"));
        }
        Redirection { text, writes, target }
    }

    /// Whether the words of a command may run without asking.
    fn command(&mut self, simple: &Simple, views: &Views) -> Result<(), String> {
        let [first, rest @ ..] = simple.words.as_slice() else { return Ok(()) };
        let Some(name) = first.value.as_deref() else {
            return Err(format!("which program `{}` is, only running it tells", first.raw));
        };
        if first.glob != Glob::None || first.tilde {
            return Err(format!("which program `{}` is, only running it tells", first.raw));
        }
        let words = self.words(name, first, rest);
        // The tables are asked in any case: a `cd` moves what follows.
        let table = match &words {
            Ok(words) => {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                known(&words, &mut self.folders, self.ground)
            }
            Err(why) => {
                if name == "cd" {
                    self.folders.enter("/");
                }
                Err(why.clone())
            }
        };
        match table {
            Ok(kind) => self.kind = self.kind.max(kind),
            Err(why) if words.is_err() => return Err(why),
            Err(_) if self.is_listed(simple) => {
                // Whoever wrote the team's file meant this very program, also by its path.
                self.kind = Kind::Listed;
                return Ok(());
            }
            Err(_) if self.is_ruled(views) => self.kind = Kind::Listed,
            Err(why) => return Err(why),
        }
        self.program(name)
    }

    /// In another folder the same words are another check: `./check.sh` is another file, `make check` reads another one.
    fn is_listed(&self, simple: &Simple) -> bool {
        self.folders.unmoved() && self.ground.listed.iter().any(|line| is_line(line, simple))
    }

    /// A rule allows the command by its own words. What it runs in turn never counts.
    fn is_ruled(&self, views: &Views) -> bool {
        !views.wraps && views.all.first().is_some_and(|own| self.ground.rules.permission(own).is_some())
    }

    /// The words as the program gets them; else which of them is the trouble.
    fn words(&self, name: &str, first: &Word, rest: &[Word]) -> Result<Vec<String>, String> {
        let mut words = vec![first.value.clone().unwrap_or_default()];
        for word in rest {
            if word.glob == Glob::Leading && !(name == "echo" || (is_docile(name) && !word.raw.starts_with('-'))) {
                return Err(format!("`{}`: what the shell finds may look like an option", word.raw));
            }
            match (&word.value, word.unknown) {
                (Some(value), _) => words.push(value.clone()),
                // What `echo` prints makes no difference to what it does.
                (None, _) if word.variables && name == "echo" => words.push(word.raw.clone()),
                (None, _) if word.numbers => words.push("0".to_owned()),
                (None, why) => {
                    let why = why.unwrap_or("a word that is not understood");
                    return Err(format!("`{}`: {why}, which only running it tells", word.raw));
                }
            }
        }
        Ok(words)
    }

    /// A plain name that leads to a program of the system.
    fn program(&self, name: &str) -> Result<(), String> {
        if BUILT_IN.contains(&name) {
            return Ok(());
        }
        if name.contains('/') {
            return Err(format!(
                "`{name}` is a program by its path; only plain names of programs of the system are known"
            ));
        }
        match self.ground.world.program(name) {
            Program::System | Program::Missing => Ok(()),
            Program::Own(_) if self.ground.profile == Profile::Session => Ok(()),
            Program::Own(path) => Err(format!("`{name}` is {}, which is not a program of the system", path.display())),
            Program::Foreign(path) => {
                Err(format!("`{name}` is {}, which others than you and the system can write", path.display()))
            }
        }
    }
}

/// Commands that every shell has within itself, so that no file is looked up for them.
const BUILT_IN: &[&str] =
    &["cd", "echo", "test", "[", "printf", "pwd", "true", "false", ":", "set", "exit", "command", "type"];

/// A listed line that is one simple command may stand as a part of a longer line.
fn is_line(line: &str, simple: &Simple) -> bool {
    let reading = shell::read(line.trim());
    let [listed] = reading.simples.as_slice() else { return false };
    let values = |simple: &Simple| simple.words.iter().map(|word| word.value.clone()).collect::<Option<Vec<String>>>();
    let plain = reading.doubts.is_empty() && listed.assignments.is_empty() && listed.redirects.is_empty();
    plain
        && !listed.words.is_empty()
        && values(listed).is_some()
        && values(listed) == values(simple)
        && listed.words.iter().zip(&simple.words).all(|(one, other)| one.glob == other.glob && one.tilde == other.tilde)
}
