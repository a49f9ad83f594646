use super::figures::Figures;
use super::play::play;
use super::script::Plan;

/// 60 steps, two compactions: everything smaller, so that a window takes 20 steps.
fn short() -> Plan {
    Plan {
        turns: 6,
        window: 20,
        file: 250,
        said: 60,
        project: 7_000,
        summary: 600,
        at_tokens: 18_600,
        keep_tail: 1_500,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_with_compactions_stays_cached_and_as_cheap_as_it_began() {
    let plan = short();
    let played = play(&plan).await.unwrap();
    let figures = Figures::of(&plan, &played).unwrap();
    assert_eq!(figures.windows, [1, 21, 41], "{figures:?}");
    assert_eq!((figures.steps, figures.compactions), (60, plan.compactions()));
    assert_eq!(figures.undeclared_breaks, 0, "{figures:?}");
    assert!(figures.cached_share >= 0.97, "{figures:?}");
    assert!((0.90..=1.10).contains(&figures.cost_ratio), "{figures:?}");
}
