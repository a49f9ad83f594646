//! git's reading commands. What looks at the working tree runs clean filters, what shows a patch runs textconv and external
//! diff programs, and all of these are named by the repository's own configuration: without a sandbox they are asked for.

use super::options::{Shape, operands};
use super::paths::Folders;
use super::readers::outside;
use crate::ground::Profile;

/// What is behind the options.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Behind {
    /// Revisions and paths.
    Any,
    /// Nothing.
    Nothing,
    /// Names, but only behind this option; else they would be made or changed.
    Only(&'static str),
    /// One name at most; a second would be written.
    One,
}

struct Command(&'static str, Shape<'static>, Behind);

const fn shape(flags: &'static str, valued: &'static str, longs: &'static str) -> Shape<'static> {
    Shape { flags, valued, longs, digits: false }
}

const STAT: &str = "--stat --stat= --shortstat --numstat --name-only --name-status --no-patch --summary --dirstat --no-color \
    --color --color= --no-renames --find-renames --find-renames= --diff-filter= --no-ext-diff --no-textconv --relative \
    --full-index --abbrev --abbrev= --abbrev-commit --raw -z --compact-summary --quiet --exit-code --no-prefix \
    --ignore-submodules --ignore-submodules= --ignore-all-space --ignore-space-change --ignore-blank-lines";
const PATCH: &str = "-U0 -U1 -U2 -U3 -U5 -U10 -U20 -U50 --patch --unified= --word-diff --word-diff= --patch-with-stat --function-context --inter-hunk-context= \
    --minimal --patience --histogram --color-words --color-moved --cc --check --diff-algorithm= --patch-with-raw";
const LOG: &str = "--oneline --graph --all --branches --tags --remotes --decorate --decorate= --no-decorate --follow \
    --no-merges --merges --first-parent --reverse --format= --pretty --pretty= --since= --since: --until= --until: --after= \
    --before= --author= --author: --committer= --grep= --grep: --max-count= --max-count: --skip= --date= --date-order \
    --topo-order --author-date-order --left-right --cherry-pick --cherry-mark --cherry --boundary --no-walk --ancestry-path \
    --simplify-by-decoration --full-history --parents --children --count --invert-grep --regexp-ignore-case \
    --extended-regexp --fixed-strings --all-match --source --no-notes --no-show-signature --show-pulls --min-parents= \
    --max-parents= --merge-base";

const READERS: &[Command] = &[
    Command(
        "status",
        shape(
            "bsvz",
            "",
            "--short --branch --porcelain --porcelain= --long --ignored --ignored= --show-stash \
        --ahead-behind --no-ahead-behind --untracked-files --untracked-files= --ignore-submodules --ignore-submodules= \
        --renames --no-renames --column --no-column --verbose -uno -unormal -uall -u",
        ),
        Behind::Any,
    ),
    Command(
        "reflog",
        shape("", "n", "--oneline --all --date= --format= --pretty= --max-count= --no-color --no-decorate"),
        Behind::Any,
    ),
    Command(
        "shortlog",
        shape("csne", "", "--summary --numbered --email --all --no-merges --since= --until= --group= --author="),
        Behind::Any,
    ),
    Command(
        "rev-list",
        shape(
            "",
            "n",
            "--count --all --max-count= --since= --until= --reverse --no-merges --merges --parents \
        --left-right --first-parent --objects --branches --tags --oneline --abbrev-commit",
        ),
        Behind::Any,
    ),
    Command(
        "rev-parse",
        shape(
            "q",
            "",
            "--abbrev-ref --abbrev-ref= --show-toplevel --short --short= --verify --git-dir \
        --absolute-git-dir --git-common-dir --show-prefix --show-cdup --is-inside-work-tree --is-bare-repository --symbolic \
        --symbolic-full-name --quiet --all --branches --tags --show-superproject-working-tree --is-shallow-repository",
        ),
        Behind::Any,
    ),
    Command("merge-base", shape("a", "", "--all --is-ancestor --fork-point --octopus --independent"), Behind::Any),
    Command("name-rev", shape("", "", "--name-only --tags --all --always --refs="), Behind::Any),
    Command(
        "describe",
        shape(
            "",
            "",
            "--tags --always --all --long --abbrev= --match= --exclude= --contains --exact-match \
        --candidates= --first-parent",
        ),
        Behind::Any,
    ),
    Command(
        "ls-files",
        shape(
            "coszti",
            "x",
            "--cached --others --exclude-standard --stage --exclude= --error-unmatch \
        --full-name --directory --ignored --deduplicate --eol --exclude-per-directory=",
        ),
        Behind::Any,
    ),
    Command(
        "ls-tree",
        shape(
            "drtlz",
            "",
            "--name-only --name-status --full-tree --full-name --long --abbrev --abbrev= \
        --object-only",
        ),
        Behind::Any,
    ),
    Command("cat-file", shape("ptse", "", ""), Behind::Any),
    Command(
        "for-each-ref",
        shape(
            "",
            "",
            "--format= --sort= --count= --points-at= --merged --merged= --no-merged \
        --contains --contains= --no-contains",
        ),
        Behind::Any,
    ),
    Command(
        "show-ref",
        shape("dq", "", "--head --heads --tags --branches --verify --hash --hash= --abbrev --quiet"),
        Behind::Any,
    ),
    Command(
        "branch",
        shape(
            "arv",
            "",
            "--list --all --remotes --verbose --show-current --no-color --color --color= --merged= \
        --no-merged= --merged --no-merged --contains= --contains: --no-contains: --points-at= --sort= --format= --column --no-column \
        --ignore-case --abbrev= --no-abbrev -l",
        ),
        Behind::Only("--list --merged --no-merged"),
    ),
    Command(
        "tag",
        shape(
            "l",
            "",
            "--list --sort= --contains= --contains: --no-contains= --merged= --merged --no-merged \
        --points-at= --format= --column --no-color -n --ignore-case",
        ),
        Behind::Only("--list -l --merged --no-merged"),
    ),
    Command("remote", shape("v", "", "--verbose"), Behind::Only("get-url")),
    Command("worktree", shape("", "", "--porcelain"), Behind::Only("list")),
    Command("stash", shape("", "", "--oneline"), Behind::Only("list")),
    Command(
        "config",
        shape(
            "lz",
            "",
            "--get: --get-all: --get-regexp: --list --local --global --system --show-origin \
        --show-scope --name-only --type= --bool --int --null",
        ),
        Behind::Nothing,
    ),
    Command("symbolic-ref", shape("q", "", "--short --quiet"), Behind::One),
    Command("count-objects", shape("vH", "", "--verbose --human-readable"), Behind::Nothing),
    Command("check-ignore", shape("vqn", "", "--verbose --quiet --non-matching --no-index"), Behind::Any),
    Command("check-attr", shape("a", "", "--all"), Behind::Any),
    Command("var", shape("", "", ""), Behind::Nothing),
    Command("version", shape("", "", "--build-options"), Behind::Nothing),
    Command(
        "grep",
        shape(
            "aiIwvhHEGFPnlLzcopqWr",
            "ABCem",
            "--line-number --ignore-case --name-only --files-with-matches --count \
        --word-regexp --fixed-strings --extended-regexp --perl-regexp --cached --untracked --and --or --not --heading --break \
        --show-function --function-context --max-depth= --no-color --color --color= --only-matching --column --all-match \
        --no-textconv --context= --after-context= --before-context= --full-name --quiet --invert-match --no-exclude-standard",
        ),
        Behind::Any,
    ),
];

/// Settings that may be given with `-c`; one that ends in a dot or a `=` may go on in any way.
const HARMLESS: &[&str] = &[
    "color.",
    "advice.",
    "core.quotepath=",
    "core.pager=cat",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "log.showSignature=false",
];

/// Whether a git command only reads.
pub(super) fn reads(words: &[&str], folders: &Folders<'_>, profile: Profile, status_reads: bool) -> Result<(), String> {
    match words {
        ["--version" | "-v"] => Ok(()),
        ["--no-pager" | "-P" | "--no-optional-locks" | "--literal-pathspecs", rest @ ..] => {
            reads(rest, folders, profile, status_reads)
        }
        ["-C", folder, rest @ ..] => match folders.within(folder) {
            Some(folders) => reads(rest, &folders, profile, status_reads),
            None => Err(outside("git", folder)),
        },
        ["-c", setting, rest @ ..] => {
            let harmless = HARMLESS.iter().any(|known| match known.ends_with(['.', '=']) {
                true => setting.starts_with(known),
                false => setting == known,
            });
            match harmless {
                true => reads(rest, folders, profile, status_reads),
                false => Err(format!("`git -c {setting}` may make git run a program")),
            }
        }
        [command, rest @ ..] if !command.starts_with('-') => subcommand(command, rest, folders, profile, status_reads),
        _ => Err(format!("`git {}` is not on the list of what only reads", words.first().unwrap_or(&""))),
    }
}

fn subcommand(
    command: &str,
    rest: &[&str],
    folders: &Folders<'_>,
    profile: Profile,
    status_reads: bool,
) -> Result<(), String> {
    if let Some(word) = rest.iter().find(|word| names_format(word)) {
        return Err(format!("`{word}` may be a format of the repository's configuration, which may run a program"));
    }
    if command == "reflog" && rest.iter().any(|word| matches!(*word, "expire" | "delete" | "drop" | "write")) {
        return Err("`git reflog` with these arguments changes something".to_owned());
    }
    if let ("config", [name]) = (command, rest)
        && name.contains('.')
        && !name.starts_with('-')
    {
        return Ok(());
    }
    if rest.iter().any(|word| signs(word)) {
        return Err(format!(
            "`git {command}` with signatures runs the program that the repository's configuration names"
        ));
    }
    match command {
        "diff" | "show" | "log" | "blame" | "whatchanged" => history(command, rest, folders, profile),
        "status" if profile == Profile::ReadOnlyAuto && !status_reads => {
            listed(command, rest, folders)?;
            Err("`git status` looks at the working tree, for which git runs the file monitor and the filters that the \
                 repository's configuration names"
                .to_owned())
        }
        "ls-files" if profile == Profile::Session && rest.iter().any(|word| matches!(*word, "-m" | "--modified")) => {
            let rest: Vec<&str> = rest.iter().copied().filter(|word| !matches!(*word, "-m" | "--modified")).collect();
            listed(command, &rest, folders)
        }
        _ => listed(command, rest, folders),
    }
}

/// A format by a name that git does not know of itself: the configuration says what it is.
fn names_format(word: &str) -> bool {
    let format = word.strip_prefix("--pretty=").or_else(|| word.strip_prefix("--format="));
    let known = ["oneline", "short", "medium", "full", "fuller", "reference", "email", "raw", "mboxrd", ""];
    format.is_some_and(|format| !format.contains(['%', ':']) && !known.contains(&format))
}

/// A format that asks for signatures: git runs `gpg.program` for it.
fn signs(word: &str) -> bool {
    word.contains("%G") || word.contains("signature") && word.starts_with('-') && !word.starts_with("--no-")
}

fn listed(command: &str, rest: &[&str], folders: &Folders<'_>) -> Result<(), String> {
    let Some(Command(_, shape, behind)) = READERS.iter().find(|Command(name, ..)| *name == command) else {
        return Err(format!("`git {command}` is not on the list of what only reads"));
    };
    let operands = checked(command, rest, shape, folders, command == "grep")?;
    let fine = match behind {
        Behind::Any => true,
        Behind::Nothing => operands.is_empty(),
        Behind::One => operands.len() < 2,
        Behind::Only(words) => {
            let given = |known: &str| match known.starts_with('-') {
                true => rest.contains(&known),
                false => operands.first() == Some(&known),
            };
            operands.is_empty() && !matches!(command, "stash" | "worktree") || words.split(' ').any(given)
        }
    };
    match fine {
        true => Ok(()),
        false => Err(format!("`git {command}` with these arguments may change something")),
    }
}

fn checked<'w>(
    command: &str,
    rest: &[&'w str],
    shape: &Shape<'_>,
    folders: &Folders<'_>,
    pattern: bool,
) -> Result<Vec<&'w str>, String> {
    let operands = operands(rest, shape)
        .map_err(|option| format!("`git {command} {option}`: the option is not on the list of those that only read"))?;
    let paths = operands.iter().skip(usize::from(pattern));
    match paths.into_iter().find(|path| !folders.readable(path)) {
        Some(path) => Err(outside("git", path)),
        None => Ok(operands),
    }
}

/// Whatever shows commits and their changes.
fn history(command: &str, rest: &[&str], folders: &Folders<'_>, profile: Profile) -> Result<(), String> {
    let longs = format!("{STAT} {PATCH} {LOG} --cached --staged");
    let shape = Shape { flags: "bBMCDpuwsWRacmrtizEFg", valued: "nSGL", longs: &longs, digits: true };
    let operands = operands(rest, &shape)
        .map_err(|option| format!("`git {command} {option}`: the option is not on the list of those that only read"))?;
    if let Some(path) = operands.iter().find(|path| !folders.readable(path)) {
        return Err(outside("git", path));
    }
    match profile {
        Profile::Session => Ok(()),
        Profile::ReadOnlyAuto => without_programs(command, rest, &operands),
    }
}

/// Without a sandbox: no patch (textconv, external diff) unless both are switched off, and no look at the working tree.
fn without_programs(command: &str, rest: &[&str], operands: &[&str]) -> Result<(), String> {
    let given = |names: &[&str]| rest.iter().take_while(|word| **word != "--").any(|word| names.contains(word));
    let off = given(&["--no-textconv"]) && given(&["--no-ext-diff"]);
    let stat = rest.iter().any(|word| {
        let name = word.split('=').next().unwrap_or(word);
        matches!(
            name,
            "--stat" | "--shortstat" | "--numstat" | "--name-only" | "--name-status" | "--no-patch" | "-s" | "--raw"
        )
    });
    let patch = rest.iter().take_while(|word| **word != "--").any(|word| shows_patch(word));
    let tree = command == "diff" && !given(&["--cached", "--staged"]) && !operands.iter().any(|word| is_range(word));
    let runs = "runs the programs (filters, textconv, external diff) that the repository's configuration names";
    let fine = match command {
        "log" => off || !patch,
        "show" => off || (stat && !patch) || (is_file(operands) && rest.len() == operands.len()),
        "diff" => !tree && (off || (stat && !patch)),
        _ => false,
    };
    if fine {
        return Ok(());
    }
    Err(match tree {
        true => format!("`git {command}` {runs} when it looks at the working tree"),
        false => format!("`git {command}` {runs}; with --no-ext-diff --no-textconv it does not"),
    })
}

/// Options that show a patch, or look into one.
fn shows_patch(word: &str) -> bool {
    if word.starts_with("--") {
        let name = word.split('=').next().unwrap_or(word);
        return PATCH.split_whitespace().any(|known| known.trim_end_matches('=') == name);
    }
    // -S and -G search patches, -L follows lines through them.
    word.starts_with('-') && word[1..].chars().next().is_some_and(|c| !c.is_ascii_digit()) && {
        word[1..].contains(['p', 'u', 'U', 'W', 'S', 'G', 'L', 'c', 'm'])
    }
}

/// `a..b`: commits on both sides, so the working tree is not looked at. No path climbs here: those with a part `..` are told
/// apart by their slashes.
fn is_range(word: &str) -> bool {
    word.split_once("..").is_some_and(|(from, to)| {
        let to = to.strip_prefix('.').unwrap_or(to);
        !from.is_empty() && !from.ends_with('/') && !to.is_empty() && !to.starts_with(['/', '.'])
    })
}

/// `HEAD:src/lib.rs`: a file as it was committed, shown as it is.
fn is_file(operands: &[&str]) -> bool {
    let [operand] = operands else { return false };
    let Some((revision, path)) = operand.split_once(':') else { return false };
    let plain = |c: char| c.is_ascii_alphanumeric() || "._/~^@-".contains(c);
    !revision.is_empty() && !revision.starts_with('-') && revision.chars().all(plain) && !path.is_empty()
}
