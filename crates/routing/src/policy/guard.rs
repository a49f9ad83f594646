//! What a policy says to the guard of commands: rules about them, and how far their sandbox goes. Read and kept here, because a policy
//! is one file; what they mean is known to `permissions` and `sandbox`.

use catalogue::yaml::Path;
use permissions::rules::{RuleSet, Source};
use serde::{Deserialize, Serialize};

use super::Policy;
use super::error::Mistake;

/// The section `sandbox`. Only a user's own file has a say here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SandboxPolicy {
    /// `read-only` or `workspace`; none for the usual one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Hosts that commands may reach, `HOST` or `HOST:PORT`, `*.` in front for everything below.
    pub hosts: Vec<String>,
    /// Folders besides the workspace that commands may write: a cache of packages, say. Absolute, or `~/`.
    pub writable: Vec<String>,
    /// Files and folders that commands do not see, besides the usual places of credentials. Absolute, or `~/`.
    pub hidden: Vec<String>,
}

/// Refuses rules that contradict their own examples, and a sandbox that only a typed word may switch off.
pub(super) fn check(policy: &Policy) -> Result<(), Mistake> {
    let at = Path::default().key("permissions").key("rules");
    RuleSet::none().add(&policy.permissions, Source::User, "").map_err(|error| {
        let at = error.rule.map_or_else(|| at.clone(), |rule| at.index(rule));
        Mistake::value(at, error.what)
    })?;
    let (sandbox, at) = (&policy.sandbox, Path::default().key("sandbox"));
    match sandbox.mode.as_deref() {
        None | Some("read-only" | "workspace") => {}
        Some("off") => {
            let problem = "`off` is not taken from a file: type --no-sandbox each time. Allowed: read-only, workspace";
            return Err(Mistake::value(at.key("mode"), problem));
        }
        Some(other) => {
            let problem = format!("unknown mode `{other}`; allowed: read-only, workspace; hosts stand under `hosts`");
            return Err(Mistake::value(at.key("mode"), problem));
        }
    }
    for (field, places) in [("writable", &sandbox.writable), ("hidden", &sandbox.hidden)] {
        for (index, place) in places.iter().enumerate() {
            if !(place.starts_with('/') || place.starts_with("~/")) {
                let problem = format!("`{place}` is not absolute; write the whole path, or one that begins with ~/");
                return Err(Mistake::value(at.key(field).index(index), problem));
            }
        }
    }
    Ok(())
}
