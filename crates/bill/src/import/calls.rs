//! One line per model call, with its tokens and tools.

use protocol::Usage;
use serde_json::{Map, Value};

use super::{Lines, is_set, moment, number, output, skip_unknown, text};
use crate::activity::Activity;
use crate::flow::{Call, Flow, Tool};

/// Fields of a line. `s` session, `agent` `main` or the name of a sub-agent, `ts` when, `inp`, `cw`, `cr` tokens uncached,
/// written to and read from the cache, `out_rep` output as reported, `text`, `think`, `toolchars` characters of the answer,
/// `human` characters a person said before.
const FIELDS: [&str; 14] =
    ["s", "i", "agent", "ts", "model", "inp", "cw", "cr", "out_rep", "text", "think", "toolchars", "human", "tools"];
/// Fields of a tool call. `cls` what it is part of, `rchars` characters of its result, `err` whether it failed.
const TOOL_FIELDS: [&str; 5] = ["name", "cls", "arg", "rchars", "err"];

#[derive(Default)]
pub(super) struct CallLines;

impl Lines for CallLines {
    fn begin(&mut self, _file: &str) {}

    fn take(&mut self, record: Map<String, Value>, flow: &mut Flow) -> bool {
        let (Some(session), Some(model)) = (text(&record, "s"), text(&record, "model")) else {
            flow.skip("line without session or model".to_owned());
            return false;
        };
        if !["inp", "cw", "cr", "out_rep"].iter().any(|field| record.contains_key(*field)) {
            flow.skip("line without tokens".to_owned());
            return false;
        }
        skip_unknown(&record, &FIELDS, flow);
        let tools = record.get("tools").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let tools = tools.iter().filter_map(Value::as_object).map(|one| tool(one, flow)).collect();
        let written = ["text", "think", "toolchars"].iter().map(|field| number(record.get(*field))).sum();
        let (output, output_estimated) = output(number(record.get("out_rep")), written);
        let call = Call {
            at: moment(text(&record, "ts")),
            model: model.to_owned(),
            usage: Usage {
                input: number(record.get("inp")),
                cache_write_short: number(record.get("cw")),
                cache_read: number(record.get("cr")),
                output,
                ..Usage::default()
            },
            output_estimated,
            human: number(record.get("human")) > 0,
            tools,
        };
        let agent = text(&record, "agent").filter(|agent| *agent != "main");
        flow.session(session).track(agent).calls.push(call);
        true
    }

    fn end(&mut self, _flow: &mut Flow) {}
}

fn tool(record: &Map<String, Value>, flow: &mut Flow) -> Tool {
    skip_unknown(record, &TOOL_FIELDS, flow);
    let name = text(record, "name").unwrap_or_default();
    Tool {
        name: name.to_owned(),
        activity: text(record, "cls").map_or_else(|| Activity::of_tool(name, "{}"), Activity::of_class),
        result_chars: number(record.get("rchars")),
        error: is_set(record, "err"),
    }
}
