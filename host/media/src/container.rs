//! The container formats that are known, and the MIME type of a file in one of them.

use crate::mimetype::mimetype;

/// A container format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Container {
    Aac,
    Aiff,
    Asf,
    Avi,
    Flac,
    Flv,
    Matroska,
    Mp3,
    Mp4,
    MpegProgram,
    MpegTransport,
    Mxf,
    Ogg,
    QuickTime,
    Wav,
    WebM,
}

impl Container {
    /// The type of a file in this container whose name does not choose another one that fits.
    fn canonical(self, has_video: bool) -> &'static str {
        match (self, has_video) {
            (Container::Aac, _) => "audio/aac",
            (Container::Aiff, _) => "audio/aiff",
            (Container::Asf, true) => "video/x-ms-wmv",
            (Container::Asf, false) => "audio/x-ms-wma",
            (Container::Avi, _) => "video/avi",
            (Container::Flac, _) => "audio/flac",
            (Container::Flv, _) => "video/x-flv",
            (Container::Matroska, true) => "video/x-matroska",
            (Container::Matroska, false) => "audio/x-matroska",
            (Container::Mp3, _) => "audio/mpeg",
            (Container::Mp4, true) => "video/mp4",
            (Container::Mp4, false) => "audio/mp4",
            (Container::MpegProgram, _) => "video/mpeg",
            (Container::MpegTransport, _) => "video/mp2t",
            (Container::Mxf, _) => "application/mxf",
            (Container::Ogg, true) => "video/ogg",
            (Container::Ogg, false) => "audio/ogg",
            (Container::QuickTime, _) => "video/quicktime",
            (Container::Wav, _) => "audio/wav",
            (Container::WebM, true) => "video/webm",
            (Container::WebM, false) => "audio/webm",
        }
    }

    /// The types that names give to files in this container, beside the canonical ones.
    fn other_names(self) -> &'static [&'static str] {
        match self {
            Container::Asf => &["video/x-ms-asf"],
            Container::Matroska => &["video/x-matroska-3d"],
            Container::Mp4 => &[
                "audio/m4a",
                "audio/m4b",
                "video/3gpp",
                "video/3gpp2",
                "audio/3gpp",
                "video/quicktime",
            ],
            // Phones and cameras write the brand of QuickTime into files they call .mp4 and .m4a.
            Container::QuickTime => &["audio/m4a", "audio/mp4", "video/mp4"],
            _ => &[],
        }
    }

    /// The MIME type of a file in this container: by its name if the name fits what is in it (as in Opencast, which goes
    /// by names alone), otherwise the container's own type. A file of sound alone is called `video/…` only if the container
    /// has no other type, and the other way round.
    pub(crate) fn mimetype(self, file_name: &str, has_video: bool) -> &'static str {
        let named = mimetype(file_name);
        let fits = self.other_names().contains(&named) && named.starts_with("video/") == has_video;
        if fits { named } else { self.canonical(has_video) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_decides_where_it_fits_the_content() {
        assert_eq!(Container::Mp4.mimetype("talk.m4a", false), "audio/m4a");
        assert_eq!(Container::Mp4.mimetype("talk.3gp", true), "video/3gpp");
        assert_eq!(Container::QuickTime.mimetype("talk.mp4", true), "video/mp4");
    }

    #[test]
    fn a_name_that_does_not_fit_the_content_is_overruled() {
        assert_eq!(Container::WebM.mimetype("talk.mp4", true), "video/webm");
        assert_eq!(Container::Mp4.mimetype("talk.mp4", false), "audio/mp4");
        assert_eq!(Container::Mp4.mimetype("talk.m4a", true), "video/mp4");
        assert_eq!(Container::Mp3.mimetype("talk.txt", false), "audio/mpeg");
        assert_eq!(Container::Mp4.mimetype("upload", true), "video/mp4");
    }
}
