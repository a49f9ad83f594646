#![allow(clippy::disallowed_methods, reason = "compares with the real files")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::*;
use crate::demo::cases::CASES;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

fn on_disk(folder: &Path, base: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            let text = std::fs::read_to_string(&path).unwrap();
            found.insert(path.strip_prefix(base).unwrap().display().to_string(), text);
        } else if !["target", "__pycache__"].contains(&path.file_name().unwrap().to_str().unwrap()) {
            on_disk(&path, base, found);
        }
    }
}

#[test]
fn every_file_of_a_case_is_packed_as_it_is() {
    for case in CASES {
        let base = examples().join("repos").join(case.repository);
        let mut found = BTreeMap::new();
        on_disk(&base, &base, &mut found);
        assert!(!found.is_empty());
        let packed: BTreeMap<String, String> = repository(case.repository).unwrap().into_iter().collect();
        assert!(found == packed, "{}", case.name);
        let file = examples().join("scenarios").join(format!("{}.yaml", case.name));
        assert_eq!(scenario(case.name).unwrap(), std::fs::read_to_string(file).unwrap());
    }
}

#[test]
fn an_example_that_was_not_packed_is_named() {
    assert!(repository("nowhere").unwrap_err().to_string().contains("examples/repos/nowhere"));
    assert!(scenario("nothing").unwrap_err().to_string().contains("examples/scenarios/nothing.yaml"));
}

#[test]
fn the_packed_examples_stay_small_beside_the_binary() {
    assert!(PACKED.len() < 300 * 1024, "{} bytes", PACKED.len());
}
