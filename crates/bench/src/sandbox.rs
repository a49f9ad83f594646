//! The figure `sandbox`: what the wall adds to a command. The same line runs alternately without and with it, from being asked
//! for until everything behind it is cleaned up, with the release binary as the stage.
#![expect(clippy::disallowed_methods, reason = "starts commands and asks for the time: that is what is measured")]

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, ensure};
use permissions::places;
use sandbox::{Limits, Mode, Network, Profile, Sandbox, Stage};
use serde_json::json;

use crate::figure::{Figure, machine, progress};

/// What has to hold, in milliseconds.
const ADDED_P50_MS: f64 = 10.0;
const SPAWN_P95_MS: f64 = 15.0;

/// Pairs that are counted, behind a few that only warm the page cache.
const PAIRS: usize = 300;
const WARM_UP: usize = 20;

/// Folders of the workspace, and files in each.
const FOLDERS: usize = 20;
const FILES: usize = 10;

/// Measures it. `agent`: the program to measure.
pub(crate) fn measure(agent: &Path) -> anyhow::Result<Figure> {
    progress(&format!("measuring {}", agent.display()));
    let ground = tempfile::tempdir().context("no temporary folder")?;
    let sandbox = open(agent, ground.path())?;
    let (mut plain, mut walled, mut around) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..WARM_UP + PAIRS {
        let (without, with) = (plain_ms(&sandbox)?, walled_ms(&sandbox)?);
        if pair >= WARM_UP {
            plain.push(without);
            walled.push(with.whole);
            around.push(with.around);
        }
    }
    let added: Vec<f64> = plain.iter().zip(&walled).map(|(without, with)| with - without).collect();
    let (plain_ms, walled_ms, walled_p95) = (quantile(&plain, 0.5), quantile(&walled, 0.5), quantile(&walled, 0.95));
    let (added_p50, added_p95) = (quantile(&added, 0.5), quantile(&added, 0.95));
    let verdict = |holds: bool| if holds { "holds" } else { "MISSED" };
    Ok(Figure {
        lines: vec![
            format!("{PAIRS} commands without the wall {plain_ms:>8.2} ms at p50"),
            format!("{PAIRS} commands with the wall    {walled_ms:>8.2} ms at p50, {walled_p95:.2} ms at p95"),
            format!(
                "added at p50                  {added_p50:>8.2} ms  under {ADDED_P50_MS} ms: {}",
                verdict(added_p50 < ADDED_P50_MS)
            ),
            format!(
                "with the wall at p95          {walled_p95:>8.2} ms  at most {SPAWN_P95_MS} ms: {}",
                verdict(walled_p95 <= SPAWN_P95_MS)
            ),
        ],
        json: json!({
            "plain_ms": rounded(plain_ms),
            "sandboxed_ms": rounded(walled_ms),
            "sandboxed_p95_ms": rounded(walled_p95),
            "before_and_behind_ms": rounded(quantile(&around, 0.5)),
            "added_p50_ms": rounded(added_p50),
            "added_p95_ms": rounded(added_p95),
            "pairs": PAIRS,
            "machine": machine(),
        }),
    })
}

fn open(agent: &Path, ground: &Path) -> anyhow::Result<Sandbox> {
    let root = ground.join("workspace");
    for folder in 0..FOLDERS {
        let folder = root.join(format!("src/part{folder}"));
        fs::create_dir_all(&folder)?;
        for file in 0..FILES {
            fs::write(folder.join(format!("file{file}.rs")), "fn main() {}\n")?;
        }
    }
    let made = Command::new("git").args(["init", "-q"]).current_dir(&root).status().context("git cannot be started")?;
    ensure!(made.success(), "`git init` ended with {made}");
    let home = ground.join("home");
    fs::create_dir_all(home.join(".ssh"))?;
    let profile = Profile {
        mode: Mode::Workspace,
        network: Network::usual(&Mode::Workspace),
        protected: places::mounted(&root, &home),
        hidden: places::credentials(&home),
        root,
        writable: Vec::new(),
        readable: Vec::new(),
        session_tmp: ground.join("tmp"),
        state: ground.join("state"),
        stage: Stage {
            program: agent.to_owned(),
            first: vec!["__stage".to_owned()],
            bridge: vec!["__netbridge".to_owned()],
        },
        limits: Limits::default(),
    };
    Sandbox::open(profile).map_err(|error| anyhow::anyhow!("{error}\n{}", error.ladder))
}

/// A line of the shell that does nothing.
fn line() -> [OsString; 3] {
    ["/bin/bash".into(), "-c".into(), "true".into()]
}

fn environment() -> Vec<(String, String)> {
    vec![("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin".to_owned()), ("HOME".to_owned(), "/".to_owned())]
}

fn plain_ms(sandbox: &Sandbox) -> anyhow::Result<f64> {
    let [program, arguments @ ..] = line();
    let began = Instant::now();
    run(Command::new(program).args(arguments).env_clear().envs(environment()).current_dir(&sandbox.profile().root))?;
    Ok(began.elapsed().as_secs_f64() * 1000.0)
}

/// A command behind the wall, in milliseconds.
struct Walled {
    /// From being asked for until everything is cleaned up.
    whole: f64,
    /// What of it our own process takes: looking at the workspace before, and behind.
    around: f64,
}

fn walled_ms(sandbox: &Sandbox) -> anyhow::Result<Walled> {
    let (line, environment) = (line(), environment());
    let began = Instant::now();
    let prepared = sandbox.prepare(&line, &sandbox.profile().root, &environment)?;
    let mut command = Command::new(&prepared.program);
    let before = began.elapsed();
    run(command.args(&prepared.arguments).env_clear().envs(prepared.environment).current_dir(&prepared.folder))?;
    let ran = began.elapsed();
    let ended = prepared.guard.finish();
    let took = began.elapsed();
    ensure!(ended.started.is_ok(), "the wall did not come up: {ended:?}");
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
    Ok(Walled { whole: ms(took), around: ms(before + (took - ran)) })
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.stdin(Stdio::null()).status().context("a command cannot be started")?;
    ensure!(status.success(), "a command that does nothing ended with {status}");
    Ok(())
}

/// The value below which this part of all values lies, by the nearest rank.
fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (part * (sorted.len().saturating_sub(1)) as f64).round() as usize;
    sorted.get(at).copied().unwrap_or_default()
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let values = [5.0, 1.0, 3.0, 2.0, 4.0];
        assert_eq!((quantile(&values, 0.5), quantile(&values, 0.95), quantile(&values, 0.0)), (3.0, 5.0, 1.0));
        assert_eq!(quantile(&[], 0.5), 0.0);
    }
}
