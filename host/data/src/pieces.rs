//! The bytes of files in the tenant's database, for programs that have no disk to put them on.
//!
//! Does not belong here: which files there are and whose they are (`write`), and files on a disk (`lectern-tenants`).

use crate::sql::{Column, Param, Sql, SqlError};

/// How many bytes a piece has, unless it is the last one of its file.
pub const LENGTH: usize = 1 << 18;

/// Stores the content of a file that has none yet, in the transaction that makes somebody refer to it.
pub fn store(sql: &dyn Sql, file: &str, content: &[u8]) -> Result<(), SqlError> {
    let statement = "INSERT INTO file_piece (file, position, content) VALUES (?, ?, ?)";
    // A file without bytes has a piece without bytes, so that it is here.
    let nothing = content.is_empty().then_some(content);
    for (piece, position) in nothing
        .into_iter()
        .chain(content.chunks(LENGTH))
        .zip((0_i64..).step_by(LENGTH))
    {
        let params = [Param::Text(file), Param::Integer(position), Param::Blob(piece)];
        sql.execute(statement, &params)?;
    }
    Ok(())
}

/// The piece that holds the byte at a position: where the piece begins, and its bytes. None if the file has no such byte here.
pub fn piece(sql: &dyn Sql, file: &str, position: u64) -> Result<Option<(u64, Vec<u8>)>, SqlError> {
    let start = position - position % LENGTH as u64;
    let mut found = None;
    let params = [
        Param::Text(file),
        Param::Integer(i64::try_from(start).unwrap_or(i64::MAX)),
    ];
    let statement = "SELECT content FROM file_piece WHERE file = ? AND position = ?";
    sql.query(statement, &params, &mut |row| {
        if let Column::Blob(content) = row.column(0) {
            found = Some((start, content.to_vec()));
        }
        Ok(())
    })?;
    Ok(found)
}

/// All of a file.
pub fn content(sql: &dyn Sql, file: &str) -> Result<Vec<u8>, SqlError> {
    let mut content = Vec::new();
    while let Some((_, piece)) = piece(sql, file, content.len() as u64)? {
        content.extend_from_slice(&piece);
        if piece.len() < LENGTH {
            break;
        }
    }
    Ok(content)
}

/// The files that are here, some of them if there are many.
pub fn files(sql: &dyn Sql) -> Result<Vec<String>, SqlError> {
    let mut files = Vec::new();
    sql.query("SELECT DISTINCT file FROM file_piece LIMIT 1000", &[], &mut |row| {
        files.extend(row.column(0).text().map(str::to_owned));
        Ok(())
    })?;
    Ok(files)
}

/// Forgets the content of a file that is somewhere else now.
pub fn remove(sql: &dyn Sql, file: &str) -> Result<(), SqlError> {
    sql.execute("DELETE FROM file_piece WHERE file = ?", &[Param::Text(file)])
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations;
    use rusqlite::Connection;

    #[test]
    fn a_file_is_what_was_stored_whatever_its_length() {
        let sql = Connection::open_in_memory().unwrap();
        migrations::apply(&sql).unwrap();
        for length in [0, 1, LENGTH - 1, LENGTH, LENGTH + 1, 3 * LENGTH] {
            let (name, bytes) = (
                length.to_string(),
                (0..length).map(|byte| byte as u8).collect::<Vec<_>>(),
            );
            store(&sql, &name, &bytes).unwrap();
            assert!(content(&sql, &name).unwrap() == bytes, "{length}");
        }
        assert_eq!(piece(&sql, "1", 0).unwrap(), Some((0, vec![0])));
        assert_eq!(piece(&sql, "1", LENGTH as u64).unwrap(), None);
        let (start, piece) = piece(&sql, &(LENGTH + 1).to_string(), LENGTH as u64).unwrap().unwrap();
        assert_eq!((start, piece.len()), (LENGTH as u64, 1));
        assert_eq!(files(&sql).unwrap().len(), 6);
        for file in files(&sql).unwrap() {
            remove(&sql, &file).unwrap();
        }
        assert!(files(&sql).unwrap().is_empty());
    }
}
