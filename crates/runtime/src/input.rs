//! What a person says: words, and images that go along with them. Each image stands behind a line of text with its name, so that the
//! name is left where the image cannot go: in a summary, in another window.

use std::borrow::Cow;

use cache::TokenCounter;
use protocol::{Block, ImageSource, Item, Message, ResultPart};
use tools::Image;

/// What a person says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// The words.
    pub text: String,
    /// Images, checked: [`crate::Session::images`] reads them.
    pub images: Vec<Image>,
}

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), images: Vec::new() }
    }
}

impl From<String> for Input {
    fn from(text: String) -> Self {
        Self { text, images: Vec::new() }
    }
}

impl Input {
    /// What goes along with the words, as it is stored with them.
    pub(crate) fn blocks_json(&self) -> String {
        serde_json::to_string(&self.blocks()).unwrap_or_else(|_| "[]".to_owned())
    }

    fn blocks(&self) -> Vec<Block> {
        let of = |image: &Image| {
            let source = ImageSource::Base64 { media_type: image.media_type.clone(), data: image.data.clone() };
            [Block::text(label(&image.name)), Block::Image { source }]
        };
        self.images.iter().flat_map(of).collect()
    }

    /// What was stored, as it was given.
    pub(crate) fn stored(text: &str, blocks_json: &str) -> Self {
        let blocks: Vec<Block> = serde_json::from_str(blocks_json).unwrap_or_default();
        let images = blocks.chunks(2).filter_map(|pair| match pair {
            [Block::Text { text }, Block::Image { source: ImageSource::Base64 { media_type, data } }] => {
                Some(Image { name: name_of(text).to_owned(), media_type: media_type.clone(), data: data.clone() })
            }
            _ => None,
        });
        Self { text: text.to_owned(), images: images.collect() }
    }

    /// As an entry of a transcript.
    pub(crate) fn item(&self) -> Item {
        // An empty block would be refused.
        let words =
            Some(Block::text(self.text.clone())).filter(|_| self.images.is_empty() || !self.text.trim().is_empty());
        let blocks = words.into_iter().chain(self.blocks()).collect();
        Item::User { blocks }
    }
}

/// The line that stands before an image, and for it where it cannot go.
fn label(name: &str) -> String {
    format!("[image: {name}]")
}

fn name_of(label: &str) -> &str {
    label.strip_prefix("[image: ").and_then(|rest| rest.strip_suffix(']')).unwrap_or(label)
}

/// A user's item with the names of its images in place of them; any other as it is.
pub(crate) fn without_images(item: &Item) -> Item {
    match item {
        Item::User { blocks } => {
            let words = blocks.iter().filter(|block| !matches!(block, Block::Image { .. }));
            Item::User { blocks: words.cloned().collect() }
        }
        other => other.clone(),
    }
}

/// Whether a user's item shows something.
pub(crate) fn has_images(item: &Item) -> bool {
    matches!(item, Item::User { blocks } if blocks.iter().any(|block| matches!(block, Block::Image { .. })))
}

/// Tokens of an image, where nothing better is known: about what both vendors bill for one of a million pixels (width x height / 750 at
/// Anthropic, tiles of 170 at OpenAI).
const IMAGE_TOKENS: u64 = 1_500;

/// The base64 texts of a message's images.
pub(crate) fn image_data(message: &Message) -> Vec<&str> {
    let mut found = Vec::new();
    for block in &message.blocks {
        match block {
            Block::Image { source } => found.extend(data_of(source)),
            Block::ToolResult { content, .. } => {
                found.extend(content.iter().filter_map(|part| match part {
                    ResultPart::Image { source } => data_of(source),
                    ResultPart::Text { .. } => None,
                }));
            }
            _ => {}
        }
    }
    found
}

fn data_of(source: &ImageSource) -> Option<&str> {
    match source {
        ImageSource::Base64 { data, .. } => Some(data),
        ImageSource::Url { .. } => None,
    }
}

/// Tokens of a rendered piece of a message that holds these images: they are not billed as the text that they are sent as.
pub(crate) fn count(rendered: &str, images: &[&str]) -> u64 {
    let mut tokens = 0;
    let mut rest = Cow::Borrowed(rendered);
    for data in images.iter().filter(|data| !data.is_empty()) {
        if let Some(at) = rest.find(data) {
            tokens += IMAGE_TOKENS;
            rest = Cow::Owned([&rest[..at], &rest[at + data.len()..]].concat());
        }
    }
    tokens + TokenCounter::count(&rest)
}

#[cfg(test)]
#[path = "input_tests.rs"]
mod tests;
