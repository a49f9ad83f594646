//! The example repositories, embedded: the demo also runs from an installed binary.

macro_rules! files {
    ($repo:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../examples/repos/", $repo, "/", $name)))),*]
    };
}

/// `examples/repos/shopfront`.
pub(super) const SHOPFRONT: &[(&str, &str)] = files!(
    "shopfront":
    ".gitignore",
    "AGENTS.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "rustfmt.toml",
    "src/cart.rs",
    "src/catalog.rs",
    "src/credit.rs",
    "src/discount.rs",
    "src/error.rs",
    "src/format.rs",
    "src/import.rs",
    "src/invoice.rs",
    "src/lib.rs",
    "src/order.rs",
    "src/report.rs",
    "src/shipping.rs",
    "src/tax.rs",
    "tests/catalogue.rs",
    "tests/checkout.rs",
    "tests/common/mod.rs",
    "tests/sales.rs",
);

/// `examples/repos/greeter`.
pub(super) const GREETER: &[(&str, &str)] = files!(
    "greeter":
    ".gitignore",
    "AGENTS.md",
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "rustfmt.toml",
    "src/lib.rs",
);

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "compares with the real files")]

    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn on_disk(folder: &Path, base: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                if path.file_name().unwrap() != "target" {
                    on_disk(&path, base, found);
                }
            } else {
                found.insert(path.strip_prefix(base).unwrap().display().to_string());
            }
        }
    }

    #[test]
    fn every_file_of_an_example_is_embedded() {
        for (repo, files) in [("shopfront", SHOPFRONT), ("greeter", GREETER)] {
            let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/repos").join(repo);
            let mut found = BTreeSet::new();
            on_disk(&base, &base, &mut found);
            let embedded: BTreeSet<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
            assert_eq!(found, embedded, "{repo}");
        }
    }
}
