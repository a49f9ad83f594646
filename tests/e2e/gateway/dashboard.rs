//! The dashboard in a real browser.

use std::process::{Command, Stdio};

use super::{Gateway, body};
use crate::support::{Desk, Ended, Sim, wait_until};

/// A browser without a screen, with a folder of its own.
fn browser(desk: &Desk, arguments: &[&str], url: &str) -> Ended {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let there = |name: &&&str| {
        let mut version = Command::new(name);
        version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    let name =
        names.iter().find(there).expect("the page is looked at in Chromium: `apt-get install chromium` puts it there");
    let mut command = desk.command(name);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--no-proxy-server", "--enable-logging=stderr", "--v=0"])
        .arg(format!("--user-data-dir={}", desk.base().join("browser").display()))
        .args(arguments)
        .arg(url);
    Ended::of(command.output().unwrap())
}

/// The cells of a table, row by row.
fn cells(dom: &str, table: &str) -> Vec<Vec<String>> {
    let (_, rest) = dom.split_once(&format!("<table id=\"{table}\">")).unwrap_or_else(|| panic!("no {table} in {dom}"));
    let (body, _) = rest.split_once("<tbody>").unwrap().1.split_once("</tbody>").unwrap();
    let cell = regex::Regex::new(r"<td[^>]*>([^<]*)</td>").unwrap();
    let row = |row: &str| cell.captures_iter(row).map(|found| found[1].to_owned()).collect();
    body.split("</tr>").filter(|text| text.contains("<td")).map(row).collect()
}

#[test]
fn a_browser_shows_requests_costs_hits_breakers_and_latencies_and_runs_nothing() {
    let (desk, sim) = (Desk::new(), Sim::free());
    let gateway = Gateway::start(&desk, &sim.variables(), &[]);
    let evil = "<script>document.title='owned'</script>";
    gateway.messages(gateway.token(), &body("claude-haiku-5-5", "Look around.")).is(200);
    gateway.messages(gateway.token(), &body("claude-haiku-5-5", "Look around.")).is(200);
    gateway.messages(gateway.token(), &body(evil, "Look around."));
    let url = format!("{}/", gateway.url);
    let shown = browser(&desk, &["--dump-dom"], &url).exits(0);
    let dom = &shown.out;
    assert!(dom.contains("<title>agent gateway</title>"), "{dom}");
    assert!(!dom.contains("<script"), "{dom}");
    let models = cells(dom, "models");
    let haiku = models.iter().find(|row| row[0] == "claude-haiku-5-5").unwrap_or_else(|| panic!("{models:?}"));
    assert_eq!((haiku[1].as_str(), haiku[2].as_str(), haiku[3].as_str()), ("anthropic/claude-haiku-5-5", "2", "0"));
    assert!(haiku[7].starts_with('$') && haiku[8].ends_with("(1.00x)"), "{haiku:?}");
    let bindings = cells(dom, "bindings");
    let haiku =
        bindings.iter().find(|row| row[0] == "anthropic/claude-haiku-5-5").unwrap_or_else(|| panic!("{bindings:?}"));
    assert_eq!(haiku[1], "closed");
    assert!(haiku[3].ends_with(" ms") && haiku[6].ends_with(" ms"), "{haiku:?}");
    // The browser refused nothing of the page and fetched nothing else.
    for word in ["Content Security Policy", "Refused to"] {
        assert!(!shown.err.contains(word), "{}", shown.err);
    }
    let picture = desk.base().join("dashboard.png");
    let shot = format!("--screenshot={}", picture.display());
    browser(&desk, &["--hide-scrollbars", "--window-size=900,700", &shot], &url).exits(0);
    wait_until("the picture", || picture.is_file());
    assert!(std::fs::metadata(&picture).unwrap().len() > 8_000, "a blank page of this size is a few kilobytes");
}
