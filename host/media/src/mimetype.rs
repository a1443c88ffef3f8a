//! The MIME type of a file by its name. The type by content is [`crate::inspect`]'s.

/// The type of a file whose name says nothing.
pub const OCTET_STREAM: &str = "application/octet-stream";

/// The MIME type for a file name, by its extension in any case; [`OCTET_STREAM`] when there is none or it is unknown.
///
/// Where Opencast's own registry (`MimeTypes.xml`) has the extension, its type is used, because that is what clients have
/// seen so far; `3gp`, which it lists under audio first, and `js` are the exceptions. Everything else is from `mime_guess`.
pub fn mimetype(file_name: &str) -> &'static str {
    let Some((_, extension)) = file_name.rsplit_once('.') else {
        return OCTET_STREAM;
    };
    match extension.to_ascii_lowercase().as_str() {
        "aif" | "aifc" | "aiff" => "audio/aiff",
        "avi" => "video/avi",
        "bmp" => "image/x-bmp",
        "bwf" | "wav" => "audio/wav",
        "ical" => "text/calendar",
        "m2ts" | "mts" | "ts" => "video/mp2t",
        // RFC 6381 and the API's documentation differ in case; this is how the documentation writes it.
        "m3u8" => "application/x-mpegURL",
        "m4a" => "audio/m4a",
        "m4v" | "mp4v" => "video/mp4",
        "mqv" => "video/quicktime",
        "mk3d" => "video/x-matroska-3d",
        "smil" => "application/smil",
        "srt" => "text/plain",
        "yaml" | "yml" => "text/yaml",
        // Timed text in XML: DFXP is TTML's name before it became a recommendation.
        "dfxp" | "ttml" => "application/ttml+xml",
        extension => mime_guess::from_ext(extension).first_raw().unwrap_or(OCTET_STREAM),
    }
}
