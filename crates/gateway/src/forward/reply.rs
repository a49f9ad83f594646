//! From a request that was understood to the answer that its client gets.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use protocol::{Dialect, ProviderError};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::account::{Cost, exactly};
use crate::ask::Ask;
use crate::door::answer::{self, Answer};
use crate::door::body::Load;
use crate::forward::job::{Begun, Demand, Failed, Job, Whole, begin};
use crate::forward::live::{Coming, Live, stopping};
use crate::forward::off_loop::off_loop;
use crate::forward::relay::{Flow, error_event};
use crate::forward::send::Read;
use crate::forward::{estimate, headers};
use crate::route::{Binding, Plan};
use crate::serve::Shared;

/// Where the answer comes from: the lane.
const ROUTE: &str = "x-agent-route";
/// Provider and model.
const MODEL: &str = "x-agent-model";

/// Answers a request to a model.
pub(crate) async fn answer(shared: &Arc<Shared>, ask: Ask, demand: Demand, load: Load) -> Response<Answer> {
    let dialect = ask.dialect;
    match planned(shared, ask, demand, load).await {
        Ok(response) => response,
        Err(error) => {
            let response = answer::error(dialect, &error);
            shared.setup.accounts.refused(response.status().as_u16());
            response
        }
    }
}

async fn planned(
    shared: &Arc<Shared>,
    ask: Ask,
    demand: Demand,
    load: Load,
) -> Result<Response<Answer>, Box<ProviderError>> {
    let plan = shared.setup.router.plan(&ask)?;
    let ask = Arc::new(ask);
    if demand.counts && !plan.bindings.iter().any(|binding| speaks(binding, ask.dialect)) {
        return estimated(&ask).await;
    }
    let (account, cost) = Cost::overheard(shared.setup.accounts.open(&ask, &plan)?);
    let books = Arc::new(Mutex::new(account));
    let lane = plan.lane.clone();
    let committed = Arc::new(AtomicBool::new(false));
    let job = Job {
        shared: Arc::clone(shared),
        ask: Arc::clone(&ask),
        plan: if demand.counts { of_dialect(plan, ask.dialect) } else { plan },
        books,
        read: Read::default(),
        demand,
        committed: Arc::clone(&committed),
        _load: load,
    };
    let mut response = begun(shared, &ask, Box::pin(begin(job)), &committed).await;
    answer::set(response.headers_mut(), ROUTE, &lane);
    Ok(response.map(|answer| answer.costing(cost)))
}

/// Waits for the answer's beginning; a client that wants a stream gets one before that, if it takes too long.
async fn begun(shared: &Arc<Shared>, ask: &Ask, mut coming: Coming, committed: &AtomicBool) -> Response<Answer> {
    let limits = &shared.setup.limits;
    let begun = tokio::select! {
        biased;
        begun = &mut coming => begun,
        () = shared.stop.cut.cancelled() => return answer::error(ask.dialect, &stopping()),
        () = tokio::time::sleep(limits.ping), if ask.stream => {
            committed.store(true, Ordering::Release);
            return answer::events(Live::coming(coming, ask.dialect, limits.ping, limits.linger, shared.stop.cut.clone()));
        }
    };
    match begun {
        Begun::Stream(flow) => streamed(shared, ask, *flow),
        Begun::Whole(whole) => in_one_piece(*whole),
        Begun::Failed(failed) => refused(ask, *failed),
    }
}

fn streamed(shared: &Arc<Shared>, ask: &Ask, flow: Flow) -> Response<Answer> {
    let limits = &shared.setup.limits;
    let Flow { first, headers: upstream, mut relay } = flow;
    relay.take(first);
    let same = relay.is_same();
    let binding = relay.binding();
    let live = Live::flowing(relay, ask.dialect, limits.ping, limits.linger, shared.stop.cut.clone());
    let mut response = answer::events(live);
    if same {
        *response.headers_mut() = headers::answer(upstream);
    } else {
        response.headers_mut().extend(headers::answer_other(&upstream));
    }
    answer::set(response.headers_mut(), MODEL, &model(&binding));
    response
}

fn in_one_piece(whole: Whole) -> Response<Answer> {
    let mut response = Response::new(Answer::whole(whole.body));
    *response.status_mut() = StatusCode::from_u16(whole.status).unwrap_or(StatusCode::OK);
    *response.headers_mut() = whole.headers;
    answer::set(response.headers_mut(), MODEL, &model(&whole.binding));
    if let Some(cost) = whole.cost {
        answer::set(response.headers_mut(), answer::COST, &exactly(cost));
    }
    response
}

/// The provider's own words in its own envelope, where that is the client's; else its status and words in the client's.
fn refused(ask: &Ask, failed: Failed) -> Response<Answer> {
    let Failed { error, words, binding } = failed;
    let mut response = match words {
        Some(words) if words.streamed && ask.stream && words.dialect == ask.dialect => {
            with_headers(answer::events(Live::last(words.body)), headers::answer(words.headers))
        }
        Some(words) if words.streamed && ask.stream => {
            answer::events(Live::last(error_event(ask.dialect, &error).into()))
        }
        Some(words) if words.dialect == ask.dialect && !words.streamed && is_error(&words.body) => {
            with_headers(answer::json(words.status, words.body), headers::answer(words.headers))
        }
        Some(words) => {
            let mut response = answer::error(ask.dialect, &error);
            response.headers_mut().extend(headers::answer_other(&words.headers));
            response
        }
        None => answer::error(ask.dialect, &error),
    };
    answer::wait(response.headers_mut(), error.retry_after_ms);
    if let Some(binding) = binding {
        answer::set(response.headers_mut(), MODEL, &model(&binding));
    }
    response
}

fn with_headers(mut response: Response<Answer>, headers: HeaderMap) -> Response<Answer> {
    *response.headers_mut() = headers;
    response
}

/// Whether a body is an error as clients of our dialects read it.
fn is_error(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        error: &'a RawValue,
    }
    // A list would be read as an object's members in their order.
    body.trim_ascii_start().starts_with(b"{")
        && serde_json::from_slice::<Envelope<'_>>(body).is_ok_and(|envelope| envelope.error.get().starts_with('{'))
}

fn speaks(binding: &Binding, dialect: Dialect) -> bool {
    binding.clients.iter().any(|(spoken, _)| *spoken == dialect)
}

fn of_dialect(mut plan: Plan, dialect: Dialect) -> Plan {
    plan.bindings.retain(|binding| speaks(binding, dialect));
    plan
}

async fn estimated(ask: &Arc<Ask>) -> Result<Response<Answer>, Box<ProviderError>> {
    let request = match Read::default().get(ask).await {
        // What is to be counted has no bound on its answer, which a request to generate needs.
        Err(_) if ask.dialect == Dialect::AnthropicMessages => Read::default().get(&bounded(ask)).await?,
        read => read?,
    };
    // Counting takes its time whatever the size.
    let tokens = off_loop(usize::MAX, move || Ok(estimate::tokens(&request))).await?;
    let json = match ask.dialect {
        Dialect::OpenaiResponses => format!("{{\"object\":\"response.input_tokens\",\"input_tokens\":{tokens}}}"),
        _ => format!("{{\"input_tokens\":{tokens}}}"),
    };
    Ok(answer::json(200, Bytes::from(json)))
}

/// The same with a bound on the answer, where the body is an object.
fn bounded(ask: &Ask) -> Arc<Ask> {
    let body = match ask.body.iter().position(|byte| !byte.is_ascii_whitespace()) {
        Some(at) if ask.body[at] == b'{' => [b"{\"max_tokens\":1,", &ask.body[at + 1..]].concat().into(),
        _ => ask.body.clone(),
    };
    Arc::new(Ask { body, ..ask.clone() })
}

fn model(binding: &Binding) -> String {
    format!("{}/{}", binding.provider, binding.model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_object_with_an_error_object_is_an_error_in_an_envelope() {
        assert!(is_error(br#"{"type":"error","error":{"message":"x"}}"#));
        for body in ["", "<html>", r#"{"detail":"x"}"#, r#"{"error":"x"}"#, r#"[{"error":{}}]"#] {
            assert!(!is_error(body.as_bytes()), "{body}");
        }
    }
}
