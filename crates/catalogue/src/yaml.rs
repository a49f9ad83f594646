//! Strict YAML for files that people write: duplicate and forbidden keys are errors, and everything in the text has a place.
//!
//! The parser knows where it is only while it fails. So a place is found by walking to the value and failing there on
//! purpose; the files are small, and it happens only for an error message or for `team show`.

use std::fmt;

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// A place in a text: line and column, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

impl Place {
    /// The beginning, for what has no place of its own.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// One step from a value to a value inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The value under this key.
    Key(String),
    /// The entry with this number, from 0.
    Index(usize),
}

/// Where a value stands in the structure: `agents[1].brain.model`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The path to the value under a key of this value.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    /// The path to an entry of this value.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index))
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if number == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// Where the value of a path begins, or `None` when the text has no such value.
pub fn place_of(text: &str, path: &Path) -> Option<Place> {
    find(text, path, false)
}

/// Where the key at the end of a path stands (for a list entry: where it begins).
pub fn place_of_key(text: &str, path: &Path) -> Option<Place> {
    find(text, path, true)
}

/// Why a text could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where.
    pub place: Place,
    /// It is not YAML at all; else it is not what was expected.
    pub syntax: bool,
    /// The value that is wrong, as the parser names it (`agents[0].limits`); may be empty.
    pub field: String,
    /// What is wrong, in the parser's words.
    pub words: String,
}

/// Reads a text. One that holds nothing but comments gives the default.
///
/// # Errors
/// The first mistake; one in the syntax goes before any other, because the rest is then read wrongly.
pub fn read<T: DeserializeOwned + Default>(text: &str) -> Result<T, Failure> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(T::default());
    }
    let failure = |error: &serde_yaml::Error, syntax: bool| {
        let (place, field, words) = taken_apart(error);
        Failure { place, syntax, field, words }
    };
    match serde_yaml::from_str::<IgnoredAny>(text) {
        Err(error) if error.location().is_none() && text.contains("\n---") => {
            let second = text.lines().enumerate().skip(1).find(|(_, line)| line.starts_with("---"));
            let line = second.map_or(1, |(number, _)| number + 1);
            let words = "a second document begins here; one file holds one".to_owned();
            Err(Failure { place: Place { line, column: 1 }, syntax: true, field: String::new(), words })
        }
        Err(error) => Err(failure(&error, true)),
        Ok(_) => serde_yaml::from_str(text).map_err(|error| failure(&error, false)),
    }
}

/// The parser's error, taken apart: its place, the path it names (may be empty) and the rest of its words.
fn taken_apart(error: &serde_yaml::Error) -> (Place, String, String) {
    let place = error.location().map_or(Place::START, |at| Place { line: at.line(), column: at.column() });
    let text = error.to_string();
    let text = text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]);
    match text.split_once(": ") {
        Some((path, words)) if !path.contains([' ', '`']) => (place, path.to_owned(), words.to_owned()),
        _ => (place, String::new(), text.to_owned()),
    }
}

/// A key that must not stand where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadKey {
    /// Where.
    pub place: Place,
    /// The value that has the key.
    pub path: Path,
    /// What is wrong, in words.
    pub problem: String,
}

/// Says in words why a key may not stand below this path, or nothing when it may.
pub type Objection<'a> = &'a dyn Fn(&Path, &str) -> Option<String>;

/// Finds the first key that stands twice in one mapping, is not plain text, or is objected to. A text that is not YAML
/// passes: reading it for its content gives the better message.
///
/// # Errors
/// The key, with its place.
pub fn check_keys(text: &str, objection: Objection<'_>) -> Result<(), BadKey> {
    let mut found = None;
    let walk = Walk { path: Path::default(), objection, found: &mut found };
    let failed = walk.deserialize(serde_yaml::Deserializer::from_str(text)).err();
    match (found, failed) {
        (Some((path, problem)), Some(error)) => Err(BadKey { place: taken_apart(&error).0, path, problem }),
        _ => Ok(()),
    }
}

fn find(text: &str, path: &Path, key: bool) -> Option<Place> {
    let mut arrived = false;
    let probe = Probe { steps: &path.0, key, arrived: &mut arrived };
    let error = probe.deserialize(serde_yaml::Deserializer::from_str(text)).err()?;
    arrived.then(|| error.location().map(|at| Place { line: at.line(), column: at.column() })).flatten()
}

/// Walks along `steps` and fails at their end.
struct Probe<'a> {
    steps: &'a [Step],
    key: bool,
    arrived: &'a mut bool,
}

impl<'de> DeserializeSeed<'de> for Probe<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Probe<'_> {
    fn scalar<E: serde::de::Error>(self) -> Result<(), E> {
        if self.steps.is_empty() {
            *self.arrived = true;
            return Err(E::custom("here"));
        }
        Ok(())
    }
}

/// Scalars all mean the same to the two walkers.
macro_rules! scalars {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("plain YAML")
        }
        fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
            self.scalar()
        }
        fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
            self.scalar()
        }
        fn visit_i128<E: serde::de::Error>(self, _: i128) -> Result<(), E> {
            self.scalar()
        }
        fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
            self.scalar()
        }
        fn visit_u128<E: serde::de::Error>(self, _: u128) -> Result<(), E> {
            self.scalar()
        }
        fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
            self.scalar()
        }
        fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
            self.scalar()
        }
        fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
            self.scalar()
        }
    };
}

impl<'de> Visitor<'de> for Probe<'_> {
    type Value = ();
    scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        match self.steps {
            [Step::Index(wanted), rest @ ..] => {
                for _ in 0..*wanted {
                    if entries.next_element::<IgnoredAny>()?.is_none() {
                        return Ok(());
                    }
                }
                entries.next_element_seed(Probe { steps: rest, ..self })?;
            }
            steps => {
                if steps.is_empty() {
                    return self.scalar();
                }
            }
        }
        while entries.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let [Step::Key(wanted), rest @ ..] = self.steps else {
            if self.steps.is_empty() {
                return self.scalar();
            }
            while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        loop {
            let fail_at = (self.key && rest.is_empty()).then_some(wanted.as_str());
            match entries.next_key_seed(KeyName { fail_at, failed: self.arrived })? {
                None => return Ok(()),
                Some(key) if key == *wanted => {
                    entries.next_value_seed(Probe { steps: rest, key: self.key, arrived: self.arrived })?;
                }
                Some(_) => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
    }
}

/// Reads a key as text; fails on one of them when asked to.
struct KeyName<'a> {
    fail_at: Option<&'a str>,
    failed: &'a mut bool,
}

impl KeyName<'_> {
    fn name<E: serde::de::Error>(self, name: String) -> Result<String, E> {
        if self.fail_at == Some(name.as_str()) {
            *self.failed = true;
            return Err(E::custom("here"));
        }
        Ok(name)
    }
}

impl<'de> DeserializeSeed<'de> for KeyName<'_> {
    type Value = String;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for KeyName<'_> {
    type Value = String;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key in plain text")
    }
    fn visit_bool<E: serde::de::Error>(self, key: bool) -> Result<String, E> {
        self.name(key.to_string())
    }
    fn visit_i64<E: serde::de::Error>(self, key: i64) -> Result<String, E> {
        self.name(key.to_string())
    }
    fn visit_u64<E: serde::de::Error>(self, key: u64) -> Result<String, E> {
        self.name(key.to_string())
    }
    fn visit_f64<E: serde::de::Error>(self, key: f64) -> Result<String, E> {
        self.name(key.to_string())
    }
    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<String, E> {
        self.name(key.to_owned())
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<String, E> {
        self.name("null".to_owned())
    }
}

/// Walks through everything and looks at the keys.
struct Walk<'a> {
    path: Path,
    objection: Objection<'a>,
    found: &'a mut Option<(Path, String)>,
}

impl Walk<'_> {
    // A value says nothing about keys.
    fn scalar<E>(self) -> Result<(), E> {
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();
    scalars!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        for index in 0.. {
            let inner = Walk { path: self.path.index(index), objection: self.objection, found: self.found };
            if entries.next_element_seed(inner)?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut seen = Vec::new();
        loop {
            let key = CheckedKey { path: &self.path, seen: &seen, objection: self.objection, found: &mut *self.found };
            let Some(key) = entries.next_key_seed(key)? else { return Ok(()) };
            let inner = Walk { path: self.path.key(&key), objection: self.objection, found: &mut *self.found };
            entries.next_value_seed(inner)?;
            seen.push(key);
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        *self.found = Some((self.path, "a YAML tag (`!name`) has no meaning here; write the value alone".to_owned()));
        Err(A::Error::custom("tag"))
    }
}

struct CheckedKey<'a> {
    path: &'a Path,
    seen: &'a [String],
    objection: Objection<'a>,
    found: &'a mut Option<(Path, String)>,
}

impl<'de> DeserializeSeed<'de> for CheckedKey<'_> {
    type Value = String;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for CheckedKey<'_> {
    type Value = String;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key in plain text")
    }
    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<String, E> {
        let problem = if self.seen.iter().any(|seen| seen == key) {
            Some(format!("key `{key}` stands here for the second time; YAML would silently keep only the last one"))
        } else {
            (self.objection)(self.path, key)
        };
        match problem {
            Some(problem) => {
                *self.found = Some((self.path.clone(), problem));
                Err(E::custom("key"))
            }
            None => Ok(key.to_owned()),
        }
    }
    fn visit_bool<E: serde::de::Error>(self, key: bool) -> Result<String, E> {
        self.visit_str(&key.to_string())
    }
    fn visit_i64<E: serde::de::Error>(self, key: i64) -> Result<String, E> {
        self.visit_str(&key.to_string())
    }
    fn visit_u64<E: serde::de::Error>(self, key: u64) -> Result<String, E> {
        self.visit_str(&key.to_string())
    }
    fn visit_f64<E: serde::de::Error>(self, key: f64) -> Result<String, E> {
        self.visit_str(&key.to_string())
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<String, E> {
        self.visit_str("null")
    }
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
