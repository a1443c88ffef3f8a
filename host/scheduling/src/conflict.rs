//! Which bookings stand in the way of new ones.

use crate::period::Period;

/// The existing bookings that overlap one of the new `periods`, in the order in which they come.
///
/// `periods` are in chronological order and do not overlap each other, as [`expand`](crate::expand) returns them; a slice of one
/// for a single recording or an update. `existing` are bookings of **the same capture agent** in the same tenant, whatever became
/// of them: past, running and ingested ones count. `period` tells the time that a booking takes. For an update, leave the event
/// itself out of `existing`: it is no conflict that its new time overlaps its old one.
///
/// Nothing is kept of `existing` and its order does not matter, so it can be the rows of a query as they are read, restricted to those
/// that start before the last end and end after the first start. Each costs one binary search in `periods`. Existing bookings may
/// overlap each other (`allowConflict`). Taking the first item only answers whether there is a conflict at all.
pub fn conflicts<B>(
    periods: &[Period],
    existing: impl IntoIterator<Item = B>,
    period: impl Fn(&B) -> Period,
) -> impl Iterator<Item = B> {
    existing.into_iter().filter(move |booking| {
        let booked = period(booking);
        // Starts and ends both ascend, so that among the periods that end after the booking's start the first starts first.
        let candidate = periods.partition_point(|new| new.end <= booked.start);
        periods.get(candidate).is_some_and(|new| new.overlaps(booked))
    })
}
