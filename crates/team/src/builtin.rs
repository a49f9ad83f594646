//! The teams shipped with the program.

/// The team that is used when none is asked for.
pub(crate) const DEFAULT: &str = "tandem";

const TEAMS: &[(&str, &str)] = &[
    (DEFAULT, include_str!("../../../agents/tandem.yaml")),
    ("specialists", include_str!("../../../agents/specialists.yaml")),
    ("solo", include_str!("../../../agents/solo.yaml")),
];

const NAMES: &[&str] = &[DEFAULT, "specialists", "solo"];

/// The text of a team shipped with the program.
pub fn builtin(name: &str) -> Option<&'static str> {
    TEAMS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Names of the teams shipped with the program; the default one first.
pub fn builtin_names() -> &'static [&'static str] {
    NAMES
}
