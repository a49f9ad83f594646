use super::*;

fn lanes() -> Lanes {
    let brains = vec![(Brain::new("a", "one"), 3), (Brain::new("b", "two"), 1)];
    let lane = |name: &str| Lane { name: name.to_owned(), brain: Brain::new("team", name), review: false };
    Lanes {
        lanes: vec![lane("cheap"), lane("dear")],
        shuffle: [("cheap".to_owned(), brains)].into(),
        ..Lanes::default()
    }
}

fn of(session: u32) -> Lanes {
    lanes().of_session(&format!("20261121-101500-{session:05}").as_str().into())
}

#[test]
fn t04_a_session_has_one_of_a_lanes_brains_by_its_id_and_sessions_together_follow_the_weights() {
    assert_eq!(of(7).lanes, of(7).lanes, "the same session, the same brain");
    assert_eq!(of(7).lanes[1].brain, Brain::new("team", "dear"), "a lane with one brain keeps it");
    let ones = (0..2_000).filter(|session| of(*session).lanes[0].brain.model == "one").count();
    assert!((1_420..=1_580).contains(&ones), "three quarters of 2000: {ones}");
    assert_eq!(lanes().brains().count(), 4, "whoever may be drawn can be asked");
}
