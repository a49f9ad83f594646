//! What guards a session's commands: the sandbox, as flag and user's file want it, and the rules.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use permissions::places;
use permissions::rules::{RuleSet, Source};
use routing::{Policy, SandboxPolicy};
use sandbox::net::{Denied, HostRule, NetEvent, Outcome, Proxy, ProxyConfig};
use sandbox::probe::{self, Machine};
use sandbox::{Ladder, Limits, Mode, Network, Profile, Sandbox, Stage, Unavailable};
use tempfile::TempDir;
use tools::permissions::DeniedHosts;
use tools::{ApprovalMode, Guards, Wall};

use super::context::Context;
use super::policy;
use crate::args::SandboxArgs;
use crate::failure::Failure;

/// The word behind which this program is the stage of its own sandbox.
pub(crate) const STAGE: &str = "__stage";
/// The word behind which it is the bridge to the proxy.
pub(crate) const BRIDGE: &str = "__netbridge";

/// What is said where commands run without a sandbox.
pub(crate) const UNGUARDED: &str = "UNSANDBOXED: commands can write and reach whatever you can";

/// Guards that are up. The session must not outlive them.
pub(crate) struct Up {
    pub(crate) guards: Guards,
    /// What the person should know, for as long as the session lasts.
    pub(crate) banner: Option<String>,
    _tmp: Option<TempDir>,
    _proxy: Option<Proxy>,
}

impl Up {
    /// How far commands may go, in a word.
    pub(crate) fn mode(&self) -> String {
        match &self.guards.wall {
            Wall::Inside(sandbox) => sandbox.profile().mode.to_string(),
            Wall::Off | Wall::Missing => Mode::Off.to_string(),
        }
    }
}

/// Puts up the guards. `person`: somebody is there who can be asked.
///
/// # Errors
/// Refused (6) where there can be no sandbox and nobody can be asked; 2 for what is wrong in a file or flag.
pub(crate) fn open(
    context: &Context,
    policy: &Policy,
    flags: &SandboxArgs,
    approval: ApprovalMode,
    person: bool,
) -> anyhow::Result<Up> {
    let user = policy::users(context)?;
    let rules = Arc::new(rules(context, policy, &user)?);
    let denied = DeniedHosts::default();
    let home = context.environment.get("HOME").map(PathBuf::from);
    let up = |wall, banner, tmp, proxy| Up {
        guards: Guards { wall, rules: rules.clone(), home: home.clone(), denied: denied.clone() },
        banner,
        _tmp: tmp,
        _proxy: proxy,
    };
    let mode = mode(flags, &user.sandbox, approval)?;
    if mode == Mode::Off {
        return Ok(up(Wall::Off, Some(UNGUARDED.to_owned()), None, None));
    }
    let tmp = tempfile::Builder::new().prefix("tandem-").tempdir().context("no temporary folder can be made")?;
    let proxy = match &mode {
        Mode::WorkspaceNet(hosts) => Some(start_proxy(tmp.path(), hosts.clone(), denied.clone())?),
        _ => None,
    };
    let profile = profile(context, mode, &user.sandbox, tmp.path(), proxy.as_ref())?;
    match Sandbox::open(profile) {
        Ok(sandbox) => Ok(up(Wall::Inside(Arc::new(sandbox)), None, Some(tmp), proxy)),
        Err(unavailable) if person => {
            Ok(up(Wall::Missing, Some(format!("{UNGUARDED}, so each one is asked for. {unavailable}")), None, None))
        }
        Err(unavailable) => Err(refused(unavailable)),
    }
}

/// Guards for what this program itself has made, a demo: inside where that can be, and said where there can be no sandbox.
///
/// # Errors
/// As [`open`], but for a machine that can have no sandbox.
pub(crate) fn of_demo(context: &Context) -> anyhow::Result<Up> {
    let flags = SandboxArgs::default();
    let up = open(context, &Policy::builtin(), &flags, ApprovalMode::Auto, false);
    up.or_else(|error| match error.downcast_ref::<Unavailable>() {
        Some(unavailable) => Ok(Up {
            guards: Guards::default(),
            banner: Some(format!("the demo's own commands run without a sandbox: {unavailable}")),
            _tmp: None,
            _proxy: None,
        }),
        None => Err(error),
    })
}

/// Whether there can be a sandbox in this workspace, step by step, the self-test included.
///
/// # Errors
/// The user's policy cannot be read, or there is no temporary folder.
pub(crate) fn ladder(context: &Context) -> anyhow::Result<Ladder> {
    let user = policy::users(context)?;
    let tmp = tempfile::tempdir().context("no temporary folder can be made")?;
    let profile = profile(context, Mode::Workspace, &user.sandbox, tmp.path(), None)?;
    Ok(probe::ladder(&profile, &Machine::default()))
}

/// What it is stays within, for those to whom that makes a difference.
fn refused(unavailable: Unavailable) -> anyhow::Error {
    let failure = Failure {
        code: 6,
        message: unavailable.to_string(),
        hint: Some(
            "`agent doctor` shows each step; --no-sandbox, typed each time, runs commands without one".to_owned(),
        ),
    };
    anyhow::Error::new(unavailable).context(failure)
}

fn mode(flags: &SandboxArgs, user: &SandboxPolicy, approval: ApprovalMode) -> anyhow::Result<Mode> {
    if flags.no_sandbox {
        return Ok(Mode::Off);
    }
    if let Some(mode) = &flags.sandbox {
        return Ok(mode.clone());
    }
    if approval == ApprovalMode::Deny || user.mode.as_deref() == Some("read-only") {
        return Ok(Mode::ReadOnly);
    }
    let hosts = user.hosts.iter().map(|host| {
        host.parse::<HostRule>().map_err(|error| Failure::usage(format!("sandbox.hosts in your policy.yaml: {error}")))
    });
    let hosts = hosts.collect::<anyhow::Result<Vec<_>>>()?;
    Ok(if hosts.is_empty() { Mode::Workspace } else { Mode::WorkspaceNet(hosts) })
}

/// The profile that `agent doctor` tests, and that sessions run with.
fn profile(
    context: &Context,
    mode: Mode,
    user: &SandboxPolicy,
    tmp: &Path,
    proxy: Option<&Proxy>,
) -> anyhow::Result<Profile> {
    let home = context.environment.get("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from);
    let whole = |place: &String| place.strip_prefix("~/").map_or_else(|| PathBuf::from(place), |rest| home.join(rest));
    let mut writable: Vec<PathBuf> = user.writable.iter().map(whole).collect();
    // Where the user has builds go.
    writable.extend(context.environment.get("CARGO_TARGET_DIR").map(PathBuf::from).filter(|place| place.is_absolute()));
    writable.retain(|place| place.is_dir());
    let mut hidden = places::credentials(&home);
    hidden.extend(user.hidden.iter().map(whole));
    Ok(Profile {
        network: proxy
            .map_or_else(|| Network::usual(&mode), |proxy| Network::Proxy { socket: proxy.socket().to_owned() }),
        mode,
        root: context.root.clone(),
        writable,
        readable: programs(context),
        protected: places::mounted(&context.root, &home),
        hidden,
        session_tmp: tmp.join("tmp"),
        state: context.home.state.clone(),
        stage: Stage {
            program: std::env::current_exe().context("this program does not know where it is")?,
            first: vec![STAGE.to_owned()],
            bridge: vec![BRIDGE.to_owned()],
        },
        limits: Limits::default(),
    })
}

/// Folders of the search path that would be out of sight because commands have a `/tmp` and a `/run` of their own.
fn programs(context: &Context) -> Vec<PathBuf> {
    let path = context.environment.get("PATH").unwrap_or_default();
    let folders = path.split(':').map(PathBuf::from).filter(|folder| folder.is_dir());
    folders.filter(|folder| ["/tmp", "/var/tmp", "/run"].iter().any(|top| folder.starts_with(top))).collect()
}

/// Longest host that is told of, in characters: a command chooses it.
const HOST_TOLD: usize = 100;

/// What is said of a host that was not let through; nothing where the sandbox was not what was in the way.
fn kept_from(event: &NetEvent, why: &Denied) -> Option<String> {
    let mut host: String = event.target.chars().take(HOST_TOLD).collect();
    if event.method != "CONNECT" && !host.contains(':') {
        host.push_str(":80");
    }
    match why {
        Denied::Unreachable(_) => None,
        Denied::NotListed => Some(format!(
            "the sandbox kept it from {host}; a person can add that to the hosts of --sandbox 'workspace+net({host},...)'"
        )),
        why => Some(format!("the sandbox kept it from {host}: {why}")),
    }
}

fn start_proxy(tmp: &Path, hosts: Vec<HostRule>, denied: DeniedHosts) -> anyhow::Result<Proxy> {
    let audit = move |event: NetEvent| match &event.outcome {
        Outcome::Allowed(address) => {
            tracing::info!(target: "sandbox", method = event.method, host = event.target, %address, "let through")
        }
        Outcome::Denied(why) => {
            kept_from(&event, why).into_iter().for_each(|words| denied.note(words));
            tracing::warn!(target: "sandbox", method = event.method, host = event.target, why = why.code(), "not let through")
        }
    };
    Proxy::start(ProxyConfig { audit: Arc::new(audit), ..ProxyConfig::new(tmp.join("net"), hosts) })
        .map_err(|error| Failure::refused(format!("no way out for the sandbox: {error}"), "start it without hosts"))
}

/// The user's rules, and those of the policy in force where it is another file.
fn rules(context: &Context, policy: &Policy, user: &Policy) -> anyhow::Result<RuleSet> {
    let of_project = policy::is_of_project(context, policy);
    let mut rules = RuleSet::none();
    let wrong = |error: permissions::rules::RuleError| Failure::usage(error.to_string());
    rules.add(&user.permissions, Source::User, user.source()).map_err(wrong)?;
    if policy.source() != user.source() {
        let source = if of_project { Source::Project } else { Source::User };
        rules.add(&policy.permissions, source, policy.source()).map_err(wrong)?;
    }
    let mut told = rules.remarks().to_vec();
    if of_project && policy.sandbox != SandboxPolicy::default() {
        told.push(format!(
            "{}: `sandbox` is not used: a project has no say in how far commands may go",
            policy.source()
        ));
    }
    told.iter().for_each(|words| crate::text::warn(words));
    Ok(rules)
}
