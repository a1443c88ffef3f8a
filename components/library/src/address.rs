//! Addresses of what is not below the API: files and what is published.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What must not stand in a segment of a path as it is.
pub(crate) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Where a file of an event is to be had, below the address of the server.
pub fn file_url(server: &str, event: &str, file: &str, name: &str) -> String {
    let mut url = String::with_capacity(server.len() + event.len() + file.len() + name.len() + 16);
    url.push_str(server);
    url.push_str("/static");
    for segment in [event, file, name] {
        url.push('/');
        url.extend(utf8_percent_encode(segment, RESERVED));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_encoded() {
        let url = file_url("https://video.example", "e/1", "f", "Übung 1?.mp4");
        assert_eq!(url, "https://video.example/static/e%2F1/f/%C3%9Cbung%201%3F.mp4");
    }
}
