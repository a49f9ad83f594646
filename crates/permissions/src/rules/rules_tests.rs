use super::*;

fn read(yaml: &str) -> Result<RuleSet, RuleError> {
    let mut rules = RuleSet::none();
    rules.read(yaml, Source::User, "policy.yaml")?;
    Ok(rules)
}

const GOOD: &str = "rules:
  - verdict: deny
    command: git push *
    match: [git push origin main, sudo git push]
    not_match: [git pull]
    why: releases are a person's business
  - verdict: allow
    command: mise run *
    match: ['mise run lint 2>&1 | tail -5']
";

#[test]
fn sec_67_rules_that_are_in_order_load_also_from_the_section_of_a_policy_file() {
    assert_eq!(read(GOOD).unwrap().rules().len(), 2);
    let section = format!("lanes: {{}}\npermissions:\n{}", GOOD.replace("\n", "\n  ").replace("rules:", "  rules:"));
    assert_eq!(read(&section).unwrap().rules().len(), 2);
}

#[test]
fn sec_67_a_file_that_is_not_in_order_is_refused_with_its_place() {
    for (yaml, line, words) in [
        ("", Some(1), "holds no rules"),
        ("[]", Some(1), "holds no rules"),
        ("rules: [", None, ""),
        ("rules:\n  - verdict: maybe\n    command: a\n    match: [a]\n", Some(2), "maybe"),
        ("rules:\n  - verdict: ask\n    comand: a\n    match: [a]\n", Some(3), "comand"),
        ("rules:\n  - verdict: ask\n    verdict: deny\n    command: a\n    match: [a]\n", None, "duplicate"),
        ("rules: []\nrules: []\n", None, "duplicate"),
        ("rules:\n  - verdict: ask\n    command: a\n", None, "match"),
        (
            "rules:\n  - verdict: ask\n    command: a *\n    match: [a]\n  - verdict: deny\n    command: b\n    match: [c]\n",
            Some(5),
            "does not fit its own example",
        ),
        ("rules:\n  - verdict: ask\n    command: a\n    match: []\n", Some(2), "`match` is empty"),
        (
            "rules:\n  - verdict: deny\n    command: rm *\n    match: [rm x]\n    not_match: [env rm x]\n",
            Some(2),
            "`not_match`",
        ),
        (
            "rules:\n  - verdict: ask\n    command: a\n    match: [a]\n  - verdict: deny\n    command: a\n    match: [a]\n",
            Some(5),
            "earlier rule",
        ),
        ("rules:\n  - verdict: allow\n    command: '*'\n    match: [a]\n", Some(2), "a mode, not a rule"),
        ("rules:\n  - verdict: allow\n    command: 'a*'\n    match: [ab]\n", Some(2), "whole word"),
        ("rules:\n  - verdict: allow\n    command: 'a && b'\n    match: [a]\n", Some(2), "signs of the shell"),
        ("rules:\n  - verdict: allow\n    command: ''\n    match: [a]\n", Some(2), "`command` is empty"),
    ] {
        let error = read(yaml).expect_err(yaml);
        assert!(error.to_string().starts_with("policy.yaml"), "{error}");
        assert!(error.what.contains(words), "{yaml:?}: {error}");
        if line.is_some() {
            assert_eq!(error.line, line, "{yaml:?}: {error}");
        }
    }
    assert!(read(&format!("rules: []\n#{}", "x".repeat(10 << 20))).unwrap_err().what.contains("allowed are"));
}

#[test]
fn sec_67_a_project_may_only_make_things_stricter() {
    let mut rules = RuleSet::none();
    rules.read(GOOD, Source::Project, ".agent/policy.yaml").unwrap();
    assert_eq!(rules.rules().len(), 1);
    assert_eq!(rules.rules()[0].verdict, Verdict::Deny);
    assert!(rules.remarks()[0].contains("may only ask or deny"), "{:?}", rules.remarks());
}
