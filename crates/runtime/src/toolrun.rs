//! Answering the tool calls of a step: intent before effect, result before the next thing, everything in the order asked.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::join_all;
use protocol::event::EventBody;
use protocol::{AgentId, CallId, Item, ResultPart, ToolOutcome};
use serde_json::Value;
use store::{ToolDone, ToolIntent, ToolRun, Write};
use tools::{Effect, Registry, Tool, ToolContext, ToolError, ToolOutput};

use crate::agent::Agent;
use crate::error::RuntimeError;
use crate::front::Shown;
use crate::host::HostPort;
use crate::rights::{Denied, flagged};
use crate::run::Scope;
use crate::session::Core;
use crate::telemetry;
use crate::warmth::while_working;
use crate::watching;

/// What an effect without a recorded result is answered with.
pub(crate) const INTERRUPTED: &str = "interrupted, effects unknown: the program was stopped while this ran, and it was not \
run again. Check what it did before you repeat it.";

/// A call as the model asked for it.
#[derive(Clone, Debug)]
struct Call {
    id: String,
    name: String,
    arguments: String,
}

/// What answering the calls of one step needs of the agent. Borrowed nowhere, so that calls can run side by side.
struct Step<'a> {
    core: &'a Arc<Core>,
    scope: &'a Scope,
    agent: AgentId,
    registry: &'a Registry,
    /// Tools that stand in the schema but are closed until a take-over.
    closed: &'a [String],
    /// The assistant item that asks.
    item_seq: u64,
    recorded: Vec<ToolRun>,
}

/// Answers all calls of the last item and appends the results.
pub(crate) async fn run_tools(core: &Arc<Core>, agent: &mut Agent, scope: &Scope) -> Result<(), RuntimeError> {
    let calls: Vec<Call> = agent
        .items
        .last()
        .map(Item::tool_calls)
        .unwrap_or_default()
        .into_iter()
        .map(|(id, name, arguments)| Call { id: id.to_owned(), name: name.to_owned(), arguments: arguments.to_owned() })
        .collect();
    let item_seq = agent.last_seq();
    let step = Step {
        core,
        scope,
        agent: agent.spec.id.clone(),
        registry: &agent.registry,
        closed: if agent.turn.took_over || core.hands_are_open(agent) { &[] } else { &agent.spec.takes_over },
        item_seq,
        recorded: core.store.tool_runs(&core.session, &agent.spec.id, item_seq)?,
    };
    // While tools and specialists work, the agent's own cache may be kept alive.
    let (answered, forecast) = while_working(core, agent, scope.delegation.as_ref(), answer_all(&step, &calls)).await?;
    agent.forecast = forecast;
    let results = answered?;
    let facts = watching::facts(core, agent, scope, &results)?;
    let watched = core.watch(agent, &facts)?;
    watching::corrections(core, agent, &facts)?;
    let writes = [Some(watched), core.run_shows(agent, &facts)?].into_iter().flatten().collect();
    agent.append(core, vec![Item::ToolResults { results }], writes, Vec::new())
}

/// The answers to all calls, in the order asked.
async fn answer_all(step: &Step<'_>, calls: &[Call]) -> Result<Vec<ToolOutcome>, RuntimeError> {
    let mut results = Vec::with_capacity(calls.len());
    for group in groups(step, calls) {
        // What has not begun is not begun any more; what has ended is recorded.
        if step.scope.cancel.is_cancelled() {
            return Err(RuntimeError::Interrupted);
        }
        let answers = join_all(group.iter().map(|call| {
            let asked = (call.id.as_str(), call.name.as_str(), call.arguments.as_str());
            telemetry::tool(step.core, &step.agent, asked, answer(step, call))
        }));
        let answers = answers.await;
        for outcome in answers {
            results.push(outcome?);
        }
    }
    Ok(results)
}

/// Calls that may run at the same time, in the order asked.
fn groups<'a>(step: &Step<'_>, calls: &'a [Call]) -> Vec<&'a [Call]> {
    calls.chunk_by(|a, b| may_run_beside_others(step, a) && may_run_beside_others(step, b)).collect()
}

fn may_run_beside_others(step: &Step<'_>, call: &Call) -> bool {
    if call.name == "delegate" {
        // Specialists that cannot change the tree may share it.
        let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
        let to = arguments.get("agent").and_then(Value::as_str).unwrap_or_default();
        return step.core.team.agent(&AgentId::from(to)).is_some_and(|spec| !can_write(&spec.tools));
    }
    step.registry.get(&call.name).is_some_and(|tool| tool.parallel())
}

fn can_write(tools: &[String]) -> bool {
    tools.iter().any(|tool| matches!(tool.as_str(), "edit" | "write" | "bash"))
}

/// The answer to one call: from the record, or by running it.
async fn answer(step: &Step<'_>, call: &Call) -> Result<ToolOutcome, RuntimeError> {
    let refused = |text: String| Ok(ToolOutcome::text(&call.id, &call.name, text, true));
    let Some(tool) = step.registry.get(&call.name) else {
        let known = step.registry.names().join(", ");
        let problem = format!("there is no tool `{}`; you have: {known}", call.name);
        mistaken(step, "tool_unknown", &problem)?;
        return refused(problem);
    };
    if step.closed.contains(&call.name) {
        let why = step.core.only_reads().unwrap_or_else(|| {
            let name = &call.name;
            format!("`{name}` is closed to you: delegate the work, or open it for this turn with `take_over(reason)`")
        });
        step.core.journal.commit(vec![judged(step, call, Some(&why))], Vec::new())?;
        return refused(why);
    }
    let arguments: Value = match serde_json::from_str(if call.arguments.trim().is_empty() {
        "{}"
    } else {
        &call.arguments
    }) {
        Ok(value) => value,
        Err(error) => {
            let problem = format!(
                "the arguments of `{}` are not JSON ({error}); nothing was done. Send one JSON object that follows the \
                 tool's schema",
                call.name
            );
            mistaken(step, "tool_arguments", &problem)?;
            return refused(problem);
        }
    };
    let effect = tool.effect(&arguments);
    if effect == Effect::Writes
        && let Some(why) =
            step.core.active.refuses_while_exploring(&step.core.tools, &step.agent, &call.name, &arguments)
    {
        step.core.journal.commit(vec![judged(step, call, Some(&why))], Vec::new())?;
        return refused(why);
    }
    let earlier = step.recorded.iter().find(|run| run.intent.call.as_str() == call.id);
    match earlier {
        Some(ToolRun { done: Some(done), .. }) => return Ok(done.outcome.clone()),
        Some(ToolRun { done: None, .. }) if effect == Effect::Writes => {
            return interrupted(step, call);
        }
        _ => {}
    }
    let new = earlier.is_none();
    let lacking = || step.core.lacks(step.scope, &call.name, &arguments);
    if let Some(why) = lacking() {
        return not_allowed(step, call, new.then_some(tool.as_ref()), &arguments, &why);
    }
    if new && effect != Effect::ReadOnly {
        step.core.before_change().await?;
        // That can take a while: what an agent may do is what it may do now.
        if let Some(why) = lacking() {
            return not_allowed(step, call, new.then_some(tool.as_ref()), &arguments, &why);
        }
    }
    begin(step, call, new.then_some(tool.as_ref()), &arguments, None)?;
    run(step, call, tool.as_ref(), arguments).await
}

/// A model's mistake in asking: it is told and goes on; the person may want to know.
fn mistaken(step: &Step<'_>, code: &str, problem: &str) -> Result<(), RuntimeError> {
    let told = EventBody::Error {
        code: code.to_owned(),
        message: format!("{}: {problem}", step.agent),
        hint: "the model was told and goes on; nothing to do".to_owned(),
    };
    step.core.journal.event(Some(&step.agent), told)
}

/// Makes the decision on a call durable, and where it is `new` its intent too, before the effect.
fn begin(
    step: &Step<'_>,
    call: &Call,
    new: Option<&dyn Tool>,
    arguments: &Value,
    refused: Option<&str>,
) -> Result<(), RuntimeError> {
    let mut writes = vec![judged(step, call, refused)];
    let Some(tool) = new else { return step.core.journal.commit(writes, Vec::new()) };
    let intent = ToolIntent {
        agent: step.agent.clone(),
        step_item_seq: step.item_seq,
        call: CallId::new(&call.id),
        tool: call.name.clone(),
        arguments: call.arguments.clone(),
        at: step.core.clock.now(),
    };
    let started = EventBody::ToolStarted {
        tool: call.name.clone(),
        call: CallId::new(&call.id),
        summary: tool.summary(arguments),
    };
    writes.push(Write::ToolIntent(intent));
    step.core.journal.commit(writes, vec![(Some(step.agent.clone()), started)])
}

/// The decision on a call by the rights of its agent.
fn judged(step: &Step<'_>, call: &Call, refused: Option<&str>) -> Write {
    let id = CallId::new(&call.id);
    step.core.by_rights(step.scope, &step.agent, (&id, &call.name, &call.arguments), refused)
}

/// A call for which the agent lacks the right: on record, told to the model, and one step towards the end of a run that nobody watches.
fn not_allowed(
    step: &Step<'_>,
    call: &Call,
    new: Option<&dyn Tool>,
    arguments: &Value,
    why: &str,
) -> Result<ToolOutcome, RuntimeError> {
    begin(step, call, new, arguments, Some(why))?;
    let (words, ends) = after_denial(step.core);
    let text = [Some(why.to_owned()), words].into_iter().flatten().collect::<Vec<_>>().join("\n");
    let outcome = finish(step, ToolOutcome::text(&call.id, &call.name, text, true), ToolOutput::default(), 0)?;
    ends.map_or(Ok(outcome), Err)
}

/// What a model is told behind a refusal besides, and what ends the run.
fn after_denial(core: &Core) -> (Option<String>, Option<RuntimeError>) {
    match core.denied() {
        Denied::GoOn(words) => (words, None),
        Denied::End(error) => (None, Some(error)),
    }
}

async fn run(step: &Step<'_>, call: &Call, tool: &dyn Tool, arguments: Value) -> Result<ToolOutcome, RuntimeError> {
    let id = CallId::new(&call.id);
    let denied = Arc::new(AtomicBool::new(false));
    let context = ToolContext {
        root: step.core.root.clone(),
        agent: step.agent.clone(),
        call: id.clone(),
        host: Arc::new(HostPort::for_call(
            step.core.clone(),
            step.scope.clone(),
            (&call.name, &arguments),
            denied.clone(),
        )),
        session: step.core.tools.clone(),
        cancel: step.scope.cancel.clone(),
    };
    let began = step.core.clock.now();
    let output = match tool.run(&context, arguments).await {
        Ok(output) => output,
        Err(ToolError::RespondToModel(text)) => ToolOutput { is_error: true, ..ToolOutput::text(text) },
        Err(ToolError::Fatal(message)) => return Err(RuntimeError::Tool { tool: call.name.clone(), message }),
    };
    if step.scope.cancel.is_cancelled() && call.name == "delegate" {
        // The delegation stays open: a resume goes on with it instead of telling the caller it was over.
        return Err(RuntimeError::Interrupted);
    }
    if let Some(error) = step.core.take_fatal() {
        // The same for what the caller cannot mend: a full disk, a provider that is not set up.
        return Err(error);
    }
    let ms = step.core.clock.now().since(began).as_millis() as u64;
    let mut outcome =
        ToolOutcome { call: id, tool: call.name.clone(), content: told(&output), is_error: output.is_error };
    if shows_secret(&outcome.content) {
        step.core.tools.secret_was_seen();
    }
    if !is_control(&call.name) {
        mark(&mut outcome);
    }
    if !denied.load(Ordering::Acquire) {
        if !outcome.is_error && !is_control(&call.name) {
            step.core.authority.denials.none();
        }
        let outcome = finish(step, outcome, output, ms)?;
        return step.core.walled_off().map_or(Ok(outcome), Err);
    }
    let (words, ends) = after_denial(step.core);
    outcome.content.extend(words.map(|text| ResultPart::Text { text }));
    let outcome = finish(step, outcome, output, ms)?;
    ends.map_or(Ok(outcome), Err)
}

/// What the model is told: all of it but the keys that the program knows. Here, so that what is sent and what is kept are the same bytes.
fn told(output: &ToolOutput) -> Vec<ResultPart> {
    let mut content = output.content.clone();
    for part in &mut content {
        if let ResultPart::Text { text } = part
            && let Cow::Owned(clean) = redact::global().redact_known(text)
        {
            *text = clean;
        }
    }
    content
}

/// Whether something in these looks like a secret, known or not.
fn shows_secret(content: &[ResultPart]) -> bool {
    content.iter().any(
        |part| matches!(part, ResultPart::Text { text } if matches!(redact::redact_for_record(text), Cow::Owned(_))),
    )
}

/// Tools that steer the session and touch nothing outside of it. What they give is the runtime's own, or was marked already.
fn is_control(tool: &str) -> bool {
    matches!(tool, "plan" | "report" | "take_over" | "delegate" | "ask_user")
}

/// Data that speaks with a voice which is not its own is marked as data.
fn mark(outcome: &mut ToolOutcome) {
    let found = outcome.content.iter().find_map(|part| match part {
        ResultPart::Text { text } => flagged(text),
        ResultPart::Image { .. } => None,
    });
    outcome.content.extend(found.map(|text| ResultPart::Text { text }));
}

/// Makes the result durable.
fn finish(step: &Step<'_>, outcome: ToolOutcome, output: ToolOutput, ms: u64) -> Result<ToolOutcome, RuntimeError> {
    if !outcome.is_error && !is_control(&outcome.tool) {
        // A way was found that needed nobody's yes.
        step.core.take_missed();
    }
    let completed = EventBody::ToolCompleted {
        tool: outcome.tool.clone(),
        call: outcome.call.clone(),
        ok: !outcome.is_error,
        error: outcome.is_error.then(|| first_line(&outcome)),
        ms,
    };
    let done = ToolDone {
        agent: step.agent.clone(),
        step_item_seq: step.item_seq,
        call: outcome.call.clone(),
        outcome: outcome.clone(),
        commands: output.commands,
        files: output.files,
        ms,
        at: step.core.clock.now(),
    };
    let mut writes = vec![Write::ToolDone(done)];
    writes.extend(step.core.new_sights());
    step.core.journal.commit(writes, vec![(Some(step.agent.clone()), completed)])?;
    let (call, text) = (&outcome.call, &text_of(&outcome));
    step.core.front.show(Shown::Result { agent: &step.agent, call, text });
    Ok(outcome)
}

/// A tool's answer as text.
pub(crate) fn text_of(outcome: &ToolOutcome) -> String {
    let parts = outcome.content.iter().map(|part| match part {
        ResultPart::Text { text } => text.as_str(),
        ResultPart::Image { .. } => "[image]",
    });
    parts.collect::<Vec<_>>().join("\n")
}

/// The first line of what a tool said, for a person.
fn first_line(outcome: &ToolOutcome) -> String {
    const LONGEST: usize = 200;
    let text = outcome.content.iter().find_map(|part| match part {
        ResultPart::Text { text } => text.lines().find(|line| !line.trim().is_empty()),
        ResultPart::Image { .. } => None,
    });
    text.unwrap_or("failed").trim().chars().take(LONGEST).collect()
}

/// A result was never recorded: the model is told, and decides.
fn interrupted(step: &Step<'_>, call: &Call) -> Result<ToolOutcome, RuntimeError> {
    let outcome = ToolOutcome::text(&call.id, &call.name, INTERRUPTED, true);
    finish(step, outcome, ToolOutput::default(), 0)
}

/// Answers for calls that an interrupted turn left open, without running anything: what was recorded, what was begun and not
/// finished, what was never begun.
pub(crate) fn unanswered(agent: &Agent, recorded: &[ToolRun]) -> Vec<ToolOutcome> {
    let calls = agent.items.last().map(Item::tool_calls).unwrap_or_default();
    calls
        .into_iter()
        .map(|(id, name, _)| match recorded.iter().find(|run| run.intent.call.as_str() == id) {
            Some(ToolRun { done: Some(done), .. }) => done.outcome.clone(),
            Some(ToolRun { done: None, .. }) => ToolOutcome::text(id, name, INTERRUPTED, true),
            None => ToolOutcome::text(id, name, "not run: the user interrupted before it began", true),
        })
        .collect()
}
