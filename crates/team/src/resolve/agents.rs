//! Agents: who is what, who may delegate to whom, and where their work ends.

use catalogue::yaml::Path;
use protocol::{AgentId, Brain};

use super::{at_least_one, brains, grants, ladders, positive, windows};
use crate::error::{Mistake, TeamErrorKind, did_you_mean};
use crate::load::LoadOptions;
use crate::schema::{AgentFile, File};
use crate::settings::Compaction;
use crate::show::Sources;
use crate::spec::{AgentSpec, Audience, Limits, Role};

/// Steps of one delegation, and of a turn of the coordinator.
const STEPS: (u32, u32) = (15, 60);
/// Minutes of the same.
const MINUTES: (u32, u32) = (20, 120);

/// All agents, in the order of the file.
pub(super) fn resolve(
    file: &File,
    compaction: &Compaction,
    options: &LoadOptions,
    sources: &mut Sources,
    notes: &mut Vec<String>,
) -> Result<Vec<AgentSpec>, Mistake> {
    let list = file.agents.as_deref().unwrap_or_default();
    if list.is_empty() {
        let problem =
            "is an empty list; declare one agent at least, or leave `agents` out for the built-in team tandem";
        return Err(Mistake::at(TeamErrorKind::Coordinator, Path::default().key("agents"), problem));
    }
    let path = |index: usize| Path::default().key("agents").index(index);
    names(list)?;
    let roles = roles(list, notes)?;
    let solo = list.len() == 1;
    let delegates = delegations(list, &roles)?;
    let mut agents = Vec::new();
    for (index, (agent, role)) in list.iter().zip(&roles).enumerate() {
        let path = path(index);
        let brain = brains::brain(agent.brain.as_ref(), &path.key("brain"), *role, file, options)?;
        let tools = grants::tools(agent, *role, solo, &path, options)?;
        let (context, escalate_to) = windows::of_specialist(agent, *role, &path)?;
        let compaction = windows::compaction(&agent.compaction, compaction, &path.key("compaction"), file, options)?;
        let ladder = ladders::ladder(agent, &brain.brain, &path.key("ladder"), *role, file, options)?;
        sources.brain(&agent.id, brain.via);
        sources.added(&agent.id, &tools.added);
        let limits = limits(agent, *role, &path.key("limits"))?;
        note_defaults(agent, *role, solo, &brain.brain, &tools, limits, notes);
        agents.push(AgentSpec {
            id: AgentId::new(agent.id.clone()),
            role: *role,
            specialty: agent.specialty.clone(),
            brain: brain.brain,
            ladder,
            instructions: agent.instructions.clone(),
            tools: tools.names,
            takes_over: tools.takes_over,
            audience: agent.audience.unwrap_or(default_audience(*role)),
            limits,
            delegates_to: delegates[index].iter().map(|id| AgentId::new(id.clone())).collect(),
            compaction,
            context,
            keep_warm: agent.keep_warm.or(file.cache.keep_warm).unwrap_or_default(),
            escalate_to,
        });
    }
    note_unreached(&agents, notes);
    Ok(agents)
}

fn default_audience(role: Role) -> Audience {
    match role {
        Role::Coordinator => Audience::Human,
        Role::Specialist => Audience::Agent,
    }
}

fn names(list: &[AgentFile]) -> Result<(), Mistake> {
    for (index, agent) in list.iter().enumerate() {
        let path = Path::default().key("agents").index(index).key("id");
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if agent.id.is_empty() || agent.id.len() > 64 || !agent.id.bytes().all(plain) {
            let problem = format!("found `{}`; allowed are 1 to 64 letters, digits, `-` and `_`", agent.id);
            return Err(Mistake::at(TeamErrorKind::Value, path, problem));
        }
        if list[..index].iter().any(|earlier| earlier.id == agent.id) {
            let problem = format!("a second agent named `{}`; every agent needs its own id", agent.id);
            return Err(Mistake::at(TeamErrorKind::DuplicateName, path, problem));
        }
    }
    Ok(())
}

fn roles(list: &[AgentFile], notes: &mut Vec<String>) -> Result<Vec<Role>, Mistake> {
    let wrong = |index: usize, problem: String| {
        let path = Path::default().key("agents").index(index).key("role");
        Err(Mistake::at(TeamErrorKind::Coordinator, path, problem))
    };
    if let [only] = list {
        if only.role == Some(Role::Specialist) {
            return wrong(
                0,
                "found specialist; the only agent of a team is its coordinator: leave `role` out".to_owned(),
            );
        }
        return Ok(vec![Role::Coordinator]);
    }
    let named: Vec<usize> =
        list.iter().enumerate().filter(|(_, agent)| agent.role == Some(Role::Coordinator)).map(|(at, _)| at).collect();
    let coordinator = match named[..] {
        [one] => one,
        [first, second, ..] => {
            let first = &list[first].id;
            return wrong(
                second,
                format!("a second coordinator; `{first}` is one already, and a team has exactly one"),
            );
        }
        [] if list[0].role.is_none() => {
            notes.push(format!("{}: no agent is named coordinator, so the first one is", list[0].id));
            0
        }
        [] => {
            let problem = "no agent is the coordinator; a team has exactly one: give one agent `role: coordinator`";
            return wrong(0, problem.to_owned());
        }
    };
    Ok((0..list.len()).map(|at| if at == coordinator { Role::Coordinator } else { Role::Specialist }).collect())
}

/// Who may delegate to whom, by agent.
fn delegations(list: &[AgentFile], roles: &[Role]) -> Result<Vec<Vec<String>>, Mistake> {
    let specialists: Vec<String> = list
        .iter()
        .zip(roles)
        .filter(|(_, role)| **role == Role::Specialist)
        .map(|(agent, _)| agent.id.clone())
        .collect();
    let mut edges = Vec::new();
    for (index, (agent, role)) in list.iter().zip(roles).enumerate() {
        let path = Path::default().key("agents").index(index).key("delegates_to");
        edges.push(match (&agent.delegates_to, role) {
            (Some(named), _) => {
                addressees(named, list, &path)?;
                named.clone()
            }
            (None, Role::Coordinator) => specialists.clone(),
            (None, Role::Specialist) => Vec::new(),
        });
    }
    for (index, agent) in list.iter().enumerate() {
        let path = Path::default().key("agents").index(index).key("delegates_to");
        if let Some(circle) = circle_from(index, list, &edges) {
            let problem = format!("delegation leads back to where it began: {}", circle.join(" -> "));
            // Blame the entry that closes the circle, on the agent that says so itself.
            let says_so = agent.delegates_to.is_some() && roles[index] == Role::Specialist;
            if says_so || circle.len() == 2 {
                let entry = edges[index].iter().position(|id| *id == circle[1]).unwrap_or(0);
                return Err(Mistake::at(TeamErrorKind::Cycle, path.index(entry), problem));
            }
        } else if roles[index] == Role::Specialist && !edges[index].is_empty() {
            let problem = "a specialist cannot delegate: delegation is one level deep, from the coordinator";
            return Err(Mistake::at_key(TeamErrorKind::ToolNotForRole, path, problem));
        }
    }
    Ok(edges)
}

fn addressees(named: &[String], list: &[AgentFile], path: &Path) -> Result<(), Mistake> {
    for (at, id) in named.iter().enumerate() {
        if !list.iter().any(|agent| agent.id == *id) {
            let known: Vec<&str> = list.iter().map(|agent| agent.id.as_str()).collect();
            let hint = did_you_mean(id, known.iter().copied());
            let problem = format!("unknown agent `{id}`; agents of this team: {}{hint}", known.join(", "));
            return Err(Mistake::at(TeamErrorKind::UnknownAgent, path.index(at), problem));
        }
        if named[..at].contains(id) {
            let problem = format!("`{id}` is named twice");
            return Err(Mistake::at(TeamErrorKind::DuplicateName, path.index(at), problem));
        }
    }
    Ok(())
}

/// The shortest way from an agent back to itself.
fn circle_from(start: usize, list: &[AgentFile], edges: &[Vec<String>]) -> Option<Vec<String>> {
    let mut ways = std::collections::VecDeque::from([vec![start]]);
    let mut seen = vec![false; list.len()];
    while let Some(way) = ways.pop_front() {
        for id in &edges[*way.last()?] {
            let next = list.iter().position(|agent| agent.id == *id)?;
            if next == start {
                let names = way.iter().chain([&start]).map(|at| list[*at].id.clone());
                return Some(names.collect());
            }
            if !std::mem::replace(&mut seen[next], true) {
                ways.push_back(way.iter().copied().chain([next]).collect());
            }
        }
    }
    None
}

fn limits(agent: &AgentFile, role: Role, path: &Path) -> Result<Limits, Mistake> {
    let of_role = |(specialist, coordinator): (u32, u32)| match role {
        Role::Coordinator => coordinator,
        Role::Specialist => specialist,
    };
    positive(agent.limits.usd, path)?;
    at_least_one(agent.limits.steps, path, "steps")?;
    at_least_one(agent.limits.minutes, path, "minutes")?;
    Ok(Limits {
        steps: agent.limits.steps.unwrap_or(of_role(STEPS)),
        usd: agent.limits.usd,
        minutes: agent.limits.minutes.unwrap_or(of_role(MINUTES)),
    })
}

/// One sentence on what the role filled in, and one per tool that the role cannot do without.
fn note_defaults(
    agent: &AgentFile,
    role: Role,
    solo: bool,
    brain: &Brain,
    tools: &grants::Granted,
    limits: Limits,
    notes: &mut Vec<String>,
) {
    let mut filled = Vec::new();
    if agent.brain.as_ref().is_none_or(brains::names_no_model) {
        filled.push(format!("brain {} ({brain})", brains::default_alias(role)));
    }
    if agent.modules.is_none() {
        filled.push(format!("tools {}", tools.names.join(", ")));
    }
    if agent.limits.steps.is_none() {
        filled.push(format!("limits.steps {}", limits.steps));
    }
    if agent.limits.minutes.is_none() {
        filled.push(format!("limits.minutes {}", limits.minutes));
    }
    let whose = if solo { "a team of one".to_owned() } else { format!("role {}", role.as_str()) };
    if !filled.is_empty() {
        notes.push(format!("{}: left out and taken from the default of {whose}: {}", agent.id, filled.join("; ")));
    }
    for tool in &tools.added {
        notes.push(format!("{}: got the tool `{tool}` too; {whose} cannot work without it", agent.id));
    }
}

fn note_unreached(agents: &[AgentSpec], notes: &mut Vec<String>) {
    let reached = |id: &AgentId| agents.iter().any(|agent| agent.delegates_to.contains(id));
    for agent in agents.iter().filter(|agent| agent.role == Role::Specialist && !reached(&agent.id)) {
        notes.push(format!("{}: nobody delegates to it", agent.id));
    }
}
