//! The bill as a page: where it is written to, and what a real browser draws of it.

use std::path::Path;
use std::process::{Command, Stdio};

use super::session;
use crate::support::{Desk, Ended, wait_until};

#[test]
fn a_page_is_written_whole_or_not_at_all() {
    let (desk, _sim, id) = session();
    let page = desk.base().join("cost.html");
    let name = page.display().to_string();
    let ended = desk.agent(&["cost", "--html", &name]).exits(0);
    assert_eq!(ended.out, "");
    ended.says(&["wrote", &name]);
    let first = std::fs::read_to_string(&page).unwrap();
    assert!(first.contains(&id) && first.ends_with("</html>\n"));
    // A page of all sessions takes its place.
    desk.agent(&["cost", "--all", "--html", &name, "--json"]).exits(0).json();
    assert_ne!(std::fs::read_to_string(&page).unwrap(), first);
    let folder = desk.base().display().to_string();
    desk.agent(&["cost", "--html", &folder]).exits(2).says(&[&folder, "is a folder"]);
    let beneath_a_file = format!("{name}/page.html");
    desk.agent(&["cost", "--html", &beneath_a_file]).exits(2).says(&[&name]);
    let missing = desk.base().join("missing/folder");
    let within = missing.join("page.html").display().to_string();
    desk.agent(&["cost", "--html", &within]).exits(2).says(&[
        &within,
        &format!("there is no folder {}", missing.display()),
        "make it first",
    ]);
    assert!(!missing.parent().unwrap().exists(), "no folder is made");
    let names: Vec<_> = std::fs::read_dir(desk.base()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.iter().filter(|name| name.to_string_lossy().starts_with('.')).count(), 0, "{names:?}");
}

#[test]
fn a_file_that_is_no_page_is_only_replaced_by_force() {
    let (desk, _sim, _) = session();
    let mine = desk.aside("mine.html", "<!DOCTYPE html>\n<p>mine");
    desk.agent(&["cost", "--html", &mine]).exits(2).says(&[&mine, "not overwritten", "--force"]);
    assert_eq!(std::fs::read_to_string(&mine).unwrap(), "<!DOCTYPE html>\n<p>mine");
    desk.agent(&["cost", "--html", &mine, "--force"]).exits(0).says(&["wrote"]);
    desk.agent(&["cost", "--html", &mine]).exits(0);
    desk.agent(&["cost", "--force"]).exits(2).says(&["--html"]);
    desk.agent(&["cost", "--html", "/dev/null", "--force"]).exits(2).says(&["is no plain file", "standard output"]);
    // A name that no disk takes.
    let long = desk.base().join(format!("{}.html", "x".repeat(300))).display().to_string();
    desk.agent(&["cost", "--html", &long]).exits(2).says(&["cannot be written", "--html -"]);
}

#[test]
fn a_hyphen_writes_the_page_to_standard_output() {
    let (desk, _sim, id) = session();
    let ended = desk.agent(&["cost", "--html", "-"]).exits(0);
    assert!(ended.out.starts_with("<!DOCTYPE html>") && ended.out.ends_with("</html>\n") && ended.out.contains(&id));
    let page = desk.base().join("cost.html").display().to_string();
    desk.agent(&["cost", "--html", &page]).exits(0);
    assert_eq!(ended.out, std::fs::read_to_string(&page).unwrap(), "the same as in a file");
    assert!(!desk.root.join("-").exists());
    desk.agent(&["cost", "--html", "-", "--json"]).exits(2).says(&["--html - and --json"]);
}

/// A browser without a screen, with a folder of its own, that asks nobody anything.
pub(crate) fn browser(desk: &Desk, arguments: &[&str], page: &Path) -> Ended {
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
        .arg(format!("--user-data-dir={}", desk.base().join("browser").display()))
        .args(arguments)
        .arg(format!("file://{}", page.display()));
    Ended::of(command.output().unwrap())
}

/// The numbers of an attribute of all elements with a class within a drawing.
fn drawn(dom: &str, id: &str, class: &str) -> Vec<f64> {
    let (_, rest) = dom.split_once(&format!("<svg id=\"{id}\"")).unwrap_or_else(|| panic!("no {id} in {dom}"));
    let (svg, _) = rest.split_once("</svg>").unwrap();
    let shape =
        regex::Regex::new(&format!(r#"<(?:rect|circle) class="{class}"[^>]* data-value="([0-9.e-]+)""#)).unwrap();
    shape.captures_iter(svg).map(|found| found[1].parse().unwrap()).collect()
}

#[test]
fn a_browser_draws_every_call_with_the_values_of_the_bill() {
    let (desk, _sim, _) = session();
    let page = desk.base().join("cost.html");
    let bill = desk.agent(&["cost", "--json", "--html", &page.display().to_string()]).exits(0).json();
    let dom = browser(&desk, &["--dump-dom"], &page).exits(0).out;
    let usage = &bill["total"]["usage"];
    let calls = bill["total"]["calls"].as_u64().unwrap() as usize;
    let tokens = |field: &str| usage[field].as_u64().unwrap() as f64;
    let total = |id: &str, class: &str| drawn(&dom, id, class).iter().sum::<f64>();
    assert_eq!(total("tokens", "read"), tokens("cache_read"));
    assert_eq!(total("tokens", "write"), tokens("cache_write_short") + tokens("cache_write_long"));
    assert_eq!(total("tokens", "uncached"), tokens("input"));
    assert_eq!(total("tokens", "output"), tokens("output"));
    assert_eq!(drawn(&dom, "tokens", "output").len(), calls, "a bar for each call");
    let usd = bill["total"]["usd"].as_f64().unwrap();
    let dollars: f64 = ["read", "write", "uncached", "output"].iter().map(|kind| total("dollars", kind)).sum();
    assert!((dollars - usd).abs() < 1e-9, "{dollars} {usd}");
    assert_eq!(drawn(&dom, "contexts", "point agent-[01]").len(), calls);
    let agents = &bill["views"]["agent"];
    for (n, agent) in agents.as_array().unwrap().iter().enumerate() {
        let bar = total("agents", &format!("agent-{n}"));
        assert!((bar - agent["usd"].as_f64().unwrap()).abs() < 1e-9, "{agent}");
    }
    for table in ["by-agent", "by-brain", "by-purpose", "by-activity", "by-outcome", "calls"] {
        assert!(dom.contains(&format!("<table id=\"{table}\">")), "{table}");
    }
    // The browser had nothing to mend: what it shows is what was written.
    let written = std::fs::read_to_string(&page).unwrap();
    assert_eq!(dom.matches("<rect").count(), written.matches("<rect").count());
}

#[test]
fn a_browser_makes_a_picture_of_the_page_at_a_desk_and_on_a_phone() {
    let (desk, _sim, _) = session();
    let page = desk.base().join("cost.html");
    desk.agent(&["cost", "--html", &page.display().to_string()]).exits(0);
    for (width, height) in [(800_u32, 1_800_u32), (400, 1_800)] {
        let picture = desk.base().join(format!("{width}.png"));
        let size = format!("--window-size={width},{height}");
        let shot = format!("--screenshot={}", picture.display());
        browser(&desk, &["--hide-scrollbars", &size, &shot], &page).exits(0);
        wait_until("the picture", || picture.is_file());
        let bytes = std::fs::read(&picture).unwrap();
        assert_eq!(&bytes[1..4], b"PNG");
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!((number(16), number(20)), (width, height));
        // A blank page of this size is a few kilobytes.
        assert!(bytes.len() > 20_000, "{} bytes", bytes.len());
    }
}
