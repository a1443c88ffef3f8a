use super::*;
use proptest::prelude::*;
use std::task::Wake;

fn party(name: &str) -> Arc<str> {
    name.into()
}

/// Asks once.
fn ask(wait: &mut Wait) -> Option<Place> {
    match wait.poll_place(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(place) => Some(place.expect("there is room to wait")),
        Poll::Pending => None,
    }
}

#[test]
fn a_free_place_is_there_at_once() {
    let turns = Turns::new(2, 2, 10);
    let (a, b) = (party("a"), party("b"));
    let first = ask(&mut turns.wait(&a));
    assert!(first.is_some() && ask(&mut turns.wait(&b)).is_some());
    assert_eq!(turns.waiting(), 0);
}

#[test]
fn a_party_at_its_limit_leaves_the_rest_to_the_others() {
    let turns = Turns::new(3, 1, 10);
    let (a, b) = (party("a"), party("b"));
    let _first = ask(&mut turns.wait(&a)).expect("a place");
    let mut second = turns.wait(&a);
    assert!(ask(&mut second).is_none());
    assert!(ask(&mut turns.wait(&b)).is_some());
}

#[test]
fn a_flood_waits_behind_itself_and_the_first_of_another_comes_next() {
    let turns = Turns::new(1, 1, 100);
    let (flood, guest) = (party("flood"), party("guest"));
    let held = ask(&mut turns.wait(&flood)).expect("a place");
    let mut flooding: Vec<Wait> = (0..50).map(|_| turns.wait(&flood)).collect();
    assert!(flooding.iter_mut().all(|wait| ask(wait).is_none()));
    let mut single = turns.wait(&guest);
    assert!(ask(&mut single).is_none());

    drop(held);
    // The flood was first in the round; then it is the guest's turn.
    let held = ask(&mut flooding[0]).expect("the first of the flood");
    assert!(ask(&mut single).is_none());
    drop(held);
    assert!(ask(&mut flooding[1]).is_none());
    assert!(ask(&mut single).is_some());
}

#[test]
fn a_party_that_comes_new_has_a_spare_place_and_the_others_make_room_for_it() {
    let turns = Turns::with_spare(2, 2, 1, 10);
    let (flood, guest) = (party("flood"), party("guest"));
    let first = ask(&mut turns.wait(&flood)).expect("a place");
    let _second = ask(&mut turns.wait(&flood)).expect("a place");
    let mut next = turns.wait(&flood);
    assert!(ask(&mut next).is_none());
    let guests = ask(&mut turns.wait(&guest)).expect("the spare place");
    assert!(ask(&mut turns.wait(&guest)).is_none());
    // With the guest's place two are taken still.
    drop(first);
    assert!(ask(&mut next).is_none());
    drop(guests);
    assert!(ask(&mut next).is_some());
}

#[test]
fn within_a_party_the_first_comes_first() {
    let turns = Turns::new(1, 1, 10);
    let a = party("a");
    let held = ask(&mut turns.wait(&a)).expect("a place");
    let (mut second, mut third) = (turns.wait(&a), turns.wait(&a));
    assert!(ask(&mut second).is_none() && ask(&mut third).is_none());
    drop(held);
    assert!(ask(&mut third).is_none());
    let held = ask(&mut second).expect("its turn");
    drop(held);
    assert!(ask(&mut third).is_some());
}

#[test]
fn who_gives_up_is_passed_over() {
    let turns = Turns::new(1, 1, 10);
    let a = party("a");
    let held = ask(&mut turns.wait(&a)).expect("a place");
    let (mut second, mut third) = (turns.wait(&a), turns.wait(&a));
    assert!(ask(&mut second).is_none() && ask(&mut third).is_none());
    drop(second);
    drop(held);
    assert!(ask(&mut third).is_some());
}

#[test]
fn a_turn_that_nobody_takes_goes_to_the_next() {
    let turns = Turns::new(1, 1, 10);
    let a = party("a");
    let held = ask(&mut turns.wait(&a)).expect("a place");
    let (mut second, mut third) = (turns.wait(&a), turns.wait(&a));
    assert!(ask(&mut second).is_none() && ask(&mut third).is_none());
    drop(held);
    drop(second);
    assert!(ask(&mut third).is_some());
    assert_eq!(turns.waiting(), 0);
}

#[test]
fn a_full_queue_turns_away_its_own_party_only() {
    let turns = Turns::new(1, 1, 1);
    let (a, b) = (party("a"), party("b"));
    let _held = ask(&mut turns.wait(&a)).expect("a place");
    let mut waiting = turns.wait(&a);
    assert!(ask(&mut waiting).is_none());
    let refused = turns.wait(&a).poll_place(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(refused, Poll::Ready(Err(Crowded))));
    assert!(ask(&mut turns.wait(&b)).is_none());
}

#[test]
fn whose_turn_it_is_is_woken() {
    struct Flag(std::sync::atomic::AtomicBool);
    impl Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    }
    let turns = Turns::new(1, 1, 10);
    let a = party("a");
    let held = ask(&mut turns.wait(&a)).expect("a place");
    let flag = Arc::new(Flag(false.into()));
    let mut waiting = turns.wait(&a);
    let waker = Waker::from(Arc::clone(&flag));
    assert!(waiting.poll_place(&mut Context::from_waker(&waker)).is_pending());
    drop(held);
    assert!(flag.0.load(std::sync::atomic::Ordering::Relaxed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_request_of_many_threads_gets_its_turn_and_no_limit_is_passed() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let turns = Turns::new(3, 2, 10_000);
    let inside: [Arc<AtomicUsize>; 3] = Default::default();
    let all = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..600)
        .map(|number| {
            let (turns, all, mine) = (turns.clone(), Arc::clone(&all), Arc::clone(&inside[number % 3]));
            tokio::spawn(async move {
                let place = turns
                    .wait(&party(&format!("tenant {}", number % 3)))
                    .await
                    .expect("room");
                assert!(all.fetch_add(1, Ordering::SeqCst) < 3);
                assert!(mine.fetch_add(1, Ordering::SeqCst) < 2);
                tokio::task::yield_now().await;
                mine.fetch_sub(1, Ordering::SeqCst);
                all.fetch_sub(1, Ordering::SeqCst);
                drop(place);
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no limit is passed");
    }
    let state = turns.0.lock();
    assert_eq!((state.taken, state.waiting), (0, 0));
    assert!(state.parties.is_empty() && state.round.is_empty());
}

proptest! {
    /// Whatever comes, waits, goes and gives up: no limit is passed, no place is lost, and nobody waits while there is a place for him.
    #[test]
    fn places_are_never_lost_and_never_given_twice(
        places in 1..4usize,
        of_party in 1..4usize,
        spare in 0..3usize,
        steps in prop::collection::vec((0..3usize, 0..3u8, 0..8usize), 0..200),
    ) {
        let turns = Turns::with_spare(places, of_party, spare, 5);
        let parties = ["a", "b", "c"].map(party);
        let mut waits: Vec<(usize, Wait)> = Vec::new();
        let mut held: Vec<(usize, Place)> = Vec::new();
        for (who, what, which) in steps {
            match what {
                0 => {
                    let mut wait = turns.wait(&parties[who]);
                    match wait.poll_place(&mut Context::from_waker(Waker::noop())) {
                        Poll::Ready(Ok(place)) => held.push((who, place)),
                        Poll::Ready(Err(Crowded)) => {}
                        Poll::Pending => waits.push((who, wait)),
                    }
                }
                1 if !held.is_empty() => drop(held.swap_remove(which % held.len())),
                _ if !waits.is_empty() => drop(waits.swap_remove(which % waits.len())),
                _ => {}
            }
            waits = waits
                .into_iter()
                .filter_map(|(who, mut wait)| match ask(&mut wait) {
                    Some(place) => {
                        held.push((who, place));
                        None
                    }
                    None => Some((who, wait)),
                })
                .collect();
            prop_assert!(held.len() <= places + spare);
            prop_assert_eq!(turns.waiting(), waits.len());
            for (index, _) in parties.iter().enumerate() {
                let mine = held.iter().filter(|(who, _)| *who == index).count();
                prop_assert!(mine <= of_party);
                let open = if mine == 0 { places + spare } else { places };
                let could_have = held.len() < open && mine < of_party;
                prop_assert!(!could_have || waits.iter().all(|(who, _)| *who != index));
            }
        }
        drop((waits, held));
        prop_assert_eq!(turns.0.lock().taken, 0);
        prop_assert!(turns.0.lock().parties.is_empty());
    }
}
