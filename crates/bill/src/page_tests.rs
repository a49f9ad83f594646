use catalogue::Catalogue;
use protocol::event::{Baseline, BaselineKind};
use protocol::{Brief, Purpose, RowOutcome, Usage, Usd};

use super::*;
use crate::story::{HAIKU, OPUS, Story, tokens};

fn story() -> Story {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 12_000, 200), &[("delegate", "{}", "report")]);
    story.window("side\"kick<", HAIKU, 0);
    story.delegate("d1", "side\"kick<", Brief::default());
    story.step("side\"kick<", tokens(0, 3_000, 50), &[]);
    story.step("side\"kick<", tokens(3_000, 800, 70), &[]);
    story.close("d1", true, true, &[]);
    story.other("main", tokens(12_000, 0, 1), Purpose::KeepWarm, RowOutcome::Ok);
    story.window("main", OPUS, 0);
    story.step("main", tokens(4_000, 900, 90), &[]);
    story.window("main", HAIKU, 0);
    story.step("main", Usage { input: 700, output: 30, ..Usage::default() }, &[]);
    story
}

fn baseline() -> Baseline {
    Baseline {
        kind: BaselineKind::Estimated,
        brain: "anthropic/claude-opus-5-5".to_owned(),
        usd: Some(Usd::from_dollars(1.0)),
        saving: Some(0.8),
        how: "by <arithmetic>".to_owned(),
    }
}

fn page(story: &Story) -> String {
    let (records, bill) = (story.records(), story.bill());
    let baseline = baseline();
    let catalogue = Catalogue::builtin();
    html(&Shown { bill: &bill, session: Some(&records), catalogue: &catalogue, baseline: Some(&baseline), compared: 1 })
}

/// The values of a class within an element.
fn values(page: &str, id: &str, class: &str) -> Vec<f64> {
    let (_, rest) = page.split_once(&format!("<svg id=\"{id}\"")).unwrap();
    let (svg, _) = rest.split_once("</svg>").unwrap();
    svg.split("<rect ")
        .filter(|rect| rect.starts_with(&format!("class=\"{class}\"")))
        .map(|rect| rect.split("data-value=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
        .collect()
}

#[test]
fn every_bar_carries_what_was_billed() {
    let story = story();
    let page = page(&story);
    let rows = story.records().rows;
    let of = |kind: fn(&Usage) -> u64| -> Vec<f64> {
        rows.iter().map(|row| kind(&row.usage) as f64).filter(|tokens| *tokens > 0.0).collect()
    };
    assert_eq!(values(&page, "tokens", "read"), of(|usage| usage.cache_read));
    assert_eq!(values(&page, "tokens", "write"), of(Usage::cache_write));
    assert_eq!(values(&page, "tokens", "uncached"), of(|usage| usage.input));
    assert_eq!(values(&page, "tokens", "output"), of(|usage| usage.output));
    let drawn: f64 =
        ["read", "write", "uncached", "output"].iter().flat_map(|kind| values(&page, "dollars", kind)).sum();
    let billed = story.bill().total.usd().unwrap().dollars();
    assert!((drawn - billed).abs() < 1e-9, "{drawn} {billed}");
    assert!(values(&page, "dollars", "unknown").is_empty());
    let agents: f64 = ["agent-0", "agent-1"].iter().flat_map(|class| values(&page, "agents", class)).sum();
    assert!((agents - billed).abs() < 1e-9);
}

#[test]
fn windows_and_changes_of_the_model_are_marked_where_they_happened() {
    let page = page(&story());
    assert_eq!(page.matches("<g class=\"window agent-0\" data-place=\"4\">").count(), 1, "the first window is no mark");
    assert_eq!(page.matches("<g class=\"switch agent-0\" data-place=\"5\">").count(), 1);
    assert!(page.contains("main: window 3 (compacted), from anthropic/claude-opus-5-5 to anthropic/claude-haiku-5-5"));
}

#[test]
fn the_page_fetches_nothing_runs_nothing_and_shows_names_as_text() {
    let page = page(&story());
    for wrong in
        ["<script", "http://", "https://", "url(", "@import", "src=", "href=", "<b>the", "side\"kick<", "<arithmetic>"]
    {
        assert!(!page.contains(wrong), "{wrong}");
    }
    for right in [
        "rename &lt;b&gt;the&lt;/b&gt; parser",
        "side&quot;kick&lt;",
        "by &lt;arithmetic&gt;",
        "prefers-color-scheme: dark",
    ] {
        assert!(page.contains(right), "{right}");
    }
}

#[test]
fn a_page_is_known_by_its_beginning() {
    let page = page(&story());
    assert!(is_page(&page));
    for other in ["", "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Mine</title>", &page[1..]] {
        assert!(!is_page(other), "{other:.80}");
    }
}

#[test]
fn the_saving_says_over_how_many_of_the_sessions_it_is() {
    let story = story();
    let (records, steps) = story.told();
    let (mut bill, catalogue, baseline) = (Bill::default(), Catalogue::builtin(), baseline());
    bill.add(&records, &steps, &catalogue);
    bill.add(&records, &steps, &catalogue);
    let page = |compared| {
        html(&Shown { bill: &bill, session: None, catalogue: &catalogue, baseline: Some(&baseline), compared })
    };
    assert!(page(1).contains("alone in 1 of 2 sessions"));
    assert!(page(2).contains("alone ($1.00") && !page(2).contains("of 2 sessions"));
}

#[test]
fn every_element_that_is_opened_is_closed() {
    let page = page(&story());
    let mut open = vec!["html", "body"];
    let (_, body) = page.split_once("<body>").unwrap();
    for tag in body.split('<').skip(1).map(|tag| tag.split('>').next().unwrap()) {
        let name = tag.split_whitespace().next().unwrap().trim_start_matches('/');
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name), "{tag}"),
            (false, false) => open.push(name),
            (false, true) => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn a_price_that_the_list_no_longer_has_is_drawn_without_its_kinds() {
    let mut story = Story::new();
    story.window("main", "no-such-model", 0);
    story.user("go");
    let row = story.row("main", tokens(0, 100, 10));
    story.called(protocol::LedgerRow { usd: Some(Usd::from_dollars(0.25)), ..row });
    let page = page(&story);
    assert_eq!(values(&page, "dollars", "unknown"), [0.25]);
    assert_eq!(values(&page, "tokens", "write"), [100.0]);
}

#[test]
fn many_calls_share_bars_and_lose_no_token() {
    let mut story = Story::new();
    story.window("main", OPUS, 0);
    story.user("go");
    for n in 0..400 {
        let row = story.row("main", tokens(1_000 + n, 10, 5));
        story.called(row);
    }
    let page = page(&story);
    let reads = values(&page, "tokens", "read");
    assert_eq!((reads.len(), reads.iter().sum::<f64>()), (134, 479_800.0));
    assert!(page.contains("400 model calls in order, 3 in each bar"));
}

#[test]
fn a_session_without_calls_and_a_bill_of_several_are_pages_too() {
    let mut story = Story::new();
    assert!(page(&story).contains("No model was called yet"));
    story.window("main", OPUS, 0);
    story.user("go");
    story.step("main", tokens(0, 1_000, 10), &[]);
    let (records, steps) = story.told();
    let (mut bill, catalogue) = (Bill::default(), Catalogue::builtin());
    bill.add(&records, &steps, &catalogue);
    bill.add(&records, &steps, &catalogue);
    let page = html(&Shown { bill: &bill, session: None, catalogue: &catalogue, baseline: None, compared: 0 });
    assert!(page.contains("What 2 sessions cost") && page.contains("id=\"sessions\""));
    assert_eq!(values(&page, "sessions-chart", "agent-0").len(), 2);
}
