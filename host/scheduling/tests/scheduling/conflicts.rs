use lectern_scheduling::conflicts;
use proptest::{collection::vec, prelude::*};

use super::*;

/// The titles of those of `existing` that are in the way of `new`.
fn in_the_way(new: &[Period], existing: &[(&'static str, Period)]) -> Vec<&'static str> {
    conflicts(new, existing.iter(), |booking| booking.1)
        .map(|booking| booking.0)
        .collect()
}

#[test]
fn bookings_that_touch_do_not_conflict() {
    let existing = [("before", period(0, 10)), ("after", period(20, 30))];
    assert!(in_the_way(&[period(10, 20)], &existing).is_empty());
}

#[test]
fn a_single_common_millisecond_is_a_conflict() {
    let existing = [("before", period(0, 11)), ("after", period(19, 30))];
    assert_eq!(in_the_way(&[period(10, 20)], &existing), ["before", "after"]);
}

#[test]
fn a_booking_within_another_conflicts_both_ways() {
    assert_eq!(in_the_way(&[period(0, 100)], &[("short", period(40, 50))]), ["short"]);
    assert_eq!(in_the_way(&[period(40, 50)], &[("long", period(0, 100))]), ["long"]);
}

#[test]
fn a_booking_of_zero_length_conflicts_only_within_another() {
    let existing = [
        ("start", period(10, 10)),
        ("within", period(15, 15)),
        ("end", period(20, 20)),
    ];
    assert_eq!(in_the_way(&[period(10, 20)], &existing), ["within"]);
    assert!(in_the_way(&[period(10, 10)], &[("same", period(10, 10))]).is_empty());
}

#[test]
fn a_conflicting_booking_is_listed_once_whatever_the_number_of_occurrences_it_meets() {
    let new = [period(0, 10), period(20, 30), period(40, 50)];
    assert_eq!(
        in_the_way(&new, &[("exam", period(5, 45)), ("gap", period(10, 20))]),
        ["exam"]
    );
}

#[test]
fn existing_bookings_may_overlap_each_other_and_come_in_any_order() {
    let new = [period(20, 30), period(40, 50)];
    let existing = [
        ("c", period(49, 60)),
        ("a", period(0, 60)),
        ("no", period(30, 40)),
        ("b", period(25, 26)),
    ];
    assert_eq!(in_the_way(&new, &existing), ["c", "a", "b"]);
}

#[test]
fn the_check_can_stop_at_the_first_conflict_of_a_stream() {
    let endless = (0..).map(|number| period(number, number + 1));
    let first = conflicts(&[period(1000, 2000)], endless, |booking| *booking).next();
    assert_eq!(first, Some(period(1000, 1001)));
}

#[test]
fn no_new_recording_has_no_conflict() {
    assert!(in_the_way(&[], &[("any", period(0, 10))]).is_empty());
}

prop_compose! {
    /// Periods in chronological order that do not overlap: pairs of a gap and a length. Gaps and lengths of zero are common.
    fn batch()(steps in vec((0..6_i64, 0..6_i64), 0..40)) -> Vec<Period> {
        let mut now = 0;
        steps.into_iter().map(|(gap, length)| {
            let start = now + gap;
            now = start + length;
            period(start, now)
        }).collect()
    }
}

prop_compose! {
    fn bookings()(bookings in vec((0..220_i64, 0..12_i64), 0..60)) -> Vec<Period> {
        bookings.into_iter().map(|(start, length)| period(start, start + length)).collect()
    }
}

proptest! {
    #[test]
    fn the_conflicts_are_those_that_comparing_every_pair_finds(new in batch(), existing in bookings()) {
        let expected: Vec<_> = existing.iter().copied()
            .filter(|booked| new.iter().any(|new| new.start < booked.end && new.end > booked.start))
            .collect();
        let found: Vec<_> = conflicts(&new, existing, |booking| *booking).collect();
        prop_assert_eq!(found, expected);
    }
}
