//! Answers to requests that may be sent again, under keys that users choose.

use super::Work;
use crate::model::{Error, Reason, Session};
use crate::sql::{Param, Sql};

/// What refusals are about.
const SUBJECT: &str = "idempotency-key";

/// How long an answer is remembered, in milliseconds: 24 hours.
const REMEMBERED: i64 = 24 * 60 * 60 * 1000;

/// How many bytes a key may have, and everything else together: the identifiers of as many recordings as one rule may have.
const KEY: usize = 255;
const ANSWER: usize = 8 << 20;

/// How many answers that are too old one new one removes, so that no write pays for all of a busy day.
const PRUNED: i64 = 20;

/// Refuses a key that the user has already, and says what was answered.
pub fn check(sql: &dyn Sql, session: &Session, key: &str, now_ms: i64) -> Result<(), Error> {
    if key.is_empty() || key.len() > KEY || key.contains(char::is_control) {
        return Err(Error::invalid(
            SUBJECT,
            format!("An idempotency key has 1 to {KEY} bytes and no control characters."),
        ));
    }
    let mut known = None;
    sql.query(
        "SELECT fingerprint, answer FROM remembered_answer \
         WHERE authenticated = ? AND effective = ? AND key = ? AND expires_ms > ?",
        &[
            Param::Text(&session.authenticated),
            Param::Text(&session.principal.username),
            Param::Text(key),
            Param::Integer(now_ms),
        ],
        &mut |row| {
            known = row
                .column(0)
                .text()
                .zip(row.column(1).text())
                .map(|(fingerprint, answer)| {
                    serde_json::json!({ "fingerprint": fingerprint, "answer": answer }).to_string()
                });
            Ok(())
        },
    )?;
    match known {
        None => Ok(()),
        Some(document) => Err(Error {
            document,
            ..Error::new(
                Reason::Conflict,
                SUBJECT,
                format!("The idempotency key {key:?} has been used before."),
            )
        }),
    }
}

/// Remembers an answer; the key has passed [`check`].
pub fn store(work: &mut Work<'_>, key: &str, fingerprint: &str, answer: &str) -> Result<(), Error> {
    if fingerprint.len() + answer.len() > ANSWER {
        return Err(Error::invalid(SUBJECT, "The answer is too long to be remembered."));
    }
    work.sql.execute(
        "DELETE FROM remembered_answer WHERE id IN (SELECT id FROM remembered_answer WHERE expires_ms <= ? ORDER BY expires_ms LIMIT ?)",
        &[Param::Integer(work.now_ms), Param::Integer(PRUNED)],
    )?;
    work.sql.execute(
        "INSERT OR REPLACE INTO remembered_answer (authenticated, effective, key, fingerprint, answer, expires_ms) \
         VALUES (?, ?, ?, ?, ?, ?)",
        &[
            Param::Text(&work.session.authenticated),
            Param::Text(&work.session.principal.username),
            Param::Text(key),
            Param::Text(fingerprint),
            Param::Text(answer),
            Param::Integer(work.now_ms.saturating_add(REMEMBERED)),
        ],
    )?;
    Ok(())
}
