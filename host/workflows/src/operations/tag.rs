//! `tag`: changes tags and flavors of tracks.

use super::{Job, Outcome};
use crate::select::{Flavor, Selection, change_tags};

/// Gives the selected tracks `target-tags` and `target-flavor`, or, with `copy`, adds copies that have them: elements of their own that
/// refer to the same files.
pub(super) fn run(job: &mut Job<'_>) -> Result<Outcome, String> {
    let selection = Selection::parse(job.option("source-flavors"), job.option("source-tags"))?;
    let tags = job.option("target-tags").to_owned();
    let flavor = match job.option("target-flavor") {
        "" => None,
        text => Some(Flavor::parse(text)?),
    };
    let copy = job.flag("copy", false)?;
    let mut media = job.event.media.clone();
    let mut copies = Vec::new();
    for track in media.iter_mut().filter(|track| selection.has(track)) {
        let mut changed = track.clone();
        change_tags(&mut changed.tags, &tags);
        if let Some(flavor) = &flavor {
            changed.flavor = flavor.applied_to(&track.flavor);
        }
        if copy {
            changed.id = job.files.new_identifier();
            changed.reference = format!("track:{}", track.id);
            copies.push(changed);
        } else {
            *track = changed;
        }
    }
    media.extend(copies);
    if media == job.event.media {
        return Ok(Outcome::Skipped("no track is selected, or none changes".to_owned()));
    }
    job.effect.media = Some(media);
    Ok(Outcome::Done)
}
