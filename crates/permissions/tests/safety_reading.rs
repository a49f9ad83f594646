//! What reads runs unasked, and nothing else.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read files and the clock")]

mod common;

use std::path::Path;
use std::time::Duration;

use common::*;
use permissions::rules::RuleSet;
use permissions::{Ground, Judgement, Profile, Verdict, judge};

#[test]
fn sec_01_no_line_of_our_own_list_that_runs_or_writes_is_allowed_to_a_reader() {
    let lines = lines_of("fires.txt");
    assert!(lines.len() >= 120, "{}", lines.len());
    let missed: Vec<&String> =
        lines.iter().filter(|line| judged(Profile::ReadOnlyAuto, line).verdict == Verdict::Allow).collect();
    assert!(missed.is_empty(), "allowed: {missed:#?}");
}

#[test]
fn sec_01_no_firing_line_of_the_shared_corpus_is_allowed_to_a_reader() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/shell-corpus.tsv");
    // The corpus stands beside a checkout, not in it; the list of our own above is always judged.
    let Ok(text) = std::fs::read_to_string(file) else { return };
    let mut seen = 0;
    for row in text.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let [_, _, _, line, fires] = columns.as_slice() else { panic!("a row of {} columns", columns.len()) };
        if *fires == "no" {
            continue;
        }
        seen += 1;
        for line in [(*line).to_owned(), unescaped(line)] {
            assert!(judged(Profile::ReadOnlyAuto, &line).verdict >= Verdict::Ask, "{line:?} is allowed");
        }
    }
    assert!(seen > 80, "{seen}");
}

#[test]
fn sec_03_of_honest_reading_commands_hardly_any_asks() {
    let lines = lines_of("reads.txt");
    assert!(lines.len() >= 100, "{}", lines.len());
    let asked: Vec<(String, Judgement)> = lines
        .into_iter()
        .map(|line| (judged(Profile::ReadOnlyAuto, &line), line))
        .filter(|(judgement, _)| judgement.verdict != Verdict::Allow)
        .map(|(judgement, line)| (line, judgement))
        .collect();
    assert!(asked.len() <= 3, "{asked:#?}");
}

#[test]
fn sec_03_what_runs_the_repositorys_configuration_asks_a_reader_and_not_a_session() {
    for line in
        ["git status", "git diff", "git diff --stat", "git show HEAD", "git log -p -3", "cargo check", "cargo tree"]
    {
        assert_eq!(judged(Profile::ReadOnlyAuto, line).verdict, Verdict::Ask, "{line}");
        assert_eq!(judged(Profile::Session, line).verdict, Verdict::Allow, "{line}");
    }
    for line in ["cargo metadata", "npm run evil", "git add a", "git commit -m x"] {
        asks(line);
    }
    let none = RuleSet::none();
    let ground = Ground { git_status_reads: true, ..ground(Profile::ReadOnlyAuto, &none) };
    assert_eq!(judge("cd src && git status -sb", &ground).verdict, Verdict::Allow);
    assert_eq!(judge("git diff", &ground).verdict, Verdict::Ask);
}

#[test]
fn sec_11_options_by_which_a_reading_command_writes_or_runs_ask() {
    for line in [
        "date -I -s +1day",
        "xxd -bl a PWN",
        "tree -Lo 2 PWN",
        "git reflog expire --all",
        "git reflog delete HEAD@{1}",
        "git log -U --output=x",
        "awk '{print}' -v /etc/passwd",
        "git branch -l x",
        "yarn --version",
        "base64 -D -i a -o b",
        "git log --pretty=evil",
        "git log >&---output=x",
        "git submodule",
        "sed -l -i s/a/b/ f",
        "git log 2>&-x",
        "rg --pre ./e x",
        "rg --pre=./e x",
        "rg --hostname-bin ./e x",
        "rg --hostname-bin=./e x",
        "rg -z x",
        "rg --search-zip x",
        "rg -nz x",
        "git -c core.pager=./e log",
        "git diff --output=x",
        "git diff --output x",
        "git grep -O x",
        "git grep -O./e x",
        "find . -fprintf out x",
        "find . -fprint out",
        "find . -fprint0 out",
        "find . -fls out",
        "find . -ok rm {} ;",
        "find . -okdir rm",
        "sed -n '1e'",
        "sed '1e rm f' f",
        "sed 'w f'",
        "sed -i s/a/b/ f",
        "sed -ni p f",
        "sed -E -i.bak s/a/b/ f",
        "sed s/a/b/w\\ f f",
        "sed --in-place s/a/b/ f",
        "sed --file=x f",
        "awk 'BEGIN{system(\"x\")}'",
        "awk -f x",
        "awk '{print > \"f\"}' f",
        "awk -i inplace x f",
        "sort -o a b",
        "sort -oa b",
        "sort --output=a b",
        "sort --compress-program=./e b",
        "sort --compress-prog ./e b",
        "sort -T . b",
        "sort -uo a b",
        "tar --checkpoint-action=exec=./e -cf a b",
        "uniq a b",
        "xxd a b",
        "xxd -r a b",
        "tree -o f",
        "tree -R -L 1 -H . ",
        "man -P ./e ls",
        "less -o f a",
        "make -n",
        "date -s 0",
        "hostname x",
        "file -C -m x",
        "git log --ext-diff",
        "git show --textconv",
        "git branch x",
        "git branch -D x",
        "git tag x",
        "git remote add x y",
        "git config a b",
        "git stash",
        "git worktree add x",
        "git log --show-signature",
        "git log --format=%G?",
        "git -p log",
        "git --git-dir=x log",
        "git --work-tree=.. log",
        "fd -x rm",
        "fd -X rm",
        "fd --exec rm",
        "fd -l x",
        "git symbolic-ref HEAD refs/heads/x",
        "git cat-file --textconv HEAD:x",
        "git cat-file --filters HEAD:x",
        "git submodule foreach rm",
        "git describe --dirty",
        "cut --help | sh",
        "tail -f x",
        "test -v 'a[$(x)]'",
        "[ -v 'a[$(x)]' ]",
        "test 'a[$(x)]' -eq 1",
        "printf %d 'a[$(x)]'",
        "find . -files0-from x",
        "wc --files0-from=x",
        "git rev-list --use-bitmap-index --exec x",
        "git ls-files --recurse-submodules",
        "git shortlog --output=x",
        "jq -f x f",
        "ps -o x > f",
    ] {
        asks(line);
    }
}

#[test]
fn sec_11_options_that_follow_links_show_environments_or_load_modules_ask() {
    for line in [
        "grep -R x src",
        "grep -nR x src",
        "egrep -R x src",
        "fgrep -R x src",
        "grep --dereference-recursive x src",
        "rg -L x",
        "rg -nL x",
        "rg --follow x",
        "fd -L x",
        "fd --follow x",
        "fdfind -L x",
        "find -L . -name x",
        "find -H . -name x",
        "find . -follow -name x",
        "tree -l src",
        "tree -al src",
        "ls -L src",
        "ls -laL src",
        "du -L src",
        "ps e",
        "ps -e",
        "ps -E",
        "ps auxe",
        "ps eww",
        "ps -axe",
        "ps aux e",
        "ps -p 1 e",
        "ps -o pid,environ",
        "ps -oenviron",
        "ps --format environ",
        "ps --format=environ",
        "jq -n 'import \"a\" as a; a::f'",
        "jq 'include \"a\"; f' f.json",
        "jq -r '\"a\"|modulemeta' f.json",
    ] {
        asks(line);
    }
    for line in [
        "grep -rn x src",
        "rg -n x",
        "find -P . -name x",
        "tree -L 2",
        "ls -laR src",
        "ps aux",
        "ps -p 1 -o pid,etime,time",
        "ps -f --forest",
        "jq '.imports | .included' f.json",
    ] {
        allowed(line);
    }
}

#[test]
fn sec_12_a_wildcard_that_may_become_an_option_asks_where_options_are_dangerous() {
    for line in [
        "find *",
        "rg x *",
        "sort *",
        "rg x -*",
        "fd x *",
        "git log *",
        "sed -n 1p *",
        "awk '{print}' *",
        "uniq *",
        "find . -name *",
        "ls -*",
    ] {
        asks(line);
    }
    // None of these has an option that writes or runs.
    for line in [
        "ls *.md",
        "cat *",
        "wc -l *.rs",
        "grep -n x *.rs",
        "rg x src/*.rs",
        "find src/* -name x",
        "sort ./*",
        "head -3 a*",
    ] {
        allowed(line);
    }
    // `.*` may be the folder above.
    for line in ["ls .*", "cat src/.*/x", "ls .?/x"] {
        asks(line);
    }
}

#[test]
fn sec_62_names_of_files_that_look_like_commands_are_words_where_they_are_quoted() {
    for line in
        ["cat '$(touch PWN).rs'", "cat ';touch PWN'", "cat -- '-rf'", "ls 'a\nb'", "grep -n x 'a;rm b'", "cat 'a`b`'"]
    {
        allowed(line);
    }
    for line in ["cat $(touch PWN).rs", "cat ;touch PWN", "cat \"$(touch PWN).rs\"", "cat a`b`"] {
        asks(line);
    }
}

#[test]
fn a_usual_line_is_judged_in_less_than_a_millisecond() {
    let lines = lines_of("reads.txt");
    let allowed = Duration::from_millis(1) * u32::try_from(lines.len()).unwrap();
    let all = best_of(allowed, || {
        for line in &lines {
            judged(Profile::ReadOnlyAuto, line);
        }
    });
    assert!(all < allowed, "{} lines took {all:?}", lines.len());
}
