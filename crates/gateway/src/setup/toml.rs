//! Settings in TOML.

use serde_json::Value;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, value};

use super::{Edit, SetupError};

pub(super) fn apply(text: &str, edits: &[Edit]) -> Result<String, SetupError> {
    let mut document = parse(text)?;
    for edit in edits {
        let Some((name, sections)) = edit.path.split_last() else { continue };
        let Some(table) = section(document.as_table_mut(), sections, edit.value.is_some())? else { continue };
        match &edit.value {
            Some(wanted) => set(table, name, wanted).ok_or_else(|| SetupError::Unsafe(edit.path.join(".")))?,
            None => {
                table.remove(name);
            }
        }
    }
    Ok(document.to_string())
}

pub(super) fn read(text: &str) -> Result<Value, SetupError> {
    Ok(of_table(parse(text)?.as_table()))
}

fn parse(text: &str) -> Result<DocumentMut, SetupError> {
    text.parse()
        .map_err(|error: toml_edit::TomlError| SetupError::Unreadable { format: "TOML", detail: error.to_string() })
}

/// The table of these names; made where it is missing and wanted.
fn section<'a>(
    mut table: &'a mut dyn TableLike,
    names: &[String],
    make: bool,
) -> Result<Option<&'a mut dyn TableLike>, SetupError> {
    for (depth, name) in names.iter().enumerate() {
        if !table.contains_key(name) {
            if !make {
                return Ok(None);
            }
            let mut made = Table::new();
            // An outer one needs no heading of its own.
            made.set_implicit(depth + 1 < names.len());
            table.insert(name, Item::Table(made));
        }
        let inner = table.get_mut(name).and_then(Item::as_table_like_mut);
        table = inner.ok_or_else(|| SetupError::NoSection(name.clone()))?;
    }
    Ok(Some(table))
}

/// Puts a value in the place of another one, with the comment that stood there.
fn set(table: &mut dyn TableLike, name: &str, wanted: &Value) -> Option<()> {
    let mut new = of_value(wanted)?;
    if let Some(old) = table.get_mut(name) {
        if let (Some(old), Some(new)) = (old.as_value(), new.as_value_mut()) {
            *new.decor_mut() = old.decor().clone();
        }
        *old = new;
    } else {
        table.insert(name, new);
    }
    Some(())
}

fn of_value(wanted: &Value) -> Option<Item> {
    Some(match wanted {
        Value::Bool(flag) => value(*flag),
        Value::String(text) => value(text.as_str()),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => value(whole),
            None => value(number.as_f64()?),
        },
        Value::Array(values) => {
            let inner: Option<Vec<toml_edit::Value>> =
                values.iter().map(|one| of_value(one)?.into_value().ok()).collect();
            value(inner?.into_iter().collect::<Array>())
        }
        Value::Object(fields) => {
            let mut table = InlineTable::new();
            for (name, one) in fields {
                table.insert(name, of_value(one)?.into_value().ok()?);
            }
            value(table)
        }
        Value::Null => return None,
    })
}

fn of_table(table: &dyn TableLike) -> Value {
    Value::Object(table.iter().map(|(name, item)| (name.to_owned(), neutral(item))).collect())
}

fn neutral(item: &Item) -> Value {
    use toml_edit::Value as Toml;
    match item {
        Item::None => Value::Null,
        Item::Table(table) => of_table(table),
        Item::ArrayOfTables(tables) => tables.iter().map(|table| of_table(table)).collect(),
        Item::Value(Toml::String(text)) => Value::from(text.value().as_str()),
        Item::Value(Toml::Integer(number)) => Value::from(*number.value()),
        Item::Value(Toml::Float(number)) => Value::from(*number.value()),
        Item::Value(Toml::Boolean(flag)) => Value::from(*flag.value()),
        Item::Value(Toml::Datetime(moment)) => Value::from(moment.value().to_string()),
        Item::Value(Toml::Array(values)) => values.iter().map(|one| neutral(&Item::Value(one.clone()))).collect(),
        Item::Value(Toml::InlineTable(table)) => of_table(table),
    }
}
