//! Commands that only read, with every option on a list.

use super::options::{Shape, operands};
use super::paths::Folders;

/// What the words behind the options are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operands {
    /// Files and folders.
    Paths,
    /// A pattern or a script, then files and folders.
    PatternThenPaths,
    /// Texts; no file is opened for them.
    Texts,
    /// Files, one at most: a second one would be written.
    OnePath,
    /// None.
    None,
    /// None, or one that begins with `+`: how a date is written.
    Format,
}

/// A reading command.
struct Reader {
    name: &'static str,
    shape: Shape<'static>,
    operands: Operands,
    /// None of its options, listed or not, writes or runs: a file name that looks like an option does no harm.
    docile: bool,
}

const fn reader(
    name: &'static str,
    flags: &'static str,
    valued: &'static str,
    longs: &'static str,
    operands: Operands,
    docile: bool,
) -> Reader {
    Reader { name, shape: Shape { flags, valued, longs, digits: false }, operands, docile }
}

const fn numbered(reader: Reader) -> Reader {
    let Reader { name, shape, operands, docile } = reader;
    Reader { name, shape: Shape { digits: true, ..shape }, operands, docile }
}

use Operands::{Format, None as Nothing, OnePath, Paths, PatternThenPaths, Texts};

const GREP: &str = "--include= --exclude= --exclude-dir= --color --color= --count --line-number --ignore-case \
    --files-with-matches --files-without-match --recursive --word-regexp --fixed-strings --extended-regexp --perl-regexp \
    --only-matching --invert-match --no-filename --with-filename --quiet --silent --text --max-count= --context= \
    --after-context= --before-context= --no-messages --regexp= --null --line-regexp --binary-files= --help --version";
const RG: &str = "--files --hidden --no-ignore --no-ignore-vcs --count --count-matches --type: --type-not: --glob: --iglob: \
    --no-heading --heading --line-number --no-line-number --files-with-matches --files-without-match --ignore-case \
    --smart-case --case-sensitive --fixed-strings --word-regexp --only-matching --multiline --multiline-dotall --pcre2 \
    --context: --after-context: --before-context: --max-count: --max-depth: --max-columns: --sort: --sortr: --color: \
    --colors: --json --vimgrep --column --no-filename --with-filename --stats --trim --invert-match --regexp: --replace: \
    --null --text --type-list --passthru --max-filesize: --no-messages --quiet --unrestricted --help --version \
    --no-config --no-pager --line-regexp --crlf --pretty";
const SUMS: &str = "--check --quiet --status --tag --zero --warn --binary --text --help --version";

/// Options by which a program follows the links that it meets on its way are on no list: only the paths on the line are looked
/// at, and behind a link in a folder is whatever its maker wished.
const READERS: &[Reader] = &[
    reader(
        "ls",
        "1aAbBcCdfFghGHiklmnNopqQrRsStuUvwxXZ",
        "ITw",
        "--all --almost-all --human-readable --recursive \
        --reverse --sort= --time= --time-style= --directory --classify --group-directories-first --size --inode \
        --full-time --ignore= --hide= --file-type --si --color --color= --help --version",
        Paths,
        true,
    ),
    reader(
        "cat",
        "AbeEnstTuv",
        "",
        "--number --show-all --number-nonblank --squeeze-blank --help --version",
        Paths,
        true,
    ),
    numbered(reader("head", "qvz", "cn", "--lines: --bytes: --quiet --verbose --help --version", Paths, true)),
    numbered(reader("tail", "qvz", "cn", "--lines: --bytes: --quiet --verbose --help --version", Paths, true)),
    reader(
        "wc",
        "clLmw",
        "",
        "--lines --words --bytes --chars --max-line-length --total= --help --version",
        Paths,
        true,
    ),
    reader("nl", "p", "bdfhilnsvw", "--body-numbering= --help --version", Paths, true),
    reader("tac", "br", "s", "--help --version", Paths, true),
    reader("rev", "", "", "--help --version", Paths, true),
    reader(
        "cut",
        "nsz",
        "bcdf",
        "--delimiter: --fields: --characters: --bytes: --complement --only-delimited \
        --output-delimiter= --help --version",
        Paths,
        true,
    ),
    reader("paste", "sz", "d", "--delimiters= --serial --help --version", Paths, true),
    reader("fold", "bs", "w", "--width= --help --version", Paths, true),
    reader("expand", "i", "t", "--tabs= --help --version", Paths, true),
    reader("comm", "123iz", "", "--nocheck-order --total --help --version", Paths, true),
    reader("join", "iz", "aeotv12j", "--help --version", Paths, true),
    reader("tr", "cdstC", "", "--delete --squeeze-repeats --complement --help --version", Texts, true),
    reader("seq", "w", "fs", "--equal-width --separator= --format=", Texts, true),
    reader("basename", "az", "s", "--suffix= --multiple", Texts, true),
    reader("dirname", "z", "", "--zero", Texts, true),
    reader("realpath", "emszLPq", "", "--relative-to= --relative-base= --canonicalize-existing", Paths, true),
    reader("readlink", "efmnqsvz", "", "--canonicalize", Paths, true),
    reader(
        "diff",
        "abBcdEiNnpPqrstTuwyZ",
        "CUWxIF",
        "--brief --unified --unified= --recursive --side-by-side \
        --ignore-all-space --ignore-space-change --ignore-blank-lines --ignore-case --report-identical-files --new-file \
        --exclude= --suppress-common-lines --width= --strip-trailing-cr --text --minimal --stat --label= --color --color= \
        --help --version",
        Paths,
        true,
    ),
    reader("cmp", "bls", "in", "--silent --quiet --verbose --print-bytes --help --version", Paths, true),
    reader("stat", "fLt", "c", "--format: --printf= --terse --file-system --dereference --help --version", Paths, true),
    reader(
        "du",
        "0abcDhHklmPsSx",
        "dBt",
        "--human-readable --summarize --all --total --apparent-size --bytes \
        --max-depth= --exclude= --time --help --version",
        Paths,
        true,
    ),
    reader(
        "df",
        "ahHiklPT",
        "tBx",
        "--human-readable --print-type --inodes --total --output --output= --help --version",
        Paths,
        true,
    ),
    reader("md5sum", "bctwz", "", SUMS, Paths, true),
    reader("sha1sum", "bctwz", "", SUMS, Paths, true),
    reader("sha256sum", "bctwz", "", SUMS, Paths, true),
    reader("sha512sum", "bctwz", "", SUMS, Paths, true),
    reader("b2sum", "bctwz", "l", SUMS, Paths, true),
    reader("cksum", "z", "al", "--algorithm= --help --version", Paths, true),
    reader("base64", "di", "w", "--decode --wrap= --ignore-garbage --help --version", Paths, false),
    reader("od", "abcdfilosxv", "AjNtwS", "--address-radix= --format= --help --version", Paths, true),
    reader("hexdump", "bcCdovx", "ens", "--canonical --length: --skip:", Paths, true),
    reader("strings", "af", "nte", "--all --bytes= --radix= --help --version", Paths, true),
    reader(
        "column",
        "tx",
        "sco",
        "--table --separator: --output-separator: --table-columns: --help --version",
        Paths,
        true,
    ),
    numbered(reader("grep", "abcEFGhHiIlLnoPqrsTUvwxyzZ", "ABCem", GREP, PatternThenPaths, true)),
    numbered(reader("egrep", "abchHiIlLnoqrsvwxz", "ABCem", GREP, PatternThenPaths, true)),
    numbered(reader("fgrep", "abchHiIlLnoqrsvwxz", "ABCem", GREP, PatternThenPaths, true)),
    reader("rg", "abcFHiIlnNoPpqsSuUvVwx0.", "ABCegjmMrtTd", RG, PatternThenPaths, false),
    reader(
        "fd",
        "0aFgHhIipqsuV1",
        "dEetm",
        "--type: --extension: --exclude: --max-depth: --min-depth: --hidden \
        --no-ignore --glob --fixed-strings --full-path --absolute-path --ignore-case --case-sensitive --max-results: \
        --color: --quiet --print0 --size: --changed-within: --changed-before: --help --version",
        PatternThenPaths,
        false,
    ),
    reader(
        "fdfind",
        "0aFgHhIipqsuV1",
        "dEetm",
        "--type: --extension: --exclude: --max-depth: --hidden --no-ignore --glob \
        --fixed-strings --full-path --ignore-case --color: --help --version",
        PatternThenPaths,
        false,
    ),
    reader(
        "jq",
        "acCejMnrRsS",
        "",
        "--raw-output --compact-output --slurp --null-input --sort-keys --raw-input --tab \
        --exit-status --join-output --ascii-output --color-output --monochrome-output --help --version",
        PatternThenPaths,
        true,
    ),
    reader(
        "sort",
        "bcCdfghiMmnRrsuVz",
        "kt",
        "--numeric-sort --reverse --unique --key= --field-separator= \
        --human-numeric-sort --version-sort --ignore-case --general-numeric-sort --check --stable --zero-terminated --help \
        --version",
        Paths,
        false,
    ),
    numbered(reader(
        "uniq",
        "cdDiuz",
        "fsw",
        "--count --repeated --unique --ignore-case --skip-fields= --help --version",
        OnePath,
        false,
    )),
    // It knows no clusters: a letter behind another is passed over.
    reader("xxd", "", "", "-a -b -e -i -E -p -ps -u -l: -s: -o: -g: -c: -len: -seek: -cols: -plain", OnePath, false),
    reader(
        "file",
        "bhiLkNr0",
        "",
        "--brief --mime --mime-type --mime-encoding --dereference --help --version",
        Paths,
        false,
    ),
    reader(
        "tree",
        // Within a cluster its letters take the next words, in their order.
        "adfghipqstuvACDFJNXS",
        "",
        "-I: -L: -P: --dirsfirst --noreport --gitignore --prune --filelimit: --charset: \
        --du --si --sort: --help --version",
        Paths,
        false,
    ),
    reader("which", "as", "", "--all", Texts, true),
    reader("whereis", "bms", "", "", Texts, true),
    reader("type", "aptP", "", "", Texts, true),
    reader("pwd", "LP", "", "", Nothing, true),
    reader("true", "", "", "", Texts, true),
    reader("false", "", "", "", Texts, true),
    reader(":", "", "", "", Texts, true),
    reader("whoami", "", "", "--help --version", Nothing, true),
    reader("id", "gGnruz", "", "--user --group --name --help --version", Texts, true),
    reader("groups", "", "", "", Texts, true),
    reader("uname", "amnprsvio", "", "--all --kernel-name --machine --help --version", Nothing, true),
    reader("hostname", "fsidI", "", "", Nothing, true),
    reader("arch", "", "", "", Nothing, true),
    reader("nproc", "", "", "--all --ignore=", Nothing, true),
    reader("uptime", "ps", "", "--pretty --since", Nothing, true),
    reader("free", "bghklmtw", "", "--human --mega --giga", Nothing, true),
    reader("lscpu", "aepy", "", "", Nothing, true),
    reader(
        "date",
        "uR",
        "dr",
        "-I -Iseconds -Iminutes -Idate --utc --iso-8601 --iso-8601= --rfc-3339= --date= --universal",
        Format,
        false,
    ),
    reader("printenv", "", "", "", Texts, true),
    reader(
        "ps",
        "aAcdfHjlLMNTuvwxZ",
        "oOpUuCgGtk",
        "--forest --sort= --format: --pid: --ppid: --no-headers",
        Texts,
        true,
    ),
    reader("tty", "s", "", "", Nothing, true),
    reader("getconf", "a", "", "", Texts, true),
    reader("locale", "a", "", "", Texts, true),
    reader("lsb_release", "acdirs", "", "--all", Nothing, true),
];

/// What programs say of their own version. Not those that a file of the repository can make run another one for that (`yarn`,
/// `pnpm`).
const VERSIONS: &[(&str, &str)] = &[
    ("cargo", "--version -V"),
    ("rustc", "--version -V -vV"),
    ("rustfmt", "--version"),
    ("node", "--version -v"),
    ("npm", "--version -v"),
    ("python", "--version -V"),
    ("python3", "--version -V"),
    ("pip", "--version"),
    ("pip3", "--version"),
    ("ruby", "--version -v"),
    ("perl", "--version -v"),
    ("go", "version"),
    ("java", "--version -version"),
    ("gcc", "--version"),
    ("g++", "--version"),
    ("clang", "--version"),
    ("make", "--version"),
    ("cmake", "--version"),
    ("bash", "--version"),
    ("zsh", "--version"),
    ("docker", "--version"),
    ("gh", "--version"),
    ("curl", "--version"),
    ("tmux", "-V"),
];

/// Whether a command only reads: true, or why not; none where it is not on the list at all.
pub(super) fn reads(words: &[&str], folders: &Folders<'_>) -> Option<Result<(), String>> {
    let (name, rest) = words.split_first()?;
    if let ([option], Some((_, options))) = (rest, VERSIONS.iter().find(|(known, _)| known == name))
        && options.split(' ').any(|known| known == *option)
    {
        return Some(Ok(()));
    }
    let reader = READERS.iter().find(|reader| reader.name == *name)?;
    Some(allowed(reader, rest, folders))
}

/// Whether a command is on the list of those that read.
pub(super) fn is_reader(name: &str) -> bool {
    READERS.iter().any(|reader| reader.name == name)
}

/// Whether none of a command's options writes or runs anything, listed or not.
pub(crate) fn is_docile(name: &str) -> bool {
    READERS.iter().any(|reader| reader.name == name && reader.docile)
}

fn allowed(reader: &Reader, rest: &[&str], folders: &Folders<'_>) -> Result<(), String> {
    let name = reader.name;
    // `ps aux`: letters without a dash.
    let operands = operands(rest, &reader.shape)
        .map_err(|option| format!("`{name} {option}`: the option is not on the list of those that only read"))?;
    match name {
        "ps" if rest
            .iter()
            .enumerate()
            .any(|(at, word)| shows_environment(at.checked_sub(1).map(|at| rest[at]), word)) =>
        {
            return Err("`ps` with an `e` may show what is in the environment of other programs".to_owned());
        }
        "jq" if operands.iter().any(|word| loads(word)) => {
            return Err("`jq` with a filter that loads modules reads files that are not on the line".to_owned());
        }
        _ => {}
    }
    let pattern = match reader.operands {
        PatternThenPaths => {
            let given = rest.iter().any(|word| {
                *word == "--files"
                    || *word == "--type-list"
                    || word.starts_with("--regexp")
                    || short_e(word, &reader.shape)
            });
            usize::from(!given)
        }
        _ => 0,
    };
    match reader.operands {
        Paths | PatternThenPaths => {
            match operands.iter().skip(pattern).find(|path| **path != "-" && !folders.readable(path)) {
                Some(path) => Err(outside(name, path)),
                None => Ok(()),
            }
        }
        OnePath => match operands.as_slice() {
            [] => Ok(()),
            [path] if *path == "-" || folders.readable(path) => Ok(()),
            [path] => Err(outside(name, path)),
            _ => Err(format!("`{name}` writes its second file")),
        },
        Texts => Ok(()),
        Nothing if operands.is_empty() => Ok(()),
        Format if operands.iter().all(|word| word.starts_with('+')) => Ok(()),
        Nothing | Format => Err(format!("`{name}` with an argument may change a setting")),
    }
}

/// A word of `ps` with the letter that shows environments. What one system takes for `-e` (every process) another takes for `e`,
/// and options that make no sense in one style are read again in the other one.
fn shows_environment(before: Option<&str>, word: &str) -> bool {
    let columns = word.starts_with("--") || word.starts_with("-o") || matches!(before, Some("-o" | "--format"));
    word.to_lowercase().contains(if columns { "env" } else { "e" })
}

/// A filter of `jq` that names a module, or asks for what is in one.
fn loads(filter: &str) -> bool {
    let mut words = filter.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.any(|word| matches!(word, "import" | "include" | "modulemeta"))
}

/// `-e PATTERN`, also within a cluster (`-rne`).
fn short_e(word: &str, shape: &Shape<'_>) -> bool {
    if !word.starts_with('-') || word.starts_with("--") || !shape.valued.contains('e') {
        return false;
    }
    word[1..].chars().find(|c| shape.valued.contains(*c)) == Some('e')
}

pub(super) fn outside(name: &str, path: &str) -> String {
    format!("`{name}` reads `{path}`, which is not in the workspace")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_not_both_with_and_without_a_value_and_no_name_stands_twice() {
        for (at, reader) in READERS.iter().enumerate() {
            // `ps` knows `-u` with a value and `u` without a dash.
            let both = reader.shape.flags.chars().filter(|c| reader.shape.valued.contains(*c)).collect::<String>();
            assert!(both.is_empty() || reader.name == "ps" || reader.name == "ls", "{}: {both}", reader.name);
            assert!(READERS[..at].iter().all(|other| other.name != reader.name), "{}", reader.name);
        }
    }
}
