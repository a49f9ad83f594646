//! Another model's name in a body that is otherwise kept byte for byte: the client's cache breakpoints, its key order and its
//! numbers stay what they are.

use bytes::{Bytes, BytesMut};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    model: &'a RawValue,
}

/// The body with this model's name. None where the body is no JSON object with exactly one `model`.
pub(crate) fn with_model(body: &Bytes, model: &str) -> Option<Bytes> {
    // A list would be read as an object's members in their order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let named: Named<'_> = serde_json::from_slice(body).ok()?;
    let value = named.model.get();
    // `value` is a slice of `body`: the place of one in the other is the distance of their beginnings.
    let begin = (value.as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
    let end = begin.checked_add(value.len()).filter(|end| *end <= body.len())?;
    let name = serde_json::to_string(model).ok()?;
    if value == name {
        return Some(body.clone());
    }
    let mut spliced = BytesMut::with_capacity(body.len() + name.len());
    spliced.extend_from_slice(&body[..begin]);
    spliced.extend_from_slice(name.as_bytes());
    spliced.extend_from_slice(&body[end..]);
    Some(spliced.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spliced(body: &str, model: &str) -> Option<String> {
        with_model(&Bytes::copy_from_slice(body.as_bytes()), model)
            .map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn nothing_but_the_name_changes() {
        let body = "{ \"n\": 1e2,\r\n \"x\":{\"model\":\"inner\"}, \"model\" : \"a\\u00e9\" ,\"é\":\"\\u00e9\", \"big\":12345678901234567890123}";
        let expected = body.replace("\"a\\u00e9\"", "\"b \\\"q\\\"\"");
        assert_eq!(spliced(body, "b \"q\"").unwrap(), expected);
        assert_eq!(spliced("{\"model\":null}", "b").unwrap(), "{\"model\":\"b\"}");
    }

    #[test]
    fn a_body_without_one_model_is_left_alone() {
        for body in
            ["", "[]", "[\"a\"]", "{}", "{\"model\":\"a\",\"model\":\"b\"}", "{\"model\":\"a\"", "{\"model\":\"a\"} x"]
        {
            assert_eq!(spliced(body, "b"), None, "{body}");
        }
    }
}
