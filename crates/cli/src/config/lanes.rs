//! The brains that a team has for lanes that name none.

use catalogue::Catalogue;
use protocol::{Brain, Timestamp};
use team::Team;

/// What a lane without a brain of its own works with: the first with the cheapest brain of a specialist or of main's ladder, the
/// last with main's own, those between with the rungs of main's ladder that lie between by price, else with main's own.
pub(crate) fn of_team<'a>(
    team: &'a Team,
    catalogue: &Catalogue,
    place: usize,
    lanes: usize,
    now: Timestamp,
) -> &'a Brain {
    let main = team.main();
    if place + 1 >= lanes {
        return &main.brain;
    }
    let price = |brain: &Brain| catalogue.model(&brain.provider, &brain.model).map(|model| model.price(now, 0).output);
    let candidates = main
        .ladder
        .iter()
        .chain(team.specialists().flat_map(|agent| std::iter::once(&agent.brain).chain(&agent.ladder)));
    let mut cheaper: Vec<(i64, &Brain)> = candidates
        .filter_map(|brain| price(brain).map(|usd| (usd, brain)))
        .filter(|(usd, _)| price(&main.brain).is_some_and(|own| *usd < own))
        .collect();
    cheaper.sort_by_key(|(usd, _)| *usd);
    cheaper.dedup_by(|one, other| one.1 == other.1);
    cheaper.get(place).map_or(&main.brain, |(_, brain)| brain)
}
