use protocol::ErrorKind;

use super::*;

fn ending(error: Option<ErrorKind>) -> Ending {
    Ending {
        status: 200,
        usage: Usage { input: 5, output: 2, ..Usage::default() },
        first_byte_ms: Some(20),
        ms: 300,
        error,
        request_id: None,
    }
}

#[test]
fn gw_24_labels_have_an_end_whatever_names_come() {
    let metrics = Metrics::default();
    for n in 0..5_000 {
        metrics.began();
        metrics.ended(Dialect::OpenaiChat, Class::Main, &format!("lane-{n}"), 200 + (n % 400) as u16);
        metrics.attempt(&format!("binding-{n}"), &ending(None), None);
        metrics.refused((n % 1_000) as u16);
    }
    let text = metrics.text(false, &[]);
    assert!(text.contains("lane=\"other\"") && text.contains("lane=\"lane-1\""));
    assert!(text.len() < 500_000, "{} bytes", text.len());
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn the_text_says_what_happened() {
    let metrics = Metrics::default();
    metrics.began();
    metrics.attempt("anthropic/m", &ending(Some(ErrorKind::Overloaded)), None);
    metrics.attempt("anthropic/m", &ending(None), Some(Usd::from_dollars(0.25)));
    metrics.compared(Usd::from_dollars(1.5));
    metrics.ended(Dialect::AnthropicMessages, Class::ToolResult, "fast", 200);
    metrics.began();
    metrics.wrote(3);
    metrics.dropped(2);
    metrics.refused(401);
    let text = metrics.text(true, &[("anthropic/m", 2)]);
    for line in [
        r#"agent_gateway_requests_total{dialect="anthropic_messages",class="tool_result",lane="fast",status="2xx"} 1"#,
        r#"agent_gateway_refused_total{status="401"} 1"#,
        "agent_gateway_requests_in_flight 1",
        r#"agent_gateway_attempts_total{binding="anthropic/m",outcome="overloaded"} 1"#,
        r#"agent_gateway_attempts_total{binding="anthropic/m",outcome="ok"} 1"#,
        r#"agent_gateway_tokens_total{binding="anthropic/m",kind="input"} 10"#,
        r#"agent_gateway_cost_usd_total{binding="anthropic/m"} 0.25"#,
        "agent_gateway_requested_cost_usd_total 1.5",
        r#"agent_gateway_first_byte_seconds_count{binding="anthropic/m"} 1"#,
        r#"agent_gateway_breaker{binding="anthropic/m"} 2"#,
        "agent_gateway_draining 1",
        "agent_gateway_ledger_rows_total 3",
        "agent_gateway_ledger_dropped_total 2",
    ] {
        assert!(text.lines().any(|there| there == line), "`{line}` is missing in\n{text}");
    }
}
