//! `agent cost`: every number is read off the ledger and the transcripts; none is kept.

mod page;
mod show;
mod since;

use std::path::{Path, PathBuf};

use bill::account::records::Records;
use bill::account::{Bill, View, steps};
use bill::why::Decisions;
use protocol::event::{Baseline, BaselineKind};
use protocol::{Decision, SessionId, Usd};
use store::Store;

use super::sessions::named;
use super::why::count;
use crate::args::ByArg;
use crate::config::Context;
use crate::failure::Failure;
use crate::text;

pub(crate) use since::Since;

/// What is asked for.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) session: Option<String>,
    pub(crate) by: Option<ByArg>,
    pub(crate) since: Option<Since>,
    pub(crate) all: bool,
    pub(crate) json: bool,
    pub(crate) html: Option<PathBuf>,
    pub(crate) force: bool,
}

/// A bill and what belongs beside it.
struct Made {
    bill: Bill,
    /// The records of the only session; none for several.
    records: Option<Records>,
    baseline: Option<Baseline>,
    /// How many of the sessions the baseline is about.
    compared: usize,
}

/// Shows what one session, or all of them, cost.
pub(crate) fn run(context: &Context, asked: Asked) -> anyhow::Result<u8> {
    if let Some(path) = &asked.html {
        if asked.json && path == Path::new(page::STANDARD_OUTPUT) {
            return Err(Failure::usage_with(
                "--html - and --json both write to standard output",
                "leave one of them out, or name a file: --html cost.html",
            ));
        }
        page::check(path, asked.force)?;
    }
    let store = context.store()?;
    let since = asked.since.map(|since| since.moment(context.clock.now()));
    // A span of time is about whatever happened in it, unless a session is named.
    let several = asked.all || (since.is_some() && asked.session.is_none());
    let session = if several { None } else { Some(named(context, &store, asked.session.as_deref())?) };
    let sessions = match &session {
        Some(session) => vec![session.clone()],
        None => store.sessions_with_calls(since)?,
    };
    let made = make(context, &store, &sessions, Bill::since(since), session.is_some())?;
    if let Some(path) = &asked.html {
        page::write(path, &redact::redact_for_record(&html(context, &made)))?;
    }
    let by = asked.by.map_or(View::Agent, view_of);
    if asked.json {
        let session = session.as_ref().map(SessionId::as_str);
        text::json(&show::as_json(&made.bill, by, session, made.compared()).to_string());
    } else if asked.html.is_none() {
        print(&made, session.as_ref(), asked.by.map(view_of));
    }
    Ok(0)
}

fn view_of(by: ByArg) -> View {
    match by {
        ByArg::Agent => View::Agent,
        ByArg::Brain => View::Brain,
        ByArg::Purpose => View::Purpose,
        ByArg::Activity => View::Activity,
        ByArg::Outcome => View::Outcome,
    }
}

fn make(context: &Context, store: &Store, sessions: &[SessionId], bill: Bill, one: bool) -> anyhow::Result<Made> {
    let mut made = Made { bill, records: None, baseline: None, compared: 0 };
    let mut baselines = Vec::new();
    for session in sessions {
        let records = Records::load(store, session)?;
        made.bill.add(&records, &steps::of(&records), &context.catalogue);
        let whole = records.rows.iter().all(|row| made.bill.since.is_none_or(|since| row.at >= since));
        let spent = made.bill.sessions.last().and_then(|session| session.total.usd());
        if let (true, Some(main)) = (whole, records.main()) {
            let decided: Vec<Decision> =
                Decisions::load(store, session)?.all.into_iter().map(|one| one.decision).collect();
            let baseline = runtime::estimate_baseline(&context.catalogue, main, &records.rows, &decided, spent);
            baselines.extend(baseline.zip(spent));
        }
        made.records = one.then_some(records);
    }
    made.compared = baselines.len();
    made.baseline = together(baselines);
    Ok(made)
}

/// The baselines of several sessions as one; none where there is none, or one has an unknown price.
fn together(mut baselines: Vec<(Baseline, Usd)>) -> Option<Baseline> {
    if baselines.len() < 2 {
        return baselines.pop().map(|(baseline, _)| baseline);
    }
    let usd: Usd = baselines.iter().map(|(baseline, _)| baseline.usd).sum::<Option<Usd>>()?;
    let spent: Usd = baselines.iter().map(|(_, spent)| *spent).sum();
    let (first, _) = baselines.first()?;
    let same = baselines.iter().all(|(baseline, _)| baseline.brain == first.brain);
    Some(Baseline {
        kind: BaselineKind::Estimated,
        brain: if same { first.brain.clone() } else { "each main agent's model".to_owned() },
        usd: Some(usd),
        saving: (usd.picos() > 0).then(|| 1.0 - spent.dollars() / usd.dollars()),
        how: format!(
            "the {} sessions with specialists that are wholly on this bill, each: {}",
            baselines.len(),
            first.how
        ),
    })
}

impl Made {
    /// What one model alone would have cost, and over how many sessions.
    fn compared(&self) -> Option<(&Baseline, usize)> {
        self.baseline.as_ref().map(|baseline| (baseline, self.compared))
    }
}

fn html(context: &Context, made: &Made) -> String {
    bill::page::html(&bill::page::Shown {
        bill: &made.bill,
        session: made.records.as_ref(),
        catalogue: &context.catalogue,
        baseline: made.baseline.as_ref(),
        compared: made.compared,
    })
}

fn print(made: &Made, session: Option<&SessionId>, by: Option<View>) {
    let bill = &made.bill;
    match session {
        Some(session) => text::line(&format!("session {session}")),
        None => text::line(&count(bill.sessions.len() as u64, "session")),
    }
    if bill.total.calls == 0 {
        let span = if bill.since.is_some() { "in that time" } else { "yet" };
        text::note(&format!("no model was called {span}, so nothing was spent"));
        return;
    }
    text::line(&match by {
        Some(view) => show::view(bill, view),
        None => show::whole(bill, made.compared()),
    });
}
