//! Shell lines by a grammar: commands that are on the lists and such that are not, in every kind of quoting and joining.

/// Numbers that look random and are the same for the same seed (splitmix64, public domain).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.roll() % most as u64).unwrap_or(0)
    }

    /// True once in so many times.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn one<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }
}

const HARMLESS: &[&[&str]] = &[
    &["ls"],
    &["ls", "-la"],
    &["ls", "src"],
    &["cat", "a.txt"],
    &["cat", "a.txt", "b.txt"],
    &["head", "-3", "a.txt"],
    &["tail", "-n", "2", "b.txt"],
    &["wc", "-l", "a.txt"],
    &["grep", "-n", "x", "a.txt"],
    &["grep", "-rn", "x", "src"],
    &["sed", "-n", "1p", "a.txt"],
    &["sort", "a.txt"],
    &["sort", "-u"],
    &["uniq", "-c"],
    &["cut", "-d:", "-f1", "a.txt"],
    &["find", ".", "-name", "x"],
    &["find", "src", "-type", "f"],
    &["git", "log", "--oneline"],
    &["git", "rev-parse", "HEAD"],
    &["git", "branch", "-a"],
    &["git", "-C", "src", "log", "--oneline"],
    &["rg", "x", "src"],
    &["echo", "hi"],
    &["echo", "-n", "a;b"],
    &["true"],
    &["false"],
    &["pwd"],
    &["cd", "src"],
    &["test", "-f", "a.txt"],
    &["[", "-d", "src", "]"],
    &["printf", "%s", "a"],
    &["awk", "{print $1}", "a.txt"],
    &["tr", "a", "b"],
    &["stat", "a.txt"],
    &["du", "-sh", "src"],
    &["date"],
    &["diff", "a.txt", "b.txt"],
    &["set", "-e"],
    &["which", "ls"],
    &["command", "-v", "ls"],
    &["basename", "a.txt"],
    &["jq", ".a", "a.txt"],
    &["xxd", "a.txt"],
    &["tree", "src"],
    &["exit", "0"],
];

const HARMFUL: &[&[&str]] = &[
    &["rm", "a.txt"],
    &["touch", "new"],
    &["curl", "x"],
    &["sh", "-c", "touch new"],
    &["bash", "-c", "rm a.txt"],
    &["tee", "new"],
    &["git", "push"],
    &["git", "-c", "core.pager=touch", "log"],
    &["xargs", "rm"],
    &["env", "rm", "a.txt"],
    &["command", "rm", "a.txt"],
    &["find", ".", "-delete"],
    &["find", ".", "-exec", "rm", "{}", ";"],
    &["sed", "-i", "s/a/b/", "a.txt"],
    &["sort", "-o", "new", "a.txt"],
    &["rg", "--pre", "touch", "x"],
    &["eval", "rm a.txt"],
    &["exec", "rm"],
    &["./ls"],
    &["/bin/rm", "a.txt"],
    &["alias", "ls=rm"],
    &["export", "PATH=."],
    &["trap", "rm a.txt", "EXIT"],
    &["source", "a.txt"],
    &["coproc", "rm"],
    &["time", "rm"],
    &["nohup", "rm"],
    &["printf", "-v", "x", "y"],
    &["awk", "BEGIN{system(\"rm\")}"],
    &["hash", "-p", "/bin/rm", "ls"],
    &["builtin", "eval", "rm"],
    &["test", "-v", "a[$(rm)]"],
    &["[", "-v", "a[$(rm)]", "]"],
    &["let", "a[$(rm)]=1"],
];

const JOINTS: &[&str] = &[
    "; ", ";", " && ", "&&", " || ", "||", " | ", "|", "\n", " ;\n", " |\n", " &&\n", " |& ", " & ", "&", " # c\n",
    " \\\n&& ",
];
const NOISE: &[&str] = &[
    "\n", ";", "&", "|", "(", ")", "<", ">", "{", "}", "[", "]", "$", "`", "'", "\"", "\\", " ", "#", "!", "*", "?",
    "~", "=", "\t", "\\\n", "$(", "<(", "${", "&&", "||", "2>&1", ">&", "$'", "$\"", "((", "[[", "<<", "<<<", "<<E\n",
    ",", ":", "%", "^", "-", "--", "@(", "1>", ";;", "\\;", "\\\\", "''", "\"\"",
];
const REDIRECTIONS: &[&str] = &[
    ">/dev/null",
    "2>/dev/null",
    "2>&1",
    "</dev/null",
    "< a.txt",
    "> new",
    ">> a.txt",
    ">| a.txt",
    "&> new",
    "2> new",
    ">&2",
    "<<< x",
    "<> new",
    "&>/dev/null",
    "3>&1",
    ">&new",
];
const WORDS: &[&str] = &[
    "$x",
    "\"$x\"",
    "${x}",
    "$?",
    "$(rm a.txt)",
    "`rm a.txt`",
    "\"$(rm a.txt)\"",
    "${x:-$(rm)}",
    "{a,b}.txt",
    "{1..3}",
    "*",
    "*.txt",
    "./*.txt",
    "src/*",
    "~",
    "~/x",
    "$((1+1))",
    "$[1+1]",
    "$'a'",
    "<(rm a.txt)",
    "-x",
    "--",
    "a=b",
    "=ls",
    "'a b'",
    "\"a  b\"",
    "a\\ b",
    "#x",
    "x#y",
    "!x",
    "[ab].txt",
    "?",
    "\\*",
    "\"\\\"\"",
    "'\\'",
    "-",
    "$",
    "a$",
    "\"$\"",
    "\\",
    "%",
    "^x",
    "@",
    "+",
    "a\\\nb",
    "\"a\\\nb\"",
    "$@",
    "\"$@\"",
    "$1",
    "$-",
    "${#x}",
    "a{",
    "}",
    "{}",
    "]",
];

/// A line.
pub(crate) fn line(dice: &mut Dice) -> String {
    let mut text = list(dice, 0);
    if dice.once_in(3) {
        for _ in 0..=dice.below(3) {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let at = places[dice.below(places.len())];
            if dice.once_in(3) && at < text.len() {
                text.remove(at);
            } else {
                text.insert_str(at, dice.one(NOISE));
            }
        }
    }
    text
}

fn list(dice: &mut Dice, depth: usize) -> String {
    let mut text = command(dice, depth);
    while !dice.once_in(2) {
        let joint = dice.one(JOINTS);
        text = text + joint + &command(dice, depth);
    }
    text
}

fn command(dice: &mut Dice, depth: usize) -> String {
    if depth < 3 && dice.once_in(8) {
        let inner = list(dice, depth + 1);
        let more = list(dice, depth + 1);
        return match dice.below(9) {
            0 => format!("({inner})"),
            1 => format!("{{ {inner}; }}"),
            2 => format!("! {inner}"),
            3 => format!("if {inner}; then {more}; fi"),
            4 => format!("if {inner}\nthen\n{more}\nelse {inner}\nfi"),
            5 => format!("for x in a b; do {inner}; done"),
            6 => format!("f() {{ {inner}; }}; f"),
            7 => format!("case a in a) {inner};; esac"),
            _ => format!("({inner}) >/dev/null"),
        };
    }
    simple(dice)
}

fn simple(dice: &mut Dice) -> String {
    let from = if dice.once_in(9) { HARMFUL } else { HARMLESS };
    let mut words: Vec<String> = from[dice.below(from.len())].iter().map(|word| quoted(dice, word)).collect();
    if dice.once_in(6) {
        let at = dice.below(words.len()) + 1;
        words.insert(at, dice.one(WORDS).to_owned());
    }
    if dice.once_in(5) {
        let at = dice.below(words.len() + 1);
        words.insert(at, dice.one(REDIRECTIONS).to_owned());
    }
    if dice.once_in(25) {
        words.insert(0, dice.one(&["x=1", "PATH=.", "x=$(rm a.txt)", "a[$(rm)]=1", "x+=1"]).to_owned());
    }
    words.join(dice.one(&[" ", " ", " ", " ", "  ", "\t", " \\\n "]))
}

/// The same word, written in one of a shell's ways.
fn quoted(dice: &mut Dice, word: &str) -> String {
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=:%,[]".contains(c));
    match dice.below(12) {
        0 => format!("'{word}'"),
        1 if !word.contains(['$', '"', '`', '\\']) => format!("\"{word}\""),
        2 if plain => format!("\\{word}"),
        3 if plain && word.len() > 1 => format!("{}\"{}\"", &word[..1], &word[1..]),
        4 if plain && word.len() > 1 => format!("\"{}\"'{}'", &word[..1], &word[1..]),
        5 if plain => format!("{word}''"),
        _ if plain => word.to_owned(),
        _ => format!("'{word}'"),
    }
}
