//! Reading a file within limits, so that no header can make a demuxer read on and on.

use std::io::{self, Read, Seek, SeekFrom};
use std::time::Instant;

use symphonia::core::io::MediaSource;

/// What a demuxer may fetch from disk. Headers and indices of hours of video are a few MiB.
const MAX_BYTES: u64 = 128 << 20;
/// How often a demuxer may read or seek: far more than any real file takes, and over in about a second.
const MAX_STEPS: u64 = 8 << 20;
/// Small, because demuxers hop from header to header and what lies between is fetched for nothing.
const BUFFER: usize = 1024;

/// What a file is read from.
pub(crate) trait Source: Read + Seek + Send + Sync {}

impl<S: Read + Seek + Send + Sync> Source for S {}

/// A file that can be read and sought until a limit is reached; from then on everything is an error.
///
/// The limits are on bytes fetched, on calls (a loop of seeks fetches nothing) and on time.
pub(crate) struct Bounded {
    file: Box<dyn Source>,
    length: u64,
    position: u64,
    buffer: Vec<u8>,
    buffer_start: u64,
    bytes_left: u64,
    steps_left: u64,
    deadline: Instant,
}

impl Bounded {
    /// Reads `file`, which is `length` bytes long, until `deadline`.
    pub(crate) fn new(file: impl Source + 'static, length: u64, deadline: Instant) -> Self {
        Bounded {
            file: Box::new(file),
            length,
            position: 0,
            buffer: Vec::new(),
            buffer_start: 0,
            bytes_left: MAX_BYTES,
            steps_left: MAX_STEPS,
            deadline,
        }
    }

    /// The length of the file in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Lowers the limit on bytes, for a demuxer that keeps what it reads.
    pub(crate) fn lower_limit(&mut self, bytes: u64) {
        self.bytes_left = self.bytes_left.min(bytes);
    }

    /// Reads the `size` bytes at `start`, which the caller has checked to be few; fewer come back at the end of the file.
    pub(crate) fn read_at(&mut self, start: u64, size: u64) -> io::Result<Vec<u8>> {
        self.position = start;
        let size = size.min(self.length.saturating_sub(start));
        let mut bytes = Vec::with_capacity(usize::try_from(size).map_err(|_| io::ErrorKind::OutOfMemory)?);
        self.by_ref().take(size).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn step(&mut self) -> io::Result<()> {
        self.steps_left = self
            .steps_left
            .checked_sub(1)
            .ok_or_else(|| limit("its headers never end"))?;
        Ok(())
    }

    fn buffered(&self) -> &[u8] {
        self.position
            .checked_sub(self.buffer_start)
            .and_then(|skip| self.buffer.get(usize::try_from(skip).ok()?..))
            .unwrap_or_default()
    }

    /// Fetches from the current position into `target`.
    fn fetch(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if Instant::now() >= self.deadline {
            return Err(limit("reading its headers takes too long"));
        }
        self.file.seek(SeekFrom::Start(self.position))?;
        let fetched = self.file.read(target)?;
        self.bytes_left = self.bytes_left.saturating_sub(fetched as u64);
        match self.bytes_left {
            0 => Err(limit("its headers are larger than any real file's")),
            _ => Ok(fetched),
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.resize(BUFFER, 0);
        let fetched = self.fetch(&mut buffer)?;
        buffer.truncate(fetched);
        self.buffer = buffer;
        self.buffer_start = self.position;
        Ok(())
    }
}

fn limit(reason: &str) -> io::Error {
    io::Error::other(reason)
}

impl Read for Bounded {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        self.step()?;
        if self.position >= self.length || target.is_empty() {
            return Ok(0);
        }
        if self.buffered().is_empty() && target.len() < BUFFER {
            self.fill()?;
        }
        let count = match self.buffered() {
            [] => self.fetch(target)?,
            mut buffered => buffered.read(target)?,
        };
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Bounded {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.step()?;
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl MediaSource for Bounded {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::time::Duration;

    fn reader(content: &[u8], deadline: Instant) -> Bounded {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        Bounded::new(file, content.len() as u64, deadline)
    }

    fn in_an_hour() -> Instant {
        Instant::now() + Duration::from_secs(3600)
    }

    #[test]
    fn reads_and_seeks_are_those_of_the_file() {
        let content: Vec<u8> = (0..20_000u32).map(|number| (number % 251) as u8).collect();
        let mut reader = reader(&content, in_an_hour());

        let mut all = Vec::new();
        reader.read_to_end(&mut all).unwrap();
        assert_eq!(all, content);
        assert_eq!(reader.read_at(2000, 5000).unwrap(), content[2000..7000]);
        assert_eq!(reader.read_at(18_000, 5000).unwrap(), content[18_000..]);

        for position in [0u64, 1, 1023, 1024, 1025, 3, 19_990, 12_345] {
            assert_eq!(
                reader.read_at(position, 10).unwrap(),
                content[position as usize..][..10]
            );
        }
        assert_eq!(reader.seek(SeekFrom::End(-1)).unwrap(), 19_999);
        assert_eq!(reader.read_at(20_005, 10).unwrap(), b"");
        assert!(reader.seek(SeekFrom::End(-20_001)).is_err());
    }

    #[test]
    fn endless_seeking_ends_with_an_error() {
        let mut reader = reader(b"abc", in_an_hour());
        let steps = (0..).find(|_| reader.seek(SeekFrom::Start(0)).is_err());
        assert_eq!(steps, Some(MAX_STEPS));
        assert!(reader.read(&mut [0]).is_err());
    }

    #[test]
    fn no_more_than_the_limit_is_fetched() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(4 * MAX_BYTES).unwrap();
        let mut reader = Bounded::new(file, 4 * MAX_BYTES, in_an_hour());
        let mut read = 0;
        let mut block = vec![0; 1 << 20];
        let error = loop {
            match reader.read(&mut block) {
                Ok(count) => read += count as u64,
                Err(error) => break error,
            }
        };
        assert!(read <= MAX_BYTES, "{read}");
        assert_eq!(error.to_string(), "its headers are larger than any real file's");
    }

    #[test]
    fn nothing_is_fetched_after_the_deadline() {
        let mut reader = reader(b"abc", Instant::now());
        assert!(reader.read(&mut [0]).is_err());
    }
}
