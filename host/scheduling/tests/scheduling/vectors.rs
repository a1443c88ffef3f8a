//! Counts, firsts and lasts that Opencast's own expansion gives. Its tests have the local hour in the rule; a client sends it in UTC.

use super::*;

struct Vector {
    time_zone: &'static str,
    start: &'static str,
    end: &'static str,
    days: &'static str,
    /// Hour and minute in UTC on the UTC date of `start`.
    utc: (u32, u32),
    count: usize,
    first: &'static str,
    last: &'static str,
}

#[rustfmt::skip]
const VECTORS: [Vector; 8] = [
    Vector { time_zone: "Asia/Tokyo", start: "2016-03-25T13:00:00Z", end: "2016-03-29T13:05:50Z", days: "MO,TU,FR,SA,SU",
        utc: (13, 0), count: 5, first: "2016-03-25T13:00:00Z", last: "2016-03-29T13:00:00Z" },
    Vector { time_zone: "Europe/Zurich", start: "2016-03-25T14:05:00Z", end: "2016-03-29T13:10:50Z", days: "MO,TU,FR,SA,SU",
        utc: (14, 5), count: 5, first: "2016-03-25T14:05:00Z", last: "2016-03-29T13:05:00Z" },
    Vector { time_zone: "America/Phoenix", start: "2016-03-10T07:05:00Z", end: "2016-03-17T07:10:50Z", days: "MO,TU,FR,SA,SU",
        utc: (7, 5), count: 5, first: "2016-03-11T07:05:00Z", last: "2016-03-15T07:05:00Z" },
    Vector { time_zone: "Europe/Zurich", start: "2016-03-15T14:05:00Z", end: "2016-04-11T13:10:50Z", days: "MO,TH,FR,SA,SU",
        utc: (14, 5), count: 20, first: "2016-03-17T14:05:00Z", last: "2016-04-11T13:05:00Z" },
    Vector { time_zone: "Europe/Zurich", start: "2016-03-20T11:05:00Z", end: "2016-04-11T10:10:50Z", days: "MO,TH,FR,SA,SU",
        utc: (11, 5), count: 17, first: "2016-03-20T11:05:00Z", last: "2016-04-11T10:05:00Z" },
    Vector { time_zone: "Europe/Berlin", start: "2016-10-19T22:05:00Z", end: "2016-11-17T23:10:50Z", days: "MO,TU,WE,TH,FR,SA,SU",
        utc: (22, 5), count: 30, first: "2016-10-19T22:05:00Z", last: "2016-11-17T23:05:00Z" },
    Vector { time_zone: "Europe/Zurich", start: "2015-10-15T03:05:00Z", end: "2017-10-30T04:05:50Z", days: "MO,TH,FR,SA,SU",
        utc: (3, 5), count: 535, first: "2015-10-15T03:05:00Z", last: "2017-10-30T04:05:00Z" },
    Vector { time_zone: "America/Phoenix", start: "2015-10-15T12:05:00Z", end: "2017-10-30T12:05:50Z", days: "MO,TH,FR,SA,SU",
        utc: (12, 5), count: 535, first: "2015-10-15T12:05:00Z", last: "2017-10-30T12:05:00Z" },
];

#[test]
fn every_vector_of_opencast_has_its_count_and_its_first_and_last_occurrence() {
    for vector in VECTORS {
        let (hour, minute) = vector.utc;
        let rule = format!("FREQ=WEEKLY;BYDAY={};BYHOUR={hour};BYMINUTE={minute}", vector.days);
        let starts = starts(vector.time_zone, vector.start, vector.end, &rule);
        let name = format!("{} from {}", vector.time_zone, vector.start);
        assert_eq!(starts.len(), vector.count, "{name}");
        assert_eq!(starts.first().unwrap(), vector.first, "{name}");
        assert_eq!(starts.last().unwrap(), vector.last, "{name}");
    }
}

#[test]
fn the_documented_sample_gives_the_sixteen_working_days_of_three_weeks() {
    let request = parse(json!({
        "agent_id": "ca24",
        "start": "2019-05-20T16:00:00Z",
        "end": "2019-06-10T19:00:00Z",
        "inputs": ["default"],
        "rrule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=16;BYMINUTE=0",
        "duration": 1_080_000
    }))
    .unwrap();
    let periods = expand(&request, zone("")).unwrap();
    assert_eq!(periods.len(), 16);
    assert_eq!(
        periods[0],
        period(instant("2019-05-20T16:00:00Z"), instant("2019-05-20T16:18:00Z"))
    );
    assert_eq!(
        periods[15],
        period(instant("2019-06-10T16:00:00Z"), instant("2019-06-10T16:18:00Z"))
    );
}
