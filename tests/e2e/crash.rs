//! The process is killed at every durable write, before it and after it, and at moments that have nothing to do with
//! writes: every resume ends, with nothing lost and nothing done twice unless the agent was told. And an agent that was woken
//! sends the bytes that one that never slept would have sent.
//!
//! Only debug builds take the instruction to die, so only they have these tests.
#![cfg(debug_assertions)]

mod place;
mod play;
mod sameness;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use self::place::{Place, Speaks, TASK};
use self::play::{Kill, Played, Start, play, process, serve};
use self::sameness::assert_same_work;

/// Where the "random" moments begin: the same in every run, so that what fails can be repeated.
const SEED: u64 = 0x7a6d_6131;

/// Plays at the same time. Each has a process or two of its own.
const AT_ONCE: usize = 2;

/// The session as it is when nothing happens to it.
fn whole() -> &'static Played {
    static WHOLE: OnceLock<Played> = OnceLock::new();
    WHOLE.get_or_init(|| play(Speaks::Messages, &[]))
}

/// Kills at write 1, 2, ... until a process comes to its end before its write. Gives the number of writes.
fn sweep(kill: fn(u64) -> Kill) -> u64 {
    let (next, over) = (AtomicU64::new(1), AtomicBool::new(false));
    let last = AtomicU64::new(0);
    let whole = whole();
    std::thread::scope(|threads| {
        for _ in 0..AT_ONCE {
            threads.spawn(|| {
                while !over.load(Ordering::Acquire) {
                    let write = next.fetch_add(1, Ordering::Relaxed);
                    let killed = play(Speaks::Messages, &[kill(write)]);
                    assert_same_work(&killed, whole, &format!("{:?}", kill(write)));
                    match killed.deaths {
                        0 => over.store(true, Ordering::Release),
                        _ => drop(last.fetch_max(write, Ordering::Relaxed)),
                    }
                }
            });
        }
    });
    last.into_inner()
}

#[test]
fn the_undisturbed_session_is_what_the_killed_ones_are_measured_against() {
    let whole = whole();
    assert_same_work(whole, whole, "undisturbed");
    assert_eq!((whole.deaths, whole.counted, whole.delegations.len()), (0, 2, 3));
    let files: Vec<(&str, &str)> = whole.files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    assert!(files.contains(&("greeting.txt", "hello tandem\n")), "{files:?}");
    assert!(files.contains(&("farewell.txt", "bye tandem\n")), "{files:?}");
    assert!(files.contains(&("notes/changes.txt", "both texts name tandem\n")), "{files:?}");
}

#[test]
fn a_session_killed_after_any_durable_write_resumes_to_the_same_end() {
    let writes = sweep(Kill::After);
    assert!(writes > 50, "only {writes} writes were swept");
}

#[test]
fn a_session_killed_before_any_durable_write_resumes_to_the_same_end() {
    let writes = sweep(Kill::Before);
    assert!(writes > 50, "only {writes} writes were swept");
}

/// How many random plays: few by default, `AGENT_CRASH_ROUNDS` for a long run.
fn rounds(default: usize) -> usize {
    std::env::var("AGENT_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(default)
}

#[test]
fn a_session_killed_twice_resumes_to_the_same_end() {
    let mut random = Random(SEED);
    for _ in 0..rounds(6) {
        // The first resume has work left for as many writes as the second kill needs.
        let kills = [40, 20].map(|most| match random.below(2) {
            0 => Kill::After(3 + random.below(most)),
            _ => Kill::Before(3 + random.below(most)),
        });
        let killed = play(Speaks::Messages, &kills);
        assert_same_work(&killed, whole(), &format!("{kills:?}"));
        assert_eq!(killed.deaths, 2, "{kills:?}: one of them came too late");
    }
}

#[test]
fn a_session_killed_from_outside_at_any_moment_resumes_to_the_same_end() {
    let mut random = Random(SEED);
    let mut deaths = 0;
    let rounds = rounds(8);
    for _ in 0..rounds {
        let kills = [Kill::Printed(random.below(16_000) as usize)];
        let killed = play(Speaks::Messages, &kills);
        assert_same_work(&killed, whole(), &format!("{kills:?}"));
        deaths += killed.deaths;
    }
    assert!(deaths * 4 >= rounds * 3, "only {deaths} of {rounds} processes died before their end");
}

#[test]
fn a_sidekick_woken_in_the_middle_of_its_work_sends_the_bytes_that_it_would_have_sent() {
    for speaks in [Speaks::Messages, Speaks::Chat, Speaks::Responses] {
        let killed = play(speaks, &[Kill::Asked("sidekick", 4)]);
        assert_same_work(&killed, &play(speaks, &[]), &format!("{speaks:?}"));
        // The request whose answer was lost is sent again, to the byte, and then the work goes on.
        assert_eq!(killed.deaths, 1);
        let (before, after) = killed.asked.split_at(killed.asked_before_waking);
        assert_eq!(before.last(), after.first(), "{speaks:?}");
    }
}

#[test]
fn a_sidekick_woken_between_two_delegations_sends_the_bytes_that_it_would_have_sent() {
    for speaks in [Speaks::Messages, Speaks::Chat, Speaks::Responses] {
        let killed = play(speaks, &[Kill::Asked("main", 3)]);
        let whole = play(speaks, &[]);
        assert_same_work(&killed, &whole, &format!("{speaks:?}"));
        assert_eq!(killed.deaths, 1);
        let next = killed.asked[killed.asked_before_waking..].iter().find(|asked| asked.actor == "sidekick").unwrap();
        // Two requests in the first delegation, five in the second.
        assert_eq!(next.body, whole.bodies("sidekick")[7], "{speaks:?}");
    }
}

#[test]
fn a_session_in_another_dialect_resumes_to_the_same_end_too() {
    for speaks in [Speaks::Chat, Speaks::Responses] {
        let whole = play(speaks, &[]);
        for write in (5..).step_by(12) {
            let killed = play(speaks, &[Kill::Before(write)]);
            assert_same_work(&killed, &whole, &format!("{speaks:?}, before {write}"));
            if killed.deaths == 0 {
                assert!(write > 50, "only {write} writes were swept");
                break;
            }
        }
    }
}

#[test]
fn a_session_that_died_before_its_task_was_saved_says_so_and_takes_one() {
    let (place, running) = (Place::new(), serve(&[]));
    let run =
        |start: Start, kill| process(start.command(&place, &running.base_url(), Speaks::Messages), kill, &running);
    run(Start::Run, Some(Kill::After(1)));
    let resumed = run(Start::Resume, None);
    let told = String::from_utf8_lossy(&resumed.stderr).into_owned();
    assert_eq!(resumed.status.code(), Some(2), "{told}");
    assert!(told.contains("has no task yet") && told.contains("--task"), "{told}");
    assert!(running.requests().is_empty());
    assert_eq!(run(Start::ResumeWithTask, None).status.code(), Some(0));
    assert_eq!(place.counted(), 2);
}

#[test]
fn a_second_task_that_was_saved_before_the_process_died_is_done_by_the_resume() {
    let (place, running) = (Place::new(), serve(&[]));
    let run =
        |start: Start, kill| process(start.command(&place, &running.base_url(), Speaks::Messages), kill, &running);
    assert_eq!(run(Start::Run, None).status.code(), Some(0));
    let asked = running.requests().len();
    // The resumed session is the first write, the task the second.
    run(Start::ResumeWithTask, Some(Kill::After(2)));
    assert_eq!(running.requests().len(), asked, "the task was not to reach the model yet");
    assert_eq!(run(Start::Resume, None).status.code(), Some(0));
    let requests = running.requests();
    assert_eq!(requests.len(), asked + 1);
    let body = String::from_utf8_lossy(&requests[asked].body).into_owned();
    assert_eq!(body.matches("{\"type\":\"text\",\"text\":\"Both texts should name tandem.\"").count(), 2, "{body}");
}

#[test]
fn a_limit_given_at_the_start_holds_after_a_resume() {
    let (place, running) = (Place::new(), serve(&[]));
    let team = place.team();
    let url = running.base_url();
    let agent = |arguments: &[&str], kill| process(place.agent(&url, Speaks::Messages, arguments), kill, &running);
    agent(&["run", TASK, "--json", "--team", &team, "--max-steps", "5"], Some(Kill::After(12)));
    let resumed = agent(&["sessions", "resume", "--json"], None);
    assert_eq!(resumed.status.code(), Some(3), "{}", String::from_utf8_lossy(&resumed.stderr));
    // A higher limit is given by hand.
    let resumed = agent(&["sessions", "resume", "--json", "--max-steps", "50"], None);
    assert_eq!(resumed.status.code(), Some(0), "{}", String::from_utf8_lossy(&resumed.stderr));
}

/// Numbers that look random: the same ones in every run.
struct Random(u64);

impl Random {
    /// Below `limit` (Marsaglia's xorshift).
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
