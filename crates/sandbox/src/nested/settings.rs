//! Which settings of a repository run nothing. All others may.

/// Sections and keys that name no program and no other file, in lower case; `*` stands for a name in quotes.
const HARMLESS: &[&str] = &[
    "core.repositoryformatversion",
    "core.filemode",
    "core.bare",
    "core.logallrefupdates",
    "core.ignorecase",
    "core.precomposeunicode",
    "core.symlinks",
    "core.autocrlf",
    "core.eol",
    "core.safecrlf",
    "core.quotepath",
    "core.sharedrepository",
    "core.sparsecheckout",
    "core.sparsecheckoutcone",
    "core.untrackedcache",
    "core.abbrev",
    "core.compression",
    "extensions.objectformat",
    "extensions.refstorage",
    "extensions.partialclone",
    "remote.*.url",
    "remote.*.pushurl",
    "remote.*.fetch",
    "remote.*.push",
    "remote.*.mirror",
    "remote.*.tagopt",
    "remote.*.prune",
    "remote.*.promisor",
    "remote.*.partialclonefilter",
    "branch.*.remote",
    "branch.*.merge",
    "branch.*.rebase",
    "branch.*.pushremote",
    "branch.*.description",
    "submodule.active",
    "submodule.*.url",
    "submodule.*.active",
    "submodule.*.branch",
    "user.name",
    "user.email",
    "init.defaultbranch",
    "commit.gpgsign",
    "tag.gpgsign",
    "pull.rebase",
    "pull.ff",
    "push.default",
    "push.autosetupremote",
    "push.followtags",
    "fetch.prune",
    "merge.conflictstyle",
    "merge.ff",
    "rebase.autosquash",
    "rebase.autostash",
    "rerere.enabled",
    "diff.algorithm",
    "diff.renames",
    "gc.auto",
    "gc.autodetach",
    "maintenance.auto",
    "receive.denycurrentbranch",
    "receive.denynonfastforwards",
    "color.ui",
    "advice.detachedhead",
];

/// Why a file of settings may run something: a key that is not known to run nothing, or a line that is not understood.
pub(super) fn harm(bytes: &Option<Vec<u8>>) -> Option<String> {
    let Some(text) = bytes.as_deref().map(|bytes| std::str::from_utf8(bytes).unwrap_or("[")) else {
        return Some("it cannot be read".to_owned());
    };
    let mut section: Option<String> = None;
    for line in text.lines() {
        let mut rest = line.trim();
        // Whether the next line belongs to this one depends on quotes and comments: rare enough to say no.
        if rest.ends_with('\\') {
            return Some(format!("`{rest}` may go on in the next line"));
        }
        if rest.starts_with('[') {
            let Some((name, behind)) = header(rest) else {
                return Some(format!("`{rest}` is not understood"));
            };
            section = Some(name);
            rest = behind.trim();
        }
        if rest.is_empty() || rest.starts_with(['#', ';']) {
            continue;
        }
        let key = rest.split(['=', ' ', '\t', '#', ';']).next().unwrap_or(rest).to_lowercase();
        let Some(section) = &section else { return Some(format!("`{rest}` stands in no section")) };
        let full = format!("{section}.{key}");
        if !HARMLESS.contains(&full.as_str()) {
            return Some(format!("its setting `{full}` may run something"));
        }
    }
    None
}

/// `[name]` or `[name "other"]`, and what stands behind it in the line. The older form `[name.other]` is left out: it is not
/// understood.
fn header(line: &str) -> Option<(String, &str)> {
    let inner = line.strip_prefix('[')?;
    let name_end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))?;
    let (name, rest) = inner.split_at(name_end);
    let name = name.to_lowercase();
    let rest = rest.trim_start();
    if let Some(behind) = rest.strip_prefix(']') {
        return Some((name, behind));
    }
    let quoted = rest.strip_prefix('"')?;
    let mut escaped = false;
    let end = quoted.find(|c: char| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    let behind = quoted[end + 1..].trim_start().strip_prefix(']')?;
    Some((format!("{name}.*"), behind))
}

#[cfg(test)]
mod tests {
    use super::harm;

    fn of(text: &str) -> Option<String> {
        harm(&Some(text.as_bytes().to_vec()))
    }

    #[test]
    fn what_git_init_and_clone_write_is_harmless() {
        let text = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n\
            [remote \"origin\"]\n\turl = https://a.test/x.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n\
            [branch \"a\\\"b\"]\n\tremote = origin ; why\n# comment\n[user]\n\tname = A\n\temail = a@b.test\n";
        assert_eq!(of(text), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn every_way_to_write_a_setting_that_runs_something_is_found() {
        for text in [
            "[core]\n\tfsmonitor = ./x\n",
            "[core] fsmonitor = ./x\n",
            "[CORE]\nFsMonitor=./x\n",
            "[core]\nhooksPath\n",
            "[alias]\n\tst = !x\n",
            "[diff \"a\"]\n\ttextconv = x\n",
            "[filter \"a\"]\n\tclean = x\n",
            "[include]\n\tpath = x\n",
            "[includeIf \"gitdir:/\"]\n\tpath = x\n",
            "[core.x]\n\tfsmonitor = ./x\n",
            "fsmonitor = x\n",
            "[core\n",
            "[user]\n\tname = a\n[core]\n\tsshCommand = x\n",
            "[user] [core] pager = x\n",
            "[remote \"o\"]\n\tuploadpack = x\n",
            "[submodule \"s\"]\n\tupdate = !x\n",
        ] {
            assert!(of(text).is_some(), "{text}");
        }
        assert!(harm(&None).is_some());
        assert!(harm(&Some(vec![0xff, 0xfe])).is_some());
    }

    #[test]
    fn a_line_that_may_go_on_in_the_next_is_not_understood() {
        for text in
            ["[user]\n\tname = a\\\n[core] fsmonitor = x\n", "[user]\n\tname = a # b \\\n", "[user]\n\tname = a\\\\\n"]
        {
            assert!(of(text).is_some(), "{text}");
        }
    }
}
