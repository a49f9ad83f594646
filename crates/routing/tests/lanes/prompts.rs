//! A policy is a file; a prompt is none.

use std::path::{Path, PathBuf};

use catalogue::Catalogue;

fn prompts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            prompts(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "md") || path.ends_with("fragments.rs") {
            found.push(path);
        }
    }
}

#[test]
fn p06_no_prompt_names_a_model() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&crates).unwrap() {
        let source = entry.unwrap().path().join("src");
        if source.is_dir() {
            prompts(&source, &mut files);
        }
    }
    assert!(files.len() > 10, "{}", files.len());
    let catalogue = Catalogue::builtin();
    let models: Vec<String> = catalogue.models().map(|model| model.name.clone()).collect();
    assert!(models.len() > 10, "{}", models.len());
    // Nor a family of them, in whatever spelling.
    const FAMILIES: [&str; 6] = ["haiku", "sonnet", "opus", "gpt", "gemini", "claude"];
    assert!(files.iter().any(|file| file.ends_with("fragments.rs")), "what is told in between is a prompt too");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap().to_lowercase();
        for word in text.split(|sign: char| !sign.is_alphanumeric()) {
            assert!(!FAMILIES.contains(&word), "{} names {word}", file.display());
        }
        for model in &models {
            assert!(!text.contains(model.as_str()), "{} names {model}", file.display());
        }
    }
}
