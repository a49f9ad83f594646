//! Grants: from modules to the tools an agent is given.

use catalogue::yaml::Path;

use crate::error::{Mistake, TeamErrorKind, did_you_mean};
use crate::load::LoadOptions;
use crate::schema::{AgentFile, ModuleField};
use crate::spec::Role;
use crate::tools::{self, CHANGING, MODULES, PLAIN};

/// What an agent was given.
#[derive(Debug)]
pub(super) struct Granted {
    /// Its tools, in schema order.
    pub(super) names: Vec<String>,
    /// Those that `take_over` has to open.
    pub(super) takes_over: Vec<String>,
    /// Those the file left out and the role cannot do without.
    pub(super) added: Vec<String>,
}

/// Reads an agent's modules.
pub(super) fn tools(
    agent: &AgentFile,
    role: Role,
    solo: bool,
    path: &Path,
    options: &LoadOptions,
) -> Result<Granted, Mistake> {
    let grant = Grant { role, solo, known: known(options) };
    let mut names = Vec::new();
    match &agent.modules {
        None => {
            let defaults = tools::defaults(role, solo).iter().map(|tool| (*tool).to_owned());
            names.extend(defaults.filter(|tool| grant.known.contains(tool)));
        }
        Some(modules) => {
            for (index, module) in modules.iter().enumerate() {
                let path = path.key("modules").index(index);
                match module {
                    ModuleField::Name(name) => grant.plain(name, &path, &mut names)?,
                    ModuleField::Some(picked) => {
                        for (module, picked) in picked {
                            grant.picked(module, picked, &path.key(module), &mut names)?;
                        }
                    }
                }
            }
        }
    }
    let mut added = Vec::new();
    let needed = match (solo, role) {
        (true, _) => None,
        (false, Role::Coordinator) => Some("delegate"),
        (false, Role::Specialist) => Some("report"),
    };
    if let Some(needed) = needed.filter(|needed| !names.iter().any(|name| name == needed)) {
        names.push(needed.to_owned());
        added.push(needed.to_owned());
    }
    let position = |name: &String| grant.known.iter().position(|known| known == name);
    names.sort_by_key(position);
    names.dedup();
    let opens = names.iter().any(|name| name == "take_over");
    let takes_over = names.iter().filter(|name| opens && CHANGING.contains(&name.as_str())).cloned().collect();
    Ok(Granted { names, takes_over, added })
}

fn known(options: &LoadOptions) -> Vec<String> {
    if options.known_tools.is_empty() { tools::all().map(str::to_owned).collect() } else { options.known_tools.clone() }
}

struct Grant {
    role: Role,
    solo: bool,
    known: Vec<String>,
}

impl Grant {
    /// A module with all its tools, or a single tool.
    fn plain(&self, name: &str, path: &Path, names: &mut Vec<String>) -> Result<(), Mistake> {
        if let Some((_, members)) = MODULES.iter().find(|(module, _)| *module == name) {
            // The whole of a module means what of it this role can have.
            let fitting = members.iter().filter(|(_, tool)| tools::refusal(tool, self.role, self.solo).is_none());
            names.extend(fitting.map(|(_, tool)| (*tool).to_owned()).filter(|tool| self.known.contains(tool)));
            return Ok(());
        }
        if !self.known.iter().any(|known| known == name) {
            let modules: Vec<&str> = MODULES.iter().map(|(module, _)| *module).chain(PLAIN.iter().copied()).collect();
            let hint = did_you_mean(name, modules.iter().copied().chain(self.known.iter().map(String::as_str)));
            let problem = format!("unknown module or tool `{name}`; allowed: {}{hint}", modules.join(", "));
            return Err(Mistake::at(TeamErrorKind::UnknownTool, path.clone(), problem));
        }
        self.give(name, path, names)
    }

    /// Some tools of a module.
    fn picked(&self, module: &str, picked: &[String], path: &Path, names: &mut Vec<String>) -> Result<(), Mistake> {
        let Some((_, members)) = MODULES.iter().find(|(known, _)| *known == module) else {
            let modules: Vec<&str> = MODULES.iter().map(|(module, _)| *module).collect();
            let hint = did_you_mean(module, modules.iter().copied());
            let problem = format!("unknown module `{module}`; modules with tools: {}{hint}", modules.join(", "));
            return Err(Mistake::at_key(TeamErrorKind::UnknownTool, path.clone(), problem));
        };
        let allowed: Vec<&str> = members.iter().map(|(short, _)| *short).collect();
        if picked.is_empty() {
            let problem =
                format!("is an empty list; name some of {}, or write `- {module}` for all", allowed.join(", "));
            return Err(Mistake::at(TeamErrorKind::Value, path.clone(), problem));
        }
        for (index, name) in picked.iter().enumerate() {
            let path = path.index(index);
            let member = members.iter().find(|(short, tool)| short == name || tool == name);
            match member.filter(|(_, tool)| self.known.iter().any(|known| known == tool)) {
                Some((_, tool)) => self.give(tool, &path, names)?,
                None => {
                    let hint = did_you_mean(name, allowed.iter().copied());
                    let problem =
                        format!("unknown tool `{name}` of module {module}; allowed: {}{hint}", allowed.join(", "));
                    return Err(Mistake::at(TeamErrorKind::UnknownTool, path, problem));
                }
            }
        }
        Ok(())
    }

    fn give(&self, tool: &str, path: &Path, names: &mut Vec<String>) -> Result<(), Mistake> {
        if let Some(why) = tools::refusal(tool, self.role, self.solo) {
            let problem = format!("`{tool}` is not for this agent: {why}");
            return Err(Mistake::at(TeamErrorKind::ToolNotForRole, path.clone(), problem));
        }
        names.push(tool.to_owned());
        Ok(())
    }
}
