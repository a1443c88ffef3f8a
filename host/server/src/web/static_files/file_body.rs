//! Reading a file while it is sent.
//!
//! A task reads ahead by a chunk, each on a thread made for waiting. It gives up when a chunk is not wanted for a while, so that a
//! client that stops reading does not keep the file open; what it would have read is then an error, and the connection ends.

use hyper::body::{Body, Bytes, Frame, SizeHint};
use lectern_downloads::Piece;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// How much is read at once. Up to three such chunks of a download are in memory.
const CHUNK: u64 = 256 << 10;

/// How long a chunk waits for the client.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is to be sent, before anything has been read.
pub(super) struct Prepared {
    file: File,
    pieces: Vec<Piece>,
    length: u64,
}

/// A body that is being read.
pub struct FileBody {
    chunks: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
}

impl Prepared {
    /// Parts of a file, in this order.
    pub(super) fn new(file: File, pieces: Vec<Piece>) -> Self {
        let length = pieces.iter().map(Piece::length).sum();
        Self { file, pieces, length }
    }

    /// Starts to read.
    pub(super) fn start(self) -> FileBody {
        self.start_with(PATIENCE)
    }

    fn start_with(self, patience: Duration) -> FileBody {
        let (sender, chunks) = mpsc::channel(1);
        let left = self.length;
        tokio::spawn(read(Arc::new(self.file), self.pieces, sender, patience));
        FileBody { chunks, left }
    }
}

/// Reads until everything is read or nobody wants more.
async fn read(file: Arc<File>, pieces: Vec<Piece>, chunks: mpsc::Sender<io::Result<Bytes>>, patience: Duration) {
    let send = async |chunk| {
        timeout(patience, chunks.send(chunk))
            .await
            .is_ok_and(|sent| sent.is_ok())
    };
    for piece in pieces {
        let mut range = match piece {
            Piece::Text(text) => {
                if !send(Ok(text)).await {
                    return;
                }
                continue;
            }
            Piece::File(range) => range,
        };
        while range.start < range.end {
            let length = CHUNK.min(range.end - range.start);
            let (file, start) = (Arc::clone(&file), range.start);
            let chunk = spawn_blocking(move || chunk(&file, start, length)).await;
            let chunk = chunk.unwrap_or_else(|error| Err(io::Error::other(error)));
            let is_read = chunk.is_ok();
            if let Err(error) = &chunk {
                tracing::error!(%error, "a file cannot be read to its end");
            }
            if !send(chunk).await || !is_read {
                return;
            }
            range.start += length;
        }
    }
}

fn chunk(file: &File, start: u64, length: u64) -> io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    file.read_exact_at(&mut bytes, start)?;
    Ok(Bytes::from(bytes))
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.chunks.poll_recv(cx).map(|chunk| match chunk {
            Some(Ok(chunk)) => {
                self.left = self.left.saturating_sub(chunk.len() as u64);
                Some(Ok(Frame::data(chunk)))
            }
            Some(Err(error)) => Some(Err(error)),
            None if self.left == 0 => None,
            None => Some(Err(io::ErrorKind::TimedOut.into())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::io::Write;

    /// A file longer than several chunks, and no multiple of one.
    fn content() -> Vec<u8> {
        (0..CHUNK * 3 + 7).map(|number| (number % 251) as u8).collect()
    }

    fn file() -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&content()).unwrap();
        file
    }

    async fn received(mut body: FileBody) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
            bytes.extend_from_slice(&frame?.into_data().unwrap());
        }
        Ok(bytes)
    }

    #[tokio::test]
    async fn parts_arrive_in_their_order() {
        let all = content();
        let ranges = [0..all.len() as u64, 5..6, CHUNK - 1..CHUNK + 1];
        for range in ranges.clone() {
            let (start, end) = (range.start as usize, range.end as usize);
            let body = Prepared::new(file(), vec![Piece::File(range)]);
            assert_eq!(received(body.start()).await.unwrap(), all[start..end]);
        }
        let pieces = vec![
            Piece::Text(Bytes::from_static(b"head")),
            Piece::File(1..3),
            Piece::Text(Bytes::from_static(b"tail")),
        ];
        let body = Prepared::new(file(), pieces);
        assert_eq!(body.length, 10);
        assert_eq!(received(body.start()).await.unwrap(), b"head\x01\x02tail");
    }

    #[tokio::test]
    async fn a_file_that_is_shorter_than_it_was_is_an_error_and_no_short_answer() {
        let length = content().len() as u64;
        let body = Prepared::new(file(), vec![Piece::File(0..length + 1)]);
        assert!(received(body.start()).await.is_err());
    }

    #[tokio::test]
    async fn a_client_that_stops_reading_does_not_keep_the_file_open() {
        let length = content().len() as u64;
        let body = Prepared::new(file(), vec![Piece::File(0..length)]).start_with(Duration::ZERO);
        // The task has ended when nobody can send any more, with the first chunk in its place.
        while !body.chunks.is_closed() {
            tokio::task::yield_now().await;
        }
        assert_eq!(received(body).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
