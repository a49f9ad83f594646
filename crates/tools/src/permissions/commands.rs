//! A command line: judged by `permissions`, decided by the mode and by what stands around commands.

use permissions::{Ground, Judgement, Kind, Profile, Verdict, judge};

use super::world::Machine;
use super::{ApprovalMode, Around, Decision, Policy};

/// Decides about a line.
pub(super) fn decide(policy: &Policy, line: &str) -> Decision {
    let judged = judged(policy, line);
    let why = || judged.reasons.join("; ");
    if judged.floor || judged.verdict == Verdict::Deny {
        return Decision::Refuse(format!(
            "the command was not run: {}. Do it another way, or say what you need",
            why()
        ));
    }
    let reads = judged.verdict == Verdict::Allow && judged.kind == Some(Kind::Reads);
    match (policy.mode, policy.around, judged.verdict) {
        (ApprovalMode::Deny, _, Verdict::Allow) if !reads => refuse("it may change files"),
        (ApprovalMode::Deny, _, Verdict::Ask) => refuse(&why()),
        (_, Around::Missing, Verdict::Allow) => {
            Decision::Ask("there is no sandbox on this machine, so every command is asked for".to_owned())
        }
        _ if policy.leaky && !reads => Decision::Ask(
            "something that looks like a secret was read in this session, and commands can reach hosts; this one could carry it there"
                .to_owned(),
        ),
        (_, _, Verdict::Allow) => Decision::Allow,
        // What it could do it can do only inside, unless a rule or the floor says otherwise.
        (ApprovalMode::Auto, Around::Sandbox, Verdict::Ask) if !judged.firm => Decision::Allow,
        (_, _, Verdict::Ask | Verdict::Deny) => Decision::Ask(why()),
    }
}

/// What is found out about a line, before mode and wall are looked at.
pub(super) fn judged(policy: &Policy, line: &str) -> Judgement {
    let machine = Machine::new(&policy.search_path, &policy.root);
    judge(
        line,
        &Ground {
            // Builds and tests run what the repository brings: unasked only where the kernel holds it.
            profile: if policy.around == Around::Sandbox { Profile::Session } else { Profile::ReadOnlyAuto },
            root: &policy.root,
            cwd: &policy.root,
            home: policy.home.as_deref(),
            listed: &policy.allowed_commands,
            rules: &policy.rules,
            world: &machine,
            // A file monitor or a filter of the repository's would run inside.
            git_status_reads: policy.around == Around::Sandbox,
        },
    )
}

fn refuse(why: &str) -> Decision {
    Decision::Refuse(format!(
        "the command was not run: {why}, and this session only reads (approval mode deny). Allowed are read-only \
         commands such as `ls`, `cat FILE`, `git log`, and the tools that read and search"
    ))
}
