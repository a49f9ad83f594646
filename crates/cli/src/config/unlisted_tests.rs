use super::*;
use crate::config::home::Environment;

fn check(variables: &[&str], names: &[&str], base_url: Option<&str>) -> Result<Vec<String>, String> {
    let environment =
        Environment::of(variables.iter().map(|name| ((*name).to_owned(), "http://127.0.0.1:9".to_owned())));
    let flags = TeamArgs {
        model: names.iter().map(|name| (*name).to_owned()).collect(),
        base_url: base_url.map(str::to_owned),
        ..TeamArgs::default()
    };
    let catalogue = Catalogue::builtin();
    let providers = Providers::find(&environment, &catalogue, &flags);
    providers.check_models(&catalogue, &flags).map_err(|error| error.to_string())
}

#[test]
fn a_makers_model_that_there_is_not_is_refused_with_the_nearest_names() {
    for name in ["claude-opsu-5-5", "anthropic/claude-opsu-5-5", "fast=claude-opsu-5-5", "claude-opsu-5-5@high"] {
        let error = check(&["ANTHROPIC_API_KEY"], &[name], None).unwrap_err();
        assert!(error.starts_with(&format!("--model {name}: anthropic has no model `claude-opsu-5-5`")), "{error}");
        assert!(error.contains("nearest: claude-opus-5-5, "), "{error}");
    }
}

#[test]
fn models_that_there_are_and_aliases_are_taken_without_a_word() {
    let names = ["claude-opus-5-5", "premium=claude-sonnet-5-5@high", "fast", "claude-opus-4-5-20251101"];
    assert_eq!(check(&["ANTHROPIC_API_KEY"], &names, None), Ok(Vec::new()));
}

#[test]
fn behind_an_address_of_ones_own_an_unknown_model_is_only_told_to_have_no_price() {
    let own = [
        (&["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"][..], None, "anthropic/claude-opsu-5-5"),
        (&[], Some("http://127.0.0.1:9/v1"), "custom/claude-opsu-5-5"),
        (&["OPENROUTER_API_KEY"], None, "openrouter/claude-opsu-5-5"),
    ];
    for (variables, base_url, shown) in own {
        let told = check(variables, &["claude-opsu-5-5"], base_url).unwrap();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains(shown) && told[0].contains("its price is unknown"), "{told:?}");
    }
}

#[test]
fn an_effort_that_there_is_not_is_refused_with_those_there_are() {
    for name in ["claude-opus-5-5@hgh", "premium=claude-opus-5-5@hgh", "fast@hgh"] {
        let error = check(&["ANTHROPIC_API_KEY"], &[name], None).unwrap_err();
        assert!(error.contains("found effort `hgh`") && error.contains("none, minimal, low, medium, high"), "{error}");
    }
}
