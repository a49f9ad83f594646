//! Ladders: the brains an agent may move along, from cheap to strong.

use catalogue::yaml::Path;
use protocol::{Brain, Usd};

use super::brains::brain;
use crate::error::{Mistake, TeamErrorKind};
use crate::load::LoadOptions;
use crate::schema::{AgentFile, File};
use crate::spec::{AgentSpec, Role};

/// The brains an agent may move along; none where it keeps its own.
pub(super) fn ladder(
    agent: &AgentFile,
    own: &Brain,
    path: &Path,
    role: Role,
    file: &File,
    options: &LoadOptions,
) -> Result<Vec<Brain>, Mistake> {
    let mut rungs: Vec<Brain> = Vec::new();
    let Some(fields) = &agent.ladder else { return Ok(rungs) };
    if fields.is_empty() {
        let problem = format!(
            "is an empty list; name the brains from cheap to strong, the agent's own ({}) among them, for example \
             [fast, premium], or leave `ladder` out: the agent then keeps its brain",
            in_full(own)
        );
        return Err(Mistake::at(TeamErrorKind::Value, path.clone(), problem));
    }
    if options.chosen_for_all.is_some() {
        // One model for all leaves nothing to move along.
        return Ok(rungs);
    }
    for (index, field) in fields.iter().enumerate() {
        let rung = brain(Some(field), &path.index(index), role, file, options)?.brain;
        if rungs.iter().any(|known| same(known, &rung)) {
            let problem = format!("{} stands on the ladder already", in_full(&rung));
            return Err(Mistake::at(TeamErrorKind::DuplicateName, path.index(index), problem));
        }
        rungs.push(rung);
    }
    let own_rung = own_rung(&rungs, own, path)?;
    // Where it stands on the ladder it is used as the agent says, with its own limits and headers.
    rungs[own_rung] = own.clone();
    Ok(rungs)
}

/// Which rung is the agent's own brain. A rung that names no effort is the brain with whatever effort the agent sets.
fn own_rung(rungs: &[Brain], own: &Brain, path: &Path) -> Result<usize, Mistake> {
    let of_model = |rung: &Brain| rung.provider == own.provider && rung.model == own.model;
    let exactly = rungs.iter().position(|rung| same(rung, own));
    let found = exactly.or_else(|| rungs.iter().position(|rung| of_model(rung) && rung.effort.is_none()));
    found.ok_or_else(|| {
        let names: Vec<String> = rungs.iter().map(in_full).collect();
        let own = in_full(own);
        let problem =
            format!("the agent's own brain {own} is not on it, only {}; add it where it belongs", names.join(", "));
        Mistake::at_key(TeamErrorKind::Value, path.clone(), problem)
    })
}

/// Ladders that lead down where they should lead up: the difficulty monitor would answer trouble with a weaker brain. Only told:
/// prices change, and a person may know better what is strong.
pub(super) fn warnings(agents: &[AgentSpec], options: &LoadOptions) -> Vec<Mistake> {
    let mut found = Vec::new();
    for (at, agent) in agents.iter().enumerate() {
        let below = agent.ladder.iter().zip(agent.ladder.iter().skip(1));
        let Some((index, words)) =
            below.enumerate().find_map(|(index, (low, high))| Some((index + 1, leads_down(low, high, options)?)))
        else {
            continue;
        };
        let problem = format!(
            "{words}; a ladder leads from cheap to strong, and `{}` would be moved the wrong way: write {}",
            agent.id,
            in_order(&agent.ladder, options)
        );
        let path = Path::default().key("agents").index(at).key("ladder").index(index);
        found.push(Mistake::at(TeamErrorKind::Value, path, problem));
    }
    found
}

/// What is wrong with two neighbours, if it is known that something is.
fn leads_down(low: &Brain, high: &Brain, options: &LoadOptions) -> Option<String> {
    if (&low.provider, &low.model) == (&high.provider, &high.model) {
        let (low_effort, high_effort) = (low.effort?, high.effort?);
        return (low_effort > high_effort)
            .then(|| format!("{} thinks less than {}, the rung below it", in_full(high), in_full(low)));
    }
    let (dear, cheap) = (output_price(low, options)?, output_price(high, options)?);
    (dear > cheap).then(|| {
        format!(
            "{} ({} per million output tokens) is cheaper than {} ({}), the rung below it",
            in_full(high),
            per_million(cheap),
            in_full(low),
            per_million(dear)
        )
    })
}

/// How it should be written.
fn in_order(ladder: &[Brain], options: &LoadOptions) -> String {
    let priced: Option<Vec<(i64, &Brain)>> =
        ladder.iter().map(|rung| Some((output_price(rung, options)?, rung))).collect();
    let Some(mut sorted) = priced else { return "the cheaper one first".to_owned() };
    sorted.sort_by_key(|(price, _)| *price);
    let names: Vec<String> = sorted.iter().map(|(_, rung)| in_full(rung)).collect();
    match sorted.iter().map(|(_, rung)| *rung).eq(ladder) {
        true => "the lower effort first".to_owned(),
        false => format!("in this order: {}", names.join(", ")),
    }
}

/// Picodollars of a generated token at today's price.
fn output_price(brain: &Brain, options: &LoadOptions) -> Option<i64> {
    Some(options.catalogue.model(&brain.provider, &brain.model)?.prices.base.output)
}

fn per_million(picos_per_token: i64) -> String {
    Usd(picos_per_token.saturating_mul(1_000_000)).to_string()
}

fn same(a: &Brain, b: &Brain) -> bool {
    a.provider == b.provider && a.model == b.model && a.effort == b.effort
}

/// `openai/gpt-6.1-sol (effort high)`: what tells two rungs apart.
fn in_full(brain: &Brain) -> String {
    match brain.effort {
        Some(effort) => format!("{brain} (effort {})", crate::show::effort_word(effort)),
        None => brain.to_string(),
    }
}
