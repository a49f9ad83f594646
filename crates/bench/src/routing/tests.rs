#![allow(clippy::disallowed_methods, reason = "tests touch real files")]

use std::fmt::Write;
use std::path::Path;

use super::*;
use crate::figure::Unusable;

const POLICIES: [&str; 14] = [
    "always-cheap",
    "always-strong",
    "best-single",
    "random",
    "oracle",
    "rules",
    "learned",
    "learned-as-good",
    "learned-unsure",
    "learned-built-in",
    "cascade2-perfect",
    "cascade2-90-90",
    "cascade2-80-80",
    "cascade3-90-90",
];

/// Sixty tasks in each set. The cheap model solves those of the first kind (repository, dimension), the strong one all but each tenth.
fn data() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let routing = folder.path().join("routing");
    std::fs::create_dir(&routing).unwrap();
    let write = |name: &str, text: &str| std::fs::write(routing.join(name), text).unwrap();
    let solved = |cheap: bool, at: usize| u8::from(if cheap { at.is_multiple_of(2) } else { at % 10 != 9 });
    let mut tasks = String::new();
    let mut outcomes = "model,inst,resolved,cost\n".to_owned();
    let mut pro = "inst,repo,model,resolved,submitted,patch_chars,cost_cached\n".to_owned();
    let mut coderouter = "task_id,dimension,model,score,cost_usd,input_tokens,output_tokens\n".to_owned();
    for at in 0..60 {
        let kind = if at % 2 == 0 { "one" } else { "two" };
        writeln!(tasks, r#"{{"instance_id":"t{at:02}","repo":"acme/{kind}","problem_statement":"It fails"}}"#).unwrap();
        for (model, cheap, cost) in [
            ("DeepSeek-V4-Pro", true, 0.1),
            ("MiniMax-M3", true, 0.2),
            ("claude-opus-4-8", false, 1.0),
            ("claude-fable-5", false, 2.0),
        ] {
            writeln!(outcomes, "{model},t{at:02},{},{cost}", solved(cheap, at)).unwrap();
        }
        for (model, cheap, cost) in [("GPT-5", true, 0.1), ("Claude Sonnet 4.5", false, 1.0)] {
            writeln!(pro, "p{at:02},acme/{kind},{model},{},1,4000,{cost}", solved(cheap, at)).unwrap();
        }
        for (model, cheap, cost) in
            [("Qwen3-Max", true, 0.001), ("gpt-5.4", true, 0.002), ("claude-opus-4-6", false, 0.01)]
        {
            writeln!(coderouter, "c{at:02},{kind},{model},{},{cost},100,50", solved(cheap, at)).unwrap();
        }
    }
    write("swebench-verified-tasks.jsonl", &tasks);
    write("swebench-verified-outcomes.csv", &outcomes);
    write("swebench-pro-runs.csv", &pro);
    write("coderouterbench-id.csv", &coderouter);
    folder
}

fn row<'a>(figure: &'a Figure, data: &str, policy: &str) -> &'a serde_json::Value {
    let rows = figure.json["tables"].as_array().unwrap();
    rows.iter().find(|row| row["data"] == data && row["policy"] == policy).unwrap()
}

#[test]
fn a_missing_folder_is_an_error_that_says_what_to_name() {
    let said = |data: Option<&Path>| {
        let error = measure(data).unwrap_err();
        assert!(error.is::<Unusable>());
        error.to_string()
    };
    assert!(said(None).contains("--data DIR"));
    let empty = tempfile::tempdir().unwrap();
    assert!(said(Some(empty.path())).contains("no such folder; --data DIR names the folder that holds `routing`"));
    std::fs::create_dir(empty.path().join("routing")).unwrap();
    assert!(said(Some(empty.path())).contains("swebench-verified-tasks.jsonl: cannot be read"));
    std::fs::write(empty.path().join("routing/swebench-verified-tasks.jsonl"), "{}\n").unwrap();
    assert!(said(Some(empty.path())).contains("swebench-verified-tasks.jsonl:1: missing field"));
}

#[test]
fn every_set_has_every_policy_with_its_intervals() {
    let folder = data();
    let figure = measure(Some(folder.path())).unwrap();
    for set in ["verified", "pro", "coderouter-id"] {
        for policy in POLICIES {
            let row = row(&figure, set, policy);
            for name in ["cost_ratio", "success_ratio"] {
                let (value, low, high) = (
                    row[name].as_f64().unwrap(),
                    row["ci"][name][0].as_f64().unwrap(),
                    row["ci"][name][1].as_f64().unwrap(),
                );
                assert!(low <= value + 1e-6 && value <= high + 1e-6, "{row}");
            }
        }
    }
    let strong = row(&figure, "pro", "always-strong");
    assert_eq!((strong["cost_ratio"].as_f64(), strong["success_ratio"].as_f64()), (Some(1.0), Some(1.0)));
    // Half of 54: the cheap one solves 30.
    assert_eq!(row(&figure, "pro", "always-cheap")["success_ratio"], 0.555556);
    assert_eq!(row(&figure, "pro", "random")["apgr"], 0.5);
    // It finds out that the cheap model is good at one kind.
    let learned = row(&figure, "pro", "learned");
    assert!(learned["auc"].as_f64().unwrap() > 0.95 && learned["cost_ratio"].as_f64().unwrap() < 0.8, "{learned}");
    assert!(figure.lines.iter().any(|line| line.starts_with("pro: GPT-5 > Claude Sonnet 4.5")));
}

#[test]
fn the_same_data_gives_the_same_numbers() {
    let folder = data();
    let sets = data::read(Some(folder.path())).unwrap();
    let rows = || of_set(&sets[1]).unwrap().iter().map(Row::json).collect::<Vec<_>>();
    assert_eq!(rows(), rows());
}

#[test]
fn nothing_that_is_scored_was_chosen_on_the_rows_it_is_scored_on() {
    let folder = data();
    let sets = data::read(Some(folder.path())).unwrap();
    let set = &sets[0];
    let fold = folds::all(set.tasks.len()).remove(3);
    let chosen = |set: &Set| {
        let trained = learner::train(set).unwrap();
        (cascade::tiers_of(set, set.groups[0].strong(), &fold), trained.version(3).clone())
    };
    let mut turned = set.clone();
    for model in &mut turned.models {
        fold.held_out.iter().for_each(|row| {
            model.success[*row] = 1.0 - model.success[*row];
            model.cost[*row] *= 7.0;
        });
    }
    assert_eq!(chosen(set), chosen(&turned));
    // The test can fail: another row does change them.
    let mut turned = set.clone();
    turned.models.iter_mut().for_each(|model| model.success[fold.training[0]] = 1.0 - model.success[fold.training[0]]);
    assert_ne!(chosen(set).1, chosen(&turned).1);
}

#[test]
fn every_seed_holds_every_row_out_once() {
    let folds = folds::all(47);
    assert_eq!(folds.len(), folds::FOLDS * folds::SEEDS as usize);
    for seed in 0..folds::SEEDS {
        let of_seed = folds.iter().filter(|fold| fold.seed == seed);
        let mut held: Vec<usize> = of_seed.clone().flat_map(|fold| fold.held_out.iter().copied()).collect();
        held.sort_unstable();
        assert_eq!(held, (0..47).collect::<Vec<_>>());
        for fold in of_seed {
            assert_eq!(fold.training.len() + fold.held_out.len(), 47);
            assert!(fold.training.iter().all(|row| !fold.held_out.contains(row)));
        }
    }
    assert_ne!(folds[0].held_out, folds[folds::FOLDS].held_out);
}

#[test]
fn a_cascade_is_charged_for_failed_attempts_and_verdicts() {
    let folder = data();
    let sets = data::read(Some(folder.path())).unwrap();
    let (set, group) = (&sets[1], &sets[1].groups[0]);
    let play = cascade::plays(set, group).into_iter().find(|play| play.policy == "cascade2-90-90").unwrap();
    // 4,000 characters of patch: 7,000 tokens read at $2, 800 written at $10 per million.
    let verdict = 7_000.0 * 2e-6 + 800.0 * 10e-6;
    // The first task is solved by both: the strong one runs where a good patch was refused.
    assert!((play.cost[0] - (0.1 + verdict + 0.1 * 1.0)).abs() < 1e-9);
    assert!((play.success[0] - (0.9 + 0.1)).abs() < 1e-9);
    // The second only by the strong one: a bad patch is taken once in ten.
    assert!((play.cost[1] - (0.1 + verdict + 0.9 * 1.0)).abs() < 1e-9);
    assert!((play.success[1] - 0.9).abs() < 1e-9);
}

#[test]
fn three_tiers_end_with_the_strong_model_alone_where_no_cascade_is_as_good() {
    let folder = data();
    let sets = data::read(Some(folder.path())).unwrap();
    let mut set = sets[1].clone();
    // The cheap one is neither cheap nor good.
    set.models[0].success.fill(0.0);
    set.models[0].cost.fill(0.9);
    let fold = folds::all(set.tasks.len()).remove(0);
    assert_eq!(cascade::tiers_of(&set, 1, &fold), [1]);
}
