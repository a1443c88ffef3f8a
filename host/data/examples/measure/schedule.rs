//! Scheduling: 25,000 occurrences of one rule at an agent that is booked as often again.

use super::admin;
use super::generate::Generator;
use lectern_data::model::*;
use lectern_data::{scheduling, write};
use rusqlite::Connection;
use serde_json::json;
use std::time::Instant;

/// Schedules twice, prints how long that takes, and leaves nothing behind.
pub fn measure(writer: &Connection) {
    writer
        .execute_batch("BEGIN IMMEDIATE; INSERT INTO capture_agent (name, timezone, inputs) VALUES ('measure', 'Europe/Zurich', '')")
        .unwrap();
    let mut generator = Generator::new(3);
    let mut number = 0;
    for year in [2000, 2080] {
        let Change::Create { fields, acl, .. } = generator.event() else {
            continue;
        };
        let object = json!({
            "agent_id": "measure", "start": format!("{year}-01-01T10:00:00Z"), "end": format!("{}-01-01T10:00:00Z", year + 80),
            "duration": 5_400_000, "rrule": "FREQ=DAILY;COUNT=25000;BYHOUR=10;BYMINUTE=0",
        });
        let identifier = || {
            number += 1;
            // As far apart as UUIDs are.
            format!("{:016x}-measured", u64::reverse_bits(number))
        };
        let start = Instant::now();
        let schedule = scheduling::recordings(writer, &object.to_string(), "Measured", identifier).unwrap();
        let expanded = start.elapsed();
        let change = Change::Schedule {
            schedule,
            fields,
            acl,
            processing: None,
        };
        let start = Instant::now();
        write::apply(writer, &admin(), &[change], 0).unwrap();
        println!(
            "25,000 recordings: expanded in {expanded:?}, scheduled in {:?}",
            start.elapsed()
        );
    }
    writer.execute_batch("ROLLBACK").unwrap();
}
