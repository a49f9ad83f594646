#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use std::sync::Arc;

use catalogue::Catalogue;
use protocol::{ManualClock, Timestamp};
use routing::BUILTIN_SOURCE;
use tempfile::TempDir;

use super::*;
use crate::config::home::{Environment, Home};

/// A repository and a user's folder.
struct Desk {
    _folder: TempDir,
    context: Context,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        let home = Home { state: base.join("state"), config: base.join("config") };
        let root = base.join("repo");
        std::fs::create_dir_all(root.join(".agent")).unwrap();
        std::fs::create_dir_all(&home.config).unwrap();
        let context = Context {
            environment: Environment::default(),
            home,
            root,
            clock: Arc::new(ManualClock::new(Timestamp(0))),
            catalogue: Arc::new(Catalogue::builtin()),
        };
        Self { _folder: folder, context }
    }

    /// With a policy of the project's (`up` is 5) and one of the user's (6).
    fn with_both() -> Self {
        let desk = Self::new();
        std::fs::write(project_file(&desk.context.root), "monitor: {up: 5}\n").unwrap();
        std::fs::write(desk.context.home.config.join("policy.yaml"), "monitor: {up: 6}\n").unwrap();
        desk
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.context.root.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// `up` of the policy that is found, or the exit code.
    fn up(&self, file: Option<&Path>, flags: &TeamArgs) -> Result<f64, u8> {
        let found = find(&self.context, file, flags);
        found.map(|policy| policy.monitor.up).map_err(|error| error.downcast_ref::<Failure>().unwrap().code)
    }
}

fn trusting() -> TeamArgs {
    TeamArgs { trust: true, ..TeamArgs::default() }
}

#[test]
fn without_any_file_the_built_in_policy_holds() {
    let policy = find(&Desk::new().context, None, &TeamArgs::default()).unwrap();
    assert_eq!((policy.source(), policy.monitor.up), (BUILTIN_SOURCE, 4.5));
}

#[test]
fn a_flag_goes_before_the_project_the_project_before_the_user_the_user_before_the_built_in() {
    let desk = Desk::with_both();
    let mine = desk.file("mine.yaml", "monitor: {up: 7}\n");
    assert_eq!(desk.up(Some(&mine), &TeamArgs::default()), Ok(7.0));
    assert_eq!(desk.up(None, &trusting()), Ok(5.0));
    std::fs::remove_file(project_file(&desk.context.root)).unwrap();
    assert_eq!(desk.up(None, &TeamArgs::default()), Ok(6.0));
    std::fs::remove_file(desk.context.home.config.join("policy.yaml")).unwrap();
    assert_eq!(desk.up(None, &TeamArgs::default()), Ok(4.5));
}

#[test]
fn a_projects_policy_is_refused_until_it_is_trusted_and_again_when_it_changed() {
    let desk = Desk::with_both();
    assert_eq!(desk.up(None, &TeamArgs::default()), Err(6));
    assert_eq!(desk.up(None, &trusting()), Ok(5.0));
    assert_eq!(desk.up(None, &TeamArgs::default()), Ok(5.0));
    std::fs::write(project_file(&desk.context.root), "monitor: {up: 3}\n").unwrap();
    assert_eq!(desk.up(None, &TeamArgs::default()), Err(6));
}

#[test]
fn who_chose_a_team_or_said_no_goes_on_with_their_own_policy() {
    let desk = Desk::with_both();
    let chosen = TeamArgs { team: Some("tandem".to_owned()), ..TeamArgs::default() };
    assert_eq!(desk.up(None, &chosen), Ok(6.0));
    let declined = TeamArgs { without_project: true, ..TeamArgs::default() };
    assert_eq!(desk.up(None, &declined), Ok(6.0));
    // Trusted once, it holds whatever the team.
    desk.up(None, &trusting()).unwrap();
    assert_eq!(desk.up(None, &chosen), Ok(5.0));
}

#[test]
fn the_projects_own_file_stays_the_projects_under_another_name() {
    let desk = Desk::with_both();
    let roundabout = desk.context.root.join(".agent").join("..").join(".agent").join("policy.yaml");
    assert_eq!(desk.up(Some(&roundabout), &TeamArgs::default()), Err(6));
    let chosen = TeamArgs { team: Some("tandem".to_owned()), ..TeamArgs::default() };
    assert_eq!(desk.up(Some(&roundabout), &chosen), Err(6));
    assert_eq!(desk.up(Some(&roundabout), &trusting()), Ok(5.0));
}

#[test]
fn looking_needs_no_trust_and_gives_none() {
    let desk = Desk::with_both();
    let seen = look(&desk.context, None).unwrap();
    assert_eq!((seen.source(), seen.monitor.up), (".agent/policy.yaml", 5.0));
    assert_eq!(desk.up(None, &TeamArgs::default()), Err(6));
}

#[test]
fn a_mistake_is_a_matter_of_configuration_and_a_missing_file_too() {
    let desk = Desk::new();
    let wrong = desk.file("wrong.yaml", "monitor: {upp: 7}\n");
    assert_eq!(desk.up(Some(&wrong), &TeamArgs::default()), Err(2));
    assert_eq!(desk.up(Some(Path::new("nowhere.yaml")), &TeamArgs::default()), Err(2));
}
