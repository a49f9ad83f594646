//! The team files that force a way of working.

use std::collections::BTreeMap;

use anyhow::Context;
use catalogue::ModelRef;
use team::{LoadOptions, Team};

/// A way of working.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    Solo,
    SoloPings,
    Persistent,
    PersistentPings,
    Fresh,
    FreshPings,
    /// As the runtime decides by itself.
    Chosen,
}

impl Way {
    /// Those of the file.
    pub(crate) const FORCED: [Self; 6] =
        [Self::Solo, Self::SoloPings, Self::Persistent, Self::PersistentPings, Self::Fresh, Self::FreshPings];

    /// Its name in the file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Solo => "solo",
            Self::SoloPings => "solo_pings",
            Self::Persistent => "persistent",
            Self::PersistentPings => "persistent_pings",
            Self::Fresh => "fresh",
            Self::FreshPings => "fresh_pings",
            Self::Chosen => "chosen",
        }
    }

    /// One agent does everything.
    pub(crate) fn is_solo(self) -> bool {
        matches!(self, Self::Solo | Self::SoloPings)
    }

    /// The team file: a built-in team, with what is forced said in addition.
    fn yaml(self) -> anyhow::Result<String> {
        let name = if self.is_solo() { "solo" } else { "tandem" };
        let text = team::builtin(name).with_context(|| format!("there is no built-in team `{name}`"))?;
        let context = match self {
            Self::Solo | Self::SoloPings => None,
            Self::Chosen => return Ok(text.to_owned()),
            Self::Persistent | Self::PersistentPings => Some("persistent"),
            Self::Fresh | Self::FreshPings => Some("fresh"),
        };
        let text = match context {
            Some(context) => text.replace(
                "  - id: sidekick\n",
                &format!("  - id: sidekick\n    context: {context}\n    keep_warm: off\n"),
            ),
            None => text.to_owned(),
        };
        let warm = match self {
            Self::SoloPings | Self::PersistentPings | Self::FreshPings => "always",
            _ => "off",
        };
        Ok(format!("{text}\ncompaction: {{at_tokens: never}}\ncache: {{keep_warm: {warm}, max_pings: 12}}\n"))
    }

    /// The team, with these two models.
    pub(crate) fn team(self, main: &ModelRef, sidekick: &ModelRef) -> anyhow::Result<Team> {
        let aliases = BTreeMap::from([("premium".to_owned(), main.clone()), ("fast".to_owned(), sidekick.clone())]);
        let mut team = team::load(&self.yaml()?, self.name(), &LoadOptions { aliases, ..LoadOptions::default() })?;
        for agent in &mut team.agents {
            // A batch is as long as the story says.
            agent.limits.steps = 200;
            agent.limits.minutes = 600;
        }
        Ok(team)
    }
}

#[cfg(test)]
mod tests {
    use team::{CompactAt, ContextMode, KeepWarm};

    use super::*;

    #[test]
    fn a_way_forces_what_its_name_says_and_chosen_forces_nothing() {
        let (main, side) =
            (ModelRef::new("anthropic", "claude-opus-5-5"), ModelRef::new("anthropic", "claude-haiku-5-5"));
        let team = |way: Way| way.team(&main, &side).unwrap();
        let solo = team(Way::Solo);
        assert_eq!((solo.agents.len(), solo.main().keep_warm), (1, KeepWarm::Off));
        assert_eq!(solo.main().compaction.at, CompactAt::Never);
        let fresh = team(Way::FreshPings);
        let warm: Vec<KeepWarm> = fresh.agents.iter().map(|agent| agent.keep_warm).collect();
        assert_eq!((warm, fresh.cache.max_pings), (vec![KeepWarm::Always, KeepWarm::Off], 12));
        assert_eq!(fresh.agents[1].context, ContextMode::Fresh);
        assert_eq!(team(Way::Persistent).agents[1].context, ContextMode::Persistent);
        let chosen = team(Way::Chosen);
        assert_eq!((chosen.agents[1].context, chosen.main().keep_warm), (ContextMode::Auto, KeepWarm::Auto));
        assert_eq!(chosen.main().compaction.at, CompactAt::Auto);
    }
}
