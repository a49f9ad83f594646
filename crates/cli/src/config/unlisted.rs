//! Models that the list does not have: a slip of the pen where the list is complete, otherwise one whose price is not known.

use catalogue::{Catalogue, Model, ModelRef};
use team::split_effort;

use super::providers::{CUSTOM, Providers};
use crate::args::TeamArgs;
use crate::failure::Failure;

/// Most names that are offered instead.
const OFFERED: usize = 3;

/// How alike a name has to be to be offered, of 1.
const ALIKE: f32 = 0.6;

impl Providers {
    /// Checks the models that `--model` names before anything is asked of them. Gives a sentence for each that may well exist,
    /// but whose price is not known.
    ///
    /// # Errors
    /// As [`Providers::unlisted`].
    pub(crate) fn check_models(&self, catalogue: &Catalogue, flags: &TeamArgs) -> anyhow::Result<Vec<String>> {
        let known = self.known_aliases(catalogue);
        let mut told = Vec::new();
        for flag in &flags.model {
            let name = flag.split_once('=').map_or(flag.as_str(), |(_, name)| name);
            let choice = self.choice("--model", name, &known)?;
            // An alias was made by somebody who knew the model; its own name is what gets mistyped.
            let is_alias = split_effort(name).is_ok_and(|(bare, _)| known.contains_key(bare));
            if !is_alias {
                told.extend(self.unlisted(catalogue, &format!("--model {flag}"), &choice.at)?);
            }
        }
        Ok(told)
    }

    /// What is to be said of a model that the list does not have; nothing where it has it.
    ///
    /// # Errors
    /// A provider of known models at its own address has none of that name.
    pub(crate) fn unlisted(&self, catalogue: &Catalogue, said: &str, at: &ModelRef) -> anyhow::Result<Option<String>> {
        if catalogue.model(&at.provider, &at.model).is_some() {
            return Ok(None);
        }
        let nearest = nearest(catalogue, at);
        let offered = if nearest.is_empty() { String::new() } else { format!("; nearest: {}", nearest.join(", ")) };
        if self.sells_what_is_listed(catalogue, &at.provider) {
            return Err(Failure::usage_with(
                format!("{said}: {} has no model `{}` that is known here{offered}", at.provider, at.model),
                format!(
                    "`agent models {}` lists those there are; one that is newer than this program is described in models.yaml, \
                     with its limits and prices",
                    at.provider
                ),
            ));
        }
        Ok(Some(format!(
            "{said}: {at} is not in the list of models{offered}. Its provider may refuse it; its price is unknown, so that cost is \
             shown as unknown and a limit in dollars does not see it (models.yaml can name the price)"
        )))
    }

    /// Whether the list can be taken at its word: the maker itself, at the address that the program knows. Whatever stands at
    /// an address of the user's own, and whoever resells others' models, may have more.
    fn sells_what_is_listed(&self, catalogue: &Catalogue, name: &str) -> bool {
        let (Some(provider), Some(endpoint)) = (catalogue.provider(name), self.endpoint(name)) else { return false };
        let shipped = Catalogue::builtin();
        let own_address = shipped.provider(name).is_some_and(|shipped| shipped.base_url == endpoint.base_url);
        name != CUSTOM && own_address && !provider.resells && models_of(catalogue, name).next().is_some()
    }
}

/// The models that a provider serves first hand.
fn models_of<'a>(catalogue: &'a Catalogue, name: &str) -> impl Iterator<Item = &'a Model> {
    let family = catalogue.provider(name).and_then(|provider| provider.family.clone()).unwrap_or(name.to_owned());
    catalogue.models().filter(move |model| model.family == family)
}

/// Names of that provider's models that are spelled much the same, the nearest first.
fn nearest(catalogue: &Catalogue, at: &ModelRef) -> Vec<String> {
    let likeness = |model: &Model| similar::TextDiff::from_chars(at.model.as_str(), model.name.as_str()).ratio();
    let mut found: Vec<(f32, &Model)> = models_of(catalogue, &at.provider)
        .map(|model| (likeness(model), model))
        .filter(|(alike, _)| *alike >= ALIKE)
        .collect();
    found.sort_by(|one, other| other.0.total_cmp(&one.0));
    found.into_iter().take(OFFERED).map(|(_, model)| model.name.clone()).collect()
}

#[cfg(test)]
#[path = "unlisted_tests.rs"]
mod tests;
