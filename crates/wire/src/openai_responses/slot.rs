//! One item of a streamed answer: what has come of it, and what of that was shown.

use std::collections::HashSet;

use indexmap::IndexMap;
use protocol::request::NativeKind;
use protocol::{Block, StreamEvent};

use super::names::{self, INPUT};
use super::output::{self, Item, Kind};
use super::seal;
use crate::ids::made_up;

/// A piece of an item. Numbers are those of its parts.
pub(super) enum Delta {
    Text(u64, String),
    Refusal(u64, String),
    Summary(u64, String),
    Reasoning(u64, String),
    Arguments(String),
    Input(String),
    /// All of a part, or of the arguments, at once.
    WholeText(u64, String),
    WholeArguments(String),
    WholeInput(String),
}

/// The blocks of an answer.
#[derive(Default)]
pub(super) struct Blocks {
    pub(super) reply_id: String,
    pub(super) said: Vec<Block>,
    pub(super) refused: bool,
    /// Ids of calls so far.
    ids: HashSet<String>,
}

impl Blocks {
    fn finish(&mut self, block: Block, out: &mut Vec<StreamEvent>) {
        self.said.push(block.clone());
        out.push(StreamEvent::BlockFinished { index: self.said.len() - 1, block });
    }

    /// An id for a call that no other one has: its own where there is one, else one that depends on the answer alone.
    fn call_id(&mut self, told: Option<&str>, name: &str) -> String {
        let number = self.said.len();
        let id = match told.filter(|id| !id.is_empty()) {
            None => made_up(&self.reply_id, number, name, ""),
            Some(id) if self.ids.contains(id) => format!("{id}_{number}"),
            Some(id) => id.to_owned(),
        };
        self.ids.insert(id.clone());
        id
    }
}

/// An item that is not whole yet.
pub(super) struct Slot {
    pub(super) number: Option<u64>,
    pub(super) id: Option<String>,
    /// The whole item, once it has come.
    pub(super) done: Option<String>,
    kind: Kind,
    call_id: Option<String>,
    name: Option<String>,
    phase: Option<String>,
    /// What came of it, part by part, as it will stand in the block.
    parts: IndexMap<u64, String>,
    /// Which of the two forms of reasoning is shown, and its last paragraph.
    summarised: Option<bool>,
    paragraph: u64,
    /// Parts that were given out whole, and the bytes shown of the next one.
    closed: usize,
    shown: usize,
    /// The call's id as it was given out.
    started: Option<String>,
    /// The phase of the next part was given out.
    phased: bool,
}

impl Slot {
    pub(super) fn new(number: Option<u64>, item: &Item<'_>) -> Self {
        let mut slot = Self::unnamed(number, item.id.clone(), item.kind());
        slot.learn(item);
        slot
    }

    pub(super) fn unnamed(number: Option<u64>, id: Option<String>, kind: Kind) -> Self {
        Self {
            number,
            id,
            done: None,
            kind,
            call_id: None,
            name: None,
            phase: None,
            parts: IndexMap::new(),
            summarised: None,
            paragraph: 0,
            closed: 0,
            shown: 0,
            started: None,
            phased: false,
        }
    }

    fn learn(&mut self, item: &Item<'_>) {
        self.call_id = item.call_id.clone().or(self.call_id.take());
        self.name = item.called().or(self.name.take());
        self.phase = item.phase.clone().or(self.phase.take());
    }

    /// Takes a piece.
    pub(super) fn take(&mut self, piece: Delta) {
        match piece {
            Delta::Text(part, text) | Delta::Refusal(part, text) => self.part(part).push_str(&text),
            Delta::Summary(part, text) => self.reason(true, part, &text),
            Delta::Reasoning(part, text) => self.reason(false, part, &text),
            Delta::Arguments(json) => self.part(0).push_str(&json),
            Delta::Input(text) => {
                let begun = self.part(0);
                if begun.is_empty() {
                    begun.push_str(INPUT.0);
                }
                begun.push_str(&names::escaped(&text));
            }
            Delta::WholeText(part, text) => extend(self.part(part), text),
            Delta::WholeArguments(json) => extend(self.part(0), json),
            Delta::WholeInput(text) => extend(self.part(0), names::wrap(&text)),
        }
    }

    fn part(&mut self, number: u64) -> &mut String {
        self.parts.entry(number).or_default()
    }

    /// All of an item's reasoning is one text, its parts are paragraphs. Of the two forms the first that comes is shown.
    fn reason(&mut self, summary: bool, part: u64, text: &str) {
        if *self.summarised.get_or_insert(summary) != summary {
            return;
        }
        let next = !self.parts.is_empty() && self.paragraph != part;
        self.paragraph = part;
        let said = self.part(0);
        if next {
            said.push_str("\n\n");
        }
        said.push_str(text);
    }

    /// Gives out what was not shown yet.
    pub(super) fn show(&mut self, blocks: &mut Blocks, out: &mut Vec<StreamEvent>) {
        if let Kind::Call(_) = self.kind {
            self.begin_call(blocks, out);
            if self.started.is_none() {
                return;
            }
        }
        loop {
            let mut spoken = self.parts.values().filter(|text| !text.is_empty()).skip(self.closed);
            let Some(text) = spoken.next() else { return };
            let whole = spoken.next().map(|_| text.clone());
            let (rest, length) = (text.get(self.shown..).unwrap_or_default().to_owned(), text.len());
            self.show_phase(blocks, out);
            self.give(rest, length, blocks, out);
            let Some(text) = whole else { return };
            self.finish_part(Block::Text { text }, blocks, out);
        }
    }

    fn begin_call(&mut self, blocks: &mut Blocks, out: &mut Vec<StreamEvent>) {
        let (Some(name), None, true) = (&self.name, &self.started, self.call_id.is_some() || self.done.is_some())
        else {
            return;
        };
        let id = blocks.call_id(self.call_id.as_deref().or(self.id.as_deref()), name);
        out.push(StreamEvent::ToolCallStarted { index: blocks.said.len(), id: id.clone(), name: name.clone() });
        self.started = Some(id);
    }

    fn show_phase(&mut self, blocks: &mut Blocks, out: &mut Vec<StreamEvent>) {
        let begun = self.phased || self.shown > 0;
        if let (Some(phase), false, Kind::Message) = (&self.phase, begun, self.kind) {
            self.phased = true;
            blocks.finish(seal::phase(phase), out);
        }
    }

    /// Gives out a text as far as it goes beyond what was shown of it. One that goes another way is not shown: the block
    /// that follows says what holds.
    fn show_text(&mut self, text: &str, blocks: &Blocks, out: &mut Vec<StreamEvent>) {
        if let Some(rest) = self.unshown(text).map(str::to_owned) {
            self.give(rest, text.len(), blocks, out);
        }
    }

    /// Gives out the rest of a text, `length` of which is then shown.
    fn give(&mut self, rest: String, length: usize, blocks: &Blocks, out: &mut Vec<StreamEvent>) {
        if rest.is_empty() {
            return;
        }
        let index = blocks.said.len();
        self.shown = length;
        match self.kind {
            Kind::Message => out.push(StreamEvent::TextDelta { index, text: rest }),
            Kind::Reasoning => out.push(StreamEvent::ThinkingDelta { index, text: rest }),
            Kind::Call(_) => out.push(StreamEvent::ArgumentsDelta { index, json: rest }),
            Kind::Own => {}
        }
    }

    fn unshown<'a>(&self, text: &'a str) -> Option<&'a str> {
        if self.shown == 0 {
            return Some(text);
        }
        let part = self.parts.values().filter(|text| !text.is_empty()).nth(self.closed)?;
        text.strip_prefix(part.get(..self.shown)?)
    }

    fn finish_part(&mut self, block: Block, blocks: &mut Blocks, out: &mut Vec<StreamEvent>) {
        blocks.finish(block, out);
        self.closed += 1;
        self.shown = 0;
        self.phased = false;
    }

    /// The item is whole, or nothing more comes of it.
    pub(super) fn close(&mut self, blocks: &mut Blocks, out: &mut Vec<StreamEvent>) {
        let done = self.done.take();
        let item = done.as_deref().map(output::read);
        if let Some(item) = &item {
            self.kind = item.kind();
            self.learn(item);
        }
        match (self.kind, &item, done.as_deref()) {
            (Kind::Message, item, _) => {
                let texts = item.as_ref().map_or_else(|| self.spoken(), |item| item.texts().0);
                blocks.refused |= item.as_ref().is_some_and(|item| item.texts().1);
                self.close_texts(texts, blocks, out);
            }
            (Kind::Reasoning, _, Some(json)) => self.close_reasoning(seal::read(json), blocks, out),
            (Kind::Reasoning, _, None) => {
                let text = self.spoken().pop();
                self.close_reasoning(text.map(|text| Block::Thinking { text, signature: None }), blocks, out);
            }
            (Kind::Call(kind), item, _) => {
                let arguments = item.as_ref().map_or_else(|| self.arguments(kind), Item::arguments);
                self.close_call(arguments, blocks, out);
            }
            (Kind::Own, _, Some(json)) => blocks.finish(output::own(json), out),
            (Kind::Own, _, None) => {}
        }
    }

    fn spoken(&self) -> Vec<String> {
        self.parts.values().filter(|text| !text.is_empty()).cloned().collect()
    }

    fn close_texts(&mut self, mut texts: Vec<String>, blocks: &mut Blocks, out: &mut Vec<StreamEvent>) {
        // What was shown was said, even where the whole item has forgotten it.
        if self.shown > 0 && texts.len() <= self.closed {
            texts.extend(self.spoken().into_iter().skip(texts.len()));
        }
        for text in texts.into_iter().skip(self.closed) {
            self.show_phase(blocks, out);
            self.show_text(&text, blocks, out);
            self.finish_part(Block::Text { text }, blocks, out);
        }
    }

    fn close_reasoning(&mut self, block: Option<Block>, blocks: &mut Blocks, out: &mut Vec<StreamEvent>) {
        let shown = || self.spoken().pop().map(|text| Block::Thinking { text, signature: None });
        let Some(block) = block.or_else(|| if self.shown > 0 { shown() } else { None }) else { return };
        if let Block::Thinking { text, .. } = &block {
            self.show_text(&text.clone(), blocks, out);
        }
        blocks.finish(block, out);
    }

    /// What came of a call's arguments. An input that was cut is closed, so that it can be read.
    fn arguments(&self, kind: NativeKind) -> String {
        let mut said = self.spoken().pop().unwrap_or_default();
        if kind == NativeKind::Custom && !said.is_empty() && serde_json::from_str::<serde_json::Value>(&said).is_err() {
            said.push_str(INPUT.1);
        }
        if said.trim().is_empty() { "{}".to_owned() } else { said }
    }

    /// A call without a name is no call.
    fn close_call(&mut self, arguments: String, blocks: &mut Blocks, out: &mut Vec<StreamEvent>) {
        // Whatever its id is, it is known now.
        self.call_id = self.call_id.take().or_else(|| Some(self.id.clone().unwrap_or_default()));
        self.begin_call(blocks, out);
        let (Some(id), Some(name)) = (self.started.take(), self.name.take()) else { return };
        self.show_text(&arguments, blocks, out);
        blocks.finish(Block::ToolCall { id, name, arguments }, out);
    }
}

/// Takes the whole of what came in pieces, unless it is less.
fn extend(said: &mut String, whole: String) {
    if whole.starts_with(said.as_str()) {
        *said = whole;
    }
}
