use super::*;

const NOW: Timestamp = Timestamp(1_000_000);

fn at(ms: u64) -> Timestamp {
    Timestamp(NOW.0 + ms)
}

/// Lets everyone ask every millisecond; gives the moments at which somebody got through.
fn herd(limiter: &mut Limiter, ms: u64) -> Vec<u64> {
    let mut through = Vec::new();
    for moment in 0..ms {
        while limiter.wait(0, at(moment)).is_none() {
            limiter.take(0, at(moment));
            through.push(moment);
        }
    }
    through
}

#[test]
fn gw_10_no_minute_sees_more_requests_than_are_allowed() {
    for rpm in [1, 7, 60, 500] {
        let mut limiter = Limiter::new(&Limits { rpm: Some(rpm), ..Limits::default() });
        let through = herd(&mut limiter, 180_000);
        let most = through.iter().map(|from| through.iter().filter(|it| (*from..from + 60_000).contains(it)).count());
        assert!(most.max().unwrap() <= rpm as usize, "{rpm}");
        assert!(through.len() as u32 >= 2 * rpm, "{rpm}: nearly all that is allowed is used, {}", through.len());
    }
}

#[test]
fn gw_10_after_a_refusal_nobody_asks_before_the_moment_and_then_one_by_one() {
    let mut limiter = Limiter::new(&Limits::default());
    (0..64).for_each(|_| limiter.take(0, NOW));
    (0..64).for_each(|_| limiter.refused(Some(Duration::from_secs(2)), NOW));
    assert_eq!(limiter.wait(0, NOW), Some(Duration::from_secs(2)));
    let through = herd(&mut limiter, 4_000);
    assert_eq!(through[0], 2_000);
    let in_a_second = through.iter().filter(|moment| **moment < 3_000).count();
    assert!(in_a_second <= 33, "half of the 64 a second that were too many, {in_a_second}");
    assert_eq!(through.iter().filter(|moment| **moment == 2_000).count(), 1);
}

#[test]
fn gw_10_a_pace_is_halved_once_for_a_pause_and_grows_with_answers() {
    let mut limiter = Limiter::new(&Limits::default());
    (0..64).for_each(|_| limiter.take(0, NOW));
    limiter.refused(None, NOW);
    limiter.refused(None, NOW);
    let rate = limiter.pace.unwrap().0;
    assert!((rate - 32.0).abs() < 0.1, "{rate}");
    (0..33).for_each(|_| limiter.answered(at(5_000)));
    let rate = limiter.pace.unwrap().0;
    assert!((32.9..33.1).contains(&rate), "a second's answers add one: {rate}");
    (0..10_000).for_each(|_| limiter.answered(at(5_000)));
    assert!(limiter.pace.is_none(), "faster than anybody asks");
}

#[test]
fn tokens_that_were_not_reckoned_with_are_owed() {
    let mut limiter = Limiter::new(&Limits { tpm: Some(60_000), ..Limits::default() });
    assert_eq!(limiter.wait(10_000, NOW), None);
    limiter.take(10_000, NOW);
    limiter.settle(10_000, 40_000, NOW);
    let wait = limiter.wait(1_000, NOW).unwrap();
    assert!(wait > Duration::from_secs(30), "{wait:?}");
    assert_eq!(limiter.wait(1_000, NOW.plus(wait)), None);
    let mut idle = Limiter::new(&Limits { tpm: Some(60_000), ..Limits::default() });
    assert_eq!(idle.wait(500_000, NOW), None, "larger than a minute's worth: when nothing else is under way");
    idle.take(500_000, NOW);
    assert!(idle.wait(1, NOW).is_some());
}
