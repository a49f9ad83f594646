//! Documents, which every dialect says in its own way, and images for models that see none.

use protocol::{Block, Dialect, ImageSource, ResultPart};
use serde_json::Value;

use super::talk::{Piece, Talk};
use super::target::Target;
use crate::json::{Object, string};

/// What stands in for an image.
const NO_IMAGE: &str = "[an image was left out: this model does not take images]";

/// A document as any dialect has it.
pub(super) enum Document {
    /// Bytes, base64.
    Inline { media_type: String, data: String, name: Option<String> },
    /// To be fetched by the provider.
    Url(String),
}

/// Puts a line of text in the place of every image, where the target takes none.
pub(super) fn without_images(talk: &mut Talk, target: &Target) {
    if target.images {
        return;
    }
    for piece in talk.said.iter_mut().flat_map(|said| &mut said.pieces) {
        match &mut piece.block {
            block @ Block::Image { .. } => *block = Block::text(NO_IMAGE),
            Block::ToolResult { content, .. } => {
                for part in content.iter_mut().filter(|part| matches!(part, ResultPart::Image { .. })) {
                    *part = ResultPart::Text { text: NO_IMAGE.to_owned() };
                }
            }
            _ => {}
        }
    }
}

/// Reads Anthropic's `source` of a document, an OpenAI `file`, or a part of Responses that says the same without a wrapper.
pub(super) fn read(part: &Value) -> Option<Document> {
    let source = part.get("source").or_else(|| part.get("file")).unwrap_or(part);
    let word = |name: &str| source.get(name).and_then(Value::as_str).map(str::to_owned);
    let name = word("filename").or_else(|| part.get("title").and_then(Value::as_str).map(str::to_owned));
    if let Some(url) = word("url").or_else(|| word("file_url")) {
        return Some(Document::Url(url));
    }
    let (media_type, data) = match word("file_data") {
        Some(said) => match said.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
            Some((media_type, data)) => (media_type.to_owned(), data.to_owned()),
            None => ("application/pdf".to_owned(), said),
        },
        None => (word("media_type")?, word("data")?),
    };
    Some(Document::Inline { media_type, data, name })
}

/// The document in the target's words; a line of text where it takes none.
pub(super) fn write(document: &Document, target: &Target) -> Block {
    let name = match document {
        Document::Inline { name, .. } => name.as_deref().unwrap_or("document.pdf"),
        Document::Url(url) => url,
    };
    let left_out = || Block::text(format!("[a document was left out, this model does not take documents: {name}]"));
    if !target.documents {
        return left_out();
    }
    let json = match (document, target.dialect) {
        (Document::Inline { media_type, data, name }, Dialect::AnthropicMessages) => {
            let source = Object::of_type("base64").text("media_type", media_type).text("data", data).end();
            let title = name.as_deref().map(string);
            Object::of_type("document").raw("source", &source).raw_if("title", title.as_deref()).end()
        }
        (Document::Url(url), Dialect::AnthropicMessages) => {
            Object::of_type("document").raw("source", &Object::of_type("url").text("url", url).end()).end()
        }
        (Document::Inline { media_type, data, .. }, Dialect::OpenaiChat) => {
            Object::of_type("file").raw("file", &file(Object::new(), name, media_type, data)).end()
        }
        (Document::Inline { media_type, data, .. }, Dialect::OpenaiResponses) => {
            file(Object::of_type("input_file"), name, media_type, data)
        }
        (Document::Url(url), Dialect::OpenaiResponses) => Object::of_type("input_file").text("file_url", url).end(),
        (Document::Url(_), Dialect::OpenaiChat) => return left_out(),
    };
    Block::Opaque { dialect: target.dialect, json }
}

fn file(object: Object, name: &str, media_type: &str, data: &str) -> String {
    object.text("filename", name).text("file_data", &format!("data:{media_type};base64,{data}")).end()
}

/// An image as Anthropic's dialect has it, out of a block that is not read as a whole.
pub(super) fn image(part: &Value) -> Option<ImageSource> {
    let source = part.get("source")?;
    let word = |name: &str| source.get(name).and_then(Value::as_str).map(str::to_owned);
    match word("url") {
        Some(url) => Some(ImageSource::Url { url }),
        None => Some(ImageSource::Base64 { media_type: word("media_type")?, data: word("data")? }),
    }
}

/// An image from its address, which may hold it.
pub(super) fn image_of(url: &str) -> ImageSource {
    match url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
        Some((media_type, data)) => ImageSource::Base64 { media_type: media_type.to_owned(), data: data.to_owned() },
        None => ImageSource::Url { url: url.to_owned() },
    }
}

/// A piece made of a block, with the marker of the one it stands for.
pub(super) fn instead_of(piece: &Piece, block: Block) -> Piece {
    Piece { block, mark: piece.mark }
}
