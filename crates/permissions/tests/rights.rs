//! Rights only shrink on their way down the tree, whatever is asked for and whenever it is looked at.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "helpers of tests fail like tests; cases are counted by the environment"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use permissions::rights::{
    Approvals, Asking, CallHash, Child, Commands, Folders, Grant, GrantScope, Holder, Host, Hosts, Lacking, Names,
    Rights, SpawnRefused,
};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use protocol::{AgentId, Timestamp};

const TOOLS: [&str; 5] = ["read", "edit", "bash", "delegate", "report"];
const PATHS: [&str; 9] =
    ["/", "/repo", "/repo-evil", "/repo/src", "/repo/src/a", "/repo/sr", "/repo/docs", "/home/u", "/repo/../etc"];
const HOSTS: [&str; 9] =
    ["a.test", "b.test", "x.a.test", "*.a.test", "*.x.a.test", "a.test:443", "a.test:8080", "*.a.test:80", "*.test"];
const NAMES: [&str; 6] = ["a.test", "b.test", "x.a.test", "y.x.a.test", "A.TEST.", "a.test.evil.test"];

fn folders() -> impl Strategy<Value = Folders> {
    btree_set(0..PATHS.len(), 0..4).prop_map(|at| at.into_iter().map(|at| PathBuf::from(PATHS[at])).collect())
}

fn hosts() -> impl Strategy<Value = Hosts> {
    prop_oneof![
        1 => Just(Hosts::Any),
        4 => btree_set(0..HOSTS.len(), 0..4).prop_map(|at| Hosts::Only(at.into_iter().map(|at| HOSTS[at].parse().unwrap()).collect())),
    ]
}

fn names() -> impl Strategy<Value = Names> {
    prop_oneof![
        1 => Just(Names::All),
        4 => btree_set(0..TOOLS.len(), 0..5).prop_map(|at| Names::only(at.into_iter().map(|at| TOOLS[at]))),
    ]
}

fn rights() -> impl Strategy<Value = Rights> {
    let commands = prop_oneof![Just(Commands::None), Just(Commands::ReadOnly), Just(Commands::Session)];
    let asking = prop_oneof![Just(Asking::MayNot), Just(Asking::May)];
    (names(), folders(), folders(), commands, hosts(), 0..6_u8, 0..9_u32, asking).prop_map(
        |(tools, read, write, commands, network, depth, spawns, asking)| Rights {
            tools,
            read,
            write,
            commands,
            network,
            depth,
            spawns,
            asking,
        },
    )
}

/// Every single thing that one set allows, the other allows too: told by asking, not by comparing sets.
fn allows_no_more(child: &Rights, parent: &Rights) -> Result<(), String> {
    let mut wrong = Vec::new();
    for tool in TOOLS.iter().chain(&["other"]) {
        if child.tool(tool).is_ok() && parent.tool(tool).is_err() {
            wrong.push(format!("tool {tool}"));
        }
    }
    for path in PATHS.iter().chain(&["/repo/src/a/b", "/repo/docs/x", "/etc/passwd"]).map(Path::new) {
        if child.reads(path).is_ok() && parent.reads(path).is_err() {
            wrong.push(format!("read {}", path.display()));
        }
        if child.writes(path).is_ok() && parent.writes(path).is_err() {
            wrong.push(format!("write {}", path.display()));
        }
    }
    for (name, port) in NAMES.iter().flat_map(|name| [(name, 80), (name, 443), (name, 8080), (name, 22)]) {
        if child.network.cover(name, port) && !parent.network.cover(name, port) {
            wrong.push(format!("host {name}:{port}"));
        }
    }
    for reads_only in [true, false] {
        if child.runs(reads_only).is_ok() && parent.runs(reads_only).is_err() {
            wrong.push(format!("a command, reading {reads_only}"));
        }
    }
    if child.depth > parent.depth || child.spawns > parent.spawns || child.asking > parent.asking {
        wrong.push("depth, spawns or asking".to_owned());
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{wrong:?}\nchild {child:?}\nparent {parent:?}")) }
}

/// A node to add: below which of those there are, with what role and what request; and what is then taken from whom.
type Node = (usize, Rights, Rights, Option<(usize, Rights)>);

fn cases(normal: u32) -> u32 {
    std::env::var("AGENT_RIGHTS_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(normal)
}

fn agent(name: &str) -> AgentId {
    AgentId::from(name)
}

/// Depth 4 at most, as many nodes as there are.
fn grown(top: &Rights, nodes: &[Node]) -> (Arc<Holder>, Vec<Child>) {
    let root = Holder::root(agent("main"), top.clone(), 0);
    let mut children: Vec<Child> = Vec::new();
    for (at, role, request, taken) in nodes {
        let parent = match at % (children.len() + 1) {
            0 => root.clone(),
            at => children[at - 1].holder().clone(),
        };
        if parent.path().matches('/').count() < 4
            && let Ok(child) = parent.spawn(agent("child"), role.clone(), request.clone(), 8)
        {
            children.push(child);
        }
        if let Some((whose, rights)) = taken {
            match whose % (children.len() + 1) {
                0 => root.revoke(rights),
                at => children[at - 1].holder().revoke(rights),
            }
        }
    }
    (root, children)
}

#[test]
fn perm_01_nobody_in_a_tree_has_a_right_that_somebody_above_lacks() {
    let node = (0..32_usize, rights(), rights(), prop::option::of((0..32_usize, rights())));
    let tops = prop_oneof![3 => Just(Rights::all()), 1 => rights()];
    let mut runner = TestRunner::new(Config { cases: cases(512), failure_persistence: None, ..Config::default() });
    let result = runner.run(&(tops, vec(node, 1..7)), |(top, nodes)| {
        let (root, children) = grown(&top, &nodes);
        for child in &children {
            let own = child.holder().effective();
            // All those above, found by their paths' handles: the parent's effective rights hold for the parent's parent too.
            let mut above = vec![root.clone()];
            above.extend(
                children.iter().map(|other| other.holder().clone()).filter(|other| is_above(other, child.holder())),
            );
            for other in above {
                let theirs = other.effective();
                prop_assert!(own.within(&theirs), "{own:?}\n{theirs:?}");
                if let Err(wrong) = allows_no_more(&own, &theirs) {
                    return Err(TestCaseError::fail(wrong));
                }
            }
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

fn is_above(other: &Arc<Holder>, holder: &Arc<Holder>) -> bool {
    holder.ancestors().any(|above| Arc::ptr_eq(above, other))
}

proptest! {
    #![proptest_config(Config { cases: 64, failure_persistence: None, ..Config::default() })]

    #[test]
    fn perm_01_the_meet_is_the_most_that_both_allow(one in rights(), two in rights(), three in rights()) {
        let same = |one: &Rights, two: &Rights| one.within(two) && two.within(one);
        let both = one.meet(&two);
        prop_assert!(same(&both, &two.meet(&one)));
        prop_assert!(both.within(&one) && both.within(&two));
        prop_assert!(same(&one.meet(&one), &one));
        prop_assert!(same(&both.meet(&three), &one.meet(&two.meet(&three))));
        prop_assert!(!(three.within(&one) && three.within(&two)) || three.within(&both));
        prop_assert!(same(&one.meet(&Rights::all()), &one));
        prop_assert!(Rights::none().within(&one) && one.within(&Rights::all()));
        // And it is no less: what both allow, it allows.
        for (name, port) in NAMES.iter().flat_map(|name| [(name, 443), (name, 8080)]) {
            prop_assert_eq!(both.network.cover(name, port), one.network.cover(name, port) && two.network.cover(name, port));
        }
        for path in PATHS.map(Path::new) {
            prop_assert_eq!(both.write.cover(path), one.write.cover(path) && two.write.cover(path));
        }
    }

    #[test]
    fn rights_come_back_from_a_store_as_they_went_in(one in rights()) {
        let text = serde_json::to_string(&one).unwrap();
        prop_assert_eq!(serde_json::from_str::<Rights>(&text).unwrap(), one);
    }
}

#[test]
fn perm_02_what_a_parent_loses_its_child_loses_at_once() {
    let root = Holder::root(agent("main"), Rights::all(), 0);
    let child = root.spawn(agent("side"), Rights::all(), Rights::all(), 8).unwrap();
    let grandchild = child.holder().spawn(agent("deep"), Rights::all(), Rights::all(), 8).unwrap();
    assert!(grandchild.holder().effective().network.cover("a.test", 443));
    root.revoke(&Rights { network: Hosts::Only(["b.test".parse().unwrap()].into()), ..Rights::all() });
    assert!(!grandchild.holder().effective().network.cover("a.test", 443));
    assert!(grandchild.holder().effective().network.cover("b.test", 443));
    child.holder().revoke(&Rights::reading());
    assert_eq!(grandchild.holder().effective().commands, Commands::ReadOnly);
    assert_eq!(root.effective().commands, Commands::Session, "upwards nothing is taken");
    root.revoke(&Rights::all());
    assert!(!root.effective().network.cover("a.test", 443), "and nothing is given back");
}

#[test]
fn perm_03_a_role_that_claims_everything_gets_what_its_parent_has() {
    let most = Rights { write: Folders::beneath("/repo/src"), network: Hosts::none(), depth: 2, ..Rights::all() };
    let root = Holder::root(agent("main"), most.clone(), 0);
    let child = root.spawn(agent("side"), Rights::all(), Rights::all(), 8).unwrap();
    assert_eq!(child.holder().effective(), Rights { depth: 1, ..most });
    let sibling = child.holder().effective().writes(Path::new("/repo/src-evil/x"));
    assert_eq!(sibling, Err(Lacking::Write("/repo/src-evil/x".to_owned(), "/repo/src".to_owned())));
}

#[test]
fn perm_05_a_child_beyond_depth_count_or_number_is_refused_and_not_counted() {
    let root = Holder::root(agent("main"), Rights { depth: 2, spawns: 3, ..Rights::all() }, 1);
    let one = root.spawn(agent("one"), Rights::all(), Rights::all(), 1).unwrap();
    let two = root.spawn(agent("two"), Rights::all(), Rights::all(), 1).map(|_| ());
    assert_eq!(two, Err(SpawnRefused::AtOnce { path: "main".to_owned(), running: 1 }));
    assert_eq!(root.begun(), 2, "what was refused is not counted");
    let deep = one.holder().spawn(agent("deep"), Rights::all(), Rights::all(), 8).unwrap();
    assert_eq!(root.begun(), 3, "what is begun below counts above");
    let deeper = deep.holder().spawn(agent("deeper"), Rights::all(), Rights::all(), 8).map(|_| ());
    assert_eq!(deeper, Err(SpawnRefused::Depth { path: "main/one/deep".to_owned() }));
    let more = one.holder().spawn(agent("more"), Rights::all(), Rights::all(), 8).map(|_| ());
    assert_eq!(more, Err(SpawnRefused::Count { path: "main".to_owned(), begun: 3 }));
    assert_eq!(one.holder().begun(), 1, "a refusal above leaves no trace below");
    let handle = deep.holder().clone();
    drop(one);
    assert!(handle.effective().within(&Rights::none()), "who is over leaves nothing to those below");
    assert!(handle.is_over());
    let late = handle.spawn(agent("late"), Rights::all(), Rights::all(), 8).map(|_| ());
    assert_eq!(late, Err(SpawnRefused::Over { path: "main/one/deep".to_owned() }));
}

#[test]
fn perm_05_the_count_holds_when_sixty_four_begin_at_once() {
    let root = Holder::root(agent("main"), Rights { depth: 1, spawns: 10, ..Rights::all() }, 0);
    let begun: Vec<Child> = std::thread::scope(|scope| {
        let all: Vec<_> =
            (0..64).map(|_| scope.spawn(|| root.spawn(agent("x"), Rights::all(), Rights::all(), 64).ok())).collect();
        all.into_iter().filter_map(|one| one.join().unwrap()).collect()
    });
    assert_eq!((begun.len(), root.begun()), (10, 10));
}

#[test]
fn perm_07_a_grant_is_its_holders_alone() {
    let mut approvals = Approvals::default();
    let hash = |path: &str| CallHash::of(path, "bash", "touch x");
    let grant = |path: &str, scope, expires| Grant {
        hash: hash(path),
        path: path.to_owned(),
        rule: "touch x".to_owned(),
        scope,
        expires: Timestamp(expires),
        who: "the user".to_owned(),
    };
    approvals.give(grant("main/north", GrantScope::Session, 100));
    let now = Timestamp(5);
    assert!(approvals.take(&hash("main/north"), now).is_some());
    assert!(approvals.take(&hash("main/north"), now).is_some(), "it holds for the session");
    for other in ["main/south", "main", "north", "main/north/x", "main/nort"] {
        assert!(approvals.take(&hash(other), now).is_none(), "{other}");
    }
    assert!(
        approvals.take(&CallHash::of("main/north", "bash", "touch x "), now).is_none(),
        "other words are another call"
    );
    assert!(approvals.take(&CallHash::of("main/north", "write", "touch x"), now).is_none());
    approvals.give(grant("main/south", GrantScope::Once, 100));
    assert!(approvals.take(&hash("main/south"), now).is_some());
    assert!(approvals.take(&hash("main/south"), now).is_none(), "once is once");
    assert!(approvals.take(&hash("main/north"), Timestamp(100)).is_none(), "its time is up");
    approvals.give(grant("main/north", GrantScope::Session, 900));
    approvals.give(grant("main/northern", GrantScope::Session, 900));
    approvals.take_back("main/north");
    assert!(approvals.take(&hash("main/north"), now).is_none());
    assert!(approvals.take(&hash("main/northern"), now).is_some(), "names are not prefixes");
}

#[test]
fn the_parts_of_a_call_do_not_run_into_each_other() {
    assert_ne!(CallHash::of("main", "bash", "ls"), CallHash::of("mainb", "ash", "ls"));
    assert_ne!(CallHash::of("main", "", "bashls"), CallHash::of("main", "bash", "ls"));
    assert_eq!(CallHash::of("main", "bash", "ls"), CallHash::of("main", "bash", "ls"));
}

#[test]
fn hosts_are_names_and_nothing_that_looks_like_one() {
    for wrong in [
        "",
        "*",
        "*.*.test",
        "a..test",
        "a.test:0",
        "a.test:99999",
        "http://a.test",
        "a@b",
        "eviл.test",
        "[::1]",
        "a b",
    ] {
        assert!(wrong.parse::<Host>().is_err(), "{wrong}");
    }
    let only: Hosts = Hosts::Only(["A.Test.".parse().unwrap()].into());
    assert!(only.cover("a.test", 443) && only.cover("A.TEST.", 80));
    for (name, port) in [("a.test.evil.test", 443), ("a.test", 444), ("xa.test", 443), ("b.a.test", 443), ("", 443)] {
        assert!(!only.cover(name, port), "{name}:{port}");
    }
    let below: Hosts = Hosts::Only(["*.a.test".parse().unwrap()].into());
    assert!(below.cover("x.a.test", 443));
    assert!(!below.cover("a.test", 443) && !below.cover("y.x.a.test", 443) && !below.cover(".a.test", 443));
    assert!(!Hosts::none().cover("a.test", 443));
}

#[test]
fn rights_that_are_narrower_than_the_wall_leave_fewer_commands() {
    let root = Path::new("/repo");
    let narrow = |read: &str, write: Folders| {
        Rights { read: Folders::beneath(read), write, ..Rights::all() }.behind(root, &Hosts::Any).commands
    };
    let offline = Rights { network: Hosts::none(), ..Rights::all() };
    assert_eq!(offline.behind(root, &Hosts::Any).commands, Commands::ReadOnly);
    assert_eq!(offline.behind(root, &Hosts::none()).commands, Commands::Session);
    assert_eq!(narrow("/", Folders::beneath("/repo")), Commands::Session);
    assert_eq!(narrow("/repo", Folders::beneath("/repo/src")), Commands::ReadOnly);
    assert_eq!(narrow("/repo/src", Folders::beneath("/repo")), Commands::None);
}
