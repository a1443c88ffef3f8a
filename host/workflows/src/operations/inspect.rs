//! `inspect`: looks into the files of the tracks.

use super::{Job, Outcome};

/// Fills in what is not known of tracks, and the length of an event that has none. With `overwrite` everything is looked at again.
pub(super) fn run(job: &mut Job<'_>) -> Result<Outcome, String> {
    let overwrite = job.flag("overwrite", false)?;
    let accept_no_media = job.flag("accept-no-media", true)?;
    let mut media = job.event.media.clone();
    if media.is_empty() {
        return if accept_no_media {
            Ok(Outcome::Skipped("the event has no tracks".to_owned()))
        } else {
            Err("the event has no tracks".to_owned())
        };
    }
    for track in &mut media {
        if overwrite || track.streams.is_empty() {
            let inspected = job
                .files
                .inspect(track)
                .map_err(|error| format!("the track {} ({:?}) cannot be inspected: {error}", track.id, track.name))?;
            track.mimetype = inspected.mimetype;
            track.duration = inspected.duration;
            track.streams = inspected.streams;
        }
    }
    let known = job.event.number("duration").unwrap_or_default();
    let longest = media.iter().filter_map(|track| track.duration).max();
    job.effect.duration = longest.filter(|longest| *longest != known && (overwrite || known == 0));
    if media != job.event.media {
        job.effect.media = Some(media);
    }
    Ok(Outcome::Done)
}
