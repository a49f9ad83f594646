//! What a client says about its own task. Nobody knows who wrote it, so it can raise the lane and nothing else; what is not
//! plainly a hint is refused before the policy is asked, and a task with a refused hint goes to the strongest lane.

use protocol::{Signals, TaskType};

/// Longest key and value, in bytes.
const LONGEST: usize = 64;

/// Most hints of one task.
const MOST: usize = 16;

/// Keys there are.
pub const HINT_KEYS: [&str; 8] =
    ["files", "failures", "schema_change", "auth_code", "new_code", "production_incident", "task_type", "lane"];

/// Hints that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// What they claim.
    pub(crate) claims: Signals,
    pub(crate) task_type: Option<TaskType>,
    pub(crate) lane: Option<String>,
    /// `KEY:WHY` of each that was refused, with nothing of what it held.
    pub(crate) refused: Vec<String>,
}

impl Hints {
    /// Reads pairs of key and value as they came, whatever bytes they are.
    pub fn read<K: AsRef<[u8]>, V: AsRef<[u8]>>(pairs: &[(K, V)]) -> Self {
        let mut hints = Self::default();
        for (number, (key, value)) in pairs.iter().enumerate() {
            hints.add(number, key.as_ref(), Some(value.as_ref()));
        }
        hints.refused.dedup();
        hints
    }

    fn add(&mut self, number: usize, key: &[u8], value: Option<&[u8]>) {
        let known = HINT_KEYS.into_iter().find(|known| known.as_bytes() == key);
        let taken = match (known, value) {
            _ if number >= MOST => Err("too_many"),
            (None, _) => Err(if plain(key).is_err() { "no_key" } else { "unknown" }),
            (Some(_), None) => Err("no_value"),
            (Some(known), Some(value)) => plain(value).and_then(|value| self.take(known, value)),
        };
        if let Err(why) = taken {
            self.refused.push(format!("{}:{why}", known.unwrap_or("key")));
        }
    }

    /// Reads `KEY=VALUE` as it is written on a command line. One without `=` is refused.
    pub fn written<T: AsRef<str>>(texts: &[T]) -> Self {
        let mut hints = Self::default();
        for (number, text) in texts.iter().enumerate() {
            let (key, value) = match text.as_ref().split_once('=') {
                Some((key, value)) => (key, Some(value)),
                None => (text.as_ref(), None),
            };
            hints.add(number, key.as_bytes(), value.map(str::as_bytes));
        }
        hints.refused.dedup();
        hints
    }

    /// What was refused, as `KEY:WHY`; empty where all was well.
    pub fn refused(&self) -> &[String] {
        &self.refused
    }

    fn take(&mut self, key: &str, value: &str) -> Result<(), &'static str> {
        let number = || match value.parse::<u32>() {
            Ok(number) if value.bytes().all(|byte| byte.is_ascii_digit()) => Ok(number),
            _ => Err("no_number"),
        };
        let flag = || match value {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("no_flag"),
        };
        match key {
            "files" => self.claims.files = self.claims.files.max(number()?),
            "failures" => self.claims.failures = self.claims.failures.max(number()?),
            "schema_change" => self.claims.schema_change |= flag()?,
            "auth_code" => self.claims.auth_code |= flag()?,
            "new_code" => self.claims.new_code |= flag()?,
            "production_incident" => self.claims.production_incident |= flag()?,
            "task_type" => self.task_type = Some(TaskType::named(value).ok_or("unknown")?),
            _ => self.lane = Some(value.to_owned()),
        }
        Ok(())
    }

    /// The signals with what the hints claim above them, and the names of those that rose.
    pub(crate) fn raise(&self, seen: &Signals) -> (Signals, Vec<&'static str>) {
        let (claims, mut raised, mut rose) = (&self.claims, seen.clone(), Vec::new());
        for (name, claim, field) in
            [("files", claims.files, &mut raised.files), ("failures", claims.failures, &mut raised.failures)]
        {
            if claim > *field {
                *field = claim;
                rose.push(name);
            }
        }
        for (name, claim, field) in [
            ("schema_change", claims.schema_change, &mut raised.schema_change),
            ("auth_code", claims.auth_code, &mut raised.auth_code),
            ("new_code", claims.new_code, &mut raised.new_code),
            ("production_incident", claims.production_incident, &mut raised.production_incident),
        ] {
            if claim && !*field {
                *field = true;
                rose.push(name);
            }
        }
        (raised, rose)
    }
}

/// Short text without anything that steers.
fn plain(bytes: &[u8]) -> Result<&str, &'static str> {
    if bytes.len() > LONGEST {
        return Err("too_long");
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "no_text")?;
    if text.is_empty() {
        return Err("empty");
    }
    if text.chars().any(|c| c.is_control()) {
        return Err("control_characters");
    }
    Ok(text)
}
