//! The classifier: one short call to a cheap lane before the task begins. Whatever it does, the task goes on.

use std::time::Duration;

use routing::{CLASSIFIER_PROMPT, Label, Mode, classifier_input};
use tokio_util::sync::CancellationToken;

use super::Lanes;
use crate::error::RuntimeError;
use crate::infer::{self, Clean};
use crate::session::Core;

/// How long a task waits for it, where nobody says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// What it says of a task; none where it is switched off. A call that fails is a label of its own, and counted.
pub(super) async fn label(
    core: &Core,
    lanes: &Lanes,
    task: &str,
    cancel: &CancellationToken,
) -> Result<Option<Label>, RuntimeError> {
    let settings = &core.policy.classifier;
    if settings.mode == Mode::Off {
        return Ok(None);
    }
    let name = core.policy.lane(&settings.lane).map_or(settings.lane.as_str(), |lane| lane.name.as_str());
    let Some(lane) = lanes.lanes.iter().find(|lane| lane.name == name) else { return Ok(Some(Label::None)) };
    let mark: String = (0..8).map(|_| char::from(rand::random_range(b'a'..=b'z'))).collect();
    let asked = [classifier_input(task, &mark)];
    let system = Some(CLASSIFIER_PROMPT.trim());
    let clean = Clean { name: "classify", brain: &lane.brain, system, most: settings.max_tokens, texts: &asked };
    let built = infer::build_apart(core, &clean)?;
    let patience = cancel.child_token();
    let answer = infer::ask_apart(core, built, "classify", &patience);
    tokio::pin!(answer);
    let answer = tokio::select! {
        answer = &mut answer => answer,
        () = core.clock.sleep(lanes.patience.unwrap_or(PATIENCE)) => {
            // It ends now, with a row of what it cost.
            patience.cancel();
            answer.await
        }
    };
    match answer {
        Ok(words) => Ok(Some(Label::read(&words.text))),
        Err(RuntimeError::Interrupted) if cancel.is_cancelled() => Err(RuntimeError::Interrupted),
        Err(RuntimeError::Store(error)) => Err(RuntimeError::Store(error)),
        Err(_) => Ok(Some(Label::None)),
    }
}
