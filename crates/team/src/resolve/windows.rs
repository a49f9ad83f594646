//! Windows and caches: when a window is closed, what a specialist does with a new brief, what is kept alive.

use catalogue::yaml::Path;
use protocol::request::Ttl;

use super::{at_least_one, brains, root};
use crate::error::{Mistake, TeamErrorKind};
use crate::load::LoadOptions;
use crate::schema::{AgentFile, CacheFile, CompactField, CompactWord, CompactionFile, File};
use crate::settings::{CacheSettings, CompactAt, Compaction, ContextMode, EscalateTo, PrefixLife};
use crate::spec::Role;

/// Tokens kept word for word through a compaction, and the cap of its summary: together they stay well below the 30,000
/// tokens at which the cost of a window is nearly flat.
const KEEP_TAIL: u64 = 10_000;
const SUMMARY_MAX: u32 = 5_000;

/// Most pings of one cache in one wait: about an hour of the shortest lifetime that is sold. Of recorded waits 96 % are over before,
/// and who has not come by then costs half a cache at most (reads are a 25th of a write).
const MAX_PINGS: u32 = 12;

/// What holds for every agent that says nothing of its own.
pub(super) fn of_team(file: &File, options: &LoadOptions) -> Result<Compaction, Mistake> {
    let default = Compaction { at: CompactAt::Auto, keep_tail: KEEP_TAIL, summary_max: SUMMARY_MAX, summarizer: None };
    compaction(&file.compaction, &default, &root("compaction"), file, options)
}

/// What an agent says, over what its team says.
pub(super) fn compaction(
    given: &CompactionFile,
    default: &Compaction,
    path: &Path,
    file: &File,
    options: &LoadOptions,
) -> Result<Compaction, Mistake> {
    if given.at_tokens.is_some() && given.at.is_some() {
        let problem = "is the older name of `at_tokens`, and both are there; leave this one out";
        return Err(Mistake::at_key(TeamErrorKind::Value, path.key("at"), problem));
    }
    let summarizer = match &given.summarizer {
        None => default.summarizer.clone(),
        // Whoever only has to summarise is chosen as a specialist would be.
        Some(field) => {
            let path = path.key("summarizer");
            Some(brains::brain(Some(field), &path, Role::Specialist, file, options)?.brain)
        }
    };
    let compaction = Compaction {
        at: given.at_tokens.or(given.at).map_or(default.at, resolved),
        keep_tail: given.keep_tail.unwrap_or(default.keep_tail),
        summary_max: given.summary_max.unwrap_or(default.summary_max),
        summarizer,
    };
    if compaction.summary_max == 0 {
        let problem = "found 0; allowed is 1 or more; to close no window, write `at_tokens: never`";
        return Err(Mistake::at(TeamErrorKind::Value, path.key("summary_max"), problem));
    }
    room_to_grow(&compaction, given, path)?;
    Ok(compaction)
}

fn resolved(field: CompactField) -> CompactAt {
    match field {
        CompactField::Tokens(tokens) => CompactAt::Tokens(tokens),
        CompactField::Word(CompactWord::Auto) => CompactAt::Auto,
        CompactField::Word(CompactWord::Never) => CompactAt::Never,
    }
}

/// A window has to hold more than what the last one leaves in it.
fn room_to_grow(compaction: &Compaction, given: &CompactionFile, path: &Path) -> Result<(), Mistake> {
    let kept = compaction.keep_tail.saturating_add(u64::from(compaction.summary_max));
    let CompactAt::Tokens(at) = compaction.at else { return Ok(()) };
    if at > kept {
        return Ok(());
    }
    let field = match (given.at, given.at_tokens, given.keep_tail) {
        (Some(_), ..) => "at",
        (None, None, Some(_)) => "keep_tail",
        (None, None, None) if given.summary_max.is_some() => "summary_max",
        _ => "at_tokens",
    };
    let problem = format!(
        "at_tokens is {at}; it has to be more than keep_tail + summary_max ({kept}), or every window would be closed at once"
    );
    Err(Mistake::at(TeamErrorKind::Value, path.key(field), problem))
}

/// What a specialist does with a new brief, and who goes on when it cannot.
pub(super) fn of_specialist(agent: &AgentFile, role: Role, path: &Path) -> Result<(ContextMode, EscalateTo), Mistake> {
    let refused = |field: &str, why: &str| {
        let problem = format!("is for specialists; `{}` is the coordinator, {why}: leave it out", agent.id);
        Err(Mistake::at_key(TeamErrorKind::Value, path.key(field), problem))
    };
    match role {
        Role::Specialist => Ok((agent.context.unwrap_or_default(), agent.escalate_to.unwrap_or_default())),
        Role::Coordinator if agent.context.is_some() => {
            refused("context", "which gets no briefs and goes on in its conversation")
        }
        Role::Coordinator if agent.escalate_to.is_some() => {
            refused("escalate_to", "above which there is only a person")
        }
        Role::Coordinator => Ok((ContextMode::Auto, EscalateTo::Person)),
    }
}

/// Lifetimes, and what is kept alive.
pub(super) fn cache(given: &CacheFile) -> Result<CacheSettings, Mistake> {
    let prefix = given.prefix.unwrap_or_default();
    let tail = given.tail.unwrap_or(Ttl::Short);
    if prefix == PrefixLife::Short && tail == Ttl::Long {
        return Err(Mistake::at(
            TeamErrorKind::Value,
            root("cache").key("tail"),
            "found long behind a short prefix; providers refuse that order: make the prefix long too, or the tail short",
        ));
    }
    at_least_one(given.max_pings, &root("cache"), "max_pings")?;
    Ok(CacheSettings {
        prefix,
        tail,
        keep_warm: given.keep_warm.unwrap_or_default(),
        max_pings: given.max_pings.unwrap_or(MAX_PINGS),
    })
}
