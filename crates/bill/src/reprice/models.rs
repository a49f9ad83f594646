//! Which model of the price list a log's model name means.

use std::collections::BTreeMap;

use catalogue::{Catalogue, Model, ModelRef};
use protocol::{Timestamp, Usage, Usd};

use crate::flow::Flow;

/// A model whose price is known.
#[derive(Clone, Debug)]
pub struct Rated<'a> {
    /// Provider and name.
    pub name: ModelRef,
    /// The model.
    pub model: &'a Model,
}

impl Rated<'_> {
    /// What these tokens cost.
    pub fn cost(&self, usage: &Usage, at: Timestamp) -> Usd {
        self.model.price(at, usage.prompt()).cost(usage)
    }
}

/// Finds a model by `provider/model`, or by its name alone with the first maker that has one of that name.
pub fn find<'a>(catalogue: &'a Catalogue, name: &str) -> Option<Rated<'a>> {
    let at = |provider: &str, model: &str| {
        let found = catalogue.model(provider, model)?;
        Some(Rated { name: ModelRef::new(found.family.as_str(), found.name.as_str()), model: found })
    };
    let named = name.parse::<ModelRef>().ok().and_then(|known| at(&known.provider, &known.model));
    named.or_else(|| {
        // Resellers have the makers' models; a maker's own price comes first.
        let makers = catalogue.models().map(|model| model.family.as_str());
        let providers = catalogue.providers().map(|provider| provider.name.as_str());
        let mut tried: Vec<&str> = Vec::new();
        makers.chain(providers).find_map(|provider| {
            if tried.contains(&provider) {
                return None;
            }
            tried.push(provider);
            at(provider, name)
        })
    })
}

/// The sidekick that goes with a premium model: the cheapest model of its maker and generation (the first number in its name),
/// so that a flow of last year is split with last year's models; else the fast one of the maker's presets.
pub fn sidekick_of<'a>(catalogue: &'a Catalogue, premium: &Rated<'_>) -> Option<Rated<'a>> {
    let (of, price) = (premium.model, premium.model.prices.base.input);
    let peers = catalogue.models().filter(|model| {
        model.family == of.family && generation(&model.name) == generation(&of.name) && model.prices.base.input < price
    });
    let rated = |model: &'a Model| Rated { name: ModelRef::new(model.family.as_str(), model.name.as_str()), model };
    let preset = || {
        let fast = catalogue.presets(&of.family)?.fast;
        let model = catalogue.model(&fast.provider, &fast.model)?;
        (model.name != of.name).then_some(model)
    };
    peers.min_by_key(|model| model.prices.base.input).or_else(preset).map(rated)
}

fn generation(name: &str) -> Option<u32> {
    let digits: String = name.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// The models of a flow, found once.
#[derive(Debug)]
pub(crate) struct Book<'a> {
    by_name: BTreeMap<String, Option<Rated<'a>>>,
}

impl<'a> Book<'a> {
    /// Looks all names up; with `price_as` each stands for that model.
    pub(crate) fn new(flow: &Flow, catalogue: &'a Catalogue, price_as: Option<Rated<'a>>) -> Self {
        let mut by_name = BTreeMap::new();
        for call in flow.calls() {
            if !by_name.contains_key(&call.model) {
                let rated = price_as.clone().or_else(|| find(catalogue, &call.model));
                by_name.insert(call.model.clone(), rated);
            }
        }
        Self { by_name }
    }

    pub(crate) fn of(&self, name: &str) -> Option<&Rated<'a>> {
        self.by_name.get(name)?.as_ref()
    }
}
