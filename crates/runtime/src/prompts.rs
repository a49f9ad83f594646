//! System prompts: written as prose in `prompts/*.md`, filled in with names only, so that an agent's prompt is the same
//! bytes in every session.

use team::{AgentSpec, Team};

/// Which prompt an agent gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Leads specialists.
    Main,
    /// Works on briefs.
    Specialist,
    /// Works alone.
    Solo,
}

impl Role {
    /// The role an agent plays in its team.
    pub fn of(team: &Team, agent: &AgentSpec) -> Self {
        if agent.tools.iter().any(|tool| tool == "delegate") {
            Self::Main
        } else if agent.id == team.main().id {
            Self::Solo
        } else {
            Self::Specialist
        }
    }
}

/// The system prompt of an agent, in blocks: the role's prose first (shared by all agents of a role and name), then what
/// the team file adds.
pub fn system_prompt(team: &Team, agent: &AgentSpec) -> Vec<String> {
    let specialty = agent.specialty.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
    let prose = match Role::of(team, agent) {
        Role::Main => include_str!("prompts/main.md"),
        Role::Specialist => include_str!("prompts/specialist.md"),
        Role::Solo => include_str!("prompts/solo.md"),
    };
    let own_hands = if agent.takes_over.is_empty() {
        include_str!("prompts/main_open.md")
    } else {
        include_str!("prompts/main_take_over.md")
    };
    let prose = prose
        .replace("{agent}", agent.id.as_str())
        .replace("{specialty}", &specialty)
        .replace("{own_hands}", own_hands.trim());
    let mut blocks = vec![prose];
    let mut definition = String::new();
    if Role::of(team, agent) == Role::Specialist {
        // Behind the prose: what all specialists of a model share stands first, and is cached once for all of them.
        definition.push_str(&format!("You are `{}`{specialty}.\n", agent.id));
    }
    if Role::of(team, agent) == Role::Main {
        definition.push_str("# Your team\n");
        for specialist in team.specialists().filter(|other| agent.delegates_to.contains(&other.id)) {
            let what = specialist.specialty.as_deref().unwrap_or("general work in the repository");
            definition.push_str(&format!("- `{}`: {what}\n", specialist.id));
        }
        if !team.verify.is_empty() {
            definition.push_str("\n# Verify entries\n");
            for entry in &team.verify {
                definition.push_str(&format!("- `{}`: `{}`\n", entry.name, entry.command));
            }
        }
    }
    if let Some(instructions) = &agent.instructions {
        definition.push_str(&format!("\n# Instructions of this team\n{}\n", instructions.trim()));
    }
    if !definition.is_empty() {
        blocks.push(definition.trim().to_owned());
    }
    blocks
}
