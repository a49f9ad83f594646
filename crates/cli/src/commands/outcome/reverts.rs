//! Which commits of a session were reverted, told from a log by text alone.

use std::collections::BTreeSet;

use protocol::SessionId;

/// The trailer by which a commit names its session.
const TRAILER: &str = "Tandem-Session:";

/// What git writes into the message of a revert, also of one that is itself reverted.
const REVERTS: &str = "This reverts commit ";

/// Shortest name of a commit that is taken for one.
const SHORTEST: usize = 7;

/// A commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Commit {
    pub(super) id: String,
    /// When it was committed, in seconds since the Unix epoch.
    pub(super) seconds: u64,
    pub(super) message: String,
}

/// What became of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is in force: never reverted, or the revert was reverted.
    Stands,
    /// Taken back by this commit.
    RevertedBy(String),
}

/// Reads `git log -z --format=%H%n%ct%n%B`. What does not look like a commit is passed over.
pub(super) fn read(log: &str) -> Vec<Commit> {
    let commit = |text: &str| {
        let (id, rest) = text.split_once('\n')?;
        let (seconds, message) = rest.split_once('\n').unwrap_or((rest, ""));
        let is_id = id.len() >= 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then_some(())?;
        Some(Commit { id: id.to_owned(), seconds: seconds.trim().parse().ok()?, message: message.to_owned() })
    };
    log.split('\0').filter_map(commit).collect()
}

/// The session's commits, newest first, each with what became of it.
pub(super) fn reverted(log: &[Commit], session: &SessionId) -> Vec<(Commit, Fate)> {
    let mut reverting = Vec::new();
    let mut own = Vec::new();
    for commit in log {
        let names = reverts(&commit.message);
        if !names.is_empty() {
            reverting.push((commit.id.as_str(), names));
        } else if of_session(&commit.message, session) {
            own.push(commit);
        }
    }
    own.into_iter().map(|commit| (commit.clone(), fate(&reverting, &commit.id, &mut BTreeSet::new()))).collect()
}

/// A commit is taken back where a commit that reverts it was not taken back itself. `asked` ends a circle that only a forged message
/// can make.
fn fate(reverting: &[(&str, Vec<&str>)], id: &str, asked: &mut BTreeSet<String>) -> Fate {
    if !asked.insert(id.to_owned()) {
        return Fate::Stands;
    }
    let by = |(by, names): &&(&str, Vec<&str>)| *by != id && names.iter().any(|name| id.starts_with(name));
    let standing = reverting.iter().filter(by).find(|(by, _)| fate(reverting, by, asked) == Fate::Stands);
    standing.map_or(Fate::Stands, |(by, _)| Fate::RevertedBy((*by).to_owned()))
}

/// The commits that a message says it reverts.
fn reverts(message: &str) -> Vec<&str> {
    let name = |rest: &str| rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
    let names = message.match_indices(REVERTS).filter_map(|(at, _)| {
        let rest = message.get(at + REVERTS.len()..)?;
        rest.get(..name(rest))
    });
    names.filter(|name| name.len() >= SHORTEST).collect()
}

/// Whether the last paragraph, where trailers stand, names the session.
fn of_session(message: &str, session: &SessionId) -> bool {
    let last = message.trim_end().rsplit("\n\n").next().unwrap_or_default();
    last.lines().any(|line| line.strip_prefix(TRAILER).is_some_and(|id| id.trim() == session.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(letter: char) -> String {
        letter.to_string().repeat(40)
    }

    fn commit(letter: char, message: &str) -> Commit {
        Commit { id: id(letter), seconds: 1, message: message.to_owned() }
    }

    fn work(letter: char, session: &str) -> Commit {
        commit(letter, &format!("Mend it\n\nBecause.\n\nChecked-by: cargo test\nTandem-Session: {session}\n"))
    }

    fn revert(letter: char, of: char) -> Commit {
        commit(letter, &format!("Revert \"Mend it\"\n\nThis reverts commit {}.\n", id(of)))
    }

    fn fates(log: &[Commit]) -> Vec<(String, Fate)> {
        reverted(log, &SessionId::from("s1")).into_iter().map(|(commit, fate)| (commit.id, fate)).collect()
    }

    #[test]
    fn a_log_is_read_by_its_separators_and_what_is_no_commit_is_passed_over() {
        let text = format!("{}\n17\nOne\n\nBody\n\0{}\n18\n\0nonsense\0{}\nnever\nX\n\0", id('a'), id('b'), id('c'));
        let read = read(&text);
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].seconds, read[0].message.as_str()), (17, "One\n\nBody\n"));
        assert_eq!((read[1].seconds, read[1].message.as_str()), (18, ""));
    }

    #[test]
    fn a_commit_is_reverted_until_the_revert_is_reverted() {
        let (one, other) = (work('a', "s1"), work('b', "s2"));
        assert_eq!(fates(&[one.clone(), other.clone()]), [(id('a'), Fate::Stands)]);
        let log = [revert('d', 'b'), revert('c', 'a'), other, one];
        assert_eq!(fates(&log), [(id('a'), Fate::RevertedBy(id('c')))]);
        let again = [&[revert('e', 'c')][..], &log].concat();
        assert_eq!(fates(&again), [(id('a'), Fate::Stands)]);
        let gone = [&[revert('f', 'e')][..], &again].concat();
        assert_eq!(fates(&gone), [(id('a'), Fate::RevertedBy(id('c')))]);
    }

    #[test]
    fn a_trailer_counts_only_at_the_end_and_a_short_name_of_a_commit_is_one() {
        let quoted = commit('a', "Explain the trailer\n\nTandem-Session: s1\n\nis what it looks like.\n");
        let longer = commit('b', "Mend it\n\nTandem-Session: s10\n");
        assert_eq!(fates(&[quoted, longer]), []);
        let short = commit('c', &format!("Back\n\nThis reverts commit {}, which broke it.\n", &id('a')[..10]));
        assert_eq!(fates(&[short, work('a', "s1")]), [(id('a'), Fate::RevertedBy(id('c')))]);
        let nothing = commit('c', "Back\n\nThis reverts commit aaa.\n");
        assert_eq!(fates(&[nothing, work('a', "s1")]), [(id('a'), Fate::Stands)]);
    }

    #[test]
    fn messages_that_revert_each_other_come_to_an_end() {
        assert_eq!(fates(&[revert('b', 'c'), revert('c', 'b'), work('a', "s1")]), [(id('a'), Fate::Stands)]);
        let both = [revert('b', 'a'), commit('a', &format!("This reverts commit {}\n\nTandem-Session: s1", id('b')))];
        assert_eq!(fates(&both), [], "a session's own revert is no work to be judged");
    }
}
