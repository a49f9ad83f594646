//! This machine: program, git, shell, toolchain, terminal, workspace, and what protects it.

use std::io::IsTerminal;
use std::path::Path;

use super::check::Check;
use super::programs;
use crate::config::Context;
use crate::config::guards;

/// Looks at all of it.
pub(super) async fn checks(context: &Context) -> Vec<Check> {
    let mut checks = vec![version(), git(context).await, shell(context)];
    if context.root.join("Cargo.toml").is_file() {
        checks.push(program(context, "cargo").await);
        checks.push(program(context, "rustc").await);
    }
    checks.extend([terminal(context), workspace(&context.root)]);
    checks.extend(sandbox(context));
    checks
}

fn version() -> Check {
    let found = format!("agent {} on {} ({})", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    match std::env::consts::OS {
        "linux" => Check::ok("version", found),
        _ => Check::warn("version", found, "this version is tested on Linux only"),
    }
}

async fn git(context: &Context) -> Check {
    let hint = "install git: without it agents see no diff, and `agent demo` cannot play";
    match programs::find(&context.environment, "git") {
        None => Check::warn("git", "not in PATH", hint),
        Some(path) => match programs::version(&path).await {
            Ok(version) => Check::ok("git", format!("{version} ({})", path.display())),
            Err(why) => Check::warn("git", why, hint),
        },
    }
}

fn shell(context: &Context) -> Check {
    match programs::find(&context.environment, "bash") {
        Some(path) => Check::ok("shell", path.display().to_string()),
        None if cfg!(unix) => Check::warn("shell", "no bash in PATH", "commands of agents run with /bin/sh instead"),
        None => Check::warn("shell", "no bash in PATH", "install one: commands of agents need it"),
    }
}

/// A program that a Rust repository needs.
async fn program(context: &Context, name: &str) -> Check {
    let hint = "the repository is a Rust one: without the toolchain its tests cannot run";
    match programs::find(&context.environment, name) {
        None => Check::warn(name, "not in PATH", hint),
        Some(path) => match programs::version(&path).await {
            Ok(version) => Check::ok(name, version),
            Err(why) => Check::warn(name, why, hint),
        },
    }
}

fn terminal(context: &Context) -> Check {
    let said = |is: bool| if is { "a terminal" } else { "not a terminal" };
    let variable =
        |name: &str| context.environment.get(name).map_or(format!("{name} unset"), |value| format!("{name}={value}"));
    let found = format!(
        "input is {}, output is {}, {}, {}",
        said(std::io::stdin().is_terminal()),
        said(std::io::stdout().is_terminal()),
        variable("TERM"),
        variable("NO_COLOR")
    );
    Check::ok("terminal", found)
}

fn workspace(root: &Path) -> Check {
    let instructions: Vec<&str> =
        ["AGENTS.md", "CLAUDE.md"].into_iter().filter(|name| root.join(name).is_file()).collect();
    let instructions = match instructions.as_slice() {
        [] => "no AGENTS.md".to_owned(),
        some => format!("instructions in {}", some.join(" and ")),
    };
    match root.ancestors().find(|folder| folder.join(".git").exists()) {
        Some(top) if top == root => {
            Check::ok("workspace", format!("{}, a git repository, {instructions}", root.display()))
        }
        Some(top) => {
            let found = format!("{}, in the git repository {}, {instructions}", root.display(), top.display());
            Check::ok("workspace", found)
                .with_hint("agents reach this folder and what is below it, not the rest of the repository")
        }
        None => Check::warn(
            "workspace",
            format!("{}, not in a git repository, {instructions}", root.display()),
            "`git init` and a first commit: then agents, and you, see what changed and can take it back",
        ),
    }
}

/// Each step that the wall around commands stands upon, tried anew: a last one tries to break out of it.
fn sandbox(context: &Context) -> Vec<Check> {
    let consequence = "; until then `agent run` refuses to work (exit code 6) unless --no-sandbox is typed, and chat asks for each command";
    match guards::ladder(context) {
        Ok(ladder) => ladder
            .steps
            .into_iter()
            .map(|step| {
                let name = format!("sandbox: {}", step.name);
                match (step.holds, step.fix) {
                    (true, None) => Check::ok(name, step.found),
                    (true, Some(fix)) => Check::ok(name, step.found).with_hint(fix),
                    (false, fix) => Check::warn(name, step.found, fix.unwrap_or_default() + consequence),
                }
            })
            .collect(),
        Err(error) => vec![Check::warn("sandbox", format!("{error:#}"), "mend that first")],
    }
}
