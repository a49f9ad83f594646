//! Text of a wanted size: prose and code of this very repository, so that it has the shape of what agents really read.
#![expect(clippy::disallowed_methods, reason = "reads the repository's own documents and sources")]

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use tiktoken_rs::{CoreBPE, Rank};

/// Crates whose sources the workspace is made of.
const CODE: [&str; 6] = ["wire", "tools", "catalogue", "brains", "simulator", "store"];

/// How the request for a summary begins.
pub(crate) const CUE: &str = "<compaction>";

/// Words to take from.
pub(crate) struct Words {
    bpe: &'static CoreBPE,
    /// Documents, as tokens.
    prose: Vec<Rank>,
    /// Sources, line by line.
    code: Vec<String>,
}

impl Words {
    /// Reads documents and sources.
    pub(crate) fn load() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut documents = vec![root.join("README.md"), root.join("AGENTS.md")];
        documents.extend(files(&root.join("docs"), "md")?);
        let mut sources = Vec::new();
        for name in CODE {
            sources.extend(files(&root.join("crates").join(name).join("src"), "rs")?);
        }
        let bpe = tiktoken_rs::o200k_base_singleton();
        let code: Vec<String> = lines(&sources)?;
        // Documents alone are less than a long prompt: some code follows them, as it does in instructions.
        let mut prose = lines(&documents)?;
        prose.extend(code.iter().take(2_000).cloned());
        let prose = bpe.encode_ordinary(&prose.join("\n"));
        ensure!(prose.len() > 30_000 && code.len() > 12_000, "the repository's own text is missing");
        Ok(Self { bpe, prose, code })
    }

    /// Tokens of a text.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.bpe.count_ordinary(text)
    }

    /// Prose of about this many tokens, from somewhere in the documents.
    pub(crate) fn prose(&self, tokens: usize, from: usize) -> anyhow::Result<String> {
        let start = (from * 911) % self.prose.len();
        let cut: Vec<Rank> = self.prose.iter().cycle().skip(start).take(tokens).copied().collect();
        self.bpe.decode(&cut).map_err(|error| anyhow::anyhow!("{error}"))
    }

    /// A source file that counts about this many tokens when it is read with line numbers; the `number` says which.
    pub(crate) fn file(&self, number: usize, tokens: usize) -> String {
        let start = number * 260 % self.code.len();
        let mut text = String::new();
        let mut left = tokens.saturating_sub(20);
        for (at, line) in self.code.iter().cycle().skip(start).enumerate() {
            let cost = self.count(&format!("{}\t{line}\n", at + 1));
            if cost > left {
                break;
            }
            left -= cost;
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// Files with this ending below a folder, sorted.
fn files(folder: &Path, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Lines that say something, in plain ASCII: a cut between two tokens is then never within a character.
fn lines(files: &[PathBuf]) -> anyhow::Result<Vec<String>> {
    let mut lines = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let plain = text.lines().filter(|line| line.is_ascii() && !line.trim().is_empty() && line.len() < 200);
        // The documents show the prompts: what a script waits for must not be said by chance.
        lines.extend(plain.filter(|line| !line.contains(CUE)).map(str::to_owned));
    }
    Ok(lines)
}
